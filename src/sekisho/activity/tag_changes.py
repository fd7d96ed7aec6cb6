"""Who got which tags: what calls did to tags, and what AWS's own commands list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sekisho.activity.call import Call
from sekisho.activity.needs import needs_of
from sekisho.activity.permission import Permission, Reach
from sekisho.activity.tags import removed_keys_of, tags_of
from sekisho.policy.catalogue import access_level
from sekisho.policy.patterns import unescaped
from sekisho.resources.json_values import is_list, is_object

HAS_TAGS: Final = r'"(tag\w*|\w*tags)":'
"""What is in the text of every call that is kept and that did something to tags."""


@dataclass(frozen=True, slots=True)
class TagChange:
    """What a call did to the tags of something.

    Attributes:
        arn: whose tags they are.
        tags: the values that they got; None for those that were removed.
        is_of_session: whether they are those of a session of a role, and only as long as that lasts.
    """

    arn: str
    tags: Mapping[str, str | None]
    is_of_session: bool = False


def tag_changes_of(call: Call) -> Iterator[TagChange]:
    """Yield what a call did to tags of what its record names."""
    for permission in needs_of(call).permissions:
        if access_level(permission.action) == "Tagging" and permission.reach is Reach.RECORDED:
            tags = _changed(call, permission)
            is_of_session = permission.action.startswith("sts:")
            yield from (TagChange(unescaped(arn), tags, is_of_session) for arn in permission.resources)


def _changed(call: Call, permission: Permission) -> Mapping[str, str | None]:
    name = permission.action.partition(":")[2].lower()
    if name.startswith(("untag", "remove", "delete")):
        return dict.fromkeys(removed_keys_of(call))
    return {**tags_of(call)}


def listed_tags(document: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield ARNs with their tags, of what AWS's command line answers; nothing for anything else.

    It may be the answer of `resourcegroupstaggingapi get-resources`, of `iam get-account-authorization-details`, of
    `iam get-role` or of `iam get-user`.
    """
    if not is_object(document):
        return
    for name in ("ResourceTagMappingList", "RoleDetailList", "UserDetailList", "Role", "User"):
        listed = document.get(name)
        for entry in listed if is_list(listed) else [listed]:
            arn = _text(entry, "ResourceARN") or _text(entry, "Arn")
            if arn and is_object(entry):
                yield arn, dict(_pairs(entry.get("Tags")))


def _pairs(tags: Any) -> Iterator[tuple[str, str]]:
    for tag in tags if is_list(tags) else ():
        if key := _text(tag, "Key"):
            yield key, _text(tag, "Value")


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if is_object(entry) else None
    return value if isinstance(value, str) else ""
