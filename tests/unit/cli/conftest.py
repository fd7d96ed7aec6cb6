"""What the tests of the command line share."""

import pytest


@pytest.fixture(autouse=True)
def no_width_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget how wide the terminal of whoever runs the tests is: their workers are told."""
    monkeypatch.delenv("COLUMNS", raising=False)
