"""`alerts test`: which rules match events, what they say of them, and why the nearest does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import click
import msgspec
from rich.text import Text

from sekisho.alerts.alert import Alert, IncomingEvent
from sekisho.alerts.configuration import Configuration
from sekisho.alerts.message import Text as Told
from sekisho.alerts.messages import Wording, format_time, words_of
from sekisho.alerts.patterns import EventError, Miss, nearest_misses, parse_event
from sekisho.alerts.rulebook import RuleBook, Telling
from sekisho.alerts.rules import Rule
from sekisho.cli.alerts import chosen_rules, note_nobody
from sekisho.cli.escape import plain
from sekisho.cli.event_files import read_events
from sekisho.cli.output import Output, show_documents
from sekisho.cli.status import ExitStatus
from sekisho.findings import format_time as format_utc

TEST_COLUMNS: Final = ("event", "rule", "matches", "severity", "targets", "dueAt", "title", "text", "advice", "why")


def test(
    configuration: Configuration, file: str, *, rule: str | None, language: str | None, output_format: str
) -> ExitStatus:
    """Say which rules match events, what they would say, and of those that do not, which came closest."""
    output = Output()
    rules = chosen_rules(configuration, rule)
    book = RuleBook(rules, configuration.readers)
    reader = _reader(configuration, language)
    tested = [_test(book, rules, reader, event) for event in read_events(file)]
    if output_format == "table":
        for one in tested:
            output.show(*one.shown())
    else:
        documents = [document for one in tested for document in one.documents()]
        show_documents(output, documents, columns=TEST_COLUMNS, table="", output_format=output_format)
    if not tested:
        output.note(Text("there is no event in it", "yellow"))
    note_nobody(output, configuration)
    return ExitStatus.DONE


@dataclass(frozen=True, slots=True)
class _Tested:
    """What rules say of one event."""

    event: IncomingEvent
    alerts: Sequence[tuple[Rule, Alert, Sequence[str]]]
    nearest: tuple[str, Miss] | None
    timezone: str

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield a JSON object for each rule that matches, and one for the nearest of the others."""
        for rule, alert, targets in self.alerts:
            entry = alert.entry
            yield {
                "event": self.event.id,
                "rule": rule.name,
                "matches": True,
                "severity": alert.severity.name,
                "targets": list(targets),
                "dueAt": format_utc(alert.due_at),
                "title": self._text(entry.title),
                "text": self._text(entry.text),
                "advice": self._text(entry.advice),
                "facts": {fact.label: self._text(fact.value) for fact in entry.facts},
                "links": {link.label: link.url for link in entry.links},
            }
        if self.nearest is not None:
            name, miss = self.nearest
            yield {"event": self.event.id, "rule": name, "matches": False, "why": str(miss)}

    def shown(self) -> Iterator[Text]:
        """Yield the same for people."""
        yield Text(plain(f"{self.event.id}, {format_time(self.event.at, self.timezone)}"), "bold")
        for rule, alert, targets in self.alerts:
            tells = f"tells {', '.join(targets)}" if targets else "tells nobody"
            yield Text(plain(f"  {rule.name} matches, {alert.severity.name}, {tells}"), "green")
            yield from (Text(f"    {line}") for line in self._lines(alert))
        if not self.alerts:
            yield Text("  no rule matches", "yellow")
        if self.nearest is not None:
            name, miss = self.nearest
            first, *rest = str(miss).splitlines()
            others = " of the others" if self.alerts else ""
            yield Text(plain(f"  nearest{others}: {name}, {first}"))
            yield from (Text(f"  {plain(line)}") for line in rest)

    def _lines(self, alert: Alert) -> Iterator[str]:
        entry = alert.entry
        yield from map(plain, self._text(entry.title).splitlines())
        yield from (f"{plain(fact.label)}: {plain(self._text(fact.value))}" for fact in entry.facts)
        yield from (plain(line) for text in (entry.text, entry.advice) for line in self._text(text).splitlines())

    def _text(self, told: Told) -> str:
        return "".join(one if isinstance(one, str) else format_time(one.at, self.timezone) for one in told)


def _test(book: RuleBook, rules: Sequence[Rule], reader: Wording, event: IncomingEvent) -> _Tested:
    try:
        parsed = parse_event(event.envelope)
    except EventError as error:
        raise click.UsageError(str(error)) from error
    matching = book.matching(parsed)
    heard = book.rule_of_targets(parsed)
    telling = Telling(event, parsed, datetime.now(UTC))
    alerts = [
        (rule, telling.alert(rule, "test", reader), [name for name, one in heard.items() if one is rule])
        for rule in matching
    ]
    missed = {rule.name: rule.pattern for rule in rules if rule not in matching}
    nearest = [(one.name, one.miss) for one in nearest_misses(missed, parsed, limit=1)]
    return _Tested(event, alerts, nearest[0] if nearest else None, reader.timezone)


def _reader(configuration: Configuration, language: str | None) -> Wording:
    first = next(iter(configuration.readers.values()), configuration.usual)
    if language is None:
        return first
    words_of(language)
    return msgspec.structs.replace(first, language=language)
