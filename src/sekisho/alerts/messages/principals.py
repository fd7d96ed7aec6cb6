"""Who made a call, as people would name them.

Source: CloudTrail User Guide, "CloudTrail userIdentity element"; for `sourceIdentity`: IAM User Guide, "Monitor and
control actions taken with assumed roles".
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.alerts.messages.plain import Plain, object_at, one_line, text_at, text_of, value_at
from sekisho.alerts.messages.words import Words
from sekisho.policy.arns import parse_arn

MASKED: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes for the name that somebody typed who does not exist: it may be a password."""

_PERMISSION_SET: Final = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_LONGEST: Final = 200


class Principal(msgspec.Struct, frozen=True):
    """Who made a call. What is not known is empty.

    Attributes:
        type: as CloudTrail has it, such as `IAMUser`; empty for a service event.
        name: of the user, role, service or account; of a federated person, what the provider calls them.
        session: the name of a role's session.
        person: who is behind a role: its source identity, or the user of Identity Center.
        permission_set: of Identity Center.
        provider: who vouches for a federated person.
        arn: as the record has it.
        account: the id of the account that the principal is of.
        access_key: the id of the key.
        invoked_by: the service that acted in the principal's name.
        has_mfa: whether the session began with MFA; None where the record does not say.
    """

    type: str = ""
    name: str = ""
    session: str = ""
    person: str = ""
    permission_set: str = ""
    provider: str = ""
    arn: str = ""
    account: str = ""
    access_key: str = ""
    invoked_by: str = ""
    has_mfa: bool | None = None
    is_central_root: bool = False


def principal_of(identity: Plain) -> Principal:
    """Return whom a `userIdentity` tells of; what it does not tell stays empty."""
    kind = text_at(identity, "type")
    arn = text_at(identity, "arn")
    base = Principal(
        type=kind,
        arn=arn,
        account=text_at(identity, "accountId"),
        access_key=text_at(identity, "accessKeyId"),
        invoked_by=text_at(identity, "invokedBy"),
        has_mfa=_has_mfa(identity),
        person=text_at(identity, "sessionContext.sourceIdentity"),
    )
    match kind:
        case "Root":
            central = text_at(identity, "sessionContext.assumedRoot") == "true"
            return msgspec.structs.replace(base, name="root", is_central_root=central)
        case "AssumedRole":
            return _of_role(base, identity)
        case "FederatedUser":
            name = _last(arn) or text_at(identity, "principalId").rpartition(":")[2]
            return msgspec.structs.replace(
                base, name=name, provider=text_at(identity, "sessionContext.sessionIssuer.userName")
            )
        case "SAMLUser" | "WebIdentityUser":
            name = text_at(identity, "userName") or text_at(identity, "principalId").rpartition(":")[2]
            return msgspec.structs.replace(base, name=name, provider=text_at(identity, "identityProvider"))
        case "IdentityCenterUser":
            return msgspec.structs.replace(base, name=text_at(identity, "userName", "onBehalfOf.userId"))
        case "AWSAccount":
            return msgspec.structs.replace(base, session=text_at(identity, "principalId"))
        case "AWSService":
            return msgspec.structs.replace(base, name=text_at(identity, "invokedBy"), invoked_by="")
        case "":
            return _without_type(base, identity)
        case _:
            return msgspec.structs.replace(base, name=text_at(identity, "userName") or _last(arn))


def principal_of_arn(arn: str) -> Principal:
    """Return whom an ARN names; one that is no ARN of a principal is its own name."""
    parts = parse_arn(arn)
    if parts is None:
        return Principal(name=arn, arn=arn)
    kind, _, path = parts.resource.partition("/")
    base = Principal(arn=arn, account=parts.account, name=path.rpartition("/")[2])
    match kind:
        case "root":
            return msgspec.structs.replace(base, type="Root", name="root")
        case "user":
            return msgspec.structs.replace(base, type="IAMUser")
        case "assumed-role":
            return _of_role(msgspec.structs.replace(base, type="AssumedRole"), {"arn": arn})
        case "role":
            return base
        case "federated-user":
            return msgspec.structs.replace(base, type="FederatedUser")
        case _:
            return msgspec.structs.replace(base, name=arn)


