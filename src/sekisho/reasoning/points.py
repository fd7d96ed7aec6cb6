"""Numbers, dates and addresses: one value for every interval that the bounds in a policy mark off."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address

from sekisho.policy.values import Address, Network, parse_address, parse_date, parse_network, parse_number

SAMPLE_ADDRESSES = ("203.0.113.10", "198.51.100.7", "192.0.2.44", "8.8.8.8", "2001:db8::10", "2606:4700::6810:84e5")
"""Preferred where an interval has one of them; the documentation ranges of RFC 5737 and RFC 3849 come first."""

SAMPLE_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def number_points(bounds: Iterable[str]) -> Iterator[str]:
    """Yield every bound, a number between each two neighbours, and one on either side of all."""
    values = sorted({value for text in bounds if (value := parse_number(text)) is not None})
    if not values:
        yield "1"
        return
    yield _number_text(values[0] - 1)
    for value, following in zip(values, [*values[1:], None], strict=True):
        yield _number_text(value)
        yield _number_text(value + 1 if following is None else _between(value, following))


def _between(low: Decimal, high: Decimal) -> Decimal:
    following = low.to_integral_value() + 1
    return following if low < following < high else (low + high) / 2


def _number_text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def date_points(bounds: Iterable[str]) -> Iterator[str]:
    """Yield every bound, a moment between each two neighbours, and one on either side of all, in UTC."""
    values = sorted({value for text in bounds if (value := parse_date(text)) is not None})
    if not values:
        yield _date_text(SAMPLE_NOW)
        return
    second = timedelta(seconds=1)
    if values[0] > datetime.min.replace(tzinfo=UTC) + second:
        yield _date_text(values[0] - second)
    for value, following in zip(values, [*values[1:], None], strict=True):
        yield _date_text(value)
        if following is not None:
            yield _date_text(value + (following - value) / 2)
        elif value < datetime.max.replace(tzinfo=UTC) - second:
            yield _date_text(value + second)


def _date_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def address_points(ranges: Iterable[str], *, dense: bool = False) -> Iterator[str]:
    """Yield one address for every interval that the ends of the ranges mark off, of both versions.

    Args:
        ranges: addresses and CIDR ranges.
        dense: yield several for each, because something else than ranges tells addresses apart too.
    """
    networks = [network for text in ranges if (network := parse_network(text)) is not None]
    for version in (4, 6):
        yield from _points_of_version(version, [one for one in networks if one.version == version], dense=dense)


def _points_of_version(version: int, networks: list[Network], *, dense: bool) -> Iterator[str]:
    top = 2 ** (32 if version == 4 else 128)  # noqa: PLR2004 - bits of an address
    make: Callable[[int], Address] = lambda number: _address(number, version)  # noqa: E731 - a name for one expression
    edges = {0}
    for network in networks:
        edges |= {int(network.network_address), int(network.broadcast_address) + 1}
    starts = sorted(edge for edge in edges if edge < top)
    samples = [one for text in SAMPLE_ADDRESSES if (one := parse_address(text)) is not None and one.version == version]
    for start, end in zip(starts, [*starts[1:], top], strict=True):
        nice = next((one for one in samples if start <= int(one) < end), None)
        yield str(nice or make(start + 1 if start + 1 < end and start % 256 == 0 else start))
        if dense:
            yield from (str(make(one)) for one in (start, (start + end) // 2, end - 1))


def _address(number: int, version: int) -> Address:
    width = 4 if version == 4 else 16  # noqa: PLR2004 - bytes of an address
    return ip_address(number.to_bytes(width, "big"))
