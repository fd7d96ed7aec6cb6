"""An activity that is relieved of what is alike comes to the same policies as one that holds everything."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import BytesIO
from types import MappingProxyType
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.uses import ACCOUNT, ROLE, use_of
from sekisho.activity.usage import UseOf
from sekisho.analyzers.least_privilege import (
    Aside,
    Conditions,
    Proposal,
    TagHistory,
    Width,
    activity_of,
    propose,
    widen,
)
from sekisho.analyzers.least_privilege.expected import unrecorded_of
from sekisho.analyzers.least_privilege.patterns import Writing, deciding
from sekisho.cli.render.least_privilege import notes_on
from sekisho.cli.render.suggestions import documents_of_suggestions

WIDTHS = st.sampled_from([Width.EXACT, Width.GROUPED, Width.STAR])

names = st.sampled_from(["a", "b", "app-1", "app-2", "in", "out", "2026", "x*"]) | st.integers(0, 60).map(str)
keys = st.lists(names, min_size=1, max_size=4).map("/".join)
arns = st.one_of(
    st.tuples(st.sampled_from(["one", "two"]), keys).map(lambda one: f"arn:aws:s3:::{one[0]}/{one[1]}"),
    names.map("arn:aws:s3:::{}".format),
    keys.map(f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g:log-stream:{{}}".format),
    names.map(f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{{}}".format),
    names.map(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{{}}".format),
    st.sampled_from(["*", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*"]),
)
many_arns = st.one_of(
    st.sets(arns),
    st.integers(6, 120).map(lambda number: {f"arn:aws:s3:::one/in/{at % 7}/{at}" for at in range(number)}),
    st.integers(6, 60).map(lambda number: {f"arn:aws:sns:eu-west-1:{ACCOUNT}:app-{at}" for at in range(number)}),
)


@given(many_arns, st.sets(arns), WIDTHS)
def test_few_arns_decide_how_all_are_written(some: set[str], others: set[str], width: Width) -> None:
    few = deciding(some, width)
    widened = widen(some | others, width)
    writing = Writing(few | others, width)

    assert few <= some
    assert widen(few | others, width).keys() == widened.keys()
    assert {arn: writing.pattern_of(arn) for arn in some} == {
        arn: pattern for pattern, covered in widened.items() for arn in covered & some
    }


Call: TypeAlias = tuple[str, str, dict[str, Any]]
"""The service, the name and the parameters of a call."""

CallOf: TypeAlias = Callable[[int], Call]
"""The call that is about the thing of a number."""

Way: TypeAlias = tuple[str, str, str, bool, str, int, int]
"""The Region, the outcome, the VPC endpoint, whether there was MFA, the service that called, how often, and when."""

MANY = 45
"""How many things of a kind there are: more than decide how they are written."""


def use(call: Call, of: Way) -> UseOf:
    region, outcome, endpoint, has_mfa, via, count, second = of
    return use_of(
        *call,
        first=f"2026-10-01T08:00:{second:02}Z",
        last=f"2026-10-02T08:00:{second:02}Z",
        region=region,
        outcome=outcome,
        endpoint=endpoint,
        via=via,
        has_mfa=has_mfa,
        count=count,
        sample=f"sample-{second}",
    )


ways = st.tuples(
    st.sampled_from(["eu-west-1", "eu-west-1", "us-east-1"]),
    st.sampled_from(["succeeded", "succeeded", "succeeded", "failed", "denied", "throttled"]),
    st.sampled_from(["", "", "vpce-1"]),
    st.booleans(),
    st.sampled_from(["", "", "athena.amazonaws.com"]),
    st.integers(1, 12),
    st.integers(0, 59),
)
WAY = ("eu-west-1", "succeeded", "", False, "", 1, 0)
NUMBERS = st.integers(0, MANY - 1)


def s3(name: str, number: int, more: Mapping[str, str] = MappingProxyType({})) -> Call:
    return "s3", name, {"bucketName": "one", "key": f"in/{number % 3}/{number}", **more}


def copy(number: int) -> Call:
    return s3("CopyObject", 0, {"x-amz-copy-source": f"one/in/{number % 3}/{number}"})


def stream(number: int) -> Call:
    return "logs", "CreateLogStream", {"logGroupName": "g", "logStreamName": str(number)}


def queue(name: str, number: int) -> Call:
    return "sqs", name, {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q-{number}"}


def key(name: str, number: int) -> Call:
    return "kms", name, {"keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{number}"}


CALLS: Sequence[CallOf] = (
    partial(s3, "GetObject"),
    partial(s3, "PutObject"),
    partial(s3, "PutObject", more={"x-amz-tagging": "team=a"}),
    partial(s3, "PutObject", more={"x-amz-acl": "private"}),
    copy,
    stream,
    partial(queue, "SendMessage"),
    partial(queue, "SetQueueAttributes"),
    partial(key, "Decrypt"),
    partial(key, "DescribeKey"),
)
kinds = st.sampled_from(CALLS)
bulks = st.lists(st.tuples(kinds, ways), max_size=4)
singles = st.lists(st.tuples(kinds, NUMBERS, ways), min_size=1, max_size=30)
tags = st.tuples(st.sampled_from(["a", "b"]), st.sets(NUMBERS), st.sets(NUMBERS, max_size=1))


def known(role: str, ones: set[int], others: set[int]) -> TagHistory:
    history = TagHistory()
    history.add_listed(ROLE, {"team": role})
    for value, numbers in (("a", ones), ("b", others)):
        for number in numbers:
            for arn in (f"sqs:eu-west-1:{ACCOUNT}:q-{number}", f"kms:eu-west-1:{ACCOUNT}:key/{number}"):
                history.add_listed(f"arn:aws:{arn}", {"team": value})
    return history


def told(proposal: Proposal) -> object:
    # Which ARNs have no tag is told to programs alone, for which everything is held.
    suggestions = [one | {"withoutTag": None} for one in documents_of_suggestions(proposal)]
    unrecorded = unrecorded_of(proposal.activity, frozenset())
    assert not proposal.not_allowed
    return proposal.policies, proposal.widened, suggestions, unrecorded, list(map(str, notes_on(proposal)))


@settings(deadline=None)
@given(bulks, singles, bulks, tags, WIDTHS, st.sampled_from(Conditions), st.booleans())
def test_what_is_laid_aside_changes_no_policy_and_nothing_that_is_told(  # noqa: PLR0917 - one for each thing that is drawn
    before: list[tuple[CallOf, Way]],
    between: list[tuple[CallOf, int, Way]],
    after: list[tuple[CallOf, Way]],
    tagged: tuple[str, set[int], set[int]],
    width: Width,
    conditions: Conditions,
    denied: bool,  # noqa: FBT001 - as above
) -> None:
    done = [use(call(number), of) for call, of in before for number in range(MANY)]
    done += [use(call(number), of) for call, number, of in between]
    done += [use(call(number), of) for call, of in after for number in range(MANY)]
    history = known(*tagged)
    whole = activity_of(ROLE, done)
    relieved = activity_of(ROLE, done, aside=Aside(BytesIO(), width, history, 20))

    assert len(relieved.grants) <= len(whole.grants)
    assert told(propose(relieved, width=width, conditions=conditions, denied=denied, history=history)) == told(
        propose(whole, width=width, conditions=conditions, denied=denied, history=history)
    )


def test_what_is_held_does_not_grow_with_what_is_done() -> None:
    few, many = (
        activity_of(
            ROLE,
            [use(stream(at), WAY) for at in range(number)],
            aside=Aside(BytesIO(), Width.GROUPED, TagHistory(), 100),
        )
        for number in (1000, 5000)
    )

    assert len(few.grants) <= 100
    assert len(many.grants) <= 100
    assert propose(many).widened == {f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g:log-stream:*": 5000}
