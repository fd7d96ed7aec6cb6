"""The condition keys of the requests that were made, for the proof of conditions on them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, TypeAlias

from sekisho.analyzers.least_privilege.activity import Activity, Grant
from sekisho.analyzers.least_privilege.addresses import ends_of, own_addresses, ranges_of
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

    def contexts(self, drafts: Iterable[Draft]) -> Callable[[Grant], Iterable[RequestContext]]:
        """Return what gives the condition keys of the requests for a grant, as far as these statements ask for them.

        Of a key that is not known the requests have none.
        """
        keys: dict[Grant, set[str]] = defaultdict(set)
        for draft in drafts:
            of_draft = {clause.key for clause in chain.from_iterable(draft.conditions)}
            for grant in draft.grants if of_draft else ():
                keys[grant] |= of_draft
        return lambda grant: self._contexts(grant, keys.get(grant, ()))

    def _contexts(self, grant: Grant, keys: Collection[str]) -> Iterable[RequestContext]:
        same = dict(grant.context)
        for key in keys:
            if key.startswith(RESOURCE_TAG):
                same |= _known(key, self.tags.of_resource(key.removeprefix(RESOURCE_TAG), grant))
                for own in self.tags.own_keys:
                    same |= _known(f"{PRINCIPAL_TAG}{own}", self.tags.of_principal(own, grant))
        found = {
            tuple(sorted((key, values) for key, values in request.items() if key in keys))
            for way in self._ways.get(grant, ())
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


def _known(key: str, value: Value) -> dict[str, tuple[str, ...]]:
    return {key: (value,)} if isinstance(value, str) else {}
