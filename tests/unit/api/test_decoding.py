import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.api.decoding import decode_input, parse_json
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest
from sekisho.api.model import Routes, operation_models
from sekisho.api.values import MOST_PROBLEMS
from unit.api.malformed import json_values

ROUTES = Routes(operation_models())
ANALYZER = "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/mine"
NEW = {"analyzerName": "mine", "type": "ACCOUNT"}


def decode(method: str, path: str, query: str = "", body: object = None) -> dict[str, Any]:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    match = ROUTES.match(method, path.encode())
    assert match is not None
    return decode_input(match, HttpRequest(method, path.encode(), query.encode(), (), raw))


def refusal(method: str, path: str, query: str = "", body: object = None) -> tuple[str, dict[str, str]]:
    with pytest.raises(ApiError) as caught:
        decode(method, path, query, body)
    error = caught.value
    assert (error.code, error.status) == ("ValidationException", 400)
    listed = reversed(error.members.get("fieldList", []))
    return error.members["reason"], dict(reversed({one["name"]: one["message"] for one in listed}.items()))


def test_labels_queries_and_bodies_come_together() -> None:
    arn = "arn%3Aaws%3Aaccess-analyzer%3Aeu-west-1%3A1%3Aanalyzer%2Fmine"

    assert decode("GET", f"/tags/{arn}") == {"resourceArn": "arn:aws:access-analyzer:eu-west-1:1:analyzer/mine"}
    assert decode("DELETE", "/tags/a", "tagKeys=b%20c&tagKeys=d%2Be&other=1") == {
        "resourceArn": "a",
        "tagKeys": ["b c", "d+e"],
    }
    assert decode("GET", "/analyzer", "maxResults=-5&type=ACCOUNT") == {"maxResults": -5, "type": "ACCOUNT"}
    assert decode("GET", "/policy/generation/j", "includeResourcePlaceholders=true") == {
        "jobId": "j",
        "includeResourcePlaceholders": True,
    }
    assert decode("PUT", "/analyzer/mine/archive-rule", body={"ruleName": "r", "filter": {"x": {"eq": ["1"]}}}) == {
        "analyzerName": "mine",
        "ruleName": "r",
        "filter": {"x": {"eq": ["1"]}},
    }


def test_times_are_read_in_utc() -> None:
    trail = {"cloudTrailArn": "arn:aws:cloudtrail:eu-west-1:1:trail/t", "allRegions": True}
    details = {"trails": [trail], "accessRole": "arn:aws:iam::1:role/r", "startTime": "2026-11-22T09:00:00.5+09:00"}
    body = {"policyGenerationDetails": {"principalArn": "arn:aws:iam::1:role/r"}, "cloudTrailDetails": details}

    read = decode("PUT", "/policy/generation", body=body)["cloudTrailDetails"]["startTime"]

    assert read == datetime(2026, 11, 22, 0, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_a_missing_body_is_one_without_members(body: bytes) -> None:
    expected = ("cannotParse", {}) if body == b"null" else ("fieldValidationFailed", {"analyzerArn": "is required"})

    assert refusal("POST", "/finding", body=body) == expected


def test_null_members_are_absent_and_unknown_ones_are_passed_over() -> None:
    body = {"analyzerArn": ANALYZER, "filter": None, "added in 2031": {"deep": [None]}}

    assert decode("POST", "/finding", body=body) == {"analyzerArn": ANALYZER}


def test_a_body_is_not_read_where_no_member_is_in_it() -> None:
    assert decode("GET", "/analyzer", body=b"\xff not JSON") == {}


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        pytest.param("analyzerName", "", "must have a length of at least 1", id="too short"),
        pytest.param("analyzerName", "a" * 256, "must have a length of at most 255", id="too long"),
        pytest.param("analyzerName", "1st", "must match the pattern [A-Za-z_][A-Za-z0-9_.-]*", id="a pattern"),
        pytest.param(
            "analyzerName", "a\n", "must match the pattern [A-Za-z_][A-Za-z0-9_.-]*", id="a pattern, to the end"
        ),
        pytest.param("clientToken", "a\0", "must not contain the character NUL", id="a NUL"),
        pytest.param("archiveRules", None, None, id="an absent list"),
        pytest.param("type", "account", "must be one of ACCOUNT, ", id="an enum"),
        pytest.param("configuration", {}, "must have exactly one member out of unusedAccess", id="an empty union"),
    ],
)
def test_a_value_that_the_shape_does_not_allow_fails_validation(member: str, value: object, said: str | None) -> None:
    body = {**NEW, member: value}
    if said is None:
        assert decode("PUT", "/analyzer", body=body) == NEW
        return

    reason, fields = refusal("PUT", "/analyzer", body=body)

    assert reason == "fieldValidationFailed"
    assert fields[member].startswith(said)


