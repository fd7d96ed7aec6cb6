"""Paths into an event, in the part of JSONPath that EventBridge takes: names after dots, and numbers of elements."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from sekisho.alerts.patterns import Event
from sekisho.alerts.patterns.json_text import Json, write_json
from sekisho.alerts.transformers.errors import TransformerError

LONGEST_PATH: Final = 256
"""Source: Amazon EventBridge API Reference, Target, `InputPath`."""

_STEP: Final = re.compile(
    r"\.(?P<name>[^.\[\]*$\s]+)|\[(?P<index>[0-9]{1,9})\]|\[(?P<quote>['\"])(?P<quoted>[^'\"]+)(?P=quote)\]"
)


class Missing(Enum):
    """What a path finds that leads nowhere."""

    NOTHING = "nothing"


Found: TypeAlias = "Json | Missing"


@dataclass(frozen=True, slots=True)
class InputPath:
    """A path into an event.

    Attributes:
        text: as it was written.
        steps: names of members and numbers of elements, from the top.
    """

    text: str
    steps: tuple[str | int, ...]

    def find(self, event: Event) -> Found:
        """Return what the path leads to; of a repeated name the last copy."""
        here: Json = event.document
        for step in self.steps:
            match here, step:
                case tuple(), str():
                    members = dict(here)
                    if step not in members:
                        return Missing.NOTHING
                    here = members[step]
                case list(), int() if step < len(here):
                    here = here[step]
                case _:
                    return Missing.NOTHING
        return here

    def fill(self, event: Event) -> str | None:
        """Return what a target with this `InputPath` gets: JSON, a text in quotes; None where nothing is found."""
        found = self.find(event)
        return None if isinstance(found, Missing) else write_json(found)


def parse_input_path(text: str) -> InputPath:
    """Read a path such as `$.detail.items[0].id`.

    Raises:
        TransformerError: it is too long, or in a part of JSONPath that may find several things.
    """
    if len(text) > LONGEST_PATH:
        raise TransformerError(f"the path `{text[:40]}…` has more than {LONGEST_PATH} characters")
    if not text.startswith("$"):
        raise TransformerError(f"the path `{text}` does not begin with `$`; did you mean `$.{text}`?")
    steps: list[str | int] = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise TransformerError(f"`{text[at:]}` in the path `{text}` is neither `.name` nor `[number]`")
        index = step["index"]
        steps.append(int(index) if index is not None else step["name"] or step["quoted"])
        at = step.end()
    return InputPath(text, tuple(steps))
