"""Points: one for every interval that bounds mark off."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from sekisho.policy import Condition
from sekisho.policy.operators import find_operator
from sekisho.policy.values import parse_date, parse_number
from sekisho.reasoning.keys import Key
from sekisho.reasoning.points import Interval, address_points, date_points, number_points


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=4), st.integers(-60, 60))
def test_every_number_stands_like_one_of_the_points_to_all_bounds(bounds: list[int], value: int) -> None:
    def stands(number: float) -> list[tuple[bool, bool]]:
        return [(number < bound, number == bound) for bound in bounds]

    points = [float(parse_number(text) or 0) for text in number_points(map(str, bounds))]
    assert stands(value) in [stands(point) for point in points]


def test_whole_numbers_are_preferred_between_bounds() -> None:
    assert list(number_points(["10", "20"])) == ["9", "10", "11", "20", "21"]
    assert list(number_points(["1", "2"])) == ["0", "1", "1.5", "2", "3"]


def test_dates_have_points_before_between_and_after() -> None:
    moments = [parse_date(text) for text in date_points(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"])]

    assert len(moments) == 5
    assert moments == sorted(moment for moment in moments if moment is not None)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=4), st.integers(0, 2**32 - 1))
def test_every_address_lies_like_one_of_the_points_in_all_ranges(ranges: list[tuple[int, int]], value: int) -> None:
    networks = [ip_network((start, length), strict=False) for start, length in ranges]
    points = [ip_address(text) for text in address_points(intervals_of(map(str, networks)))]

    def lies(number: int | str) -> list[bool]:
        return [ip_address(number) in network for network in networks]

    assert lies(value) in [[point in network for network in networks] for point in points]


def test_of_both_versions_there_is_a_point_in_each_range_and_one_in_none() -> None:
    points = address_points(intervals_of(["198.51.100.0/24", "2001:db8::/32"]))

    assert sorted(points) == ["192.0.2.44", "198.51.100.7", "2001:db8::10"]


def test_ranges_of_all_addresses_leave_none_outside_and_do_not_reach_into_the_other_version() -> None:
    assert list(address_points(intervals_of(["0.0.0.0/0", "::/0"]))) == ["203.0.113.10", "2001:db8::10"]
    assert list(address_points(intervals_of(["255.255.255.255/32"]))) == ["203.0.113.10", "255.255.255.255"]


def intervals_of(ranges: Iterable[str]) -> list[Interval]:
    key = Key("aws:sourceip", lambda _: None)
    operator = find_operator("IpAddress")
    assert operator is not None
    key.add(Condition(operator, "aws:SourceIp", tuple(ranges)), 1, variables=False)
    return list(key.intervals)
