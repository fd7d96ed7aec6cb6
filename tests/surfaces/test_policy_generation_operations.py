"""The four operations of policy generation, as boto3 and the aws CLI call them; nobody works on the jobs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.api.operations import policy_generations
from sekisho.findings import (
    GeneratedPolicies,
    GenerationQuery,
    JobError,
    JobErrorCode,
    PolicyGeneration,
    TrailScope,
)
from surfaces.api_service import ACCOUNT, TRAIL, Served, call
from unit.api.signing import OPERATOR, READER

pytestmark = pytest.mark.slow

ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
ACCESS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AccessAnalyzerMonitorServiceRole"
START, END = datetime(2026, 6, 1, 8, 30, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
RESULT = GeneratedPolicies(('{"Statement":"real"}', "{}"), ('{"Statement":"${BucketName}"}',), is_complete=True)
NOW = datetime.now(UTC).replace(microsecond=0)


def details(**others: Any) -> dict[str, Any]:
    trail = {"cloudTrailArn": TRAIL, "regions": ["eu-west-1", "us-east-1"]}
    return {"trails": [trail], "accessRole": ACCESS_ROLE, "startTime": START, "endTime": END, **others}


def start(client: AccessAnalyzerClient, **others: Any) -> str:
    asked = {"policyGenerationDetails": {"principalArn": ROLE}, "cloudTrailDetails": details(), **others}
    answer: str = call(client, "StartPolicyGeneration", **asked)["jobId"]
    return answer


def refusal(ask: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        ask()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_job_is_told_as_it_was_asked_for(client: AccessAnalyzerClient) -> None:
    job = start(client)

    told = call(client, "GetGeneratedPolicy", jobId=job)

    started = told["jobDetails"].pop("startedOn")
    assert abs(datetime.now(UTC) - started) < timedelta(minutes=1)
    assert told == {
        "jobDetails": {"jobId": job, "status": "IN_PROGRESS"},
        "generatedPolicyResult": {
            "properties": {
                "principalArn": ROLE,
                "cloudTrailProperties": {
                    "trailProperties": [
                        {"cloudTrailArn": TRAIL, "regions": ["eu-west-1", "us-east-1"], "allRegions": False}
                    ],
                    "startTime": START,
                    "endTime": END,
                },
            },
        },
    }


def test_without_details_all_trails_of_the_server_count_for_ninety_days(client: AccessAnalyzerClient) -> None:
    job = client.start_policy_generation(policyGenerationDetails={"principalArn": ROLE})["jobId"]

    properties = call(client, "GetGeneratedPolicy", jobId=job)["generatedPolicyResult"]["properties"]

    asked = properties["cloudTrailProperties"]
    assert asked["trailProperties"] == [{"cloudTrailArn": TRAIL, "allRegions": True}]
    assert asked["endTime"] - asked["startTime"] == timedelta(days=90)


def test_an_end_that_is_not_there_yet_is_the_present(client: AccessAnalyzerClient) -> None:
    for others in ({"endTime": NOW + timedelta(days=9)}, {}):
        asked = {**{key: value for key, value in details().items() if key != "endTime"}, **others}
        told = call(client, "GetGeneratedPolicy", jobId=start(client, cloudTrailDetails=asked))

        end = told["generatedPolicyResult"]["properties"]["cloudTrailProperties"]["endTime"]
        assert abs(end - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_was_found_is_told_with_real_resources_or_with_placeholders(
    served: Served, client: AccessAnalyzerClient
) -> None:
    job = start(client)
    assert served.generations.finish(job, RESULT, at=NOW)

    plain = call(client, "GetGeneratedPolicy", jobId=job)
    placeholders = call(
        client, "GetGeneratedPolicy", jobId=job, includeResourcePlaceholders=True, includeServiceLevelTemplate=True
    )

    assert (plain["jobDetails"]["status"], plain["jobDetails"]["completedOn"]) == ("SUCCEEDED", NOW)
    assert plain["generatedPolicyResult"]["properties"]["isComplete"]
    assert [one["policy"] for one in plain["generatedPolicyResult"]["generatedPolicies"]] == list(RESULT.policies)
    assert [one["policy"] for one in placeholders["generatedPolicyResult"]["generatedPolicies"]] == list(
        RESULT.templates
    )


def test_why_a_job_failed_is_told(served: Served, client: AccessAnalyzerClient) -> None:
    job = start(client)
    assert served.generations.finish(job, JobError(JobErrorCode.AUTHORIZATION_ERROR, "it takes this"), at=NOW)

    told = call(client, "GetGeneratedPolicy", jobId=job)

    assert told["jobDetails"]["jobError"] == {"code": "AUTHORIZATION_ERROR", "message": "it takes this"}
    assert told["jobDetails"]["status"] == "FAILED"
    assert "generatedPolicies" not in told["generatedPolicyResult"]


def test_jobs_of_seven_days_are_listed_by_principal_and_page(served: Served, client: AccessAnalyzerClient) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:user/bob"
    jobs = [start(client) for _ in range(4)]
    others = [start(client, policyGenerationDetails={"principalArn": other}) for _ in range(3)]
    old = datetime.now(UTC) - timedelta(days=7, minutes=1)
    served.generations.add(PolicyGeneration("old", ROLE, (TrailScope(TRAIL),), START, END, old))

    def listed(size: int, **asked: str) -> list[str]:
        pages: Any = client.get_paginator("list_policy_generations").paginate(
            **asked, PaginationConfig={"PageSize": size}
        )
        return [one["jobId"] for page in pages for one in page["policyGenerations"]]

    for size in (1, 2, 100):
        assert sorted(listed(size)) == sorted(jobs + others)
        assert sorted(listed(size, principalArn=other)) == sorted(others)
    first = call(client, "ListPolicyGenerations", maxResults=2)
    assert [one["principalArn"] for one in first["policyGenerations"]] == [other, other]
    assert refusal(lambda: client.list_policy_generations(nextToken=first["nextToken"], principalArn=other)) == (
        "ValidationException",
        "`nextToken` is not a token of this operation with these parameters",
    )


def test_a_job_is_cancelled_once_and_for_all(served: Served, client: AccessAnalyzerClient) -> None:
    job, done = start(client), start(client)
    assert served.generations.finish(done, RESULT, at=NOW)

    for _ in range(2):
        client.cancel_policy_generation(jobId=job)

    assert call(client, "GetGeneratedPolicy", jobId=job)["jobDetails"]["status"] == "CANCELED"
    assert refusal(lambda: client.cancel_policy_generation(jobId=done)) == (
        "ValidationException",
        f"the job `{done}` has ended: it is SUCCEEDED, and cannot be cancelled",
    )


def test_a_request_that_comes_twice_is_one_job(served: Served, client: AccessAnalyzerClient) -> None:
    first, second = (start(client, clientToken="once") for _ in range(2))

    assert first == second
    assert len(served.generations.list_generations(GenerationQuery(since=NOW - timedelta(hours=1))).generations) == 1
    code, message = refusal(
        lambda: start(client, clientToken="once", policyGenerationDetails={"principalArn": f"{ROLE}2"})
    )
    assert (code, "was used before, with other parameters" in message) == ("ValidationException", True)
    assert start(client, clientToken="twice") != first


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(
            {"policyGenerationDetails": {"principalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"}},
            "must match the pattern",
            id="a session",
        ),
        pytest.param(
            {"policyGenerationDetails": {"principalArn": "arn:aws:iam::me:role/app"}},
            "is no ARN of a role or user",
            id="no account",
        ),
        pytest.param(
            {
                "policyGenerationDetails": {
                    "principalArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
                }
            },
            "its policy is AWS's own",
            id="a service-linked role",
        ),
        pytest.param(
            {"cloudTrailDetails": details(trails=[{"cloudTrailArn": f"{TRAIL}2"}])},
            f"start it with `--trail {TRAIL}2`",
            id="a trail that the operator has not named",
        ),
        pytest.param({"cloudTrailDetails": details(trails=[])}, "names no trail", id="no trail"),
        pytest.param(
            {"cloudTrailDetails": details(trails=[{"cloudTrailArn": TRAIL}] * 2)}, "a trail twice", id="a trail twice"
        ),
        pytest.param(
            {"cloudTrailDetails": details(trails=[{"cloudTrailArn": TRAIL, "regions": ["../.."]}])},
            "`../..` in `regions` is no Region",
            id="no Region",
        ),
        pytest.param({"cloudTrailDetails": details(startTime=END)}, "is not before `endTime`", id="no time at all"),
        pytest.param(
            {"cloudTrailDetails": details(startTime=NOW + timedelta(days=1), endTime=NOW + timedelta(days=2))},
            "is not before `endTime` and the present",
            id="the future",
        ),
        pytest.param({"cloudTrailDetails": details(accessRole="me")}, "must match the pattern", id="no access role"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(client: AccessAnalyzerClient, changed: dict[str, Any], said: str) -> None:
    code, message = refusal(lambda: start(client, **changed))

    assert code == "ValidationException"
    assert said in message
    assert client.list_policy_generations()["policyGenerations"] == []


def test_a_job_that_nobody_knows_is_refused(client: AccessAnalyzerClient) -> None:
    for ask in (client.get_generated_policy, client.cancel_policy_generation):
        assert refusal(lambda: ask(jobId="none")) == (  # noqa: B023 - called at once
            "ValidationException",
            "there is no PolicyGeneration `none`",
        )


def test_jobs_are_for_operators_and_results_for_readers(served: Served) -> None:
    job = start(served.server.client(OPERATOR))
    reader = served.server.client(READER)

    assert reader.get_generated_policy(jobId=job)["jobDetails"]["jobId"] == job
    assert len(reader.list_policy_generations()["policyGenerations"]) == 1
    assert refusal(lambda: start(reader))[0] == "AccessDeniedException"
    assert refusal(lambda: reader.cancel_policy_generation(jobId=job))[0] == "AccessDeniedException"


def test_more_jobs_than_can_wait_are_refused(client: AccessAnalyzerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_generations, "MOST_IN_PROGRESS", 1)
    job = start(client)

    assert refusal(lambda: start(client))[0] == "ServiceQuotaExceededException"
    client.cancel_policy_generation(jobId=job)
    start(client)


def test_the_aws_cli_starts_shows_lists_and_cancels(served: Served) -> None:
    trails = {**details(), "startTime": START.isoformat(), "endTime": END.isoformat()}
    made = served.server.aws(
        "start-policy-generation",
        "--policy-generation-details", f"principalArn={ROLE}",
        "--cloud-trail-details", json.dumps(trails),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    job = json.loads(made.stdout)["jobId"]

    listed = json.loads(served.server.aws("list-policy-generations", "--principal-arn", ROLE).stdout)
    assert [one["jobId"] for one in listed["policyGenerations"]] == [job]
    assert served.generations.finish(job, RESULT, at=NOW)
    shown = served.server.aws("get-generated-policy", "--job-id", job, "--include-resource-placeholders")
    assert json.loads(shown.stdout)["generatedPolicyResult"]["generatedPolicies"] == [{"policy": RESULT.templates[0]}]
    refused = served.server.aws("cancel-policy-generation", "--job-id", job)
    assert "has ended: it is SUCCEEDED" in refused.stderr
