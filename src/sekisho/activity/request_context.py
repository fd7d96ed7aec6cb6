"""The condition keys of a request that its parameters decide, with the values that they had."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from sekisho.activity.actions.parameters import parameters_of, text
from sekisho.activity.actions.sources import prefix_of
from sekisho.activity.call import Call
from sekisho.activity.tags import tags_of
from sekisho.policy.resource_types import resources_of_action

READS: Final = frozenset({"prefix", "externalid", "sourceidentity"})
"""The names of all parameters that are read here and nowhere else, in lower case."""

TAG_KEYS: Final = "aws:TagKeys"
REQUEST_TAG: Final = "aws:RequestTag/"

_SINGLE: Final[Mapping[str, tuple[str, str]]] = {
    "s3:ListBucket": ("prefix", "s3:prefix"),
    "s3:ListBucketVersions": ("prefix", "s3:prefix"),
}
_OF_SESSIONS: Final = {"externalid": "sts:ExternalId", "sourceidentity": "sts:SourceIdentity"}
_KEY: Final = re.compile(r"[\w .:/=+@-]{1,128}")
"""What the key of a tag or of an encryption context may be made of. Source: IAM User Guide, "Tags for IAM"."""


def context_of(call: Call, action: str, resource: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what the parameters of a call say of the condition keys of the request for an action, sorted.

    A key that is not here may have been in the request nevertheless: only those are told that follow from parameters
    which are kept. Of an encryption context those are the ARNs.

    Args:
        call: what was called.
        action: one that it needed, as the catalogue spells it.
        resource: the resource of that action, as a policy writes it.

    Source: Service Authorization Reference, the condition keys of Amazon S3, AWS KMS and AWS STS; IAM User Guide, "AWS
    global condition context keys", keys of tags.
    """
    # The request for an action of another service was another one, of which these parameters say nothing.
    if not call.parameters or not _is_decided(action) or prefix_of(call.source) != action.partition(":")[0]:
        return ()
    return tuple(sorted(_context(call, action, resource)))


def _context(call: Call, action: str, resource: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    service = action.partition(":")[0]
    parameters = parameters_of(call)
    if action in _SINGLE:
        name, key = _SINGLE[action]
        yield from _texts(parameters, {name: key})
    elif action == "sts:AssumeRole":
        yield from _texts(parameters, _OF_SESSIONS)
    elif service == "kms":
        for name, value in _members(parameters.get("encryptioncontext")):
            if value.startswith("arn:") and _KEY.fullmatch(name):
                yield f"kms:EncryptionContext:{name}", (value,)
    if not _takes_tags(action):
        return
    kind = resource.partition(f":{service}:")[2].rpartition(":")[2].partition("/")[0] if service == "ec2" else ""
    tags = tags_of(call, kind)
    if tags and all(map(_KEY.fullmatch, tags)):
        yield TAG_KEYS, tuple(sorted(tags))
        yield from ((f"{REQUEST_TAG}{key}", (value,)) for key, value in sorted(tags.items()))


def _texts(parameters: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, key in keys.items():
        if value := text(parameters.get(name)):
            yield key, (value,)


def _members(value: object) -> Iterator[tuple[str, str]]:
    """Yield the members of an object that are texts, their names in the case that they have."""
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[object, object]", value).items():
            if isinstance(name, str) and isinstance(inner, str):
                yield name, inner


@lru_cache(maxsize=16384)
def _is_decided(action: str) -> bool:
    """Say whether the parameters decide any condition key of an action."""
    return action in _SINGLE or action == "sts:AssumeRole" or action.startswith("kms:") or _takes_tags(action)


@lru_cache(maxsize=16384)
def _takes_tags(action: str) -> bool:
    """Say whether every request for an action has the tags that it gives.

    A launch of an instance is asked about an image and a subnet too, which get none: so the key has to be one of the
    action itself, or of EC2's action for tags. Source: Amazon EC2 User Guide, "Grant permission to tag Amazon EC2
    resources during creation".
    """
    if action == "ec2:CreateTags":
        return True
    known = resources_of_action(action)
    return known is not None and TAG_KEYS in known.own_condition_keys
