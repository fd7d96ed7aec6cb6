"""Many ARNs as few patterns, by rules that can be told in a sentence each.

Nothing is ever widened across a partition, service, Region, account or kind of resource, and every pattern knows how
many ARNs it stands for.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

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

Rule: TypeAlias = Callable[[str], str]
"""What says how an ARN is written."""

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
    found: dict[str, set[str]] = defaultdict(set)
    for kind, written in _kinds(arns).items():
        pattern_of = _rule(kind, written.keys(), width)
        for one, some in written.items():
            found[pattern_of(one)].update(some)
    return {pattern: frozenset(covered) for pattern, covered in found.items()}


def width_of(action: str, asked: Width) -> Width:
    """Return how the resources of an action are written: who may become or pass whom is always listed."""
    return Width.EXACT if asked is not Width.PLACEHOLDERS and action.startswith(("iam:", "sts:")) else asked


class Writing:
    """How the ARNs of an action are written."""

    def __init__(self, arns: Iterable[str], width: Width) -> None:
        """Take the ARNs, or those of them that decide it."""
        self._rules = {kind: _rule(kind, written.keys(), width) for kind, written in _kinds(arns).items()}

    def pattern_of(self, arn: str) -> str:
        """Return what stands for one of the ARNs."""
        written = _any_run(arn)
        return self._rules[kind_of(written)](written)


def deciding(arns: Iterable[str], width: Width) -> frozenset[str]:
    """Return those of some ARNs that decide how all are written, whatever other ARNs come to them.

    They are few for each kind of resource, unless each ARN is written as it is.
    """
    return frozenset(
        written[one][0] for kind, written in _kinds(arns).items() for one in _deciding(kind, written.keys(), width)
    )


def _deciding(kind: str, written: Collection[str], width: Width) -> Collection[str]:
    """Return ARNs by which `_rule` finds what it finds by all of a kind: by their number, ends, and folders."""
    if width is Width.EXACT or len(written) <= MOST_UNLIKE:
        return written
    found = {*islice(written, MOST_UNLIKE + 1), min(written), max(written)}
    depth = 0
    folders: dict[str, str] = {}
    while len(folders) <= MOST_ARNS:
        depth += 1
        folders = {}
        for arn in written:
            folders.setdefault(_cut(kind, arn, depth), arn)
            if len(folders) > MOST_ARNS:
                break
        found.update(folders.values())
    return found


def _kinds(arns: Iterable[str]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return how ARNs are written without what is another one in every run, by kind, each with all that it is for."""
    kinds: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for arn in arns:
        written = _any_run(arn)
        kinds[kind_of(written)].setdefault(written, []).append(arn)
    return kinds


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


def _rule(kind: str, arns: Collection[str], width: Width) -> Rule:
    """Return what says how an ARN of a kind is written."""
    if width is Width.STAR and arns != {kind}:
        return _constant(f"{kind}*")
    if width is Width.EXACT or len(arns) <= MOST_ARNS:
        return _as_it_is
    depth = _depth_of_folders(kind, arns)
    return partial(_cut, kind, depth=depth) if depth else _by_start(kind, arns)


def _as_it_is(arn: str) -> str:
    return arn


def _constant(pattern: str) -> Rule:
    return lambda _: pattern


def _depth_of_folders(kind: str, arns: Collection[str]) -> int:
    """Return how deep the deepest folders are that are few enough; nothing where only the kind itself is."""
    found: frozenset[str] = frozenset()
    depth = 0
    while True:
        level = frozenset(_cut(kind, arn, depth + 1) for arn in arns)
        if len(level) > MOST_ARNS or level == found:
            return depth if found else 0
        if not (found or any(pattern.endswith("*") for pattern in level)):
            return 0
        found = level
        depth += 1


def _cut(kind: str, arn: str, depth: int) -> str:
    folders = arn[len(kind) :].split("/")
    return f"{kind}{'/'.join(folders[:depth])}/*" if len(folders) > depth else arn


def _by_start(kind: str, arns: Collection[str]) -> Rule:
    """Return the common start of the names, up to its last separator, or the kind."""
    first, last = min(arns)[len(kind) :], max(arns)[len(kind) :]
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    end = _ENDS.search(first[:length])
    start = first[: end.end()] if end and end.end() >= SHORTEST_START else ""
    if not start and len(arns) <= MOST_UNLIKE and ":s3" not in kind:
        return _as_it_is
    return _constant(f"{kind}{start}*")
