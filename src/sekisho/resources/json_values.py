"""What a JSON value is, said in a way that type checkers understand."""

from collections.abc import Mapping
from typing import TypeGuard

from sekisho.resources.snapshot import Json


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Say whether the value is a JSON array."""
    return isinstance(value, list)


def is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Say whether the value is a JSON object."""
    return isinstance(value, Mapping)
