"""Members of an answer of IAM: one that must not be missing, or must be a time or a number."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sekisho.resources.answers import UnexpectedAnswerError, flag_in, objects_in
from sekisho.resources.snapshot import Json


def listed_in(raw: Mapping[str, Json], member: str) -> list[Mapping[str, Json]]:
    """Return the items of a listing; one that is missing or cut short must not look like an empty one."""
    if raw.get(member) is None:
        raise UnexpectedAnswerError(f"the answer has no `{member}`")
    if flag_in(raw, "IsTruncated"):
        raise UnexpectedAnswerError(f"the answer's `{member}` is one page of several")
    return objects_in(raw, member)


def moment_in(raw: Mapping[str, Json], member: str) -> datetime | None:
    """Return a time in UTC, from a date or its text; None when it is missing."""
    found: Json = raw.get(member)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else found
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter of a year that is none in UTC
        pass
    raise UnexpectedAnswerError(f"the answer's `{member}` is no time")


def required_moment(raw: Mapping[str, Json], member: str) -> datetime:
    """Return a time in UTC that an answer cannot lack."""
    found = moment_in(raw, member)
    if found is None:
        raise UnexpectedAnswerError(f"the answer has no `{member}`")
    return found


def number_in(raw: Mapping[str, Json], member: str) -> int | None:
    """Return a whole number; None when it is missing."""
    found: Json = raw.get(member)
    if found is None or isinstance(found, int):
        return found
    raise UnexpectedAnswerError(f"the answer's `{member}` is no number")


def required_number(raw: Mapping[str, Json], member: str) -> int:
    """Return a whole number that an answer cannot lack."""
    found = number_in(raw, member)
    if found is None:
        raise UnexpectedAnswerError(f"the answer has no `{member}`")
    return found


def required_flag(raw: Mapping[str, Json], member: str) -> bool:
    """Return a yes or no that an answer cannot lack."""
    if raw.get(member) is None:
        raise UnexpectedAnswerError(f"the answer has no `{member}`")
    return flag_in(raw, member)
