"""Every error of the layers below, with the exit status it leads to."""

from typing import Final

from sekisho.activity import ActivityError
from sekisho.alerts import AlertsError
from sekisho.cli.deploy import DeployError
from sekisho.cli.settings import SettingsError
from sekisho.cli.status import ExitStatus
from sekisho.collectors import CollectError
from sekisho.findings import FindingsError, StoreError
from sekisho.keys import KeysError, SecretKeyError
from sekisho.policy import PolicyError
from sekisho.reasoning.errors import ReasoningError
from sekisho.resources.answers import ReadingError
from sekisho.resources.zone import ZoneError
from sekisho.server.errors import PlainTextError, ServerError

STATUS_OF: Final[dict[type[Exception], ExitStatus]] = {
    SettingsError: ExitStatus.USAGE,
    DeployError: ExitStatus.USAGE,
    PolicyError: ExitStatus.FAILED,
    FindingsError: ExitStatus.USAGE,
    ReadingError: ExitStatus.FAILED,
    ReasoningError: ExitStatus.FAILED,
    ZoneError: ExitStatus.FAILED,
    StoreError: ExitStatus.FAILED,
    AlertsError: ExitStatus.USAGE,
    KeysError: ExitStatus.USAGE,
    SecretKeyError: ExitStatus.FAILED,
    CollectError: ExitStatus.FAILED,
    ServerError: ExitStatus.FAILED,
    PlainTextError: ExitStatus.USAGE,
    ActivityError: ExitStatus.FAILED,
    OSError: ExitStatus.FAILED,
}
"""The nearest class counts. What is not here is a fault of ours and ends with a traceback."""


def exit_status(error: Exception) -> ExitStatus | None:
    """Return the exit status of an error that the person at the terminal can do something about, else None."""
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), None)


def describe(error: Exception) -> str:
    """Return the one line that the person at the terminal gets to read."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
