"""The shipped rules as they are written, and what of them needs no pattern to be matched."""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from sekisho.alerts.messages import LANGUAGES, LanguageError, Texts, acts_on_another
from sekisho.analyzers.observation import Severity

ORDER: Final = (
    "logging-stopped",
    "intake-cut",
    "intake-silent",
    "event-not-judged",
    "access-key-created",
    "login-profile-set",
    "mfa-deactivated",
    "root-activity",
    "console-login-without-mfa",
    "federation-changed",
    "powerful-policy-attached",
    "boundary-removed",
    "organization-left",
    "certificates-trusted",
    "other-credential-created",
    "password-policy-changed",
    "user-changed",
    "group-joined",
    "access-key-changed",
    "root-session-assumed",
    "finding-public",
    "access-opened",
    "finding-returned",
    "finding-new",
    "credential-finding-new",
    "finding-resolved",
    "credential-finding-resolved",
)
"""The names of the rules, in the order in which they are asked: the first that matches tells of an event.

What says most comes first. A call of root that has a rule of its own is told by that rule, which rates it for root; the
rules that are less than `root-activity` come after it.
"""


class RuleWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule says in one language.

    Attributes:
        about: what it is about, as a title.
        gathered: what many events of it are called together; `{count}` is their number.
        title: see `Texts`.
    """

    about: str
    gathered: str
    title: str
    text: str = ""
    advice: str = ""

    @property
    def texts(self) -> Texts:
        """The template of its messages."""
        return Texts(self.title, self.text, self.advice)


class SeverityOverride(msgspec.Struct, frozen=True):
    """A severity other than the rule's, and when it holds: when all holds that is asked for.

    Attributes:
        severity: then.
        when: the same in English words, for documentation.
        pattern: an event pattern as JSON text; empty for any event.
        by_another: whether the call has to be made by somebody else than the user that it is made on, which no pattern
            can say.
    """

    severity: Severity
    when: str
    pattern: str = ""
    by_another: bool = False


class ShippedRule(msgspec.Struct, frozen=True):
    """A rule that comes with Sekisho.

    Attributes:
        name: as it is switched on and off by.
        pattern: an event pattern, as JSON text without blanks.
        severity: where nothing else says another one.
        severity_at: the path in an event that has its severity; empty for none.
        overrides: the first that holds sets the severity.
        group_by: paths in the event; alerts that have the same there may become one message.
        order_by: paths in the event; messages that have the same there are sent in order.
        dedup_by: paths in the event; alerts that have the same there are about the same thing.
        wait: how long an alert waits for others of its group.
        is_on: whether it is on unless somebody switches it off.
        is_resolution: whether it tells that something is over.
        words: by language.
    """

    name: str
    pattern: str
    severity: Severity
    severity_at: str
    overrides: tuple[SeverityOverride, ...]
    group_by: tuple[str, ...]
    order_by: tuple[str, ...]
    dedup_by: tuple[str, ...]
    wait: timedelta
    is_on: bool
    is_resolution: bool
    words: Mapping[str, RuleWords]


@cache
def shipped_rules() -> tuple[ShippedRule, ...]:
    """Return the rules, in the order in which they are asked."""
    return tuple(_read(name) for name in ORDER)


def severity_of(rule: ShippedRule, event: Mapping[str, Any], matches: Callable[[str], bool]) -> Severity:
    """Return how much an event matters that a rule has matched.

    Args:
        rule: it.
        event: in its envelope.
        matches: says whether the event matches a pattern, given as JSON text.
    """
    for override in rule.overrides:
        if (not override.pattern or matches(override.pattern)) and (not override.by_another or acts_on_another(event)):
            return override.severity
    told = _text_at(event, rule.severity_at) if rule.severity_at else ""
    return Severity[told] if told in Severity.__members__ else rule.severity


def key_of(event: Mapping[str, Any], paths: Sequence[str]) -> str:
    """Return what an event has at some paths, as one text: equal for events that have the same there.

    Args:
        event: in its envelope.
        paths: of texts or numbers, such as `detail.eventID`; what is not there counts as empty.
    """
    return json.dumps([_text_at(event, path)[:_LONGEST_KEY] for path in paths], ensure_ascii=True)


def default_texts(language: str) -> Texts:
    """Return the template for a rule that brings none.

    Raises:
        LanguageError: there are no words in the language.
    """
    if language not in LANGUAGES:
        raise LanguageError(language, LANGUAGES)
    return _defaults()[language]


_LONGEST_KEY: Final = 300


def _text_at(event: object, path: str) -> str:
    for name in path.split("."):
        event = event.get(name) if isinstance(event, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON of any shape
    return str(event) if isinstance(event, str | int) else ""


class _RaiseFile(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    severity: str
    when: str
    pattern: str = ""
    by_another: bool = False


class _RuleFile(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """A file of a rule; a language that is missing cannot be read."""

    severity: str
    pattern: str
    on: bool
    wait: timedelta
    group_by: tuple[str, ...]
    order_by: tuple[str, ...]
    dedup_by: tuple[str, ...]
    en: RuleWords
    ja: RuleWords
    severity_at: str = ""
    resolves: bool = False
    raises: tuple[_RaiseFile, ...] = msgspec.field(name="raise", default=())


def _read(name: str) -> ShippedRule:
    text = files("sekisho.alerts.shipped").joinpath(f"data/{name}.toml").read_text("utf-8")
    told = msgspec.convert(tomllib.loads(text), _RuleFile)
    return ShippedRule(
        name=name,
        pattern=_compact(told.pattern),
        severity=Severity[told.severity],
        severity_at=told.severity_at,
        overrides=tuple(
            SeverityOverride(Severity[one.severity], one.when, _compact(one.pattern), one.by_another)
            for one in told.raises
        ),
        group_by=told.group_by,
        order_by=told.order_by,
        dedup_by=told.dedup_by,
        wait=told.wait,
        is_on=told.on,
        is_resolution=told.resolves,
        words={language: getattr(told, language) for language in LANGUAGES},
    )


def _compact(pattern: str) -> str:
    return json.dumps(json.loads(pattern), separators=(",", ":")) if pattern else ""


@cache
def _defaults() -> Mapping[str, Texts]:
    text = files("sekisho.alerts.shipped").joinpath("default.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Texts])
