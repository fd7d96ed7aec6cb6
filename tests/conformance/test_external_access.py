"""Every external access case, against the analyzer."""

import pytest

from conformance.cases import Case, disagreements, external_access_cases
from sekisho.analyzers.external import analyze_resource

CASES = list(external_access_cases())


def test_there_are_cases() -> None:
    assert CASES


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_analyzer_finds_what_the_case_expects(case: Case) -> None:
    analysis = analyze_resource(case.raw, case.zone)

    assert disagreements(case, analysis) == [], case.why
