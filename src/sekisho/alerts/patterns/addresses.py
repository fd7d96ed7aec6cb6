"""IP addresses and networks, read as EventBridge reads them.

Each part of an IPv4 address may begin with zeros, a group of an IPv6 address too, and an IPv4 address that is written
as an IPv6 one (`::ffff:a00:1`) is the IPv4 address. Dots and colons do not go together.
"""

import re
from dataclasses import dataclass
from typing import Final

_V4: Final = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_V6: Final = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_LONGEST_V4: Final = 15
_GROUPS: Final = 8
_MAPPED: Final = bytes(10) + b"\xff\xff"


def parse_address(text: str) -> bytes | None:
    """Return the 4 or 16 bytes of an address; None when the text is not one."""
    if _V4.fullmatch(text):
        return _v4(text)
    return _v6(text) if _V6.fullmatch(text) else None


def _v4(text: str) -> bytes | None:
    if len(text) > _LONGEST_V4:
        return None
    parts = [int(part) for part in text.split(".")]
    return bytes(parts) if max(parts) < 1 << 8 else None


def _v6(text: str) -> bytes | None:
    head, gap, tail = text.partition("::")
    before = head.split(":") if head else []
    after = tail.split(":") if tail else []
    missing = _GROUPS - len(before) - len(after)
    if (missing < 1) if gap else (missing != 0):
        return None
    groups = [*before, *["0"] * missing, *after]
    if not all(groups) or any(int(group, 16) >= 1 << 16 for group in groups):
        return None
    address = b"".join(int(group, 16).to_bytes(2, "big") for group in groups)
    return address.removeprefix(_MAPPED)


@dataclass(frozen=True, slots=True)
class Network:
    """The addresses of one family that agree in their first bits.

    Attributes:
        size: how many bytes an address has.
        bits: how many bits agree.
        prefix: these bits, as a number.
    """

    size: int
    bits: int
    prefix: int

    def __contains__(self, address: bytes) -> bool:
        return len(address) == self.size and prefix_of(address, self.bits) == self.prefix


def prefix_of(address: bytes, bits: int) -> int:
    """Return the first bits of an address, as a number."""
    return int.from_bytes(address, "big") >> (len(address) * 8 - bits)


def parse_network(text: str) -> Network:
    """Return the network of a CIDR block; bits of the host are ignored.

    Raises:
        ValueError: it is none, or a single address; the message says what is wrong.

    Source: Amazon EventBridge User Guide, "IP address matching"; event-ruler, `CIDR`.
    """
    written, slash, mask = text.partition("/")
    if not slash or "/" in mask:
        raise ValueError("a CIDR block has one `/`")
    if not (mask.isascii() and mask.isdigit()):
        raise ValueError("what stands after the `/` of a CIDR block is a number")
    address = parse_address(written)
    if address is None:
        raise ValueError(f"`{written}` is no IP address")
    bits = int(mask[:4])
    if bits >= len(address) * 8:
        raise ValueError(f"`{text}` is no block of several addresses: that takes fewer than {len(address) * 8} bits")
    return Network(len(address), bits, prefix_of(address, bits))
