"""Secrets by reference: `sekisho.toml` names where each is, and nothing of it stands in the file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sekisho.alerts.errors import TargetError
from sekisho.keys import Secret

LONGEST: Final = 64 * 1024

_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00]+")


def is_reference(text: str) -> bool:
    """Tell whether a text is `env:NAME` or `file:/path`."""
    return _REFERENCE.fullmatch(text) is not None


def resolved(text: str, environment: Mapping[str, str], *, what: str) -> Secret:
    """Return what a reference leads to, or the text itself where it is none.

    Args:
        text: `env:NAME`, `file:/path`, or a URL that was written out.
        environment: where names are looked up.
        what: which setting of which target, for messages.

    Raises:
        TargetError: there is no such variable or file, it is empty, or has characters that no secret has. The message
            names the place and has nothing of what is there.
    """
    if not is_reference(text):
        return _checked(text, what=what, place="what is written there")
    kind, _, name = text.partition(":")
    if kind == "env":
        found = environment.get(name, "")
        if not found.strip():
            raise TargetError(f"{what} is to be in the environment variable `{name}`, which is not set")
        return _checked(found, what=what, place=f"the environment variable `{name}`")
    return _checked(_read(Path(name), what=what), what=what, place=f"the file `{name}`")


def _read(file: Path, *, what: str) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST)
    except OSError as error:
        raise TargetError(f"{what} is to be in the file `{file}`: {error.strerror}") from error
    text = content.decode("utf-8", "replace")
    if not text.strip():
        raise TargetError(f"{what} is to be in the file `{file}`, which is empty")
    return text


def _checked(text: str, *, what: str, place: str) -> Secret:
    """Return a secret without the line end of its file. Others than ASCII could not be put into a header."""
    secret = text.strip()
    if not (secret.isascii() and secret.isprintable()):
        raise TargetError(f"{what}: {place} is no secret; it has line breaks, or characters beyond ASCII, in it")
    return Secret(secret)
