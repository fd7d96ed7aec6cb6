"""What proposals are made of: the present answers of a resource, with the proposed parts in their places."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from sekisho.policy import PolicyError, parse_policy
from sekisho.policy.arns import parse_arn
from sekisho.resources.answers import ReadingError, answer, object_in
from sekisho.resources.snapshot import ApiCall, Json, RawResource

T = TypeVar("T")


class ProposalError(ReadingError):
    """A proposal that AWS would not take, or that says too little; the message is one line, place and remedy in it.

    Attributes:
        at: the place in the configuration, for instance `kmsKey.keyPolicies.default`.
    """

    def __init__(self, problem: str, *, at: str, remedy: str = "") -> None:
        super().__init__(f"{problem} at {at}" + (f"; {remedy}" if remedy else ""))
        self.problem = problem
        self.at = at
        self.remedy = remedy


class UnreadPartError(ReadingError):
    """A proposal leaves out what would stay as it is, and what it is now cannot be looked up here."""

    def __init__(self, resource_type: str, *, at: str) -> None:
        super().__init__(
            f"{at} is left out and would stay as it is, but resources of type {resource_type} are not read here; "
            "propose it too"
        )
        self.at = at


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The base of what configurations are read into; a part that is None was left out."""


def read_proposal(configuration: Json, kind: type[T], at: str) -> T:
    """Read a configuration, or a part of one.

    Raises:
        ProposalError: it has unknown members, or values of other types than the API has.

    Source: Access Analyzer API reference, `Configuration`.
    """
    try:
        return msgspec.convert(configuration, kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        inside = place.removesuffix("`")
        raise ProposalError(problem[:1].lower() + problem[1:], at=f"{at}{inside}") from None


class PolicyPart(msgspec.Struct, frozen=True):
    """Where a configuration has a policy, and which answer has it of a resource that is there.

    Attributes:
        member: of the configuration.
        within: the members of the answer that lead to the policy, its own included.
        required: the resource cannot be without it.
    """

    member: str
    call: str
    within: tuple[str, ...] = ("Policy",)
    required: bool = False


def with_policy(before: RawResource, part: PolicyPart, text: str | None, *, at: str) -> RawResource:
    """Put a policy in its place.

    Args:
        before: the resource as it is; without answers when it is new.
        part: which policy.
        text: None leaves it as it is, and the empty text removes it.
        at: the configuration's place, for messages.

    Raises:
        ProposalError: the text is no policy, or there has to be one.
    """
    place = f"{at}.{part.member}"
    if text is None:
        if part.required and before.find(part.call) is None:
            raise ProposalError("the policy of a new resource is missing", at=place, remedy="propose one")
        return before
    if not text and part.required:
        raise ProposalError("the policy is empty", at=place, remedy="leave it out to keep it; it cannot be removed")
    response = _put(answer(before, part.call), part.within, check_policy(text, at=place) if text else None)
    return with_answer(before, part.call, response)


def _put(raw: Mapping[str, Json], path: tuple[str, ...], text: str | None) -> dict[str, Json]:
    head, *rest = path
    kept = {name: value for name, value in raw.items() if name != head}
    if rest:
        return {**kept, head: _put(object_in(raw, head), tuple(rest), text)}
    return kept if text is None else {**kept, head: text}


_WILDCARD = re.compile(r"[*?]|\$\{")


def check_policy(text: str, *, at: str) -> str:
    """Return the text of a resource policy that AWS would take.

    What is refused beside what is no policy: a statement without principals, and a resource that is neither an ARN nor
    has a wildcard. Errs to taking it: which elements each service asks for beyond that is not checked.

    Raises:
        ProposalError: AWS would not take it.
    """
    try:
        policy = parse_policy(text)
    except PolicyError as error:
        raise ProposalError(
            f"the policy is malformed: {error.problem} at {error.at}", at=at, remedy=error.remedy
        ) from None
    for statement in policy.statements:
        if statement.principals is None:
            raise ProposalError(f"the policy has no `Principal` at {statement.path}", at=at, remedy="say who may")
        for resource in statement.resources.globs if statement.resources else ():
            if parse_arn(resource) is None and not _WILDCARD.search(resource):
                problem = f"the policy's resource `{resource[:60]}` at {statement.path} is no ARN"
                raise ProposalError(problem, at=at, remedy="write the whole ARN, or `*`")
    return text


def with_answer(before: RawResource, call: str, response: Mapping[str, Json], **params: Json) -> RawResource:
    """Put an answer in the place of what `call` was answered, whatever its parameters were."""
    made = before.find(call)
    given = params or ({} if made is None else made.params)
    return with_calls(without(before, call), ApiCall(call, given, response))


def with_calls(before: RawResource, *calls: ApiCall) -> RawResource:
    """Add answers."""
    return replace(before, api_calls=(*before.api_calls, *calls))


def without(before: RawResource, *calls: str) -> RawResource:
    """Drop the answers to some calls, failures too."""
    return replace(before, api_calls=tuple([made for made in before.api_calls if made.call not in calls]))
