"""Build the list of the parameters whose members callers name as they like: maps, and documents of any shape.

python tools/free_form_parameters.py
"""
# ruff: noqa: INP001 - a script, not a package

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from sekisho.activity.needs import READS, UNSEEN
from sekisho.activity.touched.exceptions import PATHS

GENERATED = Path(__file__).parents[1] / "src/sekisho/activity/generated"
TARGET = GENERATED / "free_form_parameters.json"
ABOUT = (
    "Parameters whose members callers name as they like, so that their names say nothing of what they are. Made by"
    " tools/free_form_parameters.py; not to be edited. Source: botocore {botocore} (Apache-2.0), service models."
)


def main() -> None:
    """Write the list."""
    names = sorted(free_form() - READS - UNSEEN - leading_to_names() - of_ec2())
    about = ABOUT.format(botocore=version("botocore"))
    lines = ",\n".join(json.dumps(name) for name in names)
    TARGET.write_text(f'{{\n"about": {json.dumps(about)},\n"names": [\n{lines}\n]\n}}\n', encoding="utf-8")


def free_form() -> set[str]:
    """Return the names in lower case of all parameters that are maps, or JSON of any shape."""
    loader = Loader()
    found: set[str] = set()
    for service in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(service, "service-2"))
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            if shape is not None:
                found.update(_below(shape, frozenset()))
    return found


def _below(shape: Shape, above: frozenset[str]) -> Iterator[str]:
    if shape.name in above:
        return
    above |= {shape.name}
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                is_document = isinstance(member, StructureShape) and member.is_document_type
                if isinstance(member, MapShape) or is_document:
                    yield name.lower()
                yield from _below(member, above)
        case ListShape():
            yield from _below(shape.member, above)
        case MapShape():
            yield from _below(shape.value, above)
        case _:
            pass


def of_ec2() -> set[str]:
    """Return the parameters of EC2 that have others below them that are read, as ids are looked for by their names."""
    model = ServiceModel(Loader().load_service_model("ec2", "service-2"))
    found: set[str] = set()
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None:
            _has_read(shape, frozenset(), found)
    return found


def _has_read(shape: Shape, above: frozenset[str], found: set[str]) -> bool:
    """Say whether something below is read, and learn which parameters lead to it."""
    if isinstance(shape, ListShape):
        return _has_read(shape.member, above, found)
    if not isinstance(shape, StructureShape) or shape.name in above:
        return False
    leading = {name.lower() for name, member in shape.members.items() if _has_read(member, above | {shape.name}, found)}
    found |= leading
    return bool(leading) or any(name.lower() in READS for name in shape.members)


def leading_to_names() -> set[str]:
    """Return the parameters below which rules read more than ARNs, which stay wherever they are."""
    tables: list[Any] = [json.loads((GENERATED / f"{name}.json").read_text("utf-8")) for name in TABLES]
    found: set[str] = set()
    for path in _texts([*tables, *(dict(kinds) for kinds in PATHS.values())]):
        *above, last = path.lower().replace("[]", "").split(".")
        if last in READS and not re.search(r"arns?$", last):
            found.update(above)
    return found


TABLES = ("resource_parameters", "passed_roles")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from re.split(r"[|& ]", value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


if __name__ == "__main__":
    main()
