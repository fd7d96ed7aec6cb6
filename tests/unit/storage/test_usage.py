"""Kept usage: what counts, and what a killed run leaves behind."""

from pathlib import Path

import pytest

from sekisho.activity import UsageError
from sekisho.activity.usage import FileReport, Tally, Usage
from sekisho.storage.usage import UsageStore, table_of, write_part

ROLE = "arn:aws:iam::111122223333:role/app"
CALL = '[{"bucketName":"b"},[]]'


def usage(day: str = "2026-10-01", principal: str = ROLE, nobody: str = "") -> Usage:
    return Usage(
        principal=principal,
        nobody=nobody,
        unique_id="AROAEXAMPLE",
        is_path_known=True,
        has_mfa=False,
        account="111122223333",
        region="eu-west-1",
        partition="aws",
        source="s3.amazonaws.com",
        name="GetObject",
        outcome="succeeded",
        error_code="",
        denial="",
        invoked_by="",
        endpoint="",
        day=day,
    )


def identity(number: int) -> bytes:
    return bytes.fromhex(f"0a1b2c3d0000400080000000{number:08x}")


def keep(store: UsageStore, file: str, rows: dict[Usage, dict[str, Tally]], version: str = "1") -> None:
    with store.writing():
        part = store.new_part()
        write_part(table_of(rows), part)
        store.add(part, [FileReport("here", file, version, records=1)])


def test_an_event_counts_once_in_however_many_parts_and_days_it_is(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", {usage(): {CALL: Tally("2026-10-01T01", "2026-10-01T02", [identity(1), identity(2)])}})
    keep(store, "b", {usage(): {CALL: Tally("2026-10-01T02", "2026-10-01T02", [identity(2), identity(2)])}})
    keep(store, "c", {usage("2026-10-02"): {CALL: Tally("2026-10-02T09", "2026-10-02T09", [identity(3)])}})

    (use,) = store.uses(ROLE)
    assert (use.count, use.first, use.last) == (3, "2026-10-01T01", "2026-10-02T09")
    assert use.samples == tuple(f"0a1b2c3d-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
    assert [one.count for one in store.uses(ROLE, "2026-10-02", "2026-10-02")] == [1]


def test_who_did_something_is_told_and_nobody_is_counted(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    rows = {
        usage(): {CALL: Tally("x", "x", [identity(1)])},
        usage(principal="", nobody="ROOT"): {CALL: Tally("x", "x", [identity(2), identity(3)])},
    }
    keep(store, "a", rows)

    assert store.principals() == [ROLE]
    assert store.nobodies() == {"ROOT": 2}


def test_a_store_with_nothing_in_it_answers(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)

    assert (store.principals(), list(store.uses()), store.nobodies(), store.files()) == ([], [], {}, {})


def test_a_part_counts_from_the_line_in_the_manifest_on(tmp_path: Path) -> None:
    keep(UsageStore(tmp_path), "a", {usage(): {CALL: Tally("x", "x", [identity(1)])}})
    orphan = tmp_path / "parts" / f"{'0' * 32}.parquet"
    write_part(table_of({usage(): {CALL: Tally("x", "x", [identity(2)])}}), orphan)
    with (tmp_path / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b'{"format":1,"name":"orph')

    store = UsageStore(tmp_path)
    assert [use.count for use in store.uses()] == [1]
    with store.writing():
        assert not orphan.exists()
    assert (tmp_path / "manifest.jsonl").read_bytes().count(b"\n") == 1


def test_only_what_is_asked_about_is_told(tmp_path: Path) -> None:
    keep(UsageStore(tmp_path), "a", {usage(): {CALL: Tally("x", "x", [identity(1)])}})

    assert len(list(UsageStore(tmp_path, {"here"}).uses())) == 1
    elsewhere = UsageStore(tmp_path, {"elsewhere"})
    assert (list(elsewhere.uses()), elsewhere.files()) == ([], {})


def test_files_of_another_version_are_forgotten_with_all_that_was_read_beside_them(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", {usage(): {CALL: Tally("x", "x", [identity(1)])}})
    keep(store, "b", {usage(): {CALL: Tally("x", "x", [identity(2)])}})
    with store.writing():
        store.forget([("here", "a")])

    assert set(UsageStore(tmp_path).files()) == {("here", "b")}


def test_only_one_may_write(tmp_path: Path) -> None:
    with UsageStore(tmp_path).writing(), pytest.raises(UsageError, match="another run"), UsageStore(tmp_path).writing():
        raise AssertionError


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be used"):
        UsageStore(tmp_path / "file")


def test_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "thesis.docx").write_text("mine")
    with UsageStore(tmp_path).writing():
        assert (tmp_path / "parts" / "thesis.docx").exists()

    (tmp_path / "manifest.jsonl").write_text("not ours\n")
    with pytest.raises(UsageError, match="something else"):
        UsageStore(tmp_path)
