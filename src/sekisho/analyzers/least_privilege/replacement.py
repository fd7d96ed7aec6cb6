"""The policies that take the place of today's: what was done, within what is allowed today.

Each thing that was done is granted as far as today's policies allow it, under the conditions under which they do. What
they do not allow is not added: whatever let it through, a resource policy or a policy that is gone, is as it was.
Explicit Denies go on, and so do grants whose use the trail could not have shown.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sekisho.activity.visibility import Hidden
from sekisho.analyzers.least_privilege.activity import Context, Grant
from sekisho.analyzers.least_privilege.drafts import Statement, one_or_list, sid_of
from sekisho.analyzers.least_privilege.overlap import are_apart, is_within, meet
from sekisho.analyzers.least_privilege.policies import split
from sekisho.analyzers.least_privilege.today import Block, Piece, Today
from sekisho.policy.catalogue import actions_covered


@dataclass(frozen=True, slots=True)
class Allowed:
    """Something that the replacement allows.

    Attributes:
        resource: a value of `Resource`; where `but` is not empty, `*`.
        block: the conditions, as JSON.
        but: the values of a `NotResource`, where only that can say it.
        hidden: why it is kept though nothing shows its use; None for what was done.
    """

    action: str
    resource: str
    block: str
    but: tuple[str, ...] = ()
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that was done and that today's policies do not allow.

    Attributes:
        reason: which of them refuses it, or that none allows it.
    """

    grant: Grant
    reason: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of today's policies.

    Attributes:
        policies: policy documents; each fits into a managed policy, unless one statement alone does not.
        allowed: what their Allows are made of.
        missing: what was done and is not in them.
        conditional: what was done and is allowed only under conditions of today's, with these.
    """

    policies: tuple[Mapping[str, Any], ...]
    allowed: tuple[Allowed, ...]
    missing: tuple[Missing, ...]
    conditional: Mapping[Grant, tuple[str, ...]]


def replace_policies(
    today: Today,
    needed: Mapping[tuple[str, Context], Mapping[str, frozenset[str]]],
    hidden: Mapping[str, Hidden],
) -> Replacement:
    """Return the policies that allow what was done, and no more than today's.

    Args:
        today: what is allowed today.
        needed: the patterns of each action under each condition, each with the ARNs that it stands for.
        hidden: the actions whose grants are kept, as nothing could have shown their use.
    """
    allowed: dict[Allowed, None] = {}
    missing: list[Missing] = []
    conditional: dict[Grant, tuple[str, ...]] = {}
    for (action, context), patterns in sorted(needed.items()):
        search = _Search(today, action, context)
        for pattern, covered in sorted(patterns.items()):
            for arn in sorted(covered):
                grant = Grant(action, arn, context)
                if (denying := today.denying(action, arn, search.known)) is not None:
                    missing.append(Missing(grant, f"{denying.name} denies it"))
                    continue
                found = search.within(arn, pattern)
                if not found:
                    missing.append(Missing(grant, "no policy of today allows it"))
                allowed |= dict.fromkeys(one for one, _ in found)
                if found and all(piece.block for _, piece in found):
                    conditional[grant] = tuple(dict.fromkeys(piece.name for _, piece in found))
    allowed |= dict.fromkeys(_kept(today, hidden))
    statements = [*_statements(allowed), *_denies(today.denies)]
    policies = tuple({"Version": "2012-10-17", "Statement": some} for some in split(_with_unique_names(statements)))
    return Replacement(policies, tuple(allowed), tuple(missing), conditional)


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for an action under a condition in today's permissions."""

    today: Today
    action: str
    context: Context

    @property
    def known(self) -> Mapping[str, tuple[str, ...]]:
        return {key.lower(): values for key, values in self.context}

    def within(self, arn: str, pattern: str) -> list[tuple[Allowed, Piece]]:
        """Return what today's policies allow of a pattern, as far as an ARN needs it.

        Args:
            arn: what was recorded.
            pattern: what is to stand for it.
        """
        pieces = [one for one in self.today.allowing(self.action) if self.today.may_hold(one, self.known)]
        for piece in pieces:
            if not piece.block and piece.covers(arn):
                return [(self._allowed(_narrowed(piece, arn, pattern), piece), piece)]
        return [(self._allowed(value, piece), piece) for piece in pieces for value in _shared(piece, arn, pattern)]

    def _allowed(self, value: str, piece: Piece) -> Allowed:
        block = _as_text(_with_context(piece.block, self.context))
        return Allowed(self.action, value, block, piece.resources if value == _ANYTHING_BUT else ())


_ANYTHING_BUT: Final = ""
"""Stands for what only the `NotResource` of a piece can say."""


def _narrowed(piece: Piece, arn: str, pattern: str) -> str:
    """Return as much of a pattern as a piece allows in one value, with all of an ARN that it covers."""
    if piece.covers(pattern):
        return pattern
    if piece.is_negated:
        return arn
    shared = (meet(pattern, one) for one in piece.resources if is_within(arn, one))
    return next((value for value in shared if value is not None and is_within(arn, value)), arn)


