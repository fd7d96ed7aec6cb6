"""One line of JSON for every request, about who called what and how it went; never what they sent or signed it with."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

logger = logging.getLogger("sekisho.api")

_LONGEST = 200


@dataclass(slots=True)
class Trace:
    """What becomes known of a request on its way.

    Attributes:
        path: as it came, percent-encoded, without the query, where a presigned request has its signature.
        access_key_id: once the signature is verified.
        error: the code of the answer, when it is an error.
        failure: what went wrong inside, when it was our mistake.
    """

    request_id: str
    client: str
    method: str
    path: str
    operation: str | None = None
    access_key_id: str | None = None
    status: int | None = None
    error: str | None = None
    failure: BaseException | None = None


def log_request(trace: Trace, took: timedelta) -> None:
    """Write the line; a mistake of ours is an error and comes with its traceback.

    The record has the same as `fields`, for handlers that write lines of their own.
    """
    fields = {
        "requestId": trace.request_id,
        "client": trace.client,
        "method": trace.method[:_LONGEST],
        "path": trace.path[:_LONGEST],
        "operation": trace.operation,
        "accessKeyId": trace.access_key_id,
        "status": trace.status,
        "error": trace.error,
        "milliseconds": round(took.total_seconds() * 1000, 1),
    }
    level = logging.ERROR if trace.failure else logging.INFO
    known = {name: value for name, value in fields.items() if value is not None}
    line = json.dumps(known)
    logger.log(level, line, exc_info=trace.failure, extra={"fields": known})
