"""`sekisho service-reference` and what it does to `sekisho generate-policy`, from the outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.service_reference import operation, publisher, service
from surfaces.test_generate_policy_against import record

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
ROLES = [f"arn:aws:iam::111122223333:role/{name}" for name in ("one", "two", "three")]


def run(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_aws_publishes_is_fetched_on_request_and_maps_calls(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    made = [record("SpinThing", "frobnicate", one, eventID=f"{at:036}") for at, one in enumerate(ROLES)]
    log.write_text(json.dumps({"Records": made}))
    asked = ("generate-policy", "--principal", "all", "--from", str(log), "--usage", str(tmp_path / "usage"))

    before = run(*asked, "--workers", "2", home=tmp_path)
    assert "frobnicate.amazonaws.com SpinThing" in before.stderr
    assert "Service Reference" not in before.stderr

    with publisher() as place:
        place.publish({"frobnicate": service("frobnicate", ("Turn",), operation("SpinThing", "frobnicate:Turn"))})
        fetched = run("service-reference", "update", "--url", place.base, home=tmp_path)
    assert (fetched.returncode, fetched.stdout) == (0, "")
    assert "1 service, 1 action, 1 operation" in " ".join(fetched.stderr.split())

    for workers in ("1", "2"):
        after = run(*asked, "--workers", workers, home=tmp_path)
        assert "AWS's Service Reference of 20" in after.stderr
        assert after.stdout.count('"Action": "frobnicate:Turn"') == len(ROLES)
        assert "of actions that are not known" not in after.stderr

    told = json.loads(run(*asked, "--format", "json", home=tmp_path).stdout)
    assert told[0]["grants"][0]["rules"] == ["SpinThing needs it, by AWS's Service Reference"]
    assert told[0]["isProven"] is True

    elsewhere = tmp_path / "elsewhere"
    refused = run(*asked, "--service-reference", str(elsewhere), home=tmp_path)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "has no Service Reference" in refused.stderr


def test_what_takes_the_place_of_policies_may_have_an_action_that_is_new(tmp_path: Path) -> None:
    log, today, folder = tmp_path / "log.json", tmp_path / "today.json", tmp_path / "reference"
    log.write_text(json.dumps({"Records": [record("SummonBucket", "s3", ROLES[0])]}))
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    today.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with publisher() as place:
        place.publish({"s3": service("s3", ("SummonBucket",))})
        run("service-reference", "update", "--url", place.base, "--service-reference", str(folder), home=tmp_path)
    asked = ("generate-policy", "--principal", ROLES[0], "--from", str(log), "--usage", str(tmp_path / "usage"))
    how = ("--service-reference", str(folder), "--against", str(today), "--drop-unseen", "--format", "json")

    (told,) = json.loads(run(*asked, *how, home=tmp_path).stdout)

    assert [one["Action"] for policy in told["policies"] for one in policy["Statement"]] == ["s3:SummonBucket"]
    assert told["isProven"] is True
    assert told["grants"][0]["reach"] == ["unknown"]


def test_a_place_that_does_not_have_it_costs_one_line(tmp_path: Path) -> None:
    with publisher() as place:
        said = run("service-reference", "update", "--url", place.base, home=tmp_path)

    assert (said.returncode, said.stdout) == (4, "")
    assert "service-list.json: `127.0.0.1:" in said.stderr
    assert not list(tmp_path.rglob("*reference*"))
