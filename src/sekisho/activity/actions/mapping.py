"""From a call to the IAM actions that authorise it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from sekisho.activity.actions import api_gateway, names, s3, several, tagging
from sekisho.activity.actions.known import existing_action, find_action, forget_actions
from sekisho.activity.actions.needed import (
    Answer,
    NeededAction,
    NoneNeeded,
    Unmapped,
    inferred,
    mapped,
    same_name,
)
from sekisho.activity.actions.reference import ServiceReference, authorized, set_consulted
from sekisho.activity.actions.sources import FURTHER, prefix_of, tables
from sekisho.activity.actions.via import via_service
from sekisho.activity.call import Call

READS: Final[frozenset[str]] = api_gateway.READS | s3.READS | several.READS | tagging.READS
"""The names of all parameters that are read here, in lower case."""

_VERSION: Final = re.compile(r"(.+?)_?20\d\d[_-]?\d\d[_-]?\d\d(?:v\d+)?")
_LONGEST_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of all calls of a name.

    Attributes:
        answer: the actions of every one of them.
        whole: what takes the place of `answer`, where the parameters decide.
        further: what the parameters may add to `answer`.
        name: of the operation: the name of the event without its version.
    """

    answer: Answer
    whole: Callable[[Call], Answer | None] | None = None
    further: tuple[Callable[[Call], tuple[NeededAction, ...]], ...] = ()
    name: str = ""


def actions_of(call: Call) -> Answer:
    """Return the actions that had to be allowed for a call, without `iam:PassRole`, for which no event tells.

    Each is in the catalogue. A call whose actions we do not know is `Unmapped`, never guessed at.
    """
    if len(call.name) > _LONGEST_NAME or len(call.source) > _LONGEST_NAME:
        return Unmapped("no name of an API call")
    plan = _plan(call.source, call.name)
    if plan.whole is None and not plan.further and not call.invoked_by:
        return plan.answer
    if plan.name and plan.name != call.name:
        call = replace(call, name=plan.name)
    answer = plan.answer if plan.whole is None else plan.whole(call) or plan.answer
    if not isinstance(answer, tuple):
        return answer
    for rule in plan.further:
        answer += rule(call)
    return tuple(via_service(call, needed) for needed in answer) if call.invoked_by else answer


def consult(reference: ServiceReference | None) -> None:
    """Have calls mapped with AWS's Service Reference in this process from now on; None for without."""
    set_consulted(reference)
    forget_actions()
    prefix_of.cache_clear()
    _plan.cache_clear()


@lru_cache(maxsize=16384)
def _plan(source: str, recorded_name: str) -> _Plan:
    """Return what is known of a call: our own tables, AWS's, the generated one, the same name; then without version."""
    name = recorded_name.strip()
    if not name:
        return _Plan(Unmapped("no name of an API call"))
    prefix = prefix_of(source)
    name = _spellings(prefix).get(name.lower(), name)
    found = _plan_of(prefix, name)
    if found is not None:
        return found
    unversioned = _VERSION.fullmatch(name)
    if unversioned is not None:
        name = unversioned[1]
        found = _plan_of(prefix, _spellings(prefix).get(name.lower(), name))
        if found is not None:
            return found
    return _Plan(Unmapped(f"there is no action of the name {prefix}:{name}"))


@lru_cache(maxsize=512)
def _spellings(prefix: str) -> Mapping[str, str]:
    """Return the calls that our tables name as they spell them, by their names in lower case.

    Some services record names with a small first letter. Source: Route 53 Developer Guide, "Logging API calls".
    """
    of_s3 = (s3.RENAMED, s3.RULES, s3.OTHER_PREFIXES) if prefix in {"s3", "s3express"} else ()
    by_prefix = (names.RENAMED, names.SEVERAL, names.NONE_NEEDED, several.WHOLE, several.FURTHER, tagging.ON_CREATION)
    found = (*of_s3, *(table.get(prefix, {}) for table in by_prefix))
    return {name.lower(): name for table in found for name in table}


def _plan_of(prefix: str, name: str) -> _Plan | None:
    """Return what is known of a call under the name of an operation; None where that is nothing."""
    whole = _whole(prefix, name)
    if whole is not None:
        unknown = Unmapped(f"the parameters of {prefix}:{name} do not say what it needed")
        return _Plan(unknown, whole, _further(prefix, name), name)
    answer = _fixed(prefix, name)
    if answer is None:
        return None
    further = _further(prefix, name) if isinstance(answer, tuple) else ()
    return _Plan(answer, None, further, name)


