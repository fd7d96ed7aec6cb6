"""The condition operators of the policy language, as one table.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from dataclasses import dataclass, field
from enum import Enum


class Family(Enum):
    """What an operator compares."""

    STRING = "string"
    ARN = "ARN"
    NUMERIC = "number"
    DATE = "date"
    BOOL = "boolean"
    BINARY = "base64 text"
    ADDRESS = "address"
    NULL = "presence"

    __hash__ = object.__hash__  # an enum's own hash is that of its name, and slow


class Comparison(Enum):
    """How a request value has to relate to a policy value."""

    EQUAL = "="
    EQUAL_IGNORING_CASE = "= ignoring case"
    LIKE = "like"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    WITHIN = "within"


class Quantifier(Enum):
    """The set operators for multivalued keys."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class BaseOperator:
    """An operator without its modifiers; a negated one holds when its positive form does not.

    Attributes:
        takes_variables: whether `${…}` is a variable in its values. Source: IAM User Guide, "Policy variables".
        takes_wildcards: whether `*` and `?` are wildcards in its values.
        takes_some_texts_only: whether its values have to be of some form: numbers, dates, addresses.
        kind: the same for operators that compare alike, the negated one of each pair included.
        folds_case: whether texts are compared without regard to case.
    """

    name: str
    family: Family
    comparison: Comparison
    negated: bool = False
    takes_variables: bool = field(init=False, compare=False)
    takes_wildcards: bool = field(init=False, compare=False)
    takes_some_texts_only: bool = field(init=False, compare=False)
    kind: str = field(init=False, compare=False)
    folds_case: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Note what follows from the family and the comparison, since it is asked for every value."""
        text = self.family in {Family.STRING, Family.ARN, Family.BOOL}
        object.__setattr__(self, "takes_variables", text)
        object.__setattr__(self, "takes_wildcards", self.comparison is Comparison.LIKE)
        object.__setattr__(self, "takes_some_texts_only", not text)
        object.__setattr__(self, "folds_case", text and self.comparison is Comparison.EQUAL_IGNORING_CASE)
        object.__setattr__(self, "kind", f"{self.family.value} {self.comparison.value}")


def _table() -> dict[str, BaseOperator]:
    order = {
        "Equals": Comparison.EQUAL,
        "LessThan": Comparison.LESS,
        "LessThanEquals": Comparison.LESS_OR_EQUAL,
        "GreaterThan": Comparison.GREATER,
        "GreaterThanEquals": Comparison.GREATER_OR_EQUAL,
    }
    rows = [
        BaseOperator("StringEquals", Family.STRING, Comparison.EQUAL),
        BaseOperator("StringNotEquals", Family.STRING, Comparison.EQUAL, negated=True),
        BaseOperator("StringEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_IGNORING_CASE),
        BaseOperator("StringNotEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_IGNORING_CASE, negated=True),
        BaseOperator("StringLike", Family.STRING, Comparison.LIKE),
        BaseOperator("StringNotLike", Family.STRING, Comparison.LIKE, negated=True),
        BaseOperator("ArnEquals", Family.ARN, Comparison.LIKE),
        BaseOperator("ArnNotEquals", Family.ARN, Comparison.LIKE, negated=True),
        BaseOperator("ArnLike", Family.ARN, Comparison.LIKE),
        BaseOperator("ArnNotLike", Family.ARN, Comparison.LIKE, negated=True),
        BaseOperator("Bool", Family.BOOL, Comparison.EQUAL_IGNORING_CASE),
        BaseOperator("BinaryEquals", Family.BINARY, Comparison.EQUAL),
        BaseOperator("IpAddress", Family.ADDRESS, Comparison.WITHIN),
        BaseOperator("NotIpAddress", Family.ADDRESS, Comparison.WITHIN, negated=True),
        BaseOperator("Null", Family.NULL, Comparison.EQUAL_IGNORING_CASE),
    ]
    for prefix, family in (("Numeric", Family.NUMERIC), ("Date", Family.DATE)):
        rows += [BaseOperator(prefix + name, family, comparison) for name, comparison in order.items()]
        rows.append(BaseOperator(f"{prefix}NotEquals", family, Comparison.EQUAL, negated=True))
    return {row.name: row for row in rows}


BASE_OPERATORS = _table()


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as a condition block writes it: `ForAllValues:StringLikeIfExists`."""

    base: BaseOperator
    quantifier: Quantifier | None = None
    if_exists: bool = False

    def __str__(self) -> str:
        prefix = f"{self.quantifier.value}:" if self.quantifier else ""
        return f"{prefix}{self.base.name}{'IfExists' if self.if_exists else ''}"


def _spellings() -> dict[str, Operator]:
    found: dict[str, Operator] = {}
    for base in BASE_OPERATORS.values():
        for quantifier in (None, *Quantifier):
            for if_exists in (False, True):
                operator = Operator(base, quantifier, if_exists)
                if not (if_exists and base.family is Family.NULL):
                    found[str(operator).lower()] = operator
    return found


_BY_LOWER_NAME = _spellings()


def find_operator(name: str) -> Operator | None:
    """Return the operator that `name` spells, in any case, or None when IAM defines no such operator."""
    return _BY_LOWER_NAME.get(name.lower())


def positive(base: BaseOperator) -> BaseOperator:
    """Return the operator that holds where a negated one does not; any other as it is."""
    if not base.negated:
        return base
    return next(
        one
        for one in BASE_OPERATORS.values()
        if (one.family, one.comparison, one.negated) == (base.family, base.comparison, False)
    )
