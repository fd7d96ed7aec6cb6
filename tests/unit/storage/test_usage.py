"""Kept usage: what counts, and what a killed run leaves behind."""

import subprocess
import sys
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from msgspec.structs import replace

from sekisho.activity import UsageError
from sekisho.activity.summarist import Rows
from sekisho.activity.usage import FileReport, Usage, UseOf
from sekisho.storage.usage import UsageStore, table_of, temporary, write_part
from sekisho.storage.usage import reader as usage_reader
from sekisho.storage.usage.reader import UsageReader

ROLE = "arn:aws:iam::111122223333:role/app"
FIRST, SECOND, NEXT_DAY = "2026-10-01T01:00:00Z", "2026-10-01T02:00:00Z", "2026-10-02T09:00:00Z"
CALL = '[{"bucketName":"b"},[]]'


def usage(principal: str = ROLE, nobody: str = "", outcome: str = "succeeded") -> Usage:
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
        outcome=outcome,
        error_code="",
        denial="",
        invoked_by="",
        endpoint="",
        call="",
    )


def events(*some: tuple[Usage, str, int], address: str = "192.0.2.1") -> Rows:
    """Rows of events: each of a usage, at a time, with the number of its id."""
    rows = Rows()
    for one, time, number in some:
        if one not in rows.usages:
            rows.usages.append(one)
        row = (rows.usages.index(one), CALL)
        rows.row_of.append(rows.numbers[row])
        rows.times.append(int(datetime.fromisoformat(time).timestamp()))
        rows.ids += bytes.fromhex(f"0a1b2c3d0000400080000000{number:08x}")
        rows.address_of.append(rows.addresses[address])
    return rows


def keep(store: UsageStore, file: str, rows: Rows, version: str = "1") -> None:
    with store.writing():
        part = store.new_part()
        write_part(table_of(rows), part)
        store.add(part, [FileReport("here", file, version, records=1)])


ONE = events((usage(), FIRST, 1))


def test_a_table_is_made_without_pandas() -> None:
    """PySpark asks for it, so that it may be there; it takes 30 MB of each process that reads."""
    code = (
        "import sys; from sekisho.activity.summarist import Rows; from sekisho.storage.usage import table_of;"
        " table_of(Rows()); sys.exit('pandas' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_uses_are_told_without_pandas(tmp_path: Path) -> None:
    keep(UsageStore(tmp_path), "a", ONE)
    code = (
        "import sys; from pathlib import Path; from sekisho.storage.usage import UsageStore;"
        f" list(UsageStore(Path({str(tmp_path)!r})).uses()); sys.exit('pandas' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_drawn_in_a_process_without_a_program() -> None:
    """DuckDB takes it for a person at a prompt, and standard output has the policies."""
    code = (
        "import sys; from sekisho.storage.usage import UsageReader\n"
        "with UsageReader(['part'])._connected() as connection:\n"
        "    sys.exit(connection.execute(\"SELECT current_setting('enable_progress_bar')\").fetchone()[0])"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_told_of_many_is_what_was_kept(tmp_path: Path) -> None:
    some = [
        replace(usage(f"{ROLE}{at % 7}"), name=f"Name{at}", has_mfa=at % 2 == 0, is_path_known=at % 3 == 0)
        for at in range(5000)
    ]
    rows = Rows(usages=some)
    for at in range(len(some)):
        rows.row_of.append(rows.numbers[at, f'[{{"at":{at}}},[]]'])
        rows.times.append(at)
        rows.ids += at.to_bytes(16)
        rows.address_of.append(rows.addresses[f"192.0.2.{at % 250}"])
    store = UsageStore(tmp_path)
    keep(store, "a", rows)

    told = list(store.uses())
    assert sorted(int(one.usage.name.removeprefix("Name")) for one in told) == list(range(len(some)))
    for one in told:
        at = int(one.usage.name.removeprefix("Name"))
        assert one.usage == replace(some[at], call=f'[{{"at":{at}}},[]]')
        assert (one.count, one.first, one.last) == (1, moment(at), moment(at))


def test_what_does_not_fit_into_the_memory_of_duckdb_is_told_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [(replace(usage(f"{ROLE}{at % 3}"), name=f"Name{at}"), FIRST, at) for at in range(200)]
    again = [(one, SECOND, at) for one, _, at in some[:50]]
    store = UsageStore(tmp_path)
    keep(store, "a", events(*some))
    keep(store, "b", events(*again))
    told, in_order = list(store.uses()), list(store.succeeded("%"))
    enough = UsageReader._uses

    def scarce(self: UsageReader, *args: str, slices: int = 1, **values: Any) -> Iterator[UseOf]:
        if slices < 16:
            with self._connected():
                raise duckdb.OutOfMemoryException("could not allocate a block")
        return enough(self, *args, slices=slices, **values)

    monkeypatch.setattr(UsageReader, "_uses", scarce)
    principals = [one.usage.principal for one in store.uses()]

    assert principals == sorted(principals)
    assert sorted(store.uses(), key=repr) == sorted(told, key=repr)
    assert list(store.succeeded("%")) == in_order
    monkeypatch.setattr(usage_reader, "MOST_SLICES", 4)
    with pytest.raises(UsageError, match="takes more than 64MB of memory"):
        list(store.uses(f"{ROLE}1"))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param("Out of Memory Error: could not allocate block", duckdb.OutOfMemoryException, id="memory"),
        pytest.param("IO Error: No such file", duckdb.Error, id="anything else"),
    ],
)
def test_what_fails_while_duckdb_answers_fails_as_its_own(said: str, kind: type[duckdb.Error]) -> None:
    def answering() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"principal": [ROLE]})
        raise OSError(said)

    with pytest.raises(kind, match=said) as raised:
        list(usage_reader._batches(answering()))

    assert raised.type is kind


