"""The findings in a SQL database: SQLite by default, and nothing in here knows which."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, insert, select, update

from sekisho.analyzers.observation import AnalysisError, ExternalAccess, FindingType, Observation, ResourceAnalysis
from sekisho.findings import (
    AmbiguousFindingError,
    AnalyzedResource,
    Coverage,
    Finding,
    FindingFilter,
    Reconciliation,
    Scan,
    Status,
    UnknownFindingError,
)
from sekisho.storage.documents import ACCESS, COVERAGE, ERROR, NOTES, format_document, parse_document
from sekisho.storage.engine import BUSY_TIMEOUT, open_engine, parse_url, store_errors
from sekisho.storage.migrate import migrate
from sekisho.storage.schema import analyzers, findings, resources, scans

CANDIDATES_SHOWN = 5


class SqlFindingStore:
    """A `FindingStore` in a database; opening it brings the database to the newest schema."""

    def __init__(self, url: str | None = None) -> None:
        """Open the database.

        Args:
            url: a database URL or the path of a SQLite file; None for the user's own file.

        Raises:
            StoreError: the database cannot be used; the message says why and what to do.
        """
        self.url = parse_url(url)
        self.engine = open_engine(self.url, busy_timeout=BUSY_TIMEOUT)
        try:
            with store_errors(self.url):
                migrate(self.engine)
        except BaseException:
            self.close()
            raise

    def record_scan(
        self,
        scan: Scan,
        analyses: Sequence[ResourceAnalysis],
        reconcile: Callable[[Sequence[Finding]], Reconciliation],
    ) -> Reconciliation:
        """Store a scan in one transaction: all of it, or, whatever happens half-way, nothing."""
        with self._writing() as connection:
            _take_turn(connection, scan.analyzer_arn)
            known = _load(connection, select(findings).where(findings.c.analyzer_arn == scan.analyzer_arn))
            reconciliation = reconcile(known)
            _write_findings(connection, reconciliation)
            _write_resources(connection, scan, analyses)
            row = {"analyzer_arn": scan.analyzer_arn, "finished_at": scan.finished_at}
            connection.execute(insert(scans), row | {"coverage": format_document(scan.coverage)})
        return reconciliation

    def findings(self, where: FindingFilter) -> tuple[Finding, ...]:
        """Return the findings that `where` asks for, by account, resource type, resource and id."""
        order = (findings.c.resource_owner_account, findings.c.resource_type, findings.c.resource, findings.c.id)
        with self._reading() as connection:
            return _load(connection, select(findings).where(*_conditions(where)).order_by(*order))

    def finding(self, prefix: str) -> Finding:
        """Return the one finding whose id begins with `prefix`."""
        begins = findings.c.id.startswith(prefix.lower(), autoescape=True)
        query = select(findings).where(begins).order_by(findings.c.id).limit(CANDIDATES_SHOWN)
        with self._reading() as connection:
            match _load(connection, query):
                case ():
                    raise UnknownFindingError(prefix)
                case (finding,):
                    return finding
                case several:
                    raise AmbiguousFindingError(prefix, [finding.id for finding in several])

    def analyzed_resources(self, resource: str) -> tuple[AnalyzedResource, ...]:
        """Return what every analyzer that looked at `resource` left of it; empty when none did."""
        query = select(resources).where(resources.c.resource == resource).order_by(resources.c.analyzer_arn)
        with self._reading() as connection:
            return tuple(_analyzed_resource(row) for row in connection.execute(query))

    def scans(self, *, limit: int) -> tuple[Scan, ...]:
        """Return the last scans, the newest first."""
        query = select(scans).order_by(scans.c.finished_at.desc(), scans.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return tuple(
                Scan(row.analyzer_arn, row.finished_at, parse_document(COVERAGE, row.coverage))
                for row in connection.execute(query)
            )

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with store_errors(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        with (
            store_errors(self.url),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection


def _take_turn(connection: Connection, analyzer_arn: str) -> None:
    """Lock the analyzer's row, so that two scans of one analyzer follow each other in every database."""
    turn = update(analyzers).where(analyzers.c.arn == analyzer_arn).values(scans=analyzers.c.scans + 1)
    if connection.execute(turn).rowcount == 0:
        connection.execute(insert(analyzers), {"arn": analyzer_arn, "scans": 1})


