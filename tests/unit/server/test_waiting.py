import threading
from datetime import timedelta

import pytest

from sekisho.server import waiting as module
from sekisho.server.waiting import PRECEDENCE, Waiting, When, Wish

EVERYTHING = Wish("one")
BUCKET = Wish("one", "arn:aws:s3:::a")
NOW = timedelta()
LATER = timedelta(seconds=10)


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_equal_wishes_are_one_and_have_the_earlier_time() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    waiting.put(BUCKET, after=LATER)
    waiting.put(BUCKET, after=NOW)
    waiting.put(BUCKET, after=LATER)

    assert len(waiting) == 1
    assert BUCKET in waiting
    assert waiting.take() == BUCKET
    assert BUCKET not in waiting


def test_a_second_look_is_another_wish() -> None:
    waiting = Waiting()
    waiting.put(BUCKET, after=NOW)
    waiting.put(Wish("one", "arn:aws:s3:::a", when=When.AGAIN), after=When.AGAIN.value)

    assert len(waiting) == 2


def test_a_second_look_comes_that_long_after_the_last_change() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    again = Wish("one", "arn:aws:s3:::a", when=When.AGAIN)
    waiting.put(again, after=When.AGAIN.value)
    clock.time += 200
    waiting.put(again, after=When.AGAIN.value)
    clock.time += 200
    waiting.put(EVERYTHING, after=NOW)

    assert waiting.take() == EVERYTHING
    clock.time += 100
    assert waiting.take() == again


def test_everything_has_its_turn_where_resources_change_all_the_time() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    waiting.put(EVERYTHING, after=NOW)
    taken: list[Wish | None] = []
    while EVERYTHING not in taken:
        waiting.put(BUCKET, after=NOW)
        taken.append(waiting.take())
        clock.time += PRECEDENCE / 10

    assert taken == [BUCKET] * 10 + [EVERYTHING]


def test_where_too_much_waits_everything_is_looked_at_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    waiting = Waiting()
    for name in ("a", "b", "c", "a"):
        waiting.put(Wish("one", f"arn:aws:s3:::{name}"), after=NOW)

    assert len(waiting) == 2
    assert [waiting.take(), waiting.take()] == [BUCKET, EVERYTHING]


def test_resources_go_before_everything_and_the_earlier_before_the_later() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    other = Wish("two", "arn:aws:s3:::b")
    waiting.put(EVERYTHING, after=NOW)
    waiting.put(BUCKET, after=timedelta(seconds=2))
    waiting.put(other, after=timedelta(seconds=1))
    clock.time += 5

    assert [waiting.take() for _ in range(3)] == [other, BUCKET, EVERYTHING]


def test_what_is_not_due_holds_up_nothing() -> None:
    waiting = Waiting()
    waiting.put(BUCKET, after=timedelta(hours=1))
    waiting.put(EVERYTHING, after=NOW)

    assert waiting.take() == EVERYTHING


def test_whoever_waits_gets_what_comes_and_what_falls_due() -> None:
    waiting = Waiting()
    taken: list[Wish | None] = []
    thread = threading.Thread(target=lambda: taken.extend([waiting.take(), waiting.take(), waiting.take()]))
    thread.start()
    waiting.put(EVERYTHING, after=timedelta(milliseconds=50))
    waiting.put(BUCKET, after=NOW)
    while len(taken) == 0 and len(waiting):
        pass
    waiting.close()
    thread.join(30)

    assert taken == [BUCKET, EVERYTHING, None]


def test_after_the_end_nothing_waits() -> None:
    waiting = Waiting()
    waiting.put(BUCKET, after=NOW)
    waiting.close()
    waiting.put(BUCKET, after=NOW)

    assert waiting.take() is None
    assert len(waiting) == 0
