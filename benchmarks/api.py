"""How long a page of 100 findings takes out of a store of a million, and the bare query for the same rows.

The bare query is the store's own statement, executed by the database's driver alone on a connection of its own, in turn
with the store: what the store adds is the building of the statement, the decoding of the documents, and the findings as
values. Every page begins at another place in its list; times are wall-clock times of one client.

    python benchmarks/api.py                       1,000,000 findings in a SQLite file that goes when it is done
    python benchmarks/api.py --findings 20000      quickly
    python benchmarks/api.py --url postgresql://…  in an empty PostgreSQL database
"""

import argparse
import gc
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, event, insert, text

from measure import percentile
from sekisho.analyzers.observation import (
    Because,
    ExternalAccess,
    FindingType,
    Observation,
    Remedy,
    Severity,
    WitnessRequest,
)
from sekisho.findings import Criteria, Criterion, Cursor, Finding, FindingQuery, Sort, Status
from sekisho.storage import SqlFindingStore
from sekisho.storage.queries import condition_rows
from sekisho.storage.schema import analyzers, finding_conditions, findings
from sekisho.storage.store import _row as row_of  # pyright: ignore[reportPrivateUsage]

ANALYZER: Final = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/sekisho"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 300
TYPES: Final = [f"AWS::Made::Up{number:02d}" for number in range(16)]
ACCOUNTS: Final = [f"{number:012d}" for number in range(1000)]
SHAPES: Final = 2000
"""How many different outcomes there are; the other columns of every finding are its own."""

AT_ONCE: Final = 20_000


def outcome(draw: random.Random, number: int) -> ExternalAccess:
    """Make an outcome of the usual size: a third is for anyone, a third has a condition."""
    who = {"AWS": "*" if number % 3 == 0 else f"arn:aws:iam::{draw.choice(ACCOUNTS)}:role/reader-{number}"}
    when = {"aws:PrincipalOrgID": f"o-{draw.randrange(100):010d}"} if draw.random() < 1 / 3 else {}
    action = tuple(f"s3:GetObject{part}" for part in ("", "Acl", "Attributes", "Tagging", "Version", "VersionTagging"))
    return ExternalAccess(
        principal=who,
        action=action,
        condition=when,
        is_public=number % 3 == 0 and not when,
        witness=WitnessRequest(who, action[0], "arn:aws:s3:::reports/x", {"aws:SecureTransport": "true", **when}),
        because=(Because("BucketPolicy", 1, "Statement[1].Principal", sid="ReadReports", line=17),),
        severity=Severity.HIGH,
        severity_rule="a named account reads data",
        remedy=Remedy("remove the account from the statement `ReadReports`, or ask for its organization"),
        sentence="A role of another account can read the objects of this bucket, by the statement `ReadReports`.",
    )


