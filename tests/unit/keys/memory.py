"""A store of access keys in a dict."""

from datetime import datetime
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from sekisho.keys import AccessKey, SealedKey, Status, UnknownKeyError


class MemoryKeyStore:
    """A `KeyStore` as long as it lives."""

    def __init__(self) -> None:
        self._keys: dict[str, SealedKey] = {}

    def add(self, sealed_key: SealedKey) -> None:
        if sealed_key.key.id in self._keys:
            raise ValueError("the id is taken")
        self._keys[sealed_key.key.id] = sealed_key

    def list(self) -> tuple[AccessKey, ...]:
        return tuple(sorted((one.key for one in self._keys.values()), key=lambda key: (key.created_at, key.id)))

    def find(self, key_id: str) -> SealedKey | None:
        found = self._keys.get(key_id)
        return found if found is not None and found.key.status is Status.ACTIVE else None

    def revoke(self, key_id: str, *, now: datetime) -> AccessKey:
        if key_id not in self._keys:
            raise UnknownKeyError(key_id)
        if found := self.find(key_id):
            self._keys[key_id] = SealedKey(replace(found.key, revoked_at=now), b"")
        return self._keys[key_id].key

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
