"""The condition keys of the requests that were made, for the proof of conditions on them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, TypeAlias

from sekisho.analyzers.least_privilege.activity import Activity, Context, Grant
from sekisho.analyzers.least_privilege.addresses import ends_of, own_addresses, ranges_of
from sekisho.analyzers.least_privilege.aside import Alike
from sekisho.analyzers.least_privilege.circumstances import Way
from sekisho.analyzers.least_privilege.drafts import Draft
from sekisho.analyzers.least_privilege.tag_conditions import PRINCIPAL_TAG, RESOURCE_TAG, Tags
from sekisho.analyzers.least_privilege.tag_history import Value

RequestContext: TypeAlias = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, with their values."""


class Requests:
    """The requests of a principal, as far as conditions ask for them."""

    def __init__(self, activity: Activity, tags: Tags) -> None:
        """Take what the principal did, and what is known of tags."""
        self.tags = tags
        addresses = own_addresses(activity)
        self.ranges = ranges_of(addresses)
        self._addresses = ends_of(addresses, self.ranges)
        self._ways = activity.ways
        self._known: dict[_Alike, Sequence[RequestContext]] = {}

    def contexts(self, drafts: Iterable[Draft]) -> Callable[[Grant], Sequence[RequestContext]]:
        """Return what gives the condition keys of the requests for a grant, as far as these statements ask for them.

        Of a key that is not known the requests have none. One value stands for all requests that are alike.
        """
        keys: dict[Grant, frozenset[str]] = {}
        for draft in drafts:
            of_draft = frozenset(clause.key for clause in chain.from_iterable(draft.conditions))
            for grant in draft.grants if of_draft else ():
                keys[grant] = keys.get(grant, of_draft) | of_draft
        return lambda grant: self._contexts(grant, keys.get(grant, _NO_KEYS), self._ways.get(grant, ()))

    def contexts_of(self, alike: Alike, drafts: Iterable[Draft]) -> Callable[[Grant], Sequence[RequestContext]]:
        """Return what gives the same as `contexts` for grants that have been laid aside, and are alike in it."""
        of_grant = (draft.conditions for draft in drafts if alike.grant in draft.grants)
        keys = frozenset(clause.key for conditions in of_grant for clause in chain.from_iterable(conditions))
        found = self._contexts(alike.grant, keys, tuple(alike.ways))
        return lambda _: found

    def _contexts(self, grant: Grant, keys: frozenset[str], ways: tuple[Way, ...]) -> Sequence[RequestContext]:
        told = dict[str, tuple[str, ...]]()
        for key in keys:
            if key.startswith(RESOURCE_TAG):
                told |= _told(key, self.tags.of_resource(key.removeprefix(RESOURCE_TAG), grant))
                for own in self.tags.own_keys:
                    told |= _told(f"{PRINCIPAL_TAG}{own}", self.tags.of_principal(own, grant))
        alike = keys, grant.context, ways, tuple(told.items())
        known = self._known.get(alike)
        if known is None:
            known = self._known[alike] = self._of_ways(dict(grant.context) | told, ways, keys)
        return known

    def _of_ways(
        self, same: dict[str, tuple[str, ...]], ways: Iterable[Way], keys: Collection[str]
    ) -> Sequence[RequestContext]:
        """Return the condition keys of requests that have some in common, once for each that they have."""
        found = {
            tuple(sorted((key, values) for key, values in request.items() if key in keys))
            for way in ways
            for request in self._of(way, with_address=_ADDRESS in keys)
        }
        return [{key.lower(): values for key, values in (same | dict(one)).items()} for one in sorted(found or {()})]

    def _of(self, way: Way, *, with_address: bool) -> Iterator[dict[str, tuple[str, ...]]]:
        """Yield the condition keys of requests of a way: where addresses are asked for, from the ends of each range."""
        request = dict(way.keys) | {
            "aws:RequestedRegion": (way.region,),
            "aws:MultiFactorAuthPresent": ("true" if way.has_mfa else "false",),
            "aws:ViaAWSService": ("true" if way.service else "false",),
        }
        if way.endpoint:
            request["aws:SourceVpce"] = (way.endpoint,)
        if not with_address or way.endpoint or way.service:
            yield request
            return
        for address in self._addresses:
            yield request | {_ADDRESS: (str(address),)}


_ADDRESS: Final = "aws:SourceIp"
_NO_KEYS: Final = frozenset[str]()

_Alike: TypeAlias = tuple[frozenset[str], Context, tuple[Way, ...], tuple[tuple[str, tuple[str, ...]], ...]]
"""What decides the condition keys of requests: those that are asked for, those of the grant, the ways, and tags."""


def _told(key: str, value: Value) -> dict[str, tuple[str, ...]]:
    return {key: (value,)} if isinstance(value, str) else {}
