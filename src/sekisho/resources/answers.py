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


class UnsupportedResourceError(ReadingError):
    """A resource of a type that is not read yet."""

    def __init__(self, resource_type: str) -> None:
        super().__init__(f"resources of type {resource_type} are not analysed yet")


def require_read(resource: RawResource, *, optional: frozenset[str] = frozenset()) -> None:
    """Make sure that every call that matters was answered.

    Args:
        resource: the resource.
        optional: calls without which the resource can be understood.

    Raises:
        UnreadableError: one was not.
    """
    gaps = resource_gaps(resource)
    if gaps and (missing := tuple([gap for gap in gaps if gap.call not in optional])):
        raise UnreadableError(missing)


def answer(resource: RawResource, call: str, **params: str) -> Mapping[str, Json]:
    """Return the answer to a call; empty when it had nothing to return."""
    return answer_of(resource.find(call, params))


def answer_of(made: ApiCall | None) -> Mapping[str, Json]:
    """Return what a call returned; empty when there was nothing to return."""
    if made is None or made.response is None or (made.error is not None and is_absence(made.call, made.error)):
        return {}
    if not _is_object(made.response):
        raise UnexpectedAnswerError(f"the answer to {made.call} is no object")
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


def texts_in(raw: Mapping[str, Json], member: str) -> tuple[str, ...]:
    """Return a list of texts; empty when it is missing.

    Raises:
        UnexpectedAnswerError: something else stands there.
    """
    found: Json = raw.get(member)
    if found is None:
        return ()
    if not _is_list(found) or not all(isinstance(one, str) for one in found):
        raise UnexpectedAnswerError(f"the answer's `{member}` is no list of texts")
    return tuple(found)


def flag_in(raw: Mapping[str, Json], member: str) -> bool:
    """Return a yes or no; no when it is missing.

    Raises:
        UnexpectedAnswerError: something else stands there.
    """
    found: Json = raw.get(member)
    if found is None or isinstance(found, bool):
        return bool(found)
    raise UnexpectedAnswerError(f"the answer's `{member}` is neither true nor false")


def required_text(raw: Mapping[str, Json], member: str) -> str:
    """Return a text that an answer cannot lack.

    Raises:
        UnexpectedAnswerError: it lacks it, or something else stands there.
    """
    found = text_in(raw, member)
    if not found:
        raise UnexpectedAnswerError(f"the answer has no `{member}`")
    return found


def _is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, (dict, Mapping))  # the first is answered at once


def _is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)
