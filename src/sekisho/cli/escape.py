"""Text from policies and from AWS, made safe to show: nothing in it moves the cursor or reorders a line."""

import unicodedata
from typing import Final

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
