"""What tests give to other processes to do: those can load it from here, as a test they could not."""

import os
import signal
import time
from pathlib import Path

from sekisho.findings import GeneratedPolicies, PolicyGeneration

RESULT = GeneratedPolicies(("{}",), ("{}",), is_complete=True)


def double(number: int) -> int:
    return 2 * number


def fail(what: str) -> None:
    raise ValueError(what)


def die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def tell_and_sleep(file: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    file.write_text(str(os.getpid()))
    time.sleep(600)


def generate(_: PolicyGeneration) -> GeneratedPolicies:
    return RESULT


def generate_and_die(_: PolicyGeneration) -> GeneratedPolicies:
    os.kill(os.getpid(), signal.SIGKILL)
    return RESULT


def generate_and_fail(_: PolicyGeneration) -> GeneratedPolicies:
    raise ValueError("a fault")


def generate_for_ever(_: PolicyGeneration) -> GeneratedPolicies:
    time.sleep(600)
    return RESULT
