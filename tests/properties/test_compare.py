"""Laws of comparing two policies, and the answers beside those of brute force."""

import random
from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st
from msgspec.structs import replace

from properties.strategies import (
    BUCKET,
    documents,
    is_from,
    policy_of,
    question_through,
    requests_from_anyone,
    statements,
)
from sekisho.evaluation import CallerKind, Outcome, Request, evaluate_policy
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import Policy, PrincipalForm
from sekisho.reasoning import (
    Answer,
    Difference,
    Document,
    Fails,
    Gate,
    Holds,
    Question,
    Region,
    UndecidedError,
    Unknown,
    Wanted,
    compare,
    is_no_more_permissive,
)

ORGANIZATION = "o-a1b2c3d4e5"
Statements = list[dict[str, Any]]
wishes = st.tuples(st.sampled_from(Wanted), st.sampled_from([None, ORGANIZATION]))
EVERY_KIND = frozenset({CallerKind.AWS, CallerKind.ANONYMOUS, CallerKind.SERVICE})


def gates(*policies: Policy) -> tuple[Gate, ...]:
    return tuple(Gate((Document("BucketPolicy", policy, BUCKET),)) for policy in policies)


def asked(wanted: Wanted, organization_id: str | None, *policies: Policy) -> Question:
    question = question_through(*policies, organization_id=organization_id)
    return replace(question, world=replace(question.world, wanted=wanted, callers=EVERY_KIND))


def compared(question: Question, *new: Policy) -> Difference:
    """Compare; what stays undecided, which it says, is no example of anything."""
    try:
        return compare(question, gates(*new))
    except UndecidedError:
        reject()


def contained(old: Policy, new: Policy) -> Answer:
    answer = is_no_more_permissive(asked(Wanted.ANYONE, None, old), gates(new))
    if isinstance(answer, Unknown):
        reject()
    return answer


def _lies_in(request: Request, region: Region) -> bool:
    everyone = region.principal.form is PrincipalForm.EVERYONE
    if not everyone and not principal_matches(region.principal, request.caller):
        return False
    return all(label.contains(request.context) for label in region.condition.values())


def _some(listed: Statements) -> list[Request]:
    keys = frozenset(key.lower() for one in listed for block in one.get("Condition", {}).values() for key in block)
    requests = list(requests_from_anyone(keys))
    return random.Random(len(requests)).sample(requests, min(len(requests), 1500))  # noqa: S311 - no secret


def _allows(policy: Policy, request: Request) -> bool:
    return evaluate_policy(policy, request).outcome is Outcome.ALLOW


@given(documents(max_statements=3), documents(max_statements=3), wishes)
def test_whoever_gains_by_brute_force_lies_in_a_region_and_every_witness_gains(
    before: Statements, after: Statements, wish: tuple[Wanted, str | None]
) -> None:
    (wanted, organization_id), old, new = wish, policy_of(before), policy_of(after)
    difference = compared(asked(wanted, organization_id, old), new)
    for regions, one, other in ((difference.gained, new, old), (difference.lost, old, new)):
        for request in _some([*before, *after]):
            gains = _allows(one, request) and not _allows(other, request)
            if gains and is_from(wanted, request, organization_id) and not difference.inexact:
                assert any(_lies_in(request, region) for region in regions if request.action in region.witnesses), (
                    request
                )
        for region in regions:
            for witness in region.witnesses.values():
                assert _allows(one, witness.request)
                assert not _allows(other, witness.request)
                assert _lies_in(witness.request, region)
                assert is_from(wanted, witness.request, organization_id)
                assert witness.openers
                refusing = evaluate_policy(other, witness.request).because
                assert tuple(closer.statement for closer in witness.closers) == refusing


@given(documents(max_statements=2), documents(max_statements=2), documents(max_statements=2))
def test_through_two_gates_a_request_is_lost_where_any_new_one_refuses_it(
    first: Statements, second: Statements, changed: Statements
) -> None:
    old, new = (policy_of(first), policy_of(second)), (policy_of(changed), policy_of(second))
    difference = compared(asked(Wanted.ANYONE, None, *old), *new)
    for regions, ones, others in ((difference.gained, new, old), (difference.lost, old, new)):
        for request in _some([*first, *second, *changed]):
            gains = all(_allows(one, request) for one in ones) and not all(_allows(other, request) for other in others)
            if gains and not difference.inexact:
                assert any(_lies_in(request, region) for region in regions if request.action in region.witnesses), (
                    request
                )


@given(documents(), st.randoms(use_true_random=False), wishes)
def test_between_a_policy_and_itself_in_any_order_nothing_changes(
    listed: Statements, rng: random.Random, wish: tuple[Wanted, str | None]
) -> None:
    shuffled = [*listed, rng.choice(listed)]
    rng.shuffle(shuffled)

    assert not compare(asked(*wish, policy_of(listed)), gates(policy_of(shuffled)))


@given(documents(), statements(effect="Allow"), wishes)
def test_adding_an_allow_takes_nothing_away(
    listed: Statements, allow: dict[str, Any], wish: tuple[Wanted, str | None]
) -> None:
    assert not compared(asked(*wish, policy_of(listed)), policy_of([*listed, allow])).lost


@given(documents(), statements(effect="Deny"), wishes)
def test_adding_a_deny_gives_nothing(listed: Statements, deny: dict[str, Any], wish: tuple[Wanted, str | None]) -> None:
    assert not compared(asked(*wish, policy_of(listed)), policy_of([*listed, deny])).gained


@given(documents(max_statements=3), documents(max_statements=3))
def test_containment_is_what_brute_force_says(before: Statements, after: Statements) -> None:
    old, new = policy_of(before), policy_of(after)
    match contained(old, new):
        case Holds():
            assert not [one for one in _some([*before, *after]) if _allows(new, one) and not _allows(old, one)]
        case Fails() as answer:
            assert _allows(new, answer.witness.request)
            assert not _allows(old, answer.witness.request)
        case Unknown():
            raise AssertionError


@given(documents(max_statements=2), st.lists(statements(), max_size=2), st.lists(statements(), max_size=2))
def test_containment_is_transitive(listed: Statements, more: Statements, further: Statements) -> None:
    one, two, three = (policy_of(each) for each in (listed, [*listed, *more], [*listed, *more, *further]))
    if contained(two, one) == Holds() and contained(three, two) == Holds():
        assert contained(three, one) == Holds()
    if contained(two, three) == Holds() and contained(one, two) == Holds():
        assert contained(one, three) == Holds()
