"""The question as an SMT solver is asked it: one request, an Allow that matches, no Deny that does, a caller outside.

A plain encoding, as one writes it from the IAM User Guide: every condition key is a variable with a flag that says
whether it is present, patterns are regular expressions, addresses are bit vectors. Two things make it easier for the
solver, as in published encodings: accounts are a finite domain, and actions are grouped by the statements that cover
them. A key has at most one value, and policy variables are not encoded.
"""

import functools
import importlib
import ipaddress
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol

from sekisho.analyzers.aws_accounts import AWS_OPERATED_ACCOUNTS
from sekisho.policy.catalogue import cross_account_actions


class Asked(Protocol):
    """A policy with what it is attached to."""

    @property
    def text(self) -> str:
        """The policy."""

    @property
    def resource_type(self) -> str:
        """CloudFormation's name."""

    @property
    def owner_account(self) -> str:
        """Whose it is."""

    @property
    def resource(self) -> str:
        """The ARN."""


class UnsupportedError(Exception):
    """The policy uses what the encoding does not have."""


_ANONYMOUS = frozenset({"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Lambda::Function"})
_NEGATED = re.compile(r"^(String|Arn|Numeric|Date)Not|^NotIp")
_PARTS = 6


def ask_z3(one: Asked, *, limit: float) -> bool | None:
    """Return whether anybody outside gets in, as z3 says; None when it does not, or the encoding has no word for it."""
    z3 = _module("z3")
    solver = z3.Solver()
    solver.set("timeout", round(limit * 1000))
    try:
        solver.from_string(encode(one))
    except (UnsupportedError, z3.Z3Exception):
        return None
    return {"sat": True, "unsat": False}.get(str(solver.check()))


def ask_cvc5(one: Asked, *, limit: float) -> bool | None:
    """Return whether anybody outside gets in, as cvc5 says; None when it does not, or the encoding lacks a word."""
    cvc5 = _module("cvc5")
    solver = cvc5.Solver()
    for name, value in (("strings-exp", "true"), ("tlimit-per", str(round(limit * 1000)))):
        solver.setOption(name, value)
    try:
        text = f"(set-logic ALL)\n{encode(one)}"
    except UnsupportedError:
        return None
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "policy")
    symbols = parser.getSymbolManager()
    for command in iter(parser.nextCommand, None):
        if command.isNull():
            break
        command.invoke(solver, symbols)
    answer = solver.checkSat()
    return True if answer.isSat() else False if answer.isUnsat() else None


@functools.cache
def _module(name: str) -> Any:
    return importlib.import_module(name)


def encode(one: Asked) -> str:
    """Return the question in SMT-LIB 2: satisfiable when somebody outside gets in.

    Raises:
        UnsupportedError: the policy uses what the encoding does not have.
    """
    document = json.loads(one.text)
    statements = document.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    if document.get("Version") == "2012-10-17" and "${" in one.text:
        raise UnsupportedError("policy variables")
    encoding = _Encoding(one)
    matches = [encoding.statement(statement) for statement in statements]
    allows = [each for each, said in zip(matches, statements, strict=True) if said["Effect"] == "Allow"]
    denies = [each for each, said in zip(matches, statements, strict=True) if said["Effect"] == "Deny"]
    encoding.actions(statements)
    goal = _all([_any(allows), *(f"(not {deny})" for deny in denies)])
    return "\n".join([*encoding.declared.values(), *(f"(assert {each})" for each in [*encoding.facts, goal]), ""])


