"""The public keys by which CloudTrail's signatures are checked: out of files, or from CloudTrail itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sekisho.collectors.connection import RAISED, api_error, open_client
from sekisho.collectors.errors import CollectError
from sekisho.collectors.options import LiveOptions

KeysByFingerprint = Mapping[str, RSAPublicKey]


class PublicKeys(Protocol):
    """Where public keys come from."""

    def of(self, region: str, start: datetime, end: datetime) -> KeysByFingerprint:
        """Return the keys that CloudTrail had in a Region at a time, or more.

        Raises:
            CollectError: they cannot be had; the message says what would help.
        """
        ...


class _Key(msgspec.Struct, rename="pascal"):
    """A key: the PKCS #1 form of an RSA public key in DER. Source: CloudTrail API Reference, "PublicKey"."""

    fingerprint: str
    value: bytes


class _Keys(msgspec.Struct, rename="pascal"):
    public_key_list: list[_Key]


@dataclass(frozen=True, slots=True)
class NoKeys:
    """There are none."""

    def of(self, region: str, start: datetime, end: datetime) -> KeysByFingerprint:
        """Say how to give some."""
        del region, start, end
        raise CollectError(
            "no public keys were given; name them with --public-keys, or a profile that may ask for them with --profile"
        )


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """What `aws cloudtrail list-public-keys` printed, for one Region a file."""

    keys: KeysByFingerprint

    @classmethod
    def read(cls, files: Sequence[Path]) -> "KeyFiles":
        """Read files.

        Raises:
            CollectError: one is no such answer.
        """
        keys: dict[str, RSAPublicKey] = {}
        for file in files:
            try:
                keys |= _loaded(msgspec.json.decode(file.read_bytes(), type=_Keys).public_key_list)
            except OSError as error:
                raise CollectError(f"`{file}` could not be read: {error.strerror}") from error
            except (msgspec.DecodeError, ValueError, UnsupportedAlgorithm) as error:
                raise CollectError(
                    f"`{file}` has no public keys: {error}; it should be what `aws cloudtrail list-public-keys` prints"
                ) from error
        return cls(keys)

    def of(self, region: str, start: datetime, end: datetime) -> KeysByFingerprint:
        """Return all: a fingerprint says which one is meant."""
        del region, start, end
        return self.keys


@dataclass(frozen=True, slots=True)
class LiveKeys:
    """CloudTrail, asked with the operator's credentials."""

    options: LiveOptions

    def of(self, region: str, start: datetime, end: datetime) -> KeysByFingerprint:
        """Ask for the keys of a Region. Each call takes `cloudtrail:ListPublicKeys`."""
        client: Any = open_client("cloudtrail", replace(self.options, regions=(region,)))
        try:
            pages = client.get_paginator("list_public_keys").paginate(StartTime=start, EndTime=end)
            found = [_Key(one["Fingerprint"], one["Value"]) for page in pages for one in page["PublicKeyList"]]
            return _loaded(found)
        except (*RAISED, UnsupportedAlgorithm) as error:
            told = api_error(error)
            message = f"the public keys of {region} could not be read: {told.code}; {told.message.rstrip('.')}"
            raise CollectError(
                " ".join(f"{message}; it takes cloudtrail:ListPublicKeys, or name keys with --public-keys".split())
            ) from error


def _loaded(keys: Sequence[_Key]) -> dict[str, RSAPublicKey]:
    """Return keys by their fingerprints.

    Raises:
        ValueError: one is no RSA key.
    """
    loaded: dict[str, RSAPublicKey] = {}
    for key in keys:
        found = load_der_public_key(key.value)
        if not isinstance(found, RSAPublicKey):
            raise ValueError(f"`{key.fingerprint}` is no RSA key")  # noqa: TRY004 - the text is wrong, not a type
        loaded[key.fingerprint] = found
    return loaded