@pytest.mark.parametrize(
    ("member", "value", "at"),
    [
        pytest.param("analyzerName", 5, "analyzerName", id="a number for text"),
        pytest.param("tags", [], "tags", id="a list for a map"),
        pytest.param("tags", {"a": None}, "tags.a", id="null in a map"),
        pytest.param("archiveRules", {}, "archiveRules", id="an object for a list"),
        pytest.param("archiveRules", ["r"], "archiveRules[0]", id="text for a structure"),
        pytest.param("archiveRules", [None], "archiveRules[0]", id="null in a list"),
        pytest.param("configuration", True, "configuration", id="a boolean for a union"),
    ],
)
def test_a_value_of_another_type_cannot_be_parsed(member: str, value: object, at: str) -> None:
    reason, fields = refusal("PUT", "/analyzer", body={**NEW, member: value})

    assert reason == "cannotParse"
    assert list(fields) == [at]


@pytest.mark.parametrize("days", [True, 1.0, 1 << 31, "1", []])
def test_a_number_is_whole_and_has_32_bits(days: object) -> None:
    body = {**NEW, "configuration": {"unusedAccess": {"unusedAccessAge": days}}}
    at = "configuration.unusedAccess.unusedAccessAge"

    assert refusal("PUT", "/analyzer", body=body) == ("cannotParse", {at: "must be a whole number of 32 bits"})


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("maxResults=1.5", "cannotParse"),
        ("maxResults=", "cannotParse"),
        ("maxResults=%EF%BC%95", "cannotParse"),
        ("maxResults=99999999999", "cannotParse"),
        ("maxResults=1&maxResults=2", "fieldValidationFailed"),
        ("type=%FF", "cannotParse"),
        ("type=account", "fieldValidationFailed"),
    ],
)
def test_text_that_cannot_be_read_is_refused(query: str, reason: str) -> None:
    assert refusal("GET", "/analyzer", query)[0] == reason


def test_every_field_that_is_wrong_is_named_and_none_of_their_values() -> None:
    body = {"type": "<script>", "analyzerName": "<script>", "archiveRules": [{"ruleName": "<script>"}]}

    reason, fields = refusal("PUT", "/analyzer", body=body)

    assert reason == "fieldValidationFailed"
    assert list(fields) == ["analyzerName", "type", "archiveRules[0].ruleName", "archiveRules[0].filter"]
    assert "<script>" not in str(fields)


def test_an_answer_stays_short_whatever_was_sent() -> None:
    rules = [{"ruleName": "r", "filter": {"k" * 10_000: 5}}] * 500

    _, fields = refusal("PUT", "/analyzer", body={**NEW, "archiveRules": rules})

    assert len(fields) == MOST_PROBLEMS
    assert max(map(len, fields)) < 100


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]", inside: bytes = b"") -> bytes:
    return opening * depth + inside + closing * depth


@pytest.mark.parametrize("inside", [b"", b"1"])
def test_json_may_be_nested_so_deep_and_no_deeper(inside: bytes) -> None:
    assert parse_json(nested(3, inside=inside), depth=3)
    for depth in (4, 200_000):
        with pytest.raises(ApiError):
            parse_json(nested(depth, inside=inside), depth=3)
    with pytest.raises(ApiError):
        parse_json(nested(4, b'{"a":', b"}", b"1"), depth=3)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'"\xff"', b'{"a":NaN}', b'"\\ud800"', b"1e999", b"1" * 5000, b"\xef\xbb\xbf{}", b"{'a':1}"]
)
def test_what_is_not_json_cannot_be_parsed(body: bytes) -> None:
    assert refusal("POST", "/finding", body=body) == ("cannotParse", {})


@given(st.sampled_from(sorted(operation_models())), st.data())
def test_any_json_is_read_or_refused(name: str, data: st.DataObject) -> None:
    model = operation_models()[name]
    members = sorted(model.input_shape.members) if model.input_shape else []
    body = data.draw(st.dictionaries(st.sampled_from(members), json_values) if members else st.just({}))
    path = model.http["requestUri"].replace("{", "").replace("}", "")
    with suppress(ApiError):
        decode(model.http["method"], path, body=body)
