"""Statements before they are written: what each allows, on what, under which conditions, and what was done by it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import Any, TypeAlias

from sekisho.analyzers.least_privilege.activity import Context, Grant

Statement: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Clause:
    """One line of a condition block: an operator, a key, and the values of which one has to match."""

    operator: str
    key: str
    values: tuple[str, ...]


Condition: TypeAlias = tuple[Clause, ...]
"""Clauses that are written together or not at all."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement.

    Attributes:
        actions: sorted.
        resources: ARNs and patterns, sorted.
        context: what its conditions ask for beside `conditions`: keys that have to equal one of their values.
        grants: what was done by it.
        conditions: those that held each time and are written nevertheless only where it is asked for.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Context
    grants: frozenset[Grant]
    conditions: tuple[Condition, ...] = ()


def joined(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Yield drafts in one order, those that differ in their actions alone as one."""
    alike: dict[tuple[tuple[str, ...], Context, tuple[Condition, ...]], list[Draft]] = defaultdict(list)
    for draft in drafts:
        alike[draft.resources, draft.context, draft.conditions].append(draft)
    found = [
        Draft(
            tuple(sorted({action for one in some for action in one.actions})),
            resources,
            context,
            frozenset[Grant]().union(*(one.grants for one in some)),
            conditions,
        )
        for (resources, context, conditions), some in alike.items()
    ]
    yield from sorted(found, key=lambda one: (one.actions, one.resources, one.context, one.conditions))


def statement_of(draft: Draft) -> Statement:
    """Return a statement as a policy has it."""
    about = (draft.resources, draft.context, *((draft.conditions,) if draft.conditions else ()))
    statement: dict[str, Any] = {
        "Sid": sid_of(draft.actions, about),
        "Effect": "Allow",
        "Action": one_or_list(draft.actions),
        "Resource": one_or_list(draft.resources),
    }
    own = (Clause("StringEquals", key, values) for key, values in draft.context)
    if block := condition_block((*own, *chain.from_iterable(draft.conditions))):
        statement["Condition"] = block
    return statement


def condition_block(clauses: Iterable[Clause]) -> dict[str, dict[str, str | list[str]]]:
    """Return the value of a `Condition` element; empty for no clauses."""
    block: dict[str, dict[str, str | list[str]]] = defaultdict(dict)
    for clause in clauses:
        block[clause.operator][clause.key] = one_or_list(clause.values)
    return dict(block)


def one_or_list(values: Sequence[str]) -> str | list[str]:
    """Return a lone value as it is, and several as a list."""
    return values[0] if len(values) == 1 else list(values)


def sid_of(actions: Sequence[str], about: object) -> str:
    """Return a name that stays the same as long as the statement is about the same: `Sqs3f9a1c`.

    Args:
        actions: of one service or several.
        about: what tells statements apart, resources first.
    """
    services = {action.partition(":")[0] for action in actions}
    name = "".join(part.capitalize() for part in min(services).split("-")) if len(services) == 1 else "Several"
    return name + blake2b(repr(about).encode(), digest_size=4).hexdigest()
