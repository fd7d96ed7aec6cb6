"""The findings in a SQL database: SQLite by default, and nothing in here knows which."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec.structs import replace
from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, delete, insert, select, update

from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    FindingType,
    Observation,
    Outcome,
    ResourceAnalysis,
)
from sekisho.findings import (
    AmbiguousFindingError,
    AnalyzedResource,
    Analyzer,
    ArchiveRule,
    Change,
    ChangeKind,
    Coverage,
    Finding,
    FindingFilter,
    FindingQuery,
    FindingStatistics,
    HistoryEntry,
    Known,
    Page,
    Reconciliation,
    ResourceDetails,
    ResourcePage,
    ResourceQuery,
    Scan,
    Status,
    StoredEvent,
    UnknownFindingError,
    UnusedAccessStatistics,
    details_of,
    page_of,
    resource_page_of,
)
from sekisho.storage.analyzers import (
    add_analyzer,
    change_analyzer,
    drop_analyzer,
    note_last_resource,
    read_analyzer,
    read_analyzers,
    take_turn,
)
from sekisho.storage.changes import count_events, move_target, read_events, read_history, write_changes
from sekisho.storage.database import Database
from sekisho.storage.documents import ACCESS, COVERAGE, ERROR, NOTES, RISK, format_document, parse_document
from sekisho.storage.queries import (
    FINDING,
    condition_rows,
    filter_columns,
    keepable,
    read_statistics,
    read_unused_access_statistics,
    select_page,
    select_resources,
)
from sekisho.storage.rules import add_rules, change_rule, delete_rule, read_rules
from sekisho.storage.schema import finding_conditions, findings, resources, scans

AT_ONCE = 1000
CANDIDATES_SHOWN = 5
_ID_LETTERS = frozenset("0123456789abcdef-")


class SqlFindingStore(Database):
    """A `FindingStore` in a database."""

    def record_scan(
        self,
        scan: Scan,
        analyses: Sequence[ResourceAnalysis],
        reconcile: Callable[[Known], Reconciliation],
    ) -> Reconciliation:
        """Store a scan in one transaction: all of it, or, whatever happens half-way, nothing."""
        with self.writing() as connection:
            take_turn(connection, scan.analyzer_arn)
            known = _known(connection, scan.analyzer_arn, _bearing_on(scan))
            reconciliation = reconcile(replace(known, newer=_newer(connection, scan, known.findings)))
            _write_findings(connection, reconciliation)
            _write_resources(connection, scan, analyses, newer=reconciliation.newer)
            if scan.coverage.only is None:
                row = {"analyzer_arn": scan.analyzer_arn, "finished_at": scan.finished_at}
                connection.execute(insert(scans), row | {"coverage": format_document(scan.coverage)})
            if analyses:
                note_last_resource(connection, scan.analyzer_arn, analyses[-1].resource, scan.finished_at)
            write_changes(connection, reconciliation.changes)  # last: until the end, other writers of events wait
        return reconciliation

    def change(self, where: FindingFilter, decide: Callable[[Known], Iterable[Change]]) -> tuple[Change, ...]:
        """Change findings of one analyzer in one transaction, with their histories and events."""
        if where.analyzer_arn is None:
            raise ValueError("changes are made to the findings of one analyzer")
        with self.writing() as connection:
            take_turn(connection, where.analyzer_arn)
            changes = tuple(decide(_known(connection, where.analyzer_arn, where)))
            kept = [change.finding for change in changes if change.kind is not ChangeKind.DELETED]
            gone = [change.finding for change in changes if change.kind is ChangeKind.DELETED]
            _update_findings(connection, kept)
            write_changes(connection, changes)  # their numbers are in the histories, which go with the findings
            _delete_findings(connection, gone)
        return changes

    def history(self, finding: str) -> tuple[HistoryEntry, ...]:
        """Return all that happened to a finding, the oldest first; empty for an id that the store has not got."""
        with self.reading() as connection:
            return read_history(connection, finding)

    def analyzers(self) -> tuple[Analyzer, ...]:
        """Return every analyzer, by ARN."""
        with self.reading() as connection:
            return read_analyzers(connection)

    def analyzer(self, arn: str) -> Analyzer:
        """Return one analyzer."""
        with self.reading() as connection:
            return read_analyzer(connection, arn)

    def create_analyzer(
        self, analyzer: Analyzer, rules: Sequence[ArchiveRule] = (), *, at_most: int | None = None
    ) -> None:
        """Keep a new analyzer, and its first archive rules with it."""
        with self.writing() as connection:
            add_analyzer(connection, analyzer, at_most=at_most)
            add_rules(connection, analyzer.arn, rules)

    def change_analyzer(self, arn: str, decide: Callable[[Analyzer], Analyzer]) -> Analyzer:
        """Change an analyzer in one transaction; return it as it is now."""
        with self.writing() as connection:
            return change_analyzer(connection, arn, decide)

    def delete_analyzer(self, arn: str, *, at: datetime, by: str) -> None:
        """Forget an analyzer and all that is its: rules, scans, resources, and findings, each with its event."""
        with self.writing() as connection:
            take_turn(connection, arn)
            for some in _by_the_thousand(connection, arn):  # there may be more of them than memory holds
                changes = [Change(ChangeKind.DELETED, finding, finding.status, at, by) for finding in some]
                write_changes(connection, changes)  # their numbers are in the histories, which go with the findings
            drop_analyzer(connection, arn)

    def archive_rules(self, analyzer_arn: str) -> tuple[ArchiveRule, ...]:
        """Return the archive rules of an analyzer, by name."""
        with self.reading() as connection:
            return read_rules(connection, analyzer_arn)

    def create_archive_rule(self, rule: ArchiveRule) -> None:
        """Keep a new rule."""
        with self.writing() as connection:
            take_turn(connection, rule.analyzer_arn)
            add_rules(connection, rule.analyzer_arn, (rule,))

    def change_archive_rule(self, analyzer_arn: str, name: str, decide: Callable[[ArchiveRule], ArchiveRule]) -> None:
        """Change a rule in one transaction; its name stays."""
        with self.writing() as connection:
            take_turn(connection, analyzer_arn)
            change_rule(connection, analyzer_arn, name, decide)

    def delete_archive_rule(self, analyzer_arn: str, name: str) -> None:
        """Forget a rule; what it has archived stays as it is."""
        with self.writing() as connection:
            take_turn(connection, analyzer_arn)
            delete_rule(connection, analyzer_arn, name)

    def events(self, target: str, *, limit: int) -> tuple[StoredEvent, ...]:
        """Return the first events that a target has not got, in the order of the changes they tell of."""
        with self.reading() as connection:
            return read_events(connection, target, limit)

    def events_waiting(self, target: str) -> int:
        """Count the events that a target has not got."""
        with self.reading() as connection:
            return count_events(connection, target)

    def delivered(self, target: str, position: int) -> None:
        """Note that a target has got every event up to a position."""
        with self.writing() as connection:
            move_target(connection, target, position)

    def findings(self, where: FindingFilter) -> tuple[Finding, ...]:
        """Return the findings that `where` asks for, by account, resource type, resource and id."""
        order = (findings.c.resource_owner_account, findings.c.resource_type, findings.c.resource, findings.c.id)
        with self.reading() as connection:
            return _load(connection, FINDING.where(*_conditions(where)).order_by(*order))

    def list_findings(self, query: FindingQuery) -> Page:
        """Return one page of findings."""
        with self.reading() as connection:
            return page_of(query, _load(connection, *select_page(query, connection.dialect)))

    def list_resources(self, query: ResourceQuery) -> ResourcePage:
        """Return one page of analyzed resources, by ARN."""
        with self.reading() as connection:
            found = connection.execute(select_resources(query))
            return resource_page_of(query, [_analyzed_resource(row) for row in found])

    def resource_details(self, analyzer_arn: str, resource: str) -> ResourceDetails | None:
        """Return an analyzed resource with what its findings say of it; None when the analyzer knows of none."""
        where = FindingFilter(analyzer_arn=analyzer_arn, resource=resource)
        same = (resources.c.analyzer_arn == keepable(analyzer_arn), resources.c.resource == keepable(resource))
        with self.reading() as connection:
            row = connection.execute(select(resources).where(*same)).one_or_none()
            found = _load(connection, FINDING.where(*_conditions(where)))
            return None if row is None else details_of(_analyzed_resource(row), found)

    def unused_access_statistics(self, analyzer_arn: str) -> UnusedAccessStatistics:
        """Count the findings of an analyzer of unused access."""
        with self.reading() as connection:
            return read_unused_access_statistics(connection, analyzer_arn)

    def statistics(self, analyzer_arn: str) -> FindingStatistics:
        """Count the findings of an analyzer."""
        with self.reading() as connection:
            return read_statistics(connection, analyzer_arn)

    def finding(self, prefix: str) -> Finding:
        """Return the one finding whose id begins with `prefix`."""
        if not _ID_LETTERS.issuperset(prefix.lower()):
            raise UnknownFindingError(prefix)
        begins = findings.c.id.startswith(prefix.lower(), autoescape=True)
        query = FINDING.where(begins).order_by(findings.c.id).limit(CANDIDATES_SHOWN)
        with self.reading() as connection:
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
        with self.reading() as connection:
            return tuple(_analyzed_resource(row) for row in connection.execute(query))

    def scans(self, *, limit: int, analyzer_arn: str | None = None) -> tuple[Scan, ...]:
        """Return the last whole scans, the newest first."""
        query = select(scans).order_by(scans.c.finished_at.desc(), scans.c.id.desc()).limit(limit)
        if analyzer_arn is not None:
            query = query.where(scans.c.analyzer_arn == keepable(analyzer_arn))
        with self.reading() as connection:
            return tuple(
                Scan(row.analyzer_arn, row.finished_at, parse_document(COVERAGE, row.coverage))
                for row in connection.execute(query)
            )


def _bearing_on(scan: Scan) -> FindingFilter:
    """Ask for the findings that a scan can change: reading all of them for one resource would take too long."""
    match scan.coverage.only:
        case (resource,):
            return FindingFilter(scan.analyzer_arn, resource=resource)
        case _:
            return FindingFilter(scan.analyzer_arn)


def _known(connection: Connection, analyzer_arn: str, where: FindingFilter) -> Known:
    found = _load(connection, FINDING.where(*_conditions(where)))
    return Known(found, read_rules(connection, analyzer_arn))


def _newer(connection: Connection, scan: Scan, known: Sequence[Finding]) -> dict[str, str]:
    """Return what was looked at by itself since the reading of a scan of everything began, and whose it is.

    What another scan of everything saw meanwhile has the time of that scan. A resource that is gone by now has no row
    any more, but what was resolved on it has a time.
    """
    if scan.coverage.only is not None:
        return {}
    begun, arn = scan.coverage.taken_at, scan.analyzer_arn
    ended = select(scans.c.finished_at).where(scans.c.analyzer_arn == arn, scans.c.finished_at > begun)
    whole = set(connection.execute(ended).scalars())
    rows = select(resources.c.resource, resources.c.resource_owner_account, resources.c.analyzed_at)
    since = connection.execute(rows.where(resources.c.analyzer_arn == arn, resources.c.analyzed_at > begun))
    by_rows = {resource: account for resource, account, at in since if at not in whole}
    return by_rows | {
        one.observation.resource: one.observation.resource_owner_account
        for one in known
        if one.analyzed_at > begun and one.analyzed_at not in whole
    }


def _by_the_thousand(connection: Connection, analyzer_arn: str) -> Iterator[tuple[Finding, ...]]:
    ours, last = FINDING.where(findings.c.analyzer_arn == analyzer_arn).order_by(findings.c.id).limit(AT_ONCE), ""
    while some := _load(connection, ours.where(findings.c.id > last)):
        yield some
        last = some[-1].id


def _load(
    connection: Connection, query: Select[Any], parameters: Mapping[str, str | datetime] | None = None
) -> tuple[Finding, ...]:
    return tuple([_finding(row) for row in connection.execute(query, parameters).all()])


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
    for column, value in equal.items():
        if value is not None:
            yield column == (keepable(value) if isinstance(value, str) else value)
    if where.ids is not None:
        yield findings.c.id.in_(sorted(map(keepable, where.ids)))
    if where.statuses is not None:
        yield findings.c.status.in_([status.value for status in where.statuses])
    if where.severity_at_least is not None:
        yield findings.c.severity.is_(None) | (findings.c.severity >= where.severity_at_least.value)


def _write_findings(connection: Connection, reconciliation: Reconciliation) -> None:
    if reconciliation.new:
        connection.execute(insert(findings), [_row(finding) for finding in reconciliation.new])
        if conditions := condition_rows(reconciliation.new):
            connection.execute(insert(finding_conditions), conditions)
    _update_findings(connection, (*reconciliation.returned, *reconciliation.changed, *reconciliation.resolved))
    _touch_findings(connection, reconciliation.unchanged)


def _update_findings(connection: Connection, known: Sequence[Finding]) -> None:
    if known:
        same = findings.c.id == bindparam("known_id")
        connection.execute(update(findings).where(same), [_row(one) | {"known_id": one.id} for one in known])


def _touch_findings(connection: Connection, unchanged: Sequence[Finding]) -> None:
    """Write what may differ in findings that have not changed: nothing that an index has, as they are many.

    SQLite renews every index of a column that a statement sets, also to what it was. A bucket may be another account's
    by now, so that its account is set where it differs.
    """
    if not unchanged:
        return
    free = ("region", "severity", "analyzed_at", "outcome")
    same = findings.c.id == bindparam("known_id")
    rows = [_row(one) | {"known_id": one.id, "owner": one.observation.resource_owner_account} for one in unchanged]
    seen: dict[str, BindParameter[object]] = {name: bindparam(name) for name in free}
    connection.execute(
        update(findings).where(same).values(seen), [{name: row[name] for name in ("known_id", *free)} for row in rows]
    )
    moved = update(findings).where(same, findings.c.resource_owner_account != bindparam("owner"))
    connection.execute(
        moved.values(resource_owner_account=bindparam("owner")),
        [{name: row[name] for name in ("known_id", "owner")} for row in rows],
    )


def _delete_findings(connection: Connection, gone: Sequence[Finding]) -> None:
    if gone:
        same = findings.c.id == bindparam("gone_id")
        connection.execute(delete(findings).where(same), [{"gone_id": one.id} for one in gone])


def _write_resources(
    connection: Connection, scan: Scan, analyses: Sequence[ResourceAnalysis], *, newer: Collection[str]
) -> None:
    ours = resources.c.analyzer_arn == scan.analyzer_arn
    query = select(resources).where(ours)
    if scan.coverage.only is not None:
        query = query.where(resources.c.resource.in_(map(keepable, scan.coverage.only)))
    known = connection.execute(query).all()
    now = {analysis.resource: analysis for analysis in analyses if analysis.resource not in newer}
    outdated = [
        row.resource
        for row in known
        if row.resource not in newer and (row.resource in now or _is_included(row, scan.coverage))
    ]
    if outdated:
        same = resources.c.resource == bindparam("outdated")
        connection.execute(delete(resources).where(ours, same), [{"outdated": resource} for resource in outdated])
    if now:
        connection.execute(insert(resources), list(_resource_rows(now.values(), scan)))


def _is_included(row: Row[Any], coverage: Coverage) -> bool:
    return coverage.includes(
        row.resource, resource_type=row.resource_type, account=row.resource_owner_account, region=row.region
    )


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
        "archived_by": finding.archived_by,
        "outcome": format_document(seen.outcome),
        **filter_columns(finding),
    }
    match seen.outcome:
        case ExternalAccess(is_public=is_public, severity=severity):
            return row | {"error": None, "is_public": is_public, "severity": severity.value}
        case CredentialRisk(severity=severity):
            return row | {"error": None, "is_public": None, "severity": severity.value}
        case AnalysisError(code=code):
            return row | {"error": code.value, "is_public": None, "severity": None}


def _finding(row: Row[Any]) -> Finding:
    """Return a finding out of the columns of `FINDING`."""
    (
        identity, analyzer_arn, status, created_at, analyzed_at, updated_at, archived_by,
        resource, resource_type, owner, region, finding_type, error, document,
    ) = cast("tuple[Any, ...]", row)  # fmt: skip
    type_ = _FINDING_TYPES[finding_type]
    outcome: Outcome
    if error is not None:
        outcome = parse_document(ERROR, document)
    elif type_ is FindingType.EXTERNAL_ACCESS:
        outcome = parse_document(ACCESS, document)
    else:
        outcome = parse_document(RISK, document)
    seen = Observation(resource, resource_type, owner, region, type_, outcome)
    return Finding(identity, analyzer_arn, seen, _STATUSES[status], created_at, analyzed_at, updated_at, archived_by)


_STATUSES = {status.value: status for status in Status}
_FINDING_TYPES = {type_.value: type_ for type_ in FindingType}


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
