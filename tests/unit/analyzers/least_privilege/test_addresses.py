"""Addresses as few ranges."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.analyzers.least_privilege.addresses import MOST_RANGES, Address, ranges_of

ADDRESSES = st.lists(st.one_of(st.ip_addresses(v=4, network="198.51.100.0/22"), st.ip_addresses(v=6)), max_size=12)


@pytest.mark.parametrize(
    ("addresses", "ranges"),
    [
        pytest.param([], (), id="none"),
        pytest.param(["203.0.113.7"], ("203.0.113.7/32",), id="one is itself"),
        pytest.param(["203.0.113.7", "203.0.113.6"], ("203.0.113.6/31",), id="neighbours are one range"),
        pytest.param([f"203.0.113.{at}" for at in range(0, 240, 40)], ("203.0.113.0/24",), id="an office"),
        pytest.param([f"198.51.{at}.1" for at in range(6)], (), id="too many networks"),
        pytest.param([f"2001:db8::{at:x}" for at in range(0, 60000, 9000)], ("2001:db8::/64",), id="IPv6"),
    ],
)
def test_ranges_are_few_and_narrow(addresses: list[str], ranges: tuple[str, ...]) -> None:
    assert ranges_of(map(ip_address, addresses)) == ranges


@given(ADDRESSES)
def test_ranges_hold_all_addresses_or_are_none(addresses: list[Address]) -> None:
    networks = [ip_network(one) for one in ranges_of(addresses)]

    assert len(networks) <= MOST_RANGES
    assert not networks or all(any(one in network for network in networks) for one in addresses)
