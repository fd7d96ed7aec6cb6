"""Text out of policies in a sentence: on one line, bounded, and visible to the last character."""

from collections.abc import Sequence

_DOTS = "..."


def quoted(text: str, width: int) -> str:
    r"""Return a text as a code span: what cannot be seen as in `\u202e`, and a long text without its middle.

    Args:
        text: out of a policy, or a name.
        width: how many characters may stand between the backticks.
    """
    return f"`{clipped(text, width)}`"


def clipped(text: str, width: int) -> str:
    """Return a text that shows all its characters, at most `width` of them."""
    if not text.isascii() or not text.isprintable() or "`" in text:
        text = "".join(map(_visible, text))
    if len(text) <= width:
        return text
    kept = width - len(_DOTS)
    return f"{text[: kept - kept // 2]}{_DOTS}{text[len(text) - kept // 2 :]}"


def _visible(character: str) -> str:
    if character == "`":
        return r"\x60"
    return character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join at least one item as a sentence does: `a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def shortened(items: Sequence[str], most: int, last: str = "and") -> str:
    """Join the first of the items and say how many others there are."""
    if len(items) <= most:
        return listed(items, last)
    return listed([*items[:most], f"{len(items) - most:,} others" if len(items) - most > 1 else "1 other"], last)
