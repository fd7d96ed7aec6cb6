"""The access keys of a user: as the report has them, and where IAM was asked, as IAM lists them.

A report has two sets of columns and no ids, and their order says nothing: whose columns are whose has to follow from
status, dates and uses.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from typing import Final, TypeAlias

import msgspec

from sekisho.analyzers.observation import Fact
from sekisho.resources.credentials import AccessKey, AccessKeyCells, AccountCredentials, KeyStatus, Mark, ReportRow

REPORT: Final = "credential report"
NEVER: Final = "never"

MOST_MATCHED: Final = 4
"""AWS allows two keys; the ways to match them grow with the factorial of their number."""

_Pair: TypeAlias = tuple[AccessKey, AccessKeyCells | None]


def shown(moment: datetime | None) -> str:
    """Return a moment of UTC as facts have it."""
    return "unknown" if moment is None else f"{moment.isoformat()[:19]}Z"


class Key(msgspec.Struct, frozen=True, gc=False):
    """An access key, out of the columns of a report, out of IAM's own list, or out of both.

    Attributes:
        name: its id, or the number of its columns where that is not known.
        made: when it was made; of a report alone, when it was made or its status last changed. None when not known.
        changed: when its status last changed; None when not known, as of one that was active when the report was made.
        used: None for never.
        used_is_known: whether it is known that it was never used, and since when.
        service: the prefix of the service that it was last used for; empty when not known.
        now: the moment of the data that its ages are counted to.
        facts: what is known of it, and from where.
    """

    name: str
    is_active: bool
    made: datetime | None
    changed: datetime | None
    used: datetime | None
    used_is_known: bool
    service: str
    now: datetime
    facts: tuple[Fact, ...]

    def age_of(self, moment: datetime) -> timedelta:
        """Return how long ago a moment is; nothing for one in the future."""
        return max(self.now - moment, timedelta())


class Keys(msgspec.Struct, frozen=True, gc=False):
    """The access keys of a user that exist.

    Attributes:
        active: those that work: by IAM's list where there is one, else by the report.
        by_use: the same for questions of use; where it is not certain whose columns are whose, by the columns.
        idle: the inactive ones of which it is known since when; where not which of them it is, by the columns.
        all: active or not.
    """

    active: tuple[Key, ...] = ()
    by_use: tuple[Key, ...] = ()
    idle: tuple[Key, ...] = ()
    all: tuple[Key, ...] = ()


NO_KEYS: Final = Keys()


def keys_of(account: AccountCredentials, row: ReportRow) -> Keys:
    """Return the keys of a user; of the root user as the report has them, for IAM lists none of its."""
    cells = [one for one in row.access_keys if one.exists]
    listed = None if row.is_root else account.access_keys.get(row.user)
    if not cells and not listed:
        return NO_KEYS
    reported = tuple(_reported(one, account.now) for one in cells)
    if listed is None:
        active = _active(reported)
        return Keys(active, active, tuple(key for key in reported if key.changed is not None), reported)
    pairs = tuple(_matched(listed, cells))
    keys = tuple(_listed(key, cells, account.taken_at) for key, cells in pairs)
    active = _active(keys)
    by_use = _active(reported) if _are_mixed_up(pairs, reported) else active
    return Keys(active, by_use, _idle(pairs, keys, reported), keys)


def _active(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.is_active)


def _are_mixed_up(pairs: tuple[_Pair, ...], reported: tuple[Key, ...]) -> bool:
    """Say whether only the report knows of a use, and not by which key."""
    some_unknown = any(key.last_used is None and not key.is_last_use_known and cells is None for key, cells in pairs)
    now, then = (key.status is KeyStatus.ACTIVE for key, _ in pairs), (one.is_active for one in reported)
    return some_unknown and sorted(now) == sorted(then) and any(one.used is not None for one in reported)


def _idle(pairs: tuple[_Pair, ...], keys: tuple[Key, ...], reported: tuple[Key, ...]) -> tuple[Key, ...]:
    inactive = [key for key in keys if not key.is_active]
    known = tuple(key for key in inactive if key.changed is not None)
    if len(known) == len(inactive):
        return known
    taken = {str(cells.number) for _, cells in pairs if cells is not None}
    rest = [one for one in reported if one.changed is not None and one.name not in taken]
    latest = sorted(rest, key=lambda one: one.changed or one.now, reverse=True)  # what is gone may be the oldest
    made_so_since = max(len(_active(reported)) - (len(keys) - len(inactive)), 0)
    return (*known, *latest[: max(len(inactive) - len(known) - made_so_since, 0)])


def _reported(cells: AccessKeyCells, now: datetime) -> Key:
    rotated, used = _moment(cells.last_rotated), _moment(cells.last_used)
    column = f"{REPORT}, access_key_{cells.number}"
    is_known = Mark.UNREADABLE not in {cells.last_used, cells.last_rotated}
    return Key(
        name=str(cells.number),
        is_active=cells.active is True,
        made=rotated,
        changed=rotated if cells.active is False else None,
        used=used,
        used_is_known=is_known,
        service=cells.last_used_service,
        now=now,
        facts=(
            Fact("lastRotated", shown(rotated), f"{column}_last_rotated"),
            *_use(used, cells, f"{column}_last_used_date", is_known=is_known),
        ),
    )


def _listed(key: AccessKey, cells: AccessKeyCells | None, now: datetime) -> Key:
    told: AccessKey | AccessKeyCells = key
    used, source = key.last_used, "iam.get_access_key_last_used"
    is_known = key.is_last_use_known or (cells is not None and cells.last_used is not Mark.UNREADABLE)
    reported = _moment(cells.last_used) if cells else None
    if cells is not None and reported is not None and (used is None or reported > used):
        used, told, source = reported, cells, f"{REPORT}, access_key_{cells.number}_last_used_date"
    return Key(
        name=key.id,
        is_active=key.status is KeyStatus.ACTIVE,
        made=key.created,
        changed=_moment(cells.last_rotated) if cells else None,
        used=used,
        used_is_known=is_known,
        service=told.last_used_service,
        now=now,
        facts=(
            Fact("made", shown(key.created), "iam.list_access_keys"),
            *_use(used, told, source, is_known=is_known),
        ),
    )


def _use(used: datetime | None, told: AccessKey | AccessKeyCells, source: str, *, is_known: bool) -> tuple[Fact, ...]:
    """Return what is known of the last use."""
    if used is None:
        return (Fact("lastUsed", NEVER if is_known else "unknown", source),)
    return (
        Fact("lastUsed", shown(used), source),
        Fact("lastUsedService", told.last_used_service or "unknown", source),
        Fact("lastUsedRegion", told.last_used_region or "none", source),
    )


def _moment(value: datetime | Mark) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _matched(
    keys: tuple[AccessKey, ...], cells: list[AccessKeyCells]
) -> Iterator[tuple[AccessKey, AccessKeyCells | None]]:
    """Yield each key with the columns that are about it, or with none where that is not certain.

    The order of the two says nothing. Columns fit a key of the same status that was made no later than its status last
    changed, and was used no later than IAM says.
    """
    if len(keys) > MOST_MATCHED:
        yield from zip(keys, [None] * len(keys), strict=True)
        return
    padded: list[AccessKeyCells | None] = [*cells, *[None] * max(len(keys) - len(cells), 0)]
    fitting = {
        pairing
        for pairing in permutations(padded, len(keys))
        if all(one is None or _fits(key, one) for key, one in zip(keys, pairing, strict=True))
        and not _may_be_another(keys, pairing, cells)
    }
    exact = max((_exactness(keys, one) for one in fitting), default=0)
    best = {tuple(map(_content, one)): one for one in fitting if _exactness(keys, one) == exact}
    yield from zip(keys, next(iter(best.values())) if len(best) == 1 else [None] * len(keys), strict=True)


def _may_be_another(
    keys: tuple[AccessKey, ...], pairing: tuple[AccessKeyCells | None, ...], cells: list[AccessKeyCells]
) -> bool:
    """Say whether an inactive key has inactive columns, and may be the one of active columns, made inactive since."""
    left = [one for one in cells if one not in pairing]
    is_idle = any(
        one is not None and one.active is False and key.status is not KeyStatus.ACTIVE
        for key, one in zip(keys, pairing, strict=True)
    )
    return is_idle and any(one.active is True for one in left)


def _content(cells: AccessKeyCells | None) -> object:
    """Return what columns say; where two say the same it does not matter whose they are."""
    return cells and (cells.active, cells.last_rotated, cells.last_used)


def _fits(key: AccessKey, cells: AccessKeyCells) -> bool:
    rotated, used = _moment(cells.last_rotated), _moment(cells.last_used)
    return (
        cells.active is (key.status is KeyStatus.ACTIVE)
        and (rotated is None or key.created <= rotated)
        and (used is None or key.last_used is None or used <= key.last_used)
    )


def _exactness(keys: tuple[AccessKey, ...], pairing: tuple[AccessKeyCells | None, ...]) -> int:
    return sum(
        2 * (one.last_rotated == key.created) + (one.last_used == key.last_used) + 1
        for key, one in zip(keys, pairing, strict=True)
        if one is not None
    )
