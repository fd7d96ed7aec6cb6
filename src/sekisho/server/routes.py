"""What a server answers beside the service: events come in, metrics and readiness go out. All of it is signed for."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from sekisho.alerts.alert import IncomingEvent
from sekisho.api import HttpRequest, HttpResponse, Reason, Role, SignedRoute, validation_error
from sekisho.api.decoding import JSON_DEPTH, parse_json
from sekisho.collectors.events import Take, UnusableError, incoming
from sekisho.findings import FindingStore, StoreError
from sekisho.resources.json_values import is_list, is_object
from sekisho.server.metrics import CONTENT_TYPE, Metrics
from sekisho.server.named import member

MOST_EVENTS: Final = 1000
"""How many events one request may bring: for each, all that is known of a type may have to be gone through."""


def events_route(take: Take) -> SignedRoute:
    """Return `POST /events`: one EventBridge envelope or a list of them, which are kept, told of, and looked into."""

    def receive(request: HttpRequest) -> HttpResponse:
        now = datetime.now(UTC)
        return _json(HTTPStatus.ACCEPTED, {"taken": take([_event(one, now) for one in _envelopes(request.body)])})

    return SignedRoute("events", "POST", "/events", Role.OPERATOR, receive)


def _event(envelope: Mapping[str, Any], now: datetime) -> IncomingEvent:
    """Return an event as it is taken. One that says nowhere which it is counts as another one every time."""
    is_named = "id" in envelope or member(envelope.get("detail"), "eventID") is not None
    try:
        return incoming(json.dumps(envelope if is_named else {"id": str(uuid4()), **envelope}), "http", now)
    except UnusableError as error:
        raise validation_error(Reason.CANNOT_PARSE, f"an event cannot be used: {error}") from error


def metrics_route(metrics: Metrics, token: str | None) -> SignedRoute:
    """Return `GET /metrics`, for Prometheus."""

    def show(_: HttpRequest) -> HttpResponse:
        return HttpResponse(HTTPStatus.OK, {"content-type": CONTENT_TYPE}, metrics.page())

    return SignedRoute("metrics", "GET", "/metrics", Role.READER, show, token)


def ready_route(
    store: FindingStore,
    parts: Mapping[str, Callable[[], bool]],
    troubles: Callable[[], Mapping[str, str]],
    token: str | None,
) -> SignedRoute:
    """Return `GET /readyz`: 200 when the store answers and every part works, else 503; and which scans there were.

    An intake or a target with trouble is named, and makes no server unready: it can do nothing about that.

    A first scan that is not done yet, or that fails, does not make a server unready: what is stored can be read, and
    who has to mend it needs an answer.
    """

    def show(_: HttpRequest) -> HttpResponse:
        works = {name: check() for name, check in parts.items()}
        try:
            scans = _last_scans(store)
        except StoreError:
            works["store"], scans = False, {}
        else:
            works["store"] = True
        status = HTTPStatus.OK if all(works.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(status, {"ready": all(works.values()), "works": works, "troubles": troubles(), "lastScans": scans})

    return SignedRoute("readyz", "GET", "/readyz", Role.READER, show, token)


def _last_scans(store: FindingStore) -> dict[str, str | None]:
    """Return when each analyzer scanned everything for the last time; None for one that never did."""
    found: dict[str, str | None] = {}
    for analyzer in store.analyzers():
        last = store.scans(limit=1, analyzer_arn=analyzer.arn)
        found[analyzer.arn] = last[0].finished_at.isoformat() if last else None
    return found


def _envelopes(body: bytes) -> list[Mapping[str, Any]]:
    value = parse_json(body, depth=JSON_DEPTH)
    listed: list[Any] = value if is_list(value) else [value]
    if len(listed) > MOST_EVENTS:
        raise validation_error(Reason.OTHER, f"the list has {len(listed)} events; post {MOST_EVENTS} at a time at most")
    if not all(is_object(one) for one in listed):
        raise validation_error(Reason.CANNOT_PARSE, "the body is neither an event nor a list of events")
    return listed


def _json(status: HTTPStatus, document: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(document).encode())
