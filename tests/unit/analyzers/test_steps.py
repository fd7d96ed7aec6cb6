"""Steps of the reasoner, shared by questions."""

import pytest

from sekisho.analyzers.steps import LEAST_STEPS, steps_of_each
from sekisho.reasoning import MAX_STEPS


@pytest.mark.parametrize(
    ("questions", "in_full", "steps"),
    [
        (1, 1, MAX_STEPS),
        (4, 1, MAX_STEPS // 4),
        (2_000, 1, LEAST_STEPS),
        (0, 4, MAX_STEPS),
        (4, 4, MAX_STEPS),
        (8, 4, MAX_STEPS // 2),
        (2_000, 4, LEAST_STEPS),
    ],
)
def test_questions_share_the_steps_of_a_few(questions: int, in_full: int, steps: int) -> None:
    assert steps_of_each(questions, in_full=in_full) == steps