def who(principal: Principal, words: Words, accounts: Mapping[str, str], *, account: str = "") -> str:
    """Say who it was, in a few words.

    Args:
        principal: whom to name.
        words: of the reader's language.
        accounts: what accounts are called, by id.
        account: where it happened; a principal of another account is named with their own.
    """
    phrases = words.phrases
    named = _named(principal, words, accounts)
    if principal.account and account and principal.account != account and principal.type not in _WITH_ACCOUNT:
        named = phrases.of_account.format(who=named, account=account_title(principal.account, words, accounts))
    if principal.invoked_by:
        named = phrases.through.format(who=named, service=principal.invoked_by)
    return one_line(named, _LONGEST)


def account_title(account: str, words: Words, accounts: Mapping[str, str]) -> str:
    """Return what an account is called: its name with its id where it has one, else that it is an account."""
    name = one_line(accounts.get(account, ""), _LONGEST)
    if name:
        return words.phrases.account_and_name.format(name=name, id=account)
    return words.phrases.account.format(id=account) if account else ""


_WITH_ACCOUNT: Final = frozenset({"AWSAccount", "AWSService"})
"""Who is named by their account anyway, or has none."""


def _named(principal: Principal, words: Words, accounts: Mapping[str, str]) -> str:
    phrases = words.phrases
    if principal.type == "Root":
        return phrases.central_root if principal.is_central_root else phrases.root
    if principal.type == "AssumedRole":
        return _named_role(principal, words)
    if principal.type == "AWSAccount":
        title = account_title(principal.account, words, accounts)
        if title and principal.session:
            return phrases.account_and_name.format(name=title, id=principal.session)
        return title or principal.session or phrases.unknown
    if principal.name == MASKED:
        return phrases.unknown
    if principal.name and principal.provider:
        return phrases.federated.format(name=principal.name, provider=principal.provider)
    if principal.name:
        return principal.name
    told = " ".join(part for part in (principal.type, principal.arn) if part)
    return told or account_title(principal.account, words, accounts) or phrases.unknown


def _named_role(principal: Principal, words: Words) -> str:
    phrases = words.phrases
    role, session, person = principal.name or phrases.unknown, principal.session, principal.person
    if principal.permission_set:
        return phrases.identity_center.format(person=person or session, permission_set=principal.permission_set)
    if person and session and person != session:
        return phrases.person_and_session.format(person=person, role=role, session=session)
    if person:
        return phrases.person.format(person=person, role=role)
    return phrases.session.format(role=role, session=session) if session else role


def _of_role(base: Principal, identity: Plain) -> Principal:
    """Return a role with its session: from whoever issued it, else from the ARN of the session."""
    parts = parse_arn(base.arn)
    _, _, path = parts.resource.partition("/") if parts else ("", "", "")
    role, _, session = path.partition("/")
    name = text_at(identity, "sessionContext.sessionIssuer.userName") or role
    name = name or _last(text_at(identity, "sessionContext.sessionIssuer.arn"))
    session = session or text_at(identity, "principalId").partition(":")[2]
    reserved = _PERMISSION_SET.fullmatch(name)
    return msgspec.structs.replace(
        base,
        name=name,
        session=session,
        person=base.person or (session if reserved else ""),
        permission_set=reserved[1] if reserved else "",
    )


def _without_type(base: Principal, identity: Plain) -> Principal:
    """Return who stands in what has no type: a service, in the events of services; or whoever has a name or an ARN."""
    if base.invoked_by:
        return msgspec.structs.replace(base, name=base.invoked_by, invoked_by="")
    name = text_at(identity, "userName")
    if name or not base.arn:
        return msgspec.structs.replace(base, name=name)
    told = principal_of_arn(base.arn)
    return msgspec.structs.replace(told, account=base.account or told.account, person=base.person or told.person)


def _has_mfa(identity: Plain) -> bool | None:
    told = text_of(value_at(object_at(identity, "sessionContext"), "attributes.mfaAuthenticated"))
    return {"true": True, "false": False}.get(told)


def _last(arn: str) -> str:
    return arn.rpartition("/")[2] if "/" in arn and parse_arn(arn) else ""
