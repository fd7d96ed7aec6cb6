"""The JSON documents in the tables: what a row cannot say in columns."""

from typing import Final, TypeAlias, TypeVar

import msgspec

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess
from sekisho.findings import Coverage, StoreError, UnusedAccess

T = TypeVar("T")

ACCESS: Final = msgspec.json.Decoder(ExternalAccess)
RISK: Final = msgspec.json.Decoder(CredentialRisk)
ERROR: Final = msgspec.json.Decoder(AnalysisError)
COVERAGE: Final = msgspec.json.Decoder(Coverage)
NOTES: Final = msgspec.json.Decoder(tuple[str, ...])
UNUSED_ACCESS: Final = msgspec.json.Decoder(UnusedAccess)

Document: TypeAlias = ExternalAccess | AnalysisError | CredentialRisk | Coverage | UnusedAccess | tuple[str, ...]
"""What is kept as a document."""


def format_document(value: Document) -> str:
    """Write a value as the JSON text that a row keeps."""
    return msgspec.json.encode(value).decode()


def parse_document(decoder: msgspec.json.Decoder[T], text: str) -> T:
    """Read a value from the JSON text of a row; the inverse of `format_document`.

    Raises:
        StoreError: the text is not what we wrote.
    """
    try:
        return decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"a document in the database is damaged: {error}; restore a backup, or move the database away"
        ) from error
