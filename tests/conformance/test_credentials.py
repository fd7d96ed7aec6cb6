"""Credential reports against the analyzer: our own table, and the recordings and verdicts of other tools.

The report of a case is written as CSV text and read by `parse_report`, so that a cell means what it says in a file.
"""

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import pytest

from sekisho.analyzers.credentials import Thresholds, analyze_credentials
from sekisho.analyzers.observation import AnalysisError, CredentialRisk, Observation, ResourceAnalysis
from sekisho.resources.credentials import (
    ROOT,
    AccessKey,
    AccountCredentials,
    AccountSummary,
    MfaDevice,
    MfaKind,
    NoPasswordPolicy,
    PasswordPolicy,
    Role,
    RootManagement,
    ServiceAccess,
    ServiceSpecificCredential,
    parse_report,
)

ACCOUNT: Final = "111122223333"
NOW: Final = datetime(2026, 6, 30, 12, tzinfo=UTC)

KEY: Final = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "password": ("password_enabled", "password_last_used", "password_last_changed", "password_next_rotation"),
    **{f"key_{n}": tuple(f"access_key_{n}_{name}" for name in KEY) for n in (1, 2)},
    **{f"cert_{n}": (f"cert_{n}_active", f"cert_{n}_last_rotated") for n in (1, 2)},
}
"""Columns that stand together, to be written as one list."""

NO_CREDENTIALS: Final = {
    "user": "anna",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/anna",
    "user_creation_time": "2024-01-01T00:00:00Z",
    **{name: ("false", "N/A", "N/A", "N/A")[place] for place, name in enumerate(GROUPS["password"])},
    "mfa_active": "true",
    **{f"access_key_{n}_{name}": "false" if name == "active" else "N/A" for n in (1, 2) for name in KEY},
    **{f"cert_{n}_{name}": value for n in (1, 2) for name, value in (("active", "false"), ("last_rotated", "N/A"))},
}
"""A user who cannot do anything, in the columns of a report of 2026."""

COLUMNS: Final = {*NO_CREDENTIALS, "additional_credentials_info"}

GOOD_ROOT: Final = NO_CREDENTIALS | {
    "user": ROOT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "password_enabled": "true",
    "password_last_used": "-100d",
    "password_last_changed": "-100d",
    "password_next_rotation": "not_supported",
}
"""A root user with a password and MFA, who has not signed in for long."""

OLD_ROLE: Final = {"name": "batch", "path": "/", "created_at": "-1000d"}
"""A role of old that nobody has ever used."""

GOOD_POLICY: Final = PasswordPolicy(
    minimum_password_length=14,
    require_symbols=True,
    require_numbers=True,
    require_uppercase_characters=True,
    require_lowercase_characters=True,
    expire_passwords=True,
    max_password_age=90,
    password_reuse_prevention=24,
)


