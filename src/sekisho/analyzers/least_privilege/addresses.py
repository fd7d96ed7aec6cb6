"""The addresses that a principal called from, and many of them as few ranges."""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)
from itertools import chain
from typing import Final, TypeAlias

from sekisho.analyzers.least_privilege.activity import Activity

MOST_RANGES: Final = 5

Address: TypeAlias = IPv4Address | IPv6Address

_LENGTHS: Final = range(32, 23, -1)
"""How long the start is that addresses of a range have in common, from one address to a network of an office.

Of IPv6 that is all of an address, or the half that is the network's.
"""

_ALL_OF_IPV6: Final = 128
_NETWORK_OF_IPV6: Final = 64


_PRIVATE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"))
)
"""Where no address of the Internet is. Source: RFC 1918, RFC 4193, RFC 4291, RFC 6598."""


def own_addresses(activity: Activity) -> tuple[Address, ...]:
    """Return the addresses that a principal itself called from; none where they are not all known.

    Calls that a service makes have its name in place of an address, and calls through a VPC endpoint a private address,
    neither of which is `aws:SourceIp`: they are left out as far as the activity has such calls, and otherwise nobody
    knows what they are.

    Source: CloudTrail User Guide, "CloudTrail record contents", `sourceIPAddress`; IAM User Guide, "AWS global
    condition context keys", aws:SourceIp.
    """
    if activity.addresses is None:
        return ()
    ways = set(chain.from_iterable(activity.ways.values()))
    services = {way.service for way in ways}
    has_endpoint = any(way.endpoint for way in ways)
    found = {text: _address(text) for text in activity.addresses}
    if any(address is None and text not in services for text, address in found.items()):
        return ()
    addresses = sorted((one for one in found.values() if one is not None), key=lambda one: (one.version, int(one)))
    private = [one for one in addresses if any(one in network for network in _PRIVATE)]
    if private and not has_endpoint:
        return ()
    return tuple(one for one in addresses if one not in private)


def ranges_of(addresses: Iterable[Address]) -> tuple[str, ...]:
    """Return at most `MOST_RANGES` ranges that hold all addresses, as narrow as that allows; none where it allows none.

    Each is at most a /24, or a /64 of IPv6; those that touch are told as one.
    """
    found = tuple(addresses)
    for length in _LENGTHS:
        old = {IPv4Network((int(one), length), strict=False) for one in found if isinstance(one, IPv4Address)}
        new_length = _ALL_OF_IPV6 if length == _LENGTHS[0] else _NETWORK_OF_IPV6
        new = {IPv6Network((int(one), new_length), strict=False) for one in found if isinstance(one, IPv6Address)}
        if len(old) + len(new) <= MOST_RANGES:
            return (*map(str, collapse_addresses(old)), *map(str, collapse_addresses(new)))
    return ()


def ends_of(addresses: Iterable[Address], ranges: Iterable[str]) -> tuple[Address, ...]:
    """Return the first and the last address of each range: a condition that both meet is met by all between them.

    Args:
        addresses: in order.
        ranges: CIDR blocks.
    """
    found = tuple(addresses)
    ends: list[Address] = []
    for network in map(ip_network, ranges):
        inside = [one for one in found if one in network]
        ends += inside[:1] + inside[1:][-1:]
    return tuple(ends)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
