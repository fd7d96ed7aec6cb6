"""The formats that only findings have: which commands take them, and what the others say."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sekisho.cli.commands import sekisho
from sekisho.cli.settings import SETTINGS
from sekisho.cli.status import ExitStatus
from unit.cli.test_credentials import AS_OF, BUILD, HEADER, ROOT

FINDING_FORMATS = ("sarif", "ocsf", "asff")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        sekisho, arguments, env=environment, input=f"{HEADER}\n{ROOT}\n{BUILD}", standalone_mode=False
    )


def ids_of(output_format: str, text: str) -> list[str]:
    told: Any = json.loads(text)
    match output_format:
        case "json":
            return [one["id"] for one in told]
        case "sarif":
            return [one["fingerprints"]["findingId/v1"] for one in told["runs"][0]["results"]]
        case "ocsf":
            return [one["finding_info"]["uid"] for one in told]
        case _:
            return [one["Id"] for one in told]


@pytest.mark.parametrize("output_format", FINDING_FORMATS)
@pytest.mark.parametrize(
    "command",
    [("credentials", "--report", "-", *AS_OF), ("findings", "list", "--status", "all"), ("demo",)],
    ids=" ".join,
)
def test_every_format_tells_the_findings_that_json_tells(command: tuple[str, ...], output_format: str) -> None:
    ids = ids_of("json", run(*command, "--format", "json").stdout)
    said = run(*command, "--format", output_format)

    assert said.return_value is ExitStatus.DONE
    assert ids_of(output_format, said.stdout) == ids
    assert bool(ids) == (command[0] != "findings")


@pytest.mark.parametrize("output_format", FINDING_FORMATS)
def test_one_finding_is_told_as_a_list_of_one(output_format: str, folder: Path) -> None:
    recording = folder / "account.jsonl"
    zone = {"type": "ACCOUNT", "accountId": "111122223333", "region": "us-west-2"}
    queue = {
        "resourceType": "AWS::SQS::Queue",
        "arn": "arn:aws:sqs:us-west-2:111122223333:jobs",
        "ownerAccount": "111122223333",
        "region": "us-west-2",
        "apiCalls": [{"call": "sqs.get_queue_attributes", "params": {}, "error": {"Code": "AccessDenied"}}],
    }
    lines = ({"recording": 1, "takenAt": "2026-11-22T00:00:00Z", "zoneOfTrust": zone}, {"resource": queue})
    recording.write_text("\n".join(map(json.dumps, lines)))
    scanned = run("scan", "--recording", str(recording), "--format", output_format)
    (found,) = ids_of(output_format, scanned.stdout)

    assert run("findings", "show", found[:8], "--format", output_format).stdout == scanned.stdout
    assert ids_of(output_format, run("findings", "list", "--format", output_format).stdout) == [found]
    with pytest.raises(click.UsageError, match=f"--format {output_format} is for findings; use table, json, jsonl"):
        raise_of(run("findings", "history", found[:8], "--format", output_format))


def raise_of(said: Result) -> None:
    assert said.stdout == ""
    if said.exception:
        raise said.exception


@pytest.mark.parametrize("output_format", FINDING_FORMATS)
@pytest.mark.parametrize("command", ["rules", "keys"])
def test_what_is_no_finding_is_not_told_as_one(command: str, output_format: str) -> None:
    message = f"--format {output_format} is for findings; use table, json, jsonl or csv"

    with pytest.raises(click.UsageError, match=message):
        raise_of(run(command, "list", "--format", output_format))
    with pytest.raises(click.UsageError, match=message):
        raise_of(run(command, "list", SEKISHO_FORMAT=output_format))


@pytest.mark.parametrize("output_format", FINDING_FORMATS)
def test_a_secret_is_no_finding_and_no_key_is_made(output_format: str, folder: Path) -> None:
    with pytest.raises(click.UsageError, match=f"a secret is not printed as {output_format}; use --format table or"):
        raise_of(run("keys", "create", "--format", output_format))
    assert not list(folder.rglob("secret.key"))


def test_every_format_of_findings_is_a_choice() -> None:
    assert set(FINDING_FORMATS) < set(SETTINGS["format"].choices)
