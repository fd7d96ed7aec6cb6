from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.collectors import UnsupportedArnError
from sekisho.findings import (
    Analyzer,
    AnalyzerType,
    Cause,
    Coverage,
    FindingStore,
    Reconciliation,
    ResourcePage,
    ResourceQuery,
    Scan,
)
from sekisho.server import When, cause_in, request_rescans
from sekisho.server import intake as module
from sekisho.server.intake import make_up_for_rescans
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ACCOUNT, ANALYZER, BUCKET, MONDAY, TUESDAY, analysis, keep_analyzer
from unit.server.events import KEY, ROLE, SECRET, event
from unit.server.outboxes import scan


@dataclass
class Asked:
    everything: list[str] = field(default_factory=list[str])
    resources: list[tuple[str, str, str | None, When]] = field(default_factory=list[tuple[str, str, str | None, When]])
    causes: list[Cause | None] = field(default_factory=list[Cause | None])

    def scan(self, analyzer_arn: str) -> None:
        self.everything.append(analyzer_arn)

    def scan_resource(
        self,
        analyzer_arn: str,
        resource: str,
        *,
        owner_account: str | None = None,
        when: When = When.NOW,
        cause: Cause | None = None,
    ) -> None:
        if "unreadable" in resource:
            raise UnsupportedArnError(resource)
        self.causes.append(cause)
        self.resources.append((analyzer_arn, resource, owner_account, when))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        keep_analyzer(opened)
        yield opened


def test_a_resource_is_looked_at_at_once_and_again(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "PutBucketPolicy", {"bucketName": "reports"})], store, asked) == 1
    assert asked.resources == [(ANALYZER, BUCKET, ACCOUNT, When.NOW), (ANALYZER, BUCKET, ACCOUNT, When.AGAIN)]


def test_what_can_wait_is_looked_at_within_the_hour(store: FindingStore) -> None:
    asked = Asked()
    grant = event("kms", "CreateGrant", {"keyId": KEY, "granteePrincipal": "rds.amazonaws.com"})

    assert request_rescans([grant, grant], store, asked) == 2
    assert set(asked.resources) == {(ANALYZER, KEY, ACCOUNT, When.WITHIN_THE_HOUR)}


def test_everything_is_looked_at_where_the_event_does_not_say_what(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "PutBucketAcl")], store, asked) == 1
    assert (asked.everything, asked.resources) == ([ANALYZER], [])


def test_what_changes_all_buckets_of_an_account_has_those_looked_at_that_are_known(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/all"
    store.create_analyzer(Analyzer(everyone, AnalyzerType.ORGANIZATION, MONDAY))
    elsewhere = analysis(resource=BUCKET + "2", region="eu-west-1")
    foreign = analysis(resource=BUCKET + "3", account="222233334444")
    scan(store, analysis(), elsewhere, foreign, analyzer=everyone)
    scan(store, analysis(), elsewhere, analysis(resource=f"{ROLE}/x", resource_type="AWS::IAM::Role"))
    asked, here = Asked(), Asked()

    assert request_rescans([event("s3", "DeleteAccountPublicAccessBlock")], store, asked) == 4
    assert request_rescans([event("s3", "PutAccessPointPolicy", {"name": "door"})], store, here) == 2

    times = [When.SOON, When.AGAIN]
    both = [BUCKET, BUCKET + "2"]
    expected = [(one, arn, ACCOUNT, when) for one in (everyone, ANALYZER) for arn in both for when in times]
    assert asked.resources == expected
    assert {one[1] for one in here.resources} == {BUCKET}
    assert {one[3] for one in here.resources} == {When.NOW, When.AGAIN}

    monkeypatch.setattr(module, "MOST_KNOWN", 1)
    many = Asked()
    assert request_rescans([event("s3", "DeleteAccountPublicAccessBlock")], store, many) == 2
    assert (many.everything, many.resources) == ([everyone, ANALYZER], [])


def test_the_call_goes_with_what_it_names(store: FindingStore) -> None:
    asked = Asked()
    told = event(
        "s3",
        "PutBucketPolicy",
        {"bucketName": "reports"},
        eventID="6f1e9d52-7b1f-4a53-9d6f-0c1b3a5e7f90",
        eventTime="2026-11-20T10:11:12Z",
        userIdentity={"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ann@example.com"},
    )

    request_rescans([told], store, asked)

    cause = Cause(
        "6f1e9d52-7b1f-4a53-9d6f-0c1b3a5e7f90",
        "PutBucketPolicy",
        "s3.amazonaws.com",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ann@example.com",
        datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC),
    )
    assert asked.causes == [cause, cause]


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        pytest.param({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, "root", id="root"),
        pytest.param(
            {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ann"},
            f"arn:aws:iam::{ACCOUNT}:user/ann",
            id="user",
        ),
        pytest.param({"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "s3.amazonaws.com", id="a service"),
        pytest.param({"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, "AWS Internal", id="a service event"),
        pytest.param({"type": "SAMLUser", "userName": "ann"}, "ann", id="by name"),
        pytest.param({"type": "AWSAccount", "accountId": "444455556666"}, "444455556666", id="another account"),
        pytest.param({"arn": "a\u202eb\nc"}, r"a\u202eb\nc", id="what cannot be seen is shown"),
        pytest.param({"arn": "a" * 5000}, "a" * 511 + "..." + "a" * 510, id="no name is that long"),
        pytest.param({"arn": ["a"]}, None, id="no text"),
        pytest.param(None, None, id="nobody"),
    ],
)
def test_whoever_called_is_told_as_far_as_the_record_says(identity: Any, principal: str | None) -> None:
    cause = cause_in(event("s3", "PutBucketPolicy", userIdentity=identity))

    assert cause is not None
    assert cause.principal == principal


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("2026-11-20T10:11:12Z", datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC), id="UTC"),
        pytest.param("2026-11-20T11:11:12+01:00", datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC), id="another zone"),
        pytest.param("2026-11-20T10:11:12", datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC), id="no zone"),
        pytest.param("0001-01-01T00:00:00+23:00", None, id="before all time"),
        pytest.param("yesterday", None, id="no time"),
        pytest.param(7, None, id="no text"),
    ],
)
def test_a_call_was_made_at_a_time_if_it_says_so(text: Any, at: datetime | None) -> None:
    cause = cause_in(event("s3", "PutBucketPolicy", eventTime=text))

    assert cause is not None
    assert cause.at == at