class Beside(msgspec.Struct, forbid_unknown_fields=True):
    """What is known beside the report, by the names of `AccountCredentials`; what is left out was not asked for.

    Attributes:
        password_policy: what differs from a good one; null for one that could not be read.
        roles: of each what differs from an old one that was never used; its ARN follows from its path and name.
        service_access: by the ends of ARNs, as `role/batch`.
    """

    partition: str = "aws"
    taken_at: datetime | None = None
    access_keys: dict[str, tuple[AccessKey, ...]] = {}
    mfa_devices: dict[str, tuple[MfaDevice, ...]] = {}
    login_profiles: dict[str, bool] = {}
    password_last_used: dict[str, datetime | None] | None = None
    root_mfa_devices: tuple[MfaDevice, ...] | None = None
    service_specific_credentials: tuple[ServiceSpecificCredential, ...] | None = None
    password_policy: dict[str, bool | int | None] | Literal["none"] | None = {}
    summary: AccountSummary | None = None
    root_management: RootManagement | None = None
    roles: tuple[Role, ...] | None = None
    service_access: dict[str, tuple[ServiceAccess, ...]] | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A report, what stands beside it, and all that is to be found.

    Attributes:
        row: what differs from a user without credentials; null for an account whose report could not be read.
        also: further rows, likewise.
        findings: check, credential and severity.
        unread: the columns whose cells could not be read, or whatever else an error is to name.
    """

    name: str
    source: str
    because: str
    findings: list[tuple[str, str, str]]
    now: datetime = NOW
    row: dict[str, Any] | None = {}
    also: list[dict[str, Any]] = []
    beside: dict[str, Any] = {}
    thresholds: dict[str, int | bool] = {}
    unread: list[str] = []

    @property
    def limits(self) -> Thresholds:
        """The thresholds to judge by; a name that there is not is an error."""
        differs: dict[str, Any] = self.thresholds
        return Thresholds(**differs)

    @property
    def account(self) -> AccountCredentials:
        """The account as it was collected."""
        beside = msgspec.convert(_beside(self), Beside)
        rows = [] if self.row is None else [_row(one, self.now) for one in (self.row, *self.also)]
        return AccountCredentials(
            account_id=ACCOUNT,
            partition=beside.partition,
            taken_at=beside.taken_at or self.now,
            report=parse_report(_csv(rows)) if rows else None,
            generated_at=self.now if rows else None,
            access_keys=beside.access_keys,
            mfa_devices=beside.mfa_devices,
            login_profiles=beside.login_profiles,
            password_last_used=beside.password_last_used,
            root_mfa_devices=beside.root_mfa_devices,
            service_specific_credentials=beside.service_specific_credentials,
            password_policy=_policy(beside.password_policy),
            summary=beside.summary,
            root_management=beside.root_management,
            roles=beside.roles,
            service_access=beside.service_access,
        )


CASES: Final = [
    case
    for path in sorted((Path(__file__).parent / "credentials").glob("*.json"))
    for case in msgspec.json.decode(path.read_bytes(), type=list[Case])
]

_ACCOUNT_CHECKS: Final = ("CRED-PW-POLICY", "CRED-PW-NOEXPIRY", "CRED-STALE-REPORT", "CRED-ROOT-CENTRAL")


def test_there_are_cases_and_no_two_of_one_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 130


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case_misspells_no_member(case: Case) -> None:
    beside = _beside(case)

    assert _left_out(beside, msgspec.to_builtins(msgspec.convert(beside, Beside))) == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_analyzer_finds_what_the_case_expects(case: Case) -> None:
    analyses = analyze_credentials(case.account, case.limits)

    found = sorted((risk.check, risk.credential, risk.severity.name.lower()) for _, risk in _risks(analyses))
    assert found == sorted(case.findings), case.because
    assert _unread_but_not_said(case, analyses) == [], case.because


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_finding_is_on_the_user_role_root_or_account_that_it_is_about(case: Case) -> None:
    analyses = analyze_credentials(case.account, case.limits)

    for observation, risk in _risks(analyses):
        of_account = risk.check.startswith(_ACCOUNT_CHECKS)
        of_role = ":role/" in observation.resource
        kind = "AWS::Account" if of_account else "AWS::IAM::Role" if of_role else "AWS::IAM::User"
        assert observation.resource_type == kind, risk.check
        assert of_role or risk.check != "CRED-ROLE-UNUSED"
        assert not risk.check.startswith("CRED-ROOT") or of_account or observation.resource.endswith(":root")


@pytest.mark.parametrize("text", ["N/A", "no_information", "not_supported", "", "nonsense"])
@pytest.mark.parametrize("column", [name for name in NO_CREDENTIALS if name not in {"user", "arn"}])
@pytest.mark.parametrize("base", [NO_CREDENTIALS, GOOD_ROOT], ids=["user", "root"])
def test_whatever_a_cell_says_the_rest_is_judged(base: Mapping[str, str], column: str, text: str) -> None:
    in_use = {"key_2": ["true", "-1000d", "-1000d"], "cert_2": ["true", "-1000d"], column: text}
    account = Case("", "", "", [], row=dict(base) | in_use).account

    checks = {risk.check for _, risk in _risks(analyze_credentials(account))}

    key, certificate = ("CRED-ROOT-KEY", "CRED-ROOT-CERT") if base is GOOD_ROOT else ("CRED-KEY-OLD", "CRED-CERT")
    assert key in checks or column.startswith("access_key_2")
    assert certificate in checks or column.startswith("cert_2")


def _left_out(given: Any, read: Any) -> list[str]:
    """Return the members of what was given that reading it dropped."""
    match given, read:
        case dict(), dict():
            return [left for name in given for left in (_left_out(given[name], read[name]) if name in read else [name])]
        case list(), list() | tuple():
            return [left for one, two in zip(given, read, strict=True) for left in _left_out(one, two)]
        case _:
            return []


def _unread_but_not_said(case: Case, analyses: Iterable[ResourceAnalysis]) -> list[str]:
    """Return the cells that no error names; where a case has none, the errors that there should not be."""
    errors = [
        seen.outcome.reason
        for analysis in analyses
        for seen in analysis.observations
        if isinstance(seen.outcome, AnalysisError)
    ]
    if not case.unread:
        return errors
    return [column for column in case.unread if not any(column in reason for reason in errors)]


def _risks(analyses: Iterable[ResourceAnalysis]) -> Iterator[tuple[Observation, CredentialRisk]]:
    for analysis in analyses:
        for observation in analysis.observations:
            if isinstance(observation.outcome, CredentialRisk):
                yield observation, observation.outcome


# Writing a report

_STEP: Final = re.compile(r"([+-]\d+)([dhms])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def _dated(value: Any, now: datetime) -> Any:
    """Replace what counts from the moment of the report, as `-45d+1s`, by a date."""
    match value:
        case dict():
            return {name: _dated(one, now) for name, one in value.items()}
        case list():
            return [_dated(one, now) for one in value]
        case str() if value and not _STEP.sub("", value):
            steps = (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _STEP.findall(value))
            return f"{sum(steps, now):%Y-%m-%dT%H:%M:%SZ}"
        case _:
            return value


def _beside(case: Case) -> Any:
    """Return what stands beside the report, with what a case leaves unsaid of its roles, and dates as they are."""
    said: dict[str, Any] = _dated(case.beside, case.now)
    ours = f"arn:aws:iam::{ACCOUNT}:"
    if "roles" in said:
        roles = [_dated(OLD_ROLE, case.now) | one for one in said["roles"]]
        said["roles"] = [{"arn": f"{ours}role{one['path']}{one['name']}", **one} for one in roles]
    if "service_access" in said:
        said["service_access"] = {f"{ours}{whose}": services for whose, services in said["service_access"].items()}
    return said


def _row(overrides: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Return a row of the report; a column that is null is not there."""
    said: dict[str, Any] = {}
    for name, value in overrides.items():
        said |= zip(GROUPS[name][: len(value)], value, strict=True) if name in GROUPS else {name: value}
    assert all(name in COLUMNS or name.startswith("x_") for name in said), f"a misspelt column among {sorted(said)}"
    user = said.get("user", NO_CREDENTIALS["user"])
    base = GOOD_ROOT if user == ROOT else NO_CREDENTIALS | {"arn": f"arn:aws:iam::{ACCOUNT}:user/{user}"}
    return {name: text for name, text in _dated(base | said, now).items() if text is not None}


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _policy(differs: Mapping[str, Any] | Literal["none"] | None) -> PasswordPolicy | NoPasswordPolicy | None:
    match differs:
        case None:
            return None
        case "none":
            return NoPasswordPolicy()
        case _:
            assert set(differs) <= set(PasswordPolicy.__struct_fields__), f"a misspelt member among {sorted(differs)}"
            return msgspec.convert(msgspec.to_builtins(GOOD_POLICY) | dict(differs), PasswordPolicy)


