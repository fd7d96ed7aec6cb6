"""What cannot be taken as an event."""

from sekisho.collectors.errors import CollectError


class UnusableError(CollectError):
    """Something came in that is no event, nor anything else that is expected; the message says why."""