def _shared(piece: Piece, arn: str, pattern: str) -> Iterator[str]:
    """Yield what a piece allows of a value, of which it may allow a part."""
    if piece.covers(arn):
        yield _narrowed(piece, arn, pattern)
    elif piece.is_negated:
        if not any(is_within(arn, one) for one in piece.resources):
            yield _ANYTHING_BUT
    else:
        for one in piece.resources:
            if not are_apart(arn, one):
                # Of two that overlap in a way no value can say, today's is taken: it is allowed as it stands.
                yield meet(arn, one) or one


def _with_context(block: Block, context: Context) -> Block:
    """Return conditions of today's with those of a grant, of which the narrower counts."""
    joined = {operator: dict(keys) for operator, keys in block.items()}
    equals = joined.setdefault("StringEquals", {})
    spelled = {key.lower(): key for key in equals}
    for key, values in context:
        own = spelled.get(key.lower(), key)
        if own not in equals or set(values) <= set(equals[own]):
            equals[own] = values
    return {operator: keys for operator, keys in joined.items() if keys}


def _as_text(block: Block) -> str:
    written = {
        operator: {key: one_or_list(values) for key, values in sorted(keys.items())}
        for operator, keys in sorted(block.items())
    }
    return json.dumps(written, ensure_ascii=False) if written else ""


def _kept(today: Today, hidden: Mapping[str, Hidden]) -> Iterator[Allowed]:
    """Yield what today's policies allow of actions whose use nothing could have shown, each once."""
    everywhere: set[str] = set()
    widest_first = sorted(today.allows, key=lambda one: (bool(one.block), one.is_negated, one.resources != ("*",)))
    for piece in widest_first:
        for action in sorted(hidden.keys() & actions_covered(piece.statement.actions) - everywhere):
            if piece.resources == ("*",) and not piece.is_negated and not piece.block:
                everywhere.add(action)
            block = _as_text(piece.block)
            if piece.is_negated:
                yield Allowed(action, _ANYTHING_BUT, block, piece.resources, hidden[action])
            else:
                yield from (Allowed(action, value, block, (), hidden[action]) for value in piece.resources)


def _statements(allowed: Iterable[Allowed]) -> Iterator[Statement]:
    """Yield statements: one for each set of resources and conditions; what is kept unseen apart from what was done."""
    resources: dict[tuple[bool, str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for one in allowed:
        resources[one.hidden is not None, one.block, one.action, one.but].add(one.resource)
    actions: dict[tuple[bool, str, tuple[str, ...], tuple[str, ...]], set[str]] = defaultdict(set)
    for (is_kept, block, action, but), some_values in resources.items():
        actions[is_kept, block, tuple(_widest(some_values)), but].add(action)
    for (is_kept, block, values, but), some in sorted(actions.items()):
        names = sorted(some)
        statement: dict[str, Any] = {
            "Sid": f"{'Kept' if is_kept else ''}{sid_of(names, (values, (block, but)))}",
            "Effect": "Allow",
            "Action": one_or_list(names),
        }
        statement |= {"NotResource": one_or_list(but)} if but else {"Resource": one_or_list(values)}
        if block:
            statement["Condition"] = json.loads(block)
        yield statement


def _widest(values: Iterable[str]) -> list[str]:
    """Leave out values that are within another one, in order."""
    found = sorted(set(values))
    if len(found) > _MOST_COMPARED:
        return found
    return [one for one in found if not any(one != other and is_within(one, other) for other in found)]


_MOST_COMPARED: Final = 200


def _denies(pieces: Iterable[Piece]) -> Iterator[Statement]:
    """Yield today's Denies as they stand."""
    seen: set[str] = set()
    for piece in pieces:
        statement = piece.statement
        written: dict[str, Any] = {"Sid": statement.sid} if statement.sid else {}
        written["Effect"] = "Deny"
        written["NotAction" if statement.actions.negated else "Action"] = one_or_list(statement.actions.globs)
        written["NotResource" if piece.is_negated else "Resource"] = one_or_list(piece.written)
        if piece.block:
            written["Condition"] = {
                operator: {key: one_or_list(values) for key, values in keys.items()}
                for operator, keys in piece.block.items()
            }
        text = json.dumps(written)
        if text not in seen:
            seen.add(text)
            yield written


def _with_unique_names(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield statements, those whose name another one has already under a longer one."""
    taken: set[str] = set()
    for statement in statements:
        name = statement.get("Sid")
        if name is None or name not in taken:
            taken.update([name] if name else [])
            yield statement
            continue
        number = next(number for number in range(2, len(taken) + 3) if f"{name}{number}" not in taken)
        taken.add(f"{name}{number}")
        yield {**statement, "Sid": f"{name}{number}"}
