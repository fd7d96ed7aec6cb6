"""Conformance cases: reading them strictly, and comparing what an engine says with what a case expects."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    Observation,
    ResourceAnalysis,
)
from sekisho.resources.snapshot import ApiCall, ApiError, RawResource
from sekisho.resources.zone import ZoneOfTrust, parse_zone


class _Error(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    code: str


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    call: str
    params: dict[str, Any]
    response: dict[str, Any] | None = None
    error: _Error | None = None


class _Resource(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    arn: str
    owner_account: str
    region: str
    api_calls: list[_Call]


class Expected(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A finding expected; what is UNSET is not compared."""

    finding_type: str | msgspec.UnsetType = msgspec.UNSET
    status: str | msgspec.UnsetType = msgspec.UNSET
    resource: str | msgspec.UnsetType = msgspec.UNSET
    resource_type: str | msgspec.UnsetType = msgspec.UNSET
    resource_owner_account: str | msgspec.UnsetType = msgspec.UNSET
    principal: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    action: list[str] | msgspec.UnsetType = msgspec.UNSET
    condition: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    is_public: bool | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET
    sources: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    resource_control_policy_restriction: str | msgspec.UnsetType = msgspec.UNSET
    action_includes: list[str] = []
    action_excludes: list[str] = []
    source_types_include: list[str] = []
    blocked_by_documents: list[str] | msgspec.UnsetType = msgspec.UNSET


class Case(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A resource, who is trusted, and the findings expected."""

    id: str
    source: str
    resource_type: str
    resource: _Resource
    zone_of_trust: dict[str, Any]
    expected: list[Expected]
    why: str
    notes_include: list[str] = []

    @property
    def raw(self) -> RawResource:
        """The resource as a snapshot has it."""
        one = self.resource
        calls = tuple(
            ApiCall(call.call, call.params, call.response, ApiError(call.error.code) if call.error else None)
            for call in one.api_calls
        )
        return RawResource(self.resource_type, one.arn, one.owner_account, one.region, calls)

    @property
    def zone(self) -> ZoneOfTrust:
        """Who is trusted."""
        return parse_zone(self.zone_of_trust)


def external_access_cases() -> Iterator[Case]:
    """Yield the project's own cases, then those of every folder named in `SEKISHO_CASES`."""
    own = Path(__file__).parent
    folders = [own, *(Path(one) for one in os.environ.get("SEKISHO_CASES", "").split(os.pathsep) if one)]
    for folder in folders:
        for path in sorted((folder / "external-access").glob("*.json")):
            yield msgspec.json.decode(path.read_bytes(), type=Case)


def disagreements(case: Case, analysis: ResourceAnalysis) -> list[str]:
    """Say how an analysis differs from what the case expects; nothing when it does not."""
    left = [_comparable(one) for one in analysis.observations]
    said: list[str] = []
    if len(left) != len(case.expected):
        said.append(f"{len(case.expected)} findings expected, {len(left)} made")
    if not _pair(case.expected, left):
        said.append(f"expected {msgspec.json.encode(case.expected).decode()}, got {left}")
    said += [
        f"no note says {wanted!r}: {analysis.notes}"
        for wanted in case.notes_include
        if not any(wanted in note for note in analysis.notes)
    ]
    return said


def _pair(expected: list[Expected], actual: list[dict[str, Any]]) -> bool:
    """Say whether each expected finding can have a different actual one."""
    if not expected:
        return True
    first, *rest = expected
    return any(
        _matches(first, one) and _pair(rest, [*actual[:index], *actual[index + 1 :]])
        for index, one in enumerate(actual)
    )


def _comparable(one: Observation) -> dict[str, Any]:
    common: dict[str, Any] = {
        "finding_type": one.finding_type.value,
        "status": "ACTIVE",
        "resource": one.resource,
        "resource_type": one.resource_type,
        "resource_owner_account": one.resource_owner_account,
    }
    match one.outcome:
        case CredentialRisk():
            return common
        case AnalysisError(code=code):
            return common | {"error": code.value}
        case ExternalAccess() as access:
            return common | {
                "principal": dict(access.principal),
                "action": sorted(access.action),
                "condition": dict(access.condition),
                "is_public": access.is_public,
                "sources": [
                    {
                        "type": source.type,
                        "detail": {
                            "accessPointArn": source.access_point_arn,
                            "accessPointAccount": source.access_point_account,
                        },
                    }
                    for source in access.sources
                ],
                "resource_control_policy_restriction": access.resource_control_policy_restriction.value,
                "blocked_by_documents": sorted(one.document for one in access.blocked_by),
            }


_SETS = {"action", "blocked_by_documents"}
_MATCHERS = {"action_includes", "action_excludes", "source_types_include", "sources"}


def _matches(expected: Expected, actual: Mapping[str, Any]) -> bool:
    for name in expected.__struct_fields__:
        wanted = getattr(expected, name)
        if wanted is msgspec.UNSET or name in _MATCHERS:
            continue
        found = actual.get(name)
        if (sorted(wanted) if name in _SETS else wanted) != found:
            return False
    actions = set(actual.get("action", ()))
    types = {source["type"] for source in actual.get("sources", ())}
    return (
        set(expected.action_includes) <= actions
        and not set(expected.action_excludes) & actions
        and set(expected.source_types_include) <= types
        and (expected.sources is msgspec.UNSET or _same_sources(expected.sources, actual.get("sources", [])))
    )


def _same_sources(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> bool:
    if len(expected) != len(actual):
        return False
    return all(
        any(two["type"] == one["type"] and one.get("detail", {}).items() <= two["detail"].items() for two in actual)
        for one in expected
    )
