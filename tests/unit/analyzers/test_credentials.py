"""What the cases in `tests/conformance/credentials` cannot say: that nothing breaks, doubles or is misnamed."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.credentials import CHECKS, Thresholds, analyze_credentials
from sekisho.analyzers.credentials.ages import key_ages
from sekisho.analyzers.observation import AnalysisError, CredentialRisk, Fact, Observation, ResourceAnalysis
from sekisho.findings.finding import finding_id
from sekisho.resources.credentials import (
    ROOT,
    AccessKey,
    AccountCredentials,
    AccountSummary,
    ActionAccess,
    KeyStatus,
    PasswordPolicy,
    Role,
    ServiceAccess,
    ServiceSpecificCredential,
    parse_report,
)
from sekisho.resources.credentials.report import OPTIONAL, REQUIRED
from sekisho.resources.gaps import Gap

NOW: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
OLD: Final = "2025-01-02T03:04:05Z"
ACCOUNT: Final = "111122223333"
ANALYZER: Final = "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/sekisho-credentials"
HEADER: Final = (*REQUIRED, *OPTIONAL[:4])
BASE: Final = dict.fromkeys(HEADER, "N/A") | {
    "user": "anna",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/anna",
    "user_creation_time": OLD,
    **{name: "false" for name in HEADER if name.endswith(("_active", "_enabled"))},
}
USED_KEY: Final = {
    "access_key_1_active": "true",
    "access_key_1_last_rotated": OLD,
    "access_key_1_last_used_date": OLD,
}
WORDS: Final = ("true", "false", "N/A", "no_information", "not_supported", "", "?", OLD, "2099-01-01T00:00:00Z")


def report(*rows: dict[str, str]) -> bytes:
    return "\n".join(",".join(row) for row in (HEADER, *((BASE | one).values() for one in rows))).encode()


def _analyzed(*rows: dict[str, str], **beside: Any) -> tuple[ResourceAnalysis, ...]:
    known = {"report": parse_report(report(*rows)), "generated_at": NOW, **beside}
    return analyze_credentials(AccountCredentials(ACCOUNT, "aws", NOW, **known))


def observations(*rows: dict[str, str], **beside: Any) -> list[Observation]:
    return [one for analysis in _analyzed(*rows, **beside) for one in analysis.observations]


def checks(*rows: dict[str, str], **beside: Any) -> list[str]:
    return [one.outcome.check for one in observations(*rows, **beside) if isinstance(one.outcome, CredentialRisk)]


def errors(*rows: dict[str, str], **beside: Any) -> list[str]:
    return [one.outcome.reason for one in observations(*rows, **beside) if isinstance(one.outcome, AnalysisError)]


def row(user: str, cells: list[str]) -> dict[str, str]:
    arn = f"arn:aws:iam::{ACCOUNT}:root" if user == ROOT else f"arn:aws:iam::{ACCOUNT}:user/{user}"
    return {"user": user, "arn": arn, **dict(zip(HEADER[2:], cells, strict=True))}


ROWS = st.builds(
    row,
    st.sampled_from(["anna", "bob", ROOT]),
    st.lists(st.sampled_from(WORDS), min_size=len(HEADER) - 2, max_size=len(HEADER) - 2),
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see there
KEYS = st.builds(
    AccessKey,
    st.sampled_from(["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "AKIAEXAMPLETHREE0000"]),
    st.sampled_from(KeyStatus),
    MOMENTS,
    st.none() | MOMENTS,
    is_last_use_known=st.booleans(),
)
SPECIFIC = st.builds(
    ServiceSpecificCredential,
    st.sampled_from(["anna", "carl"]),
    st.sampled_from(["ACCA1", "ACCA2"]),
    st.just("codecommit.amazonaws.com"),
    st.booleans(),
    MOMENTS,
    st.none() | MOMENTS,
)


@given(
    st.lists(ROWS, max_size=4),
    st.dictionaries(st.sampled_from(["anna", "bob", "nobody"]), st.lists(KEYS, max_size=3).map(tuple)),
    st.lists(SPECIFIC, max_size=3),
    st.none() | st.builds(AccountSummary, st.booleans(), st.booleans(), st.none() | st.booleans()),
)
def test_whatever_a_report_says_each_finding_has_a_name_of_its_own(
    rows: list[dict[str, str]],
    access_keys: dict[str, tuple[AccessKey, ...]],
    specific: list[ServiceSpecificCredential],
    summary: AccountSummary | None,
) -> None:
    beside = {"access_keys": access_keys, "service_specific_credentials": tuple(specific), "summary": summary}
    seen = observations(*rows, **beside)

    ids = [finding_id(ANALYZER, one) for one in seen]
    assert len(set(ids)) == len(ids)
    assert all(one.outcome.check in CHECKS for one in seen if isinstance(one.outcome, CredentialRisk))


def test_of_a_user_on_two_lines_the_worse_is_kept_and_every_open_question() -> None:
    old = USED_KEY | {"access_key_1_last_rotated": "2026-08-01T00:00:00Z", "mfa_active": "?"}
    older = USED_KEY | {"mfa_active": "!"}

    seen = [one.outcome for one in observations(old, older)]
    (key,) = (one for one in seen if isinstance(one, CredentialRisk) and one.check == "CRED-KEY-OLD")
    (error,) = (one.reason for one in seen if isinstance(one, AnalysisError))
    assert key.severity.name == "HIGH"
    assert "`?`" in error
    assert "`!`" in error


def test_an_arn_that_is_not_of_the_user_names_nobody_else() -> None:
    for arn in (f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:user/bob", "anna", ""):
        seen = observations({"arn": arn, **USED_KEY})
        assert {one.resource for one in seen} == {f"arn:aws:iam::{ACCOUNT}:user/anna"}


def test_many_keys_are_judged_in_no_time() -> None:
    keys = tuple(AccessKey(f"AKIA{n:016}", KeyStatus.ACTIVE, NOW - timedelta(days=400)) for n in range(50))

    assert checks(USED_KEY, access_keys={"anna": keys}).count("CRED-KEY-OLD") == len(keys)


def test_a_date_beside_a_flag_that_says_nothing_is_an_open_question() -> None:
    for column, date in (
        ("password_enabled", "password_last_used"),
        ("access_key_1_active", "access_key_1_last_rotated"),
        ("cert_1_active", "cert_1_last_rotated"),
    ):
        (reason,) = errors({column: "not_supported", date: OLD})
        assert f"`{column}`" in reason


def test_what_iam_has_told_is_no_open_question() -> None:
    assert errors(USED_KEY | {"access_key_2_active": "?", "mfa_active": "?"})
    assert not errors(
        USED_KEY | {"access_key_2_active": "?", "mfa_active": "?"}, access_keys={"anna": ()}, mfa_devices={"anna": ()}
    )


NEVER_SIGNED_IN: Final = {"password_enabled": "true", "password_last_used": "no_information"}


def test_the_source_of_the_last_sign_in_is_the_one_that_told_of_it() -> None:
    in_the_report = {"password_enabled": "true", "password_last_used": OLD}
    of_the_report = Fact("password_last_used", "2025-01-02T03:04:05Z", "credential report, password_last_used")
    listing = "iam.list_users"

    def told(cells: dict[str, str], **beside: Any) -> tuple[str, Fact, datetime]:
        (found,) = (
            one.outcome
            for one in observations(cells, **beside)
            if isinstance(one.outcome, CredentialRisk) and one.outcome.check in {"CRED-PW-UNUSED", "CRED-PW-NEVER"}
        )
        return found.check, found.facts[0], found.data_at

    later = {"generated_at": NOW - timedelta(hours=3)}
    assert told(in_the_report, **later) == ("CRED-PW-UNUSED", of_the_report, NOW - timedelta(hours=3))
    same = {"anna": datetime.fromisoformat(OLD)}
    assert told(in_the_report, **later, password_last_used=same) == ("CRED-PW-UNUSED", of_the_report, NOW)
    since = {"anna": days_ago(50)}
    fact = Fact("PasswordLastUsed", "2026-10-01T08:00:00Z", listing)
    assert told(in_the_report, password_last_used=since) == ("CRED-PW-UNUSED", fact, NOW)
    fact = Fact("PasswordLastUsed", "never", listing)
    assert told(NEVER_SIGNED_IN, password_last_used={"anna": None}) == ("CRED-PW-NEVER", fact, NOW)


def test_the_source_of_a_password_is_the_one_that_told_of_it() -> None:
    def told(**beside: Any) -> Fact:
        (found,) = (
            one.outcome
            for one in observations(NEVER_SIGNED_IN, **beside)
            if isinstance(one.outcome, CredentialRisk) and one.outcome.check == "CRED-MFA-CONSOLE"
        )
        return found.facts[0]

    assert told() == Fact("password_enabled", "true", "credential report, password_enabled")
    assert told(login_profiles={"anna": True}) == Fact("LoginProfile", "present", "iam.get_login_profile")


def test_a_user_deleted_since_the_report_is_looked_at_and_well() -> None:
    """So that what is stored of the user is resolved, whichever checks could not be made."""
    (anna,) = (one for one in _analyzed(USED_KEY, password_last_used={}) if one.resource == ANNA)

    assert anna.observations == ()
    assert anna.unjudged == frozenset()
    assert anna.notes == ("the user has been deleted since the credential report was made",)


def test_what_could_not_be_read_of_a_deleted_user_is_still_an_error() -> None:
    gap = Gap("iam.list_access_keys", "Throttling", "", ACCOUNT, resource=ANNA)

    assert len(errors(USED_KEY, password_last_used={}, gaps=(gap,))) == 1


def test_the_keys_of_a_user_deleted_since_the_report_have_no_age() -> None:
    account = AccountCredentials(ACCOUNT, "aws", NOW, parse_report(report(USED_KEY)), NOW)

    assert len(key_ages(account)) == 1
    assert key_ages(replace(account, password_last_used={})) == ()


def test_a_listing_of_users_without_a_report_finds_nobody() -> None:
    account = AccountCredentials(ACCOUNT, "aws", NOW, password_last_used={"anna": None}, login_profiles={"anna": True})
    without = replace(account, password_last_used=None, login_profiles={})

    assert analyze_credentials(account) == analyze_credentials(without)


def test_a_listing_of_users_that_failed_is_an_error_of_the_account() -> None:
    gap = Gap("iam.list_users", "AccessDenied", "", ACCOUNT)
    seen = observations(NEVER_SIGNED_IN, gaps=(gap,))

    assert {one.resource for one in seen if isinstance(one.outcome, AnalysisError)} == {
        f"arn:aws:account::{ACCOUNT}:account"
    }
    assert "CRED-PW-NEVER" in checks(NEVER_SIGNED_IN, gaps=(gap,))


def test_a_sign_in_since_the_report_keeps_a_user_in_use() -> None:
    """Whose permissions are judged then, as those of an idle user are not."""
    services = {ANNA: (ServiceAccess("sqs"),)}
    unused = "CRED-PERMISSION-UNUSED"

    assert unused not in checks({}, service_access=services, password_last_used={"anna": None})
    assert unused in checks({}, service_access=services, password_last_used={"anna": days_ago(1)})


def test_a_policy_with_late_expiry_says_how_late() -> None:
    policy = PasswordPolicy(
        minimum_password_length=14,
        require_symbols=True,
        require_numbers=True,
        require_uppercase_characters=True,
        require_lowercase_characters=True,
        expire_passwords=True,
        max_password_age=365,
        password_reuse_prevention=24,
    )
    account = AccountCredentials(ACCOUNT, "aws", NOW, password_policy=policy)
    found = [
        one.outcome
        for analysis in analyze_credentials(account, Thresholds(require_expiry=True))
        for one in analysis.observations
        if isinstance(one.outcome, CredentialRisk) and one.outcome.check == "CRED-PW-POLICY-EXPIRY"
    ]

    (risk,) = found
    assert risk.sentence == "Passwords live for 365 days."
    assert risk.facts[0] == Fact("MaxPasswordAge", "365", "iam.get_account_password_policy")


def test_a_long_cell_is_not_shown_whole() -> None:
    (reason,) = errors({"mfa_active": "x" * 100_000})

    assert len(reason) < 500


def test_never_used_is_no_more_than_aws_has_noted() -> None:
    made = {"access_key_1_active": "true", "access_key_1_last_rotated": "2012-01-01T00:00:00Z"}
    sentences = [one.outcome.sentence for one in observations(made) if isinstance(one.outcome, CredentialRisk)]

    assert any("as far as is known: uses are noted since 2015-04-22" in one for one in sentences)


def test_a_credential_for_one_service_that_has_ended_is_none() -> None:
    ended = ServiceSpecificCredential(
        "anna", "ACCA1", "codecommit.amazonaws.com", is_active=True, created=NOW - timedelta(days=200),
        expires=NOW - timedelta(days=1),
    )  # fmt: skip

    assert "CRED-SSC" not in checks({}, service_specific_credentials=(ended,))


def test_a_call_that_failed_is_an_error_where_it_was_to_tell() -> None:
    anna = f"arn:aws:iam::{ACCOUNT}:user/anna"
    gaps = (
        Gap("iam.list_mfa_devices", "AccessDenied", "", ACCOUNT, resource=anna),
        Gap("iam.get_account_summary", "AccessDenied", "", ACCOUNT),
        Gap("iam.get_account_password_policy", "Timeout", "", ACCOUNT),
    )
    failed = {
        one.resource: one.outcome.code.value
        for one in observations({}, gaps=gaps)
        if isinstance(one.outcome, AnalysisError)
    }

    assert failed == {
        anna: "ACCESS_DENIED",
        f"arn:aws:iam::{ACCOUNT}:root": "ACCESS_DENIED",
        f"arn:aws:account::{ACCOUNT}:account": "INTERNAL_ERROR",
    }


def test_root_of_whom_only_the_account_tells_is_judged() -> None:
    assert "CRED-ROOT-MFA" in checks({}, summary=AccountSummary(root_mfa_enabled=False, root_keys_present=False))


ANNA: Final = f"arn:aws:iam::{ACCOUNT}:user/anna"
BATCH: Final = f"arn:aws:iam::{ACCOUNT}:role/jobs/batch"
LISTING: Final = "iam.get_account_authorization_details"
JOBS: Final = "iam.get_service_last_accessed_details"


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def batch(*, used: float | None = None, made: float = 1000) -> Role:
    return Role(BATCH, "batch", "/jobs/", days_ago(made), None if used is None else days_ago(used), "eu-west-1")


def analyses(**beside: Any) -> dict[str, ResourceAnalysis]:
    account = AccountCredentials(ACCOUNT, "aws", NOW, parse_report(report({})), NOW, **beside)
    return {one.resource: one for one in analyze_credentials(account)}


def risk_of(check: str, **beside: Any) -> CredentialRisk:
    (found,) = (
        one.outcome
        for one in observations({}, **beside)
        if isinstance(one.outcome, CredentialRisk) and one.outcome.check == check
    )
    return found


def test_an_unused_role_says_when_and_where_it_was_used() -> None:
    risk = risk_of("CRED-ROLE-UNUSED", roles=(batch(used=100),))

    assert risk.sentence == "The role was last used 100 days ago."
    assert (risk.last_used, risk.days, risk.data_at) == (days_ago(100), 90, NOW)
    assert risk.facts == (
        Fact("made", "2024-02-24T08:00:00Z", LISTING),
        Fact("lastAccessed", "2026-08-12T08:00:00Z", LISTING),
        Fact("lastAccessedRegion", "eu-west-1", LISTING),
    )


def test_never_used_is_no_more_than_aws_remembers() -> None:
    old = risk_of("CRED-ROLE-UNUSED", roles=(batch(),))
    younger = risk_of("CRED-ROLE-UNUSED", roles=(batch(made=400),))

    assert old.sentence == (
        "The role was never used in the 1,000 days that it has been there, as far as AWS remembers, which is 400 days."
    )
    assert younger.sentence == "The role was never used in the 400 days that it has been there."
    assert old.facts[1] == Fact("lastAccessed", "never", LISTING)
    assert old.last_used is None


def test_an_unused_role_says_which_service_it_tried_last() -> None:
    services = (ServiceAccess("s3", days_ago(95)), ServiceAccess("sqs", days_ago(120)), ServiceAccess("sns"))
    risk = risk_of("CRED-ROLE-UNUSED", roles=(batch(used=300),), service_access={BATCH: services})

    assert risk.sentence == "The role last tried to reach s3 95 days ago, allowed or denied, and nothing since."
    assert Fact("lastAccessedService", "s3", JOBS) in risk.facts
    assert risk.last_used == days_ago(95)


def test_a_role_that_an_attempt_keeps_in_use_has_a_note() -> None:
    services = {BATCH: (ServiceAccess("s3", days_ago(1)),)}

    (note,) = analyses(roles=(batch(used=300),), service_access=services)[BATCH].notes
    assert "may have been denied" in note
    assert analyses(roles=(batch(used=1),), service_access=services)[BATCH].notes == ()


def test_a_service_that_nobody_uses_says_when_it_was() -> None:
    services = (ServiceAccess("s3", days_ago(1)), ServiceAccess("sqs", days_ago(95)))
    risk = risk_of("CRED-PERMISSION-UNUSED", roles=(batch(used=1),), service_access={BATCH: services})

    assert risk.sentence == "The service `sqs` is allowed, and was last used 95 days ago."
    assert (risk.credential, risk.last_used, risk.days) == ("sqs", days_ago(95), 90)
    assert risk.facts == (Fact("lastAccessed", "2026-08-17T08:00:00Z", JOBS),)


def test_unused_actions_are_told_one_by_one_and_used_ones_are_not() -> None:
    actions = (
        ActionAccess("s3:GetObject", days_ago(1)),
        ActionAccess("s3:PutObject", days_ago(100)),
        ActionAccess("s3:DeleteBucket"),
    )
    services = (ServiceAccess("s3", days_ago(1), actions),)
    risk = risk_of("CRED-PERMISSION-UNUSED", roles=(batch(used=1),), service_access={BATCH: services})

    assert risk.sentence == (
        "Of `s3`, 2 actions that are allowed were not used for 90 days or more, s3:PutObject for one."
    )
    assert risk.last_used == days_ago(1)
    assert risk.facts == (
        Fact("lastAccessed", "2026-11-19T08:00:00Z", JOBS),
        Fact("s3:PutObject", "2026-08-12T08:00:00Z", JOBS),
        Fact("s3:DeleteBucket", "never", JOBS),
    )


def test_roles_that_aws_alone_changes_are_not_looked_at() -> None:
    linked = Role(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", "y", "/aws-service-role/x/", days_ago(1000))

    assert linked.arn not in analyses(roles=(linked, batch()))
    assert analyses(roles=(linked, batch()))[BATCH].resource_type == "AWS::IAM::Role"


def test_what_was_not_asked_for_is_said_to_be_unjudged() -> None:
    in_use, permission = batch(used=1), "CRED-PERMISSION-UNUSED"

    nothing = analyses(roles=(in_use,))
    assert permission in nothing[BATCH].unjudged
    assert nothing[ANNA].unjudged == {permission, "CRED-SSC"}
    everything = analyses(roles=(in_use,), service_access={BATCH: (), ANNA: ()}, service_specific_credentials=())
    assert everything[BATCH].unjudged == everything[ANNA].unjudged == frozenset()
    some = analyses(roles=(in_use,), service_access={ANNA: ()}, service_specific_credentials=())
    assert some[BATCH].unjudged == {permission}
    assert not some[ANNA].unjudged


def test_of_a_role_that_is_unused_permissions_are_unjudged_only_where_nobody_asked() -> None:
    assert analyses(roles=(batch(),))[BATCH].unjudged == {"CRED-PERMISSION-UNUSED"}
    assert analyses(roles=(batch(),), service_access={BATCH: ()})[BATCH].unjudged == frozenset()


def test_a_role_whose_services_could_not_be_read_is_not_unused() -> None:
    unused = "CRED-ROLE-UNUSED"
    assert unused in {one.outcome.check for one in analyses(roles=(batch(),))[BATCH].observations}  # type: ignore[union-attr]
    assert not analyses(roles=(batch(),), service_access={})[BATCH].observations


def test_a_user_whom_iam_lists_and_no_report_is_not_judged_and_not_gone() -> None:
    eve = f"arn:aws:iam::{ACCOUNT}:user/eng/eve"

    seen = analyses(user_arns={"anna": ANNA, "eve": eve}, password_last_used={"anna": None, "eve": None})[eve]

    assert not seen.observations
    assert "CRED-KEY-OLD" in seen.unjudged
    assert "no credential report tells of the user yet" in seen.notes[0]


TWO_KEYS = {
    "access_key_1_active": "true",
    "access_key_1_last_rotated": "2026-01-20T08:00:00Z",
    "access_key_2_active": "false",
    "access_key_2_last_rotated": "2026-05-20T08:00:00Z",
}


def test_a_key_that_was_made_inactive_since_the_report_is_not_the_one_that_has_long_been() -> None:
    switched_off = AccessKey("AKIAEXAMPLEX0001", KeyStatus.INACTIVE, datetime(2026, 1, 20, 8, tzinfo=UTC))

    assert "CRED-KEY-INACTIVE" in checks(TWO_KEYS)
    assert "CRED-KEY-INACTIVE" not in checks(TWO_KEYS, access_keys={"anna": (switched_off,)})


def test_of_two_inactive_keys_one_of_which_is_gone_one_is_told() -> None:
    both = TWO_KEYS | {"access_key_1_active": "false"}
    left = AccessKey("AKIAEXAMPLEX0001", KeyStatus.INACTIVE, datetime(2025, 1, 20, 8, tzinfo=UTC))

    assert checks(both).count("CRED-KEY-INACTIVE") == 2
    assert checks(both, access_keys={"anna": (left,)}).count("CRED-KEY-INACTIVE") == 1


def test_a_password_that_was_set_since_the_report_is_new() -> None:
    assert "CRED-PW-NEVER" not in checks({}, login_profiles={"anna": True}, password_last_used={"anna": None})


def test_a_call_about_a_role_that_failed_is_an_error_on_the_role() -> None:
    gaps = (
        Gap("iam.generate_service_last_accessed_details", "Throttling", "", ACCOUNT, resource=BATCH),
        Gap(LISTING, "AccessDenied", "", ACCOUNT, resource_types=("AWS::IAM::Role",)),
        Gap("iam.list_service_specific_credentials", "AccessDenied", "", ACCOUNT),
    )
    failed = {
        (one.resource, one.resource_type): one.outcome.reason
        for one in observations({}, gaps=gaps)
        if isinstance(one.outcome, AnalysisError)
    }

    assert set(failed) == {
        (BATCH, "AWS::IAM::Role"),
        (f"arn:aws:account::{ACCOUNT}:account", "AWS::Account"),
    }
    of_account = failed[f"arn:aws:account::{ACCOUNT}:account", "AWS::Account"]
    assert LISTING in of_account
    assert "iam.list_service_specific_credentials" in of_account
