"""A request that comes twice with one client token is carried out once."""

import hashlib
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.faults import invalid
from sekisho.api.operations.service import ReplyStore

LONGEST_TOKEN: Final = 256


class _Reply(msgspec.Struct, frozen=True):
    """What a request was answered, and which one it was."""

    question: str
    output: dict[str, Any]


_REPLY: Final = msgspec.json.Decoder(_Reply)


@dataclass(slots=True)
class _Turn:
    """What those who send one token at the same time wait for.

    Attributes:
        takers: how many hold it or wait for it; the last of them throws it away.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    takers: int = 0


class OncePerToken:
    """Answers a request with a client token as it was answered before; safe to share between threads.

    A token belongs to the access key that sends it, the Region that it means and one operation. The answer is noted
    when the work is done: a server that is killed in between does the work again when it is asked again, which changes
    nothing but for `Create…` and `Delete…`, where the caller hears that it is done already, and for
    `StartPolicyGeneration`, which begins a second job that finds the same.

    Source: Access Analyzer API reference, `clientToken` of each operation.
    """

    def __init__(self, replies: ReplyStore) -> None:
        self._replies = replies
        self._under_way: dict[str, _Turn] = {}
        self._changing = threading.Lock()

    def wrap(self, operation: Operation) -> Operation:
        """Return the operation, carried out once for each token."""

        def once(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
            token = params.get("clientToken")
            if token is None:
                return operation(params, context)
            if not 1 <= len(token) <= LONGEST_TOKEN:
                raise invalid(f"a client token has 1 to {LONGEST_TOKEN} characters")
            name = _digest([context.caller.access_key_id, context.caller.region, context.operation, token])
            with self._turn(name):
                return self._answer(operation, params, context, name)

        return once

    def _answer(
        self, operation: Operation, params: Mapping[str, Any], context: RequestContext, name: str
    ) -> Mapping[str, Any]:
        question = _digest({key: value for key, value in params.items() if key != "clientToken"})
        kept = self._replies.find(name)
        if kept is not None:
            reply = _REPLY.decode(kept)
            if reply.question != question:
                raise invalid("this client token was used before, with other parameters; use a new one")
            return reply.output
        output = operation(params, context)
        content = msgspec.json.encode(_Reply(question, dict(output))).decode()
        self._replies.keep(name, content, at=context.now)
        return output

    @contextmanager
    def _turn(self, name: str) -> Generator[None]:
        """Make those who send one token at the same time follow each other."""
        with self._changing:
            turn = self._under_way.setdefault(name, _Turn())
            turn.takers += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._changing:
                turn.takers -= 1
                if not turn.takers:
                    del self._under_way[name]


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
