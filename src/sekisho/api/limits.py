"""How much one caller may ask for: the size of a request, and how many of them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second on average, and so many at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server puts up with.

    Attributes:
        body_bytes: the longest body.
        body_time: how long a client may take to send it.
        json_depth: how deep objects and lists may be nested.
        requests: of one access key, once its signature is verified.
        failures: to authenticate, of one network address. Requests that are signed rightly never count, nor are they
            held up: callers often share the address of a proxy, and one of them must not shut out the rest.
        known_callers: how many keys and addresses are remembered; beyond, those seen longest ago are forgotten.
    """

    body_bytes: int = 1 << 20
    body_time: timedelta = timedelta(seconds=30)
    json_depth: int = 64
    requests: Rate = Rate(per_second=50, burst=200)
    failures: Rate = Rate(per_second=1, burst=20)
    known_callers: int = 10_000


class TokenBuckets:
    """A bucket of tokens for each caller, which fills up steadily. Safe to share between threads."""

    def __init__(self, rate: Rate, *, known_callers: int) -> None:
        self._rate = rate
        self._known_callers = known_callers
        self._levels: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._changing = threading.Lock()

    def take(self, caller: str, now: datetime) -> timedelta | None:
        """Take a token; when there is none, return how long until there is one.

        A clock that is set back fills nothing and empties nothing.
        """
        with self._changing:
            level, then = self._levels.pop(caller, (float(self._rate.burst), now))
            filled = level + max(0.0, (now - then).total_seconds()) * self._rate.per_second
            level = min(float(self._rate.burst), filled)
            wait = None if level >= 1 else timedelta(seconds=(1 - level) / self._rate.per_second)
            self._levels[caller] = (level - 1 if wait is None else level, now)
            if len(self._levels) > self._known_callers:
                self._levels.popitem(last=False)
            return wait


def client_network(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that one household or host has of IPv6.

    Source: RFC 6177, section 2.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
