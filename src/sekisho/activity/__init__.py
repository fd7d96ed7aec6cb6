"""What was done: CloudTrail's records, who made each call, and which permissions it needed.

Records come in as bytes and leave as `Usage`, which has no secret of theirs: of the parameters of a call only those are
kept that say which permissions it needed. This layer knows no files, no policies and no findings.
"""

from sekisho.activity.errors import (
    ActivityError,
    NotARecordFileError,
    TagFileError,
    UsageBusyError,
    UsageError,
)

__all__ = ["ActivityError", "NotARecordFileError", "TagFileError", "UsageBusyError", "UsageError"]
