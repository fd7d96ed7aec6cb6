"""What no event may bring with it: session tokens, passwords, keys. They are dropped before anything is stored.

CloudTrail leaves most secrets out by itself, but not the session token of credentials that were handed out, and what
others put on a bus may have anything.

Source: CloudTrail User Guide, "CloudTrail record contents"; AWS STS API Reference, "Credentials".
"""

import json
import re
from typing import Any, Final

from sekisho.collectors.events.errors import UnusableError
from sekisho.resources.json_values import is_list

_NAMES: Final = (
    *("session token", "security token", "x amz security token", "x amz signature"),
    *("access token", "refresh token", "id token", "auth token", "authorization token", "bearer token"),
    *("web identity token", "saml assertion", "s aml assertion", "signin token"),
    *("secret access key", "secret key", "secret string", "secret binary", "client secret", "shared secret"),
    *("password", "old password", "new password", "current password", "user password", "admin password"),
    *("master password", "master user password", "service password", "service credential secret"),
    *("private key", "private key plaintext", "authentication code1", "authentication code2"),
    *("base32 string seed", "qr code png"),
)
"""The names of members that are secret, however they are spelt: `sessionToken`, `SessionToken`, `session-token`."""

_NAME: Final = "(?:" + "|".join(name.replace(" ", "[-_]?") for name in _NAMES) + ")"
_is_secret: Final = re.compile(_NAME, re.IGNORECASE).fullmatch
_may_have_secrets: Final = re.compile(rf'"{_NAME}"|\\u00[4-7]', re.IGNORECASE).search
"""Finds every text that has such a member. A letter that is escaped may be one of its name's."""


def without_secrets(text: str) -> str:
    """Return a JSON text without the members that are secret.

    All else stays as it was written, also numbers and what stands twice; a text without secrets is returned as it is.

    Raises:
        UnusableError: it is no JSON, or too deep.
    """
    if not _may_have_secrets(text):
        return text
    try:
        value = json.loads(
            text, object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
        )
        return _write(value)
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"it is no JSON that can be read: {error}") from error


class _Members(list[tuple[str, Any]]):
    """The members of an object, in order, repeats kept."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def _refuse(constant: str) -> None:
    raise ValueError(f"`{constant}` is no JSON")


def _write(value: Any) -> str:
    if isinstance(value, _Members):
        kept = (f"{json.dumps(name)}:{_write(one)}" for name, one in value if not _drops(name, one))
        return "{" + ",".join(kept) + "}"
    if is_list(value):
        return "[" + ",".join(map(_write, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value)


def _drops(name: str, value: Any) -> bool:
    """Say whether a member goes: one that says whether there is a secret, or that there is none, has none."""
    return _is_secret(name) is not None and not isinstance(value, bool | None)
