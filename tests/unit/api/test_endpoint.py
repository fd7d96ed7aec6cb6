import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from sekisho.api.endpoint import Endpoint
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.gate import Gate
from sekisho.api.identity import Caller, Role
from sekisho.api.limits import Limits, Rate
from sekisho.api.log import Trace, log_request
from sekisho.api.model import operation_models
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.tokens import PageTokens
from unit.api.malformed import malformed_requests
from unit.api.signing import ADMIN, HOST, OPERATOR, READER, REGION, Keys, presign, sign

FREE = Limits(requests=Rate(1e9, 10**9), failures=Rate(1e9, 10**9))
LIST = HttpRequest("GET", b"/analyzer", b"", (("host", HOST),), client="192.0.2.7")


def nothing(_: Mapping[str, Any], __: RequestContext) -> Mapping[str, Any]:
    return {}


def now() -> datetime:
    return datetime.now(UTC)


def endpoint(operations: Mapping[str, Operation] | None = None, limits: Limits = FREE) -> Endpoint:
    served = dict.fromkeys(operation_models(), nothing) if operations is None else operations
    keys = Keys(READER, OPERATOR, ADMIN)
    return Endpoint(served, Gate(keys, clock=now, limits=limits), PageTokens(bytes(32)))


def trace() -> Trace:
    return Trace("id", "192.0.2.7", "GET", "/analyzer")


def answer(served: Endpoint, request: HttpRequest, noted: Trace | None = None) -> tuple[int, str | None, Any]:
    response = served.answer(request, noted or trace())
    return response.status, response.headers.get("x-amzn-ErrorType"), json.loads(response.body)


def test_an_operation_learns_who_calls_and_when() -> None:
    seen: list[RequestContext] = []

    def remember(_: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        seen.append(context)
        return {"analyzers": []}

    assert answer(endpoint({"ListAnalyzers": remember}), sign(LIST, READER)) == (200, None, {"analyzers": []})
    (context,) = seen
    assert context.caller == Caller(READER.access_key_id, Role.READER, REGION)
    assert (context.request_id, context.operation, context.cursor) == ("id", "ListAnalyzers", None)
    assert now() - context.now < timedelta(minutes=1)


def test_an_operation_that_nobody_serves_says_so() -> None:
    status, code, said = answer(endpoint({}), sign(LIST))

    assert (status, code, said["reason"]) == (400, "ValidationException", "notSupported")


def test_an_operation_that_the_service_does_not_have_cannot_be_plugged_in() -> None:
    with pytest.raises(ValueError, match="MakeCoffee"):
        endpoint({"MakeCoffee": nothing})


@pytest.mark.parametrize("output", [{"analyzers": 5}, {"secret": "hunter2"}, None])
def test_an_output_that_the_description_does_not_know_is_our_mistake(output: Any) -> None:
    noted = trace()

    status, code, said = answer(endpoint({"ListAnalyzers": lambda _, __: output}), sign(LIST), noted)

    assert (status, code, list(said)) == (500, "InternalServerException", ["message"])
    assert "hunter2" not in str(said)
    assert noted.failure is not None


def test_a_role_is_checked_before_parameters_are_read() -> None:
    scan = HttpRequest("POST", b"/resource/scan", b"", (("host", HOST),), b"not JSON")

    assert answer(endpoint(), sign(scan, READER))[1] == "AccessDeniedException"
    assert answer(endpoint(), sign(scan, OPERATOR))[1] == "ValidationException"


def test_a_key_that_asks_too_often_waits_and_other_keys_do_not() -> None:
    served = endpoint(limits=Limits(requests=Rate(0.1, 1)))

    assert [answer(served, sign(LIST, READER))[0] for _ in range(2)] == [200, 429]
    assert answer(served, sign(LIST, ADMIN))[0] == 200


def test_who_cannot_sign_waits_and_who_can_from_the_same_address_does_not() -> None:
    served = endpoint(limits=Limits(failures=Rate(0.1, 1)))

    assert [answer(served, LIST)[1] for _ in range(2)] == ["MissingAuthenticationTokenException", "ThrottlingException"]
    assert answer(served, sign(LIST))[0] == 200


def test_the_log_says_who_called_what_and_how_it_went(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sekisho.api")
    noted = trace()
    signed = presign(LIST)
    endpoint().answer(signed, noted)

    log_request(noted, timedelta(milliseconds=12))

    (record,) = caplog.records
    assert json.loads(record.getMessage()) == {
        "requestId": "id",
        "client": "192.0.2.7",
        "method": "GET",
        "path": "/analyzer",
        "operation": "ListAnalyzers",
        "accessKeyId": ADMIN.access_key_id,
        "status": 200,
        "milliseconds": 12.0,
    }
    assert "X-Amz-Signature" not in record.getMessage()


def test_a_mistake_of_ours_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    noted = trace()
    endpoint({"ListAnalyzers": lambda _, __: {"analyzers": 5}}).answer(sign(LIST), noted)

    log_request(noted, timedelta())

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "EncodingError" in caplog.text


def test_secrets_are_not_shown_by_accident() -> None:
    assert ADMIN.secret not in repr(ADMIN)
    assert "authorization" not in repr(sign(LIST)).lower()


def test_an_error_that_cannot_be_written_is_our_mistake() -> None:
    def fail(_: Mapping[str, Any], __: RequestContext) -> Mapping[str, Any]:
        raise ApiError("ConflictException", "m", resourceId=5, resourceType="t")

    assert answer(endpoint({"ListAnalyzers": fail}), sign(LIST))[:2] == (500, "InternalServerException")


SERVED = endpoint()
some = settings(max_examples=settings().max_examples // 4)


def meets_the_protocol(response: HttpResponse) -> bool:
    said = json.loads(response.body)
    return response.status == 200 or (response.status == 400 and bool(said["message"]))


@pytest.mark.parametrize("name", operation_models())
def test_no_request_that_is_signed_makes_a_server_error(name: str) -> None:
    @some
    @given(malformed_requests(operation_models()[name]))
    def law(request: HttpRequest) -> None:
        noted = trace()

        response = SERVED.answer(sign(request), noted)

        assert noted.failure is None
        assert meets_the_protocol(response)

    law()
