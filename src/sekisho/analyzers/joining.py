"""Several ways, one finding: what makes two accesses the same, and which says nothing that another does not."""

from msgspec.structs import replace

from sekisho.analyzers.observation import ExternalAccess, Remedy
from sekisho.analyzers.sentence import joined_sentence
from sekisho.policy.arns import account_of


def join(accesses: list[ExternalAccess]) -> list[ExternalAccess]:
    """Join what several ways give the same callers, and drop what lies within another access."""
    if len(accesses) < 2:  # noqa: PLR2004 - one is with no other
        return accesses
    joined: dict[object, ExternalAccess] = {}
    for access in accesses:
        identity = *access.principal.items(), frozenset(access.condition.items())
        known = joined.get(identity)
        joined[identity] = access if known is None else _merged(known, access)
    found = list(joined.values())
    sources = found[0].sources
    if not [access for access in found if access.sources != sources]:  # one way only
        return found
    return [one for one in found if not any(two is not one and _covers(two, one) for two in found)]


def _merged(one: ExternalAccess, two: ExternalAccess) -> ExternalAccess:
    worse = max(one, two, key=lambda access: (access.is_public, access.severity.value))
    blocked_by = tuple(blocker for blocker in one.blocked_by if blocker in two.blocked_by)
    told = next((access for access in (worse, one, two) if access.blocked_by == blocked_by), worse)
    return replace(
        worse,
        action=tuple(sorted({*one.action, *two.action})),
        because=tuple(dict.fromkeys((*one.because, *two.because))),
        sources=tuple(dict.fromkeys((*one.sources, *two.sources))),
        is_public=one.is_public or two.is_public,
        remedy=_both(one.remedy, two.remedy),
        blocked_by=blocked_by,
        approximations=tuple(dict.fromkeys((*one.approximations, *two.approximations))),
        sentence=joined_sentence(told, two if told is one else one),
    )


def _both(one: Remedy, two: Remedy) -> Remedy:
    """Say what closes two ways: a policy does when it closes each."""
    text = one.text if one.text == two.text else f"{one.text}; and {two.text}"
    return Remedy(text, one.policy if one.policy == two.policy else None)


def _covers(wide: ExternalAccess, narrow: ExternalAccess) -> bool:
    """Say whether one access, by another way, already says all that a narrower one does."""
    everyone = wide.principal == {"AWS": "*"}
    account = wide.principal.get("AWS", "")
    same_account = account != "" and account_of(narrow.principal.get("AWS", "")) == account
    return (
        (everyone or same_account or wide.principal == narrow.principal)
        and wide.condition.items() <= narrow.condition.items()
        and set(wide.action) >= set(narrow.action)
        and wide.is_public >= narrow.is_public
        and wide.sources != narrow.sources
        and not any(source.type == "S3_ACCESS_POINT" for source in wide.sources)
    )
