"""Access previews: which findings a proposed configuration would bring, keep or end."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from msgspec.structs import replace

from sekisho.api.errors import ApiError, FieldProblem, Reason, validation_error
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.asking import criteria_of, known_owner, page_size
from sekisho.api.operations.faults import invalid, quota_exceeded, unknown
from sekisho.api.operations.service import Service
from sekisho.api.operations.shapes import access_of, place_of
from sekisho.findings import (
    AccessPreview,
    Analyzer,
    AnalyzerType,
    FindingFilter,
    Known,
    PreviewCursor,
    PreviewFinding,
    PreviewFindingQuery,
    PreviewQuery,
    PreviewStatus,
    ResourceQuery,
    make_preview,
)
from sekisho.findings.preview_store import COUNTED_FOR, LISTED_FOR, MOST_PREVIEWS
from sekisho.policy.arns import account_of
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import zone_of_account

_KIND: Final = "AccessPreview"
_BUCKETS_AT_ONCE: Final = 1000


def preview_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on access previews."""
    previews = service.previews

    def get_access_preview(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        preview = _preview(service, params)
        return {"accessPreview": {**_shown_summary(preview), "configurations": preview.configurations}}

    def list_access_previews(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        page = previews.list_previews(
            PreviewQuery(
                service.findings.analyzer(params["analyzerArn"]).arn,
                since=context.now - LISTED_FOR,
                limit=page_size(params),
                after=None if context.cursor is None else _cursor(*context.cursor),
            )
        )
        token = None if page.next is None else context.next_token([page.next.created_at.isoformat(), page.next.id])
        return {"accessPreviews": [_shown_summary(one) for one in page.previews], "nextToken": token}

    def list_access_preview_findings(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        preview = _preview(service, params)
        query = PreviewFindingQuery(
            preview.analyzer_arn,
            preview.id,
            criteria_of(params.get("filter", {})),
            limit=page_size(params),
            after=context.cursor,
        )
        if preview.status is PreviewStatus.CREATING:
            message = "the access preview is being made; ask again when it is completed"
            raise ApiError("ConflictException", message, resourceId=preview.id, resourceType=_KIND)
        page = previews.list_findings(query)
        token = None if page.next is None else context.next_token(page.next)
        return {"findings": [_shown_finding(one) for one in page.findings], "nextToken": token}

    return {
        "CreateAccessPreview": partial(_create, service),
        "GetAccessPreview": get_access_preview,
        "ListAccessPreviews": list_access_previews,
        "ListAccessPreviewFindings": list_access_preview_findings,
    }


def _create(service: Service, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
    """Make a preview while the caller waits, so that the first question for its status is the last."""
    analyzer = service.findings.analyzer(params["analyzerArn"])
    if analyzer.type is not AnalyzerType.ACCOUNT:
        raise invalid(f"previews are made by analyzers of type ACCOUNT; this one is of type {analyzer.type.value}")
    configurations = params["configurations"]
    _check_one(configurations)
    if service.previews.count(analyzer.arn, since=context.now - COUNTED_FOR) >= MOST_PREVIEWS:
        message = f"an analyzer makes {MOST_PREVIEWS} previews an hour at most; come again later"
        raise quota_exceeded(message, _KIND, analyzer.arn)
    present = _present(service, analyzer, next(iter(configurations)))
    preview = make_preview(
        configurations,
        preview_id=str(uuid4()),
        analyzer_arn=analyzer.arn,
        present=present,
        known=_known(service, analyzer.arn, {*_names(configurations), *(one.arn for one in present.resources)}),
        now=context.now,
        new_id=lambda: str(uuid4()),
        own_resources=frozenset(_buckets(service, analyzer.arn, present.zone_of_trust.trusted_accounts)),
    )
    service.previews.save(preview)
    return {"id": preview.id}


def _check_one(configurations: Mapping[str, Mapping[str, Any]]) -> None:
    """Make sure that there is one configuration, with one member.

    Source: Access Analyzer API reference, `CreateAccessPreview`.
    """
    if len(configurations) != 1:
        message = f"must have exactly one element, not {len(configurations)}"
        raise _problem("configurations", message)
    for arn, configuration in configurations.items():
        if len(configuration) != 1:
            raise _problem(f"configurations.{arn[:200]}", f"must have exactly one member, not {len(configuration)}")


def _problem(field: str, message: str) -> ApiError:
    return validation_error(Reason.FIELD_VALIDATION_FAILED, f"{field} {message}", [FieldProblem(field, message)])


def _present(service: Service, analyzer: Analyzer, arn: str) -> Snapshot:
    """Read a resource as it is now, with the analyzer's zone of trust."""
    of_none = None if account_of(arn) else analyzer.account  # a bucket's ARN does not say whose it is
    read = service.present(arn, known_owner(service, analyzer.arn, arn) or of_none)
    zone = read.zone_of_trust
    if analyzer.account not in {zone.account_id, *(member.account_id for member in zone.accounts)}:
        message = f"the account {analyzer.account} of the analyzer is not one of those that are read"
        raise validation_error(Reason.NOT_SUPPORTED, message)
    return replace(read, zone_of_trust=zone_of_account(zone, analyzer.account, analyzer.region))


def _names(arns: Iterable[str]) -> Iterator[str]:
    """Yield ARNs as they were given, and as findings have them: that of a snapshot of EBS names no account."""
    for arn in arns:
        yield arn
        if arn.split(":")[2:3] == ["ec2"]:
            yield arn.replace(f":{account_of(arn)}:", "::", 1)


def _known(service: Service, analyzer_arn: str, resources: set[str]) -> Known:
    """Return what is known of a resource, under the ARN that was given and under the one that AWS gives it."""
    findings = [
        finding
        for resource in sorted(resources)
        for finding in service.findings.findings(FindingFilter(analyzer_arn, resource=resource))
    ]
    return Known(tuple(findings), service.findings.archive_rules(analyzer_arn))


def _buckets(service: Service, analyzer_arn: str, accounts: frozenset[str]) -> Iterator[str]:
    """Yield the buckets of some accounts that the analyzer knows: their ARNs don't say whose they are."""
    after = None
    while True:
        page = service.findings.list_resources(
            ResourceQuery(analyzer_arn, "AWS::S3::Bucket", limit=_BUCKETS_AT_ONCE, after=after)
        )
        yield from (one.resource for one in page.resources if one.resource_owner_account in accounts)
        after = page.next
        if after is None:
            return


def _preview(service: Service, params: Mapping[str, Any]) -> AccessPreview:
    arn = service.findings.analyzer(params["analyzerArn"]).arn
    preview = service.previews.get(arn, params["accessPreviewId"])
    if preview is None:
        raise unknown(_KIND, params["accessPreviewId"])
    return preview


def _cursor(created_at: str, identity: str) -> PreviewCursor:
    return PreviewCursor(datetime.fromisoformat(created_at), identity)


def _shown_summary(preview: AccessPreview) -> dict[str, Any]:
    return {
        "id": preview.id,
        "analyzerArn": preview.analyzer_arn,
        "createdAt": preview.created_at,
        "status": preview.status.value,
        "statusReason": None if preview.reason is None else {"code": preview.reason.value},
    }


def _shown_finding(finding: PreviewFinding) -> dict[str, Any]:
    was = finding.existing_finding_status
    return {
        "id": finding.id,
        "changeType": finding.change_type.value,
        "status": finding.status.value,
        "existingFindingId": finding.existing_finding_id,
        "existingFindingStatus": None if was is None else was.value,
        "createdAt": finding.created_at,
        **access_of(finding.observation),
        **place_of(finding.observation),
    }
