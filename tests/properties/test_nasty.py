"""The hardest policies that are known: each is decided, or told with who gets in at most; none is passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasty import LIMIT, NASTY
from sekisho.analyzers import analyze_policy_document
from sekisho.analyzers.observation import AnalysisError
from sekisho.policy import PolicyError


def verdict(family: str, size: int) -> str:
    policy = NASTY[family](size)
    try:
        analysis = analyze_policy_document(
            policy.text,
            resource_type=policy.resource_type,
            owner_account=policy.owner_account,
            resource=policy.resource,
            in_words=False,
        )
    except PolicyError:
        return "refused"
    errors = [one.outcome for one in analysis.observations if isinstance(one.outcome, AnalysisError)]
    assert all(error.at_most for error in errors), errors
    return "undecided" if errors else "outside" if analysis.observations else "closed"


@pytest.mark.parametrize("family", sorted(NASTY))
def test_the_longest_of_a_family_has_an_answer_or_an_outline(family: str) -> None:
    assert verdict(family, LIMIT) in {"undecided", "outside", "closed"}


@settings(max_examples=20)
@given(st.sampled_from(sorted(NASTY)), st.integers(300, 3_000))
def test_a_short_one_of_a_family_has_an_answer_or_an_outline(family: str, size: int) -> None:
    assert verdict(family, size) in {"undecided", "outside", "closed", "refused"}
