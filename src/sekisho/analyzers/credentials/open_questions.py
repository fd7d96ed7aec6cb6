"""Cells of the report that leave a question open: they are errors, and never a pass."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sekisho.analyzers.credentials.of_root import has_credential
from sekisho.analyzers.credentials.user import User
from sekisho.resources.credentials import Flag, Mark, Moment, UnreadCell

NO_ANSWER: Final = frozenset({Mark.NOT_APPLICABLE, Mark.NO_INFORMATION, Mark.EMPTY})
"""What is neither a yes nor a no; `not_supported` is a no where no date says otherwise."""


def open_questions(user: User) -> tuple[UnreadCell, ...]:
    """Return the cells that tell neither this nor that, and that nobody else has told of."""
    row = user.row
    if row.is_plain:
        return ()
    answered = tuple(column for column, is_told in _told_elsewhere(user) if is_told)
    cells = (*row.unread, *_questions(user))
    return tuple(one for one in cells if not one.column.startswith(answered))


def _told_elsewhere(user: User) -> Iterator[tuple[str, bool]]:
    """Yield how columns begin, and whether somebody else has told what they should tell."""
    yield "access_key_", user.keys_are_listed
    yield "mfa_active", user.mfa_is_told_elsewhere
    yield "password_enabled", user.password_is_told_elsewhere
    yield "password_last_used", user.password_use_is_told_elsewhere
    yield "password_", user.password_is_told_elsewhere and not user.has_password  # of what is not there


def _questions(user: User) -> Iterator[UnreadCell]:
    row = user.row
    used = Mark.ABSENT if row.is_root else row.password_last_used  # root has a date beside `not_supported`
    if _is_open(row.password_enabled, used):
        yield _cell("password_enabled", row.password_enabled)
    for key in row.access_keys:
        if _is_open(key.active, key.last_rotated):
            yield _cell(f"access_key_{key.number}_active", key.active)
        elif key.active is True and isinstance(key.last_rotated, Mark):
            yield _cell(f"access_key_{key.number}_last_rotated", key.last_rotated)
    for one in row.certificates:
        if isinstance(one.last_rotated, datetime) and _is_open(one.active, one.last_rotated):
            yield _cell(f"cert_{one.number}_active", one.active)
    comes_in = (has_credential(user) if row.is_root else user.has_password) or bool(user.keys.active)
    if isinstance(row.mfa_active, Mark) and comes_in:
        yield _cell("mfa_active", row.mfa_active)


def _is_open(flag: Flag, date: Moment) -> bool:
    return flag in NO_ANSWER or (flag is Mark.NOT_SUPPORTED and isinstance(date, datetime))


def _cell(column: str, value: Flag | Moment) -> UnreadCell:
    return UnreadCell(column, value.value if isinstance(value, Mark) else str(value))
