"""What a call needed: actions, nothing, or what we cannot tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from sekisho.activity.permission import Basis


class NeededAction(msgspec.Struct, frozen=True, gc=False):
    """An action that authorised a call.

    Attributes:
        action: with its service, as the catalogue spells it: `s3:GetObject`.
        basis: how we know of it.
        rule: a few words naming the rule, shown to users as evidence.
        resources: ARNs or patterns of them, where the rule itself names them: the source of a copy, a path of API
            Gateway. None leaves them to the general rules.
        context: condition keys that a narrow policy would name, with their values.
    """

    action: str
    basis: Basis
    rule: str
    resources: tuple[str, ...] | None = None
    context: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class NoneNeeded:
    """No identity policy had to allow the call, for instance `sts:GetCallerIdentity`."""

    why: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """We know no action of this name: the call is listed for people to look at, and nothing is granted."""

    why: str


Answer: TypeAlias = tuple[NeededAction, ...] | NoneNeeded | Unmapped


def same_name(action: str) -> NeededAction:
    """The call has the name of the action, which is how most services work."""
    return NeededAction(action, Basis.EXACT, "action of the same name")


def mapped(action: str, rule: str, resources: tuple[str, ...] | None = None) -> NeededAction:
    """A table says that calls of this name need the action."""
    return NeededAction(action, Basis.MAPPED, rule, resources)


def inferred(action: str, rule: str, resources: tuple[str, ...] | None = None) -> NeededAction:
    """The parameters of the call show that it needed another action, too."""
    return NeededAction(action, Basis.INFERRED, rule, resources)
