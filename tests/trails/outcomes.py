"""How calls end, and what a record says of it.

Source: IAM User Guide, "Troubleshoot access denied error messages"; the list of errors of each service's API reference.
"""

from enum import Enum, auto
from random import Random
from typing import Final

from trails.calls import CallKind
from trails.truth import PASS_ROLE
from trails.world import Values

Errors = dict[str, str]


class Outcome(Enum):
    """How a call ends."""

    SUCCEEDED = auto()
    FAILED_LATER = auto()
    """Authorized, but for instance the object is not there."""
    DRY_RUN = auto()
    """Authorized, and not carried out, as was asked."""
    DENIED = auto()
    THROTTLED = auto()
    INVALID = auto()
    """Refused before anybody looked at policies, or after: nobody can tell."""
    UNAUTHENTICATED = auto()

    @property
    def counts(self) -> bool:
        """Whether the caller was authorized for certain."""
        return self in {Outcome.SUCCEEDED, Outcome.FAILED_LATER, Outcome.DRY_RUN}


REASONS: Final = (
    "because no identity-based policy allows the {action} action",
    "because no identity-based policy allows the {action} action",
    "because no identity-based policy allows the {action} action",
    "with an explicit deny in an identity-based policy",
    "with an explicit deny in a service control policy",
    "because no permissions boundary allows the {action} action",
    "because no session policy allows the {action} action",
)
UNAUTHENTICATED_CODES: Final = ("ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "RequestExpired")


def some_failure(rng: Random, kind: CallKind) -> Outcome:
    """Return how a call ends that nobody refuses: well, nearly always."""
    chance = rng.random()
    if chance > 0.035:
        return Outcome.SUCCEEDED
    if chance < 0.003:
        return Outcome.THROTTLED
    if chance < 0.005:
        return Outcome.INVALID
    if chance < 0.007:
        return Outcome.UNAUTHENTICATED
    if kind.service.prefix == "ec2" and not kind.row.reads:
        return Outcome.DRY_RUN
    on_thing = any(need.resource != "*" for need in kind.row.needs)
    return Outcome.FAILED_LATER if on_thing else Outcome.SUCCEEDED


def errors(rng: Random, outcome: Outcome, kind: CallKind, *, caller: str, refused: str, values: Values) -> Errors:
    """Return the `errorCode` and `errorMessage` of a record; nothing for a success.

    Args:
        rng: decides between the wordings that there are.
        outcome: how the call ended.
        kind: what was called.
        caller: the ARN of the session.
        refused: the action that was denied, if one was.
        values: what the placeholders stand for.
    """
    match outcome:
        case Outcome.SUCCEEDED:
            return {}
        case Outcome.FAILED_LATER:
            return {"errorCode": _failure(kind), "errorMessage": "The request could not be carried out."}
        case Outcome.DRY_RUN:
            message = "Request would have succeeded, but DryRun flag is set."
            return {"errorCode": "Client.DryRunOperation", "errorMessage": message}
        case Outcome.DENIED:
            return _denial(rng, kind, caller, refused, values)
        case Outcome.THROTTLED:
            return {"errorCode": kind.service.throttled, "errorMessage": "Rate exceeded"}
        case Outcome.INVALID:
            code = "Client.InvalidParameterValue" if kind.service.prefix == "ec2" else "ValidationException"
            return {
                "errorCode": code,
                "errorMessage": "1 validation error detected: value failed to satisfy constraint",
            }
        case Outcome.UNAUTHENTICATED:
            code = "Client.AuthFailure" if kind.service.prefix == "ec2" else rng.choice(UNAUTHENTICATED_CODES)
            return {"errorCode": code, "errorMessage": "The security token included in the request is not accepted"}


def _failure(kind: CallKind) -> str:
    if kind.service.prefix == "s3" and kind.row.data and kind.row.reads and "key" in kind.stable:
        return "NoSuchKey"
    if kind.row.name.startswith("Create"):
        return "AlreadyExistsException"
    return kind.service.missing


def _denial(rng: Random, kind: CallKind, caller: str, refused: str, values: Values) -> Errors:
    chance = rng.random()
    if len(kind.actions) == 1 and kind.service.prefix == "s3" and chance < 0.15:
        return {"errorCode": kind.service.denied, "errorMessage": "Access Denied"}
    said = f"User: {caller} is not authorized to perform: {refused} on resource: {_resource(kind, refused, values)}"
    if chance > 0.15:
        said = f"{said} {rng.choice(REASONS).format(action=refused)}"
    if kind.service.prefix == "ec2":
        encoded = f"Encoded authorization failure message: {rng.getrandbits(512):x}"
        said = f"You are not authorized to perform this operation. {said}. {encoded}"
    return {"errorCode": kind.service.denied, "errorMessage": said[:1024]}


def _resource(kind: CallKind, refused: str, values: Values) -> str:
    pairs = kind.needs(values)
    if refused == PASS_ROLE:
        pairs = [(PASS_ROLE, role) for role, _ in kind.passes(values)]
    named = next(resource for action, resource in pairs if action == refused)
    return named.replace("-??????", "-AbCdEf").replace("${$}", "$")
