"""Tags in the parameters of calls."""

from typing import Any

import pytest

from sekisho.activity.call import Call
from sekisho.activity.request_context import context_of
from sekisho.activity.tags import removed_keys_of, tags_of

PAIR = {"key": "team", "value": "data"}


def call(source: str, name: str, **parameters: Any) -> Call:
    return Call(f"{source}.amazonaws.com", name, "111122223333", "eu-west-1", parameters=parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"tags": [PAIR]}, id="a list of pairs"),
        pytest.param({"Tags": [{"Key": "team", "Value": "data"}]}, id="with capital letters"),
        pytest.param({"tags": [{"tagKey": "team", "tagValue": "data"}]}, id="as AWS KMS calls them"),
        pytest.param({"tags": {"team": "data"}}, id="an object"),
        pytest.param({"tagSet": {"items": [PAIR]}}, id="as EC2 wraps them"),
        pytest.param({"tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [PAIR]}]}}, id="launches"),
        pytest.param({"tagsModel": {"team": "data"}}, id="under another name"),
        pytest.param({"xRequest": {"tags": {"team": "data"}}}, id="in the whole request"),
    ],
)
def test_tags_are_read_in_every_way_that_services_write_them(parameters: dict[str, Any]) -> None:
    assert tags_of(call("x", "X", **parameters)) == {"team": "data"}


def test_a_tag_may_be_called_as_the_parts_of_a_pair_are() -> None:
    assert tags_of(call("x", "X", tags={"key": "a", "items": "b"})) == {"key": "a", "items": "b"}


@pytest.mark.parametrize("tags", [None, [], {}, "HIDDEN_DUE_TO_SECURITY_REASONS", [7], {"team": 7}, [[PAIR]]])
def test_what_is_no_tag_is_none(tags: Any) -> None:
    assert tags_of(call("x", "X", tags=tags)) == {}


def test_of_tags_for_several_types_those_of_one_are_asked_for() -> None:
    specifications = [{"resourceType": kind, "tags": [{"key": kind, "value": "x"}]} for kind in ("instance", "volume")]
    launch = call("ec2", "RunInstances", tagSpecificationSet={"items": specifications})

    assert tags_of(launch, "volume") == {"volume": "x"}
    context = context_of(launch, "ec2:CreateTags", "arn:aws:ec2:eu-west-1:111122223333:volume/*")
    assert context == (("aws:RequestTag/volume", ("x",)), ("aws:TagKeys", ("volume",)))


def test_keys_that_are_removed_are_read_from_lists_and_from_pairs() -> None:
    assert removed_keys_of(call("sqs", "UntagQueue", tagKeys=["a", "b"])) == {"a", "b"}
    assert removed_keys_of(call("ec2", "DeleteTags", tagSet={"items": [{"key": "a"}]})) == {"a"}


@pytest.mark.parametrize("key", ["${aws:username}", "a" * 129, "", "a*"])
def test_with_a_key_that_no_tag_can_have_nothing_is_said_of_tags(key: str) -> None:
    assert context_of(call("sqs", "CreateQueue", tags={key: "x", "ok": "x"}), "sqs:CreateQueue", "*") == ()
