"""Prowler's checks of IAM credentials beside ours, both run as they are, on the same accounts.

One IAM over HTTP tells of each account: to Prowler, unmodified and in an environment of its own, and to `sekisho
credentials`. Every question that both have is put to every key, user and account, and the answers are laid side by
side. A difference for which `credential_reasons.py` has no reason fails the benchmark. Then both are timed.

    make rivals
    PYTHONPATH=src:tests .venv/bin/python benchmarks/credential_rivals.py --only root --times
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from credential_accounts import (
    ROOT,
    Account,
    is_yes,
    made_up_account,
    moment,
    named_accounts,
    recorded_accounts,
    users_of,
)
from credential_answers import organization_of, script_of
from credential_reasons import BY_KEY, INITIAL_KEY, REASONS, Case, Verdict, reason_of
from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.observation import CredentialKind
from surfaces.fake_iam import OWNER, FakeIam, running_iam

ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "iam_user_accesskey_unused": ("CRED-KEY-NEVER",),
    "iam_user_console_access_unused": ("CRED-PW-NEVER",),
    "iam_user_no_setup_initial_access_key": ("CRED-KEY-NEVER",),
    "iam_root_hardware_mfa_enabled": ("CRED-ROOT-MFA",),
    **{
        f"iam_password_policy_{name}": ("CRED-PW-POLICY-NONE",)
        for name in (
            "reuse_24", "uppercase", "lowercase", "number", "symbol", "expires_passwords_within_90_days_or_less",
        )
    },
}  # fmt: skip
"""Where we answer one question of Prowler's by several checks, those beside the ones that name it."""

CLASSES: Final[Mapping[str, str]] = {
    "iam_password_policy_uppercase": "upper case",
    "iam_password_policy_lowercase": "lower case",
    "iam_password_policy_number": "numbers",
    "iam_password_policy_symbol": "symbols",
}
"""One check of ours names all classes of characters that are missing."""

SWITCHES: Final = ("--require-character-classes", "--require-expiry")
"""Checks of ours that are off by default, and that Prowler has too."""

SOURCE: Final = str(Path(__file__).resolve().parents[1] / "src")


@dataclass(frozen=True, slots=True)
class Pair:
    """A check of Prowler's, and those of ours that answer the same question."""

    prowler: str
    ours: frozenset[str]

    @property
    def is_of_root(self) -> bool:
        """Whether it is about the root user alone."""
        return all(one.startswith("CRED-ROOT-") for one in self.ours) and not self.is_of_account

    @property
    def is_of_account(self) -> bool:
        """Whether it is about the account as a whole."""
        return all(one.startswith(("CRED-PW-POLICY", "CRED-ROOT-CENTRAL")) for one in self.ours)

    @property
    def needs(self) -> str:
        """What an error on the account names when it leaves this question open."""
        if not self.is_of_account:
            return "no credential report"
        return "password_policy" if self.prowler.startswith("iam_password") else "organizations_features"

    @property
    def columns(self) -> tuple[str, ...]:
        """The beginnings of the columns that an error on a user names when it leaves this question open."""
        kinds = {CHECKS[name].kind for name in self.ours}
        own = {CredentialKind.MFA: "mfa_active", CredentialKind.PASSWORD: "password_"}
        if self.is_of_root:
            return (*own.values(), "access_key_")
        return tuple({own.get(kind, "access_key_") for kind in kinds})


def pairs() -> tuple[Pair, ...]:
    """Return the questions that both ask, in the order of our checks."""
    ours: dict[str, set[str]] = defaultdict(set)
    for check in CHECKS.values():
        for name in check.prowler:
            ours[name].add(check.id)
    return tuple(Pair(name, frozenset({*some, *ALSO.get(name, ())})) for name, some in ours.items())


@dataclass(frozen=True, slots=True)
class Run:
    """What a tool found, and what that took.

    Attributes:
        failed: checks that ended with an error.
        calls: how many it made of AWS.
    """

    findings: Sequence[Mapping[str, Any]]
    failed: frozenset[str]
    seconds: float
    megabytes: float
    calls: int


def run_both(account: Account, prowler: Path) -> tuple[Run, Run]:
    """Run both tools on an account, one after the other."""
    with running_iam() as iam, tempfile.TemporaryDirectory() as folder:
        iam.script, iam.organization = script_of(account), organization_of(account)
        return run_prowler(iam, prowler, Path(folder)), run_sekisho(iam, Path(folder))


