"""Templates with `<names>` in them, filled from an event as EventBridge fills them.

A template is JSON, in which a name outside quotes stands for JSON and one inside quotes for text; or it is text, which
is one or more lines in quotes and keeps them. Nothing is escaped inside quotes, as with EventBridge: what is no JSON
after that does not reach the target.

Source: Amazon EventBridge User Guide, "Amazon EventBridge input transformation".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from sekisho.alerts.patterns import Event
from sekisho.alerts.patterns.json_text import JsonError, read_json, write_json
from sekisho.alerts.transformers.errors import TransformerError
from sekisho.alerts.transformers.paths import Found, InputPath, Missing, parse_input_path

MOST_PATHS: Final = 100
LONGEST_TEMPLATE: Final = 8192
"""Source of both: Amazon EventBridge API Reference, InputTransformer."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLACE: Final = re.compile(r"<([A-Za-z0-9_.-]+)>")
_RULE_ARN: Final = "aws.events.rule-arn"
_RULE_NAME: Final = "aws.events.rule-name"
_INGESTION_TIME: Final = "aws.events.event.ingestion-time"
_EVENT: Final = "aws.events.event"
_WHOLE_EVENT: Final = "aws.events.event.json"
_PREDEFINED: Final = (_RULE_ARN, _RULE_NAME, _INGESTION_TIME, _EVENT, _WHOLE_EVENT)


@dataclass(frozen=True, slots=True)
class _Place:
    """A name in a template, and whether it stands inside quotes."""

    name: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Transformer:
    """An input transformer.

    Attributes:
        paths: where the values of its names come from.
        template: as it was written.
        is_text: whether the template is text in quotes and not JSON.
    """

    paths: Mapping[str, InputPath]
    template: str
    is_text: bool
    _parts: tuple[str | _Place, ...]

    def fill(self, event: Event, *, rule_name: str, rule_arn: str, ingestion_time: datetime) -> str | None:
        """Return what a target gets; None where EventBridge drops it, because it is no JSON.

        Args:
            event: what matched.
            rule_name: of the rule that it matched.
            rule_arn: likewise.
            ingestion_time: when EventBridge got the event.
        """
        values: dict[str, Found] = {name: path.find(event) for name, path in self.paths.items()}
        values |= {
            _RULE_ARN: rule_arn,
            _RULE_NAME: rule_name,
            _INGESTION_TIME: ingestion_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            _EVENT: tuple(
                ("detailType" if name == "detail-type" else name, value)
                for name, value in event.document
                if name != "detail"
            ),
            _WHOLE_EVENT: event.document,
        }
        filled = "".join(
            part if isinstance(part, str) else self._inserted(values[part.name], part) for part in self._parts
        )
        return filled if _reads_as_json(filled) else None

    def _inserted(self, value: Found, place: _Place) -> str:
        if isinstance(value, Missing):
            return "" if place.is_quoted else '""'
        if not place.is_quoted:
            return write_json(value)
        if isinstance(value, str):
            return value
        return write_json(value, quoted=str) if self.is_text else write_json(value)


def parse_transformer(paths: Mapping[str, str], template: str) -> Transformer:
    """Read an input transformer.

    Args:
        paths: `InputPathsMap`: names, and where their values come from.
        template: `InputTemplate`.

    Raises:
        TransformerError: PutTargets would refuse it.
    """
    if len(paths) > MOST_PATHS:
        raise TransformerError(f"the input transformer has {len(paths)} paths; EventBridge takes up to {MOST_PATHS}")
    for name in paths:
        if not _NAME.fullmatch(name) or name.upper().startswith("AWS"):
            raise TransformerError(
                f"`{name}` cannot be a name in an input transformer; use letters, digits, `_` and `-`, and do not "
                "begin with AWS"
            )
    if not 1 <= len(template) <= LONGEST_TEMPLATE:
        raise TransformerError(f"the input template has {len(template):,} characters, not 1 to {LONGEST_TEMPLATE:,}")
    parts = _split(template)
    for part in parts:
        if isinstance(part, _Place) and part.name not in paths and part.name not in _PREDEFINED:
            close = get_close_matches(part.name, (*paths, *_PREDEFINED), n=1)
            remedy = f"did you mean `<{close[0]}>`?" if close else "add it to the paths"
            raise TransformerError(f"the input template has `<{part.name}>`, which is not among its paths; {remedy}")
    is_text = template.lstrip().startswith('"')
    tried = "".join(part if isinstance(part, str) else "" if part.is_quoted else "0" for part in parts)
    if not _reads_as_json(tried):
        raise TransformerError("the input template is no JSON; put text into double quotes")
    return Transformer({name: parse_input_path(path) for name, path in paths.items()}, template, is_text, parts)


def _split(template: str) -> tuple[str | _Place, ...]:
    """Return the template in pieces: literal text, and names with whether they stand inside quotes."""
    parts: list[str | _Place] = []
    is_quoted = False
    at = 0
    for found in _PLACE.finditer(template):
        literal = template[at : found.start()]
        is_quoted ^= _quotes(literal) % 2 == 1
        parts += (literal, _Place(found[1], is_quoted))
        at = found.end()
    return (*parts, template[at:])


_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)


def _quotes(text: str) -> int:
    """Count the double quotes that begin or end a text in JSON."""
    return _ESCAPED.sub("", text).count('"')


def _reads_as_json(text: str) -> bool:
    """Say whether a text is JSON, or several lines of it."""
    left = text.strip()
    if not left:
        return False
    while left:
        try:
            _, end = read_json(left)
        except JsonError:
            return False
        left = left[end:].lstrip()
    return True
