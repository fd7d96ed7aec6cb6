"""What a server has beside the service for those who cannot sign as its callers do, and prove themselves otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.log import Trace
from sekisho.api.refusal import answered


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A path of its own that anybody can ask. Bodies are bounded and requests are logged as all others.

    Attributes:
        name: what the log calls it.
        answer: returns the answer, and finds out for itself who asks. May block; may raise `ApiError`.
    """

    name: str
    method: str
    path: str
    answer: Callable[[HttpRequest], HttpResponse]


class OpenAnswers:
    """Answers the requests for one such path. Safe to share between threads."""

    def __init__(self, route: OpenRoute) -> None:
        self._route = route

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """Return the answer to a request; what becomes known on the way is added to `trace`."""
        trace.operation = self._route.name
        return answered(lambda: self._route.answer(request), trace)
