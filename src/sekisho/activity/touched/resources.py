"""From a call and one of its actions to the resources that a policy had to allow the action on."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.activity.call import Call
from sekisho.activity.permission import Reach
from sekisho.activity.touched import ec2, services
from sekisho.activity.touched.asked import Asked, recorded_or_filled
from sekisho.activity.touched.exceptions import OWNERS, PATHS
from sekisho.activity.touched.plan import ANY
from sekisho.activity.touched.table import NAMES
from sekisho.policy.resource_types import ActionResources, resources_of_action


class Resources(msgspec.Struct, frozen=True, gc=False):
    """The resources of a permission.

    Attributes:
        arns: ARNs or patterns of them, sorted, none twice; `*` alone where there is none to name.
        reach: how well they are known.
    """

    arns: tuple[str, ...]
    reach: Reach


_NOTHING: Final = Resources((ANY,), Reach.NO_RESOURCE)
_UNKNOWN: Final = Resources((ANY,), Reach.UNKNOWN)


def resources_of(action: str, call: Call) -> Resources:
    """Return the resources that a call touched with an action.

    Args:
        action: with its service, as the catalogue spells it; one that the call needed.
        call: as recorded; nothing in it is trusted.

    Returns:
        what the record names, with `*` in place of ids that the call made or that no record has; `*` for an action
        without resource-level permissions, and, flagged, for one that the catalogue does not know yet. Where the
        record names nothing of the right type, all resources of the required types, flagged; `*` where no type is
        required.

    Source: Service Authorization Reference, "Actions, resources, and condition keys": resource types of an action.
    """
    known = resources_of_action(action)
    if known is None:
        return _UNKNOWN
    if not known.has_resource_level:
        return _NOTHING
    asked = Asked.about(action.lower(), call)
    special = services.SPECIAL.get(asked.service, recorded_or_filled)
    arns = special(asked)
    return _resources(arns) if arns else _unknown(known, asked.place)


def _unknown(known: ActionResources, place: Mapping[str, str]) -> Resources:
    required = (template for kind in known.resource_types if kind.is_required for template in kind.templates)
    filled = {template.fill({**dict.fromkeys(template.names, ANY), **place}) for template in required}
    return Resources(tuple(sorted(filled)) or (ANY,), Reach.UNKNOWN)


def _resources(arns: set[str]) -> Resources:
    is_pattern = any(map(_is_pattern, arns))
    return Resources(tuple(sorted(arns)), Reach.PATTERN if is_pattern else Reach.RECORDED)


def _is_pattern(arn: str) -> bool:
    """Say whether an ARN has a wildcard in it; what is behind every log group in a policy is none."""
    if "*" not in arn and "?" not in arn:
        return False
    arn = arn.removesuffix(":*") if ":logs:" in arn else arn
    return _WILD.search(_ESCAPED.sub("", arn)) is not None


_WILD: Final = re.compile(r"[*?]")
_ESCAPED: Final = re.compile(r"\$\{[*?$]\}")


def _names_of_exceptions() -> frozenset[str]:
    """Return the names of the parameters in the tables of exceptions."""
    paths = [path for kinds in PATHS.values() for paths in kinds.values() for path in paths.split("|") if path]
    owners = [name for names in OWNERS.values() for name in names]
    return frozenset(path.rpartition(".")[2] for path in paths) | frozenset(owners)


READS: Final = NAMES | ec2.READS | services.READS | _names_of_exceptions()
"""The names in lower case of the parameters that decide which resources a call touched."""
