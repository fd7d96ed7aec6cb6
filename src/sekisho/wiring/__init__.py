"""Which class stands behind each Protocol; and what leads from log files to kept usage and to answers."""

from typing import TYPE_CHECKING

from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.wiring.picking import (
        live_credentials_reader,
        live_options,
        live_reader,
        open_alert_store,
        open_key_store,
        open_store,
        read_master_key,
        read_sample,
        recorded_reader,
    )

__all__ = [
    "live_credentials_reader",
    "live_options",
    "live_reader",
    "open_alert_store",
    "open_key_store",
    "open_store",
    "read_master_key",
    "read_sample",
    "recorded_reader",
]

__getattr__ = names_of(
    __name__,
    {
        "picking": (
            "live_credentials_reader",
            "live_options",
            "live_reader",
            "open_alert_store",
            "open_key_store",
            "open_store",
            "read_master_key",
            "read_sample",
            "recorded_reader",
        ),
    },
)
