"""Links to the AWS console and to our own, made of nothing but what was checked: an event may hold anything.

A URL is made here or not at all. Its host is one of ours to choose, and what comes out of an event stands in a path, a
query or a fragment, quoted to the last character.

Source: AWS Management Console User Guide; Amazon Web Services in China, "Endpoints"; AWS GovCloud (US) User Guide,
"Signing in", for the hosts. What follows the host is what the consoles themselves show.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from sekisho.policy.arns import Arn, parse_arn

HOSTS: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The console of each partition; of others we know none."""

LONGEST: Final = 2_000

_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)
_IAM_NAME: Final = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_NAME: Final = re.compile(r"[\w.-]{1,256}", re.ASCII)
_PATH: Final = re.compile(r"[\w./-]{1,256}", re.ASCII)
_SECRET: Final = re.compile(r"[\w/+=.@-]{1,512}", re.ASCII)


def partition_of(region: str) -> str:
    """Return the partition of a Region; empty for what is none, or one of whose console we know nothing."""
    if not _REGION.fullmatch(region):
        return ""
    start = region.partition("-")[0]
    if start == "cn":
        return "aws-cn"
    if start == "us" and region.startswith(("us-gov-", "us-iso")):
        return "aws-us-gov" if region.startswith("us-gov-") else ""
    return "" if "-iso" in region else "aws"


def region_of_iam(region: str) -> str:
    """Return the Region that has IAM's events in the partition of a Region; empty where that is not known.

    Source: CloudTrail User Guide, "Global service events".
    """
    return _OF_IAM.get(partition_of(region), "")


_OF_IAM: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def event_url(event_id: str, region: str) -> str:
    """Return where CloudTrail's event history shows an event; empty where it cannot be told."""
    if not _UUID.fullmatch(event_id):
        return ""
    return _page(partition_of(region), region, "cloudtrailv2/home", f"/events/{event_id}")


def user_url(name: str, partition: str) -> str:
    """Return the page of an IAM user; empty for what is no name of one, or an unknown partition."""
    if not _IAM_NAME.fullmatch(name) or partition not in HOSTS:
        return ""
    return f"https://{HOSTS[partition]}/iam/home#/users/details/{_quoted(name)}?section=security_credentials"


def role_url(name: str, partition: str) -> str:
    """Return the page of an IAM role, where it says whom it trusts; empty as for a user."""
    if not _IAM_NAME.fullmatch(name) or partition not in HOSTS:
        return ""
    return f"https://{HOSTS[partition]}/iam/home#/roles/details/{_quoted(name)}?section=trust_relationships"


def resource_url(arn: str, region: str = "") -> str:
    """Return the page of a resource in the AWS console; empty where we know of none.

    Args:
        arn: of the resource.
        region: where it is, for a resource whose ARN does not say.
    """
    parts = parse_arn(arn)
    if parts is None or parts.partition not in HOSTS:
        return ""
    if parts.service == "iam":
        return _of_iam(parts)
    there = parts.region or region
    if not _REGION.fullmatch(there) or partition_of(there) != parts.partition:
        return ""
    return _of_resource(parts, there)


def finding_url(finding_id: str, console_url: str) -> str:
    """Return where our own console shows a finding; empty without a console, or for what is no id of a finding."""
    base = urlsplit(console_url)
    if not _UUID.fullmatch(finding_id) or base.scheme not in {"http", "https"} or not base.netloc:
        return ""
    return f"{console_url.rstrip('/')}/findings/{finding_id}"


def _of_iam(arn: Arn) -> str:
    kind, _, path = arn.resource.partition("/")
    name = path.rpartition("/")[2]
    match kind:
        case "user":
            return user_url(name, arn.partition)
        case "role":
            return role_url(name, arn.partition)
        case _:
            return ""


class _Place(NamedTuple):
    """A page of a resource: which names it is for, and its path, query and fragment with what is put into them."""

    names: re.Pattern[str]
    path: str
    query: str = ""
    fragment: str = ""


_PAGES: Final[Mapping[tuple[str, str], _Place]] = {
    ("s3", ""): _Place(_BUCKET, "s3/buckets/{name}", "tab=permissions"),
    ("kms", "key"): _Place(_NAME, "kms/home", "", "/kms/keys/{name}"),
    ("lambda", "function"): _Place(_NAME, "lambda/home", "", "/functions/{name}?tab=configure"),
    ("sqs", ""): _Place(_NAME, "sqs/v3/home", "", "/queues/{queue}"),
    ("sns", ""): _Place(_NAME, "sns/v3/home", "", "/topic/arn:{partition}:sns:{region}:{account}:{name}"),
    ("secretsmanager", "secret"): _Place(_SECRET, "secretsmanager/secret", "name={quoted}"),
    ("dynamodb", "table"): _Place(_NAME, "dynamodbv2/home", "", "table?name={name}&tab=permissions"),
    ("ecr", "repository"): _Place(_PATH, "ecr/repositories/private/{account}/{name}/_/permissions"),
    ("elasticfilesystem", "file-system"): _Place(
        _NAME, "efs/home", "", "/file-systems/{name}?tabId=file-system-policy"
    ),
    ("ec2", "snapshot"): _Place(_NAME, "ec2/home", "", "SnapshotDetails:snapshotId={name}"),
}
"""The pages that we know, by service and kind of resource."""


def _of_resource(arn: Arn, region: str) -> str:
    kind, name = _split(arn.resource)
    place = _PAGES.get((arn.service, kind))
    name = name.split("/")[0] if kind == "table" else name.split(":")[0] if kind == "function" else name
    if place is None or not place.names.fullmatch(name) or not (_ACCOUNT.fullmatch(arn.account) or arn.service == "s3"):
        return ""
    suffix = ".cn" if arn.partition == "aws-cn" else ""
    parts = {
        "name": name,
        "quoted": _quoted(name),
        "queue": _quoted(f"https://sqs.{region}.amazonaws.com{suffix}/{arn.account}/{name}"),
        "partition": arn.partition,
        "account": arn.account,
        "region": region,
    }
    return _page(
        arn.partition,
        region,
        place.path.format(**parts),
        place.fragment.format(**parts),
        query=place.query.format(**parts),
    )


def _split(resource: str) -> tuple[str, str]:
    """Split `key/1234` or `secret:name` into kind and name; a resource without a kind is its name."""
    for separator in ("/", ":"):
        kind, found, name = resource.partition(separator)
        if found and kind in _KINDS:
            return kind, name
    return "", resource


_KINDS: Final = frozenset({"key", "function", "secret", "table", "repository", "file-system", "snapshot"})


def _page(partition: str, region: str, path: str, fragment: str = "", *, query: str = "") -> str:
    """Put a page of a Region's console together, of parts that are checked or quoted."""
    if partition not in HOSTS or not _REGION.fullmatch(region):
        return ""
    asked = "&".join(part for part in (query, f"region={region}") if part)
    url = f"https://{region}.{HOSTS[partition]}/{path}?{asked}{f'#{fragment}' if fragment else ''}"
    return url if len(url) <= LONGEST else ""


def _quoted(text: str) -> str:
    return quote(text, safe="")
