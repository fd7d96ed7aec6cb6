"""What the reasoner is asked: documents, what a caller can want, and what is known of the world around them."""

from collections.abc import Mapping
from enum import Enum

import msgspec

from sekisho.evaluation import CallerKind
from sekisho.policy import Policy
from sekisho.policy.actions import ActionTable


class Document(msgspec.Struct, frozen=True, gc=False):
    """A policy with its name for the reader: `BucketPolicy`, `KeyPolicy`, `BucketAcl` or `Grants`.

    ACLs, grants and sharing attributes are written as policies that mean the same.

    Attributes:
        resource: the ARN of what carries the document.
        labels: for documents that are no policy text, what each statement stands for, such as `Grants[1]`.
    """

    name: str
    policy: Policy
    resource: str
    labels: tuple[str, ...] = ()


class Gate(msgspec.Struct, frozen=True, gc=False):
    """Documents that decide together: one Allow in any of them opens, one Deny in any of them closes.

    Attributes:
        shut: whether the gate is asked to refuse the request instead of letting it through.
    """

    documents: tuple[Document, ...]
    shut: bool = False


class View(msgspec.Struct, frozen=True, gc=False):
    """A wish as one gate sees it.

    Attributes:
        resource: an ARN, or its beginning when the target is open-ended.
        action: what the gate is asked for instead of the target's own actions, where it is something else.
    """

    resource: str
    action: str | None = None


class Target(msgspec.Struct, frozen=True, gc=False):
    """Something a caller may want.

    Attributes:
        actions: what the caller asks for, one of a set of the question's actions.
        views: the wish as each gate of the question sees it, in the order of the gates.
        open_ended: whether the resource goes on with any text: the key of an object.
        callers: the kinds of caller that can ask for it at all; empty for every kind the world has.
    """

    actions: int
    views: tuple[View, ...]
    open_ended: bool = False
    callers: frozenset[CallerKind] = frozenset()


class Inside(msgspec.Struct, frozen=True, gc=False):
    """Who is trusted: callers and sources.

    Attributes:
        accounts: their principals, and services acting for their resources, are inside.
        organization_id: principals of the organization are inside; None when no organization is trusted.
        canonical_ids: canonical user ids of trusted accounts.
        resources: ARNs without an account, such as buckets, that are known to be inside.
    """

    accounts: frozenset[str]
    organization_id: str | None = None
    canonical_ids: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


class Wanted(Enum):
    """Whose requests are looked for.

    A request is from outside when nothing about it is trusted, and from inside when its caller is. A stranger's call
    through a trusted network, or for a trusted resource, is neither.
    """

    OUTSIDE = "outside"
    INSIDE = "inside"
    ANYONE = "anyone"


class World(msgspec.Struct, frozen=True, gc=False):
    """What is known of every request that can be sent.

    Attributes:
        callers: the kinds of caller that the service answers.
        given: condition keys, in lower case, whose values are known; an empty tuple says that the key is absent. What
            they say of the caller has to be true of all whom the question is about, which nobody checks.
        shown: the condition keys, in lower case, that a region is described by; all others count, but are not shown.
        wanted: whose requests are looked for.
    """

    partition: str
    inside: Inside
    callers: frozenset[CallerKind]
    shown: frozenset[str]
    given: Mapping[str, tuple[str, ...]] = {}
    wanted: Wanted = Wanted.OUTSIDE

    @property
    def context(self) -> dict[str, tuple[str, ...]]:
        """The keys that are known to be present, with their values."""
        context = dict(self.given)
        if () in context.values():
            context = {key: values for key, values in context.items() if values}
        return context


class Question(msgspec.Struct, frozen=True, gc=False):
    """Who can do any of the targets, every gate being open, or shut where it is to be?

    Attributes:
        actions: what the targets' sets of actions are made of.
    """

    gates: tuple[Gate, ...]
    targets: tuple[Target, ...]
    actions: ActionTable
    world: World

    @property
    def has_shut_gate(self) -> bool:
        """Whether some gate is to be shut."""
        for gate in self.gates:  # noqa: SIM110 - a loop, not `any`: this is asked of every question
            if gate.shut:
                return True
        return False
