"""Roles: who can make which call at all, and trust policies as IAM and boto3 write them."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from sekisho.analyzers import analyze_resource
from sekisho.analyzers.observation import ExternalAccess
from sekisho.evaluation import CallerKind
from sekisho.resources.answers import UnexpectedAnswerError
from sekisho.resources.iam_role import read_role
from unit.resources.builders import ACCOUNT_ZONE, ROLE, VENDOR, policy_text, role, trusts

SAML = f"arn:aws:iam::{VENDOR}:saml-provider/example"
GOOGLE = "accounts.google.com"


def accesses(*statements: dict[str, Any]) -> list[ExternalAccess]:
    analysis = analyze_resource(role(policy_text(*statements)), ACCOUNT_ZONE)
    assert all(isinstance(one.outcome, ExternalAccess) for one in analysis.observations), analysis
    return [one.outcome for one in analysis.observations if isinstance(one.outcome, ExternalAccess)]


def actions(*statements: dict[str, Any]) -> set[str]:
    return {action for access in accesses(*statements) for action in access.action}


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("sts:AssumeRole", CallerKind.AWS),
        ("sts:AssumeRoleWithSAML", CallerKind.SAML),
        ("sts:AssumeRoleWithWebIdentity", CallerKind.WEB_IDENTITY),
    ],
)
def test_each_call_is_made_by_one_kind_of_caller(action: str, kind: CallerKind) -> None:
    (way,) = read_role(role(policy_text(trusts("*")))).ways

    (callers,) = [one.callers for one in way.targets if action in way.actions.names_in(one.actions)]
    assert callers == {kind}


@pytest.mark.parametrize(
    ("principal", "made"),
    [
        pytest.param({"Federated": SAML}, "sts:AssumeRoleWithSAML", id="a SAML provider"),
        pytest.param({"Federated": GOOGLE}, "sts:AssumeRoleWithWebIdentity", id="a web identity provider"),
        pytest.param({"AWS": VENDOR}, "sts:AssumeRole", id="an account"),
    ],
)
def test_of_all_calls_a_caller_makes_its_own(principal: dict[str, str], made: str) -> None:
    calls = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]

    assert actions(trusts(principal, calls)) == {made}


@pytest.mark.parametrize("principal", [{"Federated": SAML}, {"Federated": GOOGLE}])
def test_a_federated_caller_cannot_assume_a_role_as_an_account_does(principal: dict[str, str]) -> None:
    assert accesses(trusts(principal, "sts:AssumeRole")) == []


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("sts:TagSession", id="tags alone"),
        pytest.param("sts:SetSourceIdentity", id="a source identity alone"),
        pytest.param(["sts:TagSession", "sts:SetSourceIdentity"], id="both and no session"),
    ],
)
def test_what_only_adds_to_a_session_is_no_access(action: Any) -> None:
    assert accesses(trusts({"AWS": VENDOR}, action)) == []


def test_what_adds_to_a_session_is_listed_beside_the_call_it_adds_to() -> None:
    assert actions(trusts({"AWS": VENDOR}, ["sts:AssumeRole", "sts:TagSession"])) == {
        "sts:AssumeRole",
        "sts:TagSession",
    }


TRUST = {"Version": "2012-10-17", "Statement": [trusts({"AWS": VENDOR})]}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(TRUST, id="an object, as boto3 gives it"),
        pytest.param(json.dumps(TRUST), id="a text"),
        pytest.param(quote(json.dumps(TRUST)), id="a URL-encoded text, as IAM sends it"),
        pytest.param(quote(json.dumps(TRUST, indent=2)), id="a URL-encoded text of several lines"),
    ],
)
def test_a_trust_policy_is_read_however_it_is_written(written: Any) -> None:
    (way,) = read_role(role(written)).ways

    (document,) = way.gates[0].documents
    assert (document.name, document.resource) == ("TrustPolicy", ROLE)
    assert document.policy.statements[0].actions.globs == ("sts:AssumeRole",)


@pytest.mark.parametrize("written", [None, "", 1, []])
def test_a_role_without_a_trust_policy_is_refused(written: Any) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_role(role(written))
