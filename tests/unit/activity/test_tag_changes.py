"""What calls did to tags."""

import json
import re
from typing import Any

import pytest

from sekisho.activity.call import Call
from sekisho.activity.kept import Keeper
from sekisho.activity.needs import FREE, READS, UNSEEN, WHOLE
from sekisho.activity.tag_changes import HAS_TAGS, TagChange, listed_tags, tag_changes_of

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
ROLE = "arn:aws:iam::111122223333:role/app"
PAIRS = [{"key": "team", "value": "data"}]


def changes(source: str, name: str, **parameters: Any) -> list[TagChange]:
    kept = Keeper(READS, WHOLE, UNSEEN, FREE).kept(json.dumps(parameters).encode(), b"")
    call = Call(
        f"{source}.amazonaws.com", name, "111122223333", "eu-west-1", parameters=(json.loads(kept) or [None])[0]
    )
    found = list(tag_changes_of(call))
    assert not found or re.search(HAS_TAGS, kept, re.IGNORECASE)
    return found


def test_tags_that_are_given() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"

    assert changes("sqs", "TagQueue", queueUrl=url, tags={"team": "data"}) == [TagChange(QUEUE, {"team": "data"})]


def test_tags_that_are_removed() -> None:
    found = changes("iam", "UntagRole", roleName="app", tagKeys=["team", "stage"])

    assert found == [TagChange(ROLE, {"team": None, "stage": None})]


def test_what_is_made_with_tags_has_them_where_the_record_names_it() -> None:
    assert changes("iam", "CreateRole", roleName="app", tags=PAIRS) == [TagChange(ROLE, {"team": "data"})]


def test_tags_of_a_session_are_told_as_such() -> None:
    assert changes("sts", "AssumeRole", roleArn=ROLE, tags=PAIRS) == [
        TagChange(ROLE, {"team": "data"}, is_of_session=True)
    ]


@pytest.mark.parametrize(
    ("source", "name", "parameters"),
    [
        ("s3", "GetBucketAcl", {"bucketName": "data", "tags": PAIRS}),
        ("iam", "CreateRole", {"roleName": "app"}),
        ("iam", "ListRoleTags", {"roleName": "app"}),
        ("nobody", "TagThing", {"tags": PAIRS}),
    ],
)
def test_other_calls_change_nothing(source: str, name: str, parameters: dict[str, Any]) -> None:
    assert changes(source, name, **parameters) == []


def test_lists_of_tags() -> None:
    tags = [{"Key": "team", "Value": "data"}, {"Key": "bare"}, {"Value": "x"}, 7]

    assert list(listed_tags({"RoleDetailList": [{"Arn": ROLE, "Tags": tags}, {"Tags": tags}, None]})) == [
        (ROLE, {"team": "data", "bare": ""})
    ]
    assert not list(listed_tags([ROLE]))
