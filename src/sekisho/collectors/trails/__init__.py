"""Where CloudTrail's files are, and which of them a question needs."""

from typing import TYPE_CHECKING

from sekisho.collectors.trails.files import LocalFiles, LogFile, LogFiles, RemoteFiles
from sekisho.collectors.trails.layout import Place, Question, place_of
from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.collectors.trails.s3 import S3Files

__all__ = ["LocalFiles", "LogFile", "LogFiles", "Place", "Question", "RemoteFiles", "S3Files", "place_of"]

__getattr__ = names_of(__name__, {"s3": ("S3Files",)})
