"""What a store of access keys promises; `storage` keeps the promise."""

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import msgspec

from sekisho.keys.access_key import AccessKey


class SealedKey(msgspec.Struct, frozen=True):
    """An access key and its secret, sealed.

    Attributes:
        sealed: what `seal` made of the secret.
    """

    key: AccessKey
    sealed: bytes


class KeyStore(Protocol):
    """Access keys, kept between runs. A store sees no secret, only what `seal` made of one."""

    def add(self, sealed_key: SealedKey) -> None:
        """Store a new key; one whose id is taken is refused, and the one that has it stays as it was."""
        ...

    def list(self) -> tuple[AccessKey, ...]:
        """Return every key, the revoked ones too, the oldest first."""
        ...

    def find(self, key_id: str) -> SealedKey | None:
        """Return the key with exactly this id; None when there is none, or when it is revoked."""
        ...

    def revoke(self, key_id: str, *, now: datetime) -> AccessKey:
        """Revoke the key with exactly this id, and erase its sealed secret.

        Returns:
            the key as it is now; one that was revoked before keeps the time of that.

        Raises:
            UnknownKeyError: there is none.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
