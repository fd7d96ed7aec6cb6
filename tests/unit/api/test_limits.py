from datetime import UTC, datetime, timedelta

import pytest

from sekisho.api.limits import Rate, TokenBuckets, client_network

START = datetime(2026, 11, 22, tzinfo=UTC)


def buckets(known_callers: int = 10) -> TokenBuckets:
    return TokenBuckets(Rate(per_second=2, burst=3), known_callers=known_callers)


def test_a_burst_passes_and_then_one_waits() -> None:
    some = buckets()

    assert [some.take("a", START) for _ in range(4)] == [None, None, None, timedelta(seconds=0.5)]
    assert some.take("b", START) is None


def test_a_bucket_fills_up_with_time_and_never_over() -> None:
    some = buckets()
    for _ in range(3):
        some.take("a", START)

    assert some.take("a", START + timedelta(seconds=0.5)) is None
    assert some.take("a", START + timedelta(seconds=0.5))
    later = START + timedelta(days=1)
    assert [some.take("a", later) is None for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_is_set_back_changes_nothing() -> None:
    some = buckets()
    for _ in range(3):
        some.take("a", START)

    assert some.take("a", START - timedelta(days=1)) == timedelta(seconds=0.5)


def test_those_seen_longest_ago_are_forgotten() -> None:
    some = buckets(known_callers=2)
    for caller in "aaabc":
        some.take(caller, START)

    assert [some.take("a", START) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
        ("", ""),
    ],
)
def test_one_client_is_an_address_or_a_small_network(address: str, network: str) -> None:
    assert client_network(address) == network
