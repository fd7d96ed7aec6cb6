"""Which roles a call passed to a service: its caller needed `iam:PassRole`, of which CloudTrail has no event.

The rows, with a reason each, are in `generated/passed_roles.json`, which `tools/passed_roles.py` makes.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from sekisho.activity.call import Call
from sekisho.activity.caller import MASKED
from sekisho.policy.patterns import literal


@dataclass(frozen=True, slots=True)
class PassedRole:
    """A role that a call passed.

    Attributes:
        role: its ARN, or a pattern where the account is not known.
        service: the value of `iam:PassedToService`; empty where it is not known, so that no condition can be written.
        parameter: where it stood: `overrides.taskRoleArn`.
        assumed: what had to be assumed, in a few words; empty for nothing.
    """

    role: str
    service: str
    parameter: str
    assumed: str = ""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


READS: Final = _names(
    """accessrole addiamroles autoscalingrole autosubdomainiamrole clusterrole codebuildservicerole
    customiaminstanceprofile defaultlambdarole domainexecutionrole domainiamrolename ehrrole executionrole
    executionrolearn executionrolename firmwareupdaterole iamfleetrole iaminstanceprofile iamrole iamroles
    instanceprofilename instancerole invocationrole invokerrolename jobflowrole jobrolearn lambdarole
    loggingrole manageaccessrole noderole operationsrole resourcerole role rolearnforlogging rolename
    s3urlsignerrole serviceexecutionrole serviceexecutionroleupdate servicerole serviceroleoverride snsrolename
    spotiamfleetrole syncrole taskrolearn twowaychannelrole userrole validationrole"""
)
"""The parameters that may hold a name instead of an ARN; those that hold ARNs need not be asked for."""

_NO_PROFILES: Final[Mapping[str, str]] = {}


def passed_roles(call: Call, profiles: Mapping[str, str] = _NO_PROFILES) -> tuple[PassedRole, ...]:
    """Return the roles that a call passed, by parameter; nothing for a call that passes none.

    A role of another account is left out, because none can be passed. So is a service-linked role, but for one that
    EC2 Auto Scaling has under a suffix of the customer's.

    Args:
        call: what was called.
        profiles: the roles of instance profiles, learnt elsewhere: ARN of the role by ARN of the profile, which is
            written without its path, as `role_of_profile` does. Names of profiles are unique in an account.

    Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service": within one account; Amazon EC2
    Auto Scaling User Guide, "Identity-based policy examples": which service-linked role can be passed.
    """
    tree = _tree(call.source, call.name)
    if tree is None or not call.parameters:
        return ()
    found = {
        PassedRole(role, _principal(row.service, call.partition), row.parameter, _sentence(row.assumed, assumed))
        for row, text in _texts(call.parameters, tree)
        for role, assumed in _roles(text, row.kind, call, profiles)
    }
    return tuple(sorted(found, key=lambda one: (one.parameter, one.role, one.service)))


def role_of_profile(call: Call) -> tuple[str, str] | None:
    """Return the instance profile and the role that a call of `iam:AddRoleToInstanceProfile` put into it.

    Both are ARNs without a path, which the call does not tell.
    """
    if call.name != "AddRoleToInstanceProfile" or call.source != "iam.amazonaws.com" or not call.parameters:
        return None
    told = {str(key).lower(): _single(value) for key, value in call.parameters.items()}
    profile, role = told.get("instanceprofilename", ""), told.get("rolename", "")
    if not _is_name(profile) or not _is_name(role):
        return None
    return _arn(call, "instance-profile", profile), _arn(call, "role", role)


@dataclass(frozen=True, slots=True)
class _Row:
    parameter: str
    service: str
    kind: str
    assumed: str


@dataclass(frozen=True, slots=True)
class _Node:
    """What may stand at one place of the parameters: rows for a text, nodes by lower-case name for an object."""

    rows: list[_Row] = field(default_factory=list[_Row])
    inner: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])

    def under(self, key: str) -> "_Node | None":
        """Return the node for a key of an object, with the wrappings that CloudTrail adds."""
        name = key.lower()
        if name in self.inner:
            return self.inner[name]
        if name.endswith("set") and (name[:-3] in self.inner or f"{name[:-3]}s" in self.inner):
            return self.inner.get(name[:-3]) or self.inner[f"{name[:-3]}s"]
        if name in _WRAPPINGS or name.endswith("request"):
            return self
        return self.inner.get("*")


_WRAPPINGS: Final = frozenset({"item", "items", "member", "members"})
_MOST_PLACES: Final = 20_000
"""Of the parameters of one call so many are looked at; CloudTrail leaves out those of more than 100 KB."""


def _texts(parameters: Mapping[str, Any], tree: _Node) -> Iterator[tuple[_Row, str]]:
    """Yield the texts that stand where a role may."""
    pending: list[tuple[object, _Node]] = [(parameters, tree)]
    for _ in range(_MOST_PLACES):
        if not pending:
            return
        value, node = pending.pop()
        match value:
            case str():
                yield from ((row, value) for row in node.rows)
            case list() | tuple():
                pending.extend((one, node) for one in cast("Iterable[object]", value))
            case Mapping():
                for key, one in cast("Mapping[object, object]", value).items():
                    inner = node.under(key) if isinstance(key, str) else None
                    if inner is not None:
                        pending.append((one, inner))
            case _:
                pass


_ROLE: Final = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/((?:[!-~]*/)?)([\w+=,.@-]{1,64})", re.ASCII)
_PROFILE: Final = re.compile(
    r"arn:(aws[a-z-]*):iam::(\d{12}):instance-profile/(?:[!-~]*/)?([\w+=,.@-]{1,128})", re.ASCII
)
_BARE: Final = re.compile(r"/?((?:[\w+=,.@/-]*/)?)([\w+=,.@-]{1,128})", re.ASCII)
_LONGEST: Final = 1024
_SERVICE_LINKED: Final = "aws-service-role/"
_SUFFIXED: Final = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_"
_NO_PATH: Final = "the role has no path"
_SAME_NAME: Final = "the role has the name of the instance profile, and no path"
_NO_ACCOUNT: Final = "the account is not known"


def _roles(text: str, kind: str, call: Call, profiles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the role that a text means, and what was assumed; nothing for a text that means none."""
    if len(text) > _LONGEST or text in MASKED:
        return
    if text.startswith("arn:"):
        if role := _ROLE.fullmatch(text):
            yield from _named_in_full(role, kind, call)
        elif kind == "profile" and (profile := _PROFILE.fullmatch(text)):
            yield from _in_profile(text, profile[3], call, profiles, owner=profile[2])
    elif kind == "profile":
        if _is_name(text):
            yield from _in_profile("", text, call, profiles, owner=call.account)
    elif kind == "role" and (bare := _BARE.fullmatch(text)):
        yield from _named(bare[1].lstrip("/"), bare[2], call)


