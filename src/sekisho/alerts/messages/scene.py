"""What one event tells, put into the words of one reader: all that a template may use, and the facts are made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from sekisho.alerts.messages.filters import Time
from sekisho.alerts.messages.findings import FindingView, finding_view, is_finding
from sekisho.alerts.messages.plain import Plain, object_at, one_line, text_at, tidy_object
from sekisho.alerts.messages.principals import Principal, account_title, principal_of, who
from sekisho.alerts.messages.times import EPOCH, zone_of
from sekisho.alerts.messages.whom import Whom, is_on_another, whom_of
from sekisho.alerts.messages.words import Words, words_of
from sekisho.alerts.moments import parse_time
from sekisho.analyzers.observation import Severity

_LONG: Final = 500
_SHORT: Final = 200


class Wording(msgspec.Struct, frozen=True):
    """For whom an event is put into words, and by which rule.

    Attributes:
        language: one of `LANGUAGES`.
        timezone: the IANA name of the target's zone.
        accounts: what accounts are called, by id.
        console_url: where our own console is, `https://…`; empty for none.
        rule: the name of the rule.
        title: what the rule is about, in the reader's language; empty for its name.
        severity: as the rule sees it.
    """

    language: str = "en"
    timezone: str = "UTC"
    accounts: Mapping[str, str] = {}
    console_url: str = ""
    rule: str = ""
    title: str = ""
    severity: Severity | None = None


class Scene(msgspec.Struct, frozen=True):
    """An event, read and named. What it does not tell is empty.

    Attributes:
        event: all of it, with visible texts.
        words: of the reader's language.
        id: CloudTrail's `eventID`, else the envelope's `id`.
        at: when it happened, in UTC; the epoch where nobody knows.
        is_dated: whether somebody does.
        caller: who made the call; None where there was none.
        whom: what it was made on, in words.
        via: `console`, `command line`, `API` or `AWS service`, in the reader's language.
        finding: of an event of a finding.
    """

    event: dict[str, Plain]
    words: Words
    wording: Wording
    id: str
    at: datetime
    is_dated: bool
    who: str
    caller: Principal | None
    whom: str
    target: Whom
    account_id: str
    account: str
    region: str
    event_name: str
    event_source: str
    source_ip: str
    user_agent: str
    via: str
    mfa: bool | None
    error_code: str
    error_message: str
    finding: FindingView | None


def scene_of(event: Mapping[str, object], wording: Wording, *, at: datetime | None = None) -> Scene:
    """Read an event for a reader.

    Args:
        event: in EventBridge's envelope; whatever else it is, it is told as far as it can be.
        wording: for whom.
        at: when it happened, where that is known better than by the event.

    Raises:
        LanguageError: there are no words in the reader's language.
        TimeZoneError: there is no such zone.
    """
    words = words_of(wording.language)
    zone_of(wording.timezone)
    tidied = tidy_object(event)
    detail = object_at(tidied, "detail")
    finding = finding_view(tidied, words, wording.accounts) if is_finding(tidied) else None
    caller = finding.caller if finding else _caller(detail)
    account_id = _account_of(tidied, finding)
    told = parse_time(text_at(detail, "eventTime")) or parse_time(text_at(tidied, "time"))
    target = Whom("resource", finding.resource) if finding else whom_of(detail, caller or Principal())
    return Scene(
        event=tidied,
        words=words,
        wording=wording,
        id=one_line(text_at(detail, "eventID") or text_at(tidied, "id"), _SHORT),
        at=at or told or EPOCH,
        is_dated=bool(at or told),
        who=who(caller, words, wording.accounts, account=account_id) if caller else "",
        caller=caller,
        whom=finding.name if finding else _whom(target, words, wording.accounts),
        target=target,
        account_id=account_id,
        account=account_title(account_id, words, wording.accounts),
        region=one_line(text_at(detail, "awsRegion", "region") or text_at(tidied, "region"), _SHORT),
        event_name=one_line(text_at(detail, "eventName") or text_at(tidied, "detail-type"), _SHORT),
        event_source=one_line(text_at(detail, "eventSource") or text_at(tidied, "source"), _SHORT),
        source_ip=one_line(text_at(detail, "sourceIPAddress"), _SHORT),
        user_agent=one_line(text_at(detail, "userAgent"), _LONG),
        via=_via(detail, words),
        mfa=_mfa(detail, caller),
        error_code=one_line(text_at(detail, "errorCode"), _SHORT) or _failed(detail),
        error_message=one_line(text_at(detail, "errorMessage"), _LONG),
        finding=finding,
    )


def acts_on_another(event: Mapping[str, object]) -> bool:
    """Say whether somebody made a call on a user who is not themselves; False where the event tells no user."""
    detail = object_at(tidy_object(event), "detail")
    return is_on_another(detail, _caller(detail) or Principal())


def _caller(detail: Plain) -> Principal | None:
    """Return who made a call; None where an event is of no call."""
    identity = object_at(detail, "userIdentity")
    return principal_of(identity) if identity or text_at(detail, "eventName") else None


def _account_of(event: Plain, finding: FindingView | None) -> str:
    if finding and finding.account:
        return one_line(finding.account, _SHORT)
    found = text_at(event, "detail.recipientAccountId") or text_at(event, "account")
    return one_line(found or text_at(event, "detail.userIdentity.accountId"), _SHORT)


def _whom(target: Whom, words: Words, accounts: Mapping[str, str]) -> str:
    match target.kind:
        case "root":
            return words.phrases.root
        case "account":
            return account_title(target.name, words, accounts)
        case "queue" | "topic":
            return target.name.rpartition("/")[2].rpartition(":")[2]
        case "trail" | "rule" | "policy" | "provider" | "function" | "secret" | "table":
            return _without_place(target.name)
        case _:
            return target.name


def _without_place(name: str) -> str:
    """Return the end of an ARN, with its kind left out; a name as it is."""
    if not name.startswith("arn:"):
        return name
    resource = name.split(":", 5)[-1]
    _, found, rest = resource.partition("/") if "/" in resource else resource.partition(":")
    return rest if found else resource


def _mfa(detail: Plain, caller: Principal | None) -> bool | None:
    """Say whether MFA was used, of whom that can be told: for the federated it is their provider's to know."""
    if caller is None or caller.type not in {"IAMUser", "Root", "AssumedRole"}:
        return None
    used = text_at(detail, "additionalEventData.MFAUsed")
    if used:
        return used == "Yes" if caller.type != "AssumedRole" else None
    return caller.has_mfa if caller.type != "AssumedRole" or caller.has_mfa else None


