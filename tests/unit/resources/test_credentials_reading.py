"""Recorded calls about credentials to values: what each answer means, and what becomes of one that means nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sekisho.resources.credentials import (
    AccessKey,
    AccountCredentials,
    AccountSummary,
    ActionAccess,
    KeyStatus,
    MfaDevice,
    MfaKind,
    NoPasswordPolicy,
    PasswordPolicy,
    Role,
    RootManagement,
    ServiceAccess,
    ServiceSpecificCredential,
    credentials_of,
)
from sekisho.resources.credentials.report import REQUIRED
from sekisho.resources.snapshot import ApiCall, RawAccount
from unit.resources.builders import OWNER, answered, failed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ALICE = f"arn:aws:iam::{OWNER}:user/alice"

_CELLS = {"user": "alice", "arn": ALICE, "user_creation_time": "2024-01-01T00:00:00Z", "password_enabled": "true"}
REPORT = "\n".join([",".join(REQUIRED), ",".join(_CELLS.get(name, "N/A") for name in REQUIRED)])

POLICY = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": False,
    "ExpirePasswords": True,
}
BATCH = f"arn:aws:iam::{OWNER}:role/jobs/batch"
ROLE = {
    "Arn": BATCH,
    "RoleName": "batch",
    "Path": "/jobs/",
    "CreateDate": "2026-01-02T03:04:05Z",
    "RoleLastUsed": {"LastUsedDate": "2026-01-02T03:04:05Z", "Region": "eu-west-1"},
    "Tags": [{"Key": "team", "Value": "web"}, {"Key": "empty", "Value": ""}],
}
KEY = {"AccessKeyId": "AKIA1", "Status": "Active", "CreateDate": "2026-01-02T03:04:05+00:00"}
SERVICE_SPECIFIC = {
    "UserName": "alice",
    "ServiceSpecificCredentialId": "ACCA1",
    "ServiceName": "codecommit.amazonaws.com",
    "Status": "Active",
    "CreateDate": "2026-01-02T03:04:05Z",
}


def read(*calls: ApiCall) -> AccountCredentials:
    return credentials_of(RawAccount(OWNER, calls), partition="aws", taken_at=NOON)


def gaps(credentials: AccountCredentials) -> list[tuple[str, str]]:
    return [(gap.call, gap.code) for gap in credentials.gaps]


def the_report(content: Any = REPORT, made: Any = "2026-11-22T11:30:00+00:00") -> ApiCall:
    return answered("iam.get_credential_report", {"Content": content, "GeneratedTime": made})


def keys_of_alice(*keys: Mapping[str, Any]) -> ApiCall:
    return answered("iam.list_access_keys", {"AccessKeyMetadata": list(keys)}, UserName="alice")


def devices_of_alice(*serials: str) -> ApiCall:
    devices = [{"SerialNumber": serial} for serial in serials]
    return answered("iam.list_mfa_devices", {"MFADevices": devices}, UserName="alice")


def test_nothing_asked_is_nothing_known_and_no_gap() -> None:
    assert read() == AccountCredentials(OWNER, "aws", NOON)


def test_calls_about_resources_are_passed_over() -> None:
    assert read(failed("iam.list_roles", "AccessDenied"), failed("s3.list_buckets", "AccessDenied")).gaps == ()


@pytest.mark.parametrize("content", [pytest.param(REPORT, id="text"), pytest.param(REPORT.encode(), id="bytes")])
def test_a_report_is_read_with_its_time(content: str | bytes) -> None:
    credentials = read(the_report(content))

    assert credentials.report is not None
    assert [row.user for row in credentials.report.rows] == ["alice"]
    assert credentials.generated_at == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    assert credentials.now == credentials.generated_at
    assert credentials.gaps == ()


@pytest.mark.parametrize(
    "made",
    [
        pytest.param("2026-01-02T03:04:05Z", id="text with Z"),
        pytest.param("2026-01-02T04:04:05+01:00", id="text from elsewhere"),
        pytest.param("2026-01-02T03:04:05", id="text without a zone"),
        pytest.param(MADE, id="a date"),
        pytest.param(MADE.astimezone(timezone(timedelta(hours=9))), id="a date from elsewhere"),
    ],
)
def test_every_form_of_a_time_is_utc(made: object) -> None:
    assert read(the_report(made=made)).generated_at == MADE


def test_a_naive_time_of_reading_is_utc() -> None:
    naive = NOON.replace(tzinfo=None)

    assert credentials_of(RawAccount(OWNER, ()), partition="aws", taken_at=naive).taken_at == NOON


EARLIEST, LATEST = "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"
NO_TIMES = [None, "yesterday", EARLIEST, LATEST, datetime.fromisoformat(EARLIEST), datetime.fromisoformat(LATEST)]


@pytest.mark.parametrize("made", NO_TIMES)
def test_a_report_whose_time_makes_no_sense_is_still_a_report(made: object) -> None:
    credentials = read(the_report(made=made))

    assert credentials.report is not None
    assert credentials.generated_at is None
    assert gaps(credentials) == [("iam.get_credential_report", "InvalidResponse")]


def test_a_report_that_is_none_says_why() -> None:
    (gap,) = read(the_report("user,arn\n")).gaps

    assert (gap.code, gap.message) == (
        "InvalidResponse",
        "line 1: the header lacks `user_creation_time`; fetch the report again",
    )


def test_a_report_that_was_not_made_is_a_gap() -> None:
    credentials = read(failed("iam.generate_credential_report", "Timeout"))

    assert credentials.report is None
    assert gaps(credentials) == [("iam.generate_credential_report", "Timeout")]
    assert credentials.gaps[0].resource_types == ("AWS::IAM::User",)


# --- access keys


def test_a_key_carries_its_last_use() -> None:
    used = {"LastUsedDate": "2026-01-02T03:04:05Z", "ServiceName": "s3", "Region": "N/A"}
    last_use = answered("iam.get_access_key_last_used", {"AccessKeyLastUsed": used}, AccessKeyId="AKIA1")

    assert read(keys_of_alice(KEY), last_use).access_keys == {
        "alice": (AccessKey("AKIA1", KeyStatus.ACTIVE, MADE, MADE, "", "s3", is_last_use_known=True),)
    }


def test_a_key_that_was_never_used_is_known_for_it() -> None:
    never = {"AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    last_use = answered("iam.get_access_key_last_used", never, AccessKeyId="AKIA1")

    (key,) = read(keys_of_alice(KEY), last_use).access_keys["alice"]

    assert key.is_last_use_known
    assert key.last_used is None


@pytest.mark.parametrize(
    "last_use",
    [
        pytest.param((), id="not asked"),
        pytest.param((failed("iam.get_access_key_last_used", "AccessDenied", AccessKeyId="AKIA1"),), id="refused"),
        pytest.param((answered("iam.get_access_key_last_used", {}, AccessKeyId="AKIA1"),), id="answered with nothing"),
    ],
)
def test_a_last_use_that_is_not_known_is_not_never(last_use: tuple[ApiCall, ...]) -> None:
    credentials = read(the_report(), keys_of_alice(KEY), *last_use)

    (key,) = credentials.access_keys["alice"]
    assert not key.is_last_use_known
    assert [(gap.call, gap.resource) for gap in credentials.gaps] == [("iam.get_access_key_last_used", ALICE)]


@pytest.mark.parametrize(("status", "expected"), [("Active", 1), ("Inactive", 0), ("Expired", 0)])
def test_a_last_use_of_an_active_key_that_was_not_asked_for_is_a_gap(status: str, expected: int) -> None:
    found = [(gap.code, gap.message) for gap in read(keys_of_alice({**KEY, "Status": status})).gaps]

    assert found == [("InvalidResponse", "the last use of access key `AKIA1` was not asked for")] * expected


def test_a_user_without_keys_has_an_empty_tuple_and_one_not_asked_about_none() -> None:
    assert read(keys_of_alice()).access_keys == {"alice": ()}


def test_a_user_who_is_gone_has_no_keys_and_leaves_no_gap() -> None:
    credentials = read(keys_of_alice(KEY), failed("iam.list_access_keys", "NoSuchEntity", UserName="alice"))

    assert credentials == AccountCredentials(OWNER, "aws", NOON, access_keys={"alice": ()})


def test_a_user_who_is_gone_is_not_one_without_mfa() -> None:
    gone = failed("iam.list_mfa_devices", "NoSuchEntity", UserName="alice")

    assert read(gone) == AccountCredentials(OWNER, "aws", NOON)
    assert read(devices_of_alice("GAHT12345678"), gone).mfa_devices == {}


OTHER_KEY = {**KEY, "AccessKeyId": "AKIA2", "Status": "Inactive"}
INACTIVE = {**KEY, "Status": "Inactive"}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param([[KEY], [OTHER_KEY]], [("AKIA1", "Active"), ("AKIA2", "Inactive")], id="two keys"),
        pytest.param([[KEY], [KEY]], [("AKIA1", "Active")], id="the same"),
        pytest.param([[KEY, KEY]], [("AKIA1", "Active")], id="the same in one answer"),
        pytest.param([[KEY], [INACTIVE]], [("AKIA1", "Active")], id="active first"),
        pytest.param([[INACTIVE], [KEY]], [("AKIA1", "Active")], id="active last"),
        pytest.param([[KEY], []], [("AKIA1", "Active")], id="nothing more"),
    ],
)
def test_several_answers_about_a_user_are_one(
    calls: list[list[Mapping[str, Any]]], expected: list[tuple[str, str]]
) -> None:
    keys = read(*(keys_of_alice(*listed) for listed in calls)).access_keys["alice"]

    assert [(key.id, key.status.value) for key in keys] == expected


def test_several_answers_of_which_one_makes_no_sense_are_not_known() -> None:
    credentials = read(keys_of_alice(KEY), keys_of_alice({**KEY, "Status": "Asleep"}))

    assert credentials.access_keys == {}
    assert gaps(credentials) == [("iam.list_access_keys", "InvalidResponse")]


def test_devices_of_several_answers_are_all_there_once() -> None:
    devices = read(devices_of_alice("GAHT1", "GAHT2"), devices_of_alice("GAHT2", "GAHT3")).mfa_devices["alice"]

    assert [one.serial_number for one in devices] == ["GAHT1", "GAHT2", "GAHT3"]


def test_a_listing_whose_second_page_failed_is_not_known() -> None:
    credentials = read(the_report(), keys_of_alice(KEY), failed("iam.list_access_keys", "Throttling", UserName="alice"))

    assert credentials.access_keys == {}
    assert [(gap.code, gap.resource) for gap in credentials.gaps] == [("Throttling", ALICE)]


# --- MFA devices


@pytest.mark.parametrize(
    ("serial", "kind"),
    [
        pytest.param(f"arn:aws:iam::{OWNER}:mfa/phone", MfaKind.VIRTUAL, id="virtual"),
        pytest.param(f"arn:aws:iam::{OWNER}:u2f/user/alice/key-A", MfaKind.SECURITY_KEY, id="security key"),
        pytest.param(f"arn:aws:iam::{OWNER}:sms-mfa/alice", MfaKind.SMS, id="text message"),
        pytest.param("GAHT12345678", MfaKind.HARDWARE, id="token"),
    ],
)
def test_the_serial_number_tells_the_kind(serial: str, kind: MfaKind) -> None:
    assert read(devices_of_alice(serial)).mfa_devices == {"alice": (MfaDevice(serial, kind),)}


def test_a_device_of_an_unknown_kind_is_a_gap() -> None:
    credentials = read(devices_of_alice(f"arn:aws:iam::{OWNER}:telepathy/alice"))

    assert credentials.mfa_devices == {}
    assert gaps(credentials) == [("iam.list_mfa_devices", "InvalidResponse")]


def _virtual(owner: str, enabled: str | None = "2026-01-02T03:04:05Z") -> dict[str, Any]:
    device = {"SerialNumber": f"arn:aws:iam::{OWNER}:mfa/any", "User": {"Arn": f"arn:aws:iam::{OWNER}:{owner}"}}
    return device if enabled is None else {**device, "EnableDate": enabled}


@pytest.mark.parametrize(
    ("device", "is_roots"),
    [
        pytest.param(_virtual("root"), True, id="of the root user, under whatever name"),
        pytest.param(_virtual("root", None), False, id="never put to use"),
        pytest.param(_virtual("user/root"), False, id="of a user of that name"),
    ],
)
def test_devices_of_the_root_user_go_by_their_owner(device: dict[str, Any], *, is_roots: bool) -> None:
    listed = answered("iam.list_virtual_mfa_devices", {"VirtualMFADevices": [device]}, AssignmentStatus="Assigned")

    devices = read(listed).root_mfa_devices

    assert devices is not None
    assert bool(devices) is is_roots


# --- the account


def test_a_password_policy_is_translated() -> None:
    made = answered("iam.get_account_password_policy", {"PasswordPolicy": {**POLICY, "MaxPasswordAge": 90}})

    assert read(made).password_policy == PasswordPolicy(
        minimum_password_length=14,
        require_symbols=True,
        require_numbers=False,
        require_uppercase_characters=True,
        require_lowercase_characters=False,
        expire_passwords=True,
        max_password_age=90,
    )


def test_no_password_policy_is_an_answer() -> None:
    credentials = read(failed("iam.get_account_password_policy", "NoSuchEntity"))

    assert credentials.password_policy == NoPasswordPolicy()
    assert credentials.gaps == ()


@pytest.mark.parametrize(("present", "expected"), [({}, None), ({"AccountPasswordPresent": 0}, False)])
def test_a_summary_may_not_tell_of_the_password(present: dict[str, int], *, expected: bool | None) -> None:
    summary = {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1, **present}

    assert read(answered("iam.get_account_summary", {"SummaryMap": summary})).summary == AccountSummary(
        root_mfa_enabled=False, root_keys_present=True, root_password_present=expected
    )


def test_service_specific_credentials_are_translated() -> None:
    made = answered(
        "iam.list_service_specific_credentials", {"ServiceSpecificCredentials": [SERVICE_SPECIFIC]}, AllUsers=True
    )

    assert read(made).service_specific_credentials == (
        ServiceSpecificCredential("alice", "ACCA1", "codecommit.amazonaws.com", is_active=True, created=MADE),
    )


def _organization(management_account: str = OWNER) -> ApiCall:
    organization = {"Id": "o-example", "MasterAccountId": management_account}
    return answered("organizations.describe_organization", {"Organization": organization})


def _features(*names: str) -> ApiCall:
    return answered("iam.list_organizations_features", {"OrganizationId": "o-example", "EnabledFeatures": list(names)})


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param(
            (_features("RootSessions", "RootCredentialsManagement"), _organization()),
            RootManagement(root_credentials_management=True, is_management_account=True),
            id="on, the management account",
        ),
        pytest.param(
            (_features("RootSessions"), _organization("999999999999")),
            RootManagement(root_credentials_management=False, is_management_account=False),
            id="off, a member",
        ),
        pytest.param(
            (failed("iam.list_organizations_features", "ServiceAccessNotEnabledException"), _organization()),
            RootManagement(root_credentials_management=False, is_management_account=True),
            id="off for want of trusted access",
        ),
        pytest.param((_features("RootSessions"),), None, id="without who manages it"),
        pytest.param((_organization(),), None, id="without the features"),
        pytest.param(
            (failed("iam.list_organizations_features", "AccountNotManagementOrDelegatedAdministratorException"),),
            None,
            id="a member that asks itself",
        ),
    ],
)
def test_root_management_is_known_of_both_calls_or_not_at_all(
    calls: tuple[ApiCall, ...], expected: RootManagement | None
) -> None:
    credentials = read(*calls)

    assert credentials.root_management == expected
    assert credentials.gaps == ()


# --- users and roles


def principals(*roles: Mapping[str, Any], users: Sequence[Mapping[str, Any]] = ()) -> ApiCall:
    return answered(
        "iam.get_account_authorization_details", {"UserDetailList": list(users), "RoleDetailList": list(roles)}
    )


def test_roles_and_the_tags_of_users_are_translated() -> None:
    alice = {"UserName": "alice", "Arn": ALICE, "Tags": [{"Key": "team", "Value": "web"}]}
    credentials = read(principals(ROLE, users=[alice, {"UserName": "bob", "Arn": "x"}]))

    assert credentials.roles == (
        Role(BATCH, "batch", "/jobs/", MADE, MADE, "eu-west-1", tags={"team": "web", "empty": ""}),
    )
    assert credentials.user_tags == {"alice": {"team": "web"}, "bob": {}}
    assert credentials.service_access is None


def test_a_role_without_a_use_was_never_used_where_aws_says_so() -> None:
    unsaid = {name: value for name, value in ROLE.items() if name != "RoleLastUsed"}
    never, unknown = read(principals({**ROLE, "RoleLastUsed": {}}, {**unsaid, "Arn": f"{BATCH}2"})).roles or ()

    assert (never.last_used_at, never.is_last_use_known) == (None, True)
    assert (unknown.last_used_at, unknown.is_last_use_known) == (None, False)


def test_of_a_role_that_was_listed_twice_the_last_answer_counts() -> None:
    (role,) = read(principals(ROLE), principals({**ROLE, "RoleLastUsed": {}})).roles or ()

    assert role.last_used_at is None


def begun(arn: str = BATCH, job: str = "job-1") -> ApiCall:
    return answered("iam.generate_service_last_accessed_details", {"JobId": job}, Arn=arn, Granularity="ACTION_LEVEL")


def told(*services: Mapping[str, Any], job: str = "job-1", status: str = "COMPLETED", **members: Any) -> ApiCall:
    response = {"JobStatus": status, "ServicesLastAccessed": list(services), **members}
    return answered("iam.get_service_last_accessed_details", response, JobId=job)


S3 = {
    "ServiceNamespace": "s3",
    "LastAuthenticated": "2026-01-02T03:04:05Z",
    "TrackedActionsLastAccessed": [
        {"ActionName": "GetObject", "LastAccessedTime": "2026-01-02T03:04:05Z"},
        {"ActionName": "s3:PutObject"},
    ],
}


def test_what_was_last_accessed_is_known_of_whom_the_job_is_about() -> None:
    credentials = read(begun(), begun(ALICE, "job-2"), told(S3), told({"ServiceNamespace": "sqs"}, job="job-2"))

    assert credentials.service_access == {
        BATCH: (ServiceAccess("s3", MADE, (ActionAccess("s3:GetObject", MADE), ActionAccess("s3:PutObject"))),),
        ALICE: (ServiceAccess("sqs"),),
    }
    assert credentials.gaps == ()


def test_whoever_may_use_nothing_has_an_empty_tuple_and_whoever_was_not_asked_about_none() -> None:
    assert read(begun(), told()).service_access == {BATCH: ()}


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        pytest.param(failed("iam.get_service_last_accessed_details", "Throttling", JobId="job-1"), "Throttling", "",
                     id="refused"),
        pytest.param(told(status="IN_PROGRESS"), "InvalidResponse", "the job is `IN_PROGRESS`", id="under way"),
        pytest.param(told(status="FAILED", Error={"Code": "X", "Message": "no"}), "InvalidResponse",
                     "the job is `FAILED`: no", id="failed"),
        pytest.param(told({"LastAuthenticated": "2026-01-02"}), "InvalidResponse",
                     "the answer has no `ServiceNamespace`", id="without a name"),
        pytest.param(told(S3, IsTruncated=True), "InvalidResponse",
                     "the answer's `ServicesLastAccessed` is one page of several", id="one page of several"),
        pytest.param(told(job="job-2"), "InvalidResponse",
                     f"what was last accessed by {BATCH} was not asked for", id="not asked for"),
    ],
)  # fmt: skip
def test_what_was_last_accessed_and_is_not_known_is_a_gap_of_the_role(answer: ApiCall, code: str, message: str) -> None:
    credentials = read(begun(), answer)

    assert credentials.service_access == {}
    (gap,) = credentials.gaps
    assert (gap.code, gap.message, gap.resource) == (code, message, BATCH)


def test_a_job_that_could_not_be_begun_is_a_gap_of_the_role() -> None:
    credentials = read(failed("iam.generate_service_last_accessed_details", "AccessDenied", Arn=BATCH))

    assert credentials.service_access == {}
    assert [(gap.code, gap.resource) for gap in credentials.gaps] == [("AccessDenied", BATCH)]


def test_a_role_that_is_gone_has_no_job_and_leaves_no_gap() -> None:
    credentials = read(failed("iam.generate_service_last_accessed_details", "NoSuchEntity", Arn=BATCH))

    assert credentials.service_access == {}
    assert credentials.gaps == ()


# --- passwords


def users(*listed: Mapping[str, Any]) -> ApiCall:
    return answered("iam.list_users", {"Users": list(listed)})


def test_users_are_there_with_and_without_a_sign_in() -> None:
    alice = {"UserName": "alice", "PasswordLastUsed": "2026-01-02T03:04:05+00:00"}
    credentials = read(users(alice, {"UserName": "bob"}))

    assert credentials.password_last_used == {"alice": MADE, "bob": None}
    assert read(users()).password_last_used == {}
    assert credentials.gaps == ()


def test_of_two_listings_the_latest_sign_in_counts() -> None:
    early, late = (
        {"UserName": "alice", "PasswordLastUsed": moment} for moment in ("2026-01-01T00:00:00Z", MADE.isoformat())
    )
    bob = {"UserName": "bob"}

    for listings in ([users(early, bob), users(late)], [users(late), users(bob, early)], [users(bob, early, late)]):
        assert read(*listings).password_last_used == {"alice": MADE, "bob": None}


def test_a_listing_of_users_that_was_cut_short_is_not_known() -> None:
    credentials = read(users({"UserName": "alice"}), failed("iam.list_users", "Throttling"))

    assert credentials.password_last_used is None
    assert [(gap.code, gap.resource, gap.resource_types) for gap in credentials.gaps] == [("Throttling", None, ())]


def test_a_user_has_a_password_or_none_or_that_is_not_known() -> None:
    has = answered("iam.get_login_profile", {"LoginProfile": {"UserName": "bob"}}, UserName="bob")
    has_none = failed("iam.get_login_profile", "NoSuchEntity", UserName="carl")
    unknown = failed("iam.get_login_profile", "AccessDenied", UserName="alice")

    credentials = read(the_report(), has, has_none, unknown)

    assert credentials.login_profiles == {"bob": True, "carl": False}
    assert [(gap.call, gap.resource) for gap in credentials.gaps] == [("iam.get_login_profile", ALICE)]


# --- answers that make no sense


FIELDS = {
    "iam.get_credential_report": "report",
    "iam.list_access_keys": "access_keys",
    "iam.list_mfa_devices": "mfa_devices",
    "iam.list_users": "password_last_used",
    "iam.get_login_profile": "login_profiles",
    "iam.list_virtual_mfa_devices": "root_mfa_devices",
    "iam.list_service_specific_credentials": "service_specific_credentials",
    "iam.get_account_password_policy": "password_policy",
    "iam.get_account_summary": "summary",
    "iam.list_organizations_features": "root_management",
    "organizations.describe_organization": "root_management",
    "iam.get_account_authorization_details": "roles",
}
PER_USER = {"iam.list_access_keys", "iam.list_mfa_devices", "iam.get_login_profile"}
MALFORMED = [
    ("iam.get_credential_report", {"Content": 7}),
    ("iam.get_credential_report", {"Content": {"base64": "dXNlcg=="}}),
    ("iam.list_access_keys", {"AccessKeyMetadata": "AKIA1"}),
    ("iam.list_access_keys", {"AccessKeyMetadata": [KEY], "IsTruncated": True}),
    ("iam.list_access_keys", {"AccessKeyMetadata": [{**KEY, "Status": "Asleep"}]}),
    ("iam.list_access_keys", {"AccessKeyMetadata": [{**KEY, "CreateDate": None}]}),
    ("iam.list_access_keys", {"AccessKeyMetadata": [{**KEY, "CreateDate": 12}]}),
    ("iam.list_access_keys", {"AccessKeyMetadata": [{**KEY, "CreateDate": EARLIEST}]}),
    (
        "iam.list_service_specific_credentials",
        {"ServiceSpecificCredentials": [{**SERVICE_SPECIFIC, "ExpirationDate": LATEST}]},
    ),
    ("iam.list_access_keys", {"AccessKeyMetadata": [{**KEY, "AccessKeyId": ["AKIA1"]}]}),
    ("iam.list_mfa_devices", {"MFADevices": [{}]}),
    ("iam.list_users", {"Users": [{}]}),
    ("iam.list_users", {"Users": [{"UserName": "alice"}], "IsTruncated": True}),
    ("iam.list_users", {"Users": [{"UserName": "alice", "PasswordLastUsed": "lately"}]}),
    ("iam.get_login_profile", {"LoginProfile": {"CreateDate": "2026-01-02T03:04:05Z"}}),
    ("iam.get_login_profile", {"LoginProfile": "alice"}),
    ("iam.list_virtual_mfa_devices", {"VirtualMFADevices": [{"SerialNumber": "x"}]}),
    ("iam.list_virtual_mfa_devices", {"VirtualMFADevices": [{"SerialNumber": "x", "User": "root"}]}),
    ("iam.list_service_specific_credentials", {"ServiceSpecificCredentials": [{**SERVICE_SPECIFIC, "Status": 1}]}),
    ("iam.get_account_password_policy", {"PasswordPolicy": {**POLICY, "MinimumPasswordLength": "14"}}),
    ("iam.get_account_password_policy", {"PasswordPolicy": {"MinimumPasswordLength": 14}}),
    ("iam.get_account_password_policy", {"PasswordPolicy": {**POLICY, "MaxPasswordAge": "ninety"}}),
    ("iam.get_account_summary", {"SummaryMap": {"AccountMFAEnabled": 1}}),
    ("iam.get_account_summary", {"SummaryMap": [1]}),
    ("iam.list_organizations_features", {"EnabledFeatures": "all"}),
    ("organizations.describe_organization", {"Organization": {"Id": "o-example"}}),
    ("iam.get_account_authorization_details", {"UserDetailList": [], "RoleDetailList": [{}]}),
    ("iam.get_account_authorization_details", {"UserDetailList": [], "RoleDetailList": [], "IsTruncated": True}),
    ("iam.get_account_authorization_details", {"UserDetailList": [], "RoleDetailList": [{**ROLE, "RoleLastUsed": 1}]}),
    ("iam.get_account_authorization_details", {"UserDetailList": [{"Arn": ALICE}], "RoleDetailList": [ROLE]}),
    ("iam.get_account_authorization_details", {"UserDetailList": [], "RoleDetailList": [{**ROLE, "Tags": [{}]}]}),
]


@pytest.mark.parametrize(("call", "response"), [*MALFORMED, *((call, {}) for call in FIELDS)])
def test_an_answer_that_makes_no_sense_is_a_gap_and_no_value(call: str, response: dict[str, Any]) -> None:
    params = {"UserName": "alice"} if call in PER_USER else {}

    credentials = read(answered(call, response, **params))

    assert gaps(credentials) == [(call, "InvalidResponse")]
    assert not getattr(credentials, FIELDS[call])
    assert getattr(credentials, FIELDS[call]) != ()
    assert credentials.gaps[0].message


def test_an_answer_that_is_no_object_is_a_gap() -> None:
    made = ApiCall("iam.get_account_summary", {}, response=[1])  # type: ignore[arg-type]  # as a recording may have it

    assert gaps(read(made)) == [("iam.get_account_summary", "InvalidResponse")]


@pytest.mark.parametrize("call", sorted({*FIELDS, "iam.get_access_key_last_used", "iam.generate_credential_report"}))
def test_a_refused_call_is_a_gap(call: str) -> None:
    params = {"UserName": "alice"} if call in PER_USER else {}

    credentials = read(failed(call, "AccessDenied", **params))

    assert gaps(credentials) == [(call, "AccessDenied")]
    assert credentials == AccountCredentials(OWNER, "aws", NOON, gaps=credentials.gaps)
