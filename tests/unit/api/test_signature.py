from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.api.canonical import canonical_header, canonical_path
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest
from sekisho.api.identity import Caller, IssuedKey, Role
from sekisho.api.signature import signing_key, verify_signature
from unit.api.signing import ADMIN, HOST, REGION, Keys, presign, sign

KEYS = Keys(ADMIN)
REQUEST = HttpRequest("POST", b"/finding", b"a=1", (("host", HOST), ("content-type", "application/json")), b"{}")

EXAMPLE_KEY = IssuedKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Role.READER)
EXAMPLE_TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def refusal(request: HttpRequest, *, at: datetime | None = None, keys: Keys = KEYS) -> tuple[str, int, str]:
    with pytest.raises(ApiError) as caught:
        verify_signature(request, keys, at or now())
    return caught.value.code, caught.value.status, str(caught.value)


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    rest = tuple(one for one in request.headers if one[0] != name)
    return replace(request, headers=rest if value is None else (*rest, (name, value)))


def header(request: HttpRequest, name: str) -> str:
    return request.header_values(name)[0]


@pytest.mark.parametrize(
    ("service", "method", "query", "headers", "signature"),
    [
        pytest.param(
            "iam",
            "GET",
            b"Action=ListUsers&Version=2010-05-08",
            {"content-type": "application/x-www-form-urlencoded; charset=utf-8", "host": "iam.amazonaws.com"},
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            id="ListUsers, in AWS General Reference, Signature Version 4 signing process",
        ),
        pytest.param(
            "service",
            "GET",
            b"",
            {"host": "example.amazonaws.com"},
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            id="get-vanilla, in the Signature Version 4 test suite",
        ),
        pytest.param(
            "service",
            "GET",
            b"Param2=value2&Param1=value1",
            {"host": "example.amazonaws.com"},
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            "service",
            "GET",
            b"",
            {"host": "example.amazonaws.com", "my-header1": " value1", "my-header2": ' "a   b   c"'},
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            id="get-header-value-trim",
        ),
        pytest.param(
            "service",
            "POST",
            b"",
            {"host": "example.amazonaws.com"},
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            id="post-vanilla",
        ),
    ],
)
def test_the_examples_that_aws_published_verify(
    service: str, method: str, query: bytes, headers: dict[str, str], signature: str
) -> None:
    signed = ";".join(sorted([*headers, "x-amz-date"]))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    request = HttpRequest(
        method,
        b"/",
        query,
        (*headers.items(), ("x-amz-date", "20150830T123600Z"), ("authorization", authorization)),
    )

    caller = verify_signature(request, Keys(EXAMPLE_KEY), EXAMPLE_TIME, service=service)

    assert caller == Caller("AKIDEXAMPLE", Role.READER, "us-east-1")


def test_the_signing_key_is_the_one_in_the_general_reference() -> None:
    key = signing_key(EXAMPLE_KEY.secret, "20150830/us-east-1/iam/aws4_request")

    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


segments = st.one_of(st.binary(max_size=8).map(lambda raw: quote(raw, safe="")), st.sampled_from(["", ".", "..", "a"]))
paths = st.lists(segments, max_size=5).map(lambda parts: ("/" + "/".join(parts)).encode())
pairs = st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=8))
queries = st.lists(pairs.filter(lambda pair: not pair[0].startswith("X-Amz-")), max_size=5)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
headers = st.lists(
    st.tuples(st.sampled_from(["x-one", "x-two", "x-amz-meta", "content-type"]), header_values), max_size=5
)


def encoded(query: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query).encode()


requests = st.builds(
    HttpRequest,
    st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    paths,
    queries.map(encoded),
    headers.map(lambda some: (("host", HOST), *some)),
    st.binary(max_size=50),
)


@given(requests)
def test_what_botocore_signs_in_the_header_verifies(request_: HttpRequest) -> None:
    assert verify_signature(sign(request_), KEYS, now()) == Caller(ADMIN.access_key_id, Role.ADMIN, REGION)


@given(requests.map(lambda one: replace(one, body=b"")))
def test_what_botocore_signs_in_the_query_verifies(request_: HttpRequest) -> None:
    assert verify_signature(presign(request_), KEYS, now()) == Caller(ADMIN.access_key_id, Role.ADMIN, REGION)


@given(requests, st.data())
def test_nothing_that_is_signed_can_be_changed(request_: HttpRequest, data: st.DataObject) -> None:
    signed = sign(request_)
    changed = data.draw(
        st.sampled_from(
            [
                replace(signed, method="PATCH"),
                replace(signed, raw_path=signed.raw_path.rstrip(b"/") + b"/more"),
                replace(signed, query=signed.query + b"&more=1"),
                replace(signed, body=signed.body + b" "),
                with_header(signed, "host", "elsewhere"),
                with_header(signed, "x-amz-date", f"{now() - timedelta(seconds=70):%Y%m%dT%H%M%SZ}"),
            ]
        )
    )

    assert refusal(changed)[:2] == ("InvalidSignatureException", 403)


def test_a_date_header_stands_in_for_the_amazon_one() -> None:
    dated = HttpRequest("GET", b"/analyzer", b"", (("host", HOST), ("date", format_datetime(now(), usegmt=True))))

    assert verify_signature(sign(dated), KEYS, now()).access_key_id == ADMIN.access_key_id


@pytest.mark.parametrize(
    ("minutes", "said"),
    [pytest.param(6, "Signature expired", id="signed long ago"), pytest.param(-6, "not yet current", id="from later")],
)
def test_a_signature_is_good_for_five_minutes_either_way(minutes: int, said: str) -> None:
    signed = sign(REQUEST)

    assert verify_signature(signed, KEYS, now() + timedelta(minutes=minutes * 4 / 6))
    code, status, message = refusal(signed, at=now() + timedelta(minutes=minutes))
    assert (code, status) == ("InvalidSignatureException", 403)
    assert said in message


