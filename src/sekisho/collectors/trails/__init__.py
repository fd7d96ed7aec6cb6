"""Where CloudTrail's files are, and which of them a question needs."""

from sekisho.collectors.trails.files import LocalFiles, LogFile, LogFiles, RemoteFiles
from sekisho.collectors.trails.layout import Place, Question, place_of
from sekisho.collectors.trails.s3 import S3Files

__all__ = ["LocalFiles", "LogFile", "LogFiles", "Place", "Question", "RemoteFiles", "S3Files", "place_of"]
