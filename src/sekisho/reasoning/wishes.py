"""What can be wanted: every target, on one resource of every kind that the statements tell apart."""

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from sekisho.evaluation.conditions import Context, single_value
from sekisho.evaluation.decide import resources_match
from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.patterns import Pattern, parse_resource_glob, resolve, resource_matches_plainly
from sekisho.reasoning.automaton import Automaton, Reading, Written
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.question import Question, Target
from sekisho.reasoning.words import Fixed, Free, explore


class Wish(msgspec.Struct, frozen=True, gc=False):
    """A target on one resource.

    Attributes:
        resources: the resource as each gate sees it.
        mask: everything but the bits of the clauses that do not cover the resource.
    """

    target: Target
    resources: tuple[str, ...]
    mask: int


def wishes_of(question: Question, clauses: Sequence[Clause], context: Context, budget: Budget) -> list[Wish]:
    """Return every target on one resource of every kind that the statements tell apart.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    found: list[Wish] = []
    known: dict[tuple[str, ...], int] = {}
    for target in question.targets:
        resources = tuple(map(_resource_of, target.views))
        for one in _resources(clauses, context, resources, budget) if target.open_ended else (resources,):
            mask = known.get(one)
            if mask is None:
                mask = known[one] = _covering(clauses, context, one, budget)
            found.append(Wish(target, one, mask))
    return found


_resource_of = attrgetter("resource")


def _covering(clauses: Sequence[Clause], context: Context, resources: tuple[str, ...], budget: Budget) -> int:
    """Return everything but the clauses that do not cover a resource."""
    fails = 0
    for clause in clauses:
        patterns = clause.statement.resources
        if patterns is None:
            continue
        resource, globs = resources[clause.gate], patterns.globs
        covered = resource in globs or "*" in globs or _covers_plainly(globs, resource)
        if covered is None:
            budget.spend(len(globs))  # their variables are put in
            covered = resources_match(patterns, resource, context, variables=clause.has_variables)
        else:
            covered = covered is not patterns.negated
        if not covered:
            fails |= clause.bit
    return ~fails


def _covers_plainly(globs: Sequence[str], resource: str) -> bool | None:
    """Say whether some glob covers a resource where that takes no more than a comparison; else None."""
    for glob in globs:
        matched = resource_matches_plainly(glob, resource)
        if matched is not False:
            return matched
    return False


def _resources(
    clauses: Sequence[Clause], context: Context, prefixes: tuple[str, ...], budget: Budget
) -> list[tuple[str, ...]]:
    """Return one resource of every kind that the statements tell apart: the prefixes with the same text after each."""
    if len(prefixes) == 1 and (written := _written_out(clauses, prefixes[0], budget)) is not None:
        return [(one,) for one in written]
    patterns: list[list[list[Pattern]]] = [[] for _ in prefixes]
    for clause in clauses:
        if clause.statement.resources is not None:
            prefix = prefixes[clause.gate]
            of_clause: list[Pattern] = []
            for glob in clause.statement.resources.globs:
                if _tells_apart(glob, prefix):
                    template = parse_resource_glob(glob, variables=clause.has_variables)
                    pattern = resolve(template, lambda key: single_value(context, key))
                    if pattern is not None:
                        of_clause.append(pattern)
            if of_clause:
                patterns[clause.gate].append(of_clause)
    if not any(patterns):
        return [tuple([prefix + _SAMPLE_KEY for prefix in prefixes])]
    tracks = tuple(map(str, range(len(prefixes))))
    left = list(map(_left, prefixes, patterns))
    shape = (
        Fixed({track: prefix for track, (prefix, _) in zip(tracks, left, strict=True)}),
        Free(tracks, samples=(_SAMPLE_KEY,)),
    )
    automaton = Automaton({track: groups for track, (_, groups) in zip(tracks, left, strict=True)})
    done = [prefix.removesuffix(rest) for prefix, (rest, _) in zip(prefixes, left, strict=True)]
    words = explore(shape, automaton, budget)
    return [tuple([start + word[track] for start, track in zip(done, tracks, strict=True)]) for word in words]


def _left(prefix: str, groups: list[list[Pattern]]) -> tuple[str, list[list[Written]]]:
    """Return what is left to read of a prefix and of patterns, without the prefix where all of them begin with it.

    What comes after it then is in the last part of an ARN, where a wildcard reaches to the end.
    """
    if prefix.count(":") < ARN_COMPONENTS - 1 or not all(_begins(one, prefix) for group in groups for one in group):
        return prefix, [[(pattern, Reading.RESOURCE) for pattern in group] for group in groups]
    return "", [[(_without(prefix, pattern), Reading.EXACT) for pattern in group] for group in groups]


def _begins(pattern: Pattern, prefix: str) -> bool:
    return bool(pattern) and isinstance(pattern[0], str) and pattern[0].startswith(prefix)


def _without(prefix: str, pattern: Pattern) -> Pattern:
    """Return what comes after a text that a pattern begins with."""
    rest = str(pattern[0])[len(prefix) :]
    return (rest, *pattern[1:]) if rest else pattern[1:]


_SAMPLE_KEY = "example.txt"
_SAMPLE_KEYS = (_SAMPLE_KEY, "another.txt", "sample", "0")


def _written_out(clauses: Sequence[Clause], prefix: str, budget: Budget) -> list[str] | None:
    """Return one text of every kind where patterns are no more than texts and beginnings; None where they are more."""
    texts: dict[str, None] = {}
    starts: dict[str, None] = {prefix: None}
    for clause in clauses:
        for glob in clause.statement.resources.globs if clause.statement.resources else ():
            start, star, rest = glob.partition("*")
            if star and not rest and prefix.startswith(start) and "?" not in start and "$" not in start:
                continue  # it covers all texts
            if _tells_apart(glob, prefix) and glob != prefix:
                if rest or "?" in glob or "$" in glob:
                    return None
                (starts if star else texts)[start] = None
    if len(starts) == 1 and not texts:
        return [prefix + _SAMPLE_KEY]
    found: list[str] = []
    for start in starts:
        budget.spend(1 + len(starts) // 4)
        longer = tuple([one for one in starts if len(one) > len(start)])
        keys = (start + key for key in _SAMPLE_KEYS)
        free = next((one for one in keys if one not in texts and not one.startswith(longer)), None)
        if free is None:
            return None
        found.append(free)
    return [*found, *texts]


def _tells_apart(glob: str, prefix: str) -> bool:
    """Say whether a `Resource` value may cover some texts that go on from a prefix, and not others."""
    if "?" in glob or "$" in glob:
        return True
    start, star, rest = glob.partition("*")
    if not star:
        return glob.startswith(prefix)
    if not rest and prefix.startswith(start):
        return False
    return prefix.startswith(start) or start.startswith(prefix)
