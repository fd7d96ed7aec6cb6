"""The endpoint from the outside: boto3, the aws CLI, and requests that no client would send."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.api import ApiError, Limits, Rate
from sekisho.api.exchange import HttpRequest
from sekisho.api.model import error_shapes, operation_models
from sekisho.api.tokens import PageTokens
from surfaces.api_server import SECRET, Server, Stub, running_stub
from unit.api.malformed import malformed_requests
from unit.api.shapes import values
from unit.api.signing import ADMIN, HOST, READER, presign, sign

pytestmark = pytest.mark.slow

ANALYZER = "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/mine"
LIST_FINDINGS = HttpRequest("POST", b"/finding", b"", (("host", HOST),), json.dumps({"analyzerArn": ANALYZER}).encode())

few = settings(max_examples=settings().max_examples // 12, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with running_stub() as server:
        yield server


@pytest.fixture
def server(served: Server) -> Server:
    fresh = Stub()
    vars(served.stub).update(vars(fresh))
    return served


@pytest.fixture(scope="module")
def client(served: Server) -> AccessAnalyzerClient:
    return served.client()


def call(client: AccessAnalyzerClient, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(client, xform_name(operation))(**params)
    assert answer.pop("ResponseMetadata")["RequestId"]
    return answer


def refusal(server: Server, request: HttpRequest) -> tuple[int, str, dict[str, Any]]:
    status, headers, body = server.send(request)
    said: dict[str, Any] = json.loads(body)
    assert headers["x-amzn-requestid"]
    assert said["message"]
    return status, headers["x-amzn-errortype"], said


@pytest.mark.parametrize("operation", operation_models())
def test_every_input_arrives_and_every_output_returns(
    served: Server, client: AccessAnalyzerClient, operation: str
) -> None:
    model = operation_models()[operation]
    pages = PageTokens(SECRET)

    @few
    @given(values(model.input_shape, nextToken=st.none()), values(model.output_shape), st.integers() | st.none())
    def law(params: dict[str, Any], output: dict[str, Any], cursor: int | None) -> None:
        if cursor is not None and model.input_shape and "nextToken" in model.input_shape.members:
            params["nextToken"] = pages.seal(cursor, operation, params)
        served.stub.output, served.stub.error = output, None

        answer = call(client, operation, params)

        assert answer == output
        seen = dict(served.stub.params or {})
        if model.input_shape and "clientToken" in model.input_shape.members and "clientToken" not in params:
            assert seen.pop("clientToken")
        assert seen == params
        assert served.stub.context is not None
        assert served.stub.context.operation == operation
        assert served.stub.context.cursor == (cursor if "nextToken" in params else None)

    law()


@pytest.mark.parametrize("code", error_shapes())
def test_every_modelled_error_is_the_exception_that_boto3_has_for_it(
    server: Server, client: AccessAnalyzerClient, code: str
) -> None:
    shape = error_shapes()[code]
    given: dict[str, Any] = {"message": 'no "such" <thing>', "resourceId": "r", "resourceType": "t"}
    given |= {"reason": "other", "fieldList": [{"name": "n", "message": "m"}], "retryAfterSeconds": 7}
    members = {name: given[name] for name in shape.members}
    server.stub.error = ApiError(code, **members)

    with pytest.raises(getattr(client.exceptions, code)) as caught:
        client.list_analyzers()

    answer: Any = caught.value.response
    assert answer["Error"] == {"Code": code, "Message": members.pop("message")}
    assert {name: answer[name] for name in members} == members
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == shape.metadata["error"]["httpStatusCode"]


def test_the_aws_cli_sends_and_receives(server: Server) -> None:
    server.stub.output = {"tags": {"team": "<b>blue</b>"}}
    listed = server.aws("list-tags-for-resource", "--resource-arn", ANALYZER)

    assert json.loads(listed.stdout) == server.stub.output
    assert server.stub.params == {"resourceArn": ANALYZER}

    made = datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC)
    name, kind = "mine", "ACCOUNT"
    one = {"arn": ANALYZER, "name": name, "type": kind, "createdAt": made, "status": "ACTIVE"}
    server.stub.output = {"analyzers": [one]}
    shown = json.loads(server.aws("list-analyzers", "--type", kind).stdout)["analyzers"][0]

    assert datetime.fromisoformat(shown.pop("createdAt")) == made
    assert shown == {name: value for name, value in one.items() if name != "createdAt"}
    assert server.stub.params == {"type": kind}


def test_the_aws_cli_sends_a_body(server: Server) -> None:
    criteria = {"principal.AWS": {"eq": ["444455556666", "東京"]}, "isPublic": {"exists": False}}
    arguments = ["--analyzer-name", "mine", "--rule-name", "rule", "--filter", json.dumps(criteria)]
    server.aws("create-archive-rule", *arguments, "--client-token", "once")

    assert server.stub.params == {
        "analyzerName": "mine",
        "ruleName": "rule",
        "filter": criteria,
        "clientToken": "once",
    }


def test_the_aws_cli_shows_an_error_as_aws_does(server: Server) -> None:
    server.stub.error = ApiError(
        "ResourceNotFoundException", "there is none", resourceId="mine", resourceType="Analyzer"
    )
    refused = server.aws("get-analyzer", "--analyzer-name", "mine")

    assert refused.returncode
    assert "(ResourceNotFoundException) when calling the GetAnalyzer operation: there is none" in refused.stderr


def test_pages_follow_each_other_through_a_paginator(server: Server, client: AccessAnalyzerClient) -> None:
    server.stub.output = {"analyzers": []}
    client.list_analyzers(type="ACCOUNT")
    assert server.stub.context is not None
    token = server.stub.context.next_token({"after": "a"})

    client.list_analyzers(type="ACCOUNT", nextToken=token, maxResults=5)

    assert server.stub.context.cursor == {"after": "a"}


def test_a_token_is_good_for_its_own_question_only(server: Server, client: AccessAnalyzerClient) -> None:
    client.list_analyzers(type="ACCOUNT")
    assert server.stub.context is not None
    token = server.stub.context.next_token("a")
    flipped = ("B" if token.startswith("A") else "A") + token[1:]

    for params in ({"type": "ACCOUNT", "nextToken": flipped}, {"nextToken": token}, {"nextToken": "' OR 1=1 --"}):
        with pytest.raises(client.exceptions.ValidationException) as caught:
            call(client, "ListAnalyzers", params)
        answer: Any = caught.value.response
        assert answer["fieldList"][0]["name"] == "nextToken"


def test_a_body_that_was_altered_on_the_way_is_refused(server: Server) -> None:
    signed = sign(LIST_FINDINGS)
    altered = replace(signed, body=signed.body.replace(b"mine", b"ours"))

    assert refusal(server, altered)[:2] == (403, "InvalidSignatureException")


def test_a_wrong_secret_an_unknown_key_and_no_signature_are_refused(server: Server) -> None:
    wrong = replace(ADMIN, secret=READER.secret)

    assert refusal(server, sign(LIST_FINDINGS, wrong))[:2] == (403, "InvalidSignatureException")
    assert refusal(server, LIST_FINDINGS)[:2] == (403, "MissingAuthenticationTokenException")
    stranger = replace(ADMIN, access_key_id="SKIASTRANGER")
    assert refusal(server, sign(LIST_FINDINGS, stranger))[:2] == (403, "UnrecognizedClientException")


def test_a_presigned_request_works_until_it_expires(server: Server) -> None:
    presigned = presign(HttpRequest("GET", b"/analyzer", b"type=ACCOUNT", (("host", HOST),)), seconds=60)

    assert server.send(presigned)[0] == 200
    server.stub.now = datetime.now(UTC) + timedelta(minutes=2)
    assert refusal(server, presigned)[:2] == (400, "RequestExpired")


def test_an_old_request_is_refused(server: Server) -> None:
    server.stub.now = datetime.now(UTC) + timedelta(minutes=6)

    status, code, said = refusal(server, sign(LIST_FINDINGS))

    assert (status, code) == (403, "InvalidSignatureException")
    assert "Signature expired" in said["message"]


def test_an_unknown_operation_is_named_as_such(server: Server) -> None:
    for method, path in [
        ("PATCH", b"/finding"),
        ("GET", b"/"),
        ("GET", b"/analyzer/a/b"),
        ("GET", b"/finding/a%0Ab/c"),
    ]:
        status, code, said = refusal(server, sign(replace(LIST_FINDINGS, method=method, raw_path=path)))
        assert (status, code, said["reason"]) == (400, "ValidationException", "unknownOperation")


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param({"content-length": str((1 << 20) + 1)}, id="says so at once"),
        pytest.param({"transfer-encoding": "chunked"}, id="comes in chunks"),
    ],
)
def test_a_body_that_is_too_long_is_refused_before_it_is_kept(server: Server, framing: dict[str, str]) -> None:
    body = b"x" * ((1 << 20) + 1)
    sent = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if "transfer-encoding" in framing else body
    long = replace(LIST_FINDINGS, headers=(*LIST_FINDINGS.headers, *framing.items()), body=sent)

    assert refusal(server, long)[:2] == (413, "RequestEntityTooLargeException")


def test_a_body_of_the_longest_length_is_read(server: Server) -> None:
    padded = LIST_FINDINGS.body.ljust(1 << 20)

    assert server.send(sign(replace(LIST_FINDINGS, body=padded)))[0] == 200


def test_a_body_that_is_nested_deeply_cannot_be_parsed(server: Server) -> None:
    for depth in (65, 100_000):
        body = b"[" * depth + b"]" * depth
        status, code, said = refusal(server, sign(replace(LIST_FINDINGS, body=body)))
        assert (status, code, said["reason"]) == (400, "ValidationException", "cannotParse")


@pytest.mark.parametrize("text", ["'; DROP TABLE findings; --", "<script>alert(1)</script>", "\x00", "\u202e" * 300])
def test_hostile_text_in_any_field_is_taken_as_text_or_refused(server: Server, text: str) -> None:
    for name, model in operation_models().items():
        if model.input_shape is None or name == "ListAnalyzers":
            continue
        members = model.input_shape.members
        path = str(model.http["requestUri"])
        query = []
        for one, member in members.items():
            path = path.replace(f"{{{one}}}", quote(text, safe=""))
            if member.serialization.get("location") == "querystring" and one != "nextToken":
                query.append(f"{one}={quote(text, safe='')}")
        body = {one: text for one, member in members.items() if not member.serialization and one != "nextToken"}
        request = HttpRequest(
            str(model.http["method"]),
            path.encode(),
            "&".join(query).encode(),
            (("host", HOST),),
            json.dumps(body).encode(),
        )

        status, headers, answer = server.send(sign(request))

        assert status in {200, 400}, name
        assert headers["content-type"] == "application/json"
        assert text.encode() not in answer
        assert json.dumps(text)[1:-1].encode() not in answer


@pytest.mark.parametrize("operation", operation_models())
def test_no_request_that_is_signed_makes_a_server_error(server: Server, operation: str) -> None:
    @few
    @given(malformed_requests(operation_models()[operation]))
    def law(request: HttpRequest) -> None:
        status, headers, body = server.send(sign(request))

        assert status in {200, 400}
        assert headers["x-amzn-requestid"]
        assert isinstance(json.loads(body), dict)

    law()


@settings(few)
@given(st.binary(max_size=200))
def test_what_is_no_http_makes_no_server_error(served: Server, garbage: bytes) -> None:
    address = urlsplit(served.address)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(garbage + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(12)

    assert not answer.startswith(b"HTTP/1.1 5")


def test_a_caller_who_fails_to_sign_too_often_has_to_wait_and_others_do_not() -> None:
    with running_stub(Limits(failures=Rate(0.1, 3))) as server:
        codes = [refusal(server, LIST_FINDINGS)[1] for _ in range(4)]
        status, headers, _ = server.send(LIST_FINDINGS)
        signed = server.send(sign(LIST_FINDINGS))[0]

    assert codes == ["MissingAuthenticationTokenException"] * 3 + ["ThrottlingException"]
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 10
    assert signed == 200


def test_a_key_has_a_rate_and_boto3_reads_when_to_come_again() -> None:
    with running_stub(Limits(requests=Rate(0.01, 2))) as server:
        client = server.client(READER)
        client.list_analyzers()
        client.list_analyzers()
        with pytest.raises(client.exceptions.ThrottlingException) as caught:
            client.list_analyzers()
    answer: Any = caught.value.response
    assert 90 <= answer["retryAfterSeconds"] <= 100


def test_a_mistake_of_ours_is_told_without_detail(server: Server, client: AccessAnalyzerClient) -> None:
    server.stub.error = RuntimeError("the password is hunter2")

    with pytest.raises(client.exceptions.InternalServerException) as caught:
        client.list_analyzers()

    assert "hunter2" not in str(caught.value.response)
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def test_a_reader_may_not_write(server: Server) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        server.client(READER).delete_analyzer(analyzerName="mine")


def test_health_needs_no_key(server: Server) -> None:
    assert server.send(HttpRequest("GET", b"/healthz", b"", (("host", HOST),)))[0] == 200
