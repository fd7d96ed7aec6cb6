"""Under which circumstances a permission was used: where, through what, by whom, and with which condition keys."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

RequestKeys: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys as AWS spells them, with the values that a request had, sorted."""

MOST_WAYS: Final = 64
"""In how many ways a permission is told to have been used; what is beyond is told without what its parameters said."""


class Way(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """What requests have in common that are alike for every condition.

    Attributes:
        region: where.
        endpoint: the VPC endpoint that they came through; empty for none.
        service: that called with the rights of the principal; empty for the principal itself.
        has_mfa: whether the session began with MFA.
        keys: the condition keys that the parameters decided.
    """

    region: str
    endpoint: str
    service: str
    has_mfa: bool
    keys: RequestKeys = ()


@lru_cache(maxsize=16384)
def way_of(region: str, endpoint: str, service: str, keys: RequestKeys, *, has_mfa: bool) -> Way:
    """Return a way: one value for all requests of one."""
    return Way(region, endpoint, service, has_mfa, keys)


def with_way(ways: tuple[Way, ...], way: Way) -> tuple[Way, ...]:
    """Return ways with one more, unless it is one of them."""
    if len(ways) >= MOST_WAYS and way.keys:
        way = way_of(way.region, way.endpoint, way.service, (), has_mfa=way.has_mfa)
    return ways if way in ways else (*ways, way)


class Circumstances:
    """What the ways have in common in which something was used, and in what they differ.

    Attributes:
        regions: where.
        endpoints: the VPC endpoints; an empty one stands for none.
        services: those that called with the rights of the principal; an empty one stands for the principal itself.
        mfa: whether the sessions began with MFA.
    """

    def __init__(self, ways: Iterable[Way]) -> None:
        """Take the ways."""
        self._ways = frozenset(ways)
        self.regions = frozenset(way.region for way in self._ways)
        self.endpoints = frozenset(way.endpoint for way in self._ways)
        self.services = frozenset(way.service for way in self._ways)
        self.mfa = frozenset(way.has_mfa for way in self._ways)

    def always(self) -> Iterator[tuple[str, frozenset[tuple[str, ...]]]]:
        """Yield the condition keys that every request had, with the values."""
        keys = [dict(some) for some in {way.keys for way in self._ways}]
        for key in sorted(set[str].intersection(*map(set, keys))) if keys else ():
            yield key, frozenset(some[key] for some in keys)

    @property
    def is_direct(self) -> bool:
        """Whether the principal itself made every call, and no service for it."""
        return not any(self.services)
