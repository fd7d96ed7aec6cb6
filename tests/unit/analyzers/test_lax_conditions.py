"""Why a condition keeps nobody out."""

import pytest

from sekisho.analyzers import lax_conditions
from sekisho.analyzers.lax_conditions import Laxity, is_claim, laxity_of
from sekisho.policy import Condition
from sekisho.policy.operators import find_operator


def laxity(operator: str, key: str, *values: str, given: frozenset[str] = frozenset()) -> Laxity:
    found = find_operator(operator)
    assert found is not None
    return laxity_of(Condition(found, key, values or ("value",)), given=dict.fromkeys(given, ("value",)))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("aws:RequestTag/team", lax_conditions.CALLER_SAYS),
        ("aws:TagKeys", lax_conditions.CALLER_SAYS),
        ("s3:x-amz-acl", lax_conditions.CALLER_SAYS),
        ("s3:RequestObjectTag/a", lax_conditions.CALLER_SAYS),
        ("secretsmanager:VersionStage", lax_conditions.CALLER_SAYS),
        ("sts:RoleSessionName", lax_conditions.CALLER_SAYS),
        ("AWS:PRINCIPALTAG/Team", lax_conditions.OWN_ACCOUNT),
        ("aws:SourceIdentity", lax_conditions.OWN_ACCOUNT),
        ("aws:RequestedRegion", lax_conditions.ANY_CALLER),
        ("s3:signatureversion", lax_conditions.HOW),
        ("aws:CalledViaFirst", lax_conditions.ANY_SERVICE_CALL),
        ("aws:EpochTime", lax_conditions.A_MATTER_OF_TIME),
        ("kms:ResourceAliases", lax_conditions.OF_THE_RESOURCE),
        ("login.example.com:aud", lax_conditions.AUDIENCE),
        ("kms:RecipientAttestation:ImageSha384", lax_conditions.UNKNOWN),
        ("s3:unheard-of", lax_conditions.UNKNOWN),
        ("", lax_conditions.UNKNOWN),
    ],
)
def test_a_key_has_its_reason(key: str, expected: Laxity) -> None:
    assert laxity("StringEquals", key) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        pytest.param("Null", "aws:Referer", "true", lax_conditions.PRESENCE, id="whether it is there"),
        pytest.param("StringNotLike", "example:key", "*x", lax_conditions.RULES_OUT, id="negated"),
        pytest.param("StringLikeIfExists", "example:key", "x*", lax_conditions.MET_WHEN_ABSENT, id="if it exists"),
        pytest.param(
            "ForAllValues:StringLike", "example:key", "x*", lax_conditions.MET_WHEN_ABSENT, id="all of no values"
        ),
        pytest.param("StringNotEquals", "aws:Referer", "x", lax_conditions.CALLER_SAYS, id="negated, of the caller"),
        pytest.param(
            "StringEqualsIfExists", "aws:username", "x", lax_conditions.MET_WHEN_ABSENT, id="a name, where there is one"
        ),
        pytest.param("StringLike", "example:key", "*", lax_conditions.ANYTHING, id="any value"),
        pytest.param("StringEquals", "example:key", "*", lax_conditions.UNKNOWN, id="a star that is no wildcard"),
        pytest.param(
            "StringEquals",
            "aws:SourceAccount",
            "${aws:PrincipalAccount}",
            lax_conditions.IN_THE_REQUEST,
            id="a variable",
        ),
    ],
)
def test_an_operator_has_its_reason(operator: str, key: str, value: str, expected: Laxity) -> None:
    assert laxity(operator, key, value) is expected


def test_what_is_known_on_a_way_always_holds() -> None:
    key = "s3:DataAccessPointArn"

    assert laxity("StringEquals", key, given=frozenset({key.lower()})) is lax_conditions.ALWAYS_SO


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("token.actions.githubusercontent.com:sub", True),
        ("oidc.example.com/id/a1:sub", True),
        ("saml:edupersonaffiliation", True),
        ("cognito-identity.amazonaws.com:amr", True),
        ("token.actions.githubusercontent.com:aud", False),
        ("accounts.google.com:oaud", False),
        ("graph.facebook.com:app_id", False),
        ("saml:iss", False),
        ("aws:principaltag/example.com:team", False),
        ("sts:externalid", False),
        ("example", False),
    ],
)
def test_a_claim_is_what_a_provider_says_of_its_user(key: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_claim(key) is expected


def test_every_key_of_the_table_is_in_lower_case_and_has_one_reason() -> None:
    keys = [key for listed in lax_conditions._REASONS.values() for key in listed.split()]

    assert len(keys) == len(set(keys))
    assert all(key == key.lower() for key in keys)
