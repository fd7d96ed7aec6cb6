"""The services whose records need more than tables."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from sekisho.activity.touched import ec2
from sekisho.activity.touched.asked import Asked, filled, recorded, recorded_or_filled
from sekisho.activity.touched.exceptions import LOAD_BALANCERS, PATHS, TAGGED_BY_SSM
from sekisho.activity.touched.parameters import is_usable, texts_at
from sekisho.activity.touched.plan import ANY, kind_of, rows_of
from sekisho.activity.touched.table import api_paths
from sekisho.policy.patterns import literal


def _of_ec2(asked: Asked) -> set[str]:
    """Return what the ids and the names in the parameters say; of tags of a new resource, the types that get them.

    Source: Amazon EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation".
    """
    if asked.action == "ec2:createtags" and asked.operation != "createtags":
        kinds = {kind for path in _TAGGED for kind in texts_at(asked.parameters, path)}
        rows = (row for row in rows_of(asked.action, asked.operation) if row.kind.name in kinds)
        return {row.template.fill({**asked.place, **dict.fromkeys(row.template.names, ANY)}) for row in rows}
    found = set(recorded(asked)) | ec2.arns_of(asked.action, asked.operation, asked.parameters, asked.place)
    named = (row for row in rows_of(asked.action, asked.operation) if row.kind.name not in ec2.KINDS)
    return filled(asked, named, found)


def _of_load_balancing(asked: Asked) -> set[str]:
    """Return the resources of load balancers; one that is made has its type before its name, and an id behind it."""
    names = texts_at(asked.parameters, ("name",))
    if asked.operation != "createloadbalancer" or not names:
        return recorded_or_filled(asked)
    of_type = next(iter(texts_at(asked.parameters, ("type",))), "")
    kind = LOAD_BALANCERS.get(of_type, LOAD_BALANCERS[""])
    where = f"{asked.place['Region']}:{asked.place['Account']}"
    return {f"arn:{asked.place['Partition']}:elasticloadbalancing:{where}:{kind}{literal(names[0])}/*"}


def _of_kms(asked: Asked) -> set[str]:
    """Return the keys, and of the two of a re-encryption that one which the action is about."""
    if asked.action in _RE_ENCRYPTING:
        own = PATHS[f"{asked.action} key"]["KeyId"]
        named = {own: asked.parameters.get(own)}
        found = recorded_or_filled(asked.alone(named))
        if found:
            return found
    return recorded_or_filled(asked)


def _of_s3(asked: Asked) -> set[str]:
    """Return the buckets and objects, of a copy the source for what reads and the target for what writes."""
    if asked.operation in _COPYING:
        if asked.action.startswith("s3:get"):
            return {arn for text in texts_at(asked.parameters, (_SOURCE,)) for arn in _source(asked, text)}
        return recorded_or_filled(asked.alone(asked.parameters))
    return recorded_or_filled(asked)


def _source(asked: Asked, text: str) -> set[str]:
    """Return the object of an `x-amz-copy-source`.

    Source: Amazon S3 API reference, CopyObject: bucket and key with a slash between, or an ARN, encoded.
    """
    path = unquote(text.partition("?versionId=")[0]).removeprefix("/")
    if not is_usable(path):
        return set()
    arn = literal(path) if path.startswith("arn:") else f"arn:{asked.place['Partition']}:s3:::{literal(path)}"
    return {arn} if kind_of(asked.action, arn) is not None else set()


def _of_iam(asked: Asked) -> set[str]:
    """Return users, roles and so on; only a call that makes one has its path beside its name.

    Names are unique in an account whatever the path, so that one without a path is no pattern, but may not be the ARN.

    Source: IAM User Guide, "IAM identifiers", friendly names and paths.
    """
    found = recorded_or_filled(asked)
    path = next(iter(texts_at(asked.parameters, ("path",))), "/")
    if not asked.operation.startswith(("create", "upload")) or not (path.startswith("/") and path.endswith("/")):
        return found
    return {_NAMED.sub(lambda at: f"{at[1]}{literal(path)}{at[2]}", arn) for arn in found}


def _of_lambda(asked: Asked) -> set[str]:
    """Return functions with the version or the alias that the call was for, and layers.

    Source: AWS Lambda Developer Guide, "Resources and conditions for Lambda actions": qualified function ARNs.
    """
    found = recorded_or_filled(asked)
    qualifiers = texts_at(asked.parameters, ("qualifier",))
    if not qualifiers or ":" in qualifiers[0]:
        return found
    return {f"{arn}:{literal(qualifiers[0])}" if _UNQUALIFIED.fullmatch(arn) else arn for arn in found}


def _of_ssm(asked: Asked) -> set[str]:
    """Return documents, parameters and so on; a call that tags says of what type its resource is."""
    types, names = (texts_at(asked.parameters, (name,)) for name in ("resourcetype", "resourceid"))
    if not (types and names and "tags" in asked.operation):
        return {_OF_AWS.sub(r"\1::\2", arn) for arn in recorded_or_filled(asked)}
    kind = TAGGED_BY_SSM.get(types[0].lower(), "")
    where = f"{asked.place['Region']}:{asked.place['Account']}"
    arn = f"arn:{asked.place['Partition']}:ssm:{where}:{kind}/{literal(names[0].removeprefix('/'))}"
    return {arn} if kind_of(asked.action, arn) is not None else set()


def _of_logs(asked: Asked) -> set[str]:
    """Return log groups and streams; an ARN of a log group may have `:*` behind it.

    Source: Amazon CloudWatch Logs User Guide, "CloudWatch Logs resources and operations": policies have `:*` behind a
    log group for all actions but those that tag.
    """
    found: set[str] = set()
    for arn in recorded_or_filled(asked):
        group = arn.removesuffix(":*").removesuffix(":${*}")
        if not _LOG_GROUP.fullmatch(group):
            found.add(arn)
        elif "tag" in asked.action:
            found.add(group)
        else:
            found |= {group, f"{group}:*"}
    return found


def _of_api_gateway(asked: Asked) -> set[str]:
    """Return the path that a call went to, with `*` for what is not recorded.

    Source: API Gateway Developer Guide, "Amazon Resource Name (ARN) format for API Gateway resources".
    """
    verb = asked.action.partition(":")[2]
    best: tuple[int, set[str]] = (-1, set())
    for method, path in api_paths(asked.operation):
        if method.lower() == verb:
            filled = [_part(asked, name) for name in _PART.findall(path)]
            named = sum(1 for one in filled if one != ANY) - len(filled)
            parts = iter(filled)
            text = _PART.sub(lambda _, parts=parts: next(parts), path)  # type: ignore[misc]
            arn = f"arn:{asked.place['Partition']}:apigateway:{asked.place['Region']}::{text}"
            if kind_of(asked.action, arn) is not None:
                best = max(best, (named, {arn}), key=lambda one: one[0]) if best[1] else (named, {arn})
    return best[1] or recorded_or_filled(asked)


def _part(asked: Asked, name: str) -> str:
    """Return a part of a path, with its slashes encoded."""
    found = texts_at(asked.parameters, (name,))
    return literal(found[0]).replace("/", "%2F") if found else ANY


def _of_events(asked: Asked) -> set[str]:
    """Return rules and buses; a rule of a named bus is none of the default bus."""
    found = recorded_or_filled(asked)
    is_custom = any(arn.partition(":rule/")[2].count("/") for arn in found)
    return {arn for arn in found if not is_custom or "/" in arn.partition(":rule/")[2] or ":rule/" not in arn}


def _of_ses(asked: Asked) -> set[str]:
    """Return the identities of a sender: the address and its domain, as either may be the verified one.

    Source: Amazon SES Developer Guide, "Identity policies".
    """
    found = recorded_or_filled(asked)
    return found | {f"{start}:identity/{of.rpartition('@')[2]}" for start, at, of in map(_identity, found) if at}


def _identity(arn: str) -> tuple[str, bool, str]:
    start, _, name = arn.partition(":identity/")
    return start, "@" in name[:-1], name


SPECIAL: Final[Mapping[str, Callable[[Asked], set[str]]]] = {
    "ec2": _of_ec2,
    "elasticloadbalancing": _of_load_balancing,
    "kms": _of_kms,
    "s3": _of_s3,
    "iam": _of_iam,
    "lambda": _of_lambda,
    "logs": _of_logs,
    "apigateway": _of_api_gateway,
    "events": _of_events,
    "ses": _of_ses,
    "ssm": _of_ssm,
}


_COPYING: Final = frozenset({"copyobject", "uploadpartcopy"})
_RE_ENCRYPTING: Final = frozenset({"kms:reencryptfrom", "kms:reencryptto"})
_LOG_GROUP: Final = re.compile(r"[^:]*:[^:]*:logs:[^:]*:[^:]*:log-group:[^:]*")
_PART: Final = re.compile(r"\{(\w+)\}")
_NAMED: Final = re.compile(r"(.*:(?:role|user|group|policy|instance-profile|server-certificate|mfa))/([^/]*)")
_UNQUALIFIED: Final = re.compile(r"[^:]*:[^:]*:lambda:[^:]*:[^:]*:function:[^:]*")

_TAGGED: Final = (
    ("tagspecificationset", "resourcetype"),
    ("tagspecification", "resourcetype"),
    ("tagspecifications", "resourcetype"),
)

_SOURCE: Final = "x-amz-copy-source"

_OF_AWS: Final = re.compile(r"(arn:[^:]*:ssm:[^:]*):[^:]*:(document/(?:AWS|Amazon)[A-Za-z0-9]*-)")
"""A document of AWS's own, which belongs to no account. Source: AWS Systems Manager User Guide, "Document ARNs"."""

READS: Final = frozenset({_SOURCE, "type", "path", "qualifier", "resourcetype", "resourceid"})
"""The names in lower case of the parameters that this module reads beside those of the tables."""
