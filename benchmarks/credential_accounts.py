"""The accounts that two tools are asked about: named rows for every edge of the rules, and recordings of others.

Prowler counts ages to the moment at which it runs, and so all dates here are made when the benchmark runs: a number of
days stands for the moment so long ago. It lies half a day beyond the whole one where the day matters, so that neither
the hour nor the time that a run takes changes an answer.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import credentials

OWNER: Final = "123456789012"
ROOT: Final = "<root_account>"
COLUMNS: Final = tuple(credentials.HEADER.split(","))
KEY_COLUMNS: Final = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "password": ("password_enabled", "password_last_used", "password_last_changed", "password_next_rotation"),
    **{f"key_{n}": tuple(f"access_key_{n}_{name}" for name in KEY_COLUMNS) for n in (1, 2)},
    **{f"cert_{n}": (f"cert_{n}_active", f"cert_{n}_last_rotated") for n in (1, 2)},
}
"""Columns that are said together."""

GOOD_POLICY: Final[Mapping[str, Any]] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
}

Row = Mapping[str, str]
Said = dict[str, Any]
"""What differs from a user without credentials, by group or column."""


@dataclass(frozen=True, slots=True)
class Live:
    """What IAM says of a user now, where the report is behind or does not tell.

    Attributes:
        signed_in: days since the last sign-in.
        made: by the number of a key, days since it was made; else it is as old as `last_rotated` has it.
        status: by the number of a key; else as the report has it.
        devices: of MFA; else one when the report says that there is one.
        allowed: services that the user may call and never did, beside those that the keys were last used for.
    """

    signed_in: float | None = None
    made: Mapping[str, float] = field(default_factory=dict[str, float])
    status: Mapping[str, str] = field(default_factory=dict[str, str])
    devices: int | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """An account: its report, and what its IAM answers beside it.

    Attributes:
        name: says what is special about it.
        now: when the report was made.
        password_policy: None when none was set.
        features: what the organization has switched on; None outside an organization.
        is_member: of an organization that another account manages, which lets this one ask.
        root_password: whether there is one; None when IAM does not say.
        root_device: whether the root user's MFA is `virtual` or `hardware`.
        refused: calls that it may not make.
        line_end: between the lines of the report.
    """

    name: str
    rows: tuple[Row, ...]
    now: datetime
    live: Mapping[str, Live] = field(default_factory=dict[str, Live])
    password_policy: Mapping[str, Any] | None = field(default_factory=lambda: GOOD_POLICY)
    features: tuple[str, ...] | None = None
    is_member: bool = False
    root_password: bool | None = None
    root_device: str = "hardware"
    refused: frozenset[str] = frozenset()
    line_end: str = "\n"

    @property
    def report(self) -> str:
        """The report as AWS writes it, without a newline at its end."""
        text = io.StringIO()
        columns = list(self.rows[0]) if self.rows else list(COLUMNS)
        writer = csv.DictWriter(text, columns, lineterminator=self.line_end)
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue().removesuffix(self.line_end)

    @property
    def root(self) -> Row | None:
        """The row of the root user, where there is one."""
        return next((row for row in self.rows if row["user"] == ROOT), None)

    def live_of(self, user: str) -> Live:
        """Return what IAM says of a user now."""
        return self.live.get(user, Live())


def row_of(user: str, said: Said, now: datetime) -> Row:
    """Return a row of a report."""
    name = "root" if user == ROOT else f"user/{user}"
    cells = {
        "user": user,
        "arn": f"arn:aws:iam::{OWNER}:{name}",
        "user_creation_time": _cell(1000.5, now),
        **dict.fromkeys(COLUMNS[3:], "N/A"),
        "mfa_active": "true",
        **{column: "false" for column in COLUMNS if column.endswith(("_active", "_enabled")) and column[0] != "m"},
    }
    for group, values in said.items():
        if group in GROUPS:
            cells |= {column: _cell(one, now) for column, one in zip(GROUPS[group], values, strict=False)}
        else:
            cells[group] = _cell(values, now)
    return cells


def _cell(value: object, now: datetime) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{now - timedelta(days=value):%Y-%m-%dT%H:%M:%SZ}"
        case _:
            return str(value)


GOOD_ROOT: Final[Said] = {"password": (True, 300.5, 500.5, "not_supported")}
USED: Final = (True, 40.5, 0.5, "us-east-1", "s3")
"""A key in use."""

USERS: Final[Mapping[str, tuple[Said, Live]]] = {
    name: (said, live[0] if live else Live())
    for name, said, *live in (
        ("without-credentials", {}),
        # A password, and when it was used.
        ("password-used-today", {"password": (True, 0.2, 200)}),
        ("password-used-44-days-ago", {"password": (True, 44.5, 200)}),
        ("password-used-45-days-ago", {"password": (True, 45.5, 200)}),
        ("password-used-46-days-ago", {"password": (True, 46.5, 200)}),
        ("password-used-years-ago", {"password": (True, 800, 900)}),
        ("password-used-in-the-future", {"password": (True, -3, 200)}),
        ("password-reset-after-long", {"password": (True, 100, 2)}),
        ("password-never-used-old", {"password": (True, "no_information", 60)}),
        ("password-never-used-very-old", {"password": (True, "no_information", 400)}),
        ("password-never-used-new", {"password": (True, "no_information", 10), "user_creation_time": 10}),
        ("password-never-used-44-days", {"password": (True, "no_information", 44.5)}),
        ("password-never-used-45-days", {"password": (True, "no_information", 45.5)}),
        ("password-N/A-beside-enabled", {"password": (True, "N/A", 60)}),
        ("password-removed", {"password": (False, "N/A", "N/A")}),
        ("password-expired", {"password": (True, 3, 120, 30)}),
        # MFA.
        ("password-without-mfa", {"password": (True, 1, 30), "mfa_active": False}),
        ("password-never-used-without-mfa", {"password": (True, "no_information", 10), "mfa_active": False}),
        ("key-without-mfa", {"key_1": USED, "mfa_active": False}),
        ("nothing-without-mfa", {"mfa_active": False}),
        # One key, and when it was used.
        ("key-used-today", {"key_1": USED}),
        ("key-used-29-days-ago", {"key_1": (True, 40, 29.5, "us-east-1", "s3")}),
        ("key-used-31-days-ago", {"key_1": (True, 40, 31.5, "us-east-1", "s3")}),
        ("key-used-44-days-ago", {"key_1": (True, 60, 44.5, "us-east-1", "s3")}),
        ("key-used-45-days-ago", {"key_1": (True, 60, 45.5, "us-east-1", "s3")}),
        ("key-used-46-days-ago", {"key_1": (True, 60, 46.5, "us-east-1", "s3")}),
        ("key-used-in-no-region", {"key_1": (True, 40, 1.5, "N/A", "s3")}),
        ("key-used-in-no-region-long-ago", {"key_1": (True, 80, 60.5, "N/A", "s3")}),
        ("key-used-for-sts-alone", {"key_1": (True, 40, 1.5, "us-east-1", "sts")}),
        ("second-key-alone-unused", {"key_2": (True, 80, 60.5, "us-east-1", "s3")}),
        ("key-never-used-new", {"key_1": (True, 10)}),
        ("key-never-used-44-days", {"key_1": (True, 44.5)}),
        ("key-never-used-45-days", {"key_1": (True, 45.5)}),
        ("key-never-used-46-days", {"key_1": (True, 46.5)}),
        ("key-never-used-years", {"key_1": (True, 800)}),
        ("key-never-used-but-allowed", {"key_1": (True, 10)}, Live(allowed=("s3", "ec2"))),
        # Its age.
        ("key-of-89-days", {"key_1": (True, 89.5, 0.5, "us-east-1", "s3")}),
        ("key-of-90-days", {"key_1": (True, 90.5, 0.5, "us-east-1", "s3")}),
        ("key-of-91-days", {"key_1": (True, 91.5, 0.5, "us-east-1", "s3")}),
        ("key-of-years", {"key_1": (True, 900, 0.5, "us-east-1", "s3")}),
        ("key-switched-off-and-on", {"key_1": (True, 5, 0.5, "us-east-1", "s3")}, Live(made={"1": 400})),
        ("key-inactive", {"key_1": (False, 20, 30.5, "us-east-1", "s3")}),
        ("key-inactive-for-long", {"key_1": (False, 200, 300.5, "us-east-1", "s3")}),
        ("key-inactive-never-used", {"key_1": (False, 200)}),
        # Set up with the user.
        ("key-of-set-up", {"password": (True, 1, 10), "key_1": (True, 10), "user_creation_time": 10}),
        ("key-of-set-up-old", {"password": (True, 1, 60), "key_1": (True, 60), "user_creation_time": 60}),
        ("key-made-later", {"password": (True, 1, 60), "key_1": (True, 10), "user_creation_time": 60}),
        ("key-of-set-up-used", {"password": (True, 1, 10), "key_1": (True, 10, 1, "N/A", "s3"),
                                "user_creation_time": 10}),
        ("second-key-of-set-up", {"password": (True, 1, 10), "key_2": (True, 10), "user_creation_time": 10}),
        ("both-keys-of-set-up", {"password": (True, 1, 10), "key_1": (True, 10), "key_2": (True, 10),
                                 "user_creation_time": 10}),
        ("key-of-set-up-without-password", {"key_1": (True, 10), "user_creation_time": 10}),
        # Two keys.
        ("two-keys-in-use", {"key_1": USED, "key_2": (True, 80, 2.5, "us-east-1", "ec2")}),
        ("two-keys-rotation-under-way", {"key_1": (True, 3, 0.5, "us-east-1", "s3"), "key_2": USED}),
        ("two-keys-one-unused", {"key_1": USED, "key_2": (True, 80, 60.5, "us-east-1", "s3")}),
        ("two-keys-one-never-used", {"key_1": USED, "key_2": (True, 60)}),
        ("two-keys-one-inactive", {"key_1": USED, "key_2": (False, 60, 70.5, "us-east-1", "s3")}),
        ("two-keys-both-old", {"key_1": (True, 200, 0.5, "us-east-1", "s3"), "key_2": (True, 100, 60.5, "N/A", "s3")}),
        ("two-keys-inactive", {"key_1": (False, 60, 70.5, "us-east-1", "s3"), "key_2": (False, 60)}),
        # Names.
        ("comma,in-the-name", {"password": (True, 46.5, 200), "key_1": (True, 100, 60.5, "us-east-1", "s3")}),
        ("=formula@example.com", {"password": (True, 46.5, 200), "mfa_active": False}),
        ("certificate", {"cert_1": (True, 300)}),
        # What IAM says now, and the report, up to four hours old, does not.
        ("key-switched-off-since", {"key_1": (True, 100, 60.5, "us-east-1", "s3")}, Live(status={"1": "Inactive"})),
        ("mfa-added-since", {"password": (True, 1, 30), "mfa_active": False}, Live(devices=1)),
        ("signed-in-since", {"password": (True, 60, 200)}, Live(signed_in=0.02)),
    )
}  # fmt: skip
"""Users of one account, by what is special about them; what IAM says beside the report is last."""

ROOTS: Final[Mapping[str, tuple[Said, Mapping[str, Any]]]] = {
    "root as it should be": (GOOD_ROOT, {}),
    "root with a virtual device": (GOOD_ROOT, {"root_device": "virtual"}),
    "root without MFA": (GOOD_ROOT | {"mfa_active": False}, {}),
    "root with a key": (GOOD_ROOT | {"key_1": (True, 20, 10.5, "us-east-1", "s3")}, {}),
    "root with two old keys, one unused": (
        GOOD_ROOT | {"key_1": (True, 400, 60.5, "us-east-1", "s3"), "key_2": (True, 400, 20.5, "us-east-1", "iam")}, {},
    ),
    "root with a key never used": (GOOD_ROOT | {"key_1": (True, 10)}, {}),
    "root with an inactive key": (GOOD_ROOT | {"key_1": (False, 100, 300.5, "us-east-1", "s3")}, {}),
    "root signed in today": ({"password": (True, 0.3, 500.5, "not_supported")}, {}),
    "root signed in 1 day ago": ({"password": (True, 1.5, 500.5, "not_supported")}, {}),
    "root signed in 3 days ago": ({"password": (True, 3.5, 500.5, "not_supported")}, {}),
    "root signed in 7 days ago": ({"password": (True, 7.5, 500.5, "not_supported")}, {}),
    "root never signed in": ({"password": (True, "no_information", 500.5, "not_supported")}, {}),
    "root with an old sign-in and a key used today": (
        GOOD_ROOT | {"key_1": (True, 20, 0.3, "us-east-1", "s3")}, {},
    ),
    "root that never signed in, with its second key used today": (
        {"password": (True, "no_information", 500.5, "not_supported"),
         "key_1": (True, 80, 70.5, "us-east-1", "s3"), "key_2": (True, 20, 0.3, "us-east-1", "s3")}, {},
    ),
    "root without password and key": ({"password": (False, "N/A", "N/A", "not_supported"), "mfa_active": False}, {}),
    "root without password, once signed in": (
        {"password": (False, "no_information", "N/A", "not_supported"), "mfa_active": False}, {},
    ),
    "root without password, with a key used today": (
        {"password": (False, "N/A", "N/A", "not_supported"), "key_1": (True, 20, 0.3, "us-east-1", "s3")}, {},
    ),
    "root whose password is not_supported, without MFA": (
        {"password": ("not_supported", 300.5, "not_supported", "not_supported"), "mfa_active": False},
        {"root_password": True},
    ),
    "root whose password is not_supported, and there is none": (
        {"password": ("not_supported", 300.5, "not_supported", "not_supported"), "mfa_active": False},
        {"root_password": False},
    ),
    "root in capitals": (
        {"password": ("TRUE", 300.5, 500.5, "not_supported"), "mfa_active": "FALSE",
         "key_1": ("TRUE", 20, 10.5, "us-east-1", "s3")}, {},
    ),
}  # fmt: skip
"""The root user of an account each, with one user beside it, and what the account answers beside the report."""

ACCOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "no password policy": {"password_policy": None},
    "weak password policy, in an organization that leaves root credentials alone": {
        "password_policy": {
            **GOOD_POLICY, "MinimumPasswordLength": 8, "PasswordReusePrevention": 5, "ExpirePasswords": False,
            "MaxPasswordAge": None, "RequireSymbols": False, "RequireNumbers": False,
            "RequireUppercaseCharacters": False, "RequireLowercaseCharacters": False,
        },
        "features": (),
    },
    "one class of characters missing, passwords that live a year, root credentials managed centrally": {
        "password_policy": {**GOOD_POLICY, "MaxPasswordAge": 365, "RequireSymbols": False},
        "features": ("RootCredentialsManagement",),
    },
    "a member with a root password, though root credentials are managed centrally": {
        "features": ("RootCredentialsManagement",), "is_member": True, "root_password": True,
    },
    "an organization whose features may not be read": {
        "features": (), "refused": frozenset({"ListOrganizationsFeatures"}),
    },
    "a password policy that may not be read": {"refused": frozenset({"GetAccountPasswordPolicy"})},
    "a report that may not be read": {
        "refused": frozenset({"GenerateCredentialReport", "GetCredentialReport"}),
    },
}  # fmt: skip
"""Accounts whose users are well; what is special is beside the report."""

SHAPES: Final[Mapping[str, tuple[Mapping[str, Said], Mapping[str, Any]]]] = {
    "no row of the root user": ({"password-used-46-days-ago": {"password": (True, 46.5, 200)}}, {}),
    "the same user twice": (
        {ROOT: GOOD_ROOT, "twice": {"password": (True, 2, 100), "mfa_active": False},
         "twice ": {"password": (True, "no_information", 100), "mfa_active": False}}, {},
    ),
    "capitals": (
        {ROOT: GOOD_ROOT,
         "all-in-capitals": {"password": ("TRUE", 60, 200), "mfa_active": "FALSE",
                             "key_1": ("TRUE", 100, 60.5, "us-east-1", "s3"), "key_2": ("TRUE", 10)},
         "well-in-capitals": {"password": ("TRUE", 2, 20), "mfa_active": "TRUE"}}, {},
    ),
    "lines that end with CR and LF, and a column of 2026": (
        {ROOT: GOOD_ROOT | {"additional_credentials_info": ""},
         "key-unused": {"key_1": (True, 80, 60.5, "us-east-1", "s3"), "additional_credentials_info": ""}},
        {"line_end": "\r\n"},
    ),
    "a key whose last use cannot be read": (
        {ROOT: GOOD_ROOT, "unreadable": {"key_1": (True, 80, "yesterday", "us-east-1", "s3")},
         "key-unused": {"key_1": (True, 80, 60.5, "us-east-1", "s3")}}, {},
    ),
    "not_supported where a date is due": (
        {ROOT: GOOD_ROOT, "key-not-supported": {"key_1": (True, "not_supported", "not_supported")},
         "key-old-and-unused": {"key_1": (True, 100, 60.5, "us-east-1", "s3")}}, {},
    ),
    "MFA that is neither there nor missing": (
        {ROOT: GOOD_ROOT, "mfa-not-supported": {"password": (True, 2, 20), "mfa_active": "not_supported"}}, {},
    ),
    "a user with root in the name": (
        {ROOT: GOOD_ROOT, "groot": {"password": (True, 2, 20)}}, {},
    ),
}  # fmt: skip
"""Reports of another shape."""


def named_accounts(now: datetime) -> Iterator[Account]:
    """Yield our own accounts."""
    users = [row_of(name, said, now) for name, (said, _) in USERS.items()]
    yield Account(
        "users", (row_of(ROOT, GOOD_ROOT, now), *users), now, live={name: live for name, (_, live) in USERS.items()}
    )
    well = row_of("well", {"password": (True, 1, 20), "key_1": USED}, now)
    for name, (said, beside) in ROOTS.items():
        yield Account(name, (row_of(ROOT, said, now), well), now, **beside)
    for name, beside in ACCOUNTS.items():
        yield Account(name, (row_of(ROOT, GOOD_ROOT, now), well), now, **beside)
    for name, (rows, beside) in SHAPES.items():
        yield Account(name, tuple(row_of(user.strip(), said, now) for user, said in rows.items()), now, **beside)


def made_up_account(users: int, seed: int, now: datetime) -> Account:
    """Return an account of so many users, as `credentials.py` makes them from a seed."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in credentials.rows(users, seed)]
    return Account(f"{users:,} users", _moved(rows, now - credentials.NOW), now)


