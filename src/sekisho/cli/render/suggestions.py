"""What is told of conditions that held each time: all of it for programs, and a few lines for people."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sekisho.analyzers.least_privilege import Conditions, Proposal, Suggestion
from sekisho.analyzers.least_privilege.drafts import condition_block, statement_of
from sekisho.cli.render.words import count

MOST_VALUES: Final = 3


def documents_of_suggestions(proposal: Proposal) -> Iterator[dict[str, Any]]:
    """Yield each suggestion as a JSON object."""
    for one in proposal.suggestions:
        seen = one.evidence
        yield {
            "condition": condition_block(one.condition),
            "statement": statement_of(one.draft),
            "isWritten": proposal.conditions is Conditions.ALL,
            "count": seen.count,
            "counterexamples": 0,
            "first": seen.first,
            "last": seen.last,
            "calls": sorted(seen.calls),
            "samples": sorted(seen.samples),
            **({"insteadOf": list(one.instead_of), "withoutTag": list(one.without_tag)} if one.instead_of else {}),
        }


def lines_on_suggestions(suggestions: Sequence[Suggestion]) -> list[str]:
    """Return a line for each condition, however many statements it is for."""
    alike: dict[str, list[Suggestion]] = defaultdict(list)
    for one in suggestions:
        alike[_words(one)].append(one)
    return [
        f"{words}  in {count(len(some), 'statement')}, {count(sum(one.evidence.count for one in some), 'use')}"
        f"{_instead(some)}"
        for words, some in sorted(alike.items())
    ]


def _instead(some: Sequence[Suggestion]) -> str:
    number = sum(len(one.instead_of) for one in some)
    return f", instead of {count(number, 'ARN')}" if number else ""


def _words(suggestion: Suggestion) -> str:
    return ", ".join(f"{clause.key} {_values(clause.values)}" for clause in suggestion.condition)


def _values(values: Sequence[str]) -> str:
    told = ", ".join(values[:MOST_VALUES])
    return f"{told} and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else told
