"""What others have written, as columns keep it: names of any length, and documents with any character."""

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec

from sekisho.findings import StoreError
from sekisho.storage.documents import parse_document
from sekisho.storage.queries import keepable
from sekisho.storage.schema import KEY_LENGTH

T = TypeVar("T")

AT_ONCE: Final = 500
"""How many rows one statement names at most."""

_DIGEST: Final = "#"


def key_of(text: str) -> str:
    """Return what stands for a name in a column: itself, or a digest where it is too long or cannot be kept as it is.

    Names that differ have keys that differ.
    """
    if len(text) <= KEY_LENGTH and keepable(text) == text and not text.startswith(_DIGEST):
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_DIGEST}{digest}"[:KEY_LENGTH]


def to_text(value: Any) -> str:
    """Write a value as JSON. A lone surrogate, which UTF-8 has no place for, is escaped."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value))


def from_text(decoder: msgspec.json.Decoder[T], text: str) -> T:
    """Read what `to_text` has written.

    Raises:
        StoreError: the text is not what we wrote.
    """
    try:
        return parse_document(decoder, text)
    except StoreError:
        try:
            return msgspec.convert(json.loads(text), decoder.type)
        except (ValueError, msgspec.MsgspecError):
            pass
        raise


def chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield values in lists that one statement can name."""
    rest = list(values)
    for start in range(0, len(rest), AT_ONCE):
        yield rest[start : start + AT_ONCE]
