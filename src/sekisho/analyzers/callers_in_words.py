"""Who gets in, in words: the principal, and what narrows it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sekisho.analyzers.keys import ACCESS_POINT_KEYS, narrows
from sekisho.analyzers.lax_conditions import EXTERNAL_ID
from sekisho.analyzers.quoting import clipped, quoted, shortened
from sekisho.evaluation import CallerKind
from sekisho.policy import Condition, Principal, PrincipalForm
from sekisho.policy.arns import parse_arn

BY_KIND: Mapping[CallerKind, str] = {
    CallerKind.ANONYMOUS: "anyone on the internet",
    CallerKind.AWS: "anyone with an AWS account",
    CallerKind.SAML: "anyone whom a SAML provider signs in",
    CallerKind.WEB_IDENTITY: "anyone with a token of an identity provider",
    CallerKind.SERVICE: "AWS services",
}
"""Everyone, by what the request has to show."""

OF_CALLER: Mapping[str, str] = {
    "aws:principalaccount": "of account {}",
    "kms:calleraccount": "of account {}",
    "aws:principalorgid": "of the organization {}",
    "aws:principalorgpaths": "of the organization path {}",
    "aws:principalarn": "whose ARN matches {}",
    "aws:userid": "whose user id matches {}",
    "cognito-identity.amazonaws.com:aud": "of the Cognito identity pool {}",
    "accounts.google.com:aud": "signed in to the application {}",
    "graph.facebook.com:app_id": "signed in to the application {}",
    "www.amazon.com:app_id": "signed in to the application {}",
}
"""What a value of a shown key says of the caller."""

OF_CALL: Mapping[str, str] = {
    "aws:sourceip": "from addresses in {}",
    "aws:sourcevpc": "through VPC {}",
    "aws:sourcevpce": "through the VPC endpoint {}",
    "aws:sourcevpcarn": "through VPC {}",
    "aws:vpceaccount": "through VPC endpoints of account {}",
    "aws:vpceorgid": "through VPC endpoints of the organization {}",
    "aws:vpceorgpaths": "through VPC endpoints of the organization path {}",
    "aws:ec2instancesourcevpc": "from EC2 instances in VPC {}",
    "aws:sourcearn": "through an AWS service that acts for {}",
    "aws:sourceaccount": "through an AWS service that acts for account {}",
    "aws:sourceowner": "through an AWS service that acts for account {}",
    "aws:sourceorgid": "through an AWS service that acts for the organization {}",
    "aws:sourceorgpaths": "through an AWS service that acts for the organization path {}",
    "s3:dataaccesspointaccount": "through access points of account {}",
    "s3:dataaccesspointarn": "through the access point {}",
    "s3express:dataaccesspointaccount": "through access points of account {}",
    "s3express:dataaccesspointarn": "through the access point {}",
    "s3express:sessionmode": "for a {} session",
    "elasticfilesystem:accessedviamounttarget": "through a mount target",
}
"""What a value of a shown key says of where the call comes from."""

_OF_ACCOUNT = frozenset({"aws:principalaccount", "kms:calleraccount"})
_OF_IDENTITY = _OF_ACCOUNT | {"aws:principalarn"}
"""What an account and an identity say themselves."""

_OF_AWS_ACCOUNTS_ALONE = frozenset(key for key in OF_CALL if "vpc" in key)
"""Only an AWS account can have a VPC or an endpoint, although the request need not be signed."""

_OF_SERVICES = frozenset(key for key, text in OF_CALL.items() if "service" in text)
_ACCOUNT_ID = re.compile("[0-9]{12}")
_DOMAINS = {
    "accounts.google.com": "anyone with a Google account",
    "www.amazon.com": "anyone with an Amazon account",
    "graph.facebook.com": "anyone with a Facebook account",
}
_ISSUERS = {
    "token.actions.githubusercontent.com": "GitHub Actions",
    "gitlab.com": "GitLab",
    "agent.buildkite.com": "Buildkite",
    "app.terraform.io": "HCP Terraform",
    "oidc.circleci.com": "CircleCI",
    "api.bitbucket.org": "Bitbucket Pipelines",
    "vstoken.dev.azure.com": "Azure DevOps",
}
_COGNITO = "cognito-identity.amazonaws.com"
_COGNITO_USERS = {"unauthenticated": "any guest", "authenticated": "any signed-in user"}


@dataclass(frozen=True, slots=True)
class Callers:
    """Who gets in.

    Attributes:
        kind: how the caller of the request that proves it shows who it is.
        narrowing: the shown keys that describe the callers, in lower case, with the value for each.
        asked: conditions on other keys that every caller has to meet and cannot meet at will.
        unsigned: who everyone is that signs nothing.
    """

    principal: Principal
    kind: CallerKind
    narrowing: Mapping[str, str]
    asked: tuple[Condition, ...] = ()
    unsigned: str = BY_KIND[CallerKind.ANONYMOUS]


def qualifies(principal: Principal, key: str, value: str) -> bool:
    """Say whether a value of a shown key belongs to the callers' description: it leaves some of them out.

    A pattern that anyone can match says nothing of everyone, but it does of a principal that is named.
    """
    if key == "aws:sourceip":
        return not value.endswith("/0")
    if principal.form is PrincipalForm.EVERYONE and key not in ACCESS_POINT_KEYS:
        return narrows(key, value)
    return value.strip("*") != ""


def callers_in_words(callers: Callers, width: int, most: int) -> str:
    """Say who gets in, from a small letter on.

    Args:
        callers: who.
        width: how much of each name or value is shown.
        most: how many of the things are told that narrow them; the others are counted.
    """
    principal = callers.principal
    kept = {key: value for key, value in callers.narrowing.items() if qualifies(principal, key, value)}
    arn = kept.get("aws:principalarn", "*")
    broad = principal.form is PrincipalForm.EVERYONE or principal.form is PrincipalForm.ACCOUNT
    if broad and not _is_pattern(arn):
        principal = Principal(PrincipalForm.IDENTITY, arn)
        callers = replace(callers, principal=principal)
    if principal.account is not None:
        said = _OF_ACCOUNT if principal.form is PrincipalForm.ACCOUNT else _OF_IDENTITY
        kept = {key: value for key, value in kept.items() if key not in said}
    of_caller = [*_of_caller(kept, width), *_asked(callers, width)]
    of_call = [OF_CALL[key].format(_value(value, width)) for key, value in sorted(kept.items()) if key in OF_CALL]
    base = _base(callers, kept, of_call, width)
    parts = [base, *of_caller[:most]]
    if told := of_call[: max(most - len(of_caller), 0)]:
        parts.append(f"calling {' and '.join(told)}")
    if (untold := len(of_caller) + len(of_call) - most) > 0:
        parts.append("under 1 further condition" if untold == 1 else f"under {untold:,} further conditions")
    return " ".join(parts)


def _base(callers: Callers, kept: Mapping[str, str], of_call: Sequence[str], width: int) -> str:
    principal = callers.principal
    if principal.form is not PrincipalForm.EVERYONE:
        return _named(callers, kept, width)
    if callers.kind is CallerKind.ANONYMOUS:
        if of_call:
            return "anyone"
        needs_account = callers.narrowing.keys() & _OF_AWS_ACCOUNTS_ALONE
        return BY_KIND[CallerKind.AWS] if needs_account else callers.unsigned
    if any(key in _OF_SERVICES for key in kept):
        return "anyone"
    if f"{_COGNITO}:aud" in kept:
        return "anyone with an identity"
    if callers.kind is CallerKind.AWS and any(key in OF_CALLER for key in kept):
        return "any AWS principal"
    return BY_KIND[callers.kind]


def _named(callers: Callers, kept: Mapping[str, str], width: int) -> str:
    value = callers.principal.value
    match callers.principal.form:
        case PrincipalForm.ACCOUNT:
            return f"any principal of account {_value(value, width)}"
        case PrincipalForm.IDENTITY | PrincipalForm.SESSION:
            return identity_in_words(value, width)
        case PrincipalForm.FEDERATED:
            return _provider(callers, kept, width)
        case PrincipalForm.CANONICAL_USER:
            return f"the account with the canonical user id {quoted(value, width)}"
        case _:
            return f"the {callers.principal.form.words} {quoted(value, width)}"


def identity_in_words(arn: str, width: int) -> str:
    """Name the user, role or session that an ARN means."""
    parsed = parse_arn(arn)
    if parsed is None:
        return quoted(arn, width)
    kind, _, name = parsed.resource.partition("/")
    account = f"of account {_value(parsed.account, width)}"
    if kind == "assumed-role":
        role, _, session = name.partition("/")
        return f"the session {quoted(session, width)} of the role {quoted(role, width)} {account}"
    if kind == "root":
        return f"the root user {account}"
    return f"the {clipped(kind, width).replace('-', ' ')} {quoted(name, width)} {account}"


def _provider(callers: Callers, kept: Mapping[str, str], width: int) -> str:
    provider = callers.principal.value
    if provider == _COGNITO:
        amr = next((one.values for one in callers.asked if one.key.lower() == f"{_COGNITO}:amr"), ())
        user = _COGNITO_USERS.get(amr[0] if len(amr) == 1 else "", "anyone with an identity")
        return user if f"{_COGNITO}:aud" in kept else f"{user} of any Cognito identity pool"
    arn = parse_arn(provider)
    if arn is None:
        return _DOMAINS.get(provider, f"whoever has a token of {quoted(provider, width)}")
    kind, _, name = arn.resource.partition("/")
    if kind == "saml-provider":
        return f"users of the SAML provider {quoted(name, width)}"
    issuer = _ISSUERS.get(name.partition("/")[0]) or f"the OIDC provider {quoted(name, width)}"
    return f"whoever has a token of {issuer}"


def _of_caller(kept: Mapping[str, str], width: int) -> Iterator[str]:
    for key, value in sorted(kept.items()):
        if key in OF_CALLER:
            yield OF_CALLER[key].format(_value(value, width))


def _asked(callers: Callers, width: int) -> Iterator[str]:
    for condition in callers.asked:
        key = condition.key.lower()
        if key == EXTERNAL_ID:
            everyone = callers.principal.form is PrincipalForm.EVERYONE
            yield f"{'who' if everyone else 'that'} knows the external id"
        elif key != f"{_COGNITO}:amr" or callers.principal.value != _COGNITO:
            like = condition.operator.base.takes_wildcards and any(map(_is_pattern, condition.values))
            values = shortened([quoted(value, width) for value in condition.values], 1, "or")
            claim = quoted(claim_of(condition.key, callers.principal), width)
            yield f"whose {claim} {'matches' if like else 'is'} {values}"


def claim_of(key: str, principal: Principal) -> str:
    """Return the key of a condition as a sentence names it: a provider that is named already is left out."""
    provider, _, claim = key.rpartition(":")
    named = provider and principal.value.lower().endswith(provider.lower())
    return claim if named and principal.form is PrincipalForm.FEDERATED else key


def _value(value: str, width: int) -> str:
    return value if _ACCOUNT_ID.fullmatch(value) else quoted(value, width)


def _is_pattern(value: str) -> bool:
    return "*" in value or "?" in value or "${" in value
