"""Conditions that held each time."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from fakes.uses import ACCOUNT as OWN
from fakes.uses import ROLE, use_of
from sekisho.activity.usage import UseOf
from sekisho.analyzers.least_privilege import (
    Activity,
    Conditions,
    Denied,
    Evidence,
    Proposal,
    TagHistory,
    activity_of,
    propose,
)
from sekisho.analyzers.least_privilege.circumstances import MOST_WAYS, Circumstances, Way, way_of, with_way
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.policy import parse_policy

FIRST, LAST = "2026-10-01T08:00:00Z", "2026-10-20T08:00:00Z"
NAMELESS: Mapping[str, Any] = {"source": "cloudwatch", "name": "PutMetricData"}


def use(
    *,
    source: str = "sqs",
    name: str = "SendMessage",
    region: str = "eu-west-1",
    endpoint: str = "",
    via: str = "",
    mfa: bool = False,
    count: int = 10,
    outcome: str = "succeeded",
    first: str = FIRST,
    last: str = LAST,
    **parameters: Any,
) -> UseOf:
    return use_of(
        source,
        name,
        parameters or None,
        first=first,
        last=last,
        region=region,
        outcome=outcome,
        endpoint=endpoint,
        via=via,
        has_mfa=mfa,
        count=count,
    )


def queue(name: str) -> str:
    return f"https://sqs.eu-west-1.amazonaws.com/{OWN}/{name}"


def proposed(
    *uses: UseOf,
    addresses: Iterable[str] | None = None,
    history: TagHistory | None = None,
    conditions: Conditions = Conditions.ALL,
) -> Proposal:
    activity = activity_of(ROLE, uses)
    activity.addresses = None if addresses is None else frozenset(addresses)
    proposal = propose(activity, conditions=conditions, history=history)
    assert proposal.not_allowed == (), "what was done is allowed under the conditions, or they are none that held"
    return proposal


def offered(*uses: UseOf, **more: Any) -> dict[str, tuple[str, ...]]:
    """Return the values of each key that is offered."""
    return {
        clause.key: clause.values
        for one in proposed(*uses, **more).suggestions
        for clause in one.condition
    }  # fmt: skip


def allows(proposal: Proposal, action: str, resource: str, context: Mapping[str, str | tuple[str, ...]]) -> bool:
    caller = Caller(CallerKind.AWS, account=OWN, principal_arn=ROLE)
    told = {key.lower(): (value,) if isinstance(value, str) else value for key, value in context.items()}
    return any(
        evaluate_policy(parse_policy(json.dumps(policy)), Request(caller, action, resource, told)).outcome
        is Outcome.ALLOW
        for policy in proposal.policies
    )


# Regions


def test_few_regions_are_offered_where_the_resource_names_none() -> None:
    proposal = proposed(use(**NAMELESS), use(**NAMELESS, region="us-east-1"))

    (suggestion,) = proposal.suggestions
    (clause,) = suggestion.condition
    assert (clause.operator, clause.key) == ("StringEquals", "aws:RequestedRegion")
    assert clause.values == ("eu-west-1", "us-east-1")
    assert suggestion.evidence.count == 20
    assert allows(proposal, "cloudwatch:PutMetricData", "*", {"aws:RequestedRegion": "us-east-1"})
    assert not allows(proposal, "cloudwatch:PutMetricData", "*", {"aws:RequestedRegion": "sa-east-1"})


@pytest.mark.parametrize(
    "uses",
    [
        pytest.param([use(source="iam", name="ListRoles", region="us-east-1")], id="a service that is global"),
        pytest.param([use(source="s3", name="GetBucketLocation", bucketName="b")], id="a bucket, which is in one"),
        pytest.param([use(queueUrl=queue("q"))], id="a resource with its Region"),
        pytest.param([use(**NAMELESS, region=one) for one in ("a-1", "b-1", "c-1", "d-1")], id="many Regions"),
        pytest.param([use(**NAMELESS, count=9)], id="too few uses"),
    ],
)
def test_regions_are_not_offered_where_they_say_nothing(uses: list[UseOf]) -> None:
    assert "aws:RequestedRegion" not in offered(*uses)


def test_a_global_service_keeps_its_own_statement_without_the_region() -> None:
    proposal = proposed(use(**NAMELESS), use(source="iam", name="ListRoles", region="us-east-1"))

    assert allows(proposal, "iam:ListRoles", "*", {})
    assert not allows(proposal, "cloudwatch:PutMetricData", "*", {})


# Endpoints, MFA, addresses


def test_endpoints_are_offered_where_every_call_came_through_one() -> None:
    calls = [use(endpoint=one, queueUrl=queue("q")) for one in ("vpce-1", "vpce-2")]

    assert offered(*calls)["aws:SourceVpce"] == ("vpce-1", "vpce-2")
    proposal = proposed(*calls)
    arn = f"arn:aws:sqs:eu-west-1:{OWN}:q"
    assert allows(proposal, "sqs:SendMessage", arn, {"aws:SourceVpce": "vpce-2"})
    assert not allows(proposal, "sqs:SendMessage", arn, {"aws:SourceVpce": "vpce-3"})
    assert not allows(proposal, "sqs:SendMessage", arn, {})


@pytest.mark.parametrize("endpoint", ["", "AWS Internal"])
def test_one_call_past_the_endpoint_is_enough_against_it(endpoint: str) -> None:
    inside, outside = (
        use(endpoint="vpce-1", queueUrl=queue("q"), count=999),
        use(endpoint=endpoint, queueUrl=queue("q")),
    )

    assert "aws:SourceVpce" not in offered(inside, replace(outside, count=1))


def test_statements_are_judged_each_on_its_own() -> None:
    inside = use(endpoint="vpce-1", queueUrl=queue("inside"))
    outside = use(name="ReceiveMessage", queueUrl=queue("outside"))
    (suggestion,) = proposed(inside, outside).suggestions

    assert suggestion.draft.resources == (f"arn:aws:sqs:eu-west-1:{OWN}:inside",)


def test_mfa_is_offered_where_every_session_had_it() -> None:
    assert offered(use(mfa=True, queueUrl=queue("q"))) == {"aws:MultiFactorAuthPresent": ("true",)}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"mfa": False}, id="a session without"),
        pytest.param({"mfa": True, "via": "cloudformation.amazonaws.com"}, id="a call by a service"),
    ],
)
def test_mfa_is_not_offered(other: Mapping[str, Any]) -> None:
    assert offered(use(mfa=True, queueUrl=queue("q")), use(count=1, queueUrl=queue("q"), **other)) == {}


def test_addresses_are_offered_as_ranges_for_direct_calls_alone() -> None:
    direct = use(queueUrl=queue("direct"))
    service = use(name="GetQueueAttributes", queueUrl=queue("service"), via="cloudformation.amazonaws.com")
    addresses = ["203.0.113.7", "203.0.113.6", "2001:db8::1", "cloudformation.amazonaws.com"]
    proposal = proposed(direct, service, addresses=addresses)

    (suggestion,) = proposal.suggestions
    assert suggestion.draft.resources == (f"arn:aws:sqs:eu-west-1:{OWN}:direct",)
    assert {clause.key: clause.values for clause in suggestion.condition} == {
        "aws:SourceIp": ("203.0.113.6/31", "2001:db8::1/128"),
        "aws:ViaAWSService": ("false",),
    }
    arn = f"arn:aws:sqs:eu-west-1:{OWN}:direct"
    direct_call = {"aws:SourceIp": "203.0.113.7", "aws:ViaAWSService": "false"}
    assert allows(proposal, "sqs:SendMessage", arn, direct_call)
    assert not allows(proposal, "sqs:SendMessage", arn, direct_call | {"aws:SourceIp": "203.0.113.9"})
    assert not allows(proposal, "sqs:SendMessage", arn, direct_call | {"aws:ViaAWSService": "true"})


@pytest.mark.parametrize(
    ("addresses", "endpoint"),
    [
        pytest.param(None, "", id="not known"),
        pytest.param([], "", id="none"),
        pytest.param(["203.0.113.7", "AWS Internal"], "", id="a name that no call by a service explains"),
        pytest.param(["203.0.113.7", "10.0.0.7"], "", id="a private one that no endpoint explains"),
        pytest.param(["203.0.113.7", "10.0.0.7"], "vpce-1", id="calls through an endpoint"),
        pytest.param([f"198.51.{at}.1" for at in range(6)], "", id="far apart"),
    ],
)
def test_addresses_are_not_offered(addresses: list[str] | None, endpoint: str) -> None:
    assert "aws:SourceIp" not in offered(use(queueUrl=queue("q"), endpoint=endpoint), addresses=addresses)


def test_what_is_inferred_gets_no_condition_on_how_its_request_came() -> None:
    role = f"arn:aws:iam::{OWN}:role/worker"
    call = use(source="lambda", name="CreateFunction20150331", mfa=True, functionName="f", role=role)
    proposal = proposed(call)

    assert allows(proposal, "iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    assert all("iam:PassRole" not in one.draft.actions for one in proposal.suggestions)


# Parameters


def test_prefixes_are_offered_for_listing_a_bucket_and_for_nothing_else_on_it() -> None:
    bucket: Mapping[str, Any] = {"bucketName": "b"}
    listing = [use(source="s3", name="ListObjects", prefix=one, **bucket) for one in ("in/", "out/")]
    proposal = proposed(*listing, use(source="s3", name="GetBucketLocation", **bucket))

    assert allows(proposal, "s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": "out/"})
    assert not allows(proposal, "s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": "secret/"})
    assert not allows(proposal, "s3:ListBucket", "arn:aws:s3:::b", {})
    assert allows(proposal, "s3:GetBucketLocation", "arn:aws:s3:::b", {})


@pytest.mark.parametrize("other", [{"name": "HeadBucket"}, {"name": "ListObjects"}], ids=["HeadBucket", "no prefix"])
def test_prefixes_are_not_offered_where_one_listing_had_none(other: Mapping[str, Any]) -> None:
    uses = use(source="s3", name="ListObjects", bucketName="b", prefix="in/"), use(source="s3", bucketName="b", **other)

    assert "s3:prefix" not in offered(*uses)


def test_many_prefixes_are_not_offered() -> None:
    assert "s3:prefix" not in offered(
        *(use(source="s3", name="ListObjects", bucketName="b", prefix=f"{at}/") for at in range(6))
    )


def test_arns_in_an_encryption_context_are_offered_beside_the_service_that_used_the_key() -> None:
    secret = f"arn:aws:secretsmanager:eu-west-1:{OWN}:secret:s-AbCdEf"
    key = f"arn:aws:kms:eu-west-1:{OWN}:key/0"
    call = use(
        source="kms", name="Decrypt", via="secretsmanager.amazonaws.com", keyId=key,
        encryptionContext={"SecretARN": secret},
    )  # fmt: skip
    proposal = proposed(call)
    via = {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}

    assert allows(proposal, "kms:Decrypt", key, via | {"kms:EncryptionContext:SecretARN": secret})
    assert not allows(proposal, "kms:Decrypt", key, via | {"kms:EncryptionContext:SecretARN": f"{secret}2"})


def test_the_external_id_and_the_source_identity_of_sessions_are_offered() -> None:
    role = f"arn:aws:iam::{OWN}:role/other"
    call = use(source="sts", name="AssumeRole", roleArn=role, externalId="contract*7", sourceIdentity="bob")

    found = offered(call)
    assert found["sts:ExternalId"] == ("contract${*}7",)
    assert found["sts:SourceIdentity"] == ("bob",)


def test_the_tags_of_what_is_made_are_offered() -> None:
    uses = [
        use(source="sqs", name="CreateQueue", queueName=name, tags={"team": "data", "stage": name})
        for name in ("dev", "prod")
    ]
    proposal = proposed(*uses)
    arn = f"arn:aws:sqs:eu-west-1:{OWN}:dev"
    request: Mapping[str, str | tuple[str, ...]] = {"aws:RequestTag/team": "data", "aws:TagKeys": ("team", "stage")}

    assert offered(*uses)["aws:TagKeys"] == ("stage", "team")
    assert offered(*uses)["aws:RequestTag/team"] == ("data",)
    assert "aws:RequestTag/stage" not in offered(*uses)
    assert allows(proposal, "sqs:CreateQueue", arn, request)
    assert not allows(proposal, "sqs:CreateQueue", arn, {**request, "aws:TagKeys": ("team", "owner")})
    assert not allows(proposal, "sqs:CreateQueue", arn, {**request, "aws:RequestTag/team": "other"})


def test_tags_of_an_instance_are_asked_for_where_it_is_tagged_and_not_of_its_subnet() -> None:
    specification = {"items": [{"resourceType": "instance", "tags": [{"key": "team", "value": "data"}]}]}
    call = use(source="ec2", name="RunInstances", tagSpecificationSet=specification)
    actions = {
        action
        for one in proposed(call).suggestions
        for clause in one.condition
        if clause.key.startswith(("aws:RequestTag/", "aws:TagKeys"))
        for action in one.draft.actions
    }

    assert actions == {"ec2:CreateTags"}


# Levels


def test_what_is_offered_is_written_only_when_all_conditions_are_asked_for() -> None:
    call = use(endpoint="vpce-1", queueUrl=queue("q"))
    safe = proposed(call, conditions=Conditions.SAFE)
    written = proposed(call)

    assert "Condition" not in json.dumps(safe.policies)
    assert safe.suggestions == written.suggestions
    assert "aws:SourceVpce" in json.dumps(written.policies)
    assert proposed(call, conditions=Conditions.NONE).suggestions == ()


def test_calls_that_were_denied_are_no_reason_against_a_condition() -> None:
    inside = use(endpoint="vpce-1", queueUrl=queue("q"))

    assert "aws:SourceVpce" in offered(inside, use(queueUrl=queue("q"), outcome="denied"))


def test_what_was_denied_is_granted_without_conditions_when_asked_for() -> None:
    activity = Activity(ROLE, denied={Denied("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OWN}:q", ""): Evidence(50)})
    proposal = propose(activity, denied=True, conditions=Conditions.ALL)

    assert proposal.not_allowed == ()
    assert proposal.suggestions == ()


def test_a_condition_holds_for_uses_with_and_without_a_service_in_between() -> None:
    key = f"arn:aws:kms:eu-west-1:{OWN}:key/0"
    call: Mapping[str, Any] = {"source": "kms", "name": "Decrypt", "keyId": key}
    uses = use(**call, endpoint="vpce-1"), use(**call, via="s3.amazonaws.com")

    assert "aws:SourceVpce" not in offered(*uses), "the use through S3 is granted by the same statement"


def test_the_statement_of_a_suggestion_is_one_of_a_policy() -> None:
    proposal = proposed(use(endpoint="vpce-1", mfa=True, queueUrl=queue("q")))

    assert [len(one.draft.conditions) for one in proposal.suggestions] == [1, 1]
    (statement,) = proposal.policies[0]["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceVpce": "vpce-1"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }


# Tags of resources

NAMES = ("a", "b", "c")


def arn(name: str) -> str:
    return f"arn:aws:dynamodb:eu-west-1:{OWN}:table/{name}"


def reads(*names: str, **more: Any) -> list[UseOf]:
    return [use(source="dynamodb", name="GetItem", tableName=name, **more) for name in names]


def tagged(value: str | None, *names: str, principal: str | None = "data") -> TagHistory:
    history = TagHistory()
    if principal is not None:
        history.add_listed(ROLE, {"team": principal})
    for name in names:
        history.add_listed(arn(name), {"team": value} if value is not None else {"other": "x"})
    return history


def test_the_principals_own_tag_takes_the_place_of_a_list() -> None:
    proposal = proposed(*reads(*NAMES), history=tagged("data", *NAMES))

    (suggestion,) = proposal.suggestions
    assert suggestion.instead_of == tuple(map(arn, NAMES))
    assert suggestion.draft.resources == (arn("*"),)
    (statement,) = proposal.policies[0]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    assert proposal.widened == {arn("*"): 3}
    tags = {"aws:PrincipalTag/team": "data"}
    assert allows(proposal, "dynamodb:GetItem", arn("d"), tags | {"aws:ResourceTag/team": "data"})
    assert not allows(proposal, "dynamodb:GetItem", arn("a"), tags | {"aws:ResourceTag/team": "other"})


def test_resources_without_the_tag_stay_listed() -> None:
    proposal = proposed(*reads(*NAMES, "untagged"), history=tagged("data", *NAMES))

    assert proposal.suggestions[0].without_tag == (arn("untagged"),)
    assert allows(proposal, "dynamodb:GetItem", arn("untagged"), {"aws:PrincipalTag/team": "data"})


@pytest.mark.parametrize(
    ("history", "names"),
    [
        pytest.param(tagged("data", "a", "b"), ("a", "b"), id="two resources"),
        pytest.param(tagged("other", *NAMES), ("a", "b"), id="two resources with the same other tag"),
        pytest.param(TagHistory(), NAMES, id="nothing is known"),
    ],
)
def test_too_little_is_no_reason_for_a_condition_on_tags(history: TagHistory, names: tuple[str, ...]) -> None:
    assert offered(*reads(*names), history=history) == {}


def test_one_resource_with_another_value_is_enough_against_it() -> None:
    history = tagged("data", *NAMES)
    history.add_listed(arn("d"), {"team": "other"})

    assert offered(*reads(*NAMES, "d"), history=history) == {}


def test_a_tag_that_all_resources_have_alike_is_offered_with_the_list() -> None:
    proposal = proposed(*reads(*NAMES), history=tagged("da$ta", *NAMES, principal=None))

    (suggestion,) = proposal.suggestions
    assert suggestion.instead_of == ()
    assert suggestion.draft.resources == tuple(map(arn, NAMES))
    assert allows(proposal, "dynamodb:GetItem", arn("a"), {"aws:ResourceTag/team": "da$ta"})
    assert not allows(proposal, "dynamodb:GetItem", arn("a"), {"aws:ResourceTag/team": "other"})


def test_what_makes_a_resource_is_not_asked_for_its_tags() -> None:
    uses = [use(source="dynamodb", name="CreateTable", tableName=name) for name in NAMES]

    assert offered(*uses, history=tagged("data", *NAMES)) == {}


def test_a_tag_counts_from_the_call_that_sets_it() -> None:
    history = tagged(None, principal="data")
    for name in NAMES:
        history.add_change(arn(name), {"team": "data"}, "2026-10-05T08:00:00Z", "2026-10-05T08:00:00Z")

    assert offered(*reads(*NAMES), history=history) == {}
    assert "aws:ResourceTag/team" in offered(*reads(*NAMES, first="2026-10-06T08:00:00Z"), history=history)


def test_services_that_do_not_look_at_tags_are_not_asked_to() -> None:
    history = TagHistory()
    history.add_listed(ROLE, {"team": "data"})
    for name in NAMES:
        history.add_listed(f"arn:aws:s3:::{name}/k", {"team": "data"})

    assert "aws:ResourceTag/team" not in offered(
        *(use(source="s3", name="GetObject", bucketName=name, key="k") for name in NAMES), history=history
    )


def test_whom_a_principal_may_become_stays_listed() -> None:
    roles = [f"arn:aws:iam::{OWN}:role/{name}" for name in NAMES]
    history = TagHistory()
    for one in (ROLE, *roles):
        history.add_listed(one, {"team": "data"})
    proposal = proposed(*(use(source="sts", name="AssumeRole", roleArn=one) for one in roles), history=history)

    assert proposal.policies[0]["Statement"][0]["Resource"] == roles


# Ways


def test_in_however_many_ways_something_was_used_few_are_kept_and_nothing_too_much_is_said() -> None:
    keys = [(("s3:prefix", (f"{at}/",)),) for at in range(10 * MOST_WAYS)]
    ways: tuple[Way, ...] = ()
    for one in (*keys, *keys):
        ways = with_way(ways, way_of("eu-west-1", "", "", one, has_mfa=False))
    seen = Circumstances(ways)

    assert len(ways) == MOST_WAYS + 1
    assert dict(seen.always()) == {}
    assert seen.regions == {"eu-west-1"}
    assert with_way(ways, way_of("us-east-1", "", "", (), has_mfa=False))[-1].region == "us-east-1"
