"""The table `[alerts]` of a settings file: who is told, of what, in which words, how fast."""

import json
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final, get_args

import msgspec

from sekisho.alerts.channels import ChannelSettings, PagerDutySettings, SecurityHubSettings
from sekisho.alerts.errors import AlertsError, RuleError, TargetError
from sekisho.alerts.gathering import Rate
from sekisho.alerts.messages import LANGUAGES, Template, Texts, Wording, words_of, zone_of
from sekisho.alerts.patterns import parse_pattern
from sekisho.alerts.rules import Keys, Raise, Rule, Severities, Words
from sekisho.alerts.shipped import ShippedRule, default_texts, shipped_rules
from sekisho.alerts.timing import DAYS, QuietHours, Timing, parse_duration, parse_hours, parse_rate
from sekisho.alerts.transformers import Transformer, parse_transformer
from sekisho.analyzers.observation import Severity

SHIPPED_RATE: Final = Rate(10, timedelta(minutes=1))
"""How many messages of a shipped rule a target gets, unless something else is said."""

OF_FINDINGS: Final = "detail.sekisho.severity"
"""Where an event of a finding has its severity."""

_TYPES: Final = tuple(str(one.__struct_config__.tag) for one in get_args(ChannelSettings))
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PATH: Final = re.compile(r"[^\s.]+(\.[^\s.]+)*")


class QuietSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """`quiet-hours` as people write them.

    Attributes:
        hours: such as `22:00-07:00`.
        timezone: an IANA name; that of all alerts where it is left out.
        days: on which they begin, such as `mon`.
        spares: how severe an alert has to be to be told nevertheless; `none` where nothing is.
    """

    hours: str
    timezone: str | None = None
    days: tuple[str, ...] = DAYS
    spares: str = "CRITICAL"


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What may be said of a rule of one's own, and of a shipped one. What is left out stays as it is.

    Attributes:
        targets: the names of those who are told.
        severity: such as `HIGH`.
        title: the template of the one line.
        text: the template of what follows.
        advice: the template of what to do.
        group_by: paths in the event; alerts that have the same there become one message.
        wait: how long the first of them waits for others, such as `60s`.
        rate: how many messages a target gets in a time, such as `10/1h`; `none` for as many as there are.
        quiet_hours: when rather not.
    """

    targets: tuple[str, ...] | None = None
    severity: str | None = None
    title: str | None = None
    text: str | None = None
    advice: str | None = None
    group_by: tuple[str, ...] | None = None
    wait: str | None = None
    rate: str | None = None
    quiet_hours: QuietSettings | None = None


class RuleSettings(Manner, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table `[[alerts.rule]]`.

    Attributes:
        name: of one's own choice.
        pattern: an EventBridge event pattern: JSON text, or a table.
        about: what it is about, as a title; the name where it is left out.
        input_template: with `input-paths`, an EventBridge input transformer in place of templates.
    """

    name: str
    pattern: str | dict[str, Any]
    about: str | None = None
    input_template: str | None = None
    input_paths: dict[str, str] = {}