def run_prowler(iam: FakeIam, prowler: Path, folder: Path) -> Run:
    """Run Prowler with the checks that we have too, and read its findings and its log."""
    checks = [pair.prowler for pair in pairs()]
    output, log = folder / "prowler.ocsf.json", folder / "prowler.log"
    command = [
        str(prowler), "aws", "--region", "us-east-1", "--checks", *checks, "--ignore-exit-code-3", "--no-banner",
        "--output-formats", "json-ocsf", "--output-directory", str(folder), "--output-filename", "prowler",
        "--log-level", "ERROR", "--log-file", str(log),
    ]  # fmt: skip
    spent = _measured(command, iam, folder / "prowler.out")
    told = log.read_text("utf-8") if log.exists() else ""
    failed = frozenset(one for one in checks if f"{one} -- " in told)
    return Run(json.loads(output.read_text("utf-8")) if output.exists() else [], failed, *spent)


def run_sekisho(iam: FakeIam, folder: Path) -> Run:
    """Run our own program on the same account."""
    output = folder / "sekisho.json"
    program = str(Path(sys.executable).with_name("sekisho"))
    spent = _measured(
        [program, "credentials", "--no-keep", "--format", "json", *SWITCHES], iam, output, PYTHONPATH=SOURCE
    )
    return Run(json.loads(output.read_text("utf-8")), frozenset(), *spent)


LAUNCHER: Final = """
import json, os, pathlib, subprocess, sys, time
begun = time.perf_counter()
_, status, usage = os.wait4(subprocess.Popen(sys.argv[2:]).pid, 0)
spent = [time.perf_counter() - begun, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]
pathlib.Path(sys.argv[1]).write_text(json.dumps(spent))
"""
"""Starts a program out of a small process: to Linux, a process once had the memory of the one that started it."""


def _measured(command: Sequence[str], iam: FakeIam, output: Path, **more: str) -> tuple[float, float, int]:
    """Run a command with credentials for the IAM, and return its seconds, its most megabytes, and its calls."""
    iam.asked.clear()
    errors, spent = output.with_suffix(".err"), output.with_suffix(".spent")
    with output.open("wb") as out, errors.open("wb") as err:
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", LAUNCHER, str(spent), *command],
            env=_environment(iam, output.parent) | more, cwd=output.parent, stdout=out, stderr=err, check=True,
        )  # fmt: skip
    seconds, megabytes, status = json.loads(spent.read_text("utf-8"))
    if status:
        sys.exit(f"{command[0]} ended with {status}: {errors.read_text('utf-8')[-2000:]}")
    return seconds, megabytes, iam.asked.total()


