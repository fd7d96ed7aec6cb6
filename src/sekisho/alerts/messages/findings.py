"""What an event of a finding tells, in words: what was found, who gets in, through which statement.

Source: IAM User Guide, "Monitor AWS IAM Access Analyzer with Amazon EventBridge"; the member `sekisho` is ours.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.alerts.messages.plain import Plain, list_at, object_at, one_line, text_at, text_of, value_at
from sekisho.alerts.messages.principals import Principal, account_title, principal_of, principal_of_arn, who
from sekisho.alerts.messages.words import Words
from sekisho.policy.arns import account_of, parse_arn

SOURCE: Final = "aws.access-analyzer"
DETAIL_TYPES: Final = frozenset({"Access Analyzer Finding", "Unused Access Finding for IAM entities"})

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_LONGEST: Final = 500
_MOST_ACTIONS: Final = 5
_MOST_CONDITIONS: Final = 5
_MOST_STATEMENTS: Final = 3


class FindingView(msgspec.Struct, frozen=True):
    """A finding as its event tells of it. What the event does not tell is empty.

    Attributes:
        id: of the finding.
        change: what happened to it: `CREATED`, `RETURNED`, `CHANGED`, `RESOLVED`, `ARCHIVED`, `UNARCHIVED`, `DELETED`.
        type: such as `ExternalAccess`, or one of unused access or of credentials.
        check: the id of the check, of a credential.
        resource: its ARN.
        name: of the resource: what its ARN ends in.
        title: the same with its kind, such as `S3 bucket reports`.
        account: the id of its owner.
        principal: who gets in, in words.
        actions: what they can do, in words; with many the first of them.
        condition: under which conditions, in words.
        public: whether anyone gets in; None where that is no question.
        because: the statements that let them in, in words.
        witness: a request that gets through, in words.
        sentence: all that in one English sentence.
        error: why it could not be decided, as a code.
        severity: `CRITICAL` to `INFORMATIONAL`.
        cause: the name of the call that led to the change.
        cause_source: the service that was called.
        cause_id: its event id.
        cause_at: its time.
        caller: who made that call.
    """

    id: str
    change: str
    type: str
    status: str
    check: str
    resource: str
    resource_type: str
    name: str
    title: str
    account: str
    principal: str
    actions: str
    condition: str
    public: bool | None
    because: str
    witness: str
    sentence: str
    error: str
    severity: str
    cause: str
    cause_source: str
    cause_id: str
    cause_at: str
    caller: Principal | None


def is_finding(event: Plain) -> bool:
    """Say whether an event tells of a finding."""
    return text_at(event, "source") == SOURCE and text_at(event, "detail-type") in DETAIL_TYPES


def finding_view(event: Plain, words: Words, accounts: Mapping[str, str]) -> FindingView:
    """Return what an event of a finding tells."""
    detail = object_at(event, "detail")
    resource, kind = text_at(detail, "resource"), text_at(detail, "resourceType")
    name = name_of_resource(resource)
    public = value_at(detail, "isPublic")
    return FindingView(
        id=text_at(detail, "id", "findingId"),
        change=text_at(detail, "sekisho.change"),
        type=text_at(detail, "findingType") or "ExternalAccess",
        status=text_at(detail, "status"),
        check=text_at(detail, "check"),
        resource=resource,
        resource_type=kind,
        name=name,
        title=" ".join(part for part in (words.resources.get(kind, ""), name) if part),
        account=text_at(detail, "accountId"),
        principal=_principal(object_at(detail, "principal"), words, accounts),
        actions=_actions(detail, words),
        condition=_condition(object_at(detail, "condition"), words),
        public=public if isinstance(public, bool) else None,
        because=_because(list_at(detail, "sekisho.because"), words),
        witness=_witness(object_at(detail, "sekisho.witness"), words, accounts),
        sentence=one_line(text_at(detail, "sekisho.sentence", "sentence"), 2 * _LONGEST),
        error=text_at(detail, "error"),
        severity=text_at(detail, "sekisho.severity", "severity"),
        cause=text_at(detail, "sekisho.cause.eventName"),
        cause_source=text_at(detail, "sekisho.cause.eventSource"),
        cause_id=text_at(detail, "sekisho.cause.eventId"),
        cause_at=text_at(detail, "sekisho.cause.at"),
        caller=_caller(value_at(detail, "sekisho.cause.principal")),
    )


def name_of_resource(arn: str) -> str:
    """Return what people call a resource: its ARN without all that says where it is; what is no ARN is its own name."""
    parts = parse_arn(arn)
    if parts is None:
        return one_line(arn, _LONGEST)
    kind = re.split("[/:]", parts.resource, maxsplit=1)[0]
    name = (parts.resource[len(kind) + 1 :] if kind in _KINDS else "") or parts.resource
    return one_line(name.rpartition("/")[2] if parts.service == "iam" else name, _LONGEST)


_KINDS: Final = frozenset(
    {"cluster-snapshot", "file-system", "function", "group", "key", "layer", "repository", "role", "secret"}
    | {"snapshot", "table", "user"}
)
"""What stands before the name of a resource in its ARN."""


def _caller(principal: Plain) -> Principal | None:
    match principal:
        case dict() if principal:
            return principal_of(principal)
        case str() if principal:
            return principal_of_arn(principal)
        case _:
            return None


def _principal(principal: Mapping[str, Plain], words: Words, accounts: Mapping[str, str]) -> str:
    """Say who gets in: `anyone`, an account by its name, or the ARN, which is what the policy has."""
    told = [_one_principal(kind, text_of(value), words, accounts) for kind, value in principal.items()]
    return one_line(words.listed([one for one in told if one], _MOST_ACTIONS), _LONGEST)


def _one_principal(kind: str, value: str, words: Words, accounts: Mapping[str, str]) -> str:
    if kind == "AWS" and value in {"*", "anonymous"}:
        return words.phrases.anyone
    account = value if _ACCOUNT.fullmatch(value) else account_of(value)
    if kind == "AWS" and account and (value == account or value.endswith(":root")):
        return account_title(account, words, accounts)
    named = who(principal_of_arn(value), words, {}) if ":assumed-role/" in value else value
    name = accounts.get(account, "") if account else ""
    return words.phrases.account_and_name.format(name=named, id=name) if name else named


def _actions(detail: Plain, words: Words) -> str:
    actions = [text for one in list_at(detail, "action") if (text := text_of(one))]
    whole = value_at(detail, "action")
    if isinstance(whole, str):
        actions = [whole]
    return one_line(words.listed(actions, _MOST_ACTIONS), _LONGEST)


def _condition(condition: Mapping[str, Plain], words: Words) -> str:
    told = [f"{key} = {_values(value, words)}" for key, value in condition.items()]
    return one_line(words.listed(told, _MOST_CONDITIONS), _LONGEST)


def _values(value: Plain, words: Words) -> str:
    if isinstance(value, list):
        return words.listed([text_of(one) for one in value], _MOST_CONDITIONS)
    return text_of(value)


def _because(statements: list[Plain], words: Words) -> str:
    return one_line(words.listed([_statement(one, words) for one in statements], _MOST_STATEMENTS), _LONGEST)


def _statement(statement: Plain, words: Words) -> str:
    """Name a statement: the document, where in it, and its Sid."""
    path = text_at(statement, "path")
    index = text_at(statement, "statement")
    place = path or (f"Statement[{index}]" if index else "")
    document, sid = text_at(statement, "document"), text_at(statement, "sid")
    named = words.phrases.statement.format(document=document, path=place) if document and place else document or place
    return f"{named} ({sid})" if sid else named


def _witness(witness: dict[str, Plain], words: Words, accounts: Mapping[str, str]) -> str:
    """Write a request as it would be made: who → what, on what, with which context."""
    if not witness:
        return ""
    caller = _principal(object_at(witness, "principal"), words, accounts)
    context = _condition(object_at(witness, "context"), words)
    asked = " ".join(part for part in (text_at(witness, "action"), text_at(witness, "resource")) if part)
    told = f"{caller} → {asked}" if caller else asked
    return one_line(f"{told} ({context})" if context else told, _LONGEST)
