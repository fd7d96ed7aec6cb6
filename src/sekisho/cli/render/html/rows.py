"""A finding as a row of the table, and what unfolds below it."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.credentials.repair import repair_steps
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    Fact,
    Observation,
    ResourceControlPolicyRestriction,
    Severity,
)
from sekisho.cli.render import words
from sekisho.findings import Finding, Status, witness_document

ROOT_USER: Final = "root user"
WHOLE_ACCOUNT: Final = "account"

_ARN_PARTS: Final = 6


@dataclass(frozen=True, slots=True)
class Level:
    """A severity, or that there is none because nothing could be decided.

    Attributes:
        name: for programs: the class of its badge.
        word: for people.
        rank: 0 for what is least.
    """

    name: str
    word: str
    rank: int


UNDECIDED: Final = Level("undecided", "Not decided", 6)
LEVELS: Final = {one: Level(one.name.lower(), one.name.capitalize(), one.value) for one in Severity}


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a finding has to say, with its name; the lines of `code` are JSON."""

    label: str
    lines: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepairStep:
    """A step of the repair; the command is for a shell, and empty where there is none."""

    kind: str
    text: str
    command: str


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in words. All of it is text as it came: whoever shows it has to escape it.

    Attributes:
        status: empty for an active finding.
        mark: `new`, `back` or empty.
        kind: what sort of thing `name` names; empty where that goes without saying.
        check: the title of the check, or the kind of finding.
        check_id: empty for what is no check.
        used: in place of `last_used`: `never`, `not known`, or empty for what has no use.
        facts: what it rests on, each with its source.
    """

    id: str
    level: Level
    status: str
    mark: str
    account: str
    name: str
    kind: str
    resource: str
    check: str
    check_id: str
    is_public: bool
    sentence: str
    last_used: datetime | None
    used: str
    since: datetime
    facts: tuple[Fact, ...]
    steps: tuple[RepairStep, ...]
    parts: tuple[Part, ...]


def level_of(observation: Observation) -> Level:
    """Return how much an observation matters; not deciding is worse than all."""
    return UNDECIDED if observation.severity is None else LEVELS[observation.severity]


def row_of(finding: Finding, mark: str = "") -> Row:
    """Return a finding as a row."""
    seen = finding.observation
    outcome = seen.outcome
    risk = outcome if isinstance(outcome, CredentialRisk) else None
    check, check_id = _check(outcome)
    sentence = sentence_of(seen)
    last_used, used = (None, "") if risk is None else _use(risk)
    return Row(
        id=finding.id,
        level=level_of(seen),
        status="" if finding.status is Status.ACTIVE else finding.status.value.lower(),
        mark=mark,
        account=seen.resource_owner_account,
        name=_name(seen.resource),
        kind=_kind(seen),
        resource=seen.resource,
        check=_begun(check),
        check_id=check_id,
        is_public=isinstance(outcome, ExternalAccess) and outcome.is_public,
        sentence=_begun(sentence) if isinstance(outcome, AnalysisError) else sentence,
        last_used=last_used,
        used=used,
        since=finding.created_at,
        facts=() if risk is None else risk.facts,
        steps=tuple(_steps(seen)),
        parts=tuple(_parts(seen, gone=finding.status is Status.RESOLVED)),
    )


def sentence_of(observation: Observation) -> str:
    """Say what a finding says in one sentence."""
    match observation.outcome:
        case ExternalAccess() as access:
            return access.sentence or f"{words.who(access.principal)} may {words.what(access)}"
        case CredentialRisk(sentence=sentence):
            return sentence
        case AnalysisError(reason=reason):
            return reason


def _begun(text: str) -> str:
    """Begin a text of ours as a sentence does."""
    return text[:1].upper() + text[1:]


def _name(resource: str) -> str:
    """Return how people call a resource: the last part of its ARN, or of a user the name alone."""
    parts = resource.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return resource
    service, name = parts[2], parts[-1]
    match service, name:
        case "iam", "root":
            return ROOT_USER
        case "account", "account":
            return WHOLE_ACCOUNT
        case "iam", _ if name.startswith("user/"):
            return name.rpartition("/")[2]
        case _:
            return name


def _kind(seen: Observation) -> str:
    """Return what a resource is and where, of what has a place."""
    if seen.resource_type in {"AWS::IAM::User", "AWS::Account"}:
        return ""
    kind = seen.resource_type.removeprefix("AWS::").replace("::", " ")
    return kind if seen.region in {"", "global"} else f"{kind}, {seen.region}"


def _check(outcome: ExternalAccess | AnalysisError | CredentialRisk) -> tuple[str, str]:
    match outcome:
        case ExternalAccess():
            return "external access", ""
        case CredentialRisk(check=check):
            return (CHECKS[check].title if check in CHECKS else "credential"), check
        case AnalysisError():
            return "could not be decided", ""


def _use(risk: CredentialRisk) -> tuple[datetime | None, str]:
    """Return when a credential was last used, or what is known in place of that."""
    if risk.last_used is not None:
        return risk.last_used, ""
    if risk.check == "CRED-PW-NEVER":
        return None, "never"
    known = next((fact.value for fact in risk.facts if fact.name == "lastUsed"), "")
    return None, "not known" if known == "unknown" else known


def _steps(seen: Observation) -> Iterator[RepairStep]:
    """Yield how to repair it; a check that only another version knows has no steps here."""
    if isinstance(seen.outcome, CredentialRisk) and seen.outcome.check in CHECKS:
        for one in repair_steps(seen):
            yield RepairStep(one.kind.value, one.text, "" if one.command is None else shlex.join(one.command))


def _parts(seen: Observation, *, gone: bool) -> Iterator[Part]:
    match seen.outcome:
        case ExternalAccess() as access:
            yield from _access_parts(access, gone=gone)
        case CredentialRisk() as risk:
            yield Part("Severity", (f"{risk.severity.name.capitalize()}: {risk.severity_rule}",))
            yield Part("Data of", (f"{risk.data_at:%Y-%m-%d %H:%M} UTC",))
        case AnalysisError() as error:
            for one in error.at_most:
                yield Part("At most", (f"{words.who(one.principal)}: {', '.join(one.action)}",))
            if error.gaps:
                failed = tuple(f"{gap.call}: {gap.code} {gap.message}".strip() for gap in error.gaps)
                yield Part("Failed calls", failed)


def _access_parts(access: ExternalAccess, *, gone: bool) -> Iterator[Part]:
    yield Part("Who", (words.who(access.principal), *words.when(access.condition)))
    yield Part("What", (", ".join(access.action),))
    yield Part("Through", tuple(f"{words.through(one)}, at {words.place(one)}" for one in access.because))
    for source in access.sources:
        yield Part(
            "Source", (" ".join(filter(None, (source.type, source.access_point_arn, source.access_point_account))),)
        )
    yield Part(
        "Proof", (f"This request {'was' if gone else 'is'} allowed:",), _json_lines(witness_document(access.witness))
    )
    for one in access.blocked_by:
        of_whom = f" of {one.resource}" if one.resource else ""
        yield Part("Blocked by", (f"{one.document}{of_whom}: {one.reason}",))
    if access.resource_control_policy_restriction is not ResourceControlPolicyRestriction.NOT_APPLICABLE:
        yield Part("Resource control policy", (access.resource_control_policy_restriction.value,))
    yield Part("Severity", (f"{access.severity.name.capitalize()}: {access.severity_rule}",))
    if access.approximations:
        yield Part("Approximate", access.approximations)
    yield Part("To close it", (access.remedy.text,), _policy(access.remedy.policy))


def _policy(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    try:
        return _json_lines(json.loads(text))
    except ValueError:
        return (text,)


def _json_lines(value: Any) -> tuple[str, ...]:
    return tuple(json.dumps(value, indent=2).splitlines())
