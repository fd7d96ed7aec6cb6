"""Every operation of every service has an answer, and hostile calls have one, too."""

from collections import Counter
from functools import lru_cache
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.activity.actions import READS, NeededAction, NoneNeeded, Unmapped, actions_of
from sekisho.activity.actions.known import find_action
from sekisho.activity.call import Call, TouchedResource

SHARE_KNOWN = 0.97
"""Of all operations of all service models; most of the others have no action of any name in the catalogue."""


@lru_cache(maxsize=1)
def operations() -> list[tuple[str, str]]:
    loader = Loader()
    found: list[tuple[str, str]] = []
    for service in loader.list_available_services("service-2"):
        model: dict[str, Any] = loader.load_service_model(service, "service-2")
        source = f"{model['metadata']['endpointPrefix']}.amazonaws.com"
        found.extend((source, name) for name in model["operations"])
    return found


def exists(needed: NeededAction) -> bool:
    prefix, _, name = needed.action.partition(":")
    return find_action(prefix, name) == needed.action


@pytest.mark.slow
def test_every_operation_of_every_service_has_an_answer_and_most_are_known() -> None:
    kinds: Counter[type] = Counter()
    for source, name in operations():
        answer = actions_of(Call(source, name, "111122223333", "eu-west-1"))
        kinds[type(answer)] += 1
        if isinstance(answer, tuple):
            assert answer
            assert all(map(exists, answer)), (source, name, answer)
            assert not any(one.action == "iam:PassRole" for one in answer) or name == "PassRole"
    assert (kinds[tuple] + kinds[NoneNeeded]) / len(operations()) > SHARE_KNOWN, kinds


TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "*",
        "?",
        "${aws:x}",
        "***",
        "(Redacted)",
        "arn:aws:kms:::key/*",
        "SELECT a FROM b",
        "x" * 5000,
        "a?versionId=1",
    ]
)
NAMES = TEXTS | st.sampled_from(sorted(READS)) | st.sampled_from(["items", "member", "RunInstancesRequest"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.integers(), inner, max_size=4),
    max_leaves=12,
)
CALLS = st.sampled_from(
    [
        ("s3", "CopyObject"),
        ("s3", "DeleteObjects"),
        ("s3", "CreateBucket"),
        ("s3", "GetObject"),
        ("s3", "PutObject"),
        ("apigateway", "UpdateStage"),
        ("dynamodb", "TransactWriteItems"),
        ("dynamodb", "BatchExecuteStatement"),
        ("kms", "ReEncrypt"),
        ("secretsmanager", "BatchGetSecretValue"),
        ("ec2", "RunInstances"),
        ("lambda", "CreateFunction20150331"),
        ("sts", "AssumeRole"),
        ("iam", "CreateServiceLinkedRole"),
        ("timestream", "Query"),
        ("autoscaling", "PutScalingPolicy"),
        ("sqs", "CreateQueue"),
    ]
)


@settings(deadline=None)
@given(CALLS, st.dictionaries(NAMES, VALUES, max_size=5), TEXTS, TEXTS)
def test_no_parameter_makes_a_call_raise_or_need_what_does_not_exist(
    named: tuple[str, str], parameters: dict[str, Any], arn: str, invoked_by: str
) -> None:
    source, name = named
    one = Call(
        f"{source}.amazonaws.com",
        name,
        "111122223333",
        "eu-west-1",
        parameters=parameters,
        resources=(TouchedResource(arn),),
        invoked_by=invoked_by,
    )
    answer = actions_of(one)
    if isinstance(answer, tuple):
        assert all(map(exists, answer))
        assert all(resources for resources in (needed.resources for needed in answer) if resources is not None)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_no_name_makes_a_call_raise(source: str, name: str) -> None:
    answer = actions_of(Call(f"{source}.amazonaws.com", name, "", ""))
    assert isinstance(answer, tuple | NoneNeeded | Unmapped)


def test_deep_parameters_are_read_without_recursion() -> None:
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = {"items": {"items": [deep]}}
    one = Call("s3.amazonaws.com", "DeleteObjects", "", "", parameters={"delete": deep, "tags": deep})
    assert isinstance(actions_of(one), tuple)
    tagged = Call("sqs.amazonaws.com", "CreateQueue", "", "", parameters={"tags": deep})
    assert isinstance(actions_of(tagged), tuple)


@given(st.sampled_from(["*", "?", "$", "${aws:username}"]))
def test_wildcards_in_names_stand_for_themselves(name: str) -> None:
    one = Call(
        "s3.amazonaws.com", "CopyObject", "", "", parameters={"x-amz-copy-source": f"from/{name.replace('?', '%3F')}"}
    )
    answer = actions_of(one)
    assert isinstance(answer, tuple)
    [source] = answer[1].resources or ()
    bare = source.replace("${*}", "").replace("${?}", "").replace("${$}", "")
    assert not set(bare) & set("*?$")