def test_a_full_disk_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", events((usage(ROLE), FIRST, 1)))
    monkeypatch.setattr(temporary, "TemporaryFile", lambda **_: Path("/dev/full").open("w+b"))  # noqa: SIM115 - is closed

    with pytest.raises(UsageError, match=r"`/.*` cannot be written: No space left on device; make room there"):
        list(store.uses(ROLE))


def test_what_duckdb_cannot_write_is_no_damaged_part(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", events((usage(ROLE), FIRST, 1)))

    def fail() -> None:
        with store._connected() as connection:
            (spill,) = connection.sql("SELECT current_setting('temp_directory')").fetchall()[0]
            raise duckdb.IOException(f'IO Error: Could not write file "{spill}/duckdb_temp_storage": No space left')

    with pytest.raises(UsageError, match=r"cannot be written: IO Error: .*; make room there"):
        fail()


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_event_counts_once_in_however_many_parts_it_is(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", events((usage(), FIRST, 1), (usage(), SECOND, 2)))
    keep(store, "b", events((usage(), SECOND, 2), (usage(), SECOND, 2)))
    keep(store, "c", events((usage(), NEXT_DAY, 3)))

    (use,) = store.uses(ROLE)
    assert (use.count, use.first, use.last) == (3, FIRST, NEXT_DAY)
    assert use.sample == "0a1b2c3d-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-10-02", "2026-10-02", 1),
        ("2026-10-02", "~", 1),
        ("", "2026-10-01", 2),
        (SECOND, NEXT_DAY, 2),
        ("2026-10-03", "~", 0),
    ],
)
def test_only_events_of_the_time_that_is_asked_about_count(tmp_path: Path, start: str, end: str, count: int) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", events((usage(), FIRST, 1), (usage(), SECOND, 2), (usage(), NEXT_DAY, 3)))

    assert sum(one.count for one in store.uses(ROLE, start, end)) == count
    assert store.principals(start, end) == ([ROLE] if count else [])
    assert store.addresses(ROLE, start, end) == ({ROLE: frozenset({"192.0.2.1"})} if count else {})


