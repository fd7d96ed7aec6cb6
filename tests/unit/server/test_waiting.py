import threading
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from sekisho.findings import Cause
from sekisho.server.waiting import PAUSE, PRECEDENCE, Waiting, When, Wish
from unit.findings.builders import MONDAY, TUESDAY

EVERYTHING = Wish("one")
BUCKET = Wish("one", "arn:aws:s3:::a")
FIRST = Cause("1", "PutBucketPolicy", "s3.amazonaws.com", "ann", MONDAY)
SECOND = Cause("2", "DeleteBucketPolicy", "s3.amazonaws.com", "bob", TUESDAY)
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


def test_what_is_wanted_now_goes_before_one_of_many_for_a_while() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    many = [Wish("one", f"arn:aws:s3:::{name}", when=When.SOON) for name in "abc"]
    for one in many:
        waiting.put(one, after=When.SOON.value)
    clock.time += 5
    waiting.put(Wish("one", "arn:aws:s3:::now"), after=NOW)
    assert waiting.take() == Wish("one", "arn:aws:s3:::now")

    clock.time += PRECEDENCE
    waiting.put(Wish("one", "arn:aws:s3:::now"), after=NOW)
    assert waiting.take() == many[0]


def test_of_a_thousand_wishes_in_a_second_two_are_carried_out() -> None:
    clock = Clock()
    waiting = Waiting(now=clock)
    taken: list[Wish | None] = []
    for _ in range(1000):
        waiting.put(BUCKET, after=NOW)
        waiting.put(EVERYTHING, after=NOW)
        while (one := waiting.take()) != EVERYTHING:
            taken.append(one)
        clock.time += 0.001
    clock.time += PAUSE
    taken.append(waiting.take())

    assert taken == [BUCKET, BUCKET]
    assert len(waiting) == 0


def test_equal_wishes_have_the_cause_that_happened_last() -> None:
    waiting = Waiting()
    for cause in (SECOND, FIRST, None):
        waiting.put(replace(BUCKET, cause=cause), after=NOW)

    taken = waiting.take()

    assert taken is not None
    assert taken.cause == SECOND


def test_where_no_call_says_when_it_was_the_last_one_told_is_the_cause() -> None:
    waiting = Waiting()
    for cause in (SECOND, structs.replace(FIRST, at=None)):
        waiting.put(replace(BUCKET, cause=cause), after=NOW)

    taken = waiting.take()

    assert taken is not None
    assert taken.cause == structs.replace(FIRST, at=None)


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
