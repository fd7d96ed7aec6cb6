"""Trails of made-up accounts, of which it is known what every principal did.

Each file of a trail holds what happened in one account and region until it was delivered, in no order. Some events come
later than the others of their time, and some come twice, in two files.
"""

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from trails.actors import Actor, Window
from trails.calls import CALLS, EDGE_PROFILE, CallKind
from trails.nobody import NOBODY, Nobody
from trails.principals import PRINCIPALS
from trails.records import Recorded, Recorder
from trails.truth import Tally, Truth
from trails.world import PARTITIONS

WINDOW: Final = Window(datetime(2026, 6, 1, tzinfo=UTC), timedelta(days=90))
"""The time that trails tell of: as much as AWS's own generator of policies reads."""
TOLD_OF_NOBODY: Final = 0.08
"""The share of events that count for no principal."""
TWICE: Final = 0.003
LATE: Final = 0.005
MOST_RECORDS: Final = 20_000
"""How many records a file holds at most: CloudTrail keeps to 50 MB before compression."""
PLACES: Final = sum(len(partition.regions) + len(partition.idle_regions) for partition in PARTITIONS.values())
"""How many pairs of account and region there are, each with a file for its records of a time."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Trail:
    """What an account's log files hold, and the truth of it.

    Attributes:
        records: in order of delivery, which is not that of time.
        truth: what was done.
    """

    records: list[dict[str, Any]]
    truth: Truth


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of a trail.

    Attributes:
        account: whose trail it is.
        region: of all events in it.
        delivered: when it was written.
        records: the JSON texts.
    """

    account: str
    region: str
    delivered: datetime
    records: list[bytes]


