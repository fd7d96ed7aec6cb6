"""Which tags there were: out of the tagging calls that are kept, and of files that AWS's own commands write."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sekisho.activity import TagFileError
from sekisho.activity.call import Call
from sekisho.activity.needs import needs_of
from sekisho.activity.permission import Permission, Reach
from sekisho.activity.tags import removed_keys_of, tags_of
from sekisho.activity.usage import UseOf, call_of
from sekisho.analyzers.least_privilege import TagHistory
from sekisho.policy.catalogue import access_level
from sekisho.policy.patterns import unescaped
from sekisho.resources.json_values import is_list, is_object
from sekisho.storage.usage import UsageStore


def tag_history(store: UsageStore, files: Iterable[Path] = ()) -> TagHistory:
    """Return which tags resources and principals had.

    Args:
        store: has the calls that tagged and made them.
        files: lists of tags; see `read_tags`.

    Raises:
        TagFileError: a file has no tags.
    """
    history = TagHistory()
    for file in files:
        for arn, tags in read_tags(file):
            history.add_listed(arn, tags)
    for use in store.succeeded("%", _HAS_TAGS):
        _learn(history, use)
    return history


_HAS_TAGS: Final = r'"(tag\w*|\w*tags)":'


def read_tags(file: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield ARNs with their tags, of what AWS's command line answers.

    It may be the answer of `resourcegroupstaggingapi get-resources`, of `iam get-account-authorization-details`, of
    `iam get-role` or of `iam get-user`.

    Raises:
        TagFileError: the file cannot be read, or has nothing of the kind.
    """
    try:
        document = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise TagFileError(f"`{file}` cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TagFileError(f"`{file}` is not JSON") from error
    found = list(_tagged(document))
    if not found:
        raise TagFileError(
            f"`{file}` has no tags of anything that it names; it can be what `aws resourcegroupstaggingapi"
            " get-resources`, `aws iam get-account-authorization-details`, `aws iam get-role` or `aws iam get-user`"
            " prints"
        )
    yield from found


def _tagged(document: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
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


def _learn(history: TagHistory, use: UseOf) -> None:
    """Learn what calls did to tags."""
    call = call_of(use.usage)
    tagging = [
        one
        for one in needs_of(call).permissions
        if access_level(one.action) == "Tagging" and one.reach is Reach.RECORDED
    ]
    for permission in tagging:
        is_session = permission.action.startswith("sts:")
        for arn, tags in _changes(call, permission):
            if is_session:
                for key in tags:
                    history.vary(arn, key)
            else:
                history.add_change(arn, tags, use.first, use.last)


def _changes(call: Call, permission: Permission) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    name = permission.action.partition(":")[2].lower()
    for resource in permission.resources:
        if name.startswith(("untag", "remove", "delete")):
            yield unescaped(resource), dict.fromkeys(removed_keys_of(call))
        else:
            yield unescaped(resource), tags_of(call)
