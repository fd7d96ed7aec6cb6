"""AWS's Service Reference, fetched from where AWS publishes it or from a mirror of that.

Source: Service Authorization Reference, "Simplified AWS service information for programmatic access".
"""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from sekisho.activity.actions.reference import Service, ServiceReference, parse_service, parse_service_list
from sekisho.activity.errors import ServiceReferenceError
from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.fetching import fetch_url
from sekisho.collectors.reader import Progress

AWS: Final = "https://servicereference.us-east-1.amazonaws.com/"
"""Where AWS publishes it; nobody needs credentials for it."""

LIST: Final = "v1/service-list.json"
"""Where the list of services is below that. Source: AWS Security Blog, "Use AWS service reference information"."""

AT_ONCE: Final = 8
TRIES: Final = 3

_LARGEST: Final = 32 * 1024 * 1024
_MOST_SERVICES: Final = 5000
_PATIENCE: Final = 20.0
_PREFIX: Final = re.compile(r"[a-z0-9-]{1,100}")


def fetch_reference(url: str, now: datetime, progress: Progress | None = None) -> ServiceReference:
    """Fetch the list of services, and the file of each.

    Args:
        url: what stands before `v1/` in its addresses. The list names files where AWS has them; of a mirror, they are
            fetched from the same place below it.
        now: UTC.
        progress: hears how far it is.

    Raises:
        CollectError: a part of it cannot be had, or is something else; there is no half of it.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise CollectError(f"`{shown(url)}` is no URL that begins with https:// or http://")
    base = f"{url.rstrip('/')}/"
    places = _list(base)
    if progress is not None:
        progress.expect(len(places))
    services: dict[str, Service] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = {prefix: pool.submit(_service, base, prefix, path) for prefix, path in places.items()}
        try:
            for prefix, service in waiting.items():
                services[prefix] = service.result()
                if progress is not None:
                    progress.advance(prefix)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return ServiceReference(now.isoformat(timespec="seconds"), base, services)


def _list(base: str) -> dict[str, str]:
    """Return where the file of each service is, relative to the base."""
    url = urljoin(base, LIST)
    try:
        listed = parse_service_list(_fetch(url))
    except ServiceReferenceError as error:
        raise CollectError(f"{url}: {error}") from error
    found = {prefix: urlsplit(place).path.lstrip("/") for prefix, place in listed.items() if _PREFIX.fullmatch(prefix)}
    if not 0 < len(found) <= _MOST_SERVICES:
        raise CollectError(f"{url}: this is no list of AWS's services")
    return found


def _service(base: str, prefix: str, path: str) -> Service:
    url = f"{base}{path}"
    try:
        return parse_service(_fetch(url), prefix)
    except ServiceReferenceError as error:
        raise CollectError(f"{shown(url)}: {error}") from error


def _fetch(url: str) -> bytes:
    for _ in range(TRIES - 1):
        try:
            return fetch_url(url, largest=_LARGEST, patience=_PATIENCE)
        except CollectError:
            continue
    try:
        return fetch_url(url, largest=_LARGEST, patience=_PATIENCE)
    except CollectError as error:
        raise CollectError(f"{shown(url)}: {error}") from error
