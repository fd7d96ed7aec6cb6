"""Files with today's policies."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sekisho.collectors import CollectError
from sekisho.collectors.identity_policies import READS, read_attached
from sekisho.collectors.services import CREDENTIAL_READS

ROLE = "arn:aws:iam::111122223333:role/service/app"
POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
PAGE: dict[str, Any] = {
    "UserDetailList": [],
    "RoleDetailList": [{"Arn": ROLE, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": POLICY}]}],
}


def written(folder: Path, content: bytes) -> str:
    file = folder / "today.json"
    file.write_bytes(content)
    return str(file)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps(PAGE, indent=2).encode(), id="one object"),
        pytest.param(f"{json.dumps({'Policies': []})}\n\n{json.dumps(PAGE)}\n".encode(), id="pages as JSON Lines"),
        pytest.param(json.dumps([{"Policies": []}, PAGE]).encode(), id="pages as a list"),
        pytest.param(gzip.compress(json.dumps(PAGE).encode()), id="compressed"),
    ],
)
def test_account_authorization_details_are_read(tmp_path: Path, content: bytes) -> None:
    today = read_attached(written(tmp_path, content), None)

    assert [one.name for one in today.of(ROLE).policies] == ["inline policy p"]
    assert today.alone is None


def test_a_role_whose_path_no_record_told_is_found_by_its_name(tmp_path: Path) -> None:
    today = read_attached(written(tmp_path, json.dumps(PAGE).encode()), None)

    assert today.of(ROLE.replace("service/", "")).principal == ROLE
    assert "does not have it" in today.of(ROLE.replace("1111", "4444")).unknown


@pytest.mark.parametrize("value", [POLICY, [POLICY], [POLICY, POLICY]])
def test_policies_alone_are_of_whoever_is_asked_for(tmp_path: Path, value: Any) -> None:
    today = read_attached(written(tmp_path, json.dumps(value).encode()), None)

    assert today.alone is not None
    assert today.of(ROLE) is today.alone


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "neither what"),
        (b'{"Roles": []}', "neither what"),
        (b'{"Statement": [{}]}', "`Effect` is missing"),
        (b'{"RoleDetailList": [{}]}', "no account authorization details"),
        (b'{"RoleDetailList": 7}', "no account authorization details"),
        (gzip.compress(b"{}", mtime=0)[:-4], "cut short"),
    ],
)
def test_what_is_something_else_is_refused_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    place = written(tmp_path, content)
    with pytest.raises(CollectError, match=r"today\.json") as refused:
        read_attached(place, None)

    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CollectError, match=r"/nowhere/today\.json: No such file"):
        read_attached("/nowhere/today.json", None)


def test_reading_live_takes_no_permission_that_a_scan_does_not_take() -> None:
    taken = {read.action for read in READS.values()} - {None}

    assert taken <= {read.action for read in CREDENTIAL_READS.values()}
