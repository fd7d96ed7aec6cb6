"""Joining: one finding for the same callers, and none for what another finding already says."""

import pytest
from msgspec.structs import replace

from sekisho.analyzers.joining import join
from sekisho.analyzers.observation import Because, Blocker, ExternalAccess, Remedy, Severity, Source
from unit.findings.builders import external_access

POLICY = Source("POLICY")
POINT = Source("S3_ACCESS_POINT", "arn:aws:s3:us-east-1:111122223333:accesspoint/reports")
KEY_POLICY = Blocker("KeyPolicy", "arn:aws:kms:us-east-1:111122223333:key/1", "the key does not let them in")
OTHER_KEY = Blocker("KeyPolicy", "arn:aws:kms:us-east-1:111122223333:key/2", "the key does not let them in")
EVERYONE = {"AWS": "*"}
VENDOR = {"AWS": "444455556666"}
READER = {"AWS": "arn:aws:iam::444455556666:role/reader"}


def through(source: Source, access: ExternalAccess) -> ExternalAccess:
    return replace(access, sources=(source,))


def test_the_same_callers_two_ways_are_one_finding_that_keeps_what_each_says() -> None:
    by_policy = replace(
        external_access(action=("s3:GetObject",), statement=0),
        sources=(POLICY,),
        remedy=Remedy("change the one"),
        approximations=("assumed one",),
    )
    by_point = replace(
        external_access(action=("s3:ListBucket",), statement=1),
        sources=(POINT,),
        remedy=Remedy("change the other"),
        approximations=("assumed two",),
    )

    (joined,) = join([by_policy, by_point])

    assert joined.action == ("s3:GetObject", "s3:ListBucket")
    assert joined.because == (*by_policy.because, *by_point.because)
    assert joined.sources == (POLICY, POINT)
    assert "change the one" in joined.remedy.text
    assert "change the other" in joined.remedy.text
    assert joined.approximations == ("assumed one", "assumed two")


def test_what_both_say_is_said_once() -> None:
    access = replace(external_access(), sources=(POLICY,), approximations=("assumed",))

    assert join([access, access]) == [access]


def test_a_condition_in_another_order_is_the_same() -> None:
    one = external_access(condition={"aws:SourceVpc": "vpc-1", "aws:SourceIp": "203.0.113.0/24"})
    two = external_access(condition={"aws:SourceIp": "203.0.113.0/24", "aws:SourceVpc": "vpc-1"})

    assert len(join([one, two])) == 1


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        pytest.param((KEY_POLICY,), (KEY_POLICY,), (KEY_POLICY,), id="what stands in both ways stays"),
        pytest.param((KEY_POLICY,), (), (), id="what stands in one way only is gone around"),
        pytest.param((KEY_POLICY, OTHER_KEY), (OTHER_KEY,), (OTHER_KEY,), id="each is asked by itself"),
        pytest.param((), (), (), id="nothing stands anywhere"),
    ],
)
def test_a_blocker_has_to_stand_in_both_ways(
    first: tuple[Blocker, ...], second: tuple[Blocker, ...], left: tuple[Blocker, ...]
) -> None:
    one, two = (replace(external_access(), blocked_by=blocked) for blocked in (first, second))

    (joined,) = join([one, two])

    assert joined.blocked_by == left


@pytest.mark.parametrize("order", [1, -1])
def test_the_worse_of_two_ways_says_how_bad_it_is(order: int) -> None:
    mild = replace(external_access(severity=Severity.LOW), severity_rule="mild")
    bad = replace(external_access(severity=Severity.HIGH), severity_rule="bad")

    (joined,) = join([mild, bad][::order])

    assert (joined.severity, joined.severity_rule) == (Severity.HIGH, "bad")


@pytest.mark.parametrize("order", [1, -1])
def test_one_public_way_makes_it_public(order: int) -> None:
    (joined,) = join([external_access(is_public=True), external_access(severity=Severity.CRITICAL)][::order])

    assert joined.is_public


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        pytest.param(external_access(EVERYONE), external_access(VENDOR), id="everyone covers an account"),
        pytest.param(external_access(VENDOR), external_access(READER), id="an account covers its role"),
        pytest.param(
            external_access(VENDOR),
            external_access(VENDOR, condition={"aws:SourceVpc": "vpc-1"}),
            id="without a condition covers with one",
        ),
        pytest.param(
            external_access(EVERYONE, action=("s3:GetObject", "s3:ListBucket")),
            external_access(VENDOR, action=("s3:ListBucket",)),
            id="more actions cover fewer",
        ),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_narrower_access_by_another_source_is_dropped_and_by_the_same_kept(
    wide: ExternalAccess, narrow: ExternalAccess, order: int
) -> None:
    by_policy = through(POLICY, wide)
    by_point, by_same = through(POINT, narrow), through(POLICY, narrow)

    assert join([by_policy, by_point][::order]) == [by_policy]
    assert join([by_policy, by_same][::order]) == [by_policy, by_same][::order]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(
            external_access(VENDOR), external_access({"AWS": "777788889999"}), id="two accounts have nothing in common"
        ),
        pytest.param(
            external_access(VENDOR),
            external_access({"AWS": "arn:aws:iam::777788889999:role/reader"}),
            id="an account does not cover another's role",
        ),
        pytest.param(
            external_access(EVERYONE, condition={"aws:SourceVpc": "vpc-1"}),
            external_access(VENDOR),
            id="a condition may keep the account out",
        ),
        pytest.param(
            external_access(EVERYONE), external_access(VENDOR, action=("s3:PutObject",)), id="another action is new"
        ),
        pytest.param(
            external_access({"Federated": "accounts.google.com"}),
            external_access({"Federated": "cognito-identity.amazonaws.com"}),
            id="two providers have nothing in common",
        ),
    ],
)
def test_an_access_that_another_does_not_cover_stays(one: ExternalAccess, two: ExternalAccess) -> None:
    listed = [through(POLICY, one), through(POINT, two)]

    assert join(listed) == listed


def test_nothing_joined_is_nothing() -> None:
    assert join([]) == []


def test_a_statement_that_opens_both_ways_is_told_once() -> None:
    once = Because("BucketPolicy", 0, "Statement[0].Principal")
    accesses = [
        through(source, replace(external_access(action=(action,)), because=(once,)))
        for source, action in ((POLICY, "s3:GetObject"), (POINT, "s3:ListBucket"))
    ]

    (joined,) = join(accesses)

    assert joined.because == (once,)
