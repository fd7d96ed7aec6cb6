"""From an event to what is told of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from sekisho.alerts.message import Entry, Fact, Text
from sekisho.alerts.messages.errors import TemplateError
from sekisho.alerts.messages.facts import MOST_FACT, facts_of, links_of
from sekisho.alerts.messages.plain import clip, one_line, squeezed, visible_lines
from sekisho.alerts.messages.scene import Scene, Wording, scene_of
from sekisho.alerts.messages.template import MOST_ADVICE, MOST_BODY, MOST_TITLE, Template, Written
from sekisho.alerts.messages.words import words_of


def describe(
    event: Mapping[str, object],
    envelope: str,
    template: Template | Written,
    options: Wording,
    *,
    event_id: str = "",
    at: datetime | None = None,
) -> Entry:
    """Put an event into words.

    It never fails for what an event holds. A template that does leaves a title of our own, and a fact that says why.

    Args:
        event: in EventBridge's envelope, as JSON values.
        envelope: the same as JSON text.
        template: what to say; or what was made of the event elsewhere, see `as_written`.
        options: for whom, and by which rule.
        event_id: under which it came in; empty for what it says itself.
        at: when it happened, as it came in; None for what it says itself.

    Raises:
        LanguageError: there are no words in the language.
        TimeZoneError: there is no such zone.
    """
    scene = scene_of(event, options, at=at)
    failures: list[Fact] = []
    told = template
    if isinstance(told, Template):
        try:
            told = told.write(scene)
        except TemplateError as error:
            failures.append(Fact(scene.words.labels.template, (one_line(str(error), MOST_FACT),)))
            told = Written(())
    return Entry(
        event_id=one_line(event_id, _LONGEST_ID) or scene.id or sha256(envelope.encode(errors="replace")).hexdigest(),
        at=scene.at,
        title=told.title or (plain_title(scene),),
        text=told.text,
        advice=told.advice,
        facts=(*facts_of(scene), *failures),
        links=tuple(links_of(scene)),
        envelope=envelope,
    )


_LONGEST_ID: Final = 200


def plain_title(scene: Scene) -> str:
    """Return what is said of an event where nothing else is: what happened, and who did it."""
    phrases, wording = scene.words.phrases, scene.wording
    event = scene.event_name or wording.title or wording.rule or phrases.unknown
    return one_line(phrases.done_by.format(event=event, who=scene.who) if scene.who else event, MOST_TITLE)


def as_written(title: str, text: str = "", advice: str = "") -> Written:
    """Return texts that were made elsewhere, such as by an input transformer, as messages can have them."""
    return Written(
        title=_piece(one_line(title, MOST_TITLE)), text=_lines(text, MOST_BODY), advice=_lines(advice, MOST_ADVICE)
    )


def gather(entries: Sequence[Entry], *, title: str, language: str, gathered: str = "", omitted: int = 0) -> Text:
    """Return the title of a message: that of its only entry, or how many there are of what.

    Args:
        entries: one or more.
        title: what the rule is about, in this language.
        language: of the words.
        gathered: what many are called, such as `{count} access keys made`; empty for a number beside the title.
        omitted: how many there are beyond these.

    Raises:
        LanguageError: there are no words in the language.
    """
    count = len(entries) + omitted
    if count == 1:
        return entries[0].title
    number = f"{count:,}"
    told = gathered.replace("{count}", number) if gathered else ""
    return (one_line(told or words_of(language).phrases.gathered.format(count=number, title=title), MOST_TITLE),)


def _lines(text: str, most: int) -> Text:
    return _piece(clip(squeezed(visible_lines(text[: 2 * most])), most))


def _piece(text: str) -> Text:
    return (text,) if text else ()
