"""What the principals of a trail did, as its maker knows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PASS_ROLE = "iam:PassRole"


@dataclass(frozen=True, slots=True)
class Truth:
    """What the principals of a trail did.

    Attributes:
        needed: of each principal, by its ARN, the (action, resource) pairs of its calls that succeeded, that failed
            after they were authorized, or that were dry runs. A resource is written as a policy would write it: `*`
            and `?` are wildcards, `${*}`, `${?}` and `${$}` the characters. It is `*` only for actions without
            resource level, and a pattern only where the call makes the thing or does not tell which one it was.
            `iam:PassRole` is in `passed` alone.
        passed: of each principal the (role ARN, service principal) pairs of those calls.
        denied_only: of each principal the actions that it was denied and never allowed.
        counts: of each principal the number of events, once each, that count as its use.
        nobody: of each kind of event that counts for no principal the number of events, once each. The other
            account's half of an event that two accounts record is `second half`.
    """

    needed: Mapping[str, frozenset[tuple[str, str]]]
    passed: Mapping[str, frozenset[tuple[str, str]]]
    denied_only: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]
    nobody: Mapping[str, int]


@dataclass(slots=True)
class Tally:
    """A truth in the making."""

    needed: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    passed: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    denied: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    nobody: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add_use(self, arn: str, needs: Iterable[tuple[str, str]], passes: Iterable[tuple[str, str]]) -> None:
        """Note a call that was authorized."""
        self.counts[arn] += 1
        self.needed[arn].update(needs)
        self.passed[arn].update(passes)

    def truth(self) -> Truth:
        """Return all that was noted."""
        return Truth(
            needed={arn: frozenset(pairs) for arn, pairs in self.needed.items()},
            passed={arn: frozenset(pairs) for arn, pairs in self.passed.items() if pairs},
            denied_only={
                arn: only for arn, actions in self.denied.items() if (only := self._never_allowed(arn, actions))
            },
            counts=dict(self.counts),
            nobody=dict(self.nobody),
        )

    def _never_allowed(self, arn: str, actions: set[str]) -> frozenset[str]:
        allowed = {action for action, _ in self.needed.get(arn, ())}
        if self.passed.get(arn):
            allowed.add(PASS_ROLE)
        return frozenset(actions - allowed)
