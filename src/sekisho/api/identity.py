"""Who may call: the keys that we issued and what each of them may do."""

from dataclasses import dataclass, field
from typing import Protocol

from sekisho.keys import Role

__all__ = ["Caller", "IssuedKey", "KeyRing", "Role"]


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key pair that signs requests. The secret is needed in clear: Signature Version 4 is an HMAC under it."""

    access_key_id: str
    secret: str = field(repr=False)
    role: Role


class KeyRing(Protocol):
    """The keys in force."""

    def find(self, access_key_id: str) -> IssuedKey | None:
        """Return the key, or None when it was never issued or is revoked. May block; called by several threads."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request.

    Attributes:
        region: of the credential scope; the Region that the client meant to call.
    """

    access_key_id: str
    role: Role
    region: str
