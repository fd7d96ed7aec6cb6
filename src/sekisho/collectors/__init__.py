"""Where snapshots come from: AWS itself, or a recording of it made earlier.

This layer knows which calls describe which resource, how to make them politely, and what to keep of an answer. It does
not know what an answer means: that is for `resources`. It only reads. Every call it can make stands in the `reads` of
a collector, and `read_policy` is derived from them. A call that fails is part of the snapshot, with its error.

Beside that it reads what policies are generated from, `trails` of log files and the `identity_policies` that are
attached now, by calls that no scan makes; the guide of `generate-policy` names the permissions that those take.
"""

from typing import TYPE_CHECKING

from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.collectors.errors import (
        CollectError,
        DeniedError,
        MissingError,
        OutOfReachError,
        RecordingError,
        UnsupportedArnError,
    )
    from sekisho.collectors.iam_policy import read_policy
    from sekisho.collectors.live import LiveReader
    from sekisho.collectors.live_credentials import LiveCredentialsReader
    from sekisho.collectors.options import DEFAULT_ROLE_NAME, LiveOptions
    from sekisho.collectors.reader import NO_PROGRESS, CredentialsReader, Progress, SnapshotReader
    from sekisho.collectors.recording import RecordedReader, write_recording

__all__ = [
    "DEFAULT_ROLE_NAME",
    "NO_PROGRESS",
    "CollectError",
    "CredentialsReader",
    "DeniedError",
    "LiveCredentialsReader",
    "LiveOptions",
    "LiveReader",
    "MissingError",
    "OutOfReachError",
    "Progress",
    "RecordedReader",
    "RecordingError",
    "SnapshotReader",
    "UnsupportedArnError",
    "read_policy",
    "write_recording",
]

__getattr__ = names_of(
    __name__,
    {
        "errors": (
            "CollectError",
            "DeniedError",
            "MissingError",
            "OutOfReachError",
            "RecordingError",
            "UnsupportedArnError",
        ),
        "iam_policy": ("read_policy",),
        "live": ("LiveReader",),
        "live_credentials": ("LiveCredentialsReader",),
        "options": ("DEFAULT_ROLE_NAME", "LiveOptions"),
        "reader": ("NO_PROGRESS", "CredentialsReader", "Progress", "SnapshotReader"),
        "recording": ("RecordedReader", "write_recording"),
    },
)
