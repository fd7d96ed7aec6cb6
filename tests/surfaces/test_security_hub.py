"""Findings in the AWS Security Finding Format, taken by a Security Hub that speaks HTTP."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from surfaces.aws import ENVIRONMENT, client
from surfaces.fake_iam import REPORT

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
MOST_AT_ONCE = 100
"""Source: AWS Security Hub API reference, `BatchImportFindings`."""


def printed(*arguments: str) -> list[dict[str, Any]]:
    said = subprocess.run(
        [PROGRAM, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **ENVIRONMENT},
        input=REPORT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


@pytest.mark.parametrize(
    "command", [("demo",), ("credentials", "--report", "-", "--as-of", "2026-11-22T11:30:00Z")], ids=["demo", "report"]
)
def test_security_hub_takes_what_is_printed(moto: str, command: tuple[str, ...]) -> None:
    found = printed(*command, "--format", "asff")
    by_account: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        by_account[one["AwsAccountId"]].append(one)
    hub = client(moto, "securityhub")
    hub.enable_security_hub()

    for findings in by_account.values():
        for start in range(0, len(findings), MOST_AT_ONCE):
            batch = findings[start : start + MOST_AT_ONCE]
            answer = hub.batch_import_findings(Findings=batch)
            assert (answer["SuccessCount"], answer["FailedCount"]) == (len(batch), 0)

    pages = hub.get_paginator("get_findings").paginate()
    kept = {one["Id"]: one for page in pages for one in page["Findings"]}
    assert found
    for one in found:
        assert kept[one["Id"]]["Title"] == one["Title"]
        assert kept[one["Id"]]["Severity"]["Label"] == one["Severity"]["Label"]
    hub.disable_security_hub()
