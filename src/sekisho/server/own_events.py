"""Events of our own, in the envelope of all others, so that rules can be about them and people hear of them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.events import OWN_SOURCE

SILENT: Final = "Sekisho Intake Silent"
NOT_JUDGED: Final = "Sekisho Event Not Judged"


def own_event(
    detail_type: str, detail: Mapping[str, str], *, key: str, now: datetime, account: str = "", region: str = ""
) -> IncomingEvent:
    """Return an event of our own.

    Args:
        detail_type: what kind of event it is.
        detail: what it tells.
        key: what it is about; events of one kind with the same key are the same event.
        now: UTC.
        account: that it is about.
        region: likewise.
    """
    identity = str(uuid5(NAMESPACE_URL, f"{OWN_SOURCE}:{detail_type} {key}"))
    envelope: dict[str, object] = {
        "version": "0",
        "id": identity,
        "detail-type": detail_type,
        "source": OWN_SOURCE,
        "account": account,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [],
        "detail": dict(detail),
    }
    return IncomingEvent(identity, json.dumps(envelope), now, OWN_SOURCE)
