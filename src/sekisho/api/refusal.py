"""From an error to the answer that tells of it, whatever part of the server was asked."""

from collections.abc import Callable

from sekisho.api.encoding import encode_error
from sekisho.api.errors import ApiError, internal_error
from sekisho.api.exchange import HttpResponse
from sekisho.api.log import Trace


def answered(serve: Callable[[], HttpResponse], trace: Trace) -> HttpResponse:
    """Return what `serve` does, or an answer that is an error; how it went is added to `trace`.

    Whatever goes wrong on our side, the caller gets no detail of it and the log gets all.
    """
    try:
        response = _served_or_refused(serve, trace)
    except Exception as error:  # noqa: BLE001 - see above
        trace.failure = error
        response = refuse(internal_error(), trace)
    trace.status = response.status
    return response


def refuse(error: ApiError, trace: Trace) -> HttpResponse:
    """Return the answer that is an error, and note its code."""
    response = encode_error(error)
    trace.error = error.code
    trace.status = response.status
    return response


def _served_or_refused(serve: Callable[[], HttpResponse], trace: Trace) -> HttpResponse:
    try:
        return serve()
    except ApiError as error:
        return refuse(error, trace)
