"""Policy generation: jobs that find the smallest policy that would have sufficed."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from sekisho.activity.caller import Caller
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.asking import page_size
from sekisho.api.operations.faults import invalid, quota_exceeded, unknown
from sekisho.api.operations.service import Service
from sekisho.findings import GenerationCursor, GenerationQuery, JobStatus, PolicyGeneration, TrailScope
from sekisho.findings.policy_generation import LISTED_FOR, USUAL_RANGE

_KIND: Final = "PolicyGeneration"
MOST_IN_PROGRESS: Final = 1000
"""How many jobs may wait for their turn. AWS takes one at a time."""

_MOST_REGIONS: Final = 100
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_PRINCIPAL: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(?:role|user)/[\w+=,.@/-]{1,576}", re.ASCII)
"""Source: IAM User Guide, "IAM identifiers"; paths have further characters that nobody uses."""


def policy_generation_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on policy generations."""
    jobs = service.generations

    def get_generated_policy(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        job = _job(service, params)
        return {
            "jobDetails": {**_shown_summary(job), "jobError": _shown_error(job)},
            "generatedPolicyResult": _shown_result(
                job, with_placeholders=params.get("includeResourcePlaceholders", False)
            ),
        }

    def list_policy_generations(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        page = jobs.list_generations(
            GenerationQuery(
                since=context.now - LISTED_FOR,
                principal_arn=params.get("principalArn"),
                limit=page_size(params),
                after=None if context.cursor is None else _cursor(*context.cursor),
            )
        )
        token = None if page.next is None else context.next_token([page.next.started_at.isoformat(), page.next.id])
        listed = [{**_shown_summary(one), "principalArn": one.principal_arn} for one in page.generations]
        return {"policyGenerations": listed, "nextToken": token}

    def cancel_policy_generation(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        if not jobs.cancel(params["jobId"], at=context.now):
            job = _job(service, params)
            if job.status is not JobStatus.CANCELED:
                raise invalid(f"the job `{job.id}` has ended: it is {job.status.value}, and cannot be cancelled")
        return {}

    return {
        "StartPolicyGeneration": partial(_start, service),
        "GetGeneratedPolicy": get_generated_policy,
        "ListPolicyGenerations": list_policy_generations,
        "CancelPolicyGeneration": cancel_policy_generation,
    }


def _start(service: Service, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
    """Keep a job, which is carried out in the background."""
    principal = params["policyGenerationDetails"]["principalArn"]
    if not _PRINCIPAL.fullmatch(principal):
        raise invalid(f"`{principal[:200]}` is no ARN of a role or user")
    if Caller(principal).is_service_linked:
        raise invalid(f"`{principal}` is a service-linked role; its policy is AWS's own, and nobody can change it")
    details = params.get("cloudTrailDetails")
    start = details["startTime"] if details else context.now - USUAL_RANGE
    end = min(details.get("endTime", context.now), context.now) if details else context.now
    if start >= end:
        raise invalid("`startTime` is not before `endTime` and the present")
    trails = _trails(service, details)
    if service.generations.count_in_progress() >= MOST_IN_PROGRESS:
        message = f"{MOST_IN_PROGRESS} jobs are in progress, which is the most; come again later, or cancel some"
        raise quota_exceeded(message, _KIND, principal)
    job = PolicyGeneration(str(uuid4()), principal, trails, start, end, context.now)
    service.generations.add(job)
    return {"jobId": job.id}


def _trails(service: Service, details: Mapping[str, Any] | None) -> tuple[TrailScope, ...]:
    """Return the trails to read: those that are named, or all that the server may read where none are."""
    if not service.trails:
        raise invalid("this server reads no trails; start it with `--trail ARN=PLACE`")
    if details is None:
        return tuple(TrailScope(arn) for arn in sorted(service.trails))
    trails = tuple(_trail(service, one) for one in details["trails"])
    if not trails:
        raise invalid("`trails` names no trail")
    if len({one.arn for one in trails}) < len(trails):
        raise invalid("`trails` names a trail twice; name all of its Regions at once")
    return trails


def _trail(service: Service, raw: Mapping[str, Any]) -> TrailScope:
    arn = raw["cloudTrailArn"]
    if arn not in service.trails:
        shown = arn[:300]
        raise invalid(f"the trail `{shown}` is not one that this server reads; start it with `--trail {shown}`")
    regions = tuple(dict.fromkeys(raw.get("regions", ())))
    if wrong := next((one for one in regions if not _REGION.fullmatch(one)), None):
        raise invalid(f"`{wrong[:60]}` in `regions` is no Region; write for example `eu-central-1`")
    if len(regions) > _MOST_REGIONS:
        raise invalid(f"a trail has {_MOST_REGIONS} Regions at most; set `allRegions`")
    return TrailScope(arn, () if raw.get("allRegions") else regions)


def _job(service: Service, params: Mapping[str, Any]) -> PolicyGeneration:
    job = service.generations.get(params["jobId"])
    if job is None:
        raise unknown(_KIND, params["jobId"])
    return job


def _cursor(started_at: str, identity: str) -> GenerationCursor:
    return GenerationCursor(datetime.fromisoformat(started_at), identity)


def _shown_summary(job: PolicyGeneration) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "status": job.status.value,
        "startedOn": job.started_at,
        "completedOn": job.completed_at,
    }


def _shown_error(job: PolicyGeneration) -> dict[str, str] | None:
    return None if job.error is None else {"code": job.error.code.value, "message": job.error.message}


def _shown_result(job: PolicyGeneration, *, with_placeholders: bool) -> dict[str, Any]:
    found = job.result
    properties = {
        "principalArn": job.principal_arn,
        "isComplete": None if found is None else found.is_complete,
        "cloudTrailProperties": {
            "trailProperties": [_shown_trail(one) for one in job.trails],
            "startTime": job.start,
            "endTime": job.end,
        },
    }
    if found is None:
        return {"properties": properties}
    policies = found.templates if with_placeholders else found.policies
    return {"properties": properties, "generatedPolicies": [{"policy": text} for text in policies]}


def _shown_trail(trail: TrailScope) -> dict[str, Any]:
    return {"cloudTrailArn": trail.arn, "regions": list(trail.regions) or None, "allRegions": not trail.regions}
