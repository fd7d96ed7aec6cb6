"""What every target promises: it takes a message, or says how it failed."""

from datetime import timedelta
from typing import Protocol

import msgspec

from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Message


class Channel(Protocol):
    """Something that tells people, or programs. Used by one thread at a time."""

    @property
    def place(self) -> str:
        """The place as people are told of it, in one line without secrets."""
        ...

    def send(self, message: Message) -> None:
        """Hand over one message, once; whoever calls tries again.

        Raises:
            TemporaryError: it was not taken, or it is not known whether it was; later it may be.
            RefusedError: this message will never be taken; others may.
            BrokenTargetError: nothing will be taken until somebody mends the target.
        """
        ...


class TemporaryError(DeliveryError):
    """The target cannot take it now: it is down, slow, or has had too much.

    Attributes:
        retry_after: how long it wants to be left alone; None where it did not say.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(DeliveryError):
    """The target takes others, but never this message."""


class BrokenTargetError(DeliveryError):
    """The target takes nothing: it is gone, archived, or does not know us."""


class TargetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What a table `[[alerts.target]]` says whatever its type; each channel adds its own.

    Attributes:
        name: how rules call it.
        language: of the words that it gets; None for that of all alerts.
        timezone: the IANA name of its zone; None for that of all alerts.
        fallback: the name of the target that hears of it when this one is broken.
    """

    name: str
    language: str | None = None
    timezone: str | None = None
    fallback: str | None = None