def rows(number: int, draw: random.Random) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the row of each finding, and the rows of its conditions."""
    shapes: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for shape in range(min(number, SHAPES)):
        seen = Observation("", "", "", "us-west-2", FindingType.EXTERNAL_ACCESS, outcome(draw, shape))
        finding = Finding("", ANALYZER, seen, Status.ACTIVE, START, START, START)
        shapes.append((row_of(finding), condition_rows([finding])))
    for _ in range(number):
        row, conditions = draw.choice(shapes)
        identity = str(UUID(int=draw.getrandbits(128), version=5))
        created = START + timedelta(microseconds=draw.randrange(DAYS * 86_400_000_000))
        own = {
            "id": identity,
            "resource": f"arn:aws:s3:::reports-{draw.randrange(number // 2)}",
            "resource_type": TYPES[min(int(draw.expovariate(0.5)), 15)],
            "resource_owner_account": draw.choice(ACCOUNTS),
            "status": draw.choices(("ACTIVE", "ARCHIVED", "RESOLVED"), (60, 5, 35))[0],
            "created_at": created,
            "updated_at": created + timedelta(seconds=draw.randrange(86_400)),
            "analyzed_at": START + timedelta(days=DAYS + 1),
        }
        yield row | own, [one | {"finding_id": identity} for one in conditions]


def fill(store: SqlFindingStore, number: int, seed: int) -> None:
    """Write the findings without their indexes, then the indexes."""
    made = rows(number, random.Random(seed))
    later = [index for index in findings.indexes if index.name is not None]
    is_sqlite = store.engine.dialect.name == "sqlite"
    with store.writing() as connection:
        connection.execute(insert(analyzers), {"arn": ANALYZER, "scans": 1})
        told = connection.execute(text("SELECT * FROM sqlite_stat1")).all() if is_sqlite else ()
        for index in later:
            index.drop(connection)
        while some := list(islice(made, AT_ONCE)):
            connection.execute(insert(findings), [row for row, _ in some])
            connection.execute(insert(finding_conditions), [one for _, conditions in some for one in conditions])
        for index in later:
            index.create(connection)
        if is_sqlite:  # what the migration has told of the indexes went with them
            connection.execute(text("DELETE FROM sqlite_stat1"))
            connection.execute(
                text("INSERT INTO sqlite_stat1 VALUES (:tbl, :idx, :stat)"), [one._asdict() for one in told]
            )
            connection.execute(text("ANALYZE sqlite_master"))
    if not is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


@dataclass
class Times:
    """Nanoseconds for each page, and how many rows it had."""

    ours: list[int] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    found: int = 0


Question = Callable[[random.Random], FindingQuery]


def question(criteria: Criteria | None = None, sort: Sort | None = None, *, whole: bool = False) -> Question:
    """Return what asks for a page somewhere in a list, or for the top of a short one."""
    order = sort or Sort()

    def at_random(draw: random.Random) -> FindingQuery:
        identity = str(UUID(int=draw.getrandbits(128), version=5))
        moment = START + timedelta(seconds=draw.randrange(DAYS * 86_400))
        after = Cursor(identity if order.attribute == "id" else moment.isoformat(), identity)
        return FindingQuery(ANALYZER, criteria or {}, order, after=None if whole else after)

    return at_random


def equal(value: str) -> Criterion:
    return Criterion(eq=(value,))


QUESTIONS: Final[dict[str, Question]] = {
    "all": question(),
    "status": question({"status": equal("ACTIVE")}),
    "status, the newest first": question({"status": equal("ACTIVE")}, Sort("updatedAt", descending=True)),
    "resourceType": question({"resourceType": equal(TYPES[2])}),
    "resourceType and status": question({"resourceType": equal(TYPES[2]), "status": equal("ACTIVE")}),
    "resourceOwnerAccount": question({"resourceOwnerAccount": equal(ACCOUNTS[7])}),
    "principal.AWS": question({"principal.AWS": equal("*")}),
    "condition.aws:PrincipalOrgID": question({"condition.aws:PrincipalOrgID": equal("o-0000000007")}),
    "resource": question({"resource": equal("arn:aws:s3:::reports-7")}, whole=True),
}


def measure(store: SqlFindingStore, ask: Question, *, pages: int, seed: int) -> Times:
    """Ask for pages in turn with the bare query; the first few warm up both."""
    draw, times = random.Random(seed), Times()
    said: list[tuple[str, Any]] = []

    def listen(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said[:] = [(statement, parameters)]

    raw = store.engine.raw_connection()
    cursor = raw.cursor()
    try:
        for number in range(-5, pages):
            query = ask(draw)
            event.listen(store.engine, "before_cursor_execute", listen)
            store.list_findings(query)  # tells its statement, and brings the rows into the cache for both
            event.remove(store.engine, "before_cursor_execute", listen)
            (statement, parameters) = said[0]
            begun = time.perf_counter_ns()
            cursor.execute(statement, parameters)
            fetched = cursor.fetchall()
            between = time.perf_counter_ns()
            page = store.list_findings(query)
            ended = time.perf_counter_ns()
            if len(fetched) != len(page.findings) + (page.next is not None):
                raise RuntimeError("the store and the bare query do not agree")
            if number >= 0:
                times.bare.append(between - begun)
                times.ours.append(ended - between)
                times.found += len(page.findings)
    finally:
        raw.rollback()
        raw.close()
    return times


def report(console: Console, measured: dict[str, Times], number: int, engine: Engine) -> None:
    table = Table(title=f"a page of 100 out of {number:,} findings in {engine.dialect.name}, ms")
    for heading in ("asked for", "rows", "p50", "p99", "bare p50", "bare p99", "difference", "ratio"):
        table.add_column(heading, justify="left" if heading == "asked for" else "right")
    for name, times in measured.items():
        ours, bare = (([percentile(some, share) / 1e6 for share in (0.5, 0.99)]) for some in (times.ours, times.bare))
        table.add_row(
            name,
            f"{times.found / len(times.ours):.0f}",
            *(f"{value:.2f}" for value in (*ours, *bare, ours[0] - bare[0], ours[0] / bare[0])),
        )
    console.print(table)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty PostgreSQL database; default: a SQLite file of our own")
    parser.add_argument("--pages", type=int, default=200, help="how many pages of each list")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    console = Console()
    with ExitStack() as held:
        place = options.url or str(Path(held.enter_context(tempfile.TemporaryDirectory())) / "findings.db")
        store = held.enter_context(SqlFindingStore(place))
        if store.analyzers():
            sys.exit("the database is not empty")
        begun = time.perf_counter()
        fill(store, options.findings, options.seed)
        console.print(f"filled with {options.findings:,} findings in {time.perf_counter() - begun:.0f} s")
        gc.collect()
        gc.freeze()
        measured = {
            name: measure(store, ask, pages=options.pages, seed=options.seed) for name, ask in QUESTIONS.items()
        }
        report(console, measured, options.findings, store.engine)
        counted = []
        for _ in range(5):
            begun = time.perf_counter()
            store.statistics(ANALYZER)
            counted.append(time.perf_counter() - begun)
        console.print(f"statistics: {sorted(counted)[2] * 1000:.1f} ms, the middle of 5")


if __name__ == "__main__":
    main(sys.argv[1:])