def _whole(prefix: str, name: str) -> Callable[[Call], Answer | None] | None:
    if prefix == "s3" and name in s3.RULES:
        return s3.RULES[name]
    if prefix == "apigateway" and not find_action(prefix, name) and name.lower() in api_gateway.paths():
        return api_gateway.action_of
    return several.WHOLE.get(prefix, {}).get(name)


def _further(prefix: str, name: str) -> tuple[Callable[[Call], tuple[NeededAction, ...]], ...]:
    rules = (several.FURTHER.get(prefix, {}).get(name), tagging.tagging_of(prefix, name))
    return tuple(rule for rule in rules if rule is not None)


def _fixed(prefix: str, name: str) -> Answer | None:
    """Return the actions of a call whatever its parameters are; None where we know none."""
    return (
        _none_needed(prefix, name)
        or _from_own_tables(prefix, name)
        or _from_reference(prefix, name)
        or _from_generated_table(prefix, name)
        or _same_name(prefix, name)
        or _of_sign_in(prefix, name)
    )


def _none_needed(prefix: str, name: str) -> NoneNeeded | None:
    why = names.NONE_NEEDED.get(prefix, {}).get(name)
    if why is None and name.lower() in tables()["unsigned"].get(prefix, ()):
        why = "nobody signs calls of this name"
    if why is None:
        return s3.session_of(name) if prefix == "s3express" or name == "RenameObject" else None
    return NoneNeeded(why)


def _from_own_tables(prefix: str, name: str) -> tuple[NeededAction, ...] | None:
    """Return the actions that a table of ours names and that exist; None where none has the call."""
    own = names.SEVERAL.get(prefix, {}).get(name) or _one(names.RENAMED.get(prefix, {}).get(name))
    if own is None and prefix in {"s3", "s3express"}:
        own = _one(s3.RENAMED.get(name))
        other = s3.OTHER_PREFIXES.get(name)
        if other is not None:
            return (mapped(other, f"{name} belongs to {other.partition(':')[0]}"),)
    existing = tuple(filter(None, (find_action(prefix, action) for action in own or ())))
    return tuple(_named(action, name) for action in existing) or None


def _from_reference(prefix: str, name: str) -> tuple[NeededAction, ...] | None:
    """Return the actions that AWS's Service Reference names; None where it has none, or has that of the same name.

    Of several it does not say which are asked for each time. The one of the same name is, and the others are left to
    `dependent_actions`; where there is none of the name, all of the service's own are granted, and marked.
    """
    told = next(filter(None, (authorized(one, name) for one in (prefix, *FURTHER.get(prefix, ())))), ())
    named = tuple(filter(None, map(existing_action, told)))
    if not named or find_action(prefix, name) in named:
        return None
    if len(named) == 1:
        return (mapped(named[0], f"{name} needs it, by {REFERENCE}"),)
    own = [action for action in named if action.startswith(f"{prefix}:")]
    return tuple(inferred(action, f"{name} may need it, by {REFERENCE}") for action in own or named)


REFERENCE: Final = "AWS's Service Reference"


def _from_generated_table(prefix: str, name: str) -> tuple[NeededAction, ...] | None:
    generated = None if find_action(prefix, name) else tables()["actions"].get(prefix, {}).get(name.lower())
    return (_named(generated, name),) if generated else None


def _named(action: str, name: str) -> NeededAction:
    return mapped(action, f"{name} needs it")


def _one(action: str | None) -> tuple[str, ...] | None:
    return None if action is None else (action,)


def _same_name(prefix: str, name: str) -> tuple[NeededAction, ...] | None:
    action = find_action(prefix, name)
    if action is not None:
        return (same_name(action),)
    for other in FURTHER.get(prefix, ()):
        action = find_action(other, name)
        if action is not None:
            return (mapped(action, f"action of the same name of {other}"),)
    return None


def _of_sign_in(prefix: str, name: str) -> NoneNeeded | None:
    if prefix == names.SIGN_IN:
        return NoneNeeded("signing in needs no action")
    return NoneNeeded("a token of the user's allows it") if prefix in names.BEARER and name[:1].isupper() else None
