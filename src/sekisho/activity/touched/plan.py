"""What of the parameters of an operation makes which ARN, looked up once for an operation and an action."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import islice, product
from typing import Final, NamedTuple

from sekisho.activity.touched.exceptions import ARNS, DEFAULTS, ONLY, VALUES, Told
from sekisho.activity.touched.parameters import texts_at
from sekisho.activity.touched.table import paths_of
from sekisho.policy.patterns import literal
from sekisho.policy.resource_types import (
    ArnTemplate,
    ResourceType,
    arn_fits,
    captured,
    resources_of_action,
    templates_of_service,
)

ANY: Final = "*"
ALL: Final = "?"

MOST: Final = 5000
"""How many ARNs one row makes at most: parameters of 100 KB have fewer names than that."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable of a template and where its value is.

    Attributes:
        variable: its name.
        paths: of the parameters that may have it, of lower-case names; all of the first group that is there have it.
        prefix: what the template has before it that the value has too: `p-` of a policy of Organizations.
        default: what the service takes where none is there; empty for nothing.
        key: the service and the variable, as the tables of exceptions have them.
    """

    variable: str
    paths: tuple[tuple[tuple[str, ...], ...], ...]
    prefix: str
    default: str
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """A template of a resource type of an action, with what fills it.

    Attributes:
        kind: the resource type.
        template: its ARN.
        slots: one for each variable but the partition, the region and the account.
        is_made: whether the call makes the resource, or has but a name of it, so that its id is in no parameter.
        is_all: whether the call is about all resources of the type if it names none.
        is_named: whether a part of the names is enough to say that the call is about the type.
        only: what ARNs of the type look like; None where the template says it.
    """

    kind: ResourceType
    template: ArnTemplate
    slots: tuple[Slot, ...]
    is_made: bool
    is_all: bool
    is_named: bool
    only: re.Pattern[str] | None


@lru_cache(maxsize=16384)
def rows_of(action: str, operation: str) -> tuple[Row, ...]:
    """Return what an operation can tell of the resources of an action.

    Args:
        action: in lower case; it exists.
        operation: in lower case, without a version.
    """
    resources = resources_of_action(action)
    kinds = () if resources is None else resources.resource_types
    rows = (_row(action, operation, kind, template) for kind in kinds for template in kind.templates)
    return tuple(row for row in rows if _can_be_filled(row) or action.startswith("ec2:"))


@lru_cache(maxsize=8192)
def kind_of(action: str, arn: str) -> ResourceType | None:
    """Return the resource type of an action that an ARN belongs to; None where it belongs to none of them.

    A template that says more than that of the type, but belongs to no type of the action, has it first: an object is
    no bucket.
    """
    for one in _templates_of(action):
        if arn_fits(one.template, arn):
            if one.only is not None and not one.only.fullmatch(arn):
                return None
            return None if any(arn_fits(other, arn) for other in one.closer) else one.kind
    return None


class _Template(NamedTuple):
    """A template of a resource type of an action.

    Attributes:
        template: it.
        kind: the resource type.
        closer: the templates of the service that say more of an ARN that fits both.
        only: what ARNs of the type look like; None where the template says it.
    """

    template: ArnTemplate
    kind: ResourceType
    closer: tuple[ArnTemplate, ...]
    only: re.Pattern[str] | None


@lru_cache(maxsize=4096)
def _templates_of(action: str) -> tuple[_Template, ...]:
    """Return the templates of an action, those first that say most of an ARN."""
    resources = resources_of_action(action)
    service = action.partition(":")[0]
    found = [
        _Template(
            template,
            kind,
            () if template.text.endswith(_WITH_MORE) else _saying_more(template, service),
            ONLY.get(f"{service} {kind.name.lower()}"),
        )
        for kind in (resources.resource_types if resources else ())
        for template in kind.templates
    ]
    return tuple(sorted(found, key=lambda one: -one.template.size))


@lru_cache(maxsize=16384)
def _saying_more(template: ArnTemplate, service: str) -> tuple[ArnTemplate, ...]:
    """Return the templates of a service that say more of an ARN than another one does."""
    return tuple(other for other in templates_of_service(service) if other.size > template.size)


_WITH_MORE: Final = (":function:${FunctionName}", ":loadbalancer/${LoadBalancerName}")
"""Ends of templates that take what other types have more of: functions with a version, and load balancers with a type,
which the catalogue does not tell from those of the first generation."""

_PREFIX: Final = re.compile(r"(?<=[/:])[a-z]+-$")


class Certainty(IntEnum):
    """How much the parameters of a call say of the resource of a row; a lower one counts where nothing is higher."""

    NOTHING = 0
    PART = 1
    """Some of its names are there, and others could be but are not; or the action may not work on such a resource."""
    ALL = 2
    """All that a call can say of it."""


def arns_of(row: Row, parameters: Mapping[str, object], place: Mapping[str, str]) -> tuple[Certainty, list[str]]:
    """Return the ARNs that a row makes of parameters, and how sure it is that the call is about them.

    Args:
        row: the resource type and what fills it.
        parameters: with lower-case names on the first level.
        place: the partition, the region and the account of the call.
    """
    choices: list[list[Told]] = []
    named = missing = absent = 0
    for slot in row.slots:
        found = _values(slot, parameters)
        if found:
            named += 1
        elif slot.default:
            found = [{slot.variable: slot.default}]
        else:
            missing += 1
            absent += bool(slot.paths)
            found = [{slot.variable: ANY}]
        choices.append(found)
    certainty = _certainty(row, named, missing, absent)
    if certainty is Certainty.NOTHING:
        return certainty, []
    arns = [_fitting(row, place, told) for told in islice(product(*choices), MOST)]
    return certainty, [arn for arn in arns if arn]


def _certainty(row: Row, named: int, missing: int, absent: int) -> Certainty:
    """Return how sure a row is.

    Args:
        row: the resource type and what fills it.
        named: how many variables the parameters have.
        missing: how many nobody has.
        absent: how many of these some other call of the operation could have.
    """
    is_required = row.kind.is_required
    if not row.slots:
        return Certainty.ALL if is_required else Certainty.NOTHING
    if row.is_made or (named and not missing) or (is_required and not missing):
        return Certainty.ALL
    if not named:
        return Certainty.PART if row.is_all else Certainty.NOTHING
    if is_required or row.is_named:
        return Certainty.PART if absent else Certainty.ALL
    return Certainty.NOTHING


def _fitting(row: Row, place: Mapping[str, str], told: tuple[Told, ...]) -> str:
    """Return the ARN of a row, with `*` for what cannot be where the template has it; empty where it is none."""
    filled = dict(place)
    for one in told:
        filled.update(one)
    for slot in row.slots:
        filled.setdefault(slot.variable, ANY)
    arn = row.template.fill(filled)
    if not arn_fits(row.template, arn):
        arn = row.template.fill({**filled, **{s.variable: ANY for s in row.slots if ":" in filled[s.variable]}})
        if not arn_fits(row.template, arn):
            return ""
    return arn if row.only is None or row.only.fullmatch(arn) else ""


def _values(slot: Slot, parameters: Mapping[str, object]) -> list[Told]:
    """Return what the first of the parameters that are there says."""
    for group in slot.paths:
        found: list[Told] = []
        for path in group:
            for text in texts_at(parameters, path):
                told = _told(slot, text)
                if told is not None:
                    found.append(told)
        if found:
            return found
    return []


def _told(slot: Slot, text: str) -> Told | None:
    """Return what one value says of a variable, and of others beside it; None for nothing."""
    if text.startswith("arn:"):
        return _captured(slot.key, literal(text))
    if not text.startswith(slot.prefix):
        return None
    value = literal(text.removeprefix(slot.prefix))
    reader = VALUES.get(slot.key)
    if reader is None:
        return {slot.variable: value} if value else None
    told = reader(value)
    return told if told and all(told.values()) else None


@lru_cache(maxsize=8192)
def _captured(key: str, arn: str) -> Told | None:
    """Return what an ARN says of a variable: that of a cluster has the name of the cluster of a service."""
    service, _, variable = key.partition(" ")
    arn = ARNS[service](arn) if service in ARNS else arn
    best: tuple[int, Told] | None = None
    for template in templates_of_service(service):
        if variable in template.names:
            found = captured(template, arn)
            if found is not None and (best is None or template.size > best[0]):
                best = (template.size, {name: value for name, value in found.items() if name != "Partition"})
    return None if best is None else best[1]


def _row(action: str, operation: str, kind: ResourceType, template: ArnTemplate) -> Row:
    service = action.partition(":")[0]
    paths = paths_of(action, operation, kind.name.lower())
    before = dict(zip(template.variables, template.literals, strict=False))
    slots = tuple(_slot(service, name, paths.get(name, ""), before[name]) for name in template.names)
    is_made = ANY in paths.values()
    is_all = ALL in paths.values()
    is_named = any(_is_of(slot.variable, kind) for slot in slots if slot.paths)
    return Row(kind, template, slots, is_made, is_all, is_named, ONLY.get(f"{service} {kind.name.lower()}"))


def _can_be_filled(row: Row) -> bool:
    """Say whether any parameters at all can make an ARN of a row."""
    if row.is_made or row.is_all or not row.slots:
        return bool(row.slots) or row.kind.is_required
    has_any = any(slot.paths or slot.default for slot in row.slots)
    has_all = all(slot.paths or slot.default for slot in row.slots)
    return has_all or (has_any and (row.kind.is_required or row.is_named))


def _slot(service: str, variable: str, paths: str, before: str) -> Slot:
    groups = (group.split("&") for group in paths.split("|") if group not in ("", ANY, ALL))
    chosen = tuple(tuple(tuple(path.split(".")) for path in group) for group in groups)
    key = f"{service} {variable}"
    default = DEFAULTS.get(key, "") if chosen else ""
    prefix = _PREFIX.search(before)
    return Slot(variable, chosen, prefix[0] if prefix else "", default, key)


def _is_of(variable: str, kind: ResourceType) -> bool:
    """Say whether a variable has the name of its resource type: `StackName` of a stack."""
    plain = re.sub(r"[^a-z0-9]", "", kind.name.lower())
    return plain.startswith(re.sub(r"(name|id|identifier|arn)$", "", variable.lower()) or variable)
