"""The errors of this layer: what stops a reading altogether. What stops one call is a value, `ApiError`."""

from pathlib import Path


class CollectError(Exception):
    """Nothing could be read, for the reason and with the remedy in the message, which is one line."""


class DeniedError(CollectError):
    """We are not let in, by AWS or by the system; the message says what it takes."""


class MissingError(CollectError):
    """What is to be read is not there."""


class RecordingError(CollectError):
    """A recording is not what the format promises.

    Attributes:
        path: the file.
        line: where, counted from 1, or None when the file as a whole is at fault.
    """

    def __init__(self, reason: str, *, path: Path, line: int | None = None) -> None:
        place = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {reason}")
        self.path = path
        self.line = line


class UnsupportedArnError(CollectError):
    """A text is no ARN of a resource that can be read.

    Attributes:
        arn: the text.
    """

    def __init__(self, arn: str) -> None:
        super().__init__(
            f"`{shown(arn)}` is no ARN of a resource that is read; write for example `arn:aws:s3:::logs`, "
            "and a function without version or alias"
        )
        self.arn = arn


class OutOfReachError(CollectError):
    """A resource lies where the reader does not look, so that it is not known whether it exists.

    Attributes:
        arn: the resource.
    """

    def __init__(self, arn: str, reason: str) -> None:
        super().__init__(f"`{shown(arn)}` {reason}")
        self.arn = arn


LONGEST_SHOWN = 200


def shown(text: str) -> str:
    """Return a text of unknown origin as a message can have it: one line, no control characters, not too long."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_SHOWN])
