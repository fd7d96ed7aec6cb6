"""Templates: the three texts of a rule's messages, in Jinja2's syntax."""

from typing import Final

import msgspec

from sekisho.alerts.message import Text
from sekisho.alerts.messages.errors import TemplateError
from sekisho.alerts.messages.filters import Scope
from sekisho.alerts.messages.grammar import RefusedError
from sekisho.alerts.messages.principals import account_title
from sekisho.alerts.messages.sandbox import Program
from sekisho.alerts.messages.scene import NAMES, Scene, Wording, scene_of, values_of

MOST_TITLE: Final = 250
"""How many characters a title may have."""

MOST_BODY: Final = 3_000
"""How many characters a text may have."""

MOST_ADVICE: Final = 1_500
"""How many characters an advice may have."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of a template as their author wrote them.

    Attributes:
        title: one line: what happened, to whom.
        text: more about it; may be empty.
        advice: what to do; may be empty.
    """

    title: str
    text: str = ""
    advice: str = ""


class Written(msgspec.Struct, frozen=True):
    """The texts of one event, as a reader gets them."""

    title: Text
    text: Text = ()
    advice: Text = ()


class Template:
    """What a rule says of an event, checked before there is any."""

    def __init__(self, name: str, texts: Texts) -> None:
        """Read the texts, and try them on an event that has nothing in it.

        Args:
            name: as error messages call it, such as the name of the rule.
            texts: in Jinja2's syntax.

        Raises:
            TemplateError: one cannot be read, or asks for what no template may have.
        """
        self.name = name
        self.texts = texts
        self._programs = {part: _program(name, part, source) for part, source in _parts(texts).items()}
        self.write(scene_of({}, Wording()))

    def write(self, scene: Scene) -> Written:
        """Return the texts for an event.

        What the event does not have prints nothing. What is too long, or too much work, ends in an ellipsis.

        Raises:
            TemplateError: a text failed at this event, as when it loops over pairs that are none.
        """
        values = values_of(scene)
        made = {part: self._run(part, values, scene) for part in self._programs}
        return Written(made["title"], made["text"], made["advice"])

    def _run(self, part: str, values: dict[str, object], scene: Scene) -> Text:
        wording = scene.wording
        scope = Scope(wording.timezone, lambda account: account_title(account, scene.words, wording.accounts))
        try:
            return self._programs[part].run(values, scope, _LENGTHS[part], is_line=part == "title")
        except RefusedError as error:
            raise TemplateError(str(error), name=self.name, part=part, line=error.line) from error


_LENGTHS: Final = {"title": MOST_TITLE, "text": MOST_BODY, "advice": MOST_ADVICE}


def _parts(texts: Texts) -> dict[str, str]:
    return {"title": texts.title, "text": texts.text, "advice": texts.advice}


def _program(name: str, part: str, source: str) -> Program:
    try:
        return Program(source, frozenset(NAMES))
    except RefusedError as error:
        raise TemplateError(str(error), name=name, part=part, line=error.line) from error
