"""Fetching AWS's Service Reference, from a place on this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fakes.service_reference import LIST, Publisher, operation, publisher, service
from sekisho.collectors.errors import CollectError
from sekisho.collectors.service_reference import TRIES, fetch_reference

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SERVICES = {
    "s3": service("s3", ("GetObject",), operation("GetObject", "s3:GetObject")),
    "sqs": service("sqs", ("SendMessage", "Purge")),
}


@pytest.fixture
def place() -> Iterator[Publisher]:
    with publisher() as found:
        found.publish(SERVICES)
        yield found


class Heard:
    def __init__(self) -> None:
        self.expected = 0
        self.steps: list[str] = []

    def expect(self, steps: int) -> None:
        self.expected += steps

    def advance(self, step: str) -> None:
        self.steps.append(step)


def test_all_services_are_fetched_from_the_place_that_was_named(place: Publisher) -> None:
    heard = Heard()
    found = fetch_reference(place.base, NOW, heard)

    assert found.services.keys() == {"s3", "sqs"}
    assert found.services["sqs"].actions == ("sqs:SendMessage", "sqs:Purge")
    assert found.services["s3"].operations == {"GetObject": ("s3:GetObject",)}
    assert (found.fetched, found.source) == ("2026-11-23T10:00:00+00:00", f"{place.base}/")
    assert (heard.expected, heard.steps) == (2, ["s3", "sqs"])
    assert sorted(place.asked) == sorted([LIST, "/v1/s3/s3.json", "/v1/sqs/sqs.json"])


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_may_lie_below_a_path(place: Publisher, end: str) -> None:
    place.publish(SERVICES, "/copies/aws")

    assert fetch_reference(f"{place.base}/copies/aws{end}", NOW).services.keys() == {"s3", "sqs"}


def test_a_file_that_is_missing_ends_it_after_some_tries(place: Publisher) -> None:
    del place.files["/v1/sqs/sqs.json"]

    with pytest.raises(CollectError, match=r"v1/sqs/sqs\.json: `127\.0\.0\.1:[0-9]+` answered 404"):
        fetch_reference(place.base, NOW)
    assert place.asked.count("/v1/sqs/sqs.json") == TRIES


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (LIST, b"<html>", "nothing of AWS's Service Reference"),
        (LIST, b"[]", "no list of AWS's services"),
        (LIST, b'[{"service": "../x", "url": "https://example.com/v1/x.json"}]', "no list of AWS's services"),
        (LIST, None, "answered 302"),
        ("/v1/s3/s3.json", b"[]", "nothing of AWS's Service Reference"),
        ("/v1/s3/s3.json", None, "answered 302"),
    ],
)
def test_what_is_something_else_is_said_in_one_line(
    place: Publisher, path: str, content: bytes | None, said: str
) -> None:
    place.files[path] = content

    with pytest.raises(CollectError, match=said) as raised:
        fetch_reference(place.base, NOW)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["file:///etc/", "ftp://example.com/", "/etc", ""])
def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(CollectError, match="is no URL that begins with https"):
        fetch_reference(url, NOW)


def test_a_place_that_is_not_there_is_said() -> None:
    with pytest.raises(CollectError, match="cannot be reached"):
        fetch_reference("http://127.0.0.1:9/", NOW)
