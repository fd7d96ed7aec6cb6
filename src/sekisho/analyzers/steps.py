"""How much work each of many questions to the reasoner may be."""

from typing import Final

from sekisho.reasoning import MAX_STEPS

LEAST_STEPS: Final = 20_000
"""How many steps a question may take, however many there are: most take a few hundred."""


def steps_of_each(questions: int, *, in_full: int = 1) -> int:
    """Return how many steps each of some questions may take, so that all of them together end in time.

    Args:
        questions: how many there are, one at least.
        in_full: how many may take what a single question may; where there are more, they share that.
    """
    return max(MAX_STEPS * in_full // max(questions, in_full), LEAST_STEPS)
