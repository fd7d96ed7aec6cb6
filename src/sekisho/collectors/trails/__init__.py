"""Where CloudTrail's files are, and which of them a question needs."""

from typing import TYPE_CHECKING

from sekisho.collectors.trails.files import LocalFiles, LogFile, LogFiles, RemoteFiles
from sekisho.collectors.trails.layout import Place, Question, place_of
from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.collectors.trails.public_keys import KeyFiles, LiveKeys, NoKeys, PublicKeys
    from sekisho.collectors.trails.s3 import S3Files
    from sekisho.collectors.trails.trail import files_of_trail, is_trail
    from sekisho.collectors.trails.verified import Integrity, VerifiedFiles

__all__ = [
    "Integrity",
    "KeyFiles",
    "LiveKeys",
    "LocalFiles",
    "LogFile",
    "LogFiles",
    "NoKeys",
    "Place",
    "PublicKeys",
    "Question",
    "RemoteFiles",
    "S3Files",
    "VerifiedFiles",
    "files_of_trail",
    "is_trail",
    "place_of",
]

__getattr__ = names_of(
    __name__,
    {
        "public_keys": ("KeyFiles", "LiveKeys", "NoKeys", "PublicKeys"),
        "s3": ("S3Files",),
        "trail": ("files_of_trail", "is_trail"),
        "verified": ("Integrity", "VerifiedFiles"),
    },
)
