"""Formulas and regular expressions as SMT-LIB text: every solver reads the very same question."""

from collections.abc import Iterable
from typing import TypeAlias

Formula: TypeAlias = str
"""A term of sort Bool, in SMT-LIB 2.6."""

TRUE: Formula = "true"
FALSE: Formula = "false"


def conj(parts: Iterable[Formula]) -> Formula:
    """Say that all hold."""
    return _joined("and", parts, neutral=TRUE, decisive=FALSE)


def disj(parts: Iterable[Formula]) -> Formula:
    """Say that at least one holds."""
    return _joined("or", parts, neutral=FALSE, decisive=TRUE)


def _joined(operator: str, parts: Iterable[Formula], *, neutral: Formula, decisive: Formula) -> Formula:
    found: dict[Formula, None] = {}
    for part in parts:
        if part == decisive:
            return decisive
        if part != neutral:
            found[part] = None
    if len(found) > 1:
        return f"({operator} {' '.join(found)})"
    return next(iter(found), neutral)


def neg(formula: Formula) -> Formula:
    """Say that it does not hold."""
    if formula in {TRUE, FALSE}:
        return FALSE if formula == TRUE else TRUE
    return formula[5:-1] if formula.startswith("(not ") else f"(not {formula})"


def implies(premise: Formula, conclusion: Formula) -> Formula:
    """Say that the conclusion holds wherever the premise does."""
    return disj((neg(premise), conclusion))


def exactly_one(names: Iterable[Formula]) -> Formula:
    """Say that one of several holds, and no other."""
    known = list(names)
    return conj((disj(known), at_most_one(known)))


def at_most_one(names: Iterable[Formula]) -> Formula:
    """Say that no two of several hold."""
    known = list(names)
    return conj(neg(conj((one, two))) for place, one in enumerate(known) for two in known[place + 1 :])


def text(value: str) -> str:
    """Write a text as a literal: quotes twice, all that is not plain ASCII by its number."""
    return '"' + "".join(_letter(one) for one in value) + '"'


def _letter(letter: str) -> str:
    if letter == '"':
        return '""'
    return letter if " " <= letter <= "~" and letter != "\\" else f"\\u{{{ord(letter):x}}}"


def number(value: int) -> str:
    """Write a whole number."""
    return str(value) if value >= 0 else f"(- {-value})"


def between(term: str, low: int, high: int) -> Formula:
    """Say that a whole number lies between two others, or is one of them."""
    return f"(= {term} {number(low)})" if low == high else f"(<= {number(low)} {term} {number(high)})"


def letters(alphabet: str) -> str:
    """Return the expression for one letter of an alphabet, its runs of neighbours as ranges."""
    codes = sorted(set(map(ord, alphabet)))
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], code
        else:
            ranges.append((code, code))
    pieces = [
        f"(str.to_re {text(chr(low))})" if low == high else f"(re.range {text(chr(low))} {text(chr(high))})"
        for low, high in ranges
    ]
    return pieces[0] if len(pieces) == 1 else f"(re.union {' '.join(pieces)})"


def sequence(pieces: Iterable[str]) -> str:
    """Return the expression for one piece after the other."""
    known = list(pieces)
    if len(known) > 1:
        return f"(re.++ {' '.join(known)})"
    return known[0] if known else '(str.to_re "")'


def either(pieces: Iterable[str]) -> str:
    """Return the expression for any of several pieces."""
    known = list(dict.fromkeys(pieces))
    return known[0] if len(known) == 1 else f"(re.union {' '.join(known)})"


NO_COLON = '(re.diff re.allchar (str.to_re ":"))'
