# ruff: noqa: RUF001 - Japanese has parentheses of its own
import json
from pathlib import Path
from typing import Any

import pytest

from alert_events import ACCOUNT, ALICE, ROOT, role
from sekisho.alerts.messages.plain import tidy_object
from sekisho.alerts.messages.principals import principal_of, principal_of_arn, who
from sekisho.alerts.messages.words import words_of

RECORDS = Path(__file__).parents[3] / "recorded" / "cloudtrail" / "records.jsonl"
NAMES = {"444455556666": "partner"}
SSO = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"

IDENTITIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "an IAM user by name": (ALICE, "alice", "alice"),
    "a role with its session": (role(), "Admin (session build-7)", "Admin（セッション build-7）"),
    "a role by the ARN of its session, as older records have it": (
        {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/build-7"},
        "Admin (session build-7)",
        "Admin（セッション build-7）",
    ),
    "a role of which nothing is told": ({"type": "AssumedRole"}, "unknown", "不明"),
    "the person who is behind a role": (
        role(sourceIdentity="anna"),
        "anna (role Admin, session build-7)",
        "anna（ロール Admin、セッション build-7）",
    ),
    "the person whose session has their name": (
        role(session="anna", sourceIdentity="anna"),
        "anna (role Admin)",
        "anna（ロール Admin）",
    ),
    "the person of Identity Center": (
        role(SSO, "anna@example.com"),
        "anna@example.com (Identity Center, AdministratorAccess)",
        "anna@example.com（Identity Center、AdministratorAccess）",
    ),
    "root": (ROOT, "root", "root ユーザー"),
    "root with an account alias": (ROOT | {"userName": "example-corp"}, "root", "root ユーザー"),
    "root in a central session": (
        ROOT | {"sessionContext": {"assumedRoot": "true"}},
        "root (central session)",
        "root ユーザー（一元管理のセッション）",
    ),
    "a service that acts for a user": (
        ALICE | {"invokedBy": "cloudformation.amazonaws.com"},
        "alice, through cloudformation.amazonaws.com",
        "alice（cloudformation.amazonaws.com 経由）",
    ),
    "a federated user": (
        {
            "type": "FederatedUser",
            "principalId": f"{ACCOUNT}:bob",
            "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "alice"}},
        },
        "bob (signed in through alice)",
        "bob（alice 経由でサインイン）",
    ),
    "a user of SAML": (
        {
            "type": "SAMLUser",
            "principalId": "xyz=:anna@example.com",
            "userName": "anna@example.com",
            "identityProvider": "xyz=",
        },
        "anna@example.com (signed in through xyz=)",
        "anna@example.com（xyz= 経由でサインイン）",
    ),
    "a user of OIDC by principal id": (
        {
            "type": "WebIdentityUser",
            "principalId": "token.actions.githubusercontent.com:sts.amazonaws.com:octo/app",
            "identityProvider": "token.actions.githubusercontent.com",
        },
        "octo/app (signed in through token.actions.githubusercontent.com)",
        "octo/app（token.actions.githubusercontent.com 経由でサインイン）",
    ),
    "a user of Identity Center": (
        {
            "type": "IdentityCenterUser",
            "accountId": ACCOUNT,
            "onBehalfOf": {
                "userId": "9067f-1",
                "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1",
            },
        },
        "9067f-1",
        "9067f-1",
    ),
    "another account by its name": (
        {"type": "AWSAccount", "principalId": "AROAX:build", "accountId": "444455556666"},
        "partner (444455556666) (AROAX:build)",
        "partner（444455556666）（AROAX:build）",
    ),
    "another account without a name": (
        {"type": "AWSAccount", "accountId": "777788889999"},
        "account 777788889999",
        "アカウント 777788889999",
    ),
    "a service": (
        {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
        "autoscaling.amazonaws.com",
        "autoscaling.amazonaws.com",
    ),
    "a service of a service event, which has no type": (
        {"accountId": ACCOUNT, "invokedBy": "kms.amazonaws.com"},
        "kms.amazonaws.com",
        "kms.amazonaws.com",
    ),
    "an ARN without a type": ({"arn": f"arn:aws:iam::{ACCOUNT}:user/team/alice"}, "alice", "alice"),
    "a directory user": ({"type": "Directory", "userName": "corp-anna"}, "corp-anna", "corp-anna"),
    "a type that is new, by type and ARN": (
        {"type": "Robot", "arn": "arn:aws:robots::111122223333:r2"},
        "Robot arn:aws:robots::111122223333:r2",
        "Robot arn:aws:robots::111122223333:r2",
    ),
    "somebody of whom only the account is told": (
        {"type": "Unknown", "accountId": ACCOUNT},
        "Unknown",
        "Unknown",
    ),
    "a name that was typed and is no user's": (
        {"type": "IAMUser", "accountId": ACCOUNT, "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "unknown",
        "不明",
    ),
    "nobody at all": ({}, "unknown", "不明"),
    "what is no identity": ({"type": ["x"], "arn": {}, "sessionContext": "no"}, "unknown", "不明"),
}


@pytest.mark.parametrize(("identity", "english", "japanese"), IDENTITIES.values(), ids=IDENTITIES)
def test_who_is_named_as_people_would(identity: dict[str, Any], english: str, japanese: str) -> None:
    principal = principal_of(tidy_object(identity))

    assert who(principal, words_of("en"), NAMES) == english
    assert who(principal, words_of("ja"), NAMES) == japanese


def test_who_is_of_another_account_than_the_event_is_told_with_it() -> None:
    principal = principal_of(tidy_object(ALICE))

    assert who(principal, words_of("en"), {}, account="999900001111") == "alice, of account 111122223333"
    assert who(principal, words_of("en"), {ACCOUNT: "prod"}, account="9") == f"alice, of prod ({ACCOUNT})"
    assert who(principal, words_of("en"), {}, account=ACCOUNT) == "alice"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/team/alice", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root"),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}/anna@example.com",
            "anna@example.com (Identity Center, AdministratorAccess)",
        ),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/bob", "bob"),
        (f"arn:aws:iam::{ACCOUNT}:role/team/App", "App"),
        ("arn:aws:s3:::reports", "arn:aws:s3:::reports"),
        ("cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
    ],
)
def test_an_arn_names_whom_it_is_of(arn: str, expected: str) -> None:
    assert who(principal_of_arn(arn), words_of("en"), {}) == expected


def test_whether_mfa_was_used_is_known_or_not() -> None:
    def told(value: object) -> bool | None:
        return principal_of(tidy_object({"sessionContext": {"attributes": {"mfaAuthenticated": value}}})).has_mfa

    assert [told(value) for value in ("true", True, "false", None, "perhaps")] == [True, True, False, None, None]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_published_record_names_somebody(language: str) -> None:
    details = [json.loads(line)["detail"] for line in RECORDS.read_text("utf-8").splitlines()]

    named = [who(principal_of(tidy_object(one["userIdentity"])), words_of(language), {}) for one in details]

    assert len(named) == 164
    assert [one for one in named if one in {"", "unknown", "不明"}] == []
