"""One resource from its raw answers to observations: whatever they are, there is always an answer."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers import analyze_external_access, analyze_policy_document, analyze_resource
from sekisho.analyzers.observation import AnalysisError, ErrorCode, ExternalAccess
from sekisho.collectors import RecordedReader
from sekisho.policy import PolicyError
from sekisho.resources.answers import ReadingError
from sekisho.resources.snapshot import ApiCall, RawResource, Snapshot
from sekisho.sample import sample_recording
from unit.resources.builders import (
    ACCOUNT_ZONE,
    BUCKET,
    KEY,
    OWNER,
    QUEUE,
    VENDOR,
    allow,
    answered,
    bucket,
    deny,
    failed,
    policy_text,
    queue,
    secret,
)

OPEN = policy_text(allow({"AWS": VENDOR}, "s3:GetObject"))


@cache
def sample() -> Snapshot:
    with as_file(sample_recording()) as path:
        return RecordedReader(path).read()


def the_error(resource: RawResource) -> AnalysisError:
    (observation,) = analyze_resource(resource, ACCOUNT_ZONE).observations
    assert isinstance(observation.outcome, AnalysisError), observation
    return observation.outcome


leaves = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["*", "{}", "[]", "%7B", VENDOR])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Policy", "Statement", "AWS"]) | st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """The value with one of its members, however deep, replaced; policies within texts are opened."""
    if isinstance(value, str) and value.startswith("{") and draw(st.booleans()):
        return json.dumps(draw(mutated(json.loads(value))))
    if not isinstance(value, Mapping | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(values)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(mutated(value[place])), *value[place + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    return {**value, name: draw(mutated(value[name]))}


def mutated_object(value: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return mutated(value).filter(lambda one: isinstance(one, Mapping))


@st.composite
def mutated_resources(draw: st.DrawFn) -> RawResource:
    """A resource of the sample with one member of one answer, or of a call's parameters, replaced."""
    resource = draw(st.sampled_from([one for one in sample().resources if one.api_calls]))
    calls = list(resource.api_calls)
    place = draw(st.integers(0, len(calls) - 1))
    made = calls[place]
    if made.response is not None and draw(st.integers(0, 4)):
        calls[place] = replace(made, response=draw(mutated_object(made.response)))
    else:
        calls[place] = replace(made, params=draw(mutated_object(made.params)))
    return replace(resource, api_calls=tuple(calls))


@given(mutated_resources())
def test_whatever_the_answers_are_there_is_a_verdict(resource: RawResource) -> None:
    analysis = analyze_resource(resource, sample().zone_of_trust)

    assert analysis.resource == resource.arn
    assert all(isinstance(one.outcome, ExternalAccess | AnalysisError) for one in analysis.observations)


@given(st.sampled_from(["arn", "owner_account", "region", "resource_type"]), st.text(max_size=12), st.data())
def test_whatever_a_resource_is_called_there_is_a_verdict(member: str, text: str, data: st.DataObject) -> None:
    named = data.draw(st.sampled_from(sample().resources))
    changed: dict[str, Any] = {member: text}

    assert analyze_resource(replace(named, **changed), sample().zone_of_trust).region == (
        text if member == "region" else named.region
    )


def test_every_resource_of_a_snapshot_has_a_verdict_in_its_place() -> None:
    assert [one.resource for one in analyze_external_access(sample())] == [one.arn for one in sample().resources]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        pytest.param(("AccessDenied",), ErrorCode.ACCESS_DENIED, id="the call was denied"),
        pytest.param(("AccessDenied", "AccessDeniedException"), ErrorCode.ACCESS_DENIED, id="both calls were denied"),
        pytest.param(("InternalError",), ErrorCode.INTERNAL_ERROR, id="the call failed"),
        pytest.param(("AccessDenied", "Timeout"), ErrorCode.INTERNAL_ERROR, id="one was denied and one failed"),
    ],
)
def test_what_could_not_be_read_is_an_error_with_its_gaps(codes: tuple[str, ...], expected: ErrorCode) -> None:
    calls = ("s3.get_bucket_policy", "s3.get_bucket_acl")
    error = the_error(bucket(*(failed(call, code) for call, code in zip(calls, codes, strict=False))))

    assert error.code is expected
    assert [gap.code for gap in error.gaps] == list(codes)


def test_a_malformed_policy_is_an_error_that_names_the_document() -> None:
    error = the_error(bucket(policy="{"))

    assert error.code is ErrorCode.INTERNAL_ERROR
    assert "BucketPolicy" in error.reason


def test_an_unknown_resource_type_is_an_error_that_names_it() -> None:
    error = the_error(RawResource("AWS::Backup::BackupVault", BUCKET, OWNER, "us-east-1"))

    assert "AWS::Backup::BackupVault" in error.reason


def test_what_is_no_arn_is_an_error_that_shows_it() -> None:
    assert "`reports`" in the_error(replace(bucket(), arn="reports")).reason


OVER_BUDGET = policy_text(
    allow(
        {"AWS": VENDOR},
        "*",
        Condition={
            "StringLike": {
                "aws:Referer": [
                    f"*{one}*{two}*" for one, two in zip("abcdefghijklmnop", "qrstuvwxyzabcdef", strict=True)
                ]
            }
        },
    )
)
"""More overlapping patterns than the reasoner tells apart."""


def test_a_question_beyond_the_budget_is_an_error_that_says_why() -> None:
    error = the_error(queue(OVER_BUDGET))

    assert error.code is ErrorCode.INTERNAL_ERROR
    assert error.reason.startswith(
        "it could not be decided who gets in, because telling its requests apart takes more than"
    )


