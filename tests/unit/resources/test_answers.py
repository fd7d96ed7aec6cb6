"""Members of answers: missing, null, right, or of a type that the service never promised."""

from collections.abc import Callable
from typing import Any

import pytest

from sekisho.resources.answers import (
    UnexpectedAnswerError,
    UnreadableError,
    answer,
    flag_in,
    object_in,
    objects_in,
    require_read,
    required_text,
    text_in,
    texts_in,
)
from unit.resources.builders import answered, bucket, failed

HELPERS: dict[str, Callable[..., Any]] = {
    "an object": object_in,
    "a list of objects": objects_in,
    "a text": text_in,
    "a list of texts": texts_in,
    "a flag": flag_in,
}
NOTHING: dict[str, Any] = {
    "an object": {},
    "a list of objects": [],
    "a text": None,
    "a list of texts": (),
    "a flag": False,
}


@pytest.mark.parametrize("wanted", HELPERS)
@pytest.mark.parametrize("raw", [pytest.param({}, id="missing"), pytest.param({"Member": None}, id="null")])
def test_nothing_is_read_where_there_is_nothing(wanted: str, raw: dict[str, Any]) -> None:
    read = HELPERS[wanted]

    assert read(raw, "Member") == NOTHING[wanted]


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        ("an object", {"a": 1}, {"a": 1}),
        ("a list of objects", [{"a": 1}, {}], [{"a": 1}, {}]),
        ("a list of objects", [], []),
        ("a text", "x", "x"),
        ("a text", "", ""),
        ("a list of texts", ["x", "y"], ("x", "y")),
        ("a flag", True, True),
        ("a flag", False, False),
    ],
)
def test_a_member_of_the_promised_type_is_read(wanted: str, value: Any, expected: Any) -> None:
    read = HELPERS[wanted]

    assert read({"Member": value}, "Member") == expected


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("an object", "text"),
        ("an object", []),
        ("an object", 0),
        ("a list of objects", {}),
        ("a list of objects", "text"),
        ("a list of objects", [{}, "text"]),
        ("a list of objects", [None]),
        ("a text", 1),
        ("a text", ["x"]),
        ("a text", False),
        ("a list of texts", "xy"),
        ("a list of texts", ["x", 1]),
        ("a list of texts", [None]),
        ("a flag", "false"),
        ("a flag", 0),
        ("a flag", []),
    ],
)
def test_a_member_of_another_type_is_refused_by_name(wanted: str, value: Any) -> None:
    read = HELPERS[wanted]

    with pytest.raises(UnexpectedAnswerError, match="`Member`"):
        read({"Member": value}, "Member")


def test_an_object_deep_inside_is_reached_by_its_path() -> None:
    raw = {"Outer": {"Inner": {"a": 1}}}

    assert object_in(raw, "Outer", "Inner") == {"a": 1}
    assert object_in(raw, "Outer", "Other") == {}
    assert object_in(raw, "Missing", "Inner") == {}
    with pytest.raises(UnexpectedAnswerError, match=r"`Outer\.Inner\.a`"):
        object_in(raw, "Outer", "Inner", "a")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({}, id="missing"),
        pytest.param({"Member": None}, id="null"),
        pytest.param({"Member": ""}, id="empty"),
        pytest.param({"Member": 1}, id="a number"),
    ],
)
def test_a_text_that_cannot_be_missing_is_demanded(raw: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswerError, match="`Member`"):
        required_text(raw, "Member")


def test_a_required_text_is_read() -> None:
    assert required_text({"Member": "x"}, "Member") == "x"


def test_an_optional_call_may_be_denied() -> None:
    resource = bucket(failed("s3.get_bucket_location", "AccessDenied"))

    require_read(resource, optional=frozenset({"s3.get_bucket_location"}))


def test_all_other_denials_are_told_together() -> None:
    resource = bucket(
        failed("s3.get_bucket_policy", "AccessDenied"),
        failed("s3.get_bucket_location", "AccessDenied"),
        failed("s3.get_bucket_acl", "InternalError"),
    )

    with pytest.raises(UnreadableError) as caught:
        require_read(resource, optional=frozenset({"s3.get_bucket_location"}))

    assert [gap.call for gap in caught.value.gaps] == ["s3.get_bucket_policy", "s3.get_bucket_acl"]
    assert "s3.get_bucket_policy answered AccessDenied" in str(caught.value)
    assert "s3.get_bucket_acl answered InternalError" in str(caught.value)


def test_that_there_is_no_document_is_no_gap() -> None:
    resource = bucket(failed("s3.get_bucket_policy", "NoSuchBucketPolicy"))

    require_read(resource)
    assert answer(resource, "s3.get_bucket_policy") == {}


def test_an_absence_of_one_call_is_a_failure_of_another() -> None:
    with pytest.raises(UnreadableError):
        require_read(bucket(failed("s3.get_bucket_acl", "NoSuchBucketPolicy")))


def test_an_answer_is_found_by_its_parameters() -> None:
    resource = bucket(answered("c.m", {"a": 1}, Name="one"), answered("c.m", {"a": 2}, Name="two"))

    assert answer(resource, "c.m", Name="two") == {"a": 2}
    assert answer(resource, "c.m") == {"a": 1}
    assert answer(resource, "c.m", Name="three") == {}
