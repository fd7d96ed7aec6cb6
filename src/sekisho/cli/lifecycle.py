"""`findings archive`, `findings unarchive`, `findings history` and `rules`: what people decide of findings."""

import getpass
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.output import Output, show_documents
from sekisho.cli.status import ExitStatus
from sekisho.findings import (
    ArchiveRule,
    Change,
    Criterion,
    FindingFilter,
    FindingStore,
    HistoryEntry,
    Known,
    Status,
    UnknownArchiveRuleError,
    apply_rule,
    archive,
    check_rule,
    format_time,
    to_the_millisecond,
    unarchive,
)
from sekisho.wiring import open_store

HISTORY_COLUMNS: Final = ("at", "kind", "statusBefore", "status", "by", "reason")
RULE_COLUMNS: Final = (
    "ruleName", "analyzerArn", "filter", "owner", "reason", "createdAt", "updatedAt", "expiresAt", "hidesPublic",
)  # fmt: skip


def archive_findings(ids: Sequence[str], *, reason: str, database: str | None) -> ExitStatus:
    """Archive findings by hand."""
    now, by = _now(), getpass.getuser()
    with open_store(database) as store:
        changes = _change(store, ids, lambda known: archive(known.findings, by=by, now=now, reason=reason))
    return _tell(changes, len(ids), "archived", "active")


def unarchive_findings(ids: Sequence[str], *, reason: str, database: str | None) -> ExitStatus:
    """Make archived findings active again."""
    now, by = _now(), getpass.getuser()
    with open_store(database) as store:
        changes = _change(store, ids, lambda known: unarchive(known.findings, by=by, now=now, reason=reason))
    return _tell(changes, len(ids), "made active again", "archived")


def show_history(prefix: str, *, database: str | None, output_format: str) -> ExitStatus:
    """Print all that happened to a finding, the oldest first."""
    with open_store(database) as store:
        entries = store.history(store.finding(prefix).id)
    documents = [_history_document(entry) for entry in entries]
    rows = ([str(one[column] or "") for column in HISTORY_COLUMNS] for one in documents)
    table = _table(HISTORY_COLUMNS, rows)
    show_documents(Output(), documents, columns=HISTORY_COLUMNS, table=table, output_format=output_format)
    return ExitStatus.DONE


def list_rules(*, database: str | None, output_format: str) -> ExitStatus:
    """Print the archive rules of every analyzer."""
    with open_store(database) as store:
        rules = [rule for analyzer in store.analyzers() for rule in store.archive_rules(analyzer.arn)]
    columns = ("rule", "archives", "owner", "reason", "expires")
    rows = ([rule.name, _in_words(rule), rule.owner or "", rule.reason or "", _day(rule.expires_at)] for rule in rules)
    documents = [rule_document(rule) for rule in rules]
    table = _table(columns, rows)
    show_documents(Output(), documents, columns=RULE_COLUMNS, table=table, output_format=output_format)
    return ExitStatus.DONE


def create_rule(
    name: str,
    criteria: dict[str, Criterion],
    *,
    owner: str | None,
    reason: str | None,
    expires_at: datetime | None,
    analyzer: str | None,
    apply: bool,
    dry_run: bool,
    database: str | None,
) -> ExitStatus:
    """Keep an archive rule, and say how many active findings it is about."""
    output, now = Output(), _now()
    with open_store(database) as store:
        rule = ArchiveRule(_analyzer(store, analyzer), name, criteria, now, now, owner, reason, expires_at)
        check_rule(rule)
        active = store.findings(FindingFilter(rule.analyzer_arn, statuses=frozenset({Status.ACTIVE})))
        concerned = [finding for finding in active if rule.archives(finding)]
        output.note(Text(f"{_findings(len(concerned))} of {len(active)} active would be archived by it"))
        if not rule.hides_public:
            output.note(Text("public access stays active; to hide it, write --eq isPublic=true", "dim"))
        if dry_run:
            return ExitStatus.DONE
        store.create_archive_rule(rule)
        changes = _apply(store, rule, now) if apply else ()
    output.note(Text(f"made the rule {plain(name)}; it acts on what is found from now on"))
    if apply:
        output.note(Text(f"{_findings(len(changes))} archived"))
    elif concerned:
        output.note(Text(f"to archive what is there: sekisho rules apply {plain(name)}", "dim"))
    return ExitStatus.DONE


