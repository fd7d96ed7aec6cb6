"""Rules: which events are told, to whom, how severe they are, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.alerts.messages import Template, acts_on_another
from sekisho.alerts.patterns import Event, Pattern, matches
from sekisho.alerts.shipped import key_of
from sekisho.alerts.timing import Timing
from sekisho.alerts.transformers import Transformer
from sekisho.analyzers.observation import Severity
from sekisho.resources.json_values import is_object


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule says in one language.

    Attributes:
        title: what it is about.
        template: what is said of one event.
        gathered: what many of it are called, with `{count}`; empty for a number beside the title.
    """

    title: str
    template: Template | Transformer
    gathered: str = ""


@dataclass(frozen=True, slots=True)
class Raise:
    """A severity other than the rule's, and when it holds.

    Attributes:
        pattern: of the events; None for any.
        by_another: whether the call has to be made by somebody else than the user that it is made on.
    """

    severity: Severity
    pattern: Pattern | None
    by_another: bool = False

    def holds(self, event: Event, document: Mapping[str, Any]) -> bool:
        """Say whether it holds for an event."""
        is_meant = self.pattern is None or matches(self.pattern, event)
        return is_meant and (not self.by_another or acts_on_another(document))


@dataclass(frozen=True, slots=True)
class Severities:
    """How severe what a rule tells is: what the first raise that holds says, else what the event says, else `usual`.

    Attributes:
        at: the path in an event that has its severity; empty for none.
    """

    usual: Severity
    raises: tuple[Raise, ...] = ()
    at: str = ""

    def of(self, event: Event, document: Mapping[str, Any]) -> Severity:
        """Return how severe an event is."""
        for one in self.raises:
            if one.holds(event, document):
                return one.severity
        told = value_at(document, self.at) if self.at else None
        return Severity[told] if isinstance(told, str) and told in Severity.__members__ else self.usual


@dataclass(frozen=True, slots=True)
class Keys:
    """What events have in common, as paths in them such as `detail.userIdentity.arn`.

    Attributes:
        group_by: alerts that have the same there may become one message.
        order_by: messages that have the same there are sent in order; for events that have nothing there, in any.
        dedup_by: alerts that have the same there are about the same thing; those that have nothing there, about none.
    """

    group_by: tuple[str, ...] = ("account",)
    order_by: tuple[str, ...] = ("detail.id", "detail.findingId")
    dedup_by: tuple[str, ...] = ("detail.id", "detail.findingId")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is told of the events that match a pattern.

    Attributes:
        name: of one's own choice, or of a shipped rule.
        pattern: of the events.
        words: by language; those under the empty text are for every language that is not there.
        targets: the names of those who are told.
        timing: when they are.
        is_resolution: whether it tells that something is over.
        is_shipped: whether it came with the program.
    """

    name: str
    pattern: Pattern
    severities: Severities
    words: Mapping[str, Words]
    targets: tuple[str, ...]
    keys: Keys
    timing: Timing
    is_resolution: bool = False
    is_shipped: bool = False

    def words_in(self, language: str) -> Words:
        """Return what is said to a reader."""
        return self.words[language] if language in self.words else self.words[""]


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path in an event; None where there is nothing."""
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if is_object(found) else None
    return found


def common_key(document: Mapping[str, Any], paths: Sequence[str]) -> str:
    """Return what an event has at some paths, as one text; empty where it has nothing at any of them."""
    return key_of(document, paths) if any(value_at(document, path) is not None for path in paths) else ""


def identity_key(document: Mapping[str, Any], paths: Sequence[str]) -> str:
    """Return what an event is about: like `common_key`, but the same for rules that ask at further paths in vain."""
    return common_key(document, [path for path in paths if value_at(document, path) is not None])
