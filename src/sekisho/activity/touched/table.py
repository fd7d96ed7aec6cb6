"""The generated table of parameters, read one service at a time, with the rows that are told by hand."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypeAlias, cast

from sekisho.activity.touched.exceptions import PATHS

Paths: TypeAlias = Mapping[str, str]
"""Where each variable of a template is: paths of lower-case names, with `|` between alternatives and `&` between those
that all count; `*` where no record has it though the call is about such a resource; `?` where the call is about all of
them if it names none; nothing where nobody knows."""

Kinds: TypeAlias = Mapping[str, Paths]


def _lines() -> dict[str, str]:
    """Return the lines of the generated file by their keys, unparsed: most runs need few services."""
    text = files("sekisho.activity.generated").joinpath("resource_parameters.json").read_text("utf-8")
    lines = (line.partition(":") for line in text.splitlines() if line.startswith('"'))
    return {key[1:-1]: value.removesuffix(",") for key, _, value in lines}


_LINES: Final = _lines()

NAMES: Final = frozenset(cast("list[str]", json.loads(_LINES.pop(" names"))))
"""The names in lower case of all parameters in the table, and of ids of EC2."""


@lru_cache(maxsize=512)
def _operations(service: str) -> Mapping[str, Kinds]:
    return cast("Mapping[str, Kinds]", json.loads(_LINES.get(service, "{}")))


def paths_of(action: str, operation: str, kind: str) -> Paths:
    """Return which parameters of an operation have the variables of the ARN of a resource type.

    Args:
        action: the action that the operation needed, in lower case.
        operation: its name, in lower case, without a version.
        kind: the name of the resource type, in lower case.
    """
    service, _, name = action.partition(":")
    told = PATHS.get(f"{action} {kind}") or PATHS.get(f"{service}:{operation} {kind}")
    operations = _operations(service)
    kinds = operations.get(operation) or operations.get(name) or {}
    general = PATHS.get(f"{service} {kind}", {})
    return {**kinds.get(kind, {}), **general, **(told or {})}


def api_paths(operation: str) -> list[tuple[str, str]]:
    """Return the verbs and paths of an operation of API Gateway, as there are two generations of it."""
    kinds = cast("Mapping[str, str]", _operations("apigateway").get("paths", {}))
    found = [one.partition(" ") for one in kinds.get(operation, "").split("|") if one]
    return [(verb, path) for verb, _, path in found]
