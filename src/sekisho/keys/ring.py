"""Access keys with their secrets: where a store of sealed secrets and the master key come together."""

from datetime import datetime
from typing import Final

import msgspec

from sekisho.keys.access_key import AccessKey, Role, Status, is_key_id, new_key_id, new_secret
from sekisho.keys.errors import DescriptionError
from sekisho.keys.sealing import MasterKey, seal, unseal
from sekisho.keys.secret import Secret
from sekisho.keys.store import KeyStore, SealedKey

MAX_DESCRIPTION: Final = 256


class Credentials(msgspec.Struct, frozen=True):
    """An access key with its secret: what signs a request, and what checks the signature."""

    key: AccessKey
    secret: Secret


class KeyRing:
    """The access keys that count. Nothing is remembered: a key that is revoked is refused from the next question on."""

    def __init__(self, store: KeyStore, master_key: MasterKey) -> None:
        self._store = store
        self._master_key = master_key

    def issue(self, role: Role, *, description: str = "", now: datetime) -> Credentials:
        """Make a key and store it. Its secret is in what is returned, and nowhere else to be seen.

        Args:
            role: what its holder may do.
            description: one line of at most 256 characters.
            now: UTC; kept to the millisecond.

        Raises:
            DescriptionError: the description is longer, or has characters that cannot be seen.
            SecretKeyError: the keys so far are stored under another master key; nothing was made.
        """
        if len(description) > MAX_DESCRIPTION or not description.isprintable():
            raise DescriptionError(f"the description must be one line of at most {MAX_DESCRIPTION} visible characters")
        self.verify()
        created = now.replace(microsecond=now.microsecond // 1000 * 1000)
        key, secret = AccessKey(new_key_id(), role, description, created), new_secret()
        self._store.add(SealedKey(key, seal(secret, key=key, under=self._master_key)))
        return Credentials(key, secret)

    def find(self, key_id: str) -> Credentials | None:
        """Return the key with this id and its secret; None when it is unknown or revoked.

        Args:
            key_id: as a caller gave it: any text at all.

        Raises:
            SecretKeyError: the key is there, and its secret cannot be opened. The message is for the operator, not for
                the caller.
        """
        found = self._store.find(key_id) if is_key_id(key_id) else None
        if found is None:
            return None
        return Credentials(found.key, unseal(found.sealed, key=found.key, under=self._master_key))

    def verify(self) -> None:
        """Make sure, before anyone relies on it, that every key that counts can be opened.

        Raises:
            SecretKeyError: one cannot; the message names it.
        """
        for key in self._store.list():
            if key.status is Status.ACTIVE:
                self.find(key.id)
