"""The few words that channels add themselves; all others are in the message already."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.alerts.message import Message
from sekisho.analyzers.observation import Severity


class Words(msgspec.Struct, frozen=True):
    """The words of a language.

    Attributes:
        severities: what each severity is called.
        advice: stands before what to do.
        more: how many more there were, with `{count}` in it.
        late: what is said of an alert that was found out late.
        resolved: what is said of one that is over.
    """

    severities: Mapping[Severity, str]
    advice: str
    more: str
    late: str
    resolved: str


ENGLISH: Final = Words(
    severities={
        Severity.CRITICAL: "CRITICAL",
        Severity.HIGH: "HIGH",
        Severity.MEDIUM: "MEDIUM",
        Severity.LOW: "LOW",
        Severity.INFORMATIONAL: "INFO",
    },
    advice="What to do",
    more="and {count} more",
    late="found out late",
    resolved="RESOLVED",
)

JAPANESE: Final = Words(
    severities={
        Severity.CRITICAL: "緊急",
        Severity.HIGH: "高",
        Severity.MEDIUM: "中",
        Severity.LOW: "低",
        Severity.INFORMATIONAL: "情報",
    },
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


def language_tag(message: Message) -> str:
    """Return the language of a message as markup names it, English where it is none."""
    return message.language if _TAG.fullmatch(message.language) else "en"
