"""Reads trails with Spark while something of it is killed: `python -m surfaces.killing USAGE …`."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sekisho.collectors.trails import LocalFiles, LogFile, LogFiles, Question
from sekisho.storage.usage import UsageStore
from sekisho.wiring import spark
from sekisho.wiring.usage import Engine, read_usage


@dataclass(frozen=True, slots=True)
class DeadlyFiles(LocalFiles):
    """A folder whose reading kills.

    Attributes:
        victims: whom, one after the other: a `worker` is a process of Python's, an `executor` that of Java's above it.
        deaths: a folder with a file for each.
    """

    victims: tuple[str, ...]
    deaths: Path

    def read(self, file: LogFile) -> bytes:
        before = len(list(self.deaths.iterdir()))
        if before < len(self.victims):
            (self.deaths / str(before)).touch(exist_ok=False)
            os.kill(os.getpid() if self.victims[before] == "worker" else executor(), signal.SIGKILL)
            time.sleep(60)
        return LocalFiles(self.path).read(file)


def executor() -> int:
    """Return the process of the executor that runs this."""
    process = os.getpid()
    while process > 1:
        said = subprocess.run(
            ["ps", "-o", "ppid=,args=", "-p", str(process)], capture_output=True, text=True, check=True
        ).stdout.strip()
        if re.search(r"\bjava\b.*CoarseGrainedExecutorBackend", said):
            return process
        process = int(said.split(maxsplit=1)[0])
    raise ProcessLookupError("there is no executor above this process")


def read(usage: Path, places: Sequence[LogFiles], engine: Engine) -> UsageStore:
    """Read all files of places, and return what is kept."""
    store = UsageStore(usage)
    read_usage(store, places, Question(), engine)
    return store


def main(usage: str, wave: str, master: str, victims: str, *folders: str) -> None:
    """Read folders, of which the last kills."""
    deaths = Path(usage).with_name("deaths")
    deaths.mkdir()
    *harmless, deadly = map(Path, folders)
    places: list[LogFiles] = [*map(LocalFiles, harmless), DeadlyFiles(deadly, tuple(victims.split()), deaths)]
    spark.WAVE = int(wave)  # type: ignore[misc]
    read(Path(usage), places, spark.Spark(master, Path(usage) / "spark.log"))


if __name__ == "__main__":
    from surfaces import killing  # by this name the executors know it

    killing.main(*sys.argv[1:])
