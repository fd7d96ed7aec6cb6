import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest

from sekisho.api import Trace
from sekisho.api.log import log_request
from sekisho.server import log_to
from sekisho.server.logs import LEVELS


@pytest.fixture
def stream() -> Iterator[StringIO]:
    root = logging.getLogger()
    before, levels = list(root.handlers), {name: logging.getLogger(name).level for name in (None, *LEVELS)}
    stream = StringIO()
    log_to(stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_everything_is_a_line_of_json(stream: StringIO) -> None:
    logging.getLogger("sekisho.server").info("stopped\nfor good", extra={"fields": {"analyzer": "arn"}})
    logging.getLogger("elsewhere").warning("%s things", 3)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    fault = ValueError("a fault")
    logging.getLogger("sekisho.server").error("failed", exc_info=fault)

    one, two, three, four = lines(stream)
    assert datetime.fromisoformat(str(one.pop("time"))).utcoffset() == timedelta()
    assert one == {"level": "INFO", "logger": "sekisho.server", "message": "stopped\nfor good", "analyzer": "arn"}
    assert (two["level"], two["message"]) == ("WARNING", "3 things")
    assert "old" in str(three["message"])
    assert "ValueError: a fault" in str(four["exception"])


def test_what_is_of_no_interest_is_left_out(stream: StringIO) -> None:
    logging.getLogger("botocore").info("a request")
    logging.getLogger("apscheduler.scheduler").warning("skipped")

    assert lines(stream) == []


def test_a_request_is_its_fields(stream: StringIO) -> None:
    log_request(Trace("id", "192.0.2.7", "GET", "/analyzer", status=200), timedelta(milliseconds=2))

    (line,) = lines(stream)
    line.pop("time")
    assert line == {
        "level": "INFO", "logger": "sekisho.api", "requestId": "id", "client": "192.0.2.7", "method": "GET",
        "path": "/analyzer", "status": 200, "milliseconds": 2.0,
    }  # fmt: skip
