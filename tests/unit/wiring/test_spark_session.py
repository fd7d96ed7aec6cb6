"""What is told when Spark is not there, does not start, or gives up."""

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from sekisho.collectors.trails import LocalFiles, LogFile
from sekisho.storage.usage.store import FORMAT
from sekisho.wiring.spark import Spark, read_there
from sekisho.wiring.spark_session import EngineError, reason_of, running
from sekisho.wiring.usage import Batch

TRACES = """An error occurred while calling o61.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 failed 4 times: Lost task 0.3 (executor 4)
\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2844)
"""
PYTHON = """[PYTHON_EXCEPTION] An exception was thrown from the Python worker: Traceback (most recent call last):
  File "spark.py", line 1, in read_there
    raise EngineError(message)
sekisho.wiring.spark_session.EngineError: `/trail` is not there on the executor b
"""


@pytest.mark.parametrize(
    ("text", "log", "reason"),
    [
        pytest.param(PYTHON, "", "`/trail` is not there on the executor b", id="what this program said on an executor"),
        pytest.param(
            "Traceback\nModuleNotFoundError: No module named 'sekisho'\n\tat org.apache",
            "",
            "the executors have no sekisho; install it there, or send it with --archives",
            id="no sekisho",
        ),
        pytest.param("Traceback\n  File x\nValueError: 7\n\tat org.apache.x", "", "ValueError: 7", id="Python's line"),
        pytest.param(
            "[JAVA_GATEWAY_EXITED] Java gateway process exited",
            "WARN x\nException in thread \"main\" org.apache.spark.SparkException: Could not parse Master URL: 'x'\n",
            "Could not parse Master URL: 'x'",
            id="a master that is none",
        ),
        pytest.param(
            "IllegalStateException: Cannot call methods on a stopped SparkContext.",
            "26/11/23 00:44:51 ERROR StandaloneSchedulerBackend: All masters are unresponsive! Giving up.\n",
            "All masters are unresponsive! Giving up.",
            id="a master that does not answer",
        ),
        pytest.param(
            "[JAVA_GATEWAY_EXITED] Java gateway process exited",
            "Error: LinkageError occurred while loading main class",
            "Java ended as soon as it was started; it has to be 17 or newer",
            id="Java too old",
        ),
    ],
)
def test_a_failure_comes_down_to_the_line_that_says_most(text: str, log: str, reason: str) -> None:
    assert reason_of(text, log) == reason


def test_a_failure_of_java_is_told_without_its_classes() -> None:
    told = reason_of(TRACES)

    assert told == "Task 0 failed 4 times: Lost task 0.3 (executor 4)"


def test_without_pyspark_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)

    with pytest.raises(EngineError, match=r"install `sekisho\[spark\]`"), running(None, tmp_path / "spark.log"):
        pytest.fail("there is no PySpark")


def test_without_java_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(EngineError, match="Spark takes Java; install 17"), running(None, tmp_path / "spark.log"):
        pytest.fail("there is no Java")


def test_spark_does_not_start_for_nothing(tmp_path: Path) -> None:
    assert list(Spark(None, tmp_path / "spark.log").run([])) == []
    assert not (tmp_path / "spark.log").exists()


def test_an_executor_without_the_folder_says_so_instead_of_missing_each_file(tmp_path: Path) -> None:
    batch = Batch(LocalFiles(tmp_path / "gone"), (LogFile("a.json", 1, "1"),), tmp_path / "part")

    with pytest.raises(EngineError, match="has to be on a file system that all executors share"):
        list(read_there((batch,), FORMAT, [numbers()]))


def test_an_executor_of_another_version_reads_nothing(tmp_path: Path) -> None:
    batch = Batch(LocalFiles(tmp_path), (LogFile("a.json", 1, "1"),), tmp_path / "part")

    with pytest.raises(EngineError, match="has another version of sekisho"):
        list(read_there((batch,), "older", [numbers()]))


def numbers() -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"id": [0]})