def recorded_accounts(now: datetime) -> Iterator[Account]:
    """Yield the reports in the folders that `SEKISHO_CASES` names, moved to the present as a whole."""
    for folder in (Path(one) for one in os.environ.get("SEKISHO_CASES", "").split(os.pathsep) if one):
        for path in sorted((folder / "credential-reports").glob("*.csv")):
            recorded = json.loads((path.parent / "expected.json").read_text("utf-8"))[path.stem]
            rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
            yield Account(path.stem, _moved(rows, now - datetime.fromisoformat(recorded["as_of"])), now)


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")


def _moved(rows: Iterable[Row], by: timedelta) -> tuple[Row, ...]:
    """Return rows with all dates moved, in the spelling that they had, and with our account's number."""

    def cell(column: str, text: str) -> str:
        if column == "arn":
            return re.sub(r"::\d{12}:", f"::{OWNER}:", text)
        if not (date := _DATE.fullmatch(text)):
            return text
        return f"{datetime.fromisoformat(text) + by:%Y-%m-%dT%H:%M:%S}{date[1]}"

    return tuple({column: cell(column, text) for column, text in row.items()} for row in rows)


def moment(text: str) -> datetime | None:
    """Return the date in a cell; None when there is none, or none that can be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def is_yes(text: str) -> bool:
    """Say whether a cell says yes, in small letters or capitals."""
    return text.lower() == "true"


def users_of(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the users by name; of one who stands there twice, the last row."""
    return {row["user"]: row for row in rows if row["user"] != ROOT}
