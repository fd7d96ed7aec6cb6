import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import sekisho
from sekisho.cli.failures import STATUS_OF, describe, exit_status
from sekisho.cli.status import ExitStatus
from sekisho.findings import StoreError, UnknownFindingError
from sekisho.policy.errors import Location, PolicySyntaxError
from sekisho.resources.answers import UnexpectedAnswerError


def public_errors() -> Iterator[type[Exception]]:
    for module in pkgutil.walk_packages(sekisho.__path__, "sekisho."):
        if ".migrations" in module.name or module.name.startswith("sekisho.api"):  # HTTP has statuses of its own
            continue
        for name, value in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(value, Exception) and value.__module__.startswith("sekisho.") and not name.startswith("_"):
                yield value


def test_every_error_of_every_layer_has_an_exit_status() -> None:
    errors = set(public_errors())

    assert len(errors) > 8
    assert {error.__name__ for error in errors if not any(kind in STATUS_OF for kind in error.__mro__)} == set()


def test_every_layers_base_error_is_in_the_map_itself() -> None:
    bases = {
        error for error in public_errors() if not any(one.__module__.startswith("sekisho") for one in error.__bases__)
    }

    assert bases <= set(STATUS_OF)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(UnknownFindingError("x"), ExitStatus.USAGE, id="a wrong id is a matter of usage"),
        pytest.param(StoreError("x"), ExitStatus.FAILED, id="a store that cannot be used is not, though it is nearby"),
        pytest.param(PolicySyntaxError("x", at=Location("")), ExitStatus.FAILED, id="a policy that is none"),
        pytest.param(UnexpectedAnswerError("x"), ExitStatus.FAILED, id="a policy that cannot be understood"),
        pytest.param(FileNotFoundError(2, "No such file", "x"), ExitStatus.FAILED, id="the system"),
        pytest.param(ValueError("x"), None, id="a fault of ours has none"),
    ],
)
def test_the_nearest_class_decides(error: Exception, status: ExitStatus | None) -> None:
    assert exit_status(error) is status


def test_what_the_system_says_is_told_in_its_words() -> None:
    assert describe(FileNotFoundError(2, "No such file or directory", "policy.json")) == (
        "policy.json: No such file or directory"
    )
