"""What a server answers beside the service: events come in, metrics and readiness go out. All of it is signed for."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from sekisho.api import HttpRequest, HttpResponse, Reason, Role, SignedRoute, validation_error
from sekisho.api.decoding import JSON_DEPTH, parse_json
from sekisho.findings import FindingStore, StoreError
from sekisho.resources.json_values import is_list, is_object
from sekisho.server.intake import Rescans, request_rescans
from sekisho.server.metrics import CONTENT_TYPE, Metrics

MOST_EVENTS: Final = 1000
"""How many events one request may bring: for each, all that is known of a type may have to be gone through."""


def events_route(store: FindingStore, rescans: Rescans) -> SignedRoute:
    """Return `POST /events`: one EventBridge envelope or a list of them; what they name is looked at again."""

    def take(request: HttpRequest) -> HttpResponse:
        requested = request_rescans(_envelopes(request.body), store, rescans)
        return _json(HTTPStatus.ACCEPTED, {"rescans": requested})

    return SignedRoute("events", "POST", "/events", Role.OPERATOR, take)


def metrics_route(metrics: Metrics, token: str | None) -> SignedRoute:
    """Return `GET /metrics`, for Prometheus."""

    def show(_: HttpRequest) -> HttpResponse:
        return HttpResponse(HTTPStatus.OK, {"content-type": CONTENT_TYPE}, metrics.page())

    return SignedRoute("metrics", "GET", "/metrics", Role.READER, show, token)


def ready_route(store: FindingStore, parts: Mapping[str, Callable[[], bool]], token: str | None) -> SignedRoute:
    """Return `GET /readyz`: 200 when the store answers and every part works, else 503; and which scans there were.

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
        return _json(status, {"ready": all(works.values()), "works": works, "lastScans": scans})

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
