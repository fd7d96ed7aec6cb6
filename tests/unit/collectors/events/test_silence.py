"""When an intake is silent."""

from datetime import timedelta

from sekisho.collectors.events import Heartbeat, Silence, Silent
from unit.collectors.events.samples import NOW

HERE, THERE = "111122223333 us-east-1", "111122223333 eu-west-1"


def after(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def test_a_queue_that_never_had_a_heartbeat_is_silent_after_a_while() -> None:
    silence = Silence(NOW)

    assert silence.silent(NOW + after(45)) == ()
    assert silence.silent(NOW + after(46)) == (Silent("", NOW),)


def test_a_heartbeat_is_waited_for_anew_after_each() -> None:
    silence = Silence(NOW)
    silence.beat(Heartbeat(HERE, NOW + after(30)))

    assert silence.silent(NOW + after(75)) == ()
    assert silence.silent(NOW + after(76)) == (Silent(HERE, NOW + after(30)),)

    silence.beat(Heartbeat(HERE, NOW + after(76)))
    assert silence.silent(NOW + after(77)) == ()


def test_one_place_does_not_speak_for_another() -> None:
    silence = Silence(NOW)
    silence.beat(Heartbeat(HERE, NOW + after(60)))
    silence.beat(Heartbeat(THERE, NOW))

    assert silence.silent(NOW + after(61)) == (Silent(THERE, NOW),)

    silence.forget(THERE)
    assert silence.silent(NOW + after(61)) == ()


def test_heartbeats_out_of_order_do_no_harm() -> None:
    silence = Silence(NOW)
    for minutes in (30, 0, 15):
        silence.beat(Heartbeat(HERE, NOW + after(minutes)))

    assert silence.silent(NOW + after(75)) == ()


def test_what_was_sent_while_nobody_listened_is_no_silence() -> None:
    silence = Silence(NOW)
    silence.beat(Heartbeat(HERE, NOW - after(600)))

    assert silence.silent(NOW + after(45)) == ()
