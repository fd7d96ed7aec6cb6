"""An access key: what everyone may know of it. Its secret travels apart."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Final

import msgspec

from sekisho.keys.errors import AmbiguousKeyError, UnknownKeyError
from sekisho.keys.secret import Secret

PREFIX: Final = "SEKI"
"""What every id begins with, so that a key of ours is told from one of AWS, whose ids begin with `AKIA`.

Source: IAM User Guide, "IAM identifiers", unique id prefixes.
"""

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ID_LENGTH: Final = 20
SECRET_BYTES: Final = 30
"""Thirty random bytes are forty URL-safe characters: the length of AWS's secrets, and nothing that a shell reads."""

CANDIDATES_SHOWN: Final = 5

_ID: Final = re.compile(f"{PREFIX}[{ALPHABET}]{{{ID_LENGTH - len(PREFIX)}}}")


class Role(Enum):
    """What the holder of a key may do; each may do what the ones before it may."""

    READER = "reader"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Tell whether whoever has this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Status(Enum):
    """Whether a key still opens anything."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


class AccessKey(msgspec.Struct, frozen=True):
    """An access key without its secret.

    Attributes:
        description: what it is for, in its maker's words; may be empty.
        revoked_at: when it stopped to count; there is no way back.
    """

    id: str
    role: Role
    description: str
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def status(self) -> Status:
        """Whether the key still counts."""
        return Status.ACTIVE if self.revoked_at is None else Status.REVOKED


def new_key_id() -> str:
    """Return an id that no other key has: 80 random bits, in the shape that AWS's tools expect."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH - len(PREFIX)))


def new_secret() -> Secret:
    """Return a secret of 240 random bits."""
    return Secret(secrets.token_urlsafe(SECRET_BYTES))


def is_key_id(text: str) -> bool:
    """Tell whether `text` is a whole id of ours, by its shape."""
    return _ID.fullmatch(text) is not None


def choose_key(keys: Iterable[AccessKey], prefix: str) -> AccessKey:
    """Return the one key whose id begins with `prefix`, in any case.

    An empty prefix is nobody's, even when there is one key only: it is the variable that a script forgot to set.

    Raises:
        UnknownKeyError: there is none.
        AmbiguousKeyError: there are several.
    """
    match [key for key in keys if prefix and key.id.startswith(prefix.upper())]:
        case []:
            raise UnknownKeyError(prefix)
        case [key]:
            return key
        case several:
            raise AmbiguousKeyError(prefix, [key.id for key in several[:CANDIDATES_SHOWN]])
