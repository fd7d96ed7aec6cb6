"""Spark itself: how it is started, kept quiet and stopped, and what its failures come down to."""

# Spark may not be there, and has few types.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false

import logging
import os
import re
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sekisho.activity import ActivityError

TRIES: Final = 4
"""How often a task is tried where Spark by itself would try it once: on this machine. Elsewhere it is Spark's own."""

_LOCAL: Final = re.compile(r"local(?:\[([^,\]]+)\])?")


class EngineError(ActivityError):
    """Whoever was to read files cannot; the message says why and what to do."""


@contextmanager
def running(master: str | None, log: Path) -> Generator[Any]:
    """Start Spark, or take part in what `spark-submit` has started, and yield a session of it.

    Args:
        master: the URL of the cluster; None leaves the choice to Spark's configuration.
        log: the file that takes what is said of it.

    Raises:
        EngineError: it is not installed, has no Java, or does not start.
    """
    try:
        from py4j.protocol import Py4JError  # noqa: PLC0415 - comes with PySpark
        from pyspark import SparkConf, SparkContext, java_gateway  # noqa: PLC0415 - half a gigabyte, which few have
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise EngineError("`--engine spark` takes PySpark; install `sekisho[spark]`") from error
    if not _has_java():
        raise EngineError("Spark takes Java; install 17 or newer, or name its folder in JAVA_HOME")
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it tells each failure that is told anyway
    with failures(log), _private(log) as said:
        asked = SparkConf()
        if master is not None:
            asked.setMaster(master)
        launch: Any = java_gateway.launch_gateway
        gateway = launch(asked, {"stdout": said, "stderr": said})
        found = SparkConf(_jvm=gateway.jvm)  # with what its own configuration says
        url = _patient(found.get("spark.master", "local[*]") or "")
        found.setMaster(url).setAppName("sekisho generate-policy").set("spark.ui.showConsoleProgress", "false")
        found.setIfMissing("spark.ui.enabled", "false")
        python = found.get("spark.pyspark.python") or (sys.executable if url.startswith("local") else None)
        if python is not None:
            os.environ.setdefault("PYSPARK_PYTHON", python)
        context = SparkContext(conf=found, gateway=gateway)
        if gateway.proc is None:
            context.setLogLevel("WARN")  # its log is that of `spark-submit`
    try:
        with failures(log):
            session = SparkSession(context)
        yield session
    finally:
        with suppress(Py4JError, ConnectionError):  # it may have died
            context.stop()


@contextmanager
def failures(log: Path) -> Generator[None]:
    """Turn what Spark raises into one line.

    Raises:
        EngineError: in place of each.
    """
    from py4j.protocol import Py4JError, Py4JNetworkError  # noqa: PLC0415 - as above
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (Py4JError, PySparkException, ConnectionError) as error:
        is_dead = isinstance(error, (ConnectionError, Py4JNetworkError))
        reason = "its process has ended" if is_dead else reason_of(str(error), log.read_text("utf-8", "replace"))
        raise EngineError(f"Spark gave up: {reason}; what was read is kept, and `{log}` has more") from error


def reason_of(text: str, log: str = "") -> str:
    """Return the line of a failure of Spark's that says most.

    Args:
        text: the message, the traces of Python and Java, or both.
        log: what Spark said before, which tells why it ended if the message does not.
    """
    if any(sign in text for sign in _ENDED) and (said := _SAID.findall(log)):
        return str(said[-1]).strip()[:_MOST]
    if own := _OWN.search(text):
        return own[1].strip()
    for sign, meaning in _MEANINGS.items():
        if sign in text:
            return meaning
    lines = [line.strip() for line in text.splitlines()]
    python = [line for line in lines if _PYTHON_ERROR.match(line)]
    told = python or [line for line in lines if line and not _FRAME.match(line)] or [text]
    return " ".join(_CLASSES.sub("", told[-1 if python else 0], count=1).split())[:_MOST]


_OWN: Final = re.compile(r"\bEngineError: (.+)")
_ENDED: Final = ("JAVA_GATEWAY_EXITED", "stopped SparkContext")
_SAID: Final = re.compile(r'(?:Exception in thread "main"| ERROR) [\w.$]+: (.+)')
_PYTHON_ERROR: Final = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)(?:: |$)")
_FRAME: Final = re.compile(r"at |File |Traceback |An error occurred while calling|\.\.\. \d+ more")
_CLASSES: Final = re.compile(r"^(?:: )?(?:[a-z]\w*\.[\w.$]+: )*(?:Job aborted due to stage failure: )?")
_MOST: Final = 300
_MEANINGS: Final = {
    "No module named 'sekisho'": "the executors have no sekisho; install it there, or send it with --archives",
    "PYTHON_VERSION_MISMATCH": "the executors run another version of Python; name one like this in PYSPARK_PYTHON",
    "PACKAGE_NOT_INSTALLED": "PySpark lacks a package that it needs; install `sekisho[spark]`",
    "JAVA_GATEWAY_EXITED": "Java ended as soon as it was started; it has to be 17 or newer",
}
"""What needs more than Spark's own words."""


def _patient(url: str) -> str:
    """Return the URL of a master that tries again as often as a cluster does."""
    local = _LOCAL.fullmatch(url)
    return f"local[{local[1] or 1},{TRIES}]" if local else url


def _has_java() -> bool:
    """Say whether Spark will find Java: as its own scripts look for it, or in the process it runs in already."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java") if home is None else shutil.which("java", path=str(Path(home) / "bin"))
    return found is not None or "PYSPARK_GATEWAY_PORT" in os.environ


@contextmanager
def _private(file: Path) -> Generator[Any]:
    """Open a file anew that is its owner's alone."""
    with open(file, "wb", opener=lambda path, flags: os.open(path, flags, mode=0o600)) as opened:
        yield opened
