from collections.abc import Callable
from typing import NoReturn

import click
import pytest

from sekisho.cli import program
from sekisho.cli.status import ExitStatus
from sekisho.findings import StoreError


def program_that(act: Callable[[], object]) -> click.Command:
    return click.Command("sekisho", callback=act)


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def act() -> NoReturn:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(StoreError("the disk is full"), ExitStatus.FAILED, id="a layer's error"),
        pytest.param(click.UsageError("wrong"), ExitStatus.USAGE, id="usage"),
        pytest.param(KeyboardInterrupt(), ExitStatus.INTERRUPTED, id="Ctrl-C"),
        pytest.param(ValueError("impossible"), ExitStatus.FAILED, id="a fault of ours"),
    ],
)
def test_every_end_has_its_status(
    error: BaseException, status: ExitStatus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sekisho"])
    monkeypatch.setattr(program, "sekisho", program_that(raising(error)))

    with pytest.raises(SystemExit) as ended:
        program.main()

    assert ended.value.code == status
    assert ("Traceback" in capsys.readouterr().err) is isinstance(error, ValueError)


def test_what_a_command_returns_is_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["sekisho"])
    monkeypatch.setattr(program, "sekisho", program_that(lambda: ExitStatus.GAPS))

    with pytest.raises(SystemExit) as ended:
        program.main()

    assert ended.value.code == ExitStatus.GAPS


def test_a_message_steers_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["sekisho"])
    monkeypatch.setattr(program, "sekisho", program_that(raising(StoreError("\x1b[31mred\nnext"))))

    with pytest.raises(SystemExit):
        program.main()

    assert capsys.readouterr().err == "Error: \\x1b[31mred\\nnext\n"