def test_a_presigned_request_is_good_until_it_expires() -> None:
    presigned = presign(replace(REQUEST, body=b""), seconds=3600)

    assert verify_signature(presigned, KEYS, now() + timedelta(minutes=59))
    assert refusal(presigned, at=now() + timedelta(minutes=61))[:2] == ("RequestExpired", 400)
    assert refusal(presigned, at=now() - timedelta(minutes=6))[0] == "InvalidSignatureException"


@pytest.mark.parametrize("seconds", [0, 604_801, -1, 10**9])
def test_a_presigned_request_expires_within_seven_days(seconds: int) -> None:
    assert refusal(presign(replace(REQUEST, body=b""), seconds=seconds))[:2] == ("IncompleteSignatureException", 400)


def test_a_request_that_is_not_signed_is_told_so() -> None:
    for unsigned in (REQUEST, with_header(REQUEST, "authorization", "Basic dXNlcjpwYXNz")):
        assert refusal(unsigned) == ("MissingAuthenticationTokenException", 403, "Missing Authentication Token")


def test_a_key_that_is_unknown_or_revoked_is_not_recognized() -> None:
    keys = Keys(ADMIN)
    signed = sign(REQUEST)
    keys.revoke(ADMIN)

    code, status, message = refusal(signed, keys=keys)

    assert (code, status) == ("UnrecognizedClientException", 403)
    assert message == "The security token included in the request is invalid."


def test_a_session_token_is_not_one_of_ours() -> None:
    signed = sign(with_header(REQUEST, "x-amz-security-token", "token"))
    presigned = presign(replace(REQUEST, body=b"", query=b"X-Amz-Security-Token=token"))

    assert refusal(signed)[0] == refusal(presigned)[0] == "UnrecognizedClientException"


def test_a_signature_for_another_service_is_refused() -> None:
    code, _, message = refusal(sign(REQUEST, service="sts"))

    assert code == "InvalidSignatureException"
    assert "Credential should be scoped to correct service" in message


def test_an_amazon_header_that_is_not_signed_is_refused() -> None:
    assert refusal(with_header(sign(REQUEST), "x-amz-target", "other"))[0] == "InvalidSignatureException"


@pytest.mark.parametrize("payload", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64])
def test_the_body_is_always_signed(payload: str) -> None:
    code, _, message = refusal(sign(with_header(REQUEST, "x-amz-content-sha256", payload)))

    assert code == "InvalidSignatureException"
    assert "X-Amz-Content-SHA256" in message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", id="an algorithm that is not supported"),
        pytest.param("Credential=", "Credentials=", id="no credential"),
        pytest.param("/aws4_request", "", id="a scope without its end"),
        pytest.param("SignedHeaders=", "SignedHeaders=z;", id="signed headers out of order"),
        pytest.param("SignedHeaders=", "SignedHeaders=A;", id="a signed header in capitals"),
        pytest.param("Signature=", "Signature=x", id="a signature that is no hexadecimal number"),
        pytest.param("Signature=", "Signature=0, Signature=", id="two signatures"),
    ],
)
def test_what_is_no_signature_is_incomplete(old: str, new: str) -> None:
    signed = sign(REQUEST)
    spoilt = with_header(signed, "authorization", header(signed, "authorization").replace(old, new, 1))

    assert refusal(spoilt)[:2] == ("IncompleteSignatureException", 400)


@pytest.mark.parametrize("date", [None, "yesterday", "20150230T000000Z", "00000101T000000Z"])
def test_a_request_without_a_date_is_incomplete(date: str | None) -> None:
    assert refusal(with_header(sign(REQUEST), "x-amz-date", date))[:2] == ("IncompleteSignatureException", 400)


def test_what_is_said_twice_is_refused() -> None:
    signed = sign(REQUEST)
    presigned = presign(replace(REQUEST, body=b""))
    doubled = [
        replace(signed, headers=(*signed.headers, ("authorization", header(signed, "authorization")))),
        replace(signed, headers=(*signed.headers, ("x-amz-date", header(signed, "x-amz-date")))),
        replace(presigned, query=presigned.query + b"&X-Amz-Expires=5"),
        with_header(presigned, "authorization", header(signed, "authorization")),
    ]

    assert {refusal(one)[0] for one in doubled} == {"IncompleteSignatureException"}


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        pytest.param(b"/", "/", id="the root"),
        pytest.param(b"", "/", id="nothing"),
        pytest.param(b"/tags/arn%3Aaws%2Fx", "/tags/arn%253Aaws%252Fx", id="an encoded segment, encoded again"),
        pytest.param(b"/a/./b//c/../d/", "/a/b/d/", id="segments that lead nowhere"),
        pytest.param(b"/../..", "/", id="above the root"),
    ],
)
def test_a_path_is_normalised_and_encoded_twice(raw: bytes, canonical: str) -> None:
    assert canonical_path(raw) == canonical


def test_header_values_are_trimmed_and_folded() -> None:
    assert canonical_header(["  a   b\t c ", "d"]) == "a b c,d"


@given(requests, st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200))
def test_no_authorization_header_makes_it_stumble(request_: HttpRequest, text: str) -> None:
    for header_text in (text, f"AWS4-HMAC-SHA256 {text}"):
        code, status, _ = refusal(with_header(request_, "authorization", header_text))
        assert status in {400, 403}
        assert code
