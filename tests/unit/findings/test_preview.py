"""Access previews: what would begin, stay and end."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import ExternalAccess, ResourceAnalysis, Source
from sekisho.findings import (
    ArchiveRule,
    ChangeType,
    Criterion,
    FailureReason,
    Finding,
    Known,
    PreviewFinding,
    PreviewStatus,
    Status,
    make_preview,
    preview_findings,
    preview_matches,
)
from sekisho.resources.snapshot import RawAccount, RawResource, Snapshot
from unit.findings.builders import ANALYZER, BUCKET, MONDAY, TUESDAY, analysis, analysis_error, external_access, rescan
from unit.resources.builders import ACCOUNT_ZONE, OWNER, QUEUE, VENDOR, allow, failed, policy_text, queue

PARTNER = "777788889999"
NEW, UNCHANGED, CHANGED = ChangeType.NEW, ChangeType.UNCHANGED, ChangeType.CHANGED
ACTIVE, ARCHIVED, RESOLVED = Status.ACTIVE, Status.ARCHIVED, Status.RESOLVED


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: str(next(numbers))


def scanned(*accesses: ExternalAccess, status: Status = ACTIVE) -> tuple[Finding, ...]:
    return tuple(replace(one, status=status) for one in rescan((), analysis(*accesses), now=MONDAY).new)


def preview(
    existing: Iterable[Finding], would_be: ResourceAnalysis, rules: Sequence[ArchiveRule] = ()
) -> tuple[PreviewFinding, ...]:
    return preview_findings(existing, would_be, analyzer_arn=ANALYZER, now=TUESDAY, new_id=numbered(), rules=rules)


def told(findings: Iterable[PreviewFinding]) -> list[tuple[ChangeType, Status | None, Status]]:
    return [(one.change_type, one.existing_finding_status, one.status) for one in findings]


def archives(**criteria: str) -> ArchiveRule:
    named = {key.replace("_", "."): Criterion(eq=(value,)) for key, value in criteria.items()}
    return ArchiveRule(ANALYZER, "accepted", named, MONDAY, MONDAY)


def test_access_that_is_not_there_is_new() -> None:
    (finding,) = preview((), analysis(external_access()))

    assert finding == PreviewFinding("1", analysis(external_access()).observations[0], NEW, ACTIVE, created_at=TUESDAY)


@pytest.mark.parametrize("status", [ACTIVE, ARCHIVED])
def test_access_that_stays_is_unchanged_whatever_its_status(status: Status) -> None:
    existing = scanned(external_access(), status=status)

    (finding,) = preview(existing, analysis(external_access(statement=4)))

    assert told([finding]) == [(UNCHANGED, status, status)]
    assert finding.existing_finding_id == existing[0].id != finding.id


@pytest.mark.parametrize("status", [ACTIVE, ARCHIVED])
def test_access_that_goes_is_changed_to_resolved(status: Status) -> None:
    existing = scanned(external_access(), status=status)

    (finding,) = preview(existing, analysis())

    assert told([finding]) == [(CHANGED, status, RESOLVED)]
    assert finding.existing_finding_id == existing[0].id
    assert finding.observation == existing[0].observation


def test_access_that_was_resolved_and_returns_is_changed_to_active() -> None:
    existing = scanned(external_access(), status=RESOLVED)

    assert told(preview(existing, analysis(external_access()))) == [(CHANGED, RESOLVED, ACTIVE)]


def test_access_that_was_resolved_and_stays_away_is_not_told() -> None:
    assert preview(scanned(external_access(), status=RESOLVED), analysis()) == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(external_access(action=("s3:GetObject", "s3:PutObject")), id="other actions"),
        pytest.param(replace(external_access(), sources=(Source("BUCKET_ACL"),)), id="another source"),
        pytest.param(external_access(condition={"aws:SourceVpce": "vpce-1"}), id="another condition"),
        pytest.param(external_access({"AWS": PARTNER}), id="another principal"),
    ],
)
def test_other_access_is_new_and_the_old_one_resolved(other: ExternalAccess) -> None:
    existing = scanned(external_access(), status=ARCHIVED)

    new, old = preview(existing, analysis(other))

    assert told([new, old]) == [(NEW, None, ACTIVE), (CHANGED, ARCHIVED, RESOLVED)]
    assert (new.observation.outcome, old.observation.outcome) == (other, external_access())
    assert old.existing_finding_id == existing[0].id


def test_other_access_than_what_was_resolved_is_new_alone() -> None:
    existing = scanned(external_access(), status=RESOLVED)

    assert told(preview(existing, analysis(external_access(action=("s3:PutObject",))))) == [(NEW, None, ACTIVE)]


def test_archived_access_that_becomes_public_is_changed_to_active() -> None:
    existing = scanned(external_access(), status=ARCHIVED)

    assert told(preview(existing, analysis(external_access(is_public=True)))) == [(CHANGED, ARCHIVED, ACTIVE)]


def test_archive_rules_act_on_what_is_new_and_what_returns() -> None:
    returning = scanned(external_access(), status=RESOLVED)
    rule = archives(principal_AWS=VENDOR)

    assert told(preview((), analysis(external_access()), [rule])) == [(NEW, None, ARCHIVED)]
    assert told(preview(returning, analysis(external_access()), [rule])) == [(CHANGED, RESOLVED, ARCHIVED)]
    assert told(preview(scanned(external_access()), analysis(external_access()), [rule])) == [
        (UNCHANGED, ACTIVE, ACTIVE)
    ]


def test_findings_on_other_resources_do_not_count() -> None:
    others = rescan((), analysis(external_access(), resource=BUCKET + "2")).new

    assert preview(others, analysis()) == ()


def test_a_failure_to_decide_takes_the_place_of_the_findings() -> None:
    existing = scanned(external_access())

    new, old = preview(existing, analysis(external_access(action=("s3:PutObject",)), analysis_error()))

    assert told([new, old]) == [(NEW, None, ACTIVE), (CHANGED, ACTIVE, RESOLVED)]
    assert new.observation.outcome == analysis_error()


def matching(criteria: dict[str, Criterion], existing: Iterable[Finding] = ()) -> int:
    found = preview(existing, analysis(external_access(), external_access({"AWS": PARTNER})))
    return sum(preview_matches(criteria, one) for one in found)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        pytest.param({}, 2, id="everything"),
        pytest.param({"principal.AWS": Criterion(eq=(VENDOR,))}, 1, id="by principal"),
        pytest.param({"status": Criterion(eq=("ACTIVE",)), "id": Criterion(eq=("1",))}, 1, id="by status and own id"),
        pytest.param({"changeType": Criterion(eq=("NEW",))}, 1, id="by the kind of change"),
        pytest.param({"changeType": Criterion(neq=("NEW",)), "status": Criterion(neq=("ACTIVE",))}, 0, id="none"),
        pytest.param({"existingFindingId": Criterion(exists=True)}, 1, id="what is there"),
        pytest.param({"existingFindingStatus": Criterion(eq=("ACTIVE",))}, 1, id="by the status of what is there"),
    ],
)
def test_preview_findings_are_filtered_like_findings_and_by_what_they_change(
    criteria: dict[str, Criterion], expected: int
) -> None:
    assert matching(criteria, scanned(external_access())) == expected


OPEN = policy_text(allow({"AWS": VENDOR}, "sqs:SendMessage"))


def made(configuration: dict[str, Any], *resources: RawResource, arn: str = QUEUE, **arguments: Any) -> Any:
    return make_preview(
        {arn: configuration},
        preview_id="p-1",
        analyzer_arn=ANALYZER,
        present=arguments.pop("present", Snapshot(MONDAY, ACCOUNT_ZONE, resources)),
        known=arguments.pop("known", Known(())),
        now=TUESDAY,
        new_id=numbered(),
        **arguments,
    )


def test_a_preview_is_completed_and_has_what_it_was_made_of() -> None:
    configuration = {"sqsQueue": {"queuePolicy": OPEN}}

    preview = made(configuration)

    assert (preview.id, preview.analyzer_arn, preview.created_at) == ("p-1", ANALYZER, TUESDAY)
    assert preview.configurations == {QUEUE: configuration}
    assert (preview.status, preview.reason, preview.detail) == (PreviewStatus.COMPLETED, None, None)
    assert told(preview.findings) == [(NEW, None, ACTIVE)]


def test_a_preview_compares_with_the_findings_that_are_known() -> None:
    first = made({"sqsQueue": {"queuePolicy": OPEN}})
    seen = ResourceAnalysis(QUEUE, "AWS::SQS::Queue", OWNER, "us-east-1", (first.findings[0].observation,))
    known = Known(rescan((), seen, now=MONDAY).new)

    assert told(made({"sqsQueue": {}}, queue(OPEN), known=known).findings) == [(UNCHANGED, ACTIVE, ACTIVE)]
    assert told(made({"sqsQueue": {"queuePolicy": ""}}, queue(OPEN), known=known).findings) == [
        (CHANGED, ACTIVE, RESOLVED)
    ]


def test_archive_rules_of_the_analyzer_act_on_a_preview() -> None:
    preview = made({"sqsQueue": {"queuePolicy": OPEN}}, known=Known((), (archives(principal_AWS=VENDOR),)))

    assert told(preview.findings) == [(NEW, None, ARCHIVED)]


@pytest.mark.parametrize(
    ("arn", "configuration", "words"),
    [
        pytest.param(QUEUE, {"sqsQueue": {"queuePolicy": "{"}}, "sqsQueue.queuePolicy", id="a malformed policy"),
        pytest.param(QUEUE, {"snsTopic": {}}, "is no AWS::SNS::Topic", id="an ARN of another type"),
        pytest.param("orders", {"sqsQueue": {}}, "is no AWS::SQS::Queue", id="no ARN"),
        pytest.param(QUEUE, {}, "write one of", id="no configuration"),
    ],
)
def test_a_configuration_that_is_none_makes_a_preview_that_failed(
    arn: str, configuration: dict[str, Any], words: str
) -> None:
    preview = made(configuration, arn=arn)

    assert (preview.status, preview.reason) == (PreviewStatus.FAILED, FailureReason.INVALID_CONFIGURATION)
    assert words in preview.detail
    assert preview.findings == ()


def test_a_resource_that_answers_nonsense_makes_a_preview_that_failed_inside() -> None:
    present = replace(queue(OPEN), api_calls=(replace(queue(OPEN).api_calls[0], response={"Attributes": 1}),))

    preview = made({"sqsQueue": {"queuePolicy": OPEN}}, present)

    assert (preview.status, preview.reason) == (PreviewStatus.FAILED, FailureReason.INTERNAL_ERROR)


def test_what_could_not_be_read_and_is_not_proposed_is_an_error_finding() -> None:
    unread = replace(queue(OPEN), api_calls=(failed("sqs.get_queue_attributes", "AccessDenied"),))

    (finding,) = made({"sqsQueue": {}}, unread).findings

    assert finding.observation.outcome.code.value == "ACCESS_DENIED"


def test_a_bucket_of_the_zone_is_inside() -> None:
    source = {"ArnEquals": {"aws:SourceArn": BUCKET}}
    configuration = {"sqsQueue": {"queuePolicy": policy_text(allow("*", "sqs:SendMessage", Condition=source))}}

    assert len(made(configuration).findings) == 1
    assert made(configuration, own_resources=frozenset({BUCKET})).findings == ()


def test_control_policies_that_could_not_be_read_are_told() -> None:
    refused = RawAccount(OWNER, (failed("organizations.list_policies", "AccessDenied"),))
    present = Snapshot(MONDAY, ACCOUNT_ZONE, accounts=(refused,))

    (finding,) = made({"sqsQueue": {"queuePolicy": OPEN}}, present=present).findings

    assert finding.observation.outcome.resource_control_policy_restriction.value == "FAILED_TO_EVALUATE_RCP"


def test_a_preview_is_of_one_resource() -> None:
    with pytest.raises(ValueError, match="one resource"):
        make_preview(
            {},
            preview_id="p-1",
            analyzer_arn=ANALYZER,
            present=Snapshot(MONDAY, ACCOUNT_ZONE),
            known=Known(()),
            now=TUESDAY,
            new_id=numbered(),
        )
