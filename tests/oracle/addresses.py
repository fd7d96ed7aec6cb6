"""Addresses and ranges of them, as the standard library reads them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

ADDRESS_BITS = {4: (4, 8), 6: (8, 16)}
"""By version: into how many numbers an address is cut, of how many bits each."""


@lru_cache(maxsize=4096)
def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read one address; None when the text is not one."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def read_range(text: str) -> IPv4Network | IPv6Network | None:
    """Read an address or a CIDR range, whatever its host bits; None when the text is neither."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def edges(ranges: list[str]) -> list[str]:
    """Return the first and the last address of each range, and their neighbours on either side."""
    found: dict[str, None] = {}
    for network in map(read_range, ranges):
        if network is None:
            continue
        version, top = network.version, 2**network.max_prefixlen
        first, last = int(network.network_address), int(network.broadcast_address)
        for one in (first, first + 1, last - 1, last, first - 1, last + 1):
            found[write_address(one % top, version)] = None
    return list(found)


def write_address(value: int, version: int) -> str:
    """Write the address that a number stands for."""
    count, bits = ADDRESS_BITS[version]
    return str(ip_address(value.to_bytes(count * bits // 8, "big")))
