"""Findings in both versions of the API, and their way into the archive and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from sekisho.analyzers.observation import FindingType
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.asking import criteria_of, external_only, page_size
from sekisho.api.operations.faults import invalid
from sekisho.api.operations.service import Service
from sekisho.api.operations.shapes import finding_details, shown_finding, shown_summary
from sekisho.findings import (
    Change,
    Cursor,
    Finding,
    FindingFilter,
    FindingQuery,
    Known,
    Page,
    Sort,
    UnknownFindingError,
    archive,
    unarchive,
)

_DECIDE = {"ARCHIVED": archive, "ACTIVE": unarchive}


def finding_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on findings."""
    store = service.findings

    def get_finding(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        external_only(store.analyzer(params["analyzerArn"]))
        return {"finding": shown_finding(_finding(service, params))}

    def get_finding_v2(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        finding = _finding(service, params)
        return {**shown_summary(finding), "findingDetails": finding_details(finding.observation)}

    def list_findings(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        page = _page(service, params, context)
        if not page.findings or page.findings[0].observation.finding_type is not FindingType.EXTERNAL_ACCESS:
            external_only(store.analyzer(params["analyzerArn"]))
        return {"findings": [shown_finding(one) for one in page.findings], "nextToken": _token(page, context)}

    def list_findings_v2(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        page = _page(service, params, context)
        return {"findings": [shown_summary(one) for one in page.findings], "nextToken": _token(page, context)}

    def update_findings(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        where = _chosen(params)
        decide = _DECIDE[params["status"]]

        def decided(known: Known) -> Iterable[Change]:
            if missing := sorted((where.ids or frozenset()) - {one.id for one in known.findings}):
                raise UnknownFindingError(missing[0])
            return decide(known.findings, by=context.caller.access_key_id, now=context.now)

        store.change(where, decided)
        return {}

    return {
        "GetFinding": get_finding,
        "GetFindingV2": get_finding_v2,
        "ListFindings": list_findings,
        "ListFindingsV2": list_findings_v2,
        "UpdateFindings": update_findings,
    }


def _finding(service: Service, params: Mapping[str, Any]) -> Finding:
    """Return a finding by its whole id."""
    arn = service.findings.analyzer(params["analyzerArn"]).arn
    for finding in service.findings.findings(FindingFilter(arn, ids=frozenset({params["id"]}))):
        return finding
    raise UnknownFindingError(params["id"])


def _page(service: Service, params: Mapping[str, Any], context: RequestContext) -> Page:
    """Return a page; that there is such an analyzer has to be looked up only where the page has nothing of it.

    Raises:
        UnknownAnalyzerError: there is none.
    """
    query = FindingQuery(
        params["analyzerArn"],
        criteria_of(params.get("filter", {})),
        sort=_sort(params.get("sort", {})),
        limit=page_size(params),
        after=None if context.cursor is None else Cursor(*context.cursor),
    )
    page = service.findings.list_findings(query)
    if not page.findings:
        service.findings.analyzer(query.analyzer_arn)
    return page


def _sort(raw: Mapping[str, str]) -> Sort:
    return Sort(raw.get("attributeName", "id"), descending=raw.get("orderBy") == "DESC")


def _token(page: Page, context: RequestContext) -> str | None:
    return None if page.next is None else context.next_token([page.next.value, page.next.id])


def _chosen(params: Mapping[str, Any]) -> FindingFilter:
    """Return which findings an update is about.

    Source: Access Analyzer API reference, `UpdateFindings`, which does not say what both or neither would mean.
    """
    arn = params["analyzerArn"]
    match params.get("ids"), params.get("resourceArn"):
        case [_, *_] as ids, None:
            return FindingFilter(arn, ids=frozenset(ids))
        case None | [], str(resource):
            return FindingFilter(arn, resource=resource)
        case _:
            raise invalid("name the findings either by `ids` or by `resourceArn`")
