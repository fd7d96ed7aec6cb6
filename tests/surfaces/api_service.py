"""The operations over a real store, served over HTTP, with the sample organization in it."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.validate import ParamValidator
from msgspec.structs import replace
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.analyzers.external import analyze_external_access
from sekisho.api import make_app
from sekisho.api.model import operation_models
from sekisho.api.operations import Service, make_operations
from sekisho.collectors import UnsupportedArnError
from sekisho.findings import ScanReport, record_scan
from sekisho.resources.snapshot import Snapshot
from sekisho.storage import SqlFindingStore, SqlPolicyGenerationStore, SqlPreviewStore, SqlReplyStore
from sekisho.wiring import read_sample
from surfaces.api_server import NO_LIMITS, SECRET, Server, Stub, running
from unit.api.signing import ADMIN, OPERATOR, READER, Keys

ACCOUNT = "111122223333"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@dataclass
class Requests:
    """A scanner that keeps what it is asked for."""

    scans: list[str] = field(default_factory=list[str])
    resources: list[tuple[str, str, str | None]] = field(default_factory=list[tuple[str, str, str | None]])

    def scan(self, analyzer_arn: str) -> None:
        self.scans.append(analyzer_arn)

    def scan_resource(self, analyzer_arn: str, resource: str, *, owner_account: str | None = None) -> None:
        if ":ec2:" in resource:
            raise UnsupportedArnError(resource)
        self.resources.append((analyzer_arn, resource, owner_account))


@dataclass(frozen=True)
class Served:
    """A running service, and what stands behind it."""

    server: Server
    store: SqlFindingStore
    generations: SqlPolicyGenerationStore
    scanner: Requests
    analyzer: str
    """The ARN of the analyzer that has looked at the sample."""


@contextmanager
def serving_sample(url: str) -> Generator[Served]:
    """Serve a new database with the findings of the sample organization."""
    snapshot = read_sample()
    with ExitStack() as held:
        store = held.enter_context(SqlFindingStore(url))
        previews = held.enter_context(SqlPreviewStore(url))
        replies = held.enter_context(SqlReplyStore(url))
        report = scan_sample(store)
        scanner = Requests()
        generations = held.enter_context(SqlPolicyGenerationStore(url))
        service = Service(
            store,
            previews,
            generations,
            replies,
            scanner,
            _present(snapshot),
            ACCOUNT,
            trails=frozenset({TRAIL}),
        )
        keys = Keys(READER, OPERATOR, ADMIN)
        app = make_app(make_operations(service), keys, secret=SECRET, limits=NO_LIMITS)
        address = held.enter_context(running(app))
        yield Served(Server(address, Stub(), keys), store, generations, scanner, report.analyzer_arn)


def scan_sample(store: SqlFindingStore) -> ScanReport:
    """Find what there is to find in the sample organization."""
    snapshot = read_sample()
    return record_scan(store, snapshot, analyze_external_access(snapshot), now=datetime.now(UTC))


def _present(snapshot: Snapshot) -> Callable[[str, str | None], Snapshot]:
    """Return what reads one resource of a snapshot."""

    def read(arn: str, _owner: str | None) -> Snapshot:
        found = tuple(one for one in snapshot.resources if one.arn == arn)
        return replace(snapshot, resources=found, accounts=(), only=(arn,))

    return read


def call(client: AccessAnalyzerClient, operation: str, **params: Any) -> dict[str, Any]:
    """Call an operation, and hold its answer against the description."""
    answer: dict[str, Any] = getattr(client, xform_name(operation))(**params)
    answer.pop("ResponseMetadata")
    shape = operation_models()[operation].output_shape
    assert shape is not None or not answer
    if shape is not None:
        report = ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
    return answer
