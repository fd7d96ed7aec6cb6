"""What can be wrong with what was done."""


class ActivityError(Exception):
    """The base of this layer's errors."""


class NotARecordFileError(ActivityError):
    """A file is empty, cut off, damaged, or has no records of CloudTrail's."""


class UsageError(ActivityError):
    """Usage cannot be kept or asked; the message says why and what to do."""


class UsageBusyError(UsageError):
    """Another process writes to the folder at the moment."""


class ServiceReferenceError(ActivityError):
    """What should be AWS's Service Reference, or a part of it, is not; the message says what to do."""


class TagFileError(ActivityError):
    """A file that should list tags does not; the message says what it may be."""
