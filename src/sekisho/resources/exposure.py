"""The ways to a resource: which documents stand in each, and what one can want there."""

from collections.abc import Mapping

import msgspec

from sekisho.evaluation import CallerKind
from sekisho.policy.actions import ActionTable
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate, Target, View

SIGNED = frozenset({CallerKind.AWS})
SIGNED_OR_ANONYMOUS = frozenset({CallerKind.AWS, CallerKind.ANONYMOUS})


class FurtherGate(msgspec.Struct, frozen=True):
    """A gate beyond the resource's own documents that a caller also has to pass to get anything out of it.

    It takes no finding away, since the resource's own documents let the caller in; the finding says that it stands.

    Attributes:
        action: what the caller needs behind it.
        needed_for: the actions on the resource that need it.
        given: condition keys that are known of the calls it sees.
    """

    document: str
    resource: str
    gate: Gate
    action: str
    needed_for: frozenset[str]
    given: Mapping[str, tuple[str, ...]] = {}


class Way(msgspec.Struct, frozen=True, gc=False):
    """One way to a resource: every gate has to let the request through.

    Attributes:
        actions: what the targets' sets of actions are made of.
        given: condition keys, in lower case, that are known on this way; an empty tuple says that a key is absent.
        narrow: whether the way itself admits so few that nothing on it is public.
        access_point: the access point that the way goes through, where it does.
        carried_along: the actions that are nothing alone.
    """

    gates: tuple[Gate, ...]
    targets: tuple[Target, ...]
    actions: ActionTable
    given: Mapping[str, tuple[str, ...]] = {}
    narrow: bool = False
    access_point: str | None = None
    carried_along: int = 0


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """Everything that decides who gets at a resource.

    Attributes:
        ways: none when nothing but the owner's own identity policies opens the resource.
        callers: the kinds of caller that the service answers.
        further: gates that callers also have to pass.
        canonical_ids: canonical user ids of the owner.
        notes: what a reader who asks "why not?" should know.
        approximations: what had to be assumed, on the side of access.
    """

    ways: tuple[Way, ...]
    callers: frozenset[CallerKind] = SIGNED
    further: tuple[FurtherGate, ...] = ()
    canonical_ids: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    approximations: tuple[str, ...] = ()


def targets(resource_type: str, resource: str, *, unsigned: frozenset[str] | None = None) -> tuple[Target, ...]:
    """Return every action that works across accounts on a resource that has one ARN.

    Args:
        resource_type: CloudFormation's name.
        resource: the ARN.
        unsigned: the actions that can be called without a signature; None for all that the service answers so.
    """
    actions = cross_account_table(resource_type)
    views = (View(resource),)
    if unsigned is None:
        return (Target(actions.all, views),)
    free = actions.set_of(unsigned)
    return (Target(free, views), Target(actions.all & ~free, views, callers=SIGNED))
