"""What a server has beside the operations of the service, and lets nobody use who has not said who they are."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.gate import Gate
from sekisho.api.identity import Role
from sekisho.api.log import Trace
from sekisho.api.refusal import answered
from sekisho.api.roles import require_role


@dataclass(frozen=True, slots=True)
class SignedRoute:
    """A path of its own, whose requests are signed as those to the service are, and answered with its errors.

    Attributes:
        name: what the log calls it.
        least: the least role that may call.
        answer: returns the answer. May block; may raise `ApiError`.
        token: who sends it in `Authorization: Bearer` need not sign; None where everyone has to. It says nothing of who
            they are, and is for programs that cannot sign and only read.
    """

    name: str
    method: str
    path: str
    least: Role
    answer: Callable[[HttpRequest], HttpResponse]
    token: str | None = field(default=None, repr=False)


class SignedAnswers:
    """Answers the requests for one such path. Safe to share between threads."""

    def __init__(self, route: SignedRoute, gate: Gate) -> None:
        self._route = route
        self._gate = gate

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """Return the answer to a request; what becomes known on the way is added to `trace`."""
        trace.operation = self._route.name
        return answered(lambda: self._serve(request, trace), trace)

    def _serve(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        if not _has_token(request, self._route.token):
            caller, _ = self._gate.admit(request, trace)
            require_role(self._route.name, caller.role, least=self._route.least)
        return self._route.answer(request)


def _has_token(request: HttpRequest, token: str | None) -> bool:
    """Say whether a request has the token; how long that takes says nothing of how much of it was right."""
    match request.header_values("authorization"):
        case (header,) if token and header[:7].casefold() == "bearer ":
            return hmac.compare_digest(header[7:].strip().encode(), token.encode())
        case _:
            return False