@dataclass
class _Encoding:
    """The variables of a question and what is known of them."""

    asked: Asked
    declared: dict[str, str] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Say who can call: nobody (0), a principal of an account (1), somebody with a provider's word (2)."""
        for name, sort in (("kind", "Int"), ("action", "Int"), ("account", "String"), ("arn", "String")):
            self.declare(name, sort)
        for name in ("session", "provider", "canonical"):
            self.declare(name, "String")
        kinds = (1, 2) if self.asked.resource_type == "AWS::IAM::Role" else (1,)
        kinds = (0, *kinds) if self.asked.resource_type in _ANONYMOUS else kinds
        self.facts.append(_any(f"(= kind {kind})" for kind in kinds))
        named = {self.asked.owner_account, *_accounts(self.asked.text)}
        self.facts.append(_any(f"(= account {_quote(each)})" for each in sorted({*named, _unnamed(named)})))
        rest = (
            '(re.union (str.to_re "root") (re.++ (re.union (str.to_re "user/") (str.to_re "role/")) (re.+ re.allchar)))'
        )
        start = _quote(f"arn:{self.asked.resource.split(':')[1]}:iam::")
        self.facts.append(f'(str.in_re arn (re.++ (str.to_re {start}) (re.+ re.allchar) (str.to_re ":") {rest}))')
        self.facts.append(f'(str.prefixof (str.++ {start} account ":") arn)')
        trusted = sorted({self.asked.owner_account, *AWS_OPERATED_ACCOUNTS} & named)
        inside = _any(f"(= account {_quote(each)})" for each in trusted)
        self.facts.append(f"(or (not (= kind 1)) (not {inside}))")

    def declare(self, name: str, sort: str) -> str:
        """Declare a variable once, and return its name as SMT-LIB spells it."""
        spelled = f"|{name}|"
        self.declared.setdefault(name, f"(declare-const {spelled} {sort})")
        return spelled

    def statement(self, said: Mapping[str, Any]) -> str:
        """Return when a statement matches."""
        parts = [self._principals(said), self._resources(said), self.declare(f"covered/{id(said)}", "Bool")]
        for operator, keys in said.get("Condition", {}).items():
            parts += [self._condition(operator, key, _listed(values)) for key, values in keys.items()]
        return _all(parts)

    def actions(self, statements: Sequence[Mapping[str, Any]]) -> None:
        """Say which statements cover the action: one number for the actions that the same statements cover."""
        groups: dict[tuple[tuple[bool, ...], str], int] = {}
        for action in cross_account_actions(self.asked.resource_type):
            callers = self._callers(action.name)
            if callers is None:
                continue
            on = "object" if "object" in action.resource_types else "bucket"
            if self.asked.resource_type == "AWS::S3::Bucket":
                wanted = (
                    '(str.in_re |resource| (re.++ {0} (str.to_re "/") (re.+ re.allchar)))'
                    if on == "object"
                    else "(= |resource| {1})"
                )
                wanted = wanted.format(f"(str.to_re {_quote(self.asked.resource)})", _quote(self.asked.resource))
                callers = f"(and {callers} {wanted})"
                self.declare("resource", "String")
            groups.setdefault((tuple(_covers(each, action.name) for each in statements), callers), len(groups))
        self.facts.append(
            _any(
                _all(
                    [
                        f"(= action {number})",
                        callers,
                        *(
                            f"(= {self.declare(f'covered/{id(each)}', 'Bool')} {str(holds).lower()})"
                            for each, holds in zip(statements, covered, strict=True)
                        ),
                    ]
                )
                for (covered, callers), number in groups.items()
            )
        )

    def _callers(self, action: str) -> str | None:
        match self.asked.resource_type, action:
            case "AWS::IAM::Role", "sts:AssumeRole":
                return "(= kind 1)"
            case "AWS::IAM::Role", "sts:AssumeRoleWithSAML":
                return '(and (= kind 2) (str.contains provider ":saml-provider/"))'
            case "AWS::IAM::Role", "sts:AssumeRoleWithWebIdentity":
                return '(and (= kind 2) (not (str.contains provider ":saml-provider/")))'
            case "AWS::IAM::Role", _:
                return None
            case "AWS::Lambda::Function", name if name != "lambda:InvokeFunctionUrl":
                return "(= kind 1)"
            case _:
                return "true"

    def _principals(self, said: Mapping[str, Any]) -> str:
        name = "NotPrincipal" if "NotPrincipal" in said else "Principal"
        element = said.get(name, {})
        entries = [("AWS", element)] if isinstance(element, str) else [
            (form, each) for form, values in element.items() for each in _listed(values)
        ]  # fmt: skip
        matched = _any(self._principal(form, str(value)) for form, value in entries)
        return f"(not {matched})" if name == "NotPrincipal" else matched

    def _principal(self, form: str, value: str) -> str:
        parts = value.split(":", 5)
        match form, parts:
            case "AWS", ["*"]:
                return "true"
            case "AWS", [account] | ["arn", _, "iam", _, account, "root"] if account.isdigit():
                return f"(and (= kind 1) (= account {_quote(account)}))"
            case "AWS", ["arn", _, "iam", _, account, _]:
                return f"(and (= kind 1) (= account {_quote(account)}) (= arn {_quote(value)}))"
            case "AWS", ["arn", _, "sts", _, account, _]:
                return f"(and (= kind 1) (= account {_quote(account)}) (= session {_quote(value)}))"
            case "Federated", _:
                return f"(and (= kind 2) (= provider {_quote(value)}))" if value != "*" else "(= kind 2)"
            case "CanonicalUser", _:
                return f"(and (= kind 1) (= canonical {_quote(value)}))"
            case _:
                return "false"

    def _resources(self, said: Mapping[str, Any]) -> str:
        name = "NotResource" if "NotResource" in said else "Resource"
        if name not in said:
            return "true"
        patterns = [str(each) for each in _listed(said[name])]
        if self.asked.resource_type == "AWS::S3::Bucket":
            resource = self.declare("resource", "String")
            matched = _any(f"(str.in_re {resource} {_regex(each)})" for each in patterns)
        else:
            matched = str(any(fnmatchcase(self.asked.resource, each.replace("[", "[[]")) for each in patterns)).lower()
        return f"(not {matched})" if name == "NotResource" else matched

    def _condition(self, operator: str, key: str, values: list[Any]) -> str:
        """Return when one key satisfies one operator; several values are alternatives."""
        quantifier, _, plain = operator.rpartition(":")
        plain, if_exists = plain.removesuffix("IfExists"), plain.endswith("IfExists")
        key = key.lower()
        present = self._present(key)
        if plain == "Null":
            return _any(f"(= {present} {str(str(each).lower() != 'true').lower()})" for each in values)
        negated = _NEGATED.search(plain) is not None
        matched = _any(self._value(plain.replace("Not", ""), key, each) for each in values)
        if negated:
            matched = f"(not {matched})"
        lenient = if_exists or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
        return f"(or (not {present}) {matched})" if lenient else f"(and {present} {matched})"

    def _present(self, key: str) -> str:
        """Return when the key is present, saying what is known of it."""
        match key:
            case "aws:principalarn":
                return "(= kind 1)"
            case "aws:principalaccount" | "kms:calleraccount":
                return "(not (= kind 2))"
            case "aws:resourceaccount" | "aws:securetransport" | "aws:principalisawsservice":
                return "true"
            case "aws:principalservicename":
                return "false"
        present = f"|{key}?|"
        if f"{key}?" in self.declared:
            return present
        self.declare(f"{key}?", "Bool")
        domain = key.rpartition(":")[0]
        if key.startswith(("aws:principalorg", "aws:principaltag/", "aws:username")):
            self.facts.append(f"(=> {present} (= kind 1))")
        elif domain == "saml" or "." in domain:
            self.facts.append(f"(=> {present} (= kind 2))")
        if key in {"aws:sourceaccount", "aws:sourceowner"}:
            text = self.declare(key, "String")
            self.facts.append(f"(not (and {present} (= {text} {_quote(self.asked.owner_account)})))")
        elif key == "aws:sourcearn":
            text = self.declare(key, "String")
            own = _regex(f"arn:*:*:*:{self.asked.owner_account}:*", parts=True)
            self.facts.append(f"(not (and {present} (str.in_re {text} {own})))")
        return present

    def _value(self, operator: str, key: str, value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        match operator:
            case "IpAddress":
                return self._address(key, text)
            case "NumericEquals" | "DateEquals":
                return f"(= {self._number(operator, key)} {_real(operator, text)})"
            case _ if operator.startswith(("Numeric", "Date")):
                sign = {"LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">="}
                name = operator.removeprefix("Numeric").removeprefix("Date")
                return f"({sign[name]} {self._number(operator, key)} {_real(operator, text)})"
            case "StringLike":
                return f"(str.in_re {self._text(key)} {_regex(text)})"
            case "ArnLike" | "ArnEquals":
                return f"(str.in_re {self._text(key)} {_regex(text, parts=True)})"
            case "StringEqualsIgnoreCase":
                return f"(str.in_re {self._text(key)} {_any_case(text)})"
            case "Bool":
                name = self._text(key)
                self.facts.append(f'(or (= {name} "true") (= {name} "false"))')
                return f"(= {name} {_quote(text.lower())})"
            case "StringEquals" | "BinaryEquals":
                return f"(= {self._text(key)} {_quote(text)})"
            case _:
                raise UnsupportedError(operator)

    def _text(self, key: str) -> str:
        match key:
            case "aws:principalarn":
                return "arn"
            case "aws:principalaccount" | "kms:calleraccount":
                return '(ite (= kind 0) "anonymous" account)'
            case "aws:resourceaccount":
                return _quote(self.asked.owner_account)
            case "aws:principalisawsservice":
                return '"false"'
            case _:
                return self.declare(key, "String")

    def _number(self, operator: str, key: str) -> str:
        return self.declare(f"{key}/{'date' if operator.startswith('Date') else 'number'}", "Real")

    def _address(self, key: str, text: str) -> str:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise UnsupportedError(text) from error
        width = network.max_prefixlen
        of_version = self.declare(f"{key}/is4", "Bool")
        of_version = of_version if width == 32 else f"(not {of_version})"
        bits = self.declare(f"{key}/{width}", f"(_ BitVec {width})")
        if network.prefixlen == 0:
            return of_version
        low = width - network.prefixlen
        fixed = f"{int(network.network_address) >> low:0{network.prefixlen}b}"
        return f"(and {of_version} (= ((_ extract {width - 1} {low}) {bits}) #b{fixed}))"


def _accounts(text: str) -> Iterator[str]:
    """Yield the accounts that a policy names, and one for each beginning of a number that it writes."""
    yield from re.findall(r"(?<!\d)\d{12}(?!\d)", text)
    yield from re.findall(r":iam::(\d+):", text)
    yield from (one.ljust(12, "7") for one in re.findall(r"(?<!\d)(\d{1,11})\*", text))


def _unnamed(named: Iterable[str]) -> str:
    return next(one for one in map("{:012d}".format, itertools.count(210987654321)) if one not in named)


def _covers(said: Mapping[str, Any], action: str) -> bool:
    name = "NotAction" if "NotAction" in said else "Action"
    patterns = (str(each).lower() for each in _listed(said.get(name, [])))
    return any(fnmatchcase(action.lower(), each) for each in patterns) == (name == "Action")


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _all(parts: Iterable[str]) -> str:
    return f"(and true {' '.join(parts)})"


def _any(parts: Iterable[str]) -> str:
    return f"(or false {' '.join(parts)})"


def _quote(text: str) -> str:
    return '"' + "".join(_letter(each) for each in text) + '"'


def _letter(letter: str) -> str:
    if letter == '"':
        return '""'
    return letter if " " <= letter <= "~" and letter != "\\" else f"\\u{{{ord(letter):x}}}"


def _regex(pattern: str, *, parts: bool = False) -> str:
    """Return a pattern as a regular expression; with `parts`, wildcards stay within the first five parts of an ARN."""
    pieces: list[str] = []
    split = pattern.split(":", _PARTS - 1) if parts else [pattern]
    for number, part in enumerate(split):
        anything = "re.allchar" if not parts or number == _PARTS - 1 else '(re.diff re.allchar (str.to_re ":"))'
        if number:
            pieces.append('(str.to_re ":")')
        for run in re.findall(r"\*|\?|[^*?]+", part):
            match run:
                case "*":
                    pieces.append("re.all" if anything == "re.allchar" else f"(re.* {anything})")
                case "?":
                    pieces.append(anything)
                case _:
                    pieces.append(f"(str.to_re {_quote(run)})")
    return f'(re.++ (str.to_re "") (str.to_re "") {" ".join(pieces)})'


def _any_case(text: str) -> str:
    letters = [f"(re.union (str.to_re {_quote(each.lower())}) (str.to_re {_quote(each.upper())}))" for each in text]
    return f'(re.++ (str.to_re "") (str.to_re "") {" ".join(letters)})'


def _real(operator: str, text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        if not operator.startswith("Date"):
            raise UnsupportedError(text) from None
        try:
            number = datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise UnsupportedError(text) from None
    spelled = f"{abs(number):.6f}"
    return f"(- {spelled})" if number < 0 else spelled
