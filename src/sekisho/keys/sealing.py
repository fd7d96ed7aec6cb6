"""Secrets at rest: sealed under a key that the operator holds and no database sees.

A sealed secret is a version byte, a nonce of 96 random bits, and what AES-256-GCM makes of the secret. The key's id
and role are authenticated with it: whoever can write to the database can neither give a key another key's secret,
nor a wider role, without the secret being refused.

The cipher is imported when it is needed: it takes as long as a short command, and most commands seal nothing.

Source: NIST SP 800-38D, section 8.3: with random nonces one key may seal 2**32 times.
"""

import base64
import os
from typing import Final, final

from sekisho.keys.access_key import AccessKey
from sekisho.keys.errors import SecretKeyError
from sekisho.keys.secret import Secret

MASTER_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
VERSION: Final = b"\x01"
"""How the rest is to be read. It is authenticated too, so that no other version can be claimed for it."""


@final
class MasterKey:
    """The key that secrets are sealed under; its repr says nothing of it.

    Attributes:
        source: where it comes from, for messages.
    """

    __slots__ = ("_material", "source")

    def __init__(self, material: bytes, *, source: str) -> None:
        """Take the key itself, 32 bytes."""
        if len(material) != MASTER_KEY_BYTES:
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} bytes")
        self._material = material
        self.source = source

    def encrypt(self, text: bytes, *, nonce: bytes, bound_to: bytes) -> bytes:
        """Encrypt `text`, so that it can be decrypted with the same `bound_to` only."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see the module's docstring

        return AESGCM(self._material).encrypt(nonce, text, bound_to)

    def decrypt(self, encrypted: bytes, *, nonce: bytes, bound_to: bytes) -> bytes | None:
        """Return the text that `encrypt` was given; None when anything differs."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see the module's docstring
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        try:
            return AESGCM(self._material).decrypt(nonce, encrypted, bound_to)
        except InvalidTag:
            return None

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose: the same each time, and of no use for another purpose or for the key itself.

        Source: RFC 5869, section 3.2.
        """
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see the module's docstring
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

        return HKDF(SHA256(), length=32, salt=None, info=f"sekisho {purpose} 1".encode()).derive(self._material)


def parse_master_key(text: bytes, *, source: str) -> MasterKey:
    """Read a master key from the base64 text of its 32 bytes.

    Args:
        text: spaces and line breaks around it do not count.
        source: where it comes from, for the message.

    Raises:
        SecretKeyError: it is something else.
    """
    try:
        material = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        material = b""
    if len(material) != MASTER_KEY_BYTES:
        raise SecretKeyError(
            f"{source} does not hold a secret key, the base64 text of 32 bytes; `openssl rand -base64 32` makes one"
        )
    return MasterKey(material, source=source)


def seal(secret: Secret, *, key: AccessKey, under: MasterKey) -> bytes:
    """Encrypt the secret of `key`; no two sealings are alike. `unseal` is the inverse."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + under.encrypt(secret.reveal().encode(), nonce=nonce, bound_to=_bound_to(key))


def unseal(sealed: bytes, *, key: AccessKey, under: MasterKey) -> Secret:
    """Decrypt the secret of `key`.

    Raises:
        SecretKeyError: it was sealed under another master key, for another key or role, or has been changed since.
            Which of these cannot be told.
    """
    version, nonce, encrypted = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version == VERSION and len(nonce) == NONCE_BYTES:
        text = under.decrypt(encrypted, nonce=nonce, bound_to=_bound_to(key))
        if text is not None:
            return Secret(text.decode())
    raise SecretKeyError(
        f"the secret of access key `{key.id}` cannot be opened with {under.source}: it was stored under another secret "
        "key, or is damaged; give the key it was made with in SEKISHO_SECRET_KEY or --secret-key-file, "
        f"or give the access key up with `sekisho keys revoke {key.id}`"
    )


def _bound_to(key: AccessKey) -> bytes:
    return VERSION + f"{key.id}:{key.role.value}".encode()
