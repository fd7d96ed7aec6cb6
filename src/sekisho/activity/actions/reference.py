"""AWS's Service Reference: which actions there are, and which of them AWS asks for in an operation.

It is published data that somebody fetched; without it, nothing here knows anything. It knows actions before the
catalogue that comes with the program does. Of an operation it names all actions that may be asked for, whatever the
parameters: `GetObject` has the one for old versions as well.

Source: Service Authorization Reference, "Simplified AWS service information for programmatic access".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Final, TypeVar

import msgspec

from sekisho.activity.errors import ServiceReferenceError

_OF_ANOTHER: Final = "iam:PassRole"
"""What `passed_roles` knows better: whether a call passed a role, and which."""


_ACTION: Final = re.compile(r"[a-z0-9-]{1,128}:[A-Za-z0-9-]{1,128}")
"""An action with its prefix. Nothing in it is a wildcard, whoever published it."""

Action = Annotated[str, msgspec.Meta(pattern=f"^{_ACTION.pattern}$")]


class Service(msgspec.Struct, frozen=True):
    """What is kept of a service.

    Attributes:
        actions: those that there are, with their prefix, as AWS spells them.
        operations: to the name of each operation, the actions that may be asked for, with their prefixes.
    """

    actions: tuple[Action, ...]
    operations: Mapping[str, tuple[Action, ...]] = {}


class ServiceReference(msgspec.Struct, frozen=True):
    """What is kept of all services.

    Attributes:
        fetched: when, as ISO 8601.
        source: where it was fetched.
        services: by the prefix of their actions.
    """

    fetched: str
    source: str
    services: Mapping[str, Service]

    @property
    def day(self) -> str:
        """The day on which it was fetched."""
        return self.fetched[: len("2026-01-01")]


class _Named(msgspec.Struct, frozen=True, rename="pascal"):
    name: str


class _Authorized(_Named, frozen=True, rename="pascal"):
    service: str


class _Operation(_Named, frozen=True, rename="pascal"):
    authorized_actions: tuple[_Authorized, ...] | None = None


class _File(msgspec.Struct, frozen=True, rename="pascal"):
    actions: tuple[_Named, ...] | None = None
    operations: tuple[_Operation, ...] | None = None


def parse_service(content: bytes, prefix: str) -> Service:
    """Return what is kept of the file of a service.

    Args:
        content: of the file.
        prefix: of the service's actions.

    Raises:
        ServiceReferenceError: it is no such file.
    """
    found = _decoded(content, _File)
    operations: dict[str, dict[str, None]] = {}
    for operation in found.operations or ():
        # Several SDKs may have an operation of the name.
        actions = operations.setdefault(operation.name, {})
        actions |= dict.fromkeys(_actions((one.service, one.name) for one in operation.authorized_actions or ()))
    return Service(
        tuple(_actions((prefix, one.name) for one in found.actions or ())),
        {name: tuple(actions) for name, actions in operations.items() if actions},
    )


def _actions(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    return filter(_ACTION.fullmatch, (f"{prefix}:{name}" for prefix, name in named))


def parse_service_list(content: bytes) -> Mapping[str, str]:
    """Return where the file of each service is, by the prefix of its actions.

    Raises:
        ServiceReferenceError: it is no list of services.
    """
    return {one.service: one.url for one in _decoded(content, tuple[_Listed, ...])}


class _Listed(msgspec.Struct, frozen=True):
    service: str
    url: str


def parse_reference(content: bytes) -> ServiceReference:
    """Return what `format_reference` wrote.

    Raises:
        ServiceReferenceError: it is something else.
    """
    return _decoded(content, ServiceReference)


def format_reference(reference: ServiceReference) -> bytes:
    """Return a reference as JSON."""
    return msgspec.json.encode(reference)


Kind = TypeVar("Kind")


def _decoded(content: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceReferenceError(f"this is nothing of AWS's Service Reference: {error}") from error


class _Consulted:
    """The reference that is asked in this process."""

    reference: ServiceReference | None = None


def set_consulted(reference: ServiceReference | None) -> None:
    """Have a reference asked in this process; `mapping.consult` also forgets what was found without it."""
    _Consulted.reference = reference
    _operations.cache_clear()


def actions_of_reference(prefix: str) -> Iterable[str]:
    """Return the actions with a prefix."""
    service = _service(prefix)
    return service.actions if service else ()


def authorized(prefix: str, operation: str) -> tuple[str, ...]:
    """Return the actions that may be asked for in an operation, but for passing roles; none where nobody knows.

    Args:
        prefix: of the service's actions.
        operation: its name, in any case.
    """
    return _operations(prefix).get(operation.lower(), ())


@cache
def _operations(prefix: str) -> Mapping[str, tuple[str, ...]]:
    service = _service(prefix)
    if service is None:
        return {}
    return {
        name.lower(): tuple(action for action in actions if action != _OF_ANOTHER)
        for name, actions in service.operations.items()
    }


def _service(prefix: str) -> Service | None:
    reference = _Consulted.reference
    return None if reference is None else reference.services.get(prefix)
