"""The access keys in a SQL database; their secrets arrive sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from sekisho.keys import AccessKey, Role, SealedKey, UnknownKeyError
from sekisho.storage.database import Database
from sekisho.storage.schema import access_keys


class SqlKeyStore(Database):
    """A `KeyStore` in a database, the one that has the findings or another."""

    def add(self, sealed_key: SealedKey) -> None:
        """Store a new key."""
        key = sealed_key.key
        row: dict[str, Any] = {
            "id": key.id,
            "role": key.role.value,
            "description": key.description,
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
            "sealed": sealed_key.sealed,
        }
        with self.writing() as connection:
            connection.execute(insert(access_keys), row)

    def list(self) -> tuple[AccessKey, ...]:
        """Return every key, the revoked ones too, the oldest first."""
        query = select(access_keys).order_by(access_keys.c.created_at, access_keys.c.id)
        with self.reading() as connection:
            return tuple(_key(row) for row in connection.execute(query))

    def find(self, key_id: str) -> SealedKey | None:
        """Return the key with exactly this id; None when there is none, or when it is revoked."""
        query = select(access_keys).where(access_keys.c.id == key_id, access_keys.c.revoked_at.is_(None))
        with self.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else SealedKey(_key(row), row.sealed)

    def revoke(self, key_id: str, *, now: datetime) -> AccessKey:
        """Revoke the key with exactly this id, and erase its sealed secret."""
        same = access_keys.c.id == key_id
        with self.writing() as connection:
            still_open = update(access_keys).where(same, access_keys.c.revoked_at.is_(None))
            connection.execute(still_open.values(revoked_at=now, sealed=None))
            row = connection.execute(select(access_keys).where(same)).one_or_none()
        if row is None:
            raise UnknownKeyError(key_id)
        return _key(row)


def _key(row: Row[Any]) -> AccessKey:
    return AccessKey(
        id=row.id,
        role=Role(row.role),
        description=row.description,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
