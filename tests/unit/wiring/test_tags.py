"""Tags out of files and out of kept usage."""

import json
from pathlib import Path
from typing import Any

import pytest

from sekisho.activity import TagFileError
from sekisho.wiring.tags import read_tags

ARN = "arn:aws:sqs:eu-west-1:111122223333:q"
ROLE = "arn:aws:iam::111122223333:role/app"
TAGS = [{"Key": "team", "Value": "data"}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"ResourceTagMappingList": [{"ResourceARN": ARN, "Tags": TAGS}]}, ARN, id="get-resources"),
        pytest.param({"RoleDetailList": [{"Arn": ROLE, "Tags": TAGS}], "UserDetailList": []}, ROLE, id="details"),
        pytest.param({"Role": {"Arn": ROLE, "Tags": TAGS}}, ROLE, id="get-role"),
        pytest.param({"User": {"Arn": ROLE, "Tags": TAGS}}, ROLE, id="get-user"),
    ],
)
def test_what_the_command_line_of_aws_prints_is_read(document: Any, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "tags.json"
    file.write_text(json.dumps(document))

    assert list(read_tags(file)) == [(expected, {"team": "data"})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "not JSON", id="empty"),
        pytest.param("[" * 100_000, "not JSON", id="deep"),
        pytest.param("\udcff", "not JSON", id="not UTF-8"),
        pytest.param("[]", "no tags of anything", id="a list"),
        pytest.param(
            json.dumps({"Tags": TAGS}), "aws iam get-role", id="tags of nobody, as list-role-tags prints them"
        ),
        pytest.param(json.dumps({"Role": 7, "RoleDetailList": [None, 7, {"Arn": 7}]}), "no tags", id="other things"),
    ],
)
def test_a_file_of_something_else_is_named_with_what_it_may_be(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "tags.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(TagFileError, match=said):
        list(read_tags(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TagFileError, match="cannot be read"):
        list(read_tags(tmp_path / "none.json"))
