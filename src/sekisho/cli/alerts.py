"""`alerts`: which rules there are, what they say of an event, and what could not be delivered."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click
import msgspec
from rich.table import Table
from rich.text import Text

from sekisho.alerts.alert import Alert, IncomingEvent
from sekisho.alerts.channels import open_channel
from sekisho.alerts.configuration import Configuration, parse_configuration
from sekisho.alerts.errors import AlertsError, DeliveryError, RuleError, TargetError
from sekisho.alerts.gathering import Addressee, form_message
from sekisho.alerts.message import Text as Told
from sekisho.alerts.messages import Wording
from sekisho.alerts.patterns import hints, parse_event
from sekisho.alerts.rulebook import RuleBook, Telling
from sekisho.alerts.rules import Rule
from sekisho.alerts.store import AlertStore, MessageState, QueuedMessage
from sekisho.alerts.timing import format_rate
from sekisho.cli.escape import plain
from sekisho.cli.event_files import read_events
from sekisho.cli.output import Output, show_documents
from sekisho.cli.settings import ALERTS, SettingsError, read_toml
from sekisho.cli.status import ExitStatus
from sekisho.collectors.events import envelope_of_record, incoming
from sekisho.findings import format_time as format_utc
from sekisho.wiring import open_alert_store

RULE_COLUMNS: Final = ("rule", "enabled", "severity", "targets", "wait", "rate", "quietHours", "shipped")
DEAD_COLUMNS: Final = ("id", "target", "rule", "severity", "title", "createdAt", "endedAt", "attempts", "error")


def read_configuration(file: Path | None) -> Configuration:
    """Return what the table `[alerts]` of a settings file says; without one, nobody is told.

    Raises:
        SettingsError: something in it cannot be used; the message names the file.
    """
    table: object = {} if file is None else read_toml(file)[1].get(ALERTS, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: write `[{ALERTS}]` as a table")
    try:
        return parse_configuration(table)  # pyright: ignore[reportUnknownArgumentType] - every part of it is checked
    except AlertsError as error:
        raise SettingsError(f"{file}: {error}") from error


def list_rules(configuration: Configuration, *, output_format: str) -> ExitStatus:
    """Print the rules, in the order in which a target hears of an event through the first."""
    output = Output()
    documents = [
        *map(_rule_document, configuration.rules),
        *({"rule": name, "enabled": False} for name in configuration.off),
    ]
    table = _table("rule", "severity", "tells", "when")
    for rule in configuration.rules:
        table.add_row(
            rule.name, _usual_severity(rule), plain(", ".join(rule.targets)) or "nobody", rule.timing.in_words()
        )
    for name in configuration.off:
        table.add_row(name, "", "off", "", style="dim")
    show_documents(output, documents, columns=RULE_COLUMNS, table=table, output_format=output_format)
    for rule in configuration.rules:
        for hint in hints(rule.pattern):
            output.note(Text(plain(f"{rule.name}: {hint}"), "yellow"))
    note_nobody(output, configuration)
    return ExitStatus.DONE


def send(configuration: Configuration, target: str, *, file: str | None, rule: str | None) -> ExitStatus:
    """Send a target what it would hear of events, for real; without events, a greeting."""
    output = Output()
    if target not in configuration.targets:
        known = ", ".join(configuration.targets) or "none is in the settings"
        raise TargetError(f"there is no target `{target[:80]}`; there are: {known}")
    channel = open_channel(configuration.targets[target])
    reader = configuration.readers[target]
    book = RuleBook(chosen_rules(configuration, rule), configuration.readers)
    events = [_greeting()] if file is None else list(read_events(file))
    alerts = [alert for event in events for alert in _alerts_for(book, event, target, reader)]
    if not alerts:
        output.note(Text(f"no rule matches {'it' if len(events) == 1 else 'any of them'}; nothing was sent", "yellow"))
        return ExitStatus.FAILED
    addressee = Addressee(target, reader.language, reader.timezone)
    for alert in alerts:
        fresh = msgspec.structs.replace(alert, id=str(uuid4()))
        try:
            channel.send(form_message([fresh], addressee, book.title_of(target)).message)
        except DeliveryError as error:
            output.note(Text(plain(str(error)), "red"))
            return ExitStatus.FAILED
    output.note(Text(f"{len(alerts)} {'message' if len(alerts) == 1 else 'messages'} sent to {plain(channel.place)}"))
    return ExitStatus.DONE


def _alerts_for(book: RuleBook, event: IncomingEvent, target: str, reader: Wording) -> Iterator[Alert]:
    """Yield what a target hears of an event through the first rule that matches, whomever that tells."""
    parsed = parse_event(event.envelope)
    for rule in book.matching(parsed)[:1]:
        yield Telling(event, parsed, datetime.now(UTC)).alert(rule, target, reader)


def _greeting() -> IncomingEvent:
    """Return an event that nobody has made: somebody called `example` makes an access key."""
    now = datetime.now(UTC)
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    person = {
        "type": "IAMUser", "userName": "example", "accountId": "111122223333", "principalId": "AIDAEXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/example",
    }  # fmt: skip
    key = {"accessKeyId": "AKIAEXAMPLE", "status": "Active", "userName": "example"}
    record = {
        "eventVersion": "1.11", "eventID": str(uuid4()), "eventType": "AwsApiCall", "eventTime": at,
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": "us-east-1",
        "userIdentity": person, "sourceIPAddress": "192.0.2.1", "userAgent": "a test of sekisho; nothing happened",
        "recipientAccountId": "111122223333", "requestParameters": {"userName": "example"},
        "responseElements": {"accessKey": key},
    }  # fmt: skip
    return incoming(envelope_of_record(json.dumps(record)), "test", now)


def list_dead(*, target: str | None, database: str | None, output_format: str) -> ExitStatus:
    """Print what could not be delivered."""
    output = Output()
    with open_alert_store(database) as store:
        dead = store.dead(target=target)
    table = _table("id", "target", "what", "since", "why")
    for one in dead:
        message = one.message
        table.add_row(
            message.id[:8], plain(message.target), plain(_line(message.title)), format_utc(one.created_at),
            plain(one.last_error or ""),
        )  # fmt: skip
    documents = [_dead_document(one) for one in dead]
    show_documents(output, documents, columns=DEAD_COLUMNS, table=table, output_format=output_format)
    return ExitStatus.DONE


def resend(ids: Sequence[str], *, everything: bool, target: str | None, database: str | None) -> ExitStatus:
    """Have what could not be delivered wait again; a running server, or the next one, sends it."""
    if bool(ids) == everything:
        raise click.UsageError("name messages by their ids, or say --all")
    with open_alert_store(database) as store:
        chosen = [one.message.id for one in store.dead(target=target)] if everything else _find_dead(store, ids)
        count = store.resend(chosen, now=datetime.now(UTC))
    Output().note(
        Text(f"{count} {'message waits' if count == 1 else 'messages wait'} again for `sekisho serve` to send")
    )
    return ExitStatus.DONE


def _find_dead(store: AlertStore, prefixes: Sequence[str]) -> list[str]:
    found: list[str] = []
    for prefix in prefixes:
        matching = store.find(prefix, state=MessageState.DEAD)
        if len(matching) != 1:
            problem = "begins several ids; write more of it" if matching else "is no message that is dead"
            raise AlertsError(f"`{prefix[:80]}` {problem}; `sekisho alerts dead list` shows them")
        found.append(matching[0].message.id)
    return found


# --- in words


def chosen_rules(configuration: Configuration, name: str | None) -> Sequence[Rule]:
    """Return the rule of a name, or all of them.

    Raises:
        RuleError: there is none of this name that is on.
    """
    rules = [one for one in configuration.rules if name in {None, one.name}]
    if not rules:
        raise RuleError(f"there is no rule `{str(name)[:80]}` that is on; `sekisho alerts rules` lists them")
    return rules


def note_nobody(output: Output, configuration: Configuration) -> None:
    """Say what is missing where nobody is told of anything."""
    if not configuration.targets:
        output.note(Text("nobody is told yet: name a target in a table [[alerts.target]] of sekisho.toml", "yellow"))


def _rule_document(rule: Rule) -> dict[str, Any]:
    timing = rule.timing
    return {
        "rule": rule.name,
        "enabled": True,
        "severity": _usual_severity(rule),
        "targets": list(rule.targets),
        "wait": timing.wait.total_seconds(),
        "rate": None if timing.rate is None else format_rate(timing.rate),
        "quietHours": None if timing.quiet_hours is None else timing.quiet_hours.in_words(),
        "shipped": rule.is_shipped,
        "pattern": json.loads(rule.pattern.text),
    }


def _usual_severity(rule: Rule) -> str:
    return "as the finding" if rule.severities.at else rule.severities.usual.name


def _line(told: Told) -> str:
    return "".join(one if isinstance(one, str) else format_utc(one.at) for one in told)


def _dead_document(one: QueuedMessage) -> dict[str, Any]:
    message = one.message
    return {
        "id": message.id,
        "target": message.target,
        "rule": message.rule,
        "severity": message.severity.name,
        "title": _line(message.title),
        "createdAt": format_utc(one.created_at),
        "endedAt": None if one.ended_at is None else format_utc(one.ended_at),
        "attempts": one.attempts,
        "error": one.last_error,
    }


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
