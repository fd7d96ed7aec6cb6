"""Severity: the first rule that fits, and which conditions limit a way in."""

import json
from collections.abc import Iterator
from itertools import chain, combinations, compress
from typing import Any

import pytest

from sekisho.analyzers.observation import Severity
from sekisho.analyzers.severity import RULES, limited_keys, rate
from sekisho.policy import EVERYONE, Principal, PrincipalForm, parse_policy

VENDOR = Principal(PrincipalForm.ACCOUNT, "444455556666")
GITHUB = Principal(
    PrincipalForm.FEDERATED, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
)
SAML = Principal(PrincipalForm.FEDERATED, "arn:aws:iam::111122223333:saml-provider/staff")
GITHUB_SUB = "token.actions.githubusercontent.com:sub"


def rated(
    principal: Principal = VENDOR,
    *levels: str,
    is_public: bool = False,
    limited: frozenset[str] = frozenset(),
    blocked: bool = False,
) -> tuple[str, Severity]:
    provider = principal.value if principal.form is PrincipalForm.FEDERATED else None
    return rate(frozenset(levels), limited, provider=provider, is_public=is_public, blocked=blocked)


def limits(*conditions: dict[str, Any]) -> frozenset[str]:
    listed = [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": one} for one in conditions]
    return limited_keys(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": listed})).statements)


ROWS = [
    pytest.param(
        rated(EVERYONE, "Write", is_public=True, blocked=True),
        Severity.LOW,
        "something else stands in the way today",
        id="a closed key stands behind even a public resource",
    ),
    pytest.param(
        rated(EVERYONE, "Read", "Write", is_public=True),
        Severity.CRITICAL,
        "anyone can act on it",
        id="anyone can write",
    ),
    pytest.param(
        rated(EVERYONE, "Tagging", is_public=True), Severity.CRITICAL, "anyone can act on it", id="anyone can tag"
    ),
    pytest.param(
        rated(EVERYONE, "Permissions management", is_public=True),
        Severity.CRITICAL,
        "anyone can act on it",
        id="anyone can give access",
    ),
    pytest.param(rated(EVERYONE, "Read", is_public=True), Severity.HIGH, "anyone can read it", id="anyone can read"),
    pytest.param(rated(EVERYONE, "List", is_public=True), Severity.HIGH, "anyone can read it", id="anyone can list"),
    pytest.param(
        rated(GITHUB, "Write"),
        Severity.HIGH,
        "any token of the identity provider will do",
        id="any token of an OIDC provider",
    ),
    pytest.param(
        rated(GITHUB, "Write", limited=frozenset({"token.actions.githubusercontent.com:aud"})),
        Severity.HIGH,
        "any token of the identity provider will do",
        id="the audience alone does not say whose token it is",
    ),
    pytest.param(
        rated(VENDOR, "Read", "Permissions management"),
        Severity.HIGH,
        "outsiders can change who has access",
        id="an account can give access",
    ),
    pytest.param(
        rated(VENDOR, "Permissions management", limited=frozenset({"sts:externalid"})),
        Severity.HIGH,
        "outsiders can change who has access",
        id="a secret does not lessen that an account can give access",
    ),
    pytest.param(
        rated(VENDOR, "Write", limited=frozenset({"sts:externalid"})),
        Severity.LOW,
        "outsiders need a shared secret",
        id="an account with an external id",
    ),
    pytest.param(rated(VENDOR, "Write"), Severity.MEDIUM, "named outsiders can act on it", id="an account can write"),
    pytest.param(rated(VENDOR, "Tagging"), Severity.MEDIUM, "named outsiders can act on it", id="an account can tag"),
    pytest.param(
        rated(SAML, "Write"), Severity.MEDIUM, "named outsiders can act on it", id="a SAML provider has one company"
    ),
    pytest.param(
        rated(GITHUB, "Write", limited=frozenset({GITHUB_SUB})),
        Severity.MEDIUM,
        "named outsiders can act on it",
        id="an OIDC provider whose subject is tested",
    ),
    pytest.param(
        rated(EVERYONE, "Write", is_public=False),
        Severity.MEDIUM,
        "named outsiders can act on it",
        id="everyone of an organization is not anyone",
    ),
    pytest.param(
        rated(VENDOR, "Read", "List"), Severity.MEDIUM, "named outsiders can read it", id="an account can read"
    ),
    pytest.param(rated(VENDOR, "List"), Severity.LOW, "named outsiders can look at it", id="an account can list"),
]


@pytest.mark.parametrize(("found", "severity", "rule"), ROWS)
def test_the_first_rule_that_fits_sets_the_severity(found: tuple[str, Severity], severity: Severity, rule: str) -> None:
    assert found == (rule, severity)


def test_every_rule_is_reached_by_some_row() -> None:
    assert {row.values[0] for row in ROWS} == set(RULES)


GIVES_ACCESS = "Permissions management"
CHANGES = frozenset({"Write", GIVES_ACCESS, "Tagging"})


@pytest.mark.parametrize("provider", [None, GITHUB.value, SAML.value])
@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("blocked", [False, True])
def test_of_several_rules_that_fit_the_first_that_is_listed_counts(
    provider: str | None, *, is_public: bool, blocked: bool
) -> None:
    for levels in map(frozenset, subsets(("Write", GIVES_ACCESS, "Tagging", "Read", "List"))):
        for limited in map(frozenset, subsets(("sts:externalid", GITHUB_SUB, "aws:referer"))):
            fits = (
                blocked,
                is_public and not levels.isdisjoint(CHANGES),
                is_public,
                provider == GITHUB.value and GITHUB_SUB not in limited,
                GIVES_ACCESS in levels,
                "sts:externalid" in limited,
                not levels.isdisjoint(CHANGES),
                "Read" in levels,
                True,
            )

            found = rate(levels, limited, provider=provider, is_public=is_public, blocked=blocked)

            assert found == next(compress(RULES, fits))


def subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


def test_the_rules_are_listed_in_their_order() -> None:
    assert list(dict.fromkeys(row.values[0] for row in ROWS)) == list(RULES)


@pytest.mark.parametrize(
    ("condition", "limited"),
    [
        pytest.param({"StringEquals": {"sts:ExternalId": "7f3a"}}, True, id="a fixed value"),
        pytest.param({"StringEqualsIgnoreCase": {"sts:ExternalId": "7f3a"}}, True, id="a fixed value in any case"),
        pytest.param({"StringLike": {"sts:ExternalId": "7f3a-*"}}, True, id="a value with a beginning"),
        pytest.param({"StringEquals": {"STS:externalid": "7f3a"}}, True, id="a key in any case"),
        pytest.param({"StringEquals": {"sts:ExternalId": ["7f3a", "8b2c"]}}, True, id="two fixed values"),
        pytest.param({"ForAnyValue:StringEquals": {"sts:ExternalId": "7f3a"}}, True, id="some value is fixed"),
        pytest.param({"StringNotEquals": {"sts:ExternalId": "7f3a"}}, False, id="any other value"),
        pytest.param({"StringEqualsIfExists": {"sts:ExternalId": "7f3a"}}, False, id="a value, if there is one"),
        pytest.param({"ForAllValues:StringEquals": {"sts:ExternalId": "7f3a"}}, False, id="all values, even none"),
        pytest.param({"StringLike": {"sts:ExternalId": "*"}}, False, id="a star"),
        pytest.param({"StringLike": {"sts:ExternalId": "?*"}}, False, id="any value at all"),
        pytest.param({"StringLike": {"sts:ExternalId": ["7f3a", "*"]}}, False, id="a value or a star"),
        pytest.param({"Null": {"sts:ExternalId": "false"}}, False, id="some value or other"),
        pytest.param({}, False, id="no condition"),
    ],
)
def test_a_test_limits_a_key_to_values_of_some_substance(condition: dict[str, Any], limited: bool) -> None:  # noqa: FBT001 - a table
    assert ("sts:externalid" in limits(condition)) is limited


@pytest.mark.parametrize(
    ("subject", "severity"),
    [
        pytest.param("*", Severity.HIGH, id="any subject"),
        pytest.param("repo:*", Severity.HIGH, id="any repository"),
        pytest.param("repo:example-org/*", Severity.MEDIUM, id="the repositories of one owner"),
        pytest.param(
            "repo:example-org/deploy:*",
            Severity.MEDIUM,
            id="one repository",
        ),
        pytest.param("repo:example-org/deploy:ref:refs/heads/main", Severity.MEDIUM, id="one branch"),
    ],
)
def test_the_subject_says_whose_token_it_is(subject: str, severity: Severity) -> None:
    limited = limits({"StringLike": {GITHUB_SUB: subject}})

    assert rated(GITHUB, "Write", limited=limited)[1] is severity


@pytest.mark.parametrize("claim", ["sub", "repository", "repository_owner"])
def test_other_claims_that_say_whose_token_it_is_count_as_well(claim: str) -> None:
    limited = limits({"StringEquals": {f"token.actions.githubusercontent.com:{claim}": "example-org"}})

    assert rated(GITHUB, "Write", limited=limited)[1] is Severity.MEDIUM


def test_a_key_is_limited_only_where_every_statement_limits_it() -> None:
    secret, referer = {"sts:ExternalId": "7f3a"}, {"aws:Referer": "https://example.com/"}

    assert limits({"StringEquals": {**secret, **referer}}, {"StringEquals": secret}) == {"sts:externalid"}
    assert limits({"StringEquals": secret}, {}) == frozenset()


def test_without_a_statement_nothing_is_limited() -> None:
    assert limits() == frozenset()