# Recordings, and what other tools say of them

FOLDERS: Final = [
    folder
    for one in os.environ.get("SEKISHO_CASES", "").split(os.pathsep)
    if one and (folder := Path(one) / "credential-reports").is_dir()
]


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What we call a check of Prowler's.

    Attributes:
        names: each user once, each user as often as there are findings, or each key.
        thresholds: ours, set to its own.
        counts: whether a finding on the row of this user is one of the check's.
    """

    checks: frozenset[str]
    names: Literal["users", "users of keys", "keys"] = "users"
    thresholds: Thresholds = Thresholds()  # noqa: RUF009 - a frozen value
    counts: Callable[[CredentialRisk, bool], bool] = lambda _risk, _has_password: True


def _left_over_from_set_up(risk: CredentialRisk, has_password: bool) -> bool:  # noqa: FBT001 - as a Counterpart asks
    return has_password or risk.check == "CRED-KEY-INITIAL"


COUNTERPARTS: Final = {
    "iam_no_root_access_key": Counterpart(frozenset({"CRED-ROOT-KEY"})),
    "iam_root_mfa_enabled": Counterpart(frozenset({"CRED-ROOT-MFA"})),
    "iam_root_hardware_mfa_enabled": Counterpart(frozenset({"CRED-ROOT-MFA", "CRED-ROOT-MFA-VIRTUAL"})),
    "iam_avoid_root_usage": Counterpart(frozenset({"CRED-ROOT-USED"}), thresholds=Thresholds(root_used_days=1)),
    "iam_rotate_access_key_90_days": Counterpart(frozenset({"CRED-KEY-OLD"}), names="keys"),
    "iam_user_accesskey_unused": Counterpart(frozenset({"CRED-KEY-UNUSED", "CRED-KEY-NEVER"}), names="keys"),
    "iam_user_mfa_enabled_console_access": Counterpart(frozenset({"CRED-MFA-CONSOLE"})),
    "iam_user_no_setup_initial_access_key": Counterpart(
        frozenset({"CRED-KEY-INITIAL", "CRED-KEY-NEVER"}), names="users of keys", counts=_left_over_from_set_up
    ),
    "iam_user_two_active_access_key": Counterpart(frozenset({"CRED-KEY-TWO", "CRED-KEY-TWO-USED"})),
    "iam_user_console_access_unused": Counterpart(frozenset({"CRED-PW-UNUSED", "CRED-PW-NEVER"})),
}

NEVER_USED: Final = "a credential that was never used counts from the day it was made; Prowler lets it pass for ever"
DAY_45: Final = "CIS passes what was used less than 45 days ago; Prowler passes all of day 45"
NOT_SUPPORTED: Final = "an older report says not_supported of root's password, which may exist: root is judged"
LATER_KEY: Final = "the key was made over a day after its user, so not at set-up, and is new"
ROOT_KEY: Final = "a key of root is CRED-ROOT-KEY, critical: it is to be deleted, whatever its age and use"
TWICE: Final = "the user stands on two lines of the report: one user, one finding"
OWN_COLUMN: Final = "the report says that root has no MFA; Prowler asks the summary alone, and says nothing without"

Difference = tuple[str, str, str, str]
"""The file or the test, the check, `ours` or `theirs`, and what is named there alone."""

EXPLAINED: Final[Mapping[Difference, str]] = {
    **{
        (file, "iam_user_accesskey_unused", "ours", key): NEVER_USED
        for file, named in {
            "c7n-unused-keys": ("charmworld 1", "Hazmat 1", "kaleb 1", "kapilt 1"),
            "c7n-console-old": ("andrew 1", "ryanwolfe 1"),
        }.items()
        for key in named
    },
    ("c7n-unused-keys", "iam_user_accesskey_unused", "theirs", f"{ROOT} 1"): ROOT_KEY,
    ("c7n-unused-keys", "iam_rotate_access_key_90_days", "theirs", f"{ROOT} 1"): ROOT_KEY,
    ("c7n-unused-keys", "iam_user_console_access_unused", "ours", "kaleb"): NEVER_USED,
    ("c7n-console-old", "iam_user_console_access_unused", "ours", "jeff"): NEVER_USED,
    ("c7n-console-old", "iam_user_console_access_unused", "ours", "matt"): DAY_45,
    ("c7n-console-old", "iam_user_mfa_enabled_console_access", "theirs", "christopher"): TWICE,
    ("c7n-multi-delete-noop", "iam_root_mfa_enabled", "ours", ROOT): NOT_SUPPORTED,
    ("c7n-delete-options", "iam_user_no_setup_initial_access_key", "theirs", "test_user"): LATER_KEY,
    ("test_root_hardware_mfa_enabled_none_summary", "iam_root_hardware_mfa_enabled", "ours", ROOT): OWN_COLUMN,
}


class Verdict(msgspec.Struct, forbid_unknown_fields=True):
    """What Prowler names in a report, of as many findings of either status."""

    fail: list[str]
    reported: int


class Selection(msgspec.Struct, forbid_unknown_fields=True):
    """What a filter of cloud-custodian selects: some users, or so many keys of one."""

    filter: str
    users: list[str] = []
    user: str = ""
    matched_keys: int = 0


class Recorded(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of a recorded report; Prowler's verdicts that are void have a note in their place."""

    source: str
    generated_time: datetime
    as_of: datetime
    rows: int
    header_columns: int
    prowler: dict[str, Verdict | str]
    c7n: list[Selection] = []