def test_an_event_of_another_principal_is_another_one(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", events((usage(), FIRST, 1), (usage("arn:aws:iam::111122223333:role/other"), FIRST, 1)))

    assert [(one.usage.principal, one.count) for one in store.uses()] == [(ROLE, 1), (ROLE.replace("app", "other"), 1)]


def test_too_many_addresses_are_not_told(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    for number in range(3):
        some = events(*((usage(), FIRST, at) for at in range(400)))
        some.address_of = array("I", (some.addresses[f"10.0.{number}.{at}"] for at in range(400)))
        keep(store, str(number), some)

    assert store.addresses(ROLE) == {ROLE: None}


def test_who_did_something_is_told_and_nobody_is_counted(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    root = usage("", nobody="ROOT")
    keep(store, "a", events((usage(), FIRST, 1), (root, FIRST, 2), (root, FIRST, 3)))

    assert store.principals() == [ROLE]
    assert store.nobodies() == {"ROOT": 2}


def test_what_a_trail_has_is_told_by_account_whoever_did_it(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    by_root = replace(usage("", "ROOT"), name="PurgeQueue")
    elsewhere = replace(usage(), account="444455556666")
    keep(store, "a", events((usage(), FIRST, 1), (by_root, FIRST, 2), (elsewhere, NEXT_DAY, 3)))

    source, name = usage().source, usage().name
    assert store.seen() == {
        usage().account: {(source, name), (source, "PurgeQueue")},
        elsewhere.account: {(source, name)},
    }
    assert store.seen(end="2026-10-01").keys() == {usage().account}


def test_a_store_with_nothing_in_it_answers(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)

    assert (store.principals(), list(store.uses()), store.nobodies(), store.files()) == ([], [], {}, {})


def test_a_part_counts_from_the_line_in_the_manifest_on(tmp_path: Path) -> None:
    keep(UsageStore(tmp_path), "a", ONE)
    orphan = tmp_path / "parts" / f"{'0' * 32}.parquet"
    write_part(table_of(events((usage(), FIRST, 2))), orphan)
    with (tmp_path / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b'{"format":1,"name":"orph')

    store = UsageStore(tmp_path)
    assert [use.count for use in store.uses()] == [1]
    with store.writing():
        assert not orphan.exists()
    assert (tmp_path / "manifest.jsonl").read_bytes().count(b"\n") == 1


def test_only_what_is_asked_about_is_told(tmp_path: Path) -> None:
    keep(UsageStore(tmp_path), "a", ONE)

    assert len(list(UsageStore(tmp_path, {"here"}).uses())) == 1
    elsewhere = UsageStore(tmp_path, {"elsewhere"})
    assert (list(elsewhere.uses()), elsewhere.files()) == ([], {})


def test_files_of_another_version_are_forgotten_with_all_that_was_read_beside_them(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", ONE)
    keep(store, "b", events((usage(), FIRST, 2)))
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


def test_where_denied_calls_came_from_is_not_told(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", ONE)
    keep(store, "b", events((usage(outcome="denied"), FIRST, 2), address="203.0.113.66"))

    assert store.addresses(ROLE) == {ROLE: frozenset({"192.0.2.1"})}


def test_a_call_without_an_address_leaves_all_of_them_unknown(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", ONE)
    keep(store, "b", events((usage(), FIRST, 2), address=""))

    assert store.addresses(ROLE) == {ROLE: None}


def test_the_name_of_a_folder_is_no_column(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "account=9" / "times=9")
    keep(store, "a", ONE)

    assert [use.usage.account for use in store.uses()] == ["111122223333"]


def test_a_damaged_part_is_told_with_its_remedy(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    keep(store, "a", ONE)
    (part,) = (tmp_path / "parts").iterdir()
    part.write_bytes(part.read_bytes()[:100])

    with pytest.raises(UsageError, match="read anew"):
        store.principals()


def test_files_that_could_not_be_read_leave_no_part(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    with store.writing():
        part = store.new_part()
        write_part(table_of(Rows()), part)
        store.add(part, [FileReport("here", "a", "1", problem="cut off", is_read=False)])

    assert list((tmp_path / "parts").iterdir()) == []
    assert store.parts == []
