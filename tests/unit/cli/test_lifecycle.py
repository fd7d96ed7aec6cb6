"""`findings archive` and `rules` by their commands, over a real store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from sekisho.cli.commands import sekisho
from sekisho.findings import (
    ArchiveRuleError,
    ArchiveRuleExistsError,
    FindingFilter,
    Scan,
    UnknownArchiveRuleError,
    UnknownFindingError,
)
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ANALYZER, BUCKET, MONDAY, analysis, coverage, external_access, keep_analyzer, rescan

Run = Callable[..., str]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "findings.db"
    analyses = [
        analysis(external_access(), external_access({"AWS": "*"}, is_public=True)),
        analysis(external_access({"AWS": "777788889999"}), resource=BUCKET + "2"),
    ]
    with SqlFindingStore(str(file)) as store:
        keep_analyzer(store)
        scan = Scan(ANALYZER, MONDAY, coverage())
        store.record_scan(scan, analyses, lambda known: rescan(known.findings, *analyses, now=MONDAY))
    return file


@pytest.fixture
def run(database: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> str:
        capsys.readouterr()
        sekisho.main([*words, "--db", str(database)], standalone_mode=False)
        said = capsys.readouterr()
        return said.out + said.err

    return call


def statuses(database: Path) -> dict[str, str]:
    with SqlFindingStore(str(database)) as store:
        return {one.id: one.status.value for one in store.findings(FindingFilter())}


def ids(database: Path) -> list[str]:
    return list(statuses(database))


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(*words, "--format", "json"))
    return found


def test_findings_are_archived_by_the_beginning_of_their_ids_and_the_history_says_why(run: Run, database: Path) -> None:
    first, second, third = ids(database)

    assert "2 findings archived" in run("findings", "archive", first[:8], second, "--reason", "accepted")

    assert statuses(database) == {first: "ARCHIVED", second: "ARCHIVED", third: "ACTIVE"}
    created, archived = listed(run, "findings", "history", first[:8])
    assert (created["kind"], archived["kind"]) == ("CREATED", "ARCHIVED")
    assert (archived["reason"], archived["statusBefore"], archived["status"]) == ("accepted", "ACTIVE", "ARCHIVED")
    assert "accepted" in run("findings", "history", first)


def test_what_is_archived_already_is_left_and_said_so(run: Run, database: Path) -> None:
    first, *_ = ids(database)
    run("findings", "archive", first)

    said = run("findings", "archive", first)

    assert "0 findings archived" in said
    assert "1 finding left as before: not active" in said


def test_an_id_that_none_has_archives_nothing_at_all(run: Run, database: Path) -> None:
    first, *_ = ids(database)

    with pytest.raises(UnknownFindingError):
        run("findings", "archive", first, "zzzz")

    assert set(statuses(database).values()) == {"ACTIVE"}


def test_unarchive_is_the_way_back(run: Run, database: Path) -> None:
    first, *_ = ids(database)
    run("findings", "archive", first)

    assert "1 finding made active again" in run("findings", "unarchive", first)

    assert set(statuses(database).values()) == {"ACTIVE"}


def test_a_rule_says_beforehand_how_many_it_would_archive_and_does_nothing_on_a_dry_run(
    run: Run, database: Path
) -> None:
    said = run("rules", "create", "buckets", "--eq", "resourceType=AWS::S3::Bucket", "--dry-run")

    assert "2 findings of 3 active would be archived" in said
    assert "public access stays active" in said
    assert listed(run, "rules", "list") == []
    assert set(statuses(database).values()) == {"ACTIVE"}


def test_a_rule_is_kept_with_its_owner_reason_and_end(run: Run) -> None:
    run(
        "rules", "create", "partner", "--eq", "principal.AWS=444455556666", "--eq", "principal.AWS=1", "--exists",
        "resource", "--owner", "web team", "--reason", "a partner", "--expires", "2099-01-31",
    )  # fmt: skip

    (rule,) = listed(run, "rules", "list")
    assert (rule["ruleName"], rule["owner"], rule["reason"]) == ("partner", "web team", "a partner")
    assert rule["expiresAt"] == "2099-01-31T00:00:00.000Z"
    assert rule["filter"] == {"principal.AWS": {"eq": ["444455556666", "1"]}, "resource": {"exists": True}}
    assert "principal.AWS is 444455556666 or 1" in run("rules", "list")


def test_a_rule_acts_on_what_is_there_only_when_it_is_told_to(run: Run, database: Path) -> None:
    run("rules", "create", "partner", "--eq", "principal.AWS=444455556666")
    assert "ARCHIVED" not in statuses(database).values()

    assert "1 finding archived" in run("rules", "apply", "partner")

    assert list(statuses(database).values()).count("ARCHIVED") == 1


def test_a_rule_that_says_so_hides_public_access(run: Run, database: Path) -> None:
    run("rules", "create", "site", "--eq", "isPublic=true", "--apply")

    assert list(statuses(database).values()).count("ARCHIVED") == 1


def test_a_deleted_rule_leaves_what_it_archived(run: Run, database: Path) -> None:
    run("rules", "create", "partner", "--eq", "principal.AWS=444455556666", "--apply")

    run("rules", "delete", "partner")

    assert listed(run, "rules", "list") == []
    assert "ARCHIVED" in statuses(database).values()
    with pytest.raises(UnknownArchiveRuleError):
        run("rules", "apply", "partner")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("a",), ArchiveRuleError, "no criteria"),
        (("1", "--exists", "resource"), ArchiveRuleError, "no name"),
        (("a", "--eq", "nonsense"), click.BadParameter, "KEY=VALUE"),
        (("a", "--eq", "resource=x", "--analyzer", "other", "--expires", "soon"), click.BadParameter, "soon"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    run: Run, words: tuple[str, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run("rules", "create", *words)


def test_a_second_rule_of_one_name_is_refused(run: Run) -> None:
    run("rules", "create", "partner", "--exists", "resource")

    with pytest.raises(ArchiveRuleExistsError, match="already"):
        run("rules", "create", "partner", "--exists", "error")


def test_without_a_scan_there_is_no_analyzer(tmp_path: Path) -> None:
    words = ["rules", "create", "a", "--exists", "error", "--db", str(tmp_path / "new.db")]

    with pytest.raises(click.UsageError, match="sekisho scan"):
        sekisho.main(words, standalone_mode=False)