class ProwlerCase(msgspec.Struct, forbid_unknown_fields=True):
    """A case of Prowler's: whole rows or what differs from a user without credentials, and the statuses asserted."""

    check: str
    test: str
    rows: list[dict[str, str]] | None
    overrides: dict[str, str] | None
    expect_status: list[Literal["PASS", "FAIL"]]
    expect_findings: int | None
    organization_features: list[str] | None = None
    account_mfa_enabled: int | None = None
    root_virtual_mfa: bool = False


def _recorded(folder: Path) -> Mapping[str, Recorded]:
    return msgspec.json.decode((folder / "expected.json").read_bytes(), type=dict[str, Recorded])


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_every_recorded_report_has_what_is_expected_of_it(folder: Path) -> None:
    assert {path.stem for path in folder.glob("*.csv")} == set(_recorded(folder))


RECORDED: Final = [(folder, name) for folder in FOLDERS for name in sorted(_recorded(folder))]


@pytest.mark.parametrize(("folder", "name"), RECORDED, ids=[name for _, name in RECORDED])
def test_a_recorded_report_is_judged_without_an_error(folder: Path, name: str) -> None:
    account = _recorded_account(folder, name)
    assert account.report is not None
    assert len(account.report.rows) == _recorded(folder)[name].rows

    analyses = analyze_credentials(account)

    outcomes = [seen.outcome for analysis in analyses for seen in analysis.observations]
    assert not any(isinstance(outcome, AnalysisError) for outcome in outcomes)
    assert any(isinstance(outcome, CredentialRisk) for outcome in outcomes)


