"""Laws of the reasoner, and its answers beside those of brute force."""

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st

from properties.strategies import (
    ACTIONS,
    documents,
    policy_of,
    question_about,
    question_through,
    requests_from_outside,
    statements,
)
from sekisho.evaluation import Outcome, Request, evaluate_policy
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import PrincipalForm
from sekisho.reasoning import Question, Region, Solution, UndecidedError, solution_of


def answered(question: Question) -> Solution:
    """Answer a question; one that stays undecided, which it says, is no example of anything."""
    try:
        return solution_of(question)
    except UndecidedError:
        reject()


def decided(question: Question) -> tuple[Region, ...]:
    """Answer a question in full; of one with policy variables it may be said that others may let more in."""
    found = answered(question)
    if found.inexact:
        reject()
    return found.regions


def _lies_in(request: Request, region: Region) -> bool:
    everyone = region.principal.form is PrincipalForm.EVERYONE
    if not everyone and not principal_matches(region.principal, request.caller):
        return False
    return all(label.contains(request.context) for label in region.condition.values())


def _keys(listed: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(key.lower() for one in listed for block in one.get("Condition", {}).values() for key in block)


def _some(listed: list[dict[str, Any]]) -> list[Request]:
    requests = list(requests_from_outside(_keys(listed)))
    return random.Random(len(requests)).sample(requests, min(len(requests), 1500))  # noqa: S311 - no secret


def _opened(regions: tuple[Region, ...]) -> frozenset[str]:
    return frozenset(action for region in regions for action in region.witnesses)


@given(documents(max_statements=3))
def test_every_request_that_brute_force_finds_lies_in_a_region_for_its_action(listed: list[dict[str, Any]]) -> None:
    policy = policy_of(listed)
    regions = decided(question_about(policy))
    by_action: Mapping[str, list[Region]] = {
        action: [region for region in regions if action in region.witnesses] for action in ACTIONS
    }
    for request in _some(listed):
        if evaluate_policy(policy, request).outcome is Outcome.ALLOW:
            assert any(_lies_in(request, region) for region in by_action[request.action]), request


@given(documents(max_statements=2), documents(max_statements=2))
def test_what_passes_two_gates_lies_in_a_region_and_passes_each(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    policies = policy_of(first), policy_of(second)
    regions = decided(question_through(*policies))
    for request in _some([*first, *second]):
        if all(evaluate_policy(policy, request).outcome is Outcome.ALLOW for policy in policies):
            assert any(_lies_in(request, region) for region in regions if request.action in region.witnesses), request
    for policy in policies:
        assert _opened(regions) <= _opened(decided(question_about(policy)))


@given(documents())
def test_every_witness_is_allowed_by_the_evaluator_and_lies_in_its_region(listed: list[dict[str, Any]]) -> None:
    policy = policy_of(listed)
    for region in answered(question_about(policy)).regions:
        for action, witness in region.witnesses.items():
            assert witness.request.action == action
            assert evaluate_policy(policy, witness.request).outcome is Outcome.ALLOW
            assert _lies_in(witness.request, region)


@given(documents(), statements(effect="Deny"))
def test_adding_a_deny_never_widens(listed: list[dict[str, Any]], deny: dict[str, Any]) -> None:
    before, after = policy_of(listed), policy_of([*listed, deny])
    narrowed = decided(question_about(after))

    assert _opened(narrowed) <= _opened(decided(question_about(before)))
    for region in narrowed:
        for witness in region.witnesses.values():
            assert evaluate_policy(before, witness.request).outcome is Outcome.ALLOW


@given(documents(), statements(effect="Allow"))
def test_adding_an_allow_never_narrows(listed: list[dict[str, Any]], allow: dict[str, Any]) -> None:
    before, after = policy_of(listed), policy_of([*listed, allow])
    known = decided(question_about(before))

    assert _opened(known) <= _opened(decided(question_about(after)))
    for region in known:
        for witness in region.witnesses.values():
            assert evaluate_policy(after, witness.request).outcome is Outcome.ALLOW


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_statements_never_matters(listed: list[dict[str, Any]], rng: random.Random) -> None:
    shuffled = list(listed)
    rng.shuffle(shuffled)
    one, two = decided(question_about(policy_of(listed))), decided(question_about(policy_of(shuffled)))

    assert sorted(sorted(region.witnesses) for region in one) == sorted(sorted(region.witnesses) for region in two)
    assert {region.principal for region in one} == {region.principal for region in two}


@given(documents())
def test_no_region_lies_within_another_for_the_same_action(listed: list[dict[str, Any]]) -> None:
    regions = decided(question_about(policy_of(listed)))
    for one in regions:
        for two in regions:
            if one is not two and two.principal.form is PrincipalForm.EVERYONE and not two.condition:
                assert not set(one.witnesses) & set(two.witnesses)
