"""What stands in the way: of a region that the resource's own documents open, and of everyone where nobody gets in."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.observation import Blocker
from sekisho.analyzers.subject import Subject, question_of
from sekisho.policy import Condition, Effect, Patterns, Policy, Principals, Statement, Version
from sekisho.policy.operators import Operator, positive
from sekisho.reasoning import Document, Gate, Question, Region, UndecidedError, View, solve
from sekisho.resources.exposure import FurtherGate


class Blockers(msgspec.Struct, frozen=True, gc=False):
    """What the further gates say of a region.

    Attributes:
        standing: the gates that let none of its requests through.
        undecided: in words, the gates of which that could not be decided.
        whole: whether they stand before everything that the region can do.
    """

    standing: tuple[Blocker, ...] = ()
    undecided: tuple[str, ...] = ()
    whole: bool = False


UNBLOCKED = Blockers()
"""What no gate says."""


def blockers_of(question: Question, region: Region, further: tuple[FurtherGate, ...], steps: int) -> Blockers:
    """Ask every further gate whether it lets any request of a region through that has to pass it.

    Args:
        question: that the region is an answer to.
        region: who gets in.
        further: the gates.
        steps: how many the answer of each may take.
    """
    standing: list[Blocker] = []
    undecided: list[str] = []
    whole = False
    for gate in further:
        concerned = gate.needed_for & region.witnesses.keys()
        try:
            if not concerned or solve(_question_beyond(question, region, gate), steps=steps):
                continue
        except UndecidedError as error:
            undecided.append(
                f"whether the {gate.document} of {gate.resource} also lets them in is open, because {error}"
            )
            continue
        reason = f"the {gate.document} of {gate.resource} does not let these callers do {gate.action}"
        standing.append(Blocker(gate.document, gate.resource, reason))
        whole = whole or concerned == frozenset(region.witnesses)
    return Blockers(tuple(standing), tuple(undecided), whole)


def _question_beyond(question: Question, region: Region, further: FurtherGate) -> Question:
    """Ask the same of the region alone, with one more gate."""
    only_region = region_as_gate(region)
    concerned = question.actions.set_of(further.needed_for & region.witnesses.keys())
    targets = tuple(
        replace(
            target,
            actions=target.actions & concerned,
            views=(*target.views, View(further.resource, further.action), target.views[0]),
        )
        for target in question.targets
        if target.actions & concerned
    )
    world = replace(question.world, given={**question.world.given, **further.given})
    return Question((*question.gates, further.gate, only_region), targets, question.actions, world)


def region_as_gate(region: Region) -> Gate:
    """Write a region as a gate that lets its requests through and no others."""
    conditions = tuple(
        Condition(Operator(positive(label.operator)), key, (label.text,)) for key, label in region.condition.items()
    )
    variables = any(label.variables for label in region.condition.values())
    statement = Statement(0, Effect.ALLOW, Patterns(("*",)), Principals((region.principal,)), None, conditions)
    version = Version.V2012 if variables else Version.V2008
    return Gate((Document("Region", Policy((statement,), version), ""),))


def closed_by(subject: Subject) -> Iterator[str]:
    """Yield what keeps everyone outside out of a resource, where it is not plain: the Denies that close it."""
    for way in subject.exposure.ways:
        denies = [
            (document, statement)
            for gate in way.gates
            for document in gate.documents
            for statement in document.policy.statements
            if statement.effect is Effect.DENY
        ]
        question = replace(question_of(subject, way), gates=tuple(map(_without_denies, way.gates)))
        without = solve(question) if denies else ()
        if without:
            places = ", ".join(f"{statement.path} of the {document.name}" for document, statement in denies)
            who = " and ".join(dict.fromkeys(region.principal.value for region in without))
            yield f"without the Deny at {places}, {who} would get in"
        else:
            names = dict.fromkeys(document.name for gate in way.gates for document in gate.documents)
            lets = "lets" if len(names) == 1 else "let"
            yield f"its {' and '.join(names)} {lets} only trusted principals, AWS services or nobody in"


def _without_denies(gate: Gate) -> Gate:
    return Gate(
        tuple(
            replace(
                document,
                policy=_only_allows(document.policy),
            )
            for document in gate.documents
        )
    )


def _only_allows(policy: Policy) -> Policy:
    return replace(policy, statements=tuple(one for one in policy.statements if one.effect is Effect.ALLOW))
