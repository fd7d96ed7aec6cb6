"""From an event to its alerts: which rules it matches, and what each target is told of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from sekisho.alerts.alert import Alert, IncomingEvent, alert_id
from sekisho.alerts.gathering import TitleOf
from sekisho.alerts.message import Entry, Text
from sekisho.alerts.messages import Template, Wording, Written, as_written, describe, gather
from sekisho.alerts.patterns import Event, EventError, PatternIndex, parse_event
from sekisho.alerts.rules import Rule, Words, common_key, identity_key
from sekisho.resources.json_values import is_object

_LONGEST_KEY: Final = 200
"""How long a key may be before a digest stands in its place."""


class RuleBook:
    """Rules in their order, and how their targets read. Safe to share between threads."""

    def __init__(
        self, rules: Sequence[Rule], readers: Mapping[str, Wording], merging: frozenset[str] = frozenset()
    ) -> None:
        """Take the rules.

        Args:
            rules: of an event, a target hears through the first that matches and tells it.
            readers: how each target reads, by its name; every target of a rule is among them.
            merging: the names of targets that keep one alert of their own for each key, such as PagerDuty: what they
                hear of one finding is not gathered with what they hear of another, or it could not be resolved.
        """
        self._rules = {rule.name: rule for rule in rules}
        self._readers = readers
        self._merging = merging
        self._index = PatternIndex({rule.name: rule.pattern for rule in rules})

    def matching(self, event: Event) -> tuple[Rule, ...]:
        """Return the rules that an event matches, in their order."""
        return tuple(self._rules[name] for name in self._index.matching(event))

    def alerts_of(self, event: IncomingEvent, *, now: datetime) -> tuple[Alert, ...]:
        """Return what targets are to hear of an event; empty where no rule is about it.

        Args:
            event: one that came in, or that tells of a finding.
            now: UTC.
        """
        try:
            parsed = parse_event(event.envelope)
        except EventError:
            return ()  # no rule can be about it
        rule_of = self.rule_of_targets(parsed)
        if not rule_of:
            return ()
        telling = Telling(event, parsed, now)
        return tuple(
            telling.alert(rule, target, self._readers[target], is_merging=target in self._merging)
            for target, rule in rule_of.items()
        )

    def rule_of_targets(self, event: Event) -> dict[str, Rule]:
        """Return through which rule each target hears of an event; empty where nobody does."""
        rule_of: dict[str, Rule] = {}
        for rule in self.matching(event):
            for target in rule.targets:
                rule_of.setdefault(target, rule)
        return rule_of

    def title_of(self, target: str) -> TitleOf:
        """Return what makes the titles of a target's messages of several alerts."""
        language = self._readers[target].language

        def title(rule: str, entries: Sequence[Entry], omitted: int) -> Text:
            known = self._rules.get(rule)
            if known is None:  # it is gone from the settings, and what it found has still to be told
                return gather(entries, title=rule, language=language, omitted=omitted)
            words = known.words_in(language)
            return gather(entries, title=words.title, language=language, gathered=words.gathered, omitted=omitted)

        return title


class Telling:
    """One event, on its way to its targets."""

    def __init__(self, event: IncomingEvent, parsed: Event, now: datetime) -> None:
        """Take an event, as it came in and as it was parsed; and the time, UTC."""
        document: Any = json.loads(event.envelope)
        self._event = event
        self._parsed = parsed
        self._document: Mapping[str, Any] = document if is_object(document) else {}
        self._now = now

    def alert(self, rule: Rule, target: str, reader: Wording, *, is_merging: bool = False) -> Alert:
        """Return what one target is to hear of it through a rule that matches."""
        severity = rule.severities.of(self._parsed, self._document)
        words = rule.words_in(reader.language)
        wording = msgspec.structs.replace(reader, rule=rule.name, title=words.title, severity=severity)
        due_at = rule.timing.due_at(self._now, severity)
        entry = describe(
            self._document,
            self._event.envelope,
            self._said(rule, words),
            wording,
            event_id=self._event.id,
            at=self._event.at,
        )
        return Alert(
            id=alert_id(self._event.id, target),
            target=target,
            rule=rule.name,
            severity=severity,
            group=self._group(rule, is_merging=is_merging) + self._put_off(rule, due_at),
            order=_short(identity_key(self._document, rule.keys.order_by)),
            dedup_key=self._dedup_key(rule),
            due_at=due_at,
            entry=entry,
            is_late=self._event.is_late,
            is_resolved=rule.is_resolution,
        )

    def _said(self, rule: Rule, words: Words) -> Template | Written:
        """Return what is to be said: by a template, or what a transformer has made, unless that came to nothing."""
        if isinstance(words.template, Template):
            return words.template
        filled = words.template.fill(self._parsed, rule_name=rule.name, rule_arn="", ingestion_time=self._now)
        return Written(()) if filled is None else as_written(words.title, _without_quotes(filled))

    def _dedup_key(self, rule: Rule) -> str:
        return _short(identity_key(self._document, rule.keys.dedup_by)) or self._event.id

    def _group(self, rule: Rule, *, is_merging: bool) -> str:
        return self._dedup_key(rule) if is_merging else _short(common_key(self._document, rule.keys.group_by))

    def _put_off(self, rule: Rule, due_at: datetime) -> str:
        """Return what keeps an alert that is put off apart from those that are not: it may hold none of them up."""
        return f" {due_at.isoformat()}" if due_at > self._now + rule.timing.wait else ""


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()


def _without_quotes(filled: str) -> str:
    """Return the text that a transformer has made, and JSON of another kind as it is."""
    made: object = json.loads(filled)
    return made if isinstance(made, str) else filled