def _named_in_full(role: re.Match[str], kind: str, call: Call) -> Iterator[tuple[str, str]]:
    _, owner, path, name = role.groups()
    if call.account and owner != call.account:
        return
    is_suffixed = kind == "service-linked" and f"{path}{name}".startswith(_SUFFIXED)
    if (kind == "service-linked" or path.startswith(_SERVICE_LINKED)) and not is_suffixed:
        return
    yield literal(role[0]), ""


def _named(path: str, name: str, call: Call) -> Iterator[tuple[str, str]]:
    if path.startswith(_SERVICE_LINKED) or name.startswith("AWSServiceRoleFor") or name in MASKED:
        return
    yield _arn(call, "role", f"{path}{name}"), _sentence("" if path else _NO_PATH, "" if call.account else _NO_ACCOUNT)


def _in_profile(
    recorded: str, name: str, call: Call, profiles: Mapping[str, str], *, owner: str
) -> Iterator[tuple[str, str]]:
    if call.account and owner != call.account:
        return
    known = profiles.get(_arn(call, "instance-profile", name)) or profiles.get(recorded)
    if known:
        yield known, ""
    else:
        yield _arn(call, "role", name), _sentence(_SAME_NAME, "" if call.account else _NO_ACCOUNT)


def _arn(call: Call, kind: str, name: str) -> str:
    return f"arn:{call.partition}:iam::{call.account or '*'}:{kind}/{name}"


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[\w+=,.@-]{1,128}", text, re.ASCII) is not None and text not in MASKED


def _single(value: object) -> str:
    match value:
        case str():
            return value
        case [str() as only]:
            return only
        case _:
            return ""


def _sentence(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


_NATIONAL: Final = frozenset(
    {"application-autoscaling.amazonaws.com", "ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"}
)
"""The services whose principals end otherwise in China.

Source: the conditions on `iam:PassedToService` in the AWS managed policies AmazonDynamoDBFullAccess,
AWSBatchServiceRole and AmazonEMRFullAccessPolicy_v2.
"""


def _principal(service: str, partition: str) -> str:
    return f"{service}.cn" if partition == "aws-cn" and service in _NATIONAL else service


_VERSION: Final = re.compile(r"20\d\d[_-]?\d\d[_-]?\d\d(v\d+)?$", re.ASCII)


@lru_cache(maxsize=8192)
def _tree(source: str, name: str) -> _Node | None:
    """Return where the roles of an operation stand; None for one that passes none."""
    service = source.lower().removesuffix(".amazonaws.com")
    rows = _rows().get((service, name.lower())) or _rows().get((service, _VERSION.sub("", name).lower()))
    if rows is None:
        return None
    tree = _Node()
    for path, principal, kind, _, assumed in rows:
        _place(tree, path, principal, kind, assumed)
    return tree


def _place(tree: _Node, path: str, principal: str, kind: str, assumed: str) -> None:
    """Put a row of the table into a tree: `path` has dots between its segments, `|` between two names of one."""
    segments = [segment.split("|") for segment in path.split(".")]
    shown = [names[0] for names in segments]
    if shown[-1] in {"arn", "name"}:
        del shown[-1]
    node = tree
    for names in segments:
        inner = next((node.inner[name.lower()] for name in names if name.lower() in node.inner), _Node())
        node.inner.update((name.lower(), inner) for name in names)
        node = inner
    node.rows.append(_Row(".".join(shown), principal, kind, assumed))


_TABLE: Final = files("sekisho.activity").joinpath("generated/passed_roles.json")


@lru_cache(maxsize=1)
def _rows() -> Mapping[tuple[str, str], list[tuple[str, str, str, int, str]]]:
    """Return the table by event source and operation, both in lower case."""
    table: dict[str, Any] = json.loads(_TABLE.read_text("utf-8"))
    rows: dict[tuple[str, str], list[tuple[str, str, str, int, str]]] = {}
    for name, listed in table["operations"].items():
        service, _, operation = name.partition(":")
        for source in table["sources"][service]:
            rows.setdefault((source, operation.lower()), []).extend(listed)
    return rows
