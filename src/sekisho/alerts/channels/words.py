"""The few words that channels add themselves; all others are in the message already."""

import re
from typing import Final

import msgspec

from sekisho.alerts import messages
from sekisho.alerts.message import Message
from sekisho.alerts.messages import LANGUAGES


class Words(msgspec.Struct, frozen=True):
    """The words of a language.

    Attributes:
        advice: stands before what to do.
        more: how many more there were, with `{count}` in it.
        late: what is said of an alert that was found out late.
        resolved: what is said of one that is over.
    """

    advice: str
    more: str
    late: str
    resolved: str


ENGLISH: Final = Words(
    advice="What to do",
    more="and {count} more",
    late="found out late",
    resolved="RESOLVED",
)

JAPANESE: Final = Words(
    advice="対応",
    more="ほか {count} 件",
    late="遅れて検出",
    resolved="解決済み",
)

_LANGUAGES: Final = {"en": ENGLISH, "ja": JAPANESE}
_TAG: Final = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def words_of(message: Message) -> Words:
    """Return the words for a message, in English where its language is not known."""
    return _LANGUAGES.get(message.language[:2].lower(), ENGLISH)


def severity_of(message: Message) -> str:
    """Return what a severity is called in headings: in capitals, where letters have them."""
    language = message.language[:2].lower()
    return messages.words_of(language if language in LANGUAGES else "en").severity(message.severity).upper()


def language_tag(message: Message) -> str:
    """Return the language of a message as markup names it, English where it is none."""
    return message.language if _TAG.fullmatch(message.language) else "en"
