"""What policies need of many grants that are alike: few of them, and of the others a file with their resources.

A grant is laid aside where another one is held that is alike: of the same action, shown by the same, and used in the
same ways. That one has the evidence of both. The resources that decide how all are written are held, and so is what is
told one by one. Policies, their proof, what is offered and what people are told are the same as of an activity that has
all grants. Only what programs are told has more: the evidence of each grant, and all ARNs that have no tag.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import BinaryIO, Final

import msgspec

from sekisho.activity.permission import Basis, Reach
from sekisho.analyzers.least_privilege.activity import Activity, Denied, Evidence, Grant, Shown
from sekisho.analyzers.least_privilege.circumstances import MOST_WAYS, Way, with_way
from sekisho.analyzers.least_privilege.patterns import Width, deciding, width_of
from sekisho.analyzers.least_privilege.tag_history import TagHistory
from sekisho.policy.patterns import unescaped

MOST_HELD: Final = 10_000
"""How many grants there are before some are laid aside."""


@dataclass(slots=True, eq=False)
class Alike:
    """Grants that have been laid aside, and that have all in common but their resources.

    Attributes:
        grant: the one that is held for them.
        shown: what their records show.
        ways: where and how they were used.
    """

    grant: Grant
    shown: frozenset[Shown]
    ways: frozenset[Way]
    _file: BinaryIO
    _places: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def is_some(self) -> bool:
        """Whether there are any."""
        return bool(self._places)

    def add(self, resources: list[str]) -> None:
        """Write resources down."""
        self._places.append((self._file.tell(), self._file.write(msgspec.msgpack.encode(resources))))

    def resources(self) -> Iterator[list[str]]:
        """Yield the resources, some at once; one may be there several times."""
        for place, size in self._places:
            self._file.seek(place)
            yield _RESOURCES.decode(self._file.read(size))

    def grants(self) -> Iterator[Grant]:
        """Yield the grants."""
        for some in self.resources():
            for resource in some:
                yield Grant(self.grant.action, resource)


_RESOURCES: Final = msgspec.msgpack.Decoder(list[str])


class Aside:
    """Where grants of an activity are laid aside."""

    def __init__(self, file: BinaryIO, width: Width, history: TagHistory, most_held: int = MOST_HELD) -> None:
        """Take an empty file, and what is going to be asked of the activity.

        Args:
            file: holds the resources.
            width: how resources are going to be written; not as placeholders, which each of them has a say in.
            history: which tags there were: what has some is held.
            most_held: how many grants an activity has before it is relieved of some.
        """
        self._file = file
        self._width = width
        self._history = history
        self._alike: dict[tuple[str, frozenset[Shown], frozenset[Way]], Alike] = {}
        self.most_held = most_held

    def __iter__(self) -> Iterator[Alike]:
        """Yield what has been laid aside."""
        return (one for one in self._alike.values() if one.is_some)

    def relieve(self, activity: Activity) -> None:
        """Lay aside what an activity need not hold."""
        actions: dict[str, list[Grant]] = defaultdict(list)
        for grant, seen in activity.grants.items():
            if self._may_go(grant, seen):
                actions[grant.action].append(grant)
        for action, grants in actions.items():
            self._relieve(activity, action, grants)
        self.most_held = max(self.most_held, 2 * len(activity.grants))

    def give_back(self, activity: Activity) -> None:
        """Give an activity back what others of its grants are compared with: those, and the same without conditions."""
        asked: dict[str, set[str]] = defaultdict(set)
        for one in chain[Grant | Denied](activity.grants, activity.denied, activity.refused):
            asked[one.action].add(one.resource)
        for alike in self:
            for some in alike.resources():
                for resource in asked[alike.grant.action].intersection(some):
                    grant = Grant(alike.grant.action, resource)
                    activity.grants.setdefault(grant, Evidence()).join(Evidence(shown=tuple(alike.shown)))
                    # What was laid aside came first, as it counts where there are too many ways.
                    activity.ways[grant] = reduce(with_way, activity.ways.get(grant, ()), tuple(alike.ways))

    def _may_go(self, grant: Grant, seen: Evidence) -> bool:
        """Say whether nobody is told of a grant on its own, and nothing is known of its resource."""
        return (
            not grant.context
            and not any(one.basis is Basis.INFERRED or one.reach is Reach.UNKNOWN for one in seen.shown)
            and not self._history.knows(unescaped(grant.resource))
        )

    def _relieve(self, activity: Activity, action: str, grants: list[Grant]) -> None:
        if len(frozenset[Way]().union(*(activity.ways[grant] for grant in grants))) > MOST_WAYS:
            return  # which of its ways a grant is told to have been used in depends on all of them
        held = {Grant(action, one) for one in deciding((g.resource for g in grants), width_of(action, self._width))}
        held.update(alike.grant for alike in self._alike.values())
        gone: dict[Alike, list[str]] = defaultdict(list)
        for grant in grants:
            seen = activity.grants[grant]
            key = action, frozenset(seen.shown), frozenset(activity.ways[grant])
            alike = self._alike.get(key)
            if alike is None:
                self._alike[key] = Alike(grant, *key[1:], self._file)
            elif grant not in held:
                activity.grants[alike.grant].join(seen)
                gone[alike].append(grant.resource)
                del activity.grants[grant], activity.ways[grant]
        for alike, resources in gone.items():
            alike.add(resources)
