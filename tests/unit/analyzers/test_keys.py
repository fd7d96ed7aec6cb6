"""Condition keys: which values keep some outsiders out for good."""

import pytest

from sekisho.analyzers.keys import ACCESS_POINT_KEYS, NARROWING, SHOWN_KEYS, narrows


def row(key: str, value: str, *, expected: bool, what: str) -> object:
    return pytest.param(key, value, expected, id=what)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        row("aws:sourceip", "203.0.113.0/24", expected=True, what="a narrow range"),
        row("aws:sourceip", "203.0.113.10", expected=True, what="one address"),
        row("aws:sourceip", "203.0.0.0/8", expected=True, what="the widest range that S3 calls narrow"),
        row("aws:sourceip", "202.0.0.0/7", expected=False, what="a range one bit wider"),
        row("aws:sourceip", "0.0.0.0/0", expected=False, what="every address"),
        row("aws:sourceip", "255.0.0.0/8", expected=True, what="the last range of IPv4"),
        row("aws:sourceip", "::/8", expected=False, what="a wide range at the first of IPv6"),
        row("aws:sourceip", "::/31", expected=False, what="a range of IPv6 one bit too wide"),
        row("aws:sourceip", "::/32", expected=True, what="the widest of IPv6 that S3 calls narrow"),
        row("aws:sourceip", "10.0.0.0/8", expected=True, what="a private range"),
        row("aws:sourceip", "2001:470::/32", expected=True, what="the widest narrow range of IPv6"),
        row("aws:sourceip", "2400::/31", expected=False, what="a range of IPv6 one bit wider"),
        row("aws:sourceip", "::/0", expected=False, what="every address of IPv6"),
        row("aws:sourceip", "fc00::/7", expected=False, what="a private range of IPv6 that is wide all the same"),
        row("aws:sourceip", "203.0.113.*", expected=False, what="an address that is a pattern"),
        row("aws:principalaccount", "444455556666", expected=True, what="an account"),
        row("aws:principalaccount", "4444*", expected=False, what="accounts that begin alike"),
        row("aws:principalaccount", "*", expected=False, what="every account"),
        row("aws:principalaccount", "${aws:ResourceAccount}", expected=True, what="the resource's own account"),
        row("aws:principalaccount", "${aws:username}", expected=False, what="what the caller chooses"),
        row("aws:principalorgid", "o-a1b2c3d4e5", expected=True, what="an organization"),
        row("aws:principalorgid", "${aws:ResourceOrgID}", expected=True, what="the resource's own organization"),
        row("aws:principalorgid", "${AWS:resourceorgid}", expected=True, what="a variable in any case"),
        row("aws:principalorgid", "o-*", expected=False, what="every organization"),
        row("aws:principalorgid", "${aws:PrincipalOrgID}", expected=False, what="the caller's own organization"),
        row("aws:principalorgpaths", "o-a1b2c3d4e5/*", expected=True, what="any path of an organization"),
        row("aws:principalorgpaths", "o-*/r-ab12/*", expected=False, what="a path of any organization"),
        row("aws:principalarn", "arn:aws:iam::444455556666:role/*", expected=True, what="the roles of an account"),
        row("aws:principalarn", "arn:aws:iam::*:role/app", expected=False, what="a role of any account"),
        row("aws:principalarn", "arn:*", expected=False, what="an ARN of one part"),
        row("aws:principalarn", "*", expected=False, what="every ARN"),
        row("aws:sourcearn", "arn:aws:s3:::reports", expected=True, what="a bucket by its name"),
        row("aws:sourcearn", "arn:aws:s3:::reports-*", expected=False, what="buckets that begin alike"),
        row("aws:sourcearn", "arn:aws:sns:*:444455556666:*", expected=True, what="the topics of an account"),
        row("aws:sourcearn", "arn:aws:sns:*:*:*", expected=False, what="the topics of everyone"),
        row(
            "aws:sourcearn",
            "arn:aws:sns:*:${aws:ResourceAccount}:*",
            expected=True,
            what="the topics of the resource's own account",
        ),
        row("aws:userid", "AIDAEXAMPLEID12345678", expected=True, what="a user by its id"),
        row("aws:userid", "AROAEXAMPLEID12345678:*", expected=True, what="all sessions of a role by its id"),
        row("aws:userid", "AROA*:run", expected=False, what="sessions of any role"),
        row("aws:userid", "*:run", expected=False, what="sessions of one name"),
        row("aws:sourcevpc", "vpc-1a2b3c4d", expected=True, what="a VPC"),
        row("aws:sourcevpc", "vpc-?a2b3c4d", expected=False, what="a VPC with one letter open"),
        row("aws:sourcevpc", "", expected=False, what="an empty value"),
        row("aws:vpceorgpaths", "o-a1b2c3d4e5/r-ab12/*", expected=True, what="endpoints of an organization"),
        row("s3:dataaccesspointaccount", "444455556666", expected=False, what="access points of an account"),
        row(
            "s3:dataaccesspointarn",
            "arn:aws:s3:us-east-1:444455556666:accesspoint/reports",
            expected=False,
            what="an access point",
        ),
        row("s3express:dataaccesspointaccount", "444455556666", expected=False, what="the same of a directory bucket"),
        row("s3express:sessionmode", "ReadOnly", expected=False, what="a session that only reads"),
        row("elasticfilesystem:accessedviamounttarget", "true", expected=True, what="through a mount target"),
        row("elasticfilesystem:accessedviamounttarget", "True", expected=True, what="a flag in another case"),
        row("elasticfilesystem:accessedviamounttarget", "false", expected=False, what="not through a mount target"),
        row("aws:referer", "https://example.com/", expected=False, what="a key that anyone can set"),
    ],
)
def test_a_value_keeps_outsiders_out_or_not(key: str, value: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert narrows(key, value) is expected


def test_keys_are_written_in_lower_case() -> None:
    assert all(key == key.lower() for key in SHOWN_KEYS)


def test_a_delegation_is_shown_though_it_narrows_nothing() -> None:
    assert ACCESS_POINT_KEYS <= SHOWN_KEYS
    assert not ACCESS_POINT_KEYS & NARROWING.keys()
