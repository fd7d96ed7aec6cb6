"""Text from policies and from AWS, made safe to show: nothing in it moves the cursor or reorders a line."""

import json
import unicodedata
from typing import Any, Final

SHOWN_AS_CODE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a shape of their own: control, format (also bidirectional), surrogates, separators."""


def plain(text: str) -> str:
    r"""Return `text` with every invisible or steering character as its code, for instance `\u202e`.

    Line breaks are among them: a value stays on its line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) not in SHOWN_AS_CODE:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def readable_json(value: Any) -> str:
    r"""Return indented JSON that reads as it is, but for characters that are invisible or steer: those as `\u202e`."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(character if character == "\n" else _in_json(character) for character in text)


def _in_json(character: str) -> str:
    return character if unicodedata.category(character) not in SHOWN_AS_CODE else json.dumps(character)[1:-1]
