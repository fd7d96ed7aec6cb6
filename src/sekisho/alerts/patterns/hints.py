"""What is a pattern, but surely not the one that was meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from sekisho.alerts.patterns.errors import one_line
from sekisho.alerts.patterns.json_text import Number
from sekisho.alerts.patterns.operators import AnythingBut, Equals, Wildcard
from sekisho.alerts.patterns.parsing import format_pattern
from sekisho.alerts.patterns.pattern import Field, Pattern

QUOTA: Final = 2048
"""So long may a pattern be until AWS raises the quota. Source: Amazon EventBridge quotas."""

_TOP: Final = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
    "replay-name",
)
_OPERATORS: Final = frozenset(
    {"anything-but", "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "cidr", "exists", "exactly"}
)
_ACCOUNT_DIGITS: Final = 12


def hints(pattern: Pattern) -> tuple[str, ...]:
    """Return what an author should look at, one line each; nothing where all is as it seems."""
    fields = dict.fromkeys(one for alternative in pattern.alternatives for one in alternative)
    said = [*pattern.noted, *_on_text(pattern), *(hint for one in fields for hint in _on_field(one))]
    return tuple(dict.fromkeys(map(one_line, said)))


def _on_text(pattern: Pattern) -> Iterator[str]:
    if len(pattern.text) > QUOTA:
        short = len(format_pattern(pattern))
        spaces = f"; without spaces it has {short:,}" if short <= QUOTA else ""
        yield f"the pattern has {len(pattern.text):,} characters, the quota is {QUOTA:,} until AWS raises it{spaces}"


def _on_field(one: Field) -> Iterator[str]:
    names = one.path.split(".")
    if names[0] not in _TOP and names[0] != "$or":
        close = get_close_matches(names[0].lower(), _TOP, n=1, cutoff=0.7)
        meant = f"; did you mean `{close[0]}`?" if close else ", unless your own events have it"
        yield f"events have no `{names[0]}` at the top{meant}"
    for name in names:
        if name in _OPERATORS:
            yield f"`{name}` in `{one.path}` is taken as the name of a field; operators stand in an object in an array"
    for test in one.tests:
        match test:
            case Equals(value=Number(text)) if len(text) == _ACCOUNT_DIGITS and text.isdigit():
                yield f"`{one.path}` asks for the number {text}; account ids are texts, in double quotes"
            case Wildcard(runs=(_,)):
                yield f"`{test.text}` in `{one.path}` has no star and is compared as it stands"
            case Wildcard(runs=(_, "")) | Wildcard(runs=("", _)):
                yield (
                    f"`{test.text}` in `{one.path}` could be `prefix` or `suffix`; a bus takes 30 rules with wildcards"
                )
            case AnythingBut(tests=()):
                yield f"`anything-but` in `{one.path}` lists nothing, so that any value matches"
            case _:
                pass
