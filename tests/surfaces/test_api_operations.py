"""Every operation that is served, as boto3 and the aws CLI call it, over real stores."""

import json
from collections.abc import Mapping
from typing import Any, Literal

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from mypy_boto3_accessanalyzer import AccessAnalyzerClient
from mypy_boto3_accessanalyzer.type_defs import CriterionTypeDef

from sekisho.api.model import operation_models
from sekisho.findings import ChangeKind, FindingFilter, ResourceQuery
from surfaces.api_service import ACCOUNT, Served, call
from unit.api.signing import OPERATOR, READER, REGION

pytestmark = pytest.mark.slow

MINE = f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/mine"
PARTNERS: Mapping[str, CriterionTypeDef] = {"principal.AWS": {"eq": ["444455556666"]}}
HOSTILE = [
    "'; DROP TABLE findings; --",
    '"><script>alert(1)</script>',
    "\x00",
    "%00",
    "../../etc",
    "\ud7ff\uffff",
    "a" * 5000,
]


def everything(client: AccessAnalyzerClient, operation: str, size: int, **params: Any) -> list[Any]:
    """Walk every page of a list, and return what is on them."""
    paginator: Any = client.get_paginator(xform_name(operation))  # type: ignore[call-overload] # one of many names
    pages = list(paginator.paginate(**params, PaginationConfig={"PageSize": size}))
    (key,) = [one.expression for one in paginator.result_keys]
    assert all(len(page[key]) <= size for page in pages)
    return [one for page in pages for one in page[key]]


def code_of(failure: "pytest.ExceptionInfo[ClientError]") -> str:
    return str(failure.value.response["Error"]["Code"])


def test_the_findings_are_those_of_the_store(served: Served, client: AccessAnalyzerClient) -> None:
    stored = {one.id: one for one in served.store.findings(FindingFilter(served.analyzer))}
    listed = everything(client, "ListFindings", 7, analyzerArn=served.analyzer)
    summaries = everything(client, "ListFindingsV2", 5, analyzerArn=served.analyzer)

    assert len(stored) > 20
    assert [one["id"] for one in listed] == [one["id"] for one in summaries] == sorted(stored)
    for one in listed:
        got = call(client, "GetFinding", analyzerArn=served.analyzer, id=one["id"])["finding"]
        assert got == one
        details = call(client, "GetFindingV2", analyzerArn=served.analyzer, id=one["id"])
        (access,) = [each["externalAccessDetails"] for each in details.pop("findingDetails")]
        assert {**details, **access} == {**one, "findingType": "ExternalAccess"}


