"""Other tools, asked the same question: does this policy let anybody outside the owner's account in?

Each is used as its own documentation shows. A tool that is not installed is left out.
"""

import functools
import importlib
import importlib.metadata
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from solvers import ask_cvc5, ask_z3


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


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        answer: True for "somebody outside gets in"; None when it does not say.
        public: whether it only tells whether everybody gets in.
        slow: whether to ask it about a part of the policies only.
    """

    name: str
    version: str
    answer: Callable[[Asked], bool | None]
    public: bool = False
    slow: bool = False


def tools(limit: float) -> Iterator[Tool]:
    """Yield the tools that are installed; a solver gets `limit` seconds for each policy."""
    if _installed("policyuniverse"):
        version = importlib.metadata.version("policyuniverse")
        yield Tool("policyuniverse, is_internet_accessible", version, _internet_accessible, public=True)
        yield Tool("policyuniverse, whos_allowed", version, _whos_allowed)
    if _installed("c7n.filters.iamaccess"):
        # It logs a warning for each condition key that it does not know.
        logging.getLogger("custodian.iamaccess").setLevel(logging.ERROR)
        yield Tool("Cloud Custodian, PolicyChecker", importlib.metadata.version("c7n"), _policy_checker)
    if _installed("cvc5"):
        answer = functools.partial(ask_cvc5, limit=limit)
        yield Tool("cvc5, plain encoding", importlib.metadata.version("cvc5"), answer, slow=True)
    if _installed("z3"):
        answer = functools.partial(ask_z3, limit=limit)
        yield Tool("z3, plain encoding", importlib.metadata.version("z3-solver"), answer, slow=True)


def _installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


@functools.cache
def _module(name: str) -> Any:
    return importlib.import_module(name)


def _internet_accessible(one: Asked) -> bool | None:
    try:
        return bool(_module("policyuniverse.policy").Policy(json.loads(one.text)).is_internet_accessible())
    except Exception:  # noqa: BLE001 - whatever it trips over, it has no answer
        return None


def _whos_allowed(one: Asked) -> bool | None:
    """Read "who is allowed", in its words, as a person would: conditions say who, else the principals do."""
    try:
        policy = _module("policyuniverse.policy").Policy(json.loads(one.text))
        return any(
            _names_outsider({(entry.category, entry.value) for entry in statement.whos_allowed()}, one.owner_account)
            for statement in policy.statements
            if statement.effect == "Allow"
        )
    except Exception:  # noqa: BLE001 - whatever it trips over, it has no answer
        return None


def _names_outsider(who: set[tuple[str, str]], owner: str) -> bool:
    principals = {value for category, value in who if category == "principal"}
    conditions = {value for category, value in who if category != "principal"}
    if all(value.endswith(".amazonaws.com") and ":" not in value for value in principals):
        return False
    return any(owner not in value for value in conditions or principals)


def _policy_checker(one: Asked) -> bool | None:
    try:
        checker = _module("c7n.filters.iamaccess").PolicyChecker({"allowed_accounts": {one.owner_account}})
        return bool(checker.check(one.text))
    except Exception:  # noqa: BLE001 - whatever it trips over, it has no answer
        return None