def test_an_event_that_names_no_call_is_no_cause() -> None:
    assert cause_in({"detail-type": "Access Analyzer Finding", "detail": {}}) is None


ODD = st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(["eventID", "eventTime", "userIdentity", "eventName"]), ODD))
def test_whatever_a_record_holds_its_cause_is_one_visible_line(record: dict[str, Any]) -> None:
    cause = cause_in(event("s3", "PutBucketPolicy", **record))

    assert cause is None or str(cause).isprintable()


def test_an_analyzer_of_an_account_looks_at_its_own_and_one_of_an_organization_at_all(store: FindingStore) -> None:
    all_of_them = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/all"
    store.create_analyzer(Analyzer(all_of_them, AnalyzerType.ORGANIZATION, MONDAY))
    asked = Asked()
    told = event("s3", "PutBucketPolicy", {"bucketName": "reports"}, recipientAccountId="222233334444")

    assert request_rescans([told], store, asked) == 1
    assert asked.resources[0] == (all_of_them, BUCKET, "222233334444", When.NOW)


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        pytest.param(MONDAY - timedelta(seconds=1), [], id="before it"),
        pytest.param(MONDAY + timedelta(seconds=1), [ANALYZER], id="while it read"),
        pytest.param(TUESDAY + timedelta(seconds=1), [ANALYZER], id="after it"),
    ],
)
def test_an_event_that_a_scan_may_have_missed_has_everything_looked_at_after_a_start(
    store: FindingStore, last: datetime, wanted: list[str]
) -> None:
    of_another = ANALYZER.replace(ACCOUNT, "444455556666")
    keep_analyzer(store, of_another)
    for arn in (ANALYZER, of_another):
        store.record_scan(Scan(arn, TUESDAY, Coverage(MONDAY, (ACCOUNT,), None, 0)), (), lambda _: Reconciliation())
    asked = Asked()

    make_up_for_rescans(last, store, asked, account=ACCOUNT)

    assert asked.everything == wanted


def test_who_never_scanned_has_nothing_to_make_up_for(store: FindingStore) -> None:
    asked = Asked()

    make_up_for_rescans(TUESDAY, store, asked, account=ACCOUNT)

    assert asked.everything == []


def test_a_role_is_found_by_its_name_under_any_path(store: FindingStore) -> None:
    known = (f"{ROLE}/team/deploy", f"{ROLE}/deploy", f"{ROLE}/redeploy", f"arn:aws:iam::{ACCOUNT}:role/team/other")
    scan(store, *(analysis(resource=arn, resource_type="AWS::IAM::Role", region="global") for arn in known))
    asked = Asked()
    changed = [event("iam", "UpdateAssumeRolePolicy", {"roleName": name}) for name in ("deploy", "new")]

    assert request_rescans(changed, store, asked) == 3
    assert {one[1] for one in asked.resources} == {f"{ROLE}/team/deploy", f"{ROLE}/deploy", f"{ROLE}/new"}


def test_what_is_known_of_a_type_is_listed_once_for_many_events(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(store, analysis(resource=f"{ROLE}/deploy", resource_type="AWS::IAM::Role", region="global"))
    listed: list[str | None] = []
    list_resources = store.list_resources

    def counted(query: ResourceQuery) -> ResourcePage:
        listed.append(query.resource_type)
        return list_resources(query)

    monkeypatch.setattr(store, "list_resources", counted)
    changed = [event("iam", "UpdateAssumeRolePolicy", {"roleName": f"role-{number}"}) for number in range(50)]

    assert request_rescans(changed, store, Asked()) == 50
    assert listed == ["AWS::IAM::Role"]


def test_a_secret_is_found_by_its_name_or_everything_is_looked_at(store: FindingStore) -> None:
    kind = "AWS::SecretsManager::Secret"
    scan(store, *(analysis(resource=arn, resource_type=kind) for arn in (SECRET, SECRET.replace("db-", "db-2-"))))
    asked = Asked()

    assert request_rescans([event("secretsmanager", "DeleteSecret", {"secretId": "db"})], store, asked) == 1
    assert {one[1] for one in asked.resources} == {SECRET}
    assert request_rescans([event("secretsmanager", "DeleteSecret", {"secretId": "new"})], store, asked) == 1
    assert asked.everything == [ANALYZER]


def test_what_no_collector_reads_is_passed_over(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "PutBucketAcl", {"bucketName": "unreadable"})], store, asked) == 0
    assert (asked.everything, asked.resources) == ([], [])
