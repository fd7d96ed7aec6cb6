"""From a whole request to its answer: verify, limit, find the operation, decode, call, encode. All of it may block."""

from collections.abc import Mapping
from typing import Any

from sekisho.api.decoding import JSON_DEPTH, decode_input
from sekisho.api.encoding import encode_output
from sekisho.api.errors import Reason, validation_error
from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.gate import Gate
from sekisho.api.log import Trace
from sekisho.api.model import Match, Routes, operation_models
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.refusal import answered
from sekisho.api.roles import check_role
from sekisho.api.tokens import PageTokens


class Endpoint:
    """The service, one request at a time. Safe to share between threads."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        gate: Gate,
        tokens: PageTokens,
        *,
        json_depth: int = JSON_DEPTH,
    ) -> None:
        """Take the operations by their names.

        Raises:
            ValueError: the service has no operation of that name.
        """
        if unknown := sorted(set(operations) - set(operation_models())):
            raise ValueError(f"the service has no operation {', '.join(unknown)}")
        self._operations = operations
        self._gate = gate
        self._tokens = tokens
        self._json_depth = json_depth
        self._routes = Routes(operation_models())

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """Return the answer to a request; what becomes known on the way is added to `trace`."""
        return answered(lambda: self._serve(request, trace), trace)

    def _serve(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        caller, now = self._gate.admit(request, trace)
        match = self._find(request)
        name = match.operation.name
        trace.operation = name
        check_role(name, caller.role)
        if name not in self._operations:
            raise validation_error(Reason.NOT_SUPPORTED, f"{name} is not served here yet")
        params = decode_input(match, request, depth=self._json_depth)
        context = RequestContext(
            trace.request_id,
            name,
            caller,
            now.replace(microsecond=now.microsecond // 1000 * 1000),
            cursor=self._cursor(name, params),
            next_token=lambda cursor: self._tokens.seal(cursor, name, params),
        )
        return encode_output(match.operation, self._operations[name](params, context))

    def _find(self, request: HttpRequest) -> Match:
        """Return the operation.

        AWS's front ends answer an unknown path with 404 and no modelled error. The service's own description has a
        reason for it, which every SDK can read, and so we use that.
        """
        match = self._routes.match(request.method, request.raw_path)
        if match is None:
            raise validation_error(Reason.UNKNOWN_OPERATION, "the service has no operation with this method and path")
        return match

    def _cursor(self, operation: str, params: Mapping[str, Any]) -> Any:
        token = params.get("nextToken")
        return None if token is None else self._tokens.open(token, operation, params)
