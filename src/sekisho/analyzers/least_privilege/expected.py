"""What a principal evidently does though the trail does not record it."""

from collections.abc import Collection, Iterator
from itertools import chain

from sekisho.activity.visibility import Hidden, expected
from sekisho.analyzers.least_privilege.activity import Activity

_VIA = "kms:ViaService"


def unrecorded_of(activity: Activity, seen: Collection[tuple[str, str]]) -> tuple[Hidden, ...]:
    """Return what a principal evidently does and the trail does not record.

    Args:
        activity: what it did.
        seen: the event sources and names that the trail of its account has, whoever caused them.
    """
    told = chain(activity.grants.values(), activity.free.values(), activity.unmapped.values())
    calls = {shown.call for evidence in told for shown in evidence.shown}
    done = {(source, name) for source, _, name in (call.partition(" ") for call in calls)}
    return expected(done, seen, set(_services(activity)))


def _services(activity: Activity) -> Iterator[str]:
    """Yield the event sources of services that used keys on behalf of the principal: `s3.amazonaws.com`."""
    for grant in activity.grants:
        for value in dict(grant.context).get(_VIA, ()):
            yield f"{value.partition('.')[0]}.amazonaws.com"
