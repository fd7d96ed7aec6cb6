"""Credentials read over HTTP from a scripted IAM: the report in all its states, and each call beside it refused."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from sekisho.analyzers.credentials import analyze_credentials
from sekisho.analyzers.observation import AnalysisError, CredentialRisk
from sekisho.collectors import LiveCredentialsReader, LiveOptions, RecordedReader, write_recording
from sekisho.collectors.credentials import PAUSES
from sekisho.collectors.services import CREDENTIAL_READS
from sekisho.findings import coverage_of
from sekisho.resources.credentials import (
    AccessKey,
    AccountCredentials,
    AccountSummary,
    ActionAccess,
    KeyStatus,
    MfaDevice,
    MfaKind,
    NoPasswordPolicy,
    Role,
    RootManagement,
    ServiceAccess,
    ServiceSpecificCredential,
    credentials_of,
)
from sekisho.resources.gaps import account_gaps
from sekisho.resources.snapshot import Snapshot
from surfaces.aws import ENVIRONMENT, Refuses, reset_moto, running_moto, running_proxy
from surfaces.fake_iam import (
    ADMIN,
    ALICE,
    COMPLETE,
    EXPIRED,
    FAILURE,
    IDLE,
    IN_PROGRESS,
    LINKED,
    MEMBER,
    MISSING_JOB,
    NO_ENTITY,
    NOT_PRESENT,
    NOT_READY,
    OWNER,
    REPORT,
    RESERVED,
    STARTED,
    TOO_MANY,
    Answer,
    FakeIam,
    Refusal,
    Slow,
    job,
    job_of,
    listed_users,
    principals_of,
    report_answer,
    running_iam,
    services_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPTIONS = LiveOptions(attempts=1)
ORGANIZATION = replace(OPTIONS, organization=True)
BOT, GONE = "AKIAEXAMPLEBOT00", "AKIAEXAMPLEGONE0"
IDLE_USER = f"arn:aws:iam::{OWNER}:user/idle"
PRINCIPALS = (ALICE, IDLE_USER, ADMIN, IDLE)
"""Those that AWS has a job made for, in the order of the listing."""


class Clock:
    """Waits without waiting, and notes how long."""

    def __init__(self) -> None:
        self.pauses: list[timedelta] = []

    def wait(self, pause: timedelta) -> None:
        self.pauses.append(pause)

    @property
    def seconds(self) -> list[int]:
        return [int(pause.total_seconds()) for pause in self.pauses]


class Steps:
    """Counts the steps of a reading."""

    def __init__(self) -> None:
        self.expected = 0
        self.done: list[str] = []

    def expect(self, steps: int) -> None:
        self.expected += steps

    def advance(self, step: str) -> None:
        self.done.append(step)


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIam]:
    with running_iam() as fake:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": fake.endpoint}.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _read(clock: Clock, options: LiveOptions = OPTIONS, *, unused_permissions: bool = False) -> Snapshot:
    return LiveCredentialsReader(
        options, unused_permissions=unused_permissions, now=lambda: NOON, wait=clock.wait
    ).read()


def _credentials(snapshot: Snapshot, account_id: str = OWNER) -> AccountCredentials:
    (account,) = (one for one in snapshot.accounts if one.account_id == account_id)
    return credentials_of(account, partition="aws", taken_at=snapshot.taken_at)


def _gaps(credentials: AccountCredentials) -> list[tuple[str, str]]:
    return [(gap.call, gap.code) for gap in credentials.gaps]


def test_the_fake_speaks_as_boto3_understands(iam: FakeIam) -> None:
    client = boto3.client("iam", region_name="us-east-1")

    assert iam.endpoint
    assert client.get_credential_report()["Content"] == REPORT.encode()
    assert client.get_credential_report()["GeneratedTime"] == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    assert client.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    assert client.get_account_password_policy()["PasswordPolicy"]["RequireUppercaseCharacters"] is False
    assert client.list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
    iam.answers("GetCredentialReport", EXPIRED)
    with pytest.raises(client.exceptions.CredentialReportExpiredException):
        client.get_credential_report()
    iam.answers("GetCredentialReport", NOT_PRESENT)
    with pytest.raises(client.exceptions.CredentialReportNotPresentException):
        client.get_credential_report()
    iam.answers("GetCredentialReport", NOT_READY)
    with pytest.raises(client.exceptions.CredentialReportNotReadyException):
        client.get_credential_report()


def test_all_there_is_to_know_is_read(iam: FakeIam, clock: Clock) -> None:
    read = _credentials(_read(clock))

    assert iam.endpoint
    assert read.gaps == ()
    assert read.taken_at == NOON
    assert read.generated_at == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    assert read.report is not None
    assert [row.user for row in read.report.rows] == ["<root_account>", "alice", "bot,old", "idle", "signer"]
    assert read.access_keys == {
        "alice": (
            AccessKey(
                "AKIAEXAMPLEALICE",
                KeyStatus.ACTIVE,
                datetime(2024, 1, 1, tzinfo=UTC),
                last_used=datetime(2026, 11, 22, 11, tzinfo=UTC),
                last_used_region="eu-west-1",
                last_used_service="s3",
                is_last_use_known=True,
            ),
        ),
        "bot,old": (
            AccessKey(BOT, KeyStatus.INACTIVE, datetime(2022, 12, 1, tzinfo=UTC), is_last_use_known=True),
            AccessKey(GONE, KeyStatus.EXPIRED, datetime(2022, 11, 1, tzinfo=UTC), is_last_use_known=True),
        ),
    }
    assert read.mfa_devices == {
        "alice": (
            MfaDevice(f"arn:aws:iam::{OWNER}:u2f/user/alice/key-ABC", MfaKind.SECURITY_KEY),
            MfaDevice("GAHT12345678", MfaKind.HARDWARE),
        )
    }
    assert read.login_profiles == {"alice": True}
    assert read.password_last_used == {
        "alice": datetime(2026, 11, 20, 8, tzinfo=UTC),
        "bot,old": None,
        "idle": None,
        "signer": None,
    }
    assert read.root_mfa_devices == (MfaDevice(f"arn:aws:iam::{OWNER}:mfa/root", MfaKind.VIRTUAL),)
    assert read.service_specific_credentials == (
        ServiceSpecificCredential(
            "alice",
            "ACCA0",
            "bedrock.amazonaws.com",
            is_active=True,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            expires=datetime(2027, 1, 1, tzinfo=UTC),
        ),
        ServiceSpecificCredential(
            "git", "ACCA1", "codecommit.amazonaws.com", is_active=False, created=datetime(2026, 1, 1, tzinfo=UTC)
        ),
    )
    assert read.password_policy is not None
    assert read.summary == AccountSummary(root_mfa_enabled=True, root_keys_present=False, root_password_present=True)
    assert read.root_management == RootManagement(root_credentials_management=True, is_management_account=True)


def test_only_users_with_a_credential_are_asked_about(iam: FakeIam, clock: Clock) -> None:
    _read(clock)

    assert iam.users["ListAccessKeys"] == {"alice", "bot,old"}
    assert iam.users["GetAccessKeyLastUsed"] == {"AKIAEXAMPLEALICE", "AKIAEXAMPLEBOT00", "AKIAEXAMPLEGONE0"}
    assert iam.users["ListMFADevices"] == {"alice"}
    assert iam.users["GetLoginProfile"] == {"alice"}


@pytest.mark.parametrize("active", ["perhaps", "N/A", "no_information", "not_supported", ""])
def test_a_user_whose_key_may_be_there_is_asked_about(iam: FakeIam, clock: Clock, active: str) -> None:
    idle = "idle,arn:aws:iam::123456789012:user/idle,2023-01-01T00:00:00Z,false,N/A,N/A,N/A,false,"
    assert f"{idle}false," in REPORT
    iam.answers("GetCredentialReport", report_answer(REPORT.replace(f"{idle}false,", f"{idle}{active},")))

    read = _credentials(_read(clock))

    assert iam.users["ListAccessKeys"] == {"alice", "bot,old", "idle"}
    assert read.access_keys["idle"] == ()


@pytest.mark.parametrize("enabled", ["perhaps", "N/A", "no_information", "not_supported", ""])
def test_a_user_who_may_have_a_password_is_asked_about(iam: FakeIam, clock: Clock, enabled: str) -> None:
    idle = "idle,arn:aws:iam::123456789012:user/idle,2023-01-01T00:00:00Z,"
    iam.answers("GetCredentialReport", report_answer(REPORT.replace(f"{idle}false,", f"{idle}{enabled},")))

    read = _credentials(_read(clock))

    assert iam.users["GetLoginProfile"] == iam.users["ListMFADevices"] == {"alice", "idle"}
    assert read.login_profiles == {"alice": True, "idle": False}
    assert read.gaps == ()


def test_users_are_listed_after_the_report_was_made(iam: FakeIam, clock: Clock) -> None:
    """So that whoever is in the report and not in the list has been deleted in between."""
    listed_before: list[int] = []

    def told(_params: Mapping[str, str]) -> Mapping[str, Any]:
        listed_before.append(iam.count("ListUsers"))
        return report_answer()

    iam.answers("GetCredentialReport", NOT_READY, told)

    _read(clock)

    assert listed_before == [0]
    assert iam.count("ListUsers") == 2


def test_every_call_is_made_and_declared(iam: FakeIam, clock: Clock) -> None:
    """Declared are those that were made and no others, so that the policy asks for nothing else."""
    snapshot = _read(clock, unused_permissions=True)
    called = {made.call for account in snapshot.accounts for made in account.api_calls}

    assert called | {"sts.get_caller_identity", "iam.generate_credential_report"} == set(CREDENTIAL_READS)
    assert iam.count("GenerateCredentialReport") == 1


def test_no_seed_is_kept(iam: FakeIam, clock: Clock) -> None:
    snapshot = _read(clock)

    assert iam.count("ListVirtualMFADevices") == 1
    assert "must-not-leave" not in repr(snapshot)
    assert "QRCodePNG" not in repr(snapshot)


@pytest.mark.parametrize("name", ["credentials.jsonl", "credentials.jsonl.gz"])
def test_what_is_recorded_is_read_back(iam: FakeIam, clock: Clock, tmp_path: Path, name: str) -> None:
    snapshot = _read(clock)
    write_recording(snapshot, tmp_path / name)

    again = RecordedReader(tmp_path / name).read()

    assert iam.endpoint
    assert again == snapshot
    assert _credentials(again) == _credentials(snapshot)
    (report,) = (made for made in again.accounts[0].api_calls if made.call == "iam.get_credential_report")
    assert report.response == {"Content": REPORT, "GeneratedTime": "2026-11-22T11:30:00+00:00"}


def test_a_recording_of_credentials_says_that_no_resource_was_looked_at(iam: FakeIam, clock: Clock) -> None:
    assert iam.endpoint
    assert coverage_of(_read(clock), ()).only == ()


def test_reading_twice_gives_the_same(iam: FakeIam, clock: Clock) -> None:
    assert iam.endpoint
    assert _read(clock) == _read(clock, replace(OPTIONS, workers=1))


def test_a_reading_advances_as_often_as_it_said(iam: FakeIam, clock: Clock) -> None:
    steps = Steps()
    LiveCredentialsReader(OPTIONS, wait=clock.wait).read(steps)

    assert iam.endpoint
    assert steps.expected == len(steps.done)
    assert steps.done[0] == "credential report"
    assert steps.done[-1] == "user bot,old"


# --- the report in all its states


@pytest.mark.parametrize(
    ("generate", "get", "seconds"),
    [
        pytest.param([COMPLETE], [report_answer()], [], id="ready"),
        pytest.param([STARTED, COMPLETE], [report_answer()], [2], id="made at once"),
        pytest.param([STARTED, IN_PROGRESS, IN_PROGRESS, COMPLETE], [report_answer()], [2, 2, 4], id="in the making"),
        pytest.param([TOO_MANY, FAILURE, COMPLETE], [report_answer()], [2, 2], id="later, says AWS"),
        pytest.param([COMPLETE], [NOT_READY, report_answer()], [2], id="complete and yet not ready"),
        pytest.param([COMPLETE], [FAILURE, report_answer()], [2], id="a failure that passes"),
        pytest.param([COMPLETE, STARTED, COMPLETE], [EXPIRED, report_answer()], [2], id="expired in between"),
        pytest.param([COMPLETE], [NOT_PRESENT, report_answer()], [], id="gone in between"),
    ],
)
def test_a_report_is_waited_for(
    iam: FakeIam, clock: Clock, generate: list[Answer], get: list[Answer], seconds: list[int]
) -> None:
    iam.answers("GenerateCredentialReport", *generate)
    iam.answers("GetCredentialReport", *get)

    read = _credentials(_read(clock))

    assert clock.seconds == seconds
    assert read.report is not None
    assert read.gaps == ()


@pytest.mark.parametrize(
    ("operation", "told", "call"),
    [
        pytest.param("GenerateCredentialReport", STARTED, "iam.generate_credential_report", id="only ever started"),
        pytest.param("GenerateCredentialReport", IN_PROGRESS, "iam.generate_credential_report", id="never complete"),
        pytest.param("GenerateCredentialReport", TOO_MANY, "iam.generate_credential_report", id="always too many"),
        pytest.param("GetCredentialReport", NOT_READY, "iam.get_credential_report", id="complete and never ready"),
    ],
)
def test_after_a_minute_nobody_waits(iam: FakeIam, clock: Clock, operation: str, told: Answer, call: str) -> None:
    iam.answers(operation, told)

    read = _credentials(_read(clock))

    (gap,) = read.gaps
    assert (gap.call, gap.code) == (call, "Timeout")
    assert "not ready after 60 seconds" in gap.message
    assert "read again in a few minutes" in gap.message
    assert sum(clock.seconds) == 60
    assert clock.pauses == list(PAUSES)
    assert read.report is None
    assert read.summary is not None
    assert read.access_keys == {}


def test_a_report_that_expires_again_is_a_gap(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetCredentialReport", EXPIRED)

    read = _credentials(_read(clock))

    assert _gaps(read) == [("iam.get_credential_report", "ReportExpired")]
    assert iam.count("GenerateCredentialReport") == iam.count("GetCredentialReport") == 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("<html>", id="something else"),
        pytest.param(REPORT[: REPORT.rindex("signer") + 20], id="cut off"),
        pytest.param(REPORT.encode().replace(b"idle", b"\xff"), id="not UTF-8"),
    ],
)
def test_a_report_that_makes_no_sense_is_a_gap(
    iam: FakeIam, clock: Clock, tmp_path: Path, content: str | bytes
) -> None:
    iam.answers("GetCredentialReport", report_answer(content))

    snapshot = _read(clock)
    write_recording(snapshot, tmp_path / "credentials.jsonl")

    assert _gaps(_credentials(snapshot)) == [("iam.get_credential_report", "InvalidResponse")]
    assert _credentials(snapshot).report is None
    assert RecordedReader(tmp_path / "credentials.jsonl").read() == snapshot


# --- each call refused


CALLS = {
    "GenerateCredentialReport": "iam.generate_credential_report",
    "GetCredentialReport": "iam.get_credential_report",
    "GetAccountSummary": "iam.get_account_summary",
    "GetAccountPasswordPolicy": "iam.get_account_password_policy",
    "ListVirtualMFADevices": "iam.list_virtual_mfa_devices",
    "ListServiceSpecificCredentials": "iam.list_service_specific_credentials",
    "ListOrganizationsFeatures": "iam.list_organizations_features",
    "ListAccessKeys": "iam.list_access_keys",
    "GetAccessKeyLastUsed": "iam.get_access_key_last_used",
    "ListMFADevices": "iam.list_mfa_devices",
    "ListUsers": "iam.list_users",
    "GetLoginProfile": "iam.get_login_profile",
    "GetAccountAuthorizationDetails": "iam.get_account_authorization_details",
    "GenerateServiceLastAccessedDetails": "iam.generate_service_last_accessed_details",
    "GetServiceLastAccessedDetails": "iam.get_service_last_accessed_details",
}


OF_THE_REPORT = {"report", "generated_at", "access_keys", "mfa_devices", "login_profiles"}
"""What is not known without a report."""


def test_every_call_is_among_those_that_are_refused_here() -> None:
    assert set(CALLS.values()) == {name for name in CREDENTIAL_READS if name.startswith("iam.")}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        pytest.param(Refusal(), "AccessDenied", id="denied"),
        pytest.param({"Nonsense": "x"}, "InvalidResponse", id="answered by another"),
    ],
)
def test_a_refused_call_is_a_gap_and_nothing_else_is_lost(
    iam: FakeIam, clock: Clock, operation: str, refusal: Answer, code: str
) -> None:
    whole = _credentials(_read(clock, unused_permissions=True))
    iam.answers(operation, refusal)

    read = _credentials(_read(clock, unused_permissions=True))

    assert set(_gaps(read)) == {(CALLS[operation], code)}
    lost = {name for name in AccountCredentials.__struct_fields__ if getattr(read, name) != getattr(whole, name)}
    assert (
        lost - {"gaps"}
        == {
            "GenerateCredentialReport": OF_THE_REPORT,
            "GetCredentialReport": OF_THE_REPORT,
            "GetAccountSummary": {"summary"},
            "GetAccountPasswordPolicy": {"password_policy"},
            "ListVirtualMFADevices": {"root_mfa_devices"},
            "ListServiceSpecificCredentials": {"service_specific_credentials"},
            "ListOrganizationsFeatures": {"root_management"},
            "ListAccessKeys": {"access_keys"},
            "GetAccessKeyLastUsed": {"access_keys"},
            "ListMFADevices": {"mfa_devices"},
            "ListUsers": {"password_last_used", "user_arns"},
            "GetLoginProfile": {"login_profiles"},
            "GetAccountAuthorizationDetails": {"roles", "user_tags", "service_access"},
            "GenerateServiceLastAccessedDetails": {"service_access"},
            "GetServiceLastAccessedDetails": {"service_access"},
        }[operation]
    )


def test_a_gap_names_the_user_whom_it_is_about(iam: FakeIam, clock: Clock) -> None:
    iam.answers("ListMFADevices", Refusal())
    iam.answers("GetAccessKeyLastUsed", Refusal())

    read = _credentials(_read(clock))

    about = Counter((gap.call, gap.resource) for gap in read.gaps)
    assert about["iam.list_mfa_devices", ALICE] == 1
    assert about["iam.get_access_key_last_used", ALICE] == 1
    assert about["iam.get_access_key_last_used", f"arn:aws:iam::{OWNER}:user/bot,old"] == 2
    assert "alice" not in read.mfa_devices
    assert not any(key.is_last_use_known for keys in read.access_keys.values() for key in keys)


def test_a_password_that_cannot_be_asked_for_is_a_gap_of_the_user(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetLoginProfile", Refusal())

    read = _credentials(_read(clock))

    assert [(gap.call, gap.resource) for gap in read.gaps] == [("iam.get_login_profile", ALICE)]
    assert read.login_profiles == {}


def test_an_account_without_a_password_policy_has_none(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetAccountPasswordPolicy", NO_ENTITY)

    read = _credentials(_read(clock))

    assert read.password_policy == NoPasswordPolicy()
    assert read.gaps == ()


def test_a_user_who_is_gone_has_no_keys_no_password_and_unknown_devices(iam: FakeIam, clock: Clock) -> None:
    for operation in ("ListAccessKeys", "ListMFADevices", "GetLoginProfile"):
        iam.answers(operation, NO_ENTITY)

    read = _credentials(_read(clock))

    assert read.access_keys["alice"] == ()
    assert read.login_profiles == {"alice": False}
    assert read.mfa_devices == {}
    assert read.gaps == ()


def test_a_listing_that_is_cut_short_is_not_known(iam: FakeIam, clock: Clock) -> None:
    one = {
        "UserName": "alice",
        "Status": "Active",
        "CreateDate": "2026-01-01T00:00:00Z",
        "ServiceSpecificCredentialId": "ACCA0",
        "ServiceName": "s",
    }
    page = {"ServiceSpecificCredentials": [one], "IsTruncated": True, "Marker": "next"}
    iam.answers("ListServiceSpecificCredentials", page, Refusal())

    read = _credentials(_read(clock))

    assert _gaps(read) == [("iam.list_service_specific_credentials", "AccessDenied")]
    assert read.service_specific_credentials is None


def test_users_of_whom_a_page_is_missing_are_not_known(iam: FakeIam, clock: Clock) -> None:
    """Nobody counts as gone for being on the page that was refused."""
    whole = listed_users()
    iam.answers("ListUsers", lambda params: Refusal() if "Marker" in params else whole(params))

    read = _credentials(_read(clock))

    assert [(gap.call, gap.code, gap.resource) for gap in read.gaps] == [("iam.list_users", "AccessDenied", None)]
    assert read.password_last_used is None


# --- what has changed since the report


OLD_SIGN_IN = REPORT.replace("2026-11-20T08:00:00Z", "2026-01-05T08:00:00Z").replace("N/A,true,true", "N/A,false,true")
"""Alice signed in long ago, and has no MFA."""
OF_ALICE = {"CRED-SSC", "CRED-PW-UNUSED", "CRED-PW-KEY", "CRED-MFA-CONSOLE", "CRED-KEY-OLD", "CRED-USER-NOT-ROLE"}


def _found_of_alice(iam: FakeIam, clock: Clock) -> tuple[set[str], int]:
    """Return the checks that found something, and how many errors there are, with the report as `OLD_SIGN_IN`."""
    iam.answers("GetCredentialReport", report_answer(OLD_SIGN_IN))
    iam.answers("ListMFADevices", {"MFADevices": [], "IsTruncated": False})
    (of_alice,) = (one for one in analyze_credentials(_credentials(_read(clock))) if one.resource == ALICE)
    outcomes = [one.outcome for one in of_alice.observations]
    checks = {one.check for one in outcomes if isinstance(one, CredentialRisk)}
    return checks, sum(isinstance(one, AnalysisError) for one in outcomes)


def test_what_the_report_says_holds_where_nothing_has_changed_since(iam: FakeIam, clock: Clock) -> None:
    iam.answers("ListUsers", listed_users(alice="2026-01-05T08:00:00Z"))

    assert _found_of_alice(iam, clock) == (OF_ALICE, 0)


def test_a_password_that_was_deleted_since_the_report_is_none(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetLoginProfile", NO_ENTITY)

    assert _found_of_alice(iam, clock) == ({"CRED-SSC", "CRED-MFA-KEY", "CRED-KEY-OLD", "CRED-USER-NOT-ROLE"}, 0)


def test_a_sign_in_since_the_report_is_a_use(iam: FakeIam, clock: Clock) -> None:
    iam.answers("ListUsers", listed_users(alice="2026-11-22T11:45:00Z"))

    assert _found_of_alice(iam, clock) == (OF_ALICE - {"CRED-PW-UNUSED"}, 0)


def test_of_a_user_who_was_deleted_since_the_report_nothing_is_found(iam: FakeIam, clock: Clock) -> None:
    iam.answers("ListUsers", listed_users(alice=None))
    for operation in ("GetLoginProfile", "ListAccessKeys"):
        iam.answers(operation, NO_ENTITY)

    assert _found_of_alice(iam, clock) == (set(), 0)


@pytest.mark.parametrize(("operation", "errors"), [("GetLoginProfile", 1), ("ListUsers", 0)])
def test_without_an_answer_the_report_holds(iam: FakeIam, clock: Clock, operation: str, errors: int) -> None:
    """The password of one user is an error of the user, the listing one of the account."""
    iam.answers("ListUsers", listed_users(alice="2026-01-05T08:00:00Z"))
    iam.answers(operation, Refusal())

    assert _found_of_alice(iam, clock) == (OF_ALICE, errors)


# --- users and roles


def test_roles_and_the_tags_of_users_are_read_page_by_page(iam: FakeIam, clock: Clock) -> None:
    read = _credentials(_read(clock))
    made = datetime(2024, 1, 1, tzinfo=UTC)

    assert iam.count("GetAccountAuthorizationDetails") == 2
    assert read.user_tags == {"alice": {"team": "web"}, "idle": {}}
    assert read.roles == (
        Role(
            ADMIN,
            "admin",
            "/",
            made,
            last_used_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
            last_used_region="eu-west-1",
            tags={"team": "core", "empty": ""},
        ),
        Role(IDLE, "idle", "/jobs/", made),
        Role(LINKED, "AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/", made),
        Role(RESERVED, "AWSReservedSSO_Reader_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", made),
    )
    assert read.service_access is None


def test_nobody_is_asked_what_was_accessed_unless_it_is_wanted(iam: FakeIam, clock: Clock) -> None:
    _read(clock)

    assert iam.count("GenerateServiceLastAccessedDetails") == iam.count("GetServiceLastAccessedDetails") == 0


def test_what_users_and_roles_last_accessed_is_read_page_by_page(iam: FakeIam, clock: Clock) -> None:
    read = _credentials(_read(clock, unused_permissions=True))
    used = datetime(2026, 11, 21, 9, tzinfo=UTC)
    actions = (ActionAccess("s3:ListAllMyBuckets", used), ActionAccess("s3:CreateBucket"))

    assert read.gaps == ()
    assert iam.users["GenerateServiceLastAccessedDetails"] == set(PRINCIPALS)
    assert read.service_access == dict.fromkeys(PRINCIPALS, (ServiceAccess("s3", used, actions), ServiceAccess("sqs")))
    assert clock.seconds == []


def test_no_policy_is_kept(iam: FakeIam, clock: Clock) -> None:
    snapshot = _read(clock, unused_permissions=True)

    assert iam.endpoint
    assert "must-not-leave" not in repr(snapshot)
    assert "LastAccessedRegion" not in repr(snapshot)


def test_what_was_accessed_is_recorded_and_read_back(iam: FakeIam, clock: Clock, tmp_path: Path) -> None:
    snapshot = _read(clock, unused_permissions=True)
    write_recording(snapshot, tmp_path / "credentials.jsonl")

    again = RecordedReader(tmp_path / "credentials.jsonl").read()

    assert iam.endpoint
    assert again == snapshot
    assert _credentials(again) == _credentials(snapshot)


def test_jobs_are_waited_for_together(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetServiceLastAccessedDetails", Slow(3))

    read = _credentials(_read(clock, unused_permissions=True))

    assert clock.seconds == [2, 2, 4]
    assert set(read.service_access or ()) == set(PRINCIPALS)
    assert read.gaps == ()


def test_a_reading_that_waits_for_jobs_advances_as_often_as_it_said(iam: FakeIam, clock: Clock) -> None:
    iam.answers("GetServiceLastAccessedDetails", Slow(1))
    steps = Steps()
    LiveCredentialsReader(OPTIONS, unused_permissions=True, wait=clock.wait).read(steps)

    assert steps.expected == len(steps.done)
    assert steps.done[-1] == "last accessed by idle"


def test_after_a_minute_without_any_job_done_nobody_waits(iam: FakeIam, clock: Clock) -> None:
    """The pauses start again when some job has ended, as those that are left may be next."""
    slow, never = Slow(4), Slow(1_000)
    iam.answers(
        "GetServiceLastAccessedDetails",
        lambda params: (slow if params["JobId"] == job(ALICE) else never)(params),
    )

    read = _credentials(_read(clock, unused_permissions=True))

    assert clock.pauses == [*PAUSES[:4], *PAUSES]
    assert {(gap.call, gap.code, gap.resource) for gap in read.gaps} == {
        ("iam.get_service_last_accessed_details", "Timeout", arn) for arn in PRINCIPALS[1:]
    }
    assert all("60 seconds" in gap.message and "read again in a few minutes" in gap.message for gap in read.gaps)
    assert set(read.service_access or ()) == {ALICE}


BEGIN, ASK = "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"


@pytest.mark.parametrize(
    ("operation", "bad", "code"),
    [
        pytest.param(BEGIN, Refusal(), "AccessDenied", id="may not be begun"),
        pytest.param(BEGIN, Refusal("Throttling", 400), "Throttling", id="begun too often"),
        pytest.param(ASK, Refusal(), "AccessDenied", id="may not be asked for"),
        pytest.param(ASK, Refusal("Throttling", 400), "Throttling", id="asked for too often"),
        pytest.param(ASK, MISSING_JOB, "SomethingBroke", id="failed"),
        pytest.param(ASK, Slow(1, MISSING_JOB), "SomethingBroke", id="failed later"),
        pytest.param(ASK, {"JobStatus": "FAILED"}, "ServiceFailure", id="failed without a word"),
    ],
)
def test_a_job_that_fails_is_a_gap_of_the_role_that_it_is_about(
    iam: FakeIam, clock: Clock, operation: str, bad: Answer, code: str
) -> None:
    good = job_of if operation == BEGIN else services_of

    def told(params: Mapping[str, str]) -> Mapping[str, Any] | Refusal:
        is_admins = params.get("Arn") == ADMIN or params.get("JobId") == job(ADMIN)
        return (bad(params) if callable(bad) else bad) if is_admins else good(params)

    iam.answers(operation, told)

    snapshot = _read(clock, unused_permissions=True)

    read = _credentials(snapshot)
    assert [(gap.call, gap.code, gap.resource) for gap in read.gaps] == [(CALLS[operation], code, ADMIN)]
    assert set(read.service_access or ()) == set(PRINCIPALS) - {ADMIN}
    assert [gap.call for account in snapshot.accounts for gap in account_gaps(account)] == [CALLS[operation]]


def test_a_second_page_that_is_refused_leaves_the_role_unknown(iam: FakeIam, clock: Clock) -> None:
    iam.answers(
        "GetServiceLastAccessedDetails",
        lambda params: Refusal() if params.get("Marker") and params["JobId"] == job(ADMIN) else services_of(params),
    )

    read = _credentials(_read(clock, unused_permissions=True))

    assert [(gap.code, gap.resource) for gap in read.gaps] == [("AccessDenied", ADMIN)]
    assert ADMIN not in (read.service_access or ())


def test_a_role_that_is_gone_by_now_is_no_gap(iam: FakeIam, clock: Clock) -> None:
    iam.answers(
        "GenerateServiceLastAccessedDetails",
        lambda params: NO_ENTITY if params["Arn"] == ADMIN else job_of(params),
    )

    read = _credentials(_read(clock, unused_permissions=True))

    assert read.gaps == ()
    assert ADMIN not in (read.service_access or ())


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_listing_of_roles_that_is_cut_short_is_not_known(iam: FakeIam, clock: Clock, code: str) -> None:
    iam.answers(
        "GetAccountAuthorizationDetails",
        lambda params: Refusal(code) if "Marker" in params else principals_of(params),
    )

    read = _credentials(_read(clock, unused_permissions=True))

    (gap,) = read.gaps
    assert (gap.code, gap.resource, gap.resource_types) == (code, None, ("AWS::IAM::Role",))
    assert read.roles is None
    assert read.user_tags is None
    assert set(read.service_access or ()) == set(PRINCIPALS)


def test_every_account_of_an_organization_has_jobs_of_its_own(iam: FakeIam, clock: Clock) -> None:
    snapshot = _read(clock, ORGANIZATION, unused_permissions=True)

    assert _credentials(snapshot, MEMBER).service_access == _credentials(snapshot).service_access
    assert iam.count("GenerateServiceLastAccessedDetails", MEMBER) == len(PRINCIPALS)


# --- organizations


@pytest.mark.parametrize(
    ("code", "management"),
    [
        pytest.param("AccountNotManagementOrDelegatedAdministratorException", None, id="a member"),
        pytest.param("OrganizationNotFoundException", None, id="no organization"),
        pytest.param("OrganizationNotInAllFeaturesModeException", None, id="billing only"),
        pytest.param(
            "ServiceAccessNotEnabledException",
            RootManagement(root_credentials_management=False, is_management_account=True),
            id="without trusted access",
        ),
    ],
)
def test_who_may_not_say_what_the_organization_does_has_no_gap(
    iam: FakeIam, clock: Clock, code: str, management: RootManagement | None
) -> None:
    iam.answers("ListOrganizationsFeatures", Refusal(code, 400))

    read = _credentials(_read(clock))

    assert read.gaps == ()
    assert read.root_management == management


def test_every_account_of_an_organization_is_read(iam: FakeIam, clock: Clock) -> None:
    snapshot = _read(clock, ORGANIZATION)

    assert [account.account_id for account in snapshot.accounts] == sorted([OWNER, MEMBER])
    assert [gap for account in snapshot.accounts for gap in account_gaps(account)] == []
    own, member = _credentials(snapshot), _credentials(snapshot, MEMBER)
    assert own.root_management == RootManagement(root_credentials_management=True, is_management_account=True)
    assert member.root_management == RootManagement(root_credentials_management=True, is_management_account=False)
    assert member.access_keys == own.access_keys
    assert iam.count("ListOrganizationsFeatures", MEMBER) == 0
    assert iam.count("GetCredentialReport", MEMBER) == iam.count("GetCredentialReport", OWNER) == 1


def test_reports_are_begun_everywhere_before_the_first_is_waited_for(iam: FakeIam, clock: Clock) -> None:
    _read(clock, ORGANIZATION)

    assert iam.count("GenerateCredentialReport", MEMBER) == iam.count("GenerateCredentialReport", OWNER) == 2


def test_an_account_that_is_not_entered_is_a_gap(iam: FakeIam, clock: Clock) -> None:
    iam.refuses_entry = True

    snapshot = _read(clock, ORGANIZATION)

    (gap,) = _credentials(snapshot, MEMBER).gaps
    assert gap.hides_account
    assert _credentials(snapshot).gaps == ()


@pytest.mark.parametrize("operation", ["ListAccountsForParent", "ListOrganizationalUnitsForParent"])
def test_a_partly_listed_organization_is_a_gap(iam: FakeIam, clock: Clock, operation: str) -> None:
    iam.organization[operation] = Refusal("AccessDeniedException", 400)

    (gap,) = _credentials(_read(clock, ORGANIZATION)).gaps

    assert gap.call.removeprefix("organizations.").replace("_", "") == operation.lower()
    assert gap.code == "AccessDeniedException"


@pytest.mark.slow
def test_another_implementation_is_read_as_well(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Moto has reports of its own making, and leaks seeds; whatever it lacks is a gap and no more."""
    with running_moto() as moto, running_proxy(moto) as wire:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": wire.endpoint}.items():
            monkeypatch.setenv(name, value)
        reset_moto(moto)
        client = boto3.client("iam", region_name="us-east-1", endpoint_url=moto)
        client.create_user(UserName="alice")
        key = client.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        device = client.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        client.enable_mfa_device(
            UserName="alice",
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )
        wire.faults["iam.list_organizations_features"] = Refuses()
        wire.faults["iam.list_service_specific_credentials"] = Refuses()

        snapshot = _read(clock)

    read = _credentials(snapshot)
    assert [one.id for one in read.access_keys["alice"]] == [key]
    assert read.mfa_devices["alice"] == (MfaDevice(device["SerialNumber"], MfaKind.VIRTUAL),)
    assert "Seed" not in repr(snapshot)
    assert set(_gaps(read)) == {
        ("iam.list_organizations_features", "AccessDenied"),
        ("iam.list_service_specific_credentials", "AccessDenied"),
    }
