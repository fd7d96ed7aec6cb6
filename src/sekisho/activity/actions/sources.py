"""Which prefix the actions of an event source have."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from sekisho.activity.actions.known import has_prefix

BY_SOURCE: Final[Mapping[str, str]] = {
    "amazonmq": "mq",
    "api.tunneling.iot": "iot",
    "application-insights": "applicationinsights",
    "applicationsignals": "application-signals",
    "appstream2": "appstream",
    "awsssoportal": "sso",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "billingconsole": "billing",
    "catalog-marketplace": "aws-marketplace",
    "cloudcontrol": "cloudformation",
    "cloudcontrolapi": "cloudformation",
    "cost-explorer": "ce",
    "data-ats.iot": "iot",
    "data.iot": "iot",
    "data.jobs.iot": "iotjobsdata",
    "docdb": "rds",
    "email": "ses",
    "entitlement-marketplace": "aws-marketplace",
    "iot-jobs-data": "iotjobsdata",
    "iotdata": "iot",
    "iotsecuredtunneling": "iot",
    "iottunnel": "iot",
    "keyspaces": "cassandra",
    "macie": "macie2",
    "metering-marketplace": "aws-marketplace",
    "monitoring": "cloudwatch",
    "mturk-requester": "mechanicalturk",
    "neptune": "rds",
    "networksynthetics": "networkmonitor",
    "oidc": "sso",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "pinpoint-email": "ses",
    "portal.sso": "sso",
    "rdsdata": "rds-data",
    "rdsdataapi": "rds-data",
    "resource-groups-tagging-api": "tag",
    "s3-control": "s3",
    "sesv2": "ses",
    "tagging": "tag",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
}
"""Event sources, without `.amazonaws.com`, whose actions have another prefix that no service model tells.

Source: the Service Authorization Reference has the prefixes; the sources are as CloudTrail records them.
"""

FURTHER: Final[Mapping[str, tuple[str, ...]]] = {
    "autoscaling": ("application-autoscaling", "autoscaling-plans"),
    "bedrock": ("bedrock-agentcore",),
    "s3": ("s3express", "s3-outposts", "s3-object-lambda", "s3tables"),
    "sso": ("sso-directory", "identitystore", "sso-oauth"),
    "timestream": ("timestream-influxdb",),
}
"""Prefixes under which an action is looked for where that of the source has none of the name."""


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Any]:
    """Return what `tools/generate_call_tables.py` made of the service models and of published tables."""
    found = files("sekisho.activity").joinpath("generated", "calls.json")
    loaded: Mapping[str, Any] = json.loads(found.read_text("utf-8"))
    return loaded


@lru_cache(maxsize=4096)
def prefix_of(source: str) -> str:
    """Return the prefix of the actions of an event source: `cloudwatch` for `monitoring.amazonaws.com`.

    An unknown source is returned without its domain, in lower case; there is no action with that prefix.
    """
    name = source.strip().lower().removesuffix(".cn").removesuffix(".amazonaws.com")
    known = BY_SOURCE.get(name)
    if known is not None:
        return known
    if has_prefix(name):
        return name
    generated: str = tables()["sources"].get(name, "")
    return generated or next(filter(has_prefix, _parts(name)), name)


def _parts(name: str) -> tuple[str, ...]:
    """Return what of a host name could be a prefix: `sagemaker` of `runtime.sagemaker`."""
    pieces = name.split(".")[:4]
    return (*pieces, "-".join(pieces)) if len(pieces) > 1 else ()