@pytest.mark.parametrize(("folder", "name"), RECORDED, ids=[name for _, name in RECORDED])
def test_prowler_names_the_same_in_a_recorded_report_or_we_say_why(folder: Path, name: str) -> None:
    account = _recorded_account(folder, name)

    found = [
        difference
        for check, verdict in _recorded(folder)[name].prowler.items()
        if isinstance(verdict, Verdict)
        for difference in _differences(name, check, account, [_as_we_name_it(one) for one in verdict.fail])
    ]

    assert Counter(found) == Counter(one for one in EXPLAINED if one[0] == name)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter of cloud-custodian selects, in our words.

    Attributes:
        selects: users, or users with a key's number.
        at: when its test ran, where that is not the moment of the report.
    """

    selects: Callable[[AccountCredentials], set[str]]
    at: datetime | None = None


def _keys_by(**thresholds: Any) -> Callable[[AccountCredentials], set[str]]:
    checks = {"unused_days": {"CRED-KEY-UNUSED", "CRED-KEY-NEVER"}, "key_age_days": {"CRED-KEY-OLD"}}
    wanted = frozenset(check for name in thresholds for check in checks[name])
    return lambda account: set(_named(account, Counterpart(wanted, names="keys", thresholds=Thresholds(**thresholds))))


def _signed_in_long_ago_without_a_key(account: AccountCredentials) -> set[str]:
    assert account.report is not None
    keyless = {row.user for row in account.report.rows if not any(key.exists for key in row.access_keys)}
    unused = Counterpart(frozenset({"CRED-PW-UNUSED"}), thresholds=Thresholds(unused_days=30))
    return keyless & set(_named(account, unused))


def _used_for_iam(account: AccountCredentials) -> set[str]:
    assert account.report is not None
    return {row.user for row in account.report.rows if "iam" in {key.last_used_service for key in row.access_keys}}


FILTERS: Final[Mapping[str, Filter]] = {
    "any key with last_used_date empty (among users the test also lists)": Filter(
        lambda account: {"Hazmat", "kapilt"} & {key.split()[0] for key in _keys_by(unused_days=45)(account)}
    ),
    "access_keys.last_used_service == iam": Filter(_used_for_iam),
    "no access keys at all and password_last_used older than 30 days": Filter(_signed_in_long_ago_without_a_key),
    "one and the same key last used more than 30 days ago and rotated more than 900 days ago": Filter(
        lambda account: _keys_by(unused_days=30)(account) & _keys_by(key_age_days=900)(account)
    ),
    "same key rotated more than 30 days ago and active": Filter(_keys_by(key_age_days=30)),
    # In these two the test's clock ran on, and the second key had been used long ago.
    "last used >= 90 d OR rotated >= 90 d": Filter(
        lambda account: _keys_by(unused_days=90)(account) | _keys_by(key_age_days=90)(account),
        at=datetime(2021, 1, 1, tzinfo=UTC),
    ),
    "last used >= 90 d AND rotated >= 90 d": Filter(
        lambda account: _keys_by(unused_days=90)(account) & _keys_by(key_age_days=90)(account),
        at=datetime(2021, 1, 1, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize(("folder", "name"), RECORDED, ids=[name for _, name in RECORDED])
def test_cloud_custodian_selects_the_same_in_a_recorded_report(folder: Path, name: str) -> None:
    for said in _recorded(folder)[name].c7n:
        asked = FILTERS[said.filter]
        selected = asked.selects(_recorded_account(folder, name, asked.at))
        if said.users:
            assert selected == set(said.users), said.filter
        else:
            assert {key.split()[0] for key in selected} <= {said.user}
            assert len(selected) == said.matched_keys, said.filter


PROWLER_CASES: Final = [
    one
    for folder in FOLDERS
    for one in msgspec.json.Decoder(ProwlerCase).decode_lines((folder / "prowler-cases.jsonl").read_bytes())
]


@pytest.mark.parametrize("said", PROWLER_CASES, ids=[f"{one.check} {one.test}" for one in PROWLER_CASES])
def test_prowler_says_the_same_of_its_own_cases_or_we_say_why(said: ProwlerCase) -> None:
    failed = said.expect_status.count("FAIL")

    ours = _named(_prowler_account(said), COUNTERPARTS[said.check])

    explained = [one for one in EXPLAINED if one[:2] == (said.test, said.check)]
    ours_alone = sum(one[2] == "ours" for one in explained)
    theirs_alone = sum(one[2] == "theirs" for one in explained)
    assert len(ours) == failed + ours_alone - theirs_alone, ours


def test_each_difference_that_is_explained_is_of_a_case_there_is() -> None:
    known = {name for _, name in RECORDED} | {one.test for one in PROWLER_CASES}

    assert not FOLDERS or {one[0] for one in EXPLAINED} <= known


def _recorded_account(folder: Path, name: str, at: datetime | None = None) -> AccountCredentials:
    moment = at or _recorded(folder)[name].as_of
    report = parse_report((folder / f"{name}.csv").read_bytes())
    return AccountCredentials(
        account_id=report.rows[0].arn.split(":")[4],
        partition="aws",
        taken_at=moment,
        report=report,
        generated_at=moment,
    )


def _prowler_account(said: ProwlerCase) -> AccountCredentials:
    whole = said.rows or [NO_CREDENTIALS | {"mfa_active": "false"} | (said.overrides or {})]
    rows = [{name: text.removeprefix("@now") for name, text in row.items()} for row in whole]
    has_root_key = any("true" in (row["access_key_1_active"], row["access_key_2_active"]) for row in rows)
    virtual = MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device", MfaKind.VIRTUAL)
    mfa, features = said.account_mfa_enabled, said.organization_features
    return msgspec.structs.replace(
        Case("", "", "", [], row=rows[0], also=rows[1:]).account,
        summary=None if mfa is None else AccountSummary(bool(mfa), root_keys_present=has_root_key),
        root_mfa_devices=(virtual,) if said.root_virtual_mfa else (),
        root_management=None if features is None else RootManagement("RootCredentialsManagement" in features),
    )


def _differences(case: str, check: str, account: AccountCredentials, theirs: list[str]) -> Iterator[Difference]:
    """Yield what one of the two names and the other does not, as often as it does."""
    ours = Counter(_named(account, COUNTERPARTS[check]))
    for side, named in (("ours", ours - Counter(theirs)), ("theirs", Counter(theirs) - ours)):
        for one in named.elements():
            yield case, check, side, one


def _named(account: AccountCredentials, counterpart: Counterpart) -> list[str]:
    """Return the users that we find something on, or their keys as `anna 1`."""
    assert account.report is not None
    with_password = {row.user for row in account.report.rows if row.password_enabled is True}
    users = {row.user for row in account.report.rows}
    named: list[str] = []
    for analysis in analyze_credentials(account, counterpart.thresholds):
        name = analysis.resource.partition(":user/")[2].rpartition("/")[2]
        user = name if name in users else ROOT
        on_row = [
            risk
            for _, risk in _risks([analysis])
            if risk.check in counterpart.checks and counterpart.counts(risk, user in with_password)
        ]
        match counterpart.names:
            case "users":
                named += [user] * bool(on_row)
            case "users of keys":
                named += [user for _ in on_row]
            case "keys":
                named += [f"{user} {risk.credential}" for risk in on_row]
    return named


def _as_we_name_it(theirs: str) -> str:
    """Return Prowler's `anna-access-key-1` or `anna/AccessKey1` as `anna 1`."""
    return re.sub(r"(-access-key-|/AccessKey)(\d)$", r" \2", theirs)
