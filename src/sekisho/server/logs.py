"""The log of a server: one line of JSON for each thing that happens, on standard error."""

import json
import logging
from datetime import UTC, datetime
from typing import IO, Final

LEVELS: Final = {"sekisho": logging.INFO, "apscheduler": logging.ERROR}
"""From which level on a logger is heard; all others are from WARNING on. The scheduler warns of every second in which a
delivery still goes on."""


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object: when, how bad, who says so, and either a message or fields, or both."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = getattr(record, "fields", {})
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            **({} if record.name == "sekisho.api" and fields else {"message": record.getMessage()}),
            **fields,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_to(stream: IO[str], *, level: int = logging.NOTSET) -> None:
    """Send all that is logged to a stream, and nothing of it elsewhere.

    Args:
        stream: where to.
        level: leave out what is milder, whoever says it.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.setLevel(level)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name, heard_from in LEVELS.items():
        logging.getLogger(name).setLevel(heard_from)
    logging.captureWarnings(capture=True)
