"""Who made a call, for each row of CloudTrail's table of identities."""

from typing import Any

import msgspec
import pytest

from sekisho.activity.caller import Caller, Nobody, UserIdentity, caller_of, told_without_path

OWN = "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/teams/app"


def identity(**members: Any) -> UserIdentity:
    return msgspec.convert({"accountId": OWN, **members}, UserIdentity)


def session(name: str = "app", account: str = OWN, **context: Any) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLEID:i-0abc",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/i-0abc",
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}, **context},
    }


@pytest.mark.parametrize(
    ("who", "arn"),
    [
        pytest.param(session(), ROLE, id="a role session counts for its role, with its path"),
        pytest.param(
            {"type": "AssumedRole", "arn": f"arn:aws-us-gov:sts::{OWN}:assumed-role/app/s"},
            f"arn:aws-us-gov:iam::{OWN}:role/app",
            id="a session without an issuer, in GovCloud",
        ),
        pytest.param(
            {"type": "AssumedRole", "arn": f"arn:aws-cn:sts::{OWN}:assumed-role/app/s"},
            f"arn:aws-cn:iam::{OWN}:role/app",
            id="a session without an issuer, in China",
        ),
        pytest.param(
            {"type": "IAMUser", "arn": f"arn:aws:iam::{OWN}:user/people/ann"},
            f"arn:aws:iam::{OWN}:user/people/ann",
            id="a user",
        ),
        pytest.param(
            {
                "type": "IAMUser",
                "arn": f"arn:aws:iam::{OWN}:user/ann",
                "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
            },
            f"arn:aws:iam::{OWN}:user/ann",
            id="a user's session",
        ),
        pytest.param(
            {
                "type": "FederatedUser",
                "arn": f"arn:aws:sts::{OWN}:federated-user/bob",
                "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": f"arn:aws:iam::{OWN}:user/broker"}},
            },
            f"arn:aws:iam::{OWN}:user/broker",
            id="a federated user counts for the user who made it",
        ),
        pytest.param(
            {**session(), "invokedBy": "AWS Internal"}, ROLE, id="a call that a service made with a role's credentials"
        ),
    ],
)
def test_a_call_counts_for_a_principal(who: dict[str, Any], arn: str) -> None:
    caller = caller_of(identity(**who), OWN)

    assert caller.arn == arn
    assert caller.nobody is None


@pytest.mark.parametrize(
    ("who", "why"),
    [
        pytest.param({"type": "Root", "arn": f"arn:aws:iam::{OWN}:root"}, Nobody.ROOT, id="root"),
        pytest.param(session(assumedRoot="true"), Nobody.ROOT, id="a session of root in a member account"),
        pytest.param(
            {"type": "FederatedUser", "sessionContext": {"sessionIssuer": {"type": "Root"}}},
            Nobody.ROOT,
            id="a federated user whom root made",
        ),
        pytest.param({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}, Nobody.AWS_SERVICE, id="a service"),
        pytest.param({"type": "AWSAccount", "accountId": "444455556666"}, Nobody.OTHER_ACCOUNT, id="another account"),
        pytest.param(session(account="444455556666"), Nobody.OTHER_ACCOUNT, id="a role of another account"),
        pytest.param({"type": "IdentityCenterUser"}, Nobody.IDENTITY_CENTER, id="a user of IAM Identity Center"),
        pytest.param(
            {"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"}, Nobody.UNAUTHENTICATED, id="anonymous"
        ),
        pytest.param({"type": "WebIdentityUser"}, Nobody.UNAUTHENTICATED, id="web identity"),
        pytest.param({"type": "SAMLUser"}, Nobody.UNAUTHENTICATED, id="SAML"),
        pytest.param({"type": "Unknown"}, Nobody.UNKNOWN, id="unknown"),
        pytest.param({"type": "Directory"}, Nobody.UNKNOWN, id="a directory"),
        pytest.param({}, Nobody.UNKNOWN, id="nothing at all"),
        pytest.param(
            {"type": "IAMUser", "arn": f"arn:aws:iam::{OWN}:user/HIDDEN_DUE_TO_SECURITY_REASONS"},
            Nobody.UNKNOWN,
            id="a name that CloudTrail hides",
        ),
        pytest.param({"type": "AssumedRole", "arn": "nonsense"}, Nobody.UNKNOWN, id="a session of no ARN"),
    ],
)
def test_a_call_counts_for_nobody(who: dict[str, Any], why: Nobody) -> None:
    assert caller_of(identity(**who), OWN).nobody is why


def test_a_role_of_an_older_record_is_one_whose_path_is_not_known() -> None:
    told = caller_of(identity(**session()), OWN)
    guessed = caller_of(identity(type="AssumedRole", arn=f"arn:aws:sts::{OWN}:assumed-role/app/s"), OWN)

    assert (told.is_path_known, guessed.is_path_known) == (True, False)
    assert told.unique_id == "AROAEXAMPLEID"


def test_a_service_linked_role_is_known_by_its_path() -> None:
    linked = f"arn:aws:iam::{OWN}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"

    assert Caller(linked).is_service_linked
    assert not Caller(ROLE).is_service_linked


def test_an_arn_without_a_path_is_that_of_the_same_name_with_one() -> None:
    head = f"arn:aws:iam::{OWN}:role"

    assert told_without_path([f"{head}/app", ROLE, f"{head}/other"]) == {f"{head}/app": ROLE}
    assert told_without_path([f"{head}/app", ROLE, f"{head}/later/app"]) == {}
    assert told_without_path([f"arn:aws:iam::{OWN}:user/app", ROLE]) == {}
    assert told_without_path(["arn:aws:iam::444455556666:role/app", ROLE]) == {}