@pytest.mark.parametrize("attribute", ["id", "resource", "createdAt", "status"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_a_sorted_walk_sees_every_finding_once(
    served: Served, client: AccessAnalyzerClient, attribute: str, order: Literal["ASC", "DESC"]
) -> None:
    sort = {"attributeName": attribute, "orderBy": order}
    listed = everything(client, "ListFindings", 3, analyzerArn=served.analyzer, sort=sort)

    assert len({one["id"] for one in listed}) == len(listed) == len(served.store.findings(FindingFilter()))
    values = [one[attribute] for one in listed]
    assert values == sorted(values, reverse=order == "DESC")


def test_a_filter_is_the_one_of_archive_rules(served: Served, client: AccessAnalyzerClient) -> None:
    public = everything(client, "ListFindings", 100, analyzerArn=served.analyzer, filter={"isPublic": {"eq": ["true"]}})
    buckets = everything(
        client,
        "ListFindingsV2",
        100,
        analyzerArn=served.analyzer,
        filter={"resourceType": {"neq": ["AWS::S3::Bucket"]}, "status": {"eq": ["ACTIVE"]}, "error": {"exists": False}},
    )

    assert public
    assert all(one["isPublic"] for one in public)
    assert buckets
    assert not any(one["resourceType"] == "AWS::S3::Bucket" or "error" in one for one in buckets)


def test_a_walk_meets_what_stays_once_while_findings_change(served: Served, client: AccessAnalyzerClient) -> None:
    stored = [one.id for one in served.store.findings(FindingFilter(served.analyzer))]
    seen: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = client.list_findings(analyzerArn=served.analyzer, maxResults=4, **token)
        seen += [one["id"] for one in page["findings"]]
        client.update_findings(analyzerArn=served.analyzer, status="ARCHIVED", ids=stored[:: len(seen)])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}

    assert seen == sorted(stored)


def test_an_analyzer_is_made_scanned_listed_tagged_and_deleted(served: Served, client: AccessAnalyzerClient) -> None:
    rule = {"ruleName": "partners", "filter": PARTNERS}
    made = call(client, "CreateAnalyzer", analyzerName="mine", type="ACCOUNT", tags={"team": "a"}, archiveRules=[rule])

    assert made == {"arn": MINE}
    assert served.scanner.scans == [MINE]
    analyzer = call(client, "GetAnalyzer", analyzerName="mine")["analyzer"]
    assert (analyzer["type"], analyzer["status"], analyzer["tags"]) == ("ACCOUNT", "ACTIVE", {"team": "a"})
    assert [one["arn"] for one in everything(client, "ListAnalyzers", 1)] == sorted([MINE, served.analyzer])
    assert [one["arn"] for one in call(client, "ListAnalyzers", type="ACCOUNT")["analyzers"]] == [MINE]
    assert call(client, "ListArchiveRules", analyzerName="mine")["archiveRules"][0]["filter"] == PARTNERS
    call(client, "UpdateAnalyzer", analyzerName="mine")

    call(client, "TagResource", resourceArn=MINE, tags={"cost": "1", "team": "b"})
    assert call(client, "ListTagsForResource", resourceArn=MINE)["tags"] == {"cost": "1", "team": "b"}
    call(client, "UntagResource", resourceArn=MINE, tagKeys=["cost", "none"])
    assert call(client, "ListTagsForResource", resourceArn=MINE)["tags"] == {"team": "b"}

    call(client, "DeleteAnalyzer", analyzerName="mine")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_analyzer(analyzerName="mine")


def test_an_archive_rule_acts_on_what_is_there_when_it_is_applied(served: Served) -> None:
    client = served.server.client(region="us-east-1")
    name = served.analyzer.rpartition("/")[2]
    before = call(client, "GetFindingsStatistics", analyzerArn=served.analyzer)["findingsStatistics"][0]
    everyone = {"resourceType": {"exists": True}}
    call(client, "CreateArchiveRule", analyzerName=name, ruleName="all", filter=everyone)
    assert call(client, "GetArchiveRule", analyzerName=name, ruleName="all")["archiveRule"]["filter"] == everyone
    call(client, "UpdateArchiveRule", analyzerName=name, ruleName="all", filter={"isPublic": {"eq": ["false"]}})

    call(client, "ApplyArchiveRule", analyzerArn=served.analyzer, ruleName="all")

    after = call(client, "GetFindingsStatistics", analyzerArn=served.analyzer)["findingsStatistics"][0]
    active = after["externalAccessFindingsStatistics"]
    kinds = active["resourceTypeStatistics"].values()
    assert sum(one["totalActiveCrossAccount"] for one in kinds) == 0
    assert sum(one["totalActivePublic"] for one in kinds) > 0
    was = before["externalAccessFindingsStatistics"]
    assert active["totalArchivedFindings"] == was["totalActiveFindings"] - active["totalActiveFindings"] > 0

    call(client, "DeleteArchiveRule", analyzerName=name, ruleName="all")
    assert call(client, "ListArchiveRules", analyzerName=name)["archiveRules"] == []


def test_findings_go_into_the_archive_and_back_by_id_and_by_resource(
    served: Served, client: AccessAnalyzerClient
) -> None:
    first, *_ = client.list_findings(analyzerArn=served.analyzer)["findings"]

    call(client, "UpdateFindings", analyzerArn=served.analyzer, status="ARCHIVED", ids=[first["id"]])
    assert client.get_finding(analyzerArn=served.analyzer, id=first["id"])["finding"]["status"] == "ARCHIVED"
    call(client, "UpdateFindings", analyzerArn=served.analyzer, status="ACTIVE", resourceArn=first["resource"])
    assert client.get_finding(analyzerArn=served.analyzer, id=first["id"])["finding"]["status"] == "ACTIVE"

    history = served.store.history(first["id"])
    assert [one.kind for one in history] == [ChangeKind.CREATED, ChangeKind.ARCHIVED, ChangeKind.UNARCHIVED]
    assert history[-1].by == "SKIAADMIN"
    assert {one.at.microsecond % 1000 for one in history} == {0}


def test_nothing_changes_when_one_of_the_ids_is_unknown(served: Served, client: AccessAnalyzerClient) -> None:
    first, *_ = client.list_findings(analyzerArn=served.analyzer)["findings"]

    with pytest.raises(client.exceptions.ResourceNotFoundException, match="no-such-id"):
        client.update_findings(analyzerArn=served.analyzer, status="ARCHIVED", ids=[first["id"], "no-such-id"])

    assert client.get_finding(analyzerArn=served.analyzer, id=first["id"])["finding"]["status"] == "ACTIVE"


def test_every_analyzed_resource_is_listed_and_described(served: Served, client: AccessAnalyzerClient) -> None:
    listed = everything(client, "ListAnalyzedResources", 9, analyzerArn=served.analyzer)
    found = everything(client, "ListFindings", 100, analyzerArn=served.analyzer)
    unsure = {one["resource"] for one in found if "error" in one}

    assert {one["resource"] for one in found} <= {one["resourceArn"] for one in listed}
    assert len({one["resourceArn"] for one in listed}) == len(listed)
    for one in listed:
        if one["resourceArn"] in unsure:
            continue  # what could not be decided is neither public nor not
        details = call(client, "GetAnalyzedResource", analyzerArn=served.analyzer, resourceArn=one["resourceArn"])[
            "resource"
        ]
        assert {name: details[name] for name in one} == one
        ours = [each for each in found if each["resource"] == one["resourceArn"]]
        assert details["isPublic"] is any(each["isPublic"] for each in ours)
        assert ("status" in details) is bool(ours)
    for resource in unsure:
        raw = client.get_analyzed_resource(analyzerArn=served.analyzer, resourceArn=resource)["resource"]
        assert "error" in raw
        assert "isPublic" not in raw
    queues = everything(client, "ListAnalyzedResources", 2, analyzerArn=served.analyzer, resourceType="AWS::SQS::Queue")
    assert queues == [one for one in listed if one["resourceType"] == "AWS::SQS::Queue"]


def test_a_resource_scan_is_asked_for(served: Served, client: AccessAnalyzerClient) -> None:
    bucket = "arn:aws:s3:::reports"
    call(
        client,
        "StartResourceScan",
        analyzerArn=served.analyzer,
        resourceArn=bucket,
        resourceOwnerAccount="222233334444",
    )

    assert served.scanner.resources == [(served.analyzer, bucket, "222233334444")]


def test_a_request_with_a_known_token_is_answered_as_before(served: Served, client: AccessAnalyzerClient) -> None:
    for _ in range(2):
        made = client.create_analyzer(analyzerName="mine", type="ACCOUNT", clientToken="one")
        assert made["arn"] == MINE
    for _ in range(2):
        client.create_archive_rule(analyzerName="mine", ruleName="r", filter=PARTNERS, clientToken="two")
    for _ in range(2):
        client.delete_analyzer(analyzerName="mine", clientToken="three")

    assert served.scanner.scans == [MINE]
    with pytest.raises(client.exceptions.ValidationException, match="used before, with other parameters"):
        client.create_analyzer(analyzerName="other", type="ACCOUNT", clientToken="one")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_analyzer(analyzerName="mine", clientToken="four")


REFUSED: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "an analyzer that is there": ("CreateAnalyzer", {"analyzerName": "here", "type": "ACCOUNT"}, "ConflictException"),
    "an analyzer of internal access": (
        "CreateAnalyzer",
        {"analyzerName": "internal", "type": "ACCOUNT_INTERNAL_ACCESS"},
        "ValidationException",
    ),
    "an analyzer with a configuration": (
        "CreateAnalyzer",
        {"analyzerName": "x", "type": "ACCOUNT", "configuration": {"unusedAccess": {"unusedAccessAge": 90}}},
        "ValidationException",
    ),
    "AWS's own tags": (
        "CreateAnalyzer",
        {"analyzerName": "x", "type": "ACCOUNT", "tags": {"aws:team": "1"}},
        "ValidationException",
    ),
    "an unknown analyzer": ("GetAnalyzer", {"analyzerName": "none"}, "ResourceNotFoundException"),
    "rules of an unknown analyzer": ("ListArchiveRules", {"analyzerName": "none"}, "ValidationException"),
    "findings of an unknown analyzer": ("ListFindings", {"analyzerArn": MINE + "x"}, "ResourceNotFoundException"),
    "an unknown finding": ("GetFinding", {"analyzerArn": "ours", "id": "none"}, "ResourceNotFoundException"),
    "an unknown finding, version 2": (
        "GetFindingV2",
        {"analyzerArn": "ours", "id": "none"},
        "ResourceNotFoundException",
    ),
    "an unknown resource": (
        "GetAnalyzedResource",
        {"analyzerArn": "ours", "resourceArn": "arn:aws:s3:::none"},
        "ResourceNotFoundException",
    ),
    "an unknown rule": ("ApplyArchiveRule", {"analyzerArn": "ours", "ruleName": "none"}, "ResourceNotFoundException"),
    "a rule that is there": (
        "CreateArchiveRule",
        {"analyzerName": "here", "ruleName": "there", "filter": PARTNERS},
        "ConflictException",
    ),
    "a rule without criteria": (
        "CreateArchiveRule",
        {"analyzerName": "here", "ruleName": "empty", "filter": {}},
        "ValidationException",
    ),
    "a filter on an unknown key": (
        "ListFindings",
        {"analyzerArn": "ours", "filter": {"colour": {"eq": ["red"]}}},
        "ValidationException",
    ),
    "an unknown order": (
        "ListFindings",
        {"analyzerArn": "ours", "sort": {"attributeName": "colour"}},
        "ValidationException",
    ),
    "an empty page": ("ListFindings", {"analyzerArn": "ours", "maxResults": 0}, "ValidationException"),
    "a token of nobody": ("ListFindings", {"analyzerArn": "ours", "nextToken": "AAAA"}, "ValidationException"),
    "ids and a resource": (
        "UpdateFindings",
        {"analyzerArn": "ours", "status": "ACTIVE", "ids": ["a"], "resourceArn": "arn:aws:s3:::none"},
        "ValidationException",
    ),
    "neither ids nor a resource": (
        "UpdateFindings",
        {"analyzerArn": "ours", "status": "ACTIVE"},
        "ValidationException",
    ),
    "a scan of what is not read": (
        "StartResourceScan",
        {"analyzerArn": "ours", "resourceArn": "arn:aws:ec2:us-east-1:111122223333:vpc/v"},
        "ValidationException",
    ),
    "a scan of a resource of nobody": (
        "StartResourceScan",
        {"analyzerArn": "ours", "resourceArn": "arn:aws:s3:::none", "resourceOwnerAccount": "me"},
        "ValidationException",
    ),
    "a question of a later engine": (
        "CheckNoPublicAccess",
        {"policyDocument": "{}", "resourceType": "AWS::S3::Bucket"},
        "ValidationException",
    ),
    "validation of a policy": (
        "ValidatePolicy",
        {"policyDocument": "{}", "policyType": "IDENTITY_POLICY"},
        "ValidationException",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_the_exception_that_the_description_has_for_it(
    served: Served, client: AccessAnalyzerClient, case: str
) -> None:
    client.create_analyzer(analyzerName="here", type="ACCOUNT")
    client.create_archive_rule(analyzerName="here", ruleName="there", filter=PARTNERS)
    operation, params, code = REFUSED[case]
    if params.get("analyzerArn") == "ours":
        params = params | {"analyzerArn": served.analyzer}

    with pytest.raises(getattr(client.exceptions, code)) as refused:
        call(client, operation, **params)

    assert code in {shape.name for shape in operation_models()[operation].error_shapes}
    assert code_of(refused) == code


def test_readers_change_nothing_and_operators_make_no_rules(served: Served) -> None:
    reader, operator = served.server.client(READER), served.server.client(OPERATOR)
    assert reader.list_findings(analyzerArn=served.analyzer)["findings"]

    with pytest.raises(reader.exceptions.AccessDeniedException):
        reader.update_findings(analyzerArn=served.analyzer, status="ARCHIVED", resourceArn="arn:aws:s3:::x")
    operator.update_findings(analyzerArn=served.analyzer, status="ARCHIVED", resourceArn="arn:aws:s3:::x")
    with pytest.raises(operator.exceptions.AccessDeniedException):
        operator.create_analyzer(analyzerName="mine", type="ACCOUNT")


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_a_hostile_text_is_a_text_everywhere(served: Served, client: AccessAnalyzerClient, text: str) -> None:
    before = served.store.findings(FindingFilter())
    arn = served.analyzer
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("GetFinding", {"analyzerArn": arn, "id": text}),
        ("ListFindings", {"analyzerArn": arn, "filter": {text: {"eq": [text]}}}),
        ("ListFindings", {"analyzerArn": arn, "filter": {"resource": {"contains": [text]}}}),
        ("ListFindings", {"analyzerArn": arn, "filter": {f"condition.{text}": {"neq": [text]}}}),
        ("ListFindings", {"analyzerArn": arn, "sort": {"attributeName": text}}),
        ("ListFindings", {"analyzerArn": arn, "nextToken": text}),
        ("ListFindings", {"analyzerArn": f"a:b:c:d:e:analyzer/{text}"}),
        ("UpdateFindings", {"analyzerArn": arn, "status": "ACTIVE", "ids": [text]}),
        ("UpdateFindings", {"analyzerArn": arn, "status": "ACTIVE", "resourceArn": f"arn:aws:s3:::{text}"}),
        ("UpdateFindings", {"analyzerArn": arn, "status": "ACTIVE", "ids": ["a"], "clientToken": text}),
        ("GetAnalyzedResource", {"analyzerArn": arn, "resourceArn": f"arn:aws:s3:::{text}"}),
        ("ListAnalyzedResources", {"analyzerArn": arn, "resourceType": text}),
        ("StartResourceScan", {"analyzerArn": arn, "resourceArn": f"arn:aws:ec2:::{text}"}),
        ("TagResource", {"resourceArn": text, "tags": {text: text}}),
        ("CreateAnalyzer", {"analyzerName": text, "type": "ACCOUNT"}),
        ("CreateArchiveRule", {"analyzerName": "sekisho", "ruleName": text, "filter": PARTNERS}),
    ]
    for operation, params in attempts:
        try:
            call(client, operation, **params)
        except ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, (operation, params)  # noqa: PT017

    assert served.store.findings(FindingFilter()) == before
    assert [one.arn for one in served.store.analyzers()] == [arn]


def test_tags_and_rules_keep_a_hostile_text_as_it_is(served: Served, client: AccessAnalyzerClient) -> None:
    text = "'; DROP TABLE findings; -- \"><script>alert(1)</script>"
    client.tag_resource(resourceArn=served.analyzer, tags={"t": text})
    client.create_analyzer(analyzerName="mine", type="ACCOUNT")
    criteria: Mapping[str, CriterionTypeDef] = {"condition.aws:UserAgent": {"eq": [text], "contains": [text]}}
    client.create_archive_rule(analyzerName="mine", ruleName="r", filter=criteria)

    assert client.list_tags_for_resource(resourceArn=served.analyzer)["tags"] == {"t": text}
    assert client.get_archive_rule(analyzerName="mine", ruleName="r")["archiveRule"]["filter"] == criteria


def test_the_aws_cli_walks_every_page(served: Served) -> None:
    listed = served.server.aws("list-findings", "--analyzer-arn", served.analyzer, "--page-size", "5")

    assert listed.returncode == 0, listed.stderr
    ids = [one["id"] for one in json.loads(listed.stdout)["findings"]]
    assert ids == sorted(one.id for one in served.store.findings(FindingFilter()))


def test_an_analyzer_of_another_region_is_read_and_never_changed(served: Served, client: AccessAnalyzerClient) -> None:
    assert client.get_analyzer(analyzerName="sekisho")["analyzer"]["arn"] == served.analyzer
    assert REGION not in served.analyzer

    with pytest.raises(client.exceptions.ResourceNotFoundException, match="there is one in us-east-1"):
        client.delete_analyzer(analyzerName="sekisho")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="there is one in us-east-1"):
        client.create_archive_rule(analyzerName="sekisho", ruleName="r", filter=PARTNERS)

    assert [one.arn for one in served.store.analyzers()] == [served.analyzer]


def test_a_bucket_that_is_known_is_scanned_in_its_account(served: Served, client: AccessAnalyzerClient) -> None:
    known = {one.resource: one for one in served.store.list_resources(ResourceQuery(served.analyzer)).resources}
    bucket = next(one for one in known.values() if one.resource_type == "AWS::S3::Bucket")

    client.start_resource_scan(analyzerArn=served.analyzer, resourceArn=bucket.resource)

    assert served.scanner.resources == [(served.analyzer, bucket.resource, bucket.resource_owner_account)]