def _load(connection: Connection, query: Select[Any]) -> tuple[Finding, ...]:
    return tuple(_finding(row) for row in connection.execute(query))


def _conditions(where: FindingFilter) -> Iterator[ColumnElement[bool]]:
    equal = {
        findings.c.analyzer_arn: where.analyzer_arn,
        findings.c.resource: where.resource,
        findings.c.resource_type: where.resource_type,
        findings.c.resource_owner_account: where.account,
        findings.c.region: where.region,
        findings.c.finding_type: where.finding_type and where.finding_type.value,
        findings.c.is_public: where.is_public,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if where.statuses is not None:
        yield findings.c.status.in_([status.value for status in where.statuses])
    if where.severity_at_least is not None:
        yield findings.c.severity.is_(None) | (findings.c.severity >= where.severity_at_least.value)


def _write_findings(connection: Connection, reconciliation: Reconciliation) -> None:
    if reconciliation.new:
        connection.execute(insert(findings), [_row(finding) for finding in reconciliation.new])
    known = (*reconciliation.returned, *reconciliation.changed, *reconciliation.unchanged, *reconciliation.resolved)
    if known:
        same = findings.c.id == bindparam("known_id")
        connection.execute(update(findings).where(same), [_row(one) | {"known_id": one.id} for one in known])


def _write_resources(connection: Connection, scan: Scan, analyses: Sequence[ResourceAnalysis]) -> None:
    ours = resources.c.analyzer_arn == scan.analyzer_arn
    known = connection.execute(select(resources).where(ours)).all()
    now = {analysis.resource: analysis for analysis in analyses}
    outdated = [row.resource for row in known if row.resource in now or _is_included(row, scan.coverage)]
    if outdated:
        same = resources.c.resource == bindparam("outdated")
        connection.execute(delete(resources).where(ours, same), [{"outdated": resource} for resource in outdated])
    if now:
        connection.execute(insert(resources), list(_resource_rows(now.values(), scan)))


def _is_included(row: Row[Any], coverage: Coverage) -> bool:
    return coverage.includes(resource_type=row.resource_type, account=row.resource_owner_account, region=row.region)


def _resource_rows(analyses: Iterable[ResourceAnalysis], scan: Scan) -> Iterator[dict[str, str | datetime]]:
    for analysis in analyses:
        yield {
            "analyzer_arn": scan.analyzer_arn,
            "resource": analysis.resource,
            "resource_type": analysis.resource_type,
            "resource_owner_account": analysis.resource_owner_account,
            "region": analysis.region,
            "analyzed_at": scan.finished_at,
            "notes": format_document(analysis.notes),
        }


def _row(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    row: dict[str, Any] = {
        "id": finding.id,
        "analyzer_arn": finding.analyzer_arn,
        "status": finding.status.value,
        "finding_type": seen.finding_type.value,
        "resource": seen.resource,
        "resource_type": seen.resource_type,
        "resource_owner_account": seen.resource_owner_account,
        "region": seen.region,
        "created_at": finding.created_at,
        "analyzed_at": finding.analyzed_at,
        "updated_at": finding.updated_at,
        "outcome": format_document(seen.outcome),
    }
    match seen.outcome:
        case ExternalAccess(is_public=is_public, severity=severity):
            return row | {"error": None, "is_public": is_public, "severity": severity.value}
        case AnalysisError(code=code):
            return row | {"error": code.value, "is_public": None, "severity": None}


def _finding(row: Row[Any]) -> Finding:
    outcome = parse_document(ACCESS, row.outcome) if row.error is None else parse_document(ERROR, row.outcome)
    return Finding(
        id=row.id,
        analyzer_arn=row.analyzer_arn,
        observation=Observation(
            resource=row.resource,
            resource_type=row.resource_type,
            resource_owner_account=row.resource_owner_account,
            region=row.region,
            finding_type=FindingType(row.finding_type),
            outcome=outcome,
        ),
        status=Status(row.status),
        created_at=row.created_at,
        analyzed_at=row.analyzed_at,
        updated_at=row.updated_at,
    )


def _analyzed_resource(row: Row[Any]) -> AnalyzedResource:
    return AnalyzedResource(
        analyzer_arn=row.analyzer_arn,
        resource=row.resource,
        resource_type=row.resource_type,
        resource_owner_account=row.resource_owner_account,
        region=row.region,
        analyzed_at=row.analyzed_at,
        notes=parse_document(NOTES, row.notes),
    )
