"""How events come in from AWS: out of queues, out of log files, and by asking for them.

Whatever brings an event, it leaves here as an `IncomingEvent`: an envelope of EventBridge's without secrets, under the
id that CloudTrail gave it. Each intake runs in a thread of its own, hands over what came to whoever keeps it, and only
then lets go of it. What an event means is for `alerts`.
"""

from typing import TYPE_CHECKING

from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.collectors.events.bodies import Body, Heartbeat, NewFile, Unusable, read_body, read_notification
    from sekisho.collectors.events.envelopes import OWN_SOURCE, envelope_of_record, incoming
    from sekisho.collectors.events.errors import UnusableError
    from sekisho.collectors.events.intake import Batch, Intake, Observe, Recovered, Take, Trouble
    from sekisho.collectors.events.lookup import LookupIntake
    from sekisho.collectors.events.silence import Silence, Silent
    from sekisho.collectors.events.sns import NotNowError, RefusedError, SnsIntake
    from sekisho.collectors.events.sqs import SqsIntake
    from sekisho.collectors.events.trail_files import TrailFiles

__all__ = [
    "OWN_SOURCE",
    "Batch",
    "Body",
    "Heartbeat",
    "Intake",
    "LookupIntake",
    "NewFile",
    "NotNowError",
    "Observe",
    "Recovered",
    "RefusedError",
    "Silence",
    "Silent",
    "SnsIntake",
    "SqsIntake",
    "Take",
    "TrailFiles",
    "Trouble",
    "Unusable",
    "UnusableError",
    "envelope_of_record",
    "incoming",
    "read_body",
    "read_notification",
]

__getattr__ = names_of(
    __name__,
    {
        "bodies": ("Body", "Heartbeat", "NewFile", "Unusable", "read_body", "read_notification"),
        "envelopes": ("OWN_SOURCE", "envelope_of_record", "incoming"),
        "errors": ("UnusableError",),
        "intake": ("Batch", "Intake", "Observe", "Recovered", "Take", "Trouble"),
        "lookup": ("LookupIntake",),
        "silence": ("Silence", "Silent"),
        "sns": ("NotNowError", "RefusedError", "SnsIntake"),
        "sqs": ("SqsIntake",),
        "trail_files": ("TrailFiles",),
    },
)
