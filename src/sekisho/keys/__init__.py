"""The access keys that Sekisho's own endpoint knows its callers by: issued, found, revoked, and their secrets sealed.

A signature is checked with the secret itself, so that a hash would not do: secrets are stored encrypted, under a key
that the operator holds and the database never sees. This layer does not know how keys are stored, nor what a
signature is.
"""

from sekisho.keys.access_key import AccessKey, Role, Status, choose_key, new_key_id, new_secret
from sekisho.keys.errors import AmbiguousKeyError, DescriptionError, KeysError, SecretKeyError, UnknownKeyError
from sekisho.keys.key_file import default_key_file, load_master_key
from sekisho.keys.ring import Credentials, KeyRing
from sekisho.keys.sealing import MasterKey, parse_master_key, seal, unseal
from sekisho.keys.secret import Secret
from sekisho.keys.store import KeyStore, SealedKey

__all__ = [
    "AccessKey",
    "AmbiguousKeyError",
    "Credentials",
    "DescriptionError",
    "KeyRing",
    "KeyStore",
    "KeysError",
    "MasterKey",
    "Role",
    "SealedKey",
    "Secret",
    "SecretKeyError",
    "Status",
    "UnknownKeyError",
    "choose_key",
    "default_key_file",
    "load_master_key",
    "new_key_id",
    "new_secret",
    "parse_master_key",
    "seal",
    "unseal",
]
