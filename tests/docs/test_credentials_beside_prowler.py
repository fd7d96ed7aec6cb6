"""The page beside Prowler tells every reason for a difference and every question, as the benchmark has them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credential_accounts import Account, made_up_account, named_accounts
from credential_reasons import REASONS, Reason, Verdict
from credential_rivals import Pair, pairs
from sekisho.analyzers.credentials import CHECKS
from sekisho.resources.credentials import parse_report

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "credentials-beside-prowler.md").read_text("utf-8")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNTS = [*named_accounts(NOW), made_up_account(20, 1, NOW)]


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without the marks of code."""
    _, found, rest = PAGE.partition(f"\n## {heading}\n")
    assert found, heading
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_every_reason_is_told_with_who_is_right_and_the_source(reason: Reason) -> None:
    told = [row for row in rows("Where they differ") if row[0] == reason.case.replace("`", "")]

    assert [(row[3], row[4], row[5]) for row in told] == [
        (reason.right, reason.because.replace("`", ""), reason.source)
    ]


def test_no_reason_is_told_that_is_none() -> None:
    assert [row[0] for row in rows("Where they differ")] == [one.case.replace("`", "") for one in REASONS.values()]


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_a_reason_is_about_questions_there_are_and_answers_that_differ(reason: Reason) -> None:
    assert set(reason.checks) <= {pair.prowler for pair in pairs()}
    for theirs, ours in reason.answers:
        assert any((theirs is one) != (ours is one) for one in (Verdict.FAIL, Verdict.ERROR))


@pytest.mark.parametrize("pair", pairs(), ids=[pair.prowler for pair in pairs()])
def test_every_question_is_told_with_our_checks(pair: Pair) -> None:
    (told,) = [row for row in rows("The questions") if row[0] == pair.prowler]

    assert told[1] == ", ".join(name for name in CHECKS if name in pair.ours)


def test_the_counts_add_up() -> None:
    *counts, total = [[int(cell.replace(",", "")) for cell in row[2:]] for row in rows("The questions")]

    assert [sum(column) for column in zip(*counts, strict=True)] == total
    assert all(row[0] == sum(row[1:]) for row in counts)


@pytest.mark.parametrize("account", ACCOUNTS, ids=[one.name for one in ACCOUNTS])
def test_the_report_of_an_account_is_one_that_we_read(account: Account) -> None:
    report = parse_report(account.report.encode())

    assert [row.user for row in report.rows] == [row["user"] for row in account.rows]


def test_our_checks_that_prowler_lacks_are_told() -> None:
    named = {name for pair in pairs() for name in pair.ours}
    told = PAGE.partition("\n## What Sekisho has beyond them\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"CRED-[A-Z-]+", told)) == set(CHECKS) - named
