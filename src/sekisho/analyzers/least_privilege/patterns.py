"""Many ARNs as few patterns, by rules that can be told in a sentence each.

Nothing is ever widened across a partition, service, Region, account or kind of resource, and every pattern knows how
many ARNs it stands for.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

MOST_ARNS: Final = 5
"""How many ARNs of a kind are listed before patterns stand for them."""

MOST_UNLIKE: Final = 25
"""How many ARNs are listed that have only their kind in common; objects of a bucket have the bucket in common."""

SHORTEST_START: Final = 3
"""How long the common start of names must be to stand for them: `app-*`."""


class Width(Enum):
    """How ARNs are written."""

    EXACT = "exact"
    """Each as it was recorded, but for what has another id in every run."""
    GROUPED = "grouped"
    """A few as they were recorded; more by what they have in common."""
    STAR = "star"
    """All resources of a kind."""
    PLACEHOLDERS = "placeholders"
    """What each action works on, with `${Variables}` that a person fills in: nothing that can be attached as it is."""


_RUNS: Final = {
    "logs": re.compile(r"^(arn:[^:]*:logs:[^:]*:\d*:log-group:[^:]+:log-stream:).+"),
    "ecs": re.compile(r"^(arn:[^:]*:ecs:[^:]*:\d*:(?:task|container-instance|task-set)/[^/]+/).+"),
    "states": re.compile(r"^(arn:[^:]*:states:[^:]*:\d*:(?:execution|express):[^:]+:).+"),
    "codebuild": re.compile(r"^(arn:[^:]*:codebuild:[^:]*:\d*:build/[^:]+:).+"),
    "glue": re.compile(r"^(arn:[^:]*:glue:[^:]*:\d*:session/).+"),
    "ssm": re.compile(r"^(arn:[^:]*:ssm:[^:]*:\d*:(?:session|automation-execution)/).+"),
    "lambda": re.compile(r"^(arn:[^:]*:lambda:[^:]*:\d*:function:[^:]+:)\d+$"),
}
"""What has another id each time that it runs, so that the next needs what this one did: by service, up to the id."""

_KIND: Final = re.compile(r"(?P<kind>/?[a-zA-Z0-9][\w-]*[:/])?(?P<name>.*)", re.DOTALL)
_ENDS: Final = re.compile(r"[-_./:](?=[^-_./:]*$)")


def widen(arns: Iterable[str], width: Width) -> Mapping[str, frozenset[str]]:
    """Return patterns that cover ARNs, each with those that it stands for.

    Args:
        arns: as a policy writes them; those of one action.
        width: how they are written.

    Returns:
        ARNs that stay as they are stand for themselves.
    """
    recorded = frozenset(arns)
    groups: dict[str, set[str]] = defaultdict(set)
    runs: dict[str, set[str]] = defaultdict(set)
    for arn in recorded:
        written = _any_run(arn)
        if written != arn:
            runs[written].add(arn)
        groups[kind_of(written)].add(written)
    found: dict[str, frozenset[str]] = {}
    for kind, some in groups.items():
        for pattern, covered in _patterns(kind, some, width).items():
            of_runs = (runs[one] for one in runs.keys() & covered)
            found[pattern] = found.get(pattern, _NONE).union(recorded & covered, *of_runs)
    return found


_NONE: Final = frozenset[str]()


def _any_run(arn: str) -> str:
    parts = arn.split(":", _SERVICE + 1)
    run = _RUNS.get(parts[_SERVICE]) if len(parts) > _SERVICE else None
    return run.sub(r"\1*", arn) if run else arn


_SERVICE: Final = 2


def kind_of(arn: str) -> str:
    """Return the part of an ARN that is never widened: all up to the name; of an S3 object the bucket is part of it."""
    if arn == "*" or arn.count(":") < _COLONS:
        return arn
    *head, rest = arn.split(":", _COLONS)
    start = ":".join(head)
    if head[2] == "s3" and head[3:] == ["", ""]:
        bucket, slash, _ = rest.partition("/")
        return f"{start}:{bucket}/" if slash else f"{start}:"
    found = _KIND.fullmatch(rest)
    return f"{start}:{found['kind'] or '' if found else ''}"


_COLONS: Final = 5


def _patterns(kind: str, arns: set[str], width: Width) -> Mapping[str, set[str]]:
    if width is Width.STAR and arns != {kind}:
        return {f"{kind}*": arns}
    if width is Width.EXACT or len(arns) <= MOST_ARNS:
        return {arn: {arn} for arn in arns}
    return _by_folders(kind, arns) or _by_start(kind, arns)


def _by_folders(kind: str, arns: set[str]) -> Mapping[str, set[str]]:
    """Return the deepest folders that are few enough; nothing where only the kind itself is."""
    found: Mapping[str, set[str]] = {}
    depth = 1
    while True:
        level: dict[str, set[str]] = defaultdict(set)
        for arn in arns:
            level[_cut(kind, arn, depth)].add(arn)
        if len(level) > MOST_ARNS or (found and level.keys() == found.keys()):
            return found
        if any(pattern.endswith("*") for pattern in level):
            found = level
        elif not found:
            return {}
        depth += 1


def _cut(kind: str, arn: str, depth: int) -> str:
    folders = arn[len(kind) :].split("/")
    return f"{kind}{'/'.join(folders[:depth])}/*" if len(folders) > depth else arn


def _by_start(kind: str, arns: set[str]) -> Mapping[str, set[str]]:
    """Return the common start of the names, up to its last separator, or the kind."""
    first, last = min(arns)[len(kind) :], max(arns)[len(kind) :]
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    end = _ENDS.search(first[:length])
    start = first[: end.end()] if end and end.end() >= SHORTEST_START else ""
    if not start and len(arns) <= MOST_UNLIKE and ":s3" not in kind:
        return {arn: {arn} for arn in arns}
    return {f"{kind}{start}*": arns}
