"""How much work one question may be."""

from sekisho.reasoning.errors import UndecidedError

MAX_STEPS = 400_000
"""How many steps one question may take before the reasoner gives up: a few seconds' work."""


class Budget:
    """The steps that are left for one question.

    Steps and not seconds, so that an answer is the same on every machine.
    """

    __slots__ = ("_left", "_most")

    def __init__(self, steps: int | None = None) -> None:
        self._most = MAX_STEPS if steps is None else steps
        self._left = self._most

    @property
    def left(self) -> int:
        """How many steps are left."""
        return self._left

    def spend(self, steps: int) -> None:
        """Take steps off the budget.

        Raises:
            UndecidedError: none are left.
        """
        self._left -= steps
        if self._left < 0:
            raise UndecidedError(f"telling its requests apart takes more than {self._most:,} steps")
