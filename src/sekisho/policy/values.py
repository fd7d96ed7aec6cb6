"""Typed values: the numbers, dates, addresses and booleans that condition operators compare."""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton

import msgspec

from sekisho.policy.operators import BaseOperator, Family

FIRST_OF_IPV6 = 1 << 32
"""Addresses are numbers on one line: those of IPv4 as they are, and from here on those of IPv6."""

END_OF_ADDRESSES = FIRST_OF_IPV6 + (1 << 128)


class Network(msgspec.Struct, frozen=True, gc=False):
    """A range of addresses, from `low` to `high`, both in it; `prefix` is how many leading bits they share."""

    low: int
    high: int
    prefix: int

    @property
    def version(self) -> int:
        """The version of the Internet Protocol: 4 or 6."""
        return 4 if self.low < FIRST_OF_IPV6 else 6

    def has(self, address: int | None) -> bool:
        """Say whether an address lies in the range; None, which is no address, does not."""
        return address is not None and self.low <= address <= self.high


class Ranges:
    """Several ranges of addresses, asked together."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """Keep where the ranges start and end, in order, those that overlap as one."""
        starts: list[int] = []
        ends: list[int] = []
        end = -1
        for low, high in sorted([(one.low, one.high) for one in networks]):
            if low > end:
                starts.append(low)
                ends.append(high)
                end = high
            elif high > end:
                ends[-1] = end = high
        self._starts, self._ends = starts, ends

    def has(self, text: str) -> bool:
        """Say whether an address lies in some range; a text that is no address does not."""
        address = parse_address(text)
        if address is None:
            return False
        place = bisect_right(self._starts, address)
        return place > 0 and address <= self._ends[place - 1]


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?)?)?",
)


_MOST_DIGITS = 20
"""More than any value of AWS has, and fewer than decimal arithmetic keeps."""


def parse_number(text: str) -> Decimal | None:
    """Read an integer or a decimal fraction; None when the text is not one."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return (
        number
        if number.is_finite()
        and len(number.as_tuple().digits) <= _MOST_DIGITS
        and abs(number.adjusted()) <= _MOST_DIGITS
        else None
    )


def parse_date(text: str) -> datetime | None:
    """Read a date of the W3C profile of ISO 8601, or seconds since 1970; None when the text is neither."""
    if text.isascii() and text.isdigit() and len(text) > len("2026"):
        try:
            return datetime.fromtimestamp(int(text), UTC)
        except (OverflowError, ValueError, OSError):
            return None
    parts = _DATE.fullmatch(text.strip())
    if parts is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = parts.groups()
    offset = "+00:00" if zone in {None, "Z"} else zone
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}{(fraction or '')[:7]}"
    try:
        return datetime.fromisoformat(f"{year}-{month or '01'}-{day or '01'}T{clock}{offset}").astimezone(UTC)
    except (OverflowError, ValueError):
        return None


_IPV4, _IPV6 = (0, AF_INET, 32), (FIRST_OF_IPV6, AF_INET6, 128)
"""The versions: where their addresses begin on the line, the family of their sockets, their bits."""


@lru_cache(maxsize=4096)
def parse_network(text: str) -> Network | None:
    """Read an address or a CIDR range; host bits below the prefix are ignored. None when the text is neither."""
    start, slash, length = text.strip().partition("/")
    first, family, bits = _IPV6 if ":" in start else _IPV4
    if slash and not (length.isascii() and length.isdigit()):
        return None
    try:
        number = int.from_bytes(inet_pton(family, start), "big")
        prefix = int(length) if slash else bits
    except (OSError, ValueError):  # a number of thousands of digits is not read
        return None
    rest = bits - prefix
    if rest < 0:
        return None
    low = first + (number >> rest << rest)
    return Network(low, low + (1 << rest) - 1, prefix)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> int | None:
    """Read one address, as a number on the line of all; None when the text is not one."""
    try:
        if ":" in text:
            return FIRST_OF_IPV6 + int.from_bytes(inet_pton(AF_INET6, text), "big")
        return int.from_bytes(inet_pton(AF_INET, text), "big")
    except (OSError, ValueError):
        return None


def parse_binary(text: str) -> bytes | None:
    """Read base64 text; None when it is not."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def value_problem(operator: BaseOperator, text: str) -> str | None:
    """Say what an operator's value should look like, or None when this one does."""
    form = _FORMS.get(operator.family)
    return None if form is None or form[0](text) is not None else form[1]


def all_well_formed(operator: BaseOperator, texts: Iterable[str]) -> bool:
    """Say whether `value_problem` finds nothing wrong with any value."""
    form = _FORMS.get(operator.family)
    return form is None or None not in map(form[0], texts)


def _parse_presence(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


_FORMS: Mapping[Family, tuple[Callable[[str], object], str]] = {
    Family.NUMERIC: (parse_number, "write an integer or a decimal number"),
    Family.DATE: (parse_date, "write a date such as `2026-01-31T12:00:00Z`, or seconds since 1970"),
    Family.ADDRESS: (parse_network, "write an address or a range such as `203.0.113.0/24`"),
    Family.NULL: (_parse_presence, "write `true` or `false`"),
    Family.BINARY: (parse_binary, "write base64 text"),
}
"""How the values of some operators are read, and what one that cannot be read should look like."""
