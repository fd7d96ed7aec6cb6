"""What can go wrong with access keys; messages are one line, and no secret is ever part of one."""

from collections.abc import Sequence


class KeysError(Exception):
    """A question about access keys that has no answer."""


class UnknownKeyError(KeysError):
    """No access key has this id."""

    def __init__(self, prefix: str) -> None:
        super().__init__(f"no access key has an id that begins with `{prefix}`; `sekisho keys list` shows the ids")
        self.prefix = prefix


class AmbiguousKeyError(KeysError):
    """Several access keys have ids that begin like this."""

    def __init__(self, prefix: str, candidates: Sequence[str]) -> None:
        shown = ", ".join(f"`{one}`" for one in candidates)
        super().__init__(f"more than one access key has an id that begins with `{prefix}`: {shown}; type more of it")
        self.prefix = prefix
        self.candidates = tuple(candidates)


class DescriptionError(KeysError):
    """A description that would not fit on a line of a list."""


class SecretKeyError(KeysError):
    """The key that secrets are sealed under is missing, unusable, or another one; the message says what to do."""