def _environment(iam: FakeIam, home: Path) -> dict[str, str]:
    """Return nothing of the caller's but where programs are, and credentials that are good for this IAM alone."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "AWS_ENDPOINT_URL": iam.endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def version_of(prowler: Path) -> str:
    """Return Prowler's version, as its environment has it."""
    asked = "import importlib.metadata as m; print(m.version('prowler'))"
    command = [str(prowler.with_name("python")), "-c", asked]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def iam_checks_of(prowler: Path) -> frozenset[str]:
    """Return the ids of all of Prowler's checks of IAM."""
    command = [str(prowler), "aws", "--service", "iam", "--list-checks", "--no-banner", "--no-color"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return frozenset(re.findall(r"^\[(\w+)\]", told, re.MULTILINE))


# Side by side


def compared(account: Account, theirs: Run, ours: Run) -> Iterator[Case]:
    """Yield every question that both ask of an account, with both answers."""
    by_check: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in theirs.findings:
        by_check[one["metadata"]["event_code"]].append(one)
    on: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in ours.findings:
        on[_subject_of(one["resource"], account)].append(one)
    for pair in pairs():
        said = _said(by_check[pair.prowler], pair, account)
        for subject, key in _asked(pair, account):
            verdict = Verdict.ERROR if pair.prowler in theirs.failed else _their_verdict(said.get(subject), key)
            yield Case(account, pair.prowler, subject, key, verdict, _our_verdict(on, pair, account, subject, key))


def _asked(pair: Pair, account: Account) -> Iterator[tuple[str, str]]:
    """Yield whom a question is about: the account, the root user, users, or their keys where there are some."""
    if pair.is_of_account:
        yield "", ""
    elif pair.is_of_root:
        yield ROOT, ""
    else:
        rows = users_of(account.rows) | ({ROOT: account.root} if account.root else {})
        for user, row in rows.items():
            keys = [
                n
                for n in ("1", "2")
                if is_yes(row[f"access_key_{n}_active"]) or moment(row[f"access_key_{n}_last_rotated"])
            ]
            yield from ((user, key) for key in (keys if pair.prowler in BY_KEY and keys else [""]))


def _subject_of(arn: str, account: Account) -> str:
    """Return whose ARN it is, in the report's words; empty for the account's."""
    name = arn.partition(":user/")[2]
    if name:
        return name
    return ROOT if arn.endswith((":root", ":mfa")) and account else ""


def _said(findings: Iterable[Mapping[str, Any]], pair: Pair, account: Account) -> Mapping[str, list[tuple[str, str]]]:
    """Return what Prowler says of each subject: a status, and the number of the key where it names one."""
    said: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in findings:
        subject = "" if pair.is_of_account else _subject_of(one["resources"][0]["uid"], account)
        named = re.search(r"access key ([12])\b", one["status_detail"])
        said[subject].append((one["status_code"], named[1] if named and pair.prowler in BY_KEY else ""))
    return said


def _their_verdict(said: Sequence[tuple[str, str]] | None, key: str) -> Verdict:
    if not said:
        return Verdict.NONE
    return Verdict.FAIL if any(status == "FAIL" and of in {key, ""} for status, of in said) else Verdict.PASS


def _our_verdict(
    on: Mapping[str, Sequence[Mapping[str, Any]]], pair: Pair, account: Account, subject: str, key: str
) -> Verdict:
    found = on.get(subject, ())
    rows = [row for row in account.rows if row["user"] == subject]
    has_password = any(is_yes(row["password_enabled"]) for row in rows)
    for one in found:
        check = one.get("check", "")
        if check not in pair.ours:
            continue
        is_other_key = bool(key) and one.get("credential", key)[-1:] != key
        is_other_class = check.endswith("CLASSES") and CLASSES[pair.prowler] not in one["sentence"]
        is_new_alone = pair.prowler == INITIAL_KEY and check == "CRED-KEY-NEVER" and not has_password
        if not (is_other_key or is_other_class or is_new_alone):
            return Verdict.FAIL
    if any(pair.needs in json.dumps(one) for one in on.get("", ()) if one.get("error")):
        return Verdict.ERROR
    if any(column in json.dumps(one) for one in found if one.get("error") for column in pair.columns):
        return Verdict.ERROR
    is_judged = pair.is_of_account or pair.is_of_root or subject != ROOT
    return Verdict.PASS if is_judged and (rows or pair.is_of_account) else Verdict.NONE


# What is told


def show_checks(console: Console, cases: Iterable[Case]) -> None:
    """Print how often the two agree, check by check."""
    table = Table(title="every question, put to every key, user and account")
    for heading in ("Prowler", "Sekisho"):
        table.add_column(heading, overflow="fold")
    for heading in ("asked", "both find", "neither", "Prowler alone", "Sekisho alone", "error of one"):
        table.add_column(heading, justify="right")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        counts[case.check][_outcome(case)] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    outcomes = ("both find", "neither", "Prowler alone", "Sekisho alone", "error of one")
    for pair in pairs():
        one = counts[pair.prowler]
        ours = ", ".join(name for name in CHECKS if name in pair.ours)
        table.add_row(pair.prowler, ours, f"{one.total():,}", *(f"{one[name]:,}" for name in outcomes))
    table.add_row("all", "", f"{total.total():,}", *(f"{total[name]:,}" for name in outcomes), style="bold")
    console.print(table)


def _outcome(case: Case) -> str:
    both = {case.theirs, case.ours}
    if Verdict.ERROR in both:
        return "neither" if len(both) == 1 else "error of one"
    if case.theirs is Verdict.FAIL:
        return "both find" if case.ours is Verdict.FAIL else "Prowler alone"
    return "Sekisho alone" if case.ours is Verdict.FAIL else "neither"


def show_differences(console: Console, cases: Iterable[Case]) -> tuple[int, list[str]]:
    """Print the differences by their reasons; return how many have none, and the reasons that were not seen."""
    by_reason: dict[str | None, list[Case]] = defaultdict(list)
    for case in cases:
        if not case.is_agreed:
            by_reason[reason_of(case)].append(case)
    table = Table(title="differences")
    for heading in ("reason", "how many", "right", "Prowler / Sekisho", "for one"):
        table.add_column(heading, justify="right" if heading == "how many" else "left", overflow="fold")
    for name, reason in REASONS.items():
        some = by_reason[name]
        answers = ", ".join(sorted({f"{case.theirs} / {case.ours}" for case in some}))
        example = f"{some[0].check}, {some[0].place}" if some else "none seen"
        table.add_row(name, f"{len(some):,}", reason.right, answers, example)
    console.print(table)
    rights = Counter(REASONS[name].right for name, some in by_reason.items() if name for _ in some)
    console.print(f"who is right: {dict(rights)}", highlight=False)
    for case in by_reason[None]:
        console.print(f"[red]no reason[/]: {case.check}, {case.place}: {case.theirs} / {case.ours}", highlight=False)
    return len(by_reason[None]), [name for name in REASONS if not by_reason[name]]


def show_times(console: Console, times: Sequence[tuple[str, Run, Run]]) -> None:
    """Print what whole runs took."""
    table = Table(title="a whole run, from the start of the program to its end")
    for heading in ("account", "", "seconds", "megabytes", "calls of AWS"):
        table.add_column(heading, justify="left" if heading in {"account", ""} else "right")
    for name, theirs, ours in times:
        for tool, run in (("Prowler", theirs), ("Sekisho", ours)):
            table.add_row(name, tool, f"{run.seconds:.1f}", f"{run.megabytes:.0f}", f"{run.calls:,}")
        table.add_row(
            "", "ratio", *(f"{a / b:.1f}" for a, b in (
                (theirs.seconds, ours.seconds), (theirs.megabytes, ours.megabytes), (theirs.calls, ours.calls),
            )), style="bold",
        )  # fmt: skip
    console.print(table)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).parents[1] / ".venv-rivals" / "bin" / "prowler"
    parser.add_argument("--prowler", type=Path, default=default, help="the program to run (%(default)s)")
    parser.add_argument(
        "--times", type=int, nargs="*", default=[10, 1000, 5000], help="users of the accounts for timing"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="TEXT", help="of the named accounts, those with this in the name")
    parser.add_argument("--workers", type=int, default=1, help="accounts asked about at once, but for timing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every answer")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 190)
    prowler = options.prowler.absolute()
    ours = importlib.metadata.version("sekisho")
    console.print(f"Prowler {version_of(prowler)}, Sekisho {ours}, Python {platform.python_version()}", highlight=False)
    now = datetime.now(UTC).replace(microsecond=0)
    asked = [one for one in (*named_accounts(now), *recorded_accounts(now)) if options.only in one.name]
    runs: list[tuple[Account, tuple[Run, Run]]] = []
    with ThreadPoolExecutor(options.workers) as pool:
        for account, both in zip(asked, pool.map(lambda one: run_both(one, prowler), asked), strict=True):
            runs.append((account, both))
            console.print(f"{len(runs)} of {len(asked)}: {account.name}", style="dim", highlight=False)
    for users in options.times:
        account = made_up_account(users, options.seed, datetime.now(UTC).replace(microsecond=0))
        runs.append((account, run_both(account, prowler)))
    cases = [case for account, (theirs, ours) in runs for case in compared(account, theirs, ours)]
    unasked = sorted(iam_checks_of(prowler) - {pair.prowler for pair in pairs()})
    show_checks(console, cases)
    unexplained, unseen = show_differences(console, cases)
    show_times(console, [(account.name, *both) for account, both in runs[len(asked) :]])
    named = {name for pair in pairs() for name in pair.ours}
    console.print(f"Prowler's alone, {len(unasked)}: {', '.join(unasked)}", highlight=False)
    console.print(f"ours alone: {', '.join(name for name in CHECKS if name not in named)}", highlight=False)
    if options.json is not None:
        options.json.write_text(json.dumps([_as_data(case) for case in cases], indent=1) + "\n", "utf-8")
    if unexplained:
        sys.exit(f"{unexplained} differences without a reason")
    if unseen and not options.only:
        sys.exit(f"reasons of nothing: {', '.join(unseen)}")


def _as_data(case: Case) -> Mapping[str, str]:
    reason = None if case.is_agreed else reason_of(case)
    place = {"account": case.account.name, "subject": case.subject or OWNER, "key": case.key}
    return {**place, "check": case.check, "prowler": case.theirs, "sekisho": case.ours, "reason": reason or ""}


if __name__ == "__main__":
    main(sys.argv[1:])
