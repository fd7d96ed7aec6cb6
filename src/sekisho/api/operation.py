"""What an operation is to this layer: a function of checked parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sekisho.api.identity import Caller


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What an operation may know of the request beside its parameters.

    Attributes:
        request_id: as the client gets it, in `x-amzn-RequestId`.
        now: when the request arrived, UTC, to the millisecond, as the API gives times.
        cursor: where the listing goes on, out of the request's `nextToken`; None at its beginning.
        next_token: makes the `nextToken` of the answer, for this same question, from a cursor that JSON can hold.
    """

    request_id: str
    operation: str
    caller: Caller
    now: datetime
    cursor: Any = field(repr=False)
    next_token: Callable[[Any], str] = field(repr=False)


Operation = Callable[[Mapping[str, Any], RequestContext], Mapping[str, Any]]
"""Takes parameters and returns an output, both by the member names of the service description, with `datetime`s in UTC
for times. Raises `ApiError` for what the caller should know. Runs in a worker thread, and so may block."""
