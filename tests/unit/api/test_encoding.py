import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sekisho.api.encoding import EncodingError, encode_error, encode_output
from sekisho.api.errors import COMMON_ERRORS, ApiError, Reason, throttling_error, validation_error
from sekisho.api.model import error_shapes, operation_models

MADE = datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC)
UNZONED = MADE.replace(tzinfo=None)
AGE = "analyzer.configuration.unusedAccess.unusedAccessAge"
AGED = {"unusedAccess": {"unusedAccessAge": True}}
ANALYZER: dict[str, Any] = {"arn": "a", "name": "n", "type": "ACCOUNT", "createdAt": MADE, "status": "ACTIVE"}


def encode(operation: str, output: dict[str, Any]) -> Any:
    response = encode_output(operation_models()[operation], output)
    assert (response.status, response.headers) == (200, {})
    return json.loads(response.body)


def test_times_are_in_iso_8601_and_none_is_left_out() -> None:
    said = encode("GetAnalyzer", {"analyzer": {**ANALYZER, "lastResourceAnalyzed": None, "tags": {}}})

    assert said == {"analyzer": {**ANALYZER, "createdAt": "2026-11-22T01:02:03.456000Z", "tags": {}}}


def test_tuples_are_lists_and_missing_members_are_nobodys_fault() -> None:
    assert encode("ListAnalyzers", {"analyzers": ()}) == {"analyzers": []}
    assert encode("GetAnalyzedResource", {"resource": {"resourceArn": "a"}}) == {"resource": {"resourceArn": "a"}}
    assert encode("DeleteAnalyzer", {}) == {}


def test_an_enum_may_have_a_value_that_is_newer_than_the_description() -> None:
    assert encode("GetAnalyzer", {"analyzer": {**ANALYZER, "type": "GALAXY"}})["analyzer"]["type"] == "GALAXY"


@pytest.mark.parametrize(
    ("output", "at"),
    [
        pytest.param({"analyser": ANALYZER}, "", id="a member that is misspelt"),
        pytest.param({"analyzer": {**ANALYZER, "witness": "w"}}, "analyzer", id="a member of ours"),
        pytest.param({"analyzer": [ANALYZER]}, "analyzer", id="a list for a structure"),
        pytest.param({"analyzer": {**ANALYZER, "name": 5}}, "analyzer.name", id="a number for text"),
        pytest.param({"analyzer": {**ANALYZER, "createdAt": "now"}}, "analyzer.createdAt", id="text for a time"),
        pytest.param({"analyzer": {**ANALYZER, "createdAt": UNZONED}}, "analyzer.createdAt", id="no zone"),
        pytest.param(
            {"analyzer": {**ANALYZER, "tags": {"a": 1}}}, "analyzer.tags[...]", id="a number in a map of text"
        ),
        pytest.param({"analyzer": {**ANALYZER, "configuration": {}}}, "analyzer.configuration", id="an empty union"),
        pytest.param({"analyzer": {**ANALYZER, "configuration": AGED}}, AGE, id="a boolean for a number"),
    ],
)
def test_what_the_description_does_not_know_is_our_mistake(output: dict[str, Any], at: str) -> None:
    with pytest.raises(EncodingError) as caught:
        encode("GetAnalyzer", output)

    assert caught.value.at == at


@pytest.mark.parametrize("code", [*error_shapes(), *COMMON_ERRORS])
def test_every_error_has_its_code_in_a_header_and_its_message_in_the_body(code: str) -> None:
    members: dict[str, Any] = {"resourceId": "r", "resourceType": "t", "reason": "other"}
    required = error_shapes()[code].required_members if code in error_shapes() else []
    response = encode_error(ApiError(code, "m", **{name: members[name] for name in required if name != "message"}))

    assert response.headers["x-amzn-ErrorType"] == code
    assert json.loads(response.body)["message"] == "m"
    assert 400 <= response.status <= 500


def test_what_is_modelled_as_a_header_goes_into_one() -> None:
    response = encode_error(throttling_error(timedelta(milliseconds=1500)))

    assert response.status == 429
    assert response.headers["Retry-After"] == "2"
    assert json.loads(response.body) == {"message": "Rate exceeded"}


def test_reasons_are_those_of_the_description() -> None:
    shape: Any = error_shapes()["ValidationException"].members["reason"]

    assert [one.value for one in Reason] == shape.enum
    assert validation_error(Reason.OTHER, "m").members == {"message": "m", "reason": "other"}


@pytest.mark.parametrize(
    ("code", "members"),
    [
        pytest.param("NoSuchException", {}, id="a code that the service does not have"),
        pytest.param("ResourceNotFoundException", {"resourceId": "r"}, id="a required member is missing"),
        pytest.param("AccessDeniedException", {"reason": "other"}, id="a member that it does not have"),
        pytest.param("RequestExpired", {"resourceId": "r"}, id="an error of the front end has none"),
    ],
)
def test_an_error_that_the_description_does_not_know_cannot_be_made(code: str, members: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        ApiError(code, "m", **members)