def _failed(detail: Plain) -> str:
    """Return what stands for an error code where a sign-in failed, which has none."""
    return "Failure" if text_at(detail, "responseElements.ConsoleLogin") == "Failure" else ""


_SIGN_INS: Final = frozenset({"AwsConsoleSignIn", "AwsConsoleAction"})


def _via(detail: Plain, words: Words) -> str:
    agent = text_at(detail, "userAgent")
    from_console = text_at(detail, "sessionCredentialFromConsole") == "true" or "console.amazonaws" in agent
    if from_console or text_at(detail, "eventType") in _SIGN_INS:
        return words.phrases.console
    if text_at(detail, "sourceIPAddress").endswith((".amazonaws.com", "AWS Internal")):
        return words.phrases.by_service
    if agent.startswith(("aws-cli/", "[aws-cli/")):
        return words.phrases.cli
    return words.phrases.api if text_at(detail, "eventName") else ""


NAMES: Final[Mapping[str, str]] = {
    "account": "the account, by its name and id",
    "account_id": "the id of the account",
    "detail": "what the event tells; for CloudTrail the record",
    "error_code": "why the call failed; nothing for one that did not",
    "error_message": "the same in AWS's words",
    "event": "the whole event in its envelope",
    "event_name": "the call, such as `CreateAccessKey`",
    "event_source": "the service, such as `iam.amazonaws.com`",
    "finding": "of an event of a finding: what was found, see below",
    "id": "the id of the event",
    "language": "the reader's language",
    "local": "when it happened, in the zone of whoever reads it",
    "mfa": "`true` or `false`; nothing where it is not known",
    "principal": "who made the call, in parts, see below",
    "region": "the Region",
    "rule": "the name of the rule",
    "severity": "how much it matters, in a word",
    "source_ip": "the address that the call came from, or the service",
    "time": "when it happened, in the zone of the target, with UTC beside it",
    "title": "what the rule is about",
    "user_agent": "what the call was made with, as it says itself",
    "via": "console, command line, API or AWS service",
    "who": "who made the call, in a few words",
    "whom": "what the call was made on: a user, a role, a bucket",
}
"""What a template may use, and what it is."""


def values_of(scene: Scene) -> dict[str, object]:
    """Return what a template may use, by `NAMES`."""
    wording, zone = scene.wording, scene.wording.timezone
    return {
        "account": scene.account,
        "account_id": scene.account_id,
        "detail": object_at(scene.event, "detail"),
        "error_code": scene.error_code,
        "error_message": scene.error_message,
        "event": scene.event,
        "event_name": scene.event_name,
        "event_source": scene.event_source,
        "finding": _told(scene.finding) if scene.finding else None,
        "id": scene.id,
        "language": wording.language,
        "local": Time(scene.at, zone, is_readers=True) if scene.is_dated else None,
        "mfa": scene.mfa,
        "principal": _told(scene.caller) if scene.caller else None,
        "region": scene.region,
        "rule": one_line(wording.rule, _SHORT),
        "severity": scene.words.severity(wording.severity) if wording.severity else "",
        "source_ip": scene.source_ip,
        "time": Time(scene.at, zone) if scene.is_dated else None,
        "title": one_line(wording.title or wording.rule, _SHORT),
        "user_agent": scene.user_agent,
        "via": scene.via,
        "who": scene.who,
        "whom": scene.whom,
    }


def _told(view: FindingView | Principal) -> dict[str, object]:
    """Return the members of what was read as JSON values; those that were read further stay out."""
    members = msgspec.structs.asdict(view)
    return {name: value for name, value in members.items() if value is None or isinstance(value, str | bool)}
