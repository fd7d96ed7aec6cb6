"""The condition operators of the policy language, as one table.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from dataclasses import dataclass
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
    """An operator without its modifiers; a negated one holds when its positive form does not."""

    name: str
    family: Family
    comparison: Comparison
    negated: bool = False

    @property
    def takes_variables(self) -> bool:
        """Whether `${…}` is a variable in its values. Source: IAM User Guide, "Policy variables"."""
        return self.family in {Family.STRING, Family.ARN, Family.BOOL}

    @property
    def takes_wildcards(self) -> bool:
        """Whether `*` and `?` are wildcards in its values."""
        return self.comparison is Comparison.LIKE


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
_BY_LOWER_NAME = {name.lower(): row for name, row in BASE_OPERATORS.items()}


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as a condition block writes it: `ForAllValues:StringLikeIfExists`."""

    base: BaseOperator
    quantifier: Quantifier | None = None
    if_exists: bool = False

    def __str__(self) -> str:
        prefix = f"{self.quantifier.value}:" if self.quantifier else ""
        return f"{prefix}{self.base.name}{'IfExists' if self.if_exists else ''}"


def find_operator(name: str) -> Operator | None:
    """Return the operator that `name` spells, in any case, or None when IAM defines no such operator."""
    rest = name.lower()
    quantifier = None
    for candidate in Quantifier:
        if rest.startswith(f"{candidate.value.lower()}:"):
            quantifier = candidate
            rest = rest[len(candidate.value) + 1 :]
    if (base := _BY_LOWER_NAME.get(rest)) is not None:
        return Operator(base, quantifier)
    base = _BY_LOWER_NAME.get(rest.removesuffix("ifexists"))
    if base is None or base.family is Family.NULL:
        return None
    return Operator(base, quantifier, if_exists=True)


def positive(base: BaseOperator) -> BaseOperator:
    """Return the operator that holds where a negated one does not; any other as it is."""
    if not base.negated:
        return base
    return next(
        one
        for one in BASE_OPERATORS.values()
        if (one.family, one.comparison, one.negated) == (base.family, base.comparison, False)
    )
