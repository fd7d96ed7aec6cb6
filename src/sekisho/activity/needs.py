"""Which permissions a call needed: its actions, each with what they were done to, and the roles that it passed."""

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final, cast

import msgspec

from sekisho.activity import actions, passed_roles, request_context, touched
from sekisho.activity.actions import NeededAction, NoneNeeded, Unmapped, actions_of
from sekisho.activity.call import Call
from sekisho.activity.passed_roles import PassedRole
from sekisho.activity.permission import Basis, Permission, Reach
from sekisho.activity.touched import resources_of

READS: Final = (actions.READS | touched.READS | passed_roles.READS | request_context.READS) - {
    "awsaccesskeyid",
    "code",
    "content",
}
"""The parameters that decide which permissions a call needed, and under which conditions, in lower case; all others
are dropped.

`code` and `content` matter for what is below them, and as texts they are code and content. An access key is no resource
of EC2's, though it is called like one.
"""

WHOLE: Final = frozenset(name for name in READS if name.startswith("tag") or name.endswith(("tags", "tagset")))
"""Those of them that are kept with all that is below them: the keys and values of tags."""

UNSEEN: Final = frozenset(
    {
        "connectionproperties",
        "defaultarguments",
        "environment",
        "environmentvariables",
        "environmentoverrides",
        "variables",
        "item",
        "messageattributes",
        "messagesystemattributes",
        "payload",
        "key",
        "expressionattributevalues",
    }
)
"""What people fill with names and values of their own: nothing below it says what a call needed."""

FREE: Final = frozenset(
    cast(
        "list[str]",
        json.loads(files("sekisho.activity").joinpath("generated", "free_form_parameters.json").read_text("utf-8"))[
            "names"
        ],
    )
)
"""What callers give names of their own below, so that only ARNs are kept; `tools/free_form_parameters.py` finds it."""

NO_PROFILES: Final[Mapping[str, str]] = MappingProxyType({})


class Needs(msgspec.Struct, frozen=True, gc=False):
    """What an identity policy had to allow for a call.

    Attributes:
        permissions: all of them; none for a call that needs none, and for one that is not mapped.
        why_none: why there are none.
        is_mapped: whether it is known what the call needs.
        assumed: what had to be assumed about roles that were passed, a sentence each.
    """

    permissions: tuple[Permission, ...]
    why_none: str = ""
    is_mapped: bool = True
    assumed: tuple[str, ...] = ()


def needs_of(call: Call, profiles: Mapping[str, str] = NO_PROFILES) -> Needs:
    """Return which permissions a call needed.

    Args:
        call: of which principal does not matter.
        profiles: the roles of instance profiles, as far as they are known.
    """
    match actions_of(call):
        case NoneNeeded(why=why):
            return Needs((), why)
        case Unmapped(why=why):
            return Needs((), why, is_mapped=False)
        case needed:
            passed = passed_roles.passed_roles(call, profiles)
            return Needs(
                (*(_permission(one, call) for one in needed), *(_to_pass(one, call) for one in passed)),
                assumed=tuple(sorted({one.assumed for one in passed if one.assumed})),
            )


def _permission(needed: NeededAction, call: Call) -> Permission:
    if needed.resources is None:
        found = resources_of(needed.action, call)
        arns, reach = found.arns, found.reach
    else:
        arns = needed.resources
        reach = Reach.PATTERN if any("*" in arn for arn in arns) else Reach.RECORDED
    return Permission(needed.action, arns, needed.basis, reach, needed.context, needed.rule)


def _to_pass(passed: PassedRole, call: Call) -> Permission:
    context = {"iam:PassedToService": (passed.service,)} if passed.service else {}
    reach = Reach.PATTERN if "*" in passed.role else Reach.RECORDED
    return Permission("iam:PassRole", (passed.role,), Basis.INFERRED, reach, context, f"{call.name} {passed.parameter}")
