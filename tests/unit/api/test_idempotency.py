import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sekisho.api import Caller, RequestContext, Role
from sekisho.api.operations.idempotency import OncePerToken

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Replies:
    """A `ReplyStore` in memory, safe to share between threads."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        return self._kept.get(name)

    def keep(self, name: str, content: str, *, at: datetime) -> None:
        assert at == NOW
        self._kept.setdefault(name, content)


@dataclass
class Work:
    """An operation that waits until it may go on, and fails as often as it is told to."""

    failures: int = 0
    may_go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    begun: int = 0

    def __call__(self, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        del params, context
        self.begun += 1
        number = self.begun
        self.entered.release()
        assert self.may_go_on.acquire(timeout=30)
        if number <= self.failures:
            raise ValueError(number)
        return {"id": str(number)}


def context(region: str = "us-east-1") -> RequestContext:
    return RequestContext("r", "CreateAccessPreview", Caller("SEKI", Role.ADMIN, region), NOW, None, str)


def test_those_who_come_while_one_fails_still_follow_each_other() -> None:
    work = Work(failures=1)
    once = OncePerToken(Replies()).wrap(work)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(once({"clientToken": "one"}, context()))
        except ValueError:
            answers.append("failed")

    first, second, third = (threading.Thread(target=ask) for _ in range(3))
    first.start()
    assert work.entered.acquire(timeout=30)
    second.start()
    second.join(0.1)  # it waits for the first by then, or the test shows nothing
    work.may_go_on.release()
    first.join(30)
    assert work.entered.acquire(timeout=30)
    third.start()
    assert not work.entered.acquire(timeout=0.2)
    work.may_go_on.release()
    second.join(30)
    third.join(30)

    assert answers == ["failed", {"id": "2"}, {"id": "2"}]


@pytest.mark.parametrize(
    ("region", "begun"),
    [pytest.param("us-east-1", 1, id="the same Region"), pytest.param("eu-west-1", 2, id="another Region")],
)
def test_a_token_is_of_one_region(region: str, begun: int) -> None:
    work = Work()
    once = OncePerToken(Replies()).wrap(work)
    for where in ("us-east-1", region):
        work.may_go_on.release()
        once({"clientToken": "one"}, context(where))

    assert work.begun == begun
