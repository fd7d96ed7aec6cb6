"""`sekisho generate-policy` in front of exports: a trail says the same when Athena or CloudTrail Lake tells it."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sekisho.resources.json_values import is_list, is_object
from trails import write_trail

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")

COLUMNS = (
    *("eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress"),
    *("useragent", "errorcode", "errormessage", "requestparameters", "responseelements", "requestid", "eventid"),
    *("readonly", "resources", "eventtype", "recipientaccountid", "sharedeventid", "vpcendpointid"),
)
"""What AWS's statement for a table of CloudTrail's log files names them; all in lower case."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Mapping[str, Any]]]:
    folder = tmp_path_factory.mktemp("trail")
    write_trail(folder, 11, 3000, files=5)
    files = sorted(file for file in folder.rglob("*.json.gz"))
    return folder, [one for file in files for one in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


def policies_from(source: Path, usage: Path) -> Any:
    said = subprocess.run(
        [
            *(PROGRAM, "generate-policy", "--from", source, "--principal", "all", "--format", "json", "--strict"),
            *("--usage", usage, "--workers", "1"),
        ],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        | {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def lowered(value: Any) -> Any:
    """Return a struct as engine version 3 of Athena casts it to JSON."""
    if is_object(value):
        return {name.lower(): lowered(inner) for name, inner in value.items()}
    return [lowered(one) for one in value] if is_list(value) else value


def cell(record: Mapping[str, Any], column: str) -> str:
    value = next((value for name, value in record.items() if name.lower() == column), None)
    if value is None:
        return ""
    if column in {"useridentity", "resources"}:
        return json.dumps(lowered(value))
    return value if isinstance(value, str) else json.dumps(value)


def write_table(file: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with gzip.open(file, "wt", newline="", encoding="utf-8") as text:
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return file


def test_an_export_of_athena_says_what_the_trail_says(
    records: tuple[Path, list[Mapping[str, Any]]], tmp_path: Path
) -> None:
    folder, found = records
    export = write_table(
        tmp_path / "query.csv.gz", COLUMNS, [[cell(record, column) for column in COLUMNS] for record in found]
    )

    assert policies_from(export, tmp_path / "a") == policies_from(folder, tmp_path / "b")


def test_an_export_of_lake_says_what_the_trail_says(
    records: tuple[Path, list[Mapping[str, Any]]], tmp_path: Path
) -> None:
    folder, found = records
    lake = tmp_path / "lake"
    lake.mkdir()
    write_table(lake / "result_1.csv.gz", ["eventJson"], [[json.dumps(record)] for record in found])
    (lake / "result_sign.json").write_text('{"hashSignature": "of the export"}')

    assert policies_from(lake, tmp_path / "a") == policies_from(folder, tmp_path / "b")