class ShippedSettings(Manner, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table `[alerts.shipped.NAME]`.

    Attributes:
        enabled: whether the rule is asked.
    """

    enabled: bool | None = None


class AlertsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The table `[alerts]`.

    Attributes:
        language: of the words, unless a target has its own.
        timezone: for times, unless a target has its own.
        console_url: where people open our console.
        accounts: names for accounts, by their ids.
        targets: who is told by rules that do not say; every target where it is left out.
        quiet_hours: of every rule without its own.
        target: the tables `[[alerts.target]]`.
        rule: the tables `[[alerts.rule]]`.
        shipped: the tables `[alerts.shipped.NAME]`.
    """

    language: str = "en"
    timezone: str = "UTC"
    console_url: str = ""
    accounts: dict[str, str] = {}
    targets: tuple[str, ...] | None = None
    quiet_hours: QuietSettings | None = None
    target: tuple[ChannelSettings, ...] = ()
    rule: tuple[RuleSettings, ...] = ()
    shipped: dict[str, ShippedSettings] = {}


@dataclass(frozen=True, slots=True)
class Configuration:
    """The table, understood.

    Attributes:
        targets: who is told, by name.
        readers: how each of them reads.
        rules: one's own, then the shipped ones; a target hears of an event through the first.
        usual: how those read who are told nothing else.
        off: the names of shipped rules that are not asked.
    """

    targets: Mapping[str, ChannelSettings]
    readers: Mapping[str, Wording]
    rules: tuple[Rule, ...]
    usual: Wording
    off: tuple[str, ...] = ()

    @property
    def merging(self) -> frozenset[str]:
        """The names of targets that keep one alert of their own for each key."""
        kinds = (PagerDutySettings, SecurityHubSettings)
        return frozenset(name for name, one in self.targets.items() if isinstance(one, kinds))

    @property
    def rates(self) -> dict[str, Rate]:
        """How often rules may speak to a target, by their names."""
        return {rule.name: rule.timing.rate for rule in self.rules if rule.timing.rate is not None}


def parse_configuration(table: Mapping[str, object]) -> Configuration:
    """Return what the table `[alerts]` says; an empty one tells nobody.

    Raises:
        AlertsError: something in it cannot be used; the message names the target or the rule.
    """
    with _named("`[alerts]`"):
        settings = msgspec.convert(dict(table), AlertsSettings)
        words_of(settings.language)
        zone_of(settings.timezone)
        if settings.console_url and not settings.console_url.startswith(("https://", "http://")):
            raise RuleError(f"`console-url` is `{settings.console_url[:80]}`; write a URL, `https://...`")
    targets = dict(_targets(settings))
    making = _Making(settings, tuple(targets))
    shipped = list(making.shipped())
    names = [rule.name for rule in (*making.own(), *shipped)]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise RuleError(f"there are two rules `{repeated}`; give one of them another name")
    return Configuration(
        targets,
        {name: _reader(one, settings) for name, one in targets.items()},
        (*making.own(), *shipped),
        Wording(settings.language, settings.timezone, settings.accounts, settings.console_url),
        tuple(one.name for one in shipped_rules() if one.name not in names),
    )


def _targets(settings: AlertsSettings) -> Iterator[tuple[str, ChannelSettings]]:
    known: set[str] = set()
    names = {one.name for one in settings.target}
    for one in settings.target:
        with _named(f"the target `{one.name[:80]}`", TargetError):
            _check_name(one.name)
            if one.name in known:
                raise TargetError("there is another one of this name")
            if one.fallback is not None and (one.fallback not in names or one.fallback == one.name):
                raise TargetError(f"its fallback `{one.fallback[:80]}` is no other target")
            words_of(one.language or settings.language)
            zone_of(one.timezone or settings.timezone)
        known.add(one.name)
        yield one.name, one


def _reader(target: ChannelSettings, settings: AlertsSettings) -> Wording:
    return Wording(
        language=target.language or settings.language,
        timezone=target.timezone or settings.timezone,
        accounts=settings.accounts,
        console_url=settings.console_url,
    )


class _Making:
    """Makes rules of what is written of them, and of what holds for all."""

    def __init__(self, settings: AlertsSettings, targets: tuple[str, ...]) -> None:
        self._settings = settings
        self._known = targets
        with _named("`[alerts]`"):
            self._everyone = self._who(settings.targets, targets)
            self._quiet = None if settings.quiet_hours is None else self._quiet_hours(settings.quiet_hours)

    def own(self) -> Iterator[Rule]:
        """Make the rules of one's own."""
        for one in self._settings.rule:
            with _named(f"the rule `{one.name[:80]}`"):
                yield self._own(one)

    def shipped(self) -> Iterator[Rule]:
        """Make the shipped rules that are asked."""
        known = {one.name: one for one in shipped_rules()}
        for name in self._settings.shipped:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean `{near[0]}`?" if near else "`sekisho alerts rules` lists them"
                raise RuleError(f"there is no shipped rule `{name[:80]}`; {hint}")
        for one in known.values():
            said = self._settings.shipped.get(one.name, ShippedSettings())
            if not one.is_on and said.enabled is None and said != ShippedSettings():
                raise RuleError(f"the shipped rule `{one.name}` is off; add `enabled = true`, or leave it out")
            if one.is_on if said.enabled is None else said.enabled:
                with _named(f"the shipped rule `{one.name}`"):
                    yield self._shipped(one, said)

    def _own(self, one: RuleSettings) -> Rule:
        _check_name(one.name)
        severities = Severities(Severity.MEDIUM, at=OF_FINDINGS)
        return Rule(
            name=one.name,
            pattern=parse_pattern(one.pattern if isinstance(one.pattern, str) else json.dumps(one.pattern)),
            severities=severities if one.severity is None else Severities(_severity(one.severity)),
            words=self._own_words(one),
            targets=self._who(one.targets, self._everyone),
            keys=self._keys(one, Keys()),
            timing=self._timing(one, Timing()),
        )

    def _own_words(self, one: RuleSettings) -> dict[str, Words]:
        about = one.about or one.name
        if one.input_paths and one.input_template is None:
            raise RuleError("it has `input-paths` without an `input-template`; write one, or leave the paths out")
        if one.input_template is not None:
            if one.title or one.text or one.advice:
                raise RuleError("it has `input-template` and a template of its own; leave one of them out")
            transformer: Transformer = parse_transformer(one.input_paths, one.input_template)
            return {"": Words(about, transformer)}
        if one.title is None and one.text is None and one.advice is None:
            texts = {language: default_texts(language) for language in LANGUAGES}
            return {language: Words(about, Template(one.name, text)) for language, text in texts.items()}
        usual = default_texts(self._settings.language)
        return {"": Words(about, Template(one.name, Texts(one.title or usual.title, one.text or "", one.advice or "")))}

    def _shipped(self, one: ShippedRule, said: ShippedSettings) -> Rule:
        raises = tuple(
            Raise(other.severity, parse_pattern(other.pattern) if other.pattern else None, other.by_another)
            for other in one.overrides
        )
        severities = Severities(one.severity, raises, one.severity_at)
        return Rule(
            name=one.name,
            pattern=parse_pattern(one.pattern),
            severities=severities if said.severity is None else Severities(_severity(said.severity)),
            words={language: self._shipped_words(one, said, language) for language in one.words},
            targets=self._who(said.targets, self._everyone),
            keys=self._keys(said, Keys(one.group_by, one.order_by, one.dedup_by)),
            timing=self._timing(said, Timing(one.wait, SHIPPED_RATE)),
            is_resolution=one.is_resolution,
            is_shipped=True,
        )

    def _shipped_words(self, one: ShippedRule, said: ShippedSettings, language: str) -> Words:
        words = one.words[language]
        texts = Texts(
            words.title if said.title is None else said.title,
            words.text if said.text is None else said.text,
            words.advice if said.advice is None else said.advice,
        )
        return Words(words.about, Template(one.name, texts), words.gathered)

    def _who(self, names: Sequence[str] | None, usual: tuple[str, ...]) -> tuple[str, ...]:
        if names is None:
            return usual
        for name in names:
            if name not in self._known:
                near = get_close_matches(name, self._known, n=1)
                hint = f"; did you mean `{near[0]}`?" if near else ""
                raise RuleError(f"there is no target `{name[:80]}`{hint}")
        return tuple(dict.fromkeys(names))

    def _keys(self, said: Manner, usual: Keys) -> Keys:
        if said.group_by is None:
            return usual
        for path in said.group_by:
            if _PATH.fullmatch(path) is None:
                raise RuleError(f"`group-by` has `{path[:80]}`; write paths such as `detail.userIdentity.arn`")
        return replace(usual, group_by=said.group_by)

    def _timing(self, said: Manner, usual: Timing) -> Timing:
        return Timing(
            wait=usual.wait if said.wait is None else parse_duration(said.wait),
            rate=usual.rate if said.rate is None else None if said.rate == "none" else parse_rate(said.rate),
            quiet_hours=self._quiet if said.quiet_hours is None else self._quiet_hours(said.quiet_hours),
        )

    def _quiet_hours(self, said: QuietSettings) -> QuietHours:
        start, end = parse_hours(said.hours)
        for day in said.days:
            if day not in DAYS:
                raise RuleError(f"`{day[:80]}` is no day; write {', '.join(DAYS)}")
        return QuietHours(
            start,
            end,
            zone_of(said.timezone or self._settings.timezone),
            frozenset(DAYS.index(day) for day in said.days),
            None if said.spares == "none" else _severity(said.spares),
        )


def _severity(text: str) -> Severity:
    if text.upper() not in Severity.__members__:
        raise RuleError(f"`{text[:80]}` is no severity; write {', '.join(Severity.__members__)}")
    return Severity[text.upper()]


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise RuleError("its name has other characters than letters, digits, `.`, `_` and `-`, or more than 64 of them")


@contextmanager
def _named(what: str, kind: type[AlertsError] = RuleError) -> Generator[None]:
    """Say of which part of the settings an error is."""
    try:
        yield
    except AlertsError as error:
        raise kind(f"{what} cannot be used: {error}") from error
    except msgspec.ValidationError as error:
        known = f"; the types of targets are {', '.join(_TYPES)}" if ".type`" in str(error) else ""
        raise kind(f"{what} cannot be used: {error}{known}") from error
