"""Keys: what the grants beside a key policy give, and to whom."""

from typing import Any

import pytest

from sekisho.policy import Principal, PrincipalForm, Statement
from sekisho.reasoning import Document
from sekisho.resources.answers import UnexpectedAnswerError, UnreadableError
from sekisho.resources.kms_key import read_key
from sekisho.resources.snapshot import ApiCall
from unit.resources.builders import KEY, OWNER, VENDOR, answered, failed, key

ROLE = f"arn:aws:iam::{VENDOR}:role/reader"


def listed(*grants: dict[str, Any]) -> ApiCall:
    return answered("kms.list_grants", {"Grants": list(grants)})


def grant(grantee: Any = ROLE, operations: Any = ("Decrypt",), **members: Any) -> dict[str, Any]:
    given = list(operations) if isinstance(operations, tuple) else operations
    return {"GranteePrincipal": grantee, "Operations": given, **members}


def documents(*calls: ApiCall) -> list[Document]:
    (way,) = read_key(key(*calls)).ways
    (gate,) = way.gates
    return list(gate.documents)


def statement(given: dict[str, Any]) -> Statement:
    """The one statement that a grant means."""
    _, grants = documents(listed(given))
    (only,) = grants.policy.statements
    return only


def conditions(of: Statement) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(str(one.operator), one.key, one.values) for one in of.conditions]


def test_a_key_without_grants_has_its_policy_alone() -> None:
    assert [one.name for one in documents()] == ["KeyPolicy"]
    assert [one.name for one in documents(listed())] == ["KeyPolicy"]


def test_policy_and_grants_are_one_gate_on_the_key() -> None:
    found = documents(listed(grant()))

    assert [(one.name, one.resource) for one in found] == [("KeyPolicy", KEY), ("Grants", KEY)]


def test_a_grantee_gets_the_operations_of_the_grant() -> None:
    given = statement(grant(operations=("Decrypt", "GenerateDataKey")))

    assert given.principals is not None
    assert given.principals.entries == (Principal(PrincipalForm.IDENTITY, ROLE),)
    assert given.actions.globs == ("kms:Decrypt", "kms:GenerateDataKey")
    assert given.conditions == ()


@pytest.mark.parametrize("member", ["EncryptionContextSubset", "EncryptionContextEquals"])
def test_an_encryption_context_has_to_be_given(member: str) -> None:
    given = statement(grant(Constraints={member: {"tenant": "blue", "app": "orders"}}))

    assert conditions(given) == [
        ("StringEquals", "kms:EncryptionContext:app", ("orders",)),
        ("StringEquals", "kms:EncryptionContext:tenant", ("blue",)),
    ]


def test_a_retiring_principal_may_retire_the_grant() -> None:
    retiring = f"arn:aws:iam::{VENDOR}:role/retirer"
    _, grants = documents(listed(grant(RetiringPrincipal=retiring)))

    assert grants.labels == ("Grants[0].GranteePrincipal", "Grants[0].RetiringPrincipal")
    second = grants.policy.statements[1]
    assert second.principals is not None
    assert second.principals.entries == (Principal(PrincipalForm.IDENTITY, retiring),)
    assert second.actions.globs == ("kms:RetireGrant",)


@pytest.mark.parametrize(
    ("grantee", "expected"),
    [
        (ROLE, Principal(PrincipalForm.IDENTITY, ROLE)),
        (f"arn:aws:iam::{VENDOR}:root", Principal(PrincipalForm.ACCOUNT, VENDOR)),
        ("dynamodb.us-east-1.amazonaws.com", Principal(PrincipalForm.SERVICE, "dynamodb.us-east-1.amazonaws.com")),
        ("ec2.cn-north-1.amazonaws.com.cn", Principal(PrincipalForm.SERVICE, "ec2.cn-north-1.amazonaws.com.cn")),
        ("AROAEXAMPLEID12345678", Principal(PrincipalForm.UNIQUE_ID, "AROAEXAMPLEID12345678")),
    ],
)
def test_a_grantee_is_named_in_one_of_several_forms(grantee: str, expected: Principal) -> None:
    given = statement(grant(grantee))

    assert given.principals is not None
    assert given.principals.entries == (expected,)


def test_each_grant_is_told_by_its_place() -> None:
    _, grants = documents(listed(grant(), grant(f"arn:aws:iam::{OWNER}:role/app")))

    assert grants.labels == ("Grants[0].GranteePrincipal", "Grants[1].GranteePrincipal")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(grant(operations=()), id="no operation"),
        pytest.param({"Operations": ["Decrypt"]}, id="no grantee"),
        pytest.param(grant(""), id="an empty grantee"),
    ],
)
def test_a_grant_that_gives_nothing_is_left_out(given: dict[str, Any]) -> None:
    assert [one.name for one in documents(listed(given))] == ["KeyPolicy"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(grant("somebody"), id="a grantee of no known form"),
        pytest.param(grant(RetiringPrincipal="somebody"), id="a retiring principal of no known form"),
        pytest.param(grant(1), id="a grantee that is a number"),
        pytest.param(grant(operations="Decrypt"), id="operations that are a text"),
        pytest.param(grant(operations=[1]), id="operations that are numbers"),
        pytest.param(grant(Constraints="none"), id="constraints that are a text"),
        pytest.param(grant(Constraints={"EncryptionContextEquals": []}), id="a context that is a list"),
    ],
)
def test_a_grant_that_kms_never_lists_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_key(key(listed(given)))


def test_the_place_of_an_unknown_grantee_is_named() -> None:
    with pytest.raises(UnexpectedAnswerError, match=r"`somebody` of Grants\[1\]"):
        read_key(key(listed(grant(), grant("somebody"))))


def test_a_key_whose_grants_could_not_be_read_is_not_understood() -> None:
    with pytest.raises(UnreadableError):
        read_key(key(failed("kms.list_grants", "AccessDeniedException")))


def test_a_key_without_policy_is_refused() -> None:
    with pytest.raises(UnexpectedAnswerError, match=r"kms\.get_key_policy"):
        read_key(key(policy=""))
