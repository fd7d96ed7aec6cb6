import json
from datetime import UTC, datetime

import pytest

from sekisho.api import HttpResponse, Limits, Rate, SignedRoute
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest
from sekisho.api.gate import Gate
from sekisho.api.identity import Role
from sekisho.api.log import Trace
from sekisho.api.signed import SignedAnswers
from unit.api.signing import ADMIN, HOST, OPERATOR, READER, Keys, sign

TOKEN = "a token for scrapers"
REQUEST = HttpRequest("GET", b"/metrics", b"", (("host", HOST),))


def shown(_: HttpRequest) -> HttpResponse:
    return HttpResponse(200, {}, b"shown")


def answers(
    *, token: str | None = None, least: Role = Role.OPERATOR, route: SignedRoute | None = None, rate: Rate | None = None
) -> SignedAnswers:
    limits = Limits() if rate is None else Limits(requests=rate, failures=rate)
    gate = Gate(Keys(READER, OPERATOR, ADMIN), clock=lambda: datetime.now(UTC), limits=limits)
    return SignedAnswers(route or SignedRoute("metrics", "GET", "/metrics", least, shown, token), gate)


def trace() -> Trace:
    return Trace("id", "192.0.2.7", "GET", "/metrics")


def bearing(text: str) -> HttpRequest:
    return HttpRequest("GET", b"/metrics", b"", (("host", HOST), ("authorization", text)))


def test_who_signs_and_has_the_role_is_answered_and_noted() -> None:
    noted = trace()

    assert answers().answer(sign(REQUEST, OPERATOR), noted).body == b"shown"
    assert (noted.operation, noted.access_key_id, noted.status) == ("metrics", OPERATOR.access_key_id, 200)
    assert answers().answer(sign(REQUEST, ADMIN), trace()).status == 200


def test_who_has_a_lesser_role_is_refused() -> None:
    answer = answers().answer(sign(REQUEST, READER), trace())

    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert "metrics needs a key with the role OPERATOR" in json.loads(answer.body)["message"]


def test_who_does_not_sign_is_refused() -> None:
    noted = trace()

    assert answers().answer(REQUEST, noted).status == 403
    assert noted.error == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(f"Bearer {TOKEN}", 200, id="the token"),
        pytest.param(f"bearer  {TOKEN} ", 200, id="written otherwise"),
        pytest.param(f"Bearer {TOKEN}x", 403, id="more than the token"),
        pytest.param("Bearer ", 403, id="nothing"),
        pytest.param("Bearer \xe9", 403, id="no ASCII"),
        pytest.param(f"Basic {TOKEN}", 403, id="another scheme"),
        pytest.param(TOKEN, 403, id="no scheme"),
    ],
)
def test_a_token_stands_in_for_a_signature(text: str, status: int) -> None:
    assert answers(token=TOKEN).answer(bearing(text), trace()).status == status


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_no_token_will_do(token: str | None) -> None:
    for text in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        assert answers(token=token).answer(bearing(text), trace()).status == 403


def test_who_guesses_tokens_has_to_wait() -> None:
    guessed = answers(token=TOKEN, rate=Rate(0.1, 1))

    assert [guessed.answer(bearing("Bearer x"), trace()).status for _ in range(2)] == [403, 429]
    assert guessed.answer(bearing(f"Bearer {TOKEN}"), trace()).status == 200


def test_what_goes_wrong_is_an_error_of_the_service() -> None:
    def refuses(_: HttpRequest) -> HttpResponse:
        raise ApiError("RequestEntityTooLargeException", "too long")

    def fails(_: HttpRequest) -> HttpResponse:
        raise ValueError("hunter2")

    noted = trace()
    asked = sign(REQUEST)
    for answer, status in ((refuses, 413), (fails, 500)):
        route = SignedRoute("metrics", "GET", "/metrics", Role.READER, answer)
        response = answers(route=route).answer(asked, noted)
        assert response.status == status
        assert b"hunter2" not in response.body
    assert isinstance(noted.failure, ValueError)


def test_the_token_is_not_shown_by_accident() -> None:
    assert TOKEN not in repr(SignedRoute("metrics", "GET", "/metrics", Role.READER, shown, TOKEN))
