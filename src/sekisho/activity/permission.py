"""The permissions that a call needed, and how we know."""

from collections.abc import Mapping
from enum import Enum

import msgspec


class _Word(Enum):
    """One object for each member, so that it is its own hash; Python's hashes its name each time."""

    __hash__ = object.__hash__


class Basis(_Word):
    """How it is known that a call needed a permission."""

    EXACT = "exact"
    """The action has the name of the call."""
    MAPPED = "mapped"
    """A table says that calls of this name need the action."""
    INFERRED = "inferred"
    """No event tells of it: the parameters of another call do."""


class Reach(_Word):
    """How well the resources of a permission are known."""

    RECORDED = "recorded"
    """The record has the ARN, or all of its parts."""
    PATTERN = "pattern"
    """The record has some parts; `*` stands for the others, for instance for an id that the call made."""
    NO_RESOURCE = "no resource"
    """The action works on no resource, so that a policy has `*`."""
    UNKNOWN = "unknown"
    """The action works on resources of which the record says nothing."""


class Permission(msgspec.Struct, frozen=True, gc=False):
    """What an identity policy had to allow for a call.

    Attributes:
        action: with its service, as the catalogue spells it: `s3:GetObject`.
        resources: ARNs or patterns of them, sorted; all of them were needed.
        basis: how we know of the action.
        reach: how well the resources are known.
        context: condition keys that a narrow policy would name, with their values: `iam:PassedToService`.
        rule: a few words on the rule that said so.
    """

    action: str
    resources: tuple[str, ...]
    basis: Basis
    reach: Reach
    context: Mapping[str, tuple[str, ...]] = {}
    rule: str = ""