def make_trail(seed: int, events: int, *, files: int | None = None) -> Trail:
    """Return a trail in memory.

    Args:
        seed: decides everything else: the same seed makes the same trail.
        events: how many things happen; some are told of by two records.
        files: about how many files the records come in; one for every 200 events if None.
    """
    maker = _Maker(seed, events, files or max(events // 200, 1))
    records = [msgspec.json.decode(record) for file in maker.files() for record in file.records]
    return Trail(records, maker.tally.truth())


def write_trail(folder: Path, seed: int, events: int, *, files: int) -> Truth:
    """Write a trail as CloudTrail writes it to S3, and return the truth of it; memory stays flat.

    Args:
        folder: becomes the one that has `AWSLogs`.
        seed: as for `make_trail`.
        events: as for `make_trail`.
        files: about how many files there are; where nothing happened there is none.
    """
    maker = _Maker(seed, events, files)
    for file in maker.files():
        path = folder / _key(file, maker.names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b'{"Records":[' + b",".join(file.records) + b"]}", compresslevel=6, mtime=0))
    return maker.tally.truth()


def _key(file: LogFile, names: Random) -> str:
    """Return the key of a file; CloudTrail User Guide, "Finding your CloudTrail log files"."""
    stem = (
        f"{file.account}_CloudTrail_{file.region}_{file.delivered:%Y%m%dT%H%MZ}_{''.join(names.choices(LETTERS, k=16))}"
    )
    return f"AWSLogs/{file.account}/CloudTrail/{file.region}/{file.delivered:%Y/%m/%d}/{stem}.json.gz"


@dataclass(slots=True)
class _Held:
    """Records that come with a later file, by the number of the turn that delivers them."""

    by_turn: defaultdict[int, list[Recorded]] = field(default_factory=lambda: defaultdict(list))

    def add(self, turn: int, record: Recorded) -> None:
        self.by_turn[turn].append(record)

    def take(self, turn: int) -> list[Recorded]:
        return self.by_turn.pop(turn, [])


class _Maker:
    """Lets things happen, turn by turn; a turn ends with the delivery of what happened in it."""

    def __init__(self, seed: int, events: int, files: int) -> None:
        self._rng = Random(seed)  # noqa: S311 -- made up, and the same again for the same seed
        self.names = Random(f"{seed} names")  # noqa: S311 -- as above
        self.tally = Tally()
        self._recorder = Recorder(self._rng, self.tally)
        self._events = events
        self._turns = max(files // PLACES, 1)
        self._actors = tuple(Actor(principal, seed, WINDOW) for principal in PRINCIPALS)
        self._weights = tuple(accumulate(principal.weight for principal in PRINCIPALS))
        self._nobody_weights = tuple(accumulate(one.weight for one in NOBODY))
        self._script = self._at_least_once()

    def files(self) -> Iterator[LogFile]:
        """Return the files in order of delivery."""
        length = WINDOW.length / self._turns
        held = _Held()
        for turn in range(self._turns):
            begins = WINDOW.start + turn * length
            count = self._events * (turn + 1) // self._turns - self._events * turn // self._turns
            happened = [one for _ in range(count) for one in self._happens(begins, length)]
            yield from self._deliver(self._sort_out(turn, happened, held), begins + length)
        last = [one for turn in sorted(held.by_turn) for one in held.take(turn)]
        yield from self._deliver(last, WINDOW.start + WINDOW.length + timedelta(hours=2))

    def _happens(self, begins: datetime, length: timedelta) -> list[Recorded]:
        moment = begins + self._rng.random() * length
        scripted = next(self._script, None)
        if isinstance(scripted, Nobody) or (scripted is None and self._rng.random() < TOLD_OF_NOBODY):
            return [self._nobody(scripted or self._rng.choices(NOBODY, cum_weights=self._nobody_weights)[0], moment)]
        if scripted is not None:
            actor, kind = scripted
            return self._recorder.call(actor, kind, moment, succeeds=kind in EDGE_PROFILE)
        actor = self._rng.choices(self._actors, cum_weights=self._weights)[0]
        return self._recorder.call(actor, actor.next_call(self._rng), moment)

    def _nobody(self, event: Nobody, moment: datetime) -> Recorded:
        account = self._rng.choice(tuple(PARTITIONS))
        partition = PARTITIONS[account]
        region = self._rng.choice(partition.regions + partition.idle_regions)
        return self._recorder.nobody(event, account, region, moment)

    def _at_least_once(self) -> Iterator[tuple[Actor, CallKind] | Nobody]:
        """Return what comes first: every kind of event once, and every principal, so far as there is room."""
        yield from NOBODY
        yield from ((self._actors[_ADMINISTRATOR], kind) for kind in EDGE_PROFILE)
        for actor in self._actors:
            yield from ((actor, actor.next_call(self._rng)) for _ in range(3))
        if self._events > 3 * len(CALLS):
            yield from ((self._rng.choice(able), kind) for kind, able in self._able().items())

    def _able(self) -> dict[CallKind, list[Actor]]:
        able: dict[CallKind, list[Actor]] = defaultdict(list)
        for actor in self._actors:
            for kind in actor.calls:
                able[kind].append(actor)
        return able

    def _sort_out(self, turn: int, happened: list[Recorded], held: _Held) -> list[Recorded]:
        """Return what is delivered now: most of what happened, and what was held back."""
        now = held.take(turn)
        for one in happened:
            chance = self._rng.random()
            if chance < TWICE + LATE:
                held.add(turn + self._rng.randint(1, 3), one)
            if not TWICE <= chance < TWICE + LATE:
                now.append(one)
        self._rng.shuffle(now)
        return now

    def _deliver(self, records: list[Recorded], moment: datetime) -> Iterator[LogFile]:
        by_place: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
        for one in records:
            by_place[one.account, one.region].append(one.record)
        for (account, region), texts in by_place.items():
            delivered = moment + timedelta(seconds=self.names.randrange(30, 600))
            for first in range(0, len(texts), MOST_RECORDS):
                yield LogFile(account, region, delivered, texts[first : first + MOST_RECORDS])


_ADMINISTRATOR: Final = next(number for number, principal in enumerate(PRINCIPALS) if principal.breadth == 1)
"""Who makes every call there is, and works on the instance profile that has another name than its role."""
