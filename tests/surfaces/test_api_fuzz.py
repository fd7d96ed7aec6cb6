"""Every operation with every kind of input, over a real store: whatever is asked, the server has an answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.api.errors import COMMON_ERRORS
from sekisho.api.model import operation_models
from sekisho.findings import FindingFilter, GenerationQuery
from surfaces.api_service import ACCOUNT, TRAIL, Served, scan_sample, serving_sample
from unit.api.malformed import malformed_requests
from unit.api.shapes import values
from unit.api.signing import sign

pytestmark = pytest.mark.slow

some = settings(max_examples=settings().max_examples // 5, suppress_health_check=list(HealthCheck))
SPOILERS = st.sampled_from(
    ["' OR 1=1 --", "<img src=x onerror=alert(1)>", "\x00", "%", "_", "\\", "é\u202e", "0" * 3000]
)
KEYS = st.sampled_from(["resource", "isPublic", "status", "id", "principal.AWS", "condition.aws:SourceIp", "error"])
TEXTS = st.text(max_size=8) | SPOILERS | st.sampled_from(["true", "ACTIVE", "444455556666", "*"])
CRITERION = st.fixed_dictionaries(
    {},
    optional={
        "eq": st.lists(TEXTS, min_size=1, max_size=22),
        "neq": st.lists(TEXTS, min_size=1, max_size=3),
        "contains": st.lists(TEXTS, min_size=1, max_size=3),
        "exists": st.booleans(),
    },
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ROLES = st.sampled_from([ROLE, ROLE, f"{ROLE}\0", f"{ROLE}/aws-service-role/x/y", "arn:::iam:::role/%"])
CLOUD_TRAIL_DETAILS = st.fixed_dictionaries(
    {
        "accessRole": ROLES,
        "startTime": st.datetimes(timezones=st.just(UTC)),
        "trails": st.lists(
            st.fixed_dictionaries(
                {"cloudTrailArn": st.sampled_from([TRAIL, f"{TRAIL}2"])},
                optional={
                    "regions": st.lists(TEXTS | st.just("eu-west-1"), max_size=3),
                    "allRegions": st.booleans(),
                },
            ),
            max_size=2,
        ),
    },
    optional={"endTime": st.datetimes(timezones=st.just(UTC))},
)
ALL = GenerationQuery(since=datetime(2000, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with serving_sample(str(folder / "findings.db")) as service:
        yield service


@pytest.fixture
def served(running: Served) -> Served:
    """The service with its findings, whatever was deleted before."""
    scan_sample(running.store)
    return running


@pytest.fixture
def client(served: Served) -> AccessAnalyzerClient:
    return served.server.client(checks_itself=False)


def likely(served: Served) -> dict[str, st.SearchStrategy[Any]]:
    """What makes an input reach further than its first check: names of what is there, mostly."""
    ids = [one.id for one in served.store.findings(FindingFilter(served.analyzer))]
    resources = [one.observation.resource for one in served.store.findings(FindingFilter(served.analyzer))]
    arns = st.sampled_from([served.analyzer] * 4 + ["a:b:c:d:e:analyzer/none"])
    return {
        "analyzerArn": arns,
        "analyzerName": st.sampled_from(["sekisho", "sekisho", "other", "a.b"]),
        "id": st.sampled_from(ids) | TEXTS.filter(lambda text: text not in {"", ".", ".."}),
        "ids": st.lists(st.sampled_from(ids) | TEXTS, max_size=4),
        "resourceArn": st.sampled_from([*resources, served.analyzer, "arn:aws:sqs:us-east-1:111122223333:none"]),
        "filter": st.dictionaries(KEYS | TEXTS, CRITERION, max_size=3),
        "maxResults": st.integers(-2, 300),
        "nextToken": st.none() | TEXTS,
        "jobId": st.sampled_from([one.id for one in served.generations.list_generations(ALL).generations] or ["none"]),
        "policyGenerationDetails": st.fixed_dictionaries({"principalArn": ROLES}),
        "cloudTrailDetails": st.none() | CLOUD_TRAIL_DETAILS,
    }


@pytest.mark.parametrize("operation", operation_models())
def test_every_input_is_answered_or_refused(served: Served, client: AccessAnalyzerClient, operation: str) -> None:
    model = operation_models()[operation]
    members = model.input_shape.members if model.input_shape else {}
    given_members = {name: strategy for name, strategy in likely(served).items() if name in members}
    allowed = {shape.name for shape in model.error_shapes} | set(COMMON_ERRORS)

    @some
    @given(values(model.input_shape, **given_members))
    def law(params: dict[str, Any]) -> None:
        try:
            getattr(client, xform_name(operation))(**params)
        except ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused.response  # noqa: PT017
            assert refused.response["Error"]["Code"] in allowed  # noqa: PT017

    law()
    if operation != "DeleteAnalyzer":
        assert served.store.findings(FindingFilter(served.analyzer))


@pytest.mark.parametrize("operation", operation_models())
def test_every_malformed_request_is_refused_or_harmless(served: Served, operation: str) -> None:
    @some
    @given(malformed_requests(operation_models()[operation]))
    def law(request: Any) -> None:
        status, headers, _body = served.server.send(sign(request))

        assert status < 500
        assert headers["x-amzn-requestid"]

    law()
