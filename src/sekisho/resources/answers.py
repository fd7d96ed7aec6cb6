"""Reading raw answers: what a call returned, and members of it that have the type the service promises."""

from collections.abc import Mapping
from typing import TypeGuard

from sekisho.resources.gaps import Gap, is_absence, resource_gaps
from sekisho.resources.snapshot import ApiCall, Json, RawResource


class ReadingError(Exception):
    """The base of this layer's errors: a resource that cannot be understood; the message says why, for its owner."""


class UnreadableError(ReadingError):
    """Calls that describe the resource failed, so that what it allows is not known."""

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        calls = ", ".join(f"{gap.call} answered {gap.code}" for gap in gaps)
        super().__init__(f"the resource could not be read: {calls}")
        self.gaps = gaps


class UnexpectedAnswerError(ReadingError):
    """An answer is not what the service promises."""


def require_read(resource: RawResource, *, optional: frozenset[str] = frozenset()) -> None:
    """Make sure that every call that matters was answered.

    Args:
        resource: the resource.
        optional: calls without which the resource can be understood.

    Raises:
        UnreadableError: one was not.
    """
    gaps = tuple(gap for gap in resource_gaps(resource) if gap.call not in optional)
    if gaps:
        raise UnreadableError(gaps)


def answer(resource: RawResource, call: str, **params: str) -> Mapping[str, Json]:
    """Return the answer to a call; empty when it had nothing to return."""
    return answer_of(resource.find(call, **params))


def answer_of(made: ApiCall | None) -> Mapping[str, Json]:
    """Return what a call returned; empty when there was nothing to return."""
    if made is None or made.response is None or (made.error is not None and is_absence(made.call, made.error)):
        return {}
    return made.response


def object_in(raw: Mapping[str, Json], *path: str) -> Mapping[str, Json]:
    """Return the object at a path of members; empty when it is missing.

    Raises:
        UnexpectedAnswerError: something else stands there.
    """
    found = raw
    for member in path:
        value: Json = found.get(member)
        if value is None:
            return {}
        if not _is_object(value):
            raise UnexpectedAnswerError(f"the answer's `{'.'.join(path)}` is no object")
        found = value
    return found


def objects_in(raw: Mapping[str, Json], member: str) -> list[Mapping[str, Json]]:
    """Return a list of objects; empty when it is missing.

    Raises:
        UnexpectedAnswerError: something else stands there.
    """
    found: Json = raw.get(member)
    if found is None:
        return []
    if not _is_list(found) or not all(_is_object(one) for one in found):
        raise UnexpectedAnswerError(f"the answer's `{member}` is no list of objects")
    return found


def text_in(raw: Mapping[str, Json], member: str) -> str | None:
    """Return a text; None when it is missing.

    Raises:
        UnexpectedAnswerError: something else stands there.
    """
    found: Json = raw.get(member)
    if found is None or isinstance(found, str):
        return found
    raise UnexpectedAnswerError(f"the answer's `{member}` is no text")


def _is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping)


def _is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)
