"""The reasoner beside two solvers, on policies over the whole grammar.

`python tests/oracle/long_run.py` asks the same of as many policies as one has patience for.
"""

import json
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracle.differential import Disagreement, Example, Judge, random_example, shown_request
from oracle.grammar import mutated_document, random_document, real_documents
from oracle.shrinking import as_json, shrink
from oracle.solvers import CVC5, Z3, Solver, Verdict

pytestmark = pytest.mark.slow

QUICK = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,  # the same policies every time; `long_run` looks at others
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # `shrink` knows policies, hypothesis would shrink a seed
)

_randoms = st.integers(0, 2**64 - 1).map(Random)
"""Generators by their seeds: those that hypothesis controls letter by letter give few policies, over and over."""

examples = _randoms.map(random_example)
over_the_grammar = _randoms.map(lambda rng: Example((random_document(rng),)))
of_real_documents = _randoms.map(lambda rng: Example((mutated_document(rng),)))


def _disagreements(example: Example) -> list[Disagreement]:
    """Return what the reasoner and the solvers say differently, apart from what the reasoner says it leaves open."""
    found = Judge(Random(0)).compare(example)  # noqa: S311 - no secret
    return [one for one in found if not one.documented]


def assert_agreement(example: Example) -> None:
    """Fail with the smallest example of a disagreement."""
    if not _disagreements(example):
        return
    small = shrink(example, lambda one: bool(_disagreements(one)))
    said = [(one.kind, one.action, one.said, shown_request(one.request)) for one in _disagreements(small)]
    pytest.fail(json.dumps({"example": as_json(small), "disagreements": said}, indent=2))


@QUICK
@given(over_the_grammar)
def test_a_solver_finds_a_request_exactly_where_the_reasoner_finds_a_region_that_has_it(example: Example) -> None:
    assert_agreement(example)


@QUICK
@given(of_real_documents)
def test_the_same_of_real_documents_with_something_changed(example: Example) -> None:
    assert_agreement(example)


@settings(QUICK, max_examples=200)
@given(examples)
def test_the_same_through_two_gates_and_for_a_trusted_organization(example: Example) -> None:
    assert_agreement(example)


@pytest.mark.parametrize("place", range(len(real_documents())))
def test_the_same_of_real_documents(place: int) -> None:
    assert_agreement(Example((real_documents()[place],)))


@pytest.mark.parametrize("solver", [Z3(), CVC5()], ids=["z3", "cvc5"])
@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        pytest.param('(assert (= x "\\u{1f600}\'"))', Verdict.SATISFIABLE, id="any letter is a letter"),
        pytest.param("(assert (and (str.in_re x re.all) (= (str.len x) 3)))", Verdict.SATISFIABLE, id="any text"),
        pytest.param("(assert (str.in_re x (re.diff re.allchar re.allchar)))", Verdict.UNSATISFIABLE, id="no letter"),
    ],
)
def test_a_solver_reads_texts_as_the_encoding_writes_them(solver: Solver, script: str, verdict: Verdict) -> None:
    answer = solver.decide(f"(declare-const x String)\n{script}", timedelta(seconds=5))

    assert answer.verdict is verdict
    if "1f600" in script:
        assert answer.chosen["x"] == "\U0001f600'"