def with_key(*calls: ApiCall) -> RawResource:
    named = answered("kms.describe_key", {"KeyMetadata": {"Arn": KEY}})
    return secret(named, *calls, policy=policy_text(allow({"AWS": VENDOR}, "secretsmanager:GetSecretValue")))


def test_a_secret_stays_open_where_the_question_about_its_key_is_undecided() -> None:
    resource = with_key(answered("kms.get_key_policy", {"Policy": OVER_BUDGET}))

    (observation,) = analyze_resource(resource, ACCOUNT_ZONE).observations

    access = observation.outcome
    assert isinstance(access, ExternalAccess)
    assert access.action == ("secretsmanager:GetSecretValue",)
    assert access.blocked_by == ()
    (said,) = access.approximations
    assert said.startswith(
        f"whether the KeyPolicy of {KEY} also lets them in is open, because telling its requests apart takes more than"
    )


@pytest.mark.parametrize(
    ("policy", "blocked"),
    [
        pytest.param(policy_text(allow({"AWS": OWNER}, "kms:*")), ["KeyPolicy"], id="the key is closed"),
        pytest.param(policy_text(allow({"AWS": VENDOR}, "kms:Decrypt")), [], id="the key is open"),
    ],
)
def test_a_closed_key_stands_in_the_way_of_a_secret(policy: str, blocked: list[str]) -> None:
    (observation,) = analyze_resource(
        with_key(answered("kms.get_key_policy", {"Policy": policy})), ACCOUNT_ZONE
    ).observations

    access = observation.outcome
    assert isinstance(access, ExternalAccess)
    assert [one.document for one in access.blocked_by] == blocked


def test_a_deny_that_closes_is_named_with_whom_it_keeps_out() -> None:
    analysis = analyze_resource(
        queue(policy_text(allow({"AWS": VENDOR}, "sqs:SendMessage"), deny("*", "sqs:*"))), ACCOUNT_ZONE
    )

    assert analysis.observations == ()
    assert analysis.notes == (f"without the Deny at Statement[1] of the QueuePolicy, {VENDOR} would get in",)


def test_every_deny_is_named_where_several_close() -> None:
    policy = policy_text(
        deny("*", "s3:GetObject"), allow("*", ["s3:GetObject", "s3:PutObject"]), deny("*", "s3:PutObject")
    )

    (note,) = analyze_resource(bucket(policy=policy), ACCOUNT_ZONE).notes

    assert "Statement[0] of the BucketPolicy, Statement[2] of the BucketPolicy" in note
    assert "* would get in" in note


def test_without_a_deny_nobody_is_said_to_be_let_in() -> None:
    (note,) = analyze_resource(queue(policy_text(allow({"AWS": OWNER}, "sqs:*"))), ACCOUNT_ZONE).notes

    assert "QueuePolicy" in note
    assert "only trusted principals, AWS services or nobody" in note


def test_a_deny_that_makes_no_difference_is_not_named() -> None:
    policy = policy_text(allow({"AWS": OWNER}, "sqs:*"), deny("*", "sqs:PurgeQueue"))

    (note,) = analyze_resource(queue(policy), ACCOUNT_ZONE).notes

    assert "Deny" not in note


def test_an_open_resource_needs_no_such_note() -> None:
    assert analyze_resource(bucket(policy=OPEN), ACCOUNT_ZONE).notes == ()


def test_a_bucket_of_the_snapshot_is_no_outside_source() -> None:
    condition = {"ArnEquals": {"aws:SourceArn": BUCKET}}
    resource = queue(policy_text(allow("*", "sqs:SendMessage", Condition=condition)))

    assert analyze_resource(resource, ACCOUNT_ZONE).observations
    assert not analyze_resource(resource, ACCOUNT_ZONE, own_resources=frozenset({BUCKET})).observations


def test_a_bucket_of_an_earlier_snapshot_is_no_outside_source_either() -> None:
    condition = {"ArnEquals": {"aws:SourceArn": BUCKET}}
    resource = queue(policy_text(allow("*", "sqs:SendMessage", Condition=condition)))
    alone = Snapshot(sample().taken_at, ACCOUNT_ZONE, (resource,), only=(QUEUE,))

    (unknown,) = analyze_external_access(alone)
    (known,) = analyze_external_access(alone, known_resources=frozenset({BUCKET}))

    assert unknown.observations
    assert not known.observations


def test_a_policy_that_nobody_attached_is_analysed() -> None:
    analysis = analyze_policy_document(
        policy_text(allow({"AWS": VENDOR}, "sqs:SendMessage")), resource_type="AWS::SQS::Queue", owner_account=OWNER,
        resource=QUEUE,
    )  # fmt: skip

    assert [one.resource for one in analysis.observations] == [QUEUE]


@pytest.mark.parametrize("resource_type", ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Lambda::Function"])
def test_what_is_wrong_with_a_policy_that_nobody_attached_is_for_its_author(resource_type: str) -> None:
    with pytest.raises(PolicyError):
        analyze_policy_document('{"Statement": [{}]}', resource_type=resource_type, owner_account=OWNER)


def test_a_policy_for_an_unknown_resource_type_is_refused() -> None:
    with pytest.raises(ReadingError, match="AWS::Backup::BackupVault"):
        analyze_policy_document(OPEN, resource_type="AWS::Backup::BackupVault", owner_account=OWNER)
