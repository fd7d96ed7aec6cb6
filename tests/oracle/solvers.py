"""Two solvers behind one question: can this be so, and how?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Protocol

import cvc5
import z3

Chosen = Mapping[str, bool | int | str]


class Verdict(Enum):
    """What a solver says."""

    SATISFIABLE = "sat"
    UNSATISFIABLE = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, and where it can be so, the values of the constants."""

    verdict: Verdict
    chosen: Chosen = field(default_factory=dict[str, bool | int | str])


class Solver(Protocol):
    """Something that decides scripts of SMT-LIB text without commands."""

    name: str

    def decide(self, script: str, limit: timedelta) -> Answer:
        """Decide whether what the script asserts can be so."""
        ...


class Z3:
    """Microsoft's Z3."""

    name = "z3"

    def decide(self, script: str, limit: timedelta) -> Answer:
        """See `Solver`."""
        solver = z3.SimpleSolver()
        solver.set("timeout", round(limit.total_seconds() * 1000))
        solver.from_string(script)
        found = solver.check()
        if found == z3.unsat:
            return Answer(Verdict.UNSATISFIABLE)
        if found != z3.sat:
            return Answer(Verdict.UNKNOWN)
        model = solver.model()
        return Answer(Verdict.SATISFIABLE, {str(one.name()): _z3_value(model[one]) for one in model.decls()})


def _z3_value(value: z3.ExprRef) -> bool | int | str:
    if z3.is_string_value(value):
        return unescaped(value.as_string())
    if z3.is_int_value(value):
        return int(value.as_long())
    return bool(z3.is_true(value))


def unescaped(text: str) -> str:
    """Read a text as SMT-LIB writes it."""
    head, *rest = text.split("\\u{")
    for one in rest:
        code, _, tail = one.partition("}")
        head += chr(int(code, 16)) + tail
    return head


class CVC5:
    """cvc5."""

    name = "cvc5"

    def decide(self, script: str, limit: timedelta) -> Answer:
        """See `Solver`."""
        manager = cvc5.TermManager()
        solver = cvc5.Solver(manager)
        solver.setOption("produce-models", "true")
        solver.setOption("strings-exp", "true")
        solver.setOption("tlimit-per", str(round(limit.total_seconds() * 1000)))
        parser = cvc5.InputParser(solver)
        text = f"(set-logic ALL)\n{script}\n"
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
        symbols = parser.getSymbolManager()
        while not (command := parser.nextCommand()).isNull():
            command.invoke(solver, symbols)
        found = solver.checkSat()
        if found.isUnsat():
            return Answer(Verdict.UNSATISFIABLE)
        if not found.isSat():
            return Answer(Verdict.UNKNOWN)
        constants = symbols.getDeclaredTerms()
        return Answer(Verdict.SATISFIABLE, {str(one): _cvc5_value(solver.getValue(one)) for one in constants})


def _cvc5_value(value: cvc5.Term) -> bool | int | str:
    if value.isStringValue():
        return str(value.getStringValue())
    if value.isIntegerValue():
        return int(value.getIntegerValue())
    return bool(value.getBooleanValue())