def apply_archive_rule(name: str, *, analyzer: str | None, database: str | None) -> ExitStatus:
    """Archive what was found before a rule was made."""
    with open_store(database) as store:
        arn = _analyzer(store, analyzer)
        rule = next((one for one in store.archive_rules(arn) if one.name == name), None)
        if rule is None:
            raise UnknownArchiveRuleError(name)
        changes = _apply(store, rule, _now())
    Output().note(Text(f"{_findings(len(changes))} archived by the rule {plain(name)}"))
    return ExitStatus.DONE


def delete_rule(name: str, *, analyzer: str | None, database: str | None) -> ExitStatus:
    """Forget a rule."""
    with open_store(database) as store:
        store.delete_archive_rule(_analyzer(store, analyzer), name)
    Output().note(Text(f"deleted the rule {plain(name)}; what it archived stays archived"))
    return ExitStatus.DONE


def rule_document(rule: ArchiveRule) -> dict[str, Any]:
    """Return a rule as a JSON object: the members of the API's `ArchiveRuleSummary`, and ours."""
    return {
        "ruleName": rule.name,
        "analyzerArn": rule.analyzer_arn,
        "filter": {key: _criterion_document(one) for key, one in rule.criteria.items()},
        "owner": rule.owner,
        "reason": rule.reason,
        "createdAt": format_time(rule.created_at),
        "updatedAt": format_time(rule.updated_at),
        "expiresAt": None if rule.expires_at is None else format_time(rule.expires_at),
        "hidesPublic": rule.hides_public,
    }


def _change(store: FindingStore, ids: Iterable[str], decide: Callable[[Known], Iterable[Change]]) -> list[Change]:
    """Change findings by the beginnings of their ids, all of which are looked up before any is changed."""
    by_analyzer: dict[str, set[str]] = {}
    for prefix in ids:
        finding = store.finding(prefix)
        by_analyzer.setdefault(finding.analyzer_arn, set()).add(finding.id)
    return [
        change
        for analyzer, chosen in by_analyzer.items()
        for change in store.change(FindingFilter(analyzer, ids=frozenset(chosen)), decide)
    ]


def _apply(store: FindingStore, rule: ArchiveRule, now: datetime) -> tuple[Change, ...]:
    def decide(known: Known) -> Iterable[Change]:
        return apply_rule(rule, known.findings, now=now)

    return store.change(FindingFilter(rule.analyzer_arn, statuses=frozenset({Status.ACTIVE})), decide)


def _analyzer(store: FindingStore, named: str | None) -> str:
    known = [one.arn for one in store.analyzers()]
    match known, named:
        case _, str():
            return named
        case [only], None:
            return only
        case [], None:
            raise click.UsageError("no scan is stored yet; begin with `sekisho scan`")
        case _:
            raise click.UsageError(f"there are several analyzers; name one with --analyzer: {', '.join(known)}")


def _tell(changes: Sequence[Change], asked: int, done: str, wanted: str) -> ExitStatus:
    output = Output()
    output.note(Text(f"{_findings(len(changes))} {done}"))
    if left := asked - len(changes):
        output.note(Text(f"{_findings(left)} left as before: not {wanted}", "yellow"))
    return ExitStatus.DONE


def _findings(count: int) -> str:
    return "1 finding" if count == 1 else f"{count} findings"


def _history_document(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": format_time(entry.at),
        "kind": entry.kind.value,
        "statusBefore": None if entry.before is None else entry.before.value,
        "status": entry.after.value,
        "by": entry.by,
        "reason": entry.reason,
    }


def _criterion_document(criterion: Criterion) -> dict[str, Any]:
    lists = {"eq": criterion.eq, "neq": criterion.neq, "contains": criterion.contains}
    found: dict[str, Any] = {name: list(values) for name, values in lists.items() if values is not None}
    return found if criterion.exists is None else {**found, "exists": criterion.exists}


def _in_words(rule: ArchiveRule) -> str:
    told: list[str] = []
    for key, one in rule.criteria.items():
        for words, values in (("is", one.eq), ("is not", one.neq), ("contains", one.contains)):
            if values is not None:
                told.append(f"{key} {words} {' or '.join(values)}")
        if one.exists is not None:
            told.append(f"{key} {'is there' if one.exists else 'is missing'}")
    return "; ".join(told)


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else moment.strftime("%Y-%m-%d")


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table


def _now() -> datetime:
    return to_the_millisecond(datetime.now(UTC))
