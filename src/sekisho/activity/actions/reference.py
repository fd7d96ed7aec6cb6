"""AWS's Service Reference: which actions there are, and which of them AWS asks for in an operation.

It is published data that somebody fetched; without it, nothing here knows anything. It knows actions before the
catalogue that comes with the program does. Of an operation it names all actions that may be asked for, whatever the
parameters: `GetObject` has the one for old versions as well.

Source: Service Authorization Reference, "Simplified AWS service information for programmatic access".
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeVar

import msgspec

from sekisho.activity.errors import ServiceReferenceError

_OF_ANOTHER: Final = "iam:PassRole"
"""What `passed_roles` knows better: whether a call passed a role, and which."""


class Service(msgspec.Struct, frozen=True):
    """What is kept of a service.

    Attributes:
        actions: their names, without the prefix, as AWS spells them.
        operations: to the name of each operation, the actions that may be asked for, with their prefixes.
    """

    actions: tuple[str, ...]
    operations: Mapping[str, tuple[str, ...]] = {}


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
    authorized_actions: tuple[_Authorized, ...] = ()


class _File(msgspec.Struct, frozen=True, rename="pascal"):
    actions: tuple[_Named, ...] = ()
    operations: tuple[_Operation, ...] = ()


def parse_service(content: bytes) -> Service:
    """Return what is kept of the file of a service.

    Raises:
        ServiceReferenceError: it is no such file.
    """
    found = _decoded(content, _File)
    operations: dict[str, dict[str, None]] = {}
    for operation in found.operations:
        # Several SDKs may have an operation of the name.
        actions = operations.setdefault(operation.name, {})
        actions |= {f"{one.service}:{one.name}": None for one in operation.authorized_actions}
    return Service(
        tuple(one.name for one in found.actions),
        {name: tuple(actions) for name, actions in operations.items() if actions},
    )


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
    return msgspec.json.format(msgspec.json.encode(reference), indent=1)


Kind = TypeVar("Kind")


def _decoded(content: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceReferenceError(f"this is nothing of AWS's Service Reference: {error}") from error


class _Consulted:
    """The reference that is asked in this process."""

    reference: ServiceReference | None = None


def consulted() -> ServiceReference | None:
    """Return the reference that is asked in this process; None where there is none."""
    return _Consulted.reference


def set_consulted(reference: ServiceReference | None) -> None:
    """Have a reference asked in this process; `mapping.consult` also forgets what was found without it."""
    _Consulted.reference = reference
    _operations.cache_clear()


def actions_of_reference(prefix: str) -> Iterable[str]:
    """Return the names of the actions of a prefix."""
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
