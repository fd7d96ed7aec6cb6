"""What a template may have in it: which parts of Jinja2's syntax, and what becomes of them.

A tree is refused for what is not in a list, and not for what is in one, so that syntax which Jinja2 has yet to get is
refused too.
"""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, NoReturn, cast

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer

from sekisho.alerts.errors import AlertsError
from sekisho.alerts.messages.errors import TimeZoneError
from sekisho.alerts.messages.filters import FILTERS, TESTS
from sekisho.alerts.messages.plain import visible_lines
from sekisho.alerts.messages.times import zone_of

MOST_DEPTH: Final = 40
"""How deep a tree may be."""

TOO_DEEP: Final = "it is nested too deep; write it in shorter steps"

LOOPED: Final = " looped"
"""The filter around what is looped over; no template can say its name."""

COMPARED: Final = " compared"
"""The filter in the place of a comparison."""


class RefusedError(AlertsError):
    """A template asks for what it may not have.

    Attributes:
        line: where, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def tamed(tree: nodes.Template, names: frozenset[str], environment: Environment) -> nodes.Template:
    """Return a tree that can do no harm.

    Args:
        tree: as Jinja2 parsed it; it is changed.
        names: that it may use.
        environment: which has the filters `LOOPED` and `COMPARED`.

    Raises:
        RefusedError: it has something in it that no template may have.
    """
    _Check(names).check(tree)
    return cast("nodes.Template", _Tame(environment).visit(tree))


_EXPRESSIONS: Final = (
    nodes.And,
    nodes.Compare,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Test,
    nodes.Tuple,
)
_STATEMENTS: Final = (nodes.Assign, nodes.For, nodes.If, nodes.Output, nodes.Template, nodes.TemplateData)

_REMEDIES: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "a template calls nothing; use a filter, as in `{{ whom | upper }}`",
    nodes.Include: "a template includes no other",
    nodes.Import: "a template imports nothing",
    nodes.FromImport: "a template imports nothing",
    nodes.Extends: "a template extends no other",
    nodes.Block: "a template has no blocks",
    nodes.Macro: "a template has no macros",
    nodes.CallBlock: "a template has no macros",
    nodes.FilterBlock: "filter a value, as in `{{ whom | upper }}`",
    nodes.AssignBlock: "set a name to a value, as in `{% set name = detail.name %}`",
    nodes.With: "use `{% set name = detail.name %}`",
    nodes.Concat: "write values one after the other, as in `{{ account }}/{{ region }}`",
    nodes.Slice: "use `truncate`, `first` or `last`",
    nodes.BinExpr: "a template does not calculate; write values one after the other",
    nodes.UnaryExpr: "a template does not calculate",
}
_OTHERWISE: Final = "a template has texts, values, filters, tests, `if`, `for` and `set`"


class _Check:
    """One walk through a tree, which refuses what may not be in it."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._own: set[str] = set()

    def check(self, tree: nodes.Template) -> None:
        self._own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
        pending: list[tuple[nodes.Node, int, bool]] = [(tree, 0, False)]
        while pending:
            node, depth, is_looped = pending.pop()
            if depth > MOST_DEPTH:
                _refuse(node, TOO_DEEP)
            self._check_one(node, is_looped=is_looped)
            is_looped = is_looped or isinstance(node, nodes.For)
            pending.extend((child, depth + 1, is_looped) for child in node.iter_child_nodes())

    def _check_one(self, node: nodes.Node, *, is_looped: bool) -> None:
        if not isinstance(node, _EXPRESSIONS + _STATEMENTS):
            _refuse(node, next((text for kind, text in _REMEDIES.items() if isinstance(node, kind)), _OTHERWISE))
        match node:
            case nodes.TemplateData():
                node.data = visible_lines(node.data.replace("\ufe0f", ""))
            case nodes.Name():
                self._check_name(node, is_looped=is_looped)
            case nodes.Getattr(attr=name) if name.startswith("__"):
                _refuse(node, f"`{name}` is no member of an event")
            case nodes.For(recursive=True):
                _refuse(node, "a loop is not recursive")
            case nodes.Filter():
                _check_filter(node)
            case nodes.Test():
                _check_known(node, TESTS, "test")
            case nodes.Assign(target=target) if not isinstance(target, nodes.Name):
                _refuse(node, "set one name at a time")
            case _:
                pass

    def _check_name(self, node: nodes.Name, *, is_looped: bool) -> None:
        if node.ctx != "load":
            if node.name.startswith("_") or node.name in _RESERVED:
                _refuse(node, f"`{node.name}` is no name to set")
        elif node.name not in self._names | self._own and not (is_looped and node.name == "loop"):
            _refuse(node, f"there is no `{node.name}`; {_suggested(node.name, self._names)}")


_RESERVED: Final = frozenset({"loop", "self", "super", "caller", "varargs", "kwargs"})


def _check_filter(node: nodes.Filter) -> None:
    _check_known(node, FILTERS, "filter")
    if node.dyn_args is not None or node.dyn_kwargs is not None or node.node is None:
        _refuse(node, f"`{node.name}` takes its arguments one by one")
    options = {str(one.key): one.value for one in node.kwargs}
    try:
        inspect.signature(FILTERS[node.name]).bind(None, None, *node.args, **options)
    except TypeError as error:
        _refuse(node, f"`{node.name}`: {error}")
    if node.name == "zone" and isinstance(name := next(iter([*node.args, *options.values()]), None), nodes.Const):
        try:
            zone_of(str(name.value))
        except TimeZoneError as error:
            _refuse(node, str(error))


def _check_known(node: nodes.Filter | nodes.Test, known: Mapping[str, object], kind: str) -> None:
    if node.name not in known:
        _refuse(node, f"there is no {kind} `{node.name}`; {_suggested(node.name, known)}")
    if isinstance(node, nodes.Test) and (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs):
        _refuse(node, f"the test `{node.name}` takes no arguments")


def _suggested(name: str, known: Mapping[str, object] | frozenset[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"choose one of {', '.join(sorted(known))}"


def _refuse(node: nodes.Node, message: str) -> NoReturn:
    raise RefusedError(message, node.lineno or 1)


class _Tame(NodeTransformer):
    """Puts filters of ours where a loop would go over whatever it is given, and a comparison would raise."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the name of what is visited
        node = cast("nodes.For", self.generic_visit(node))
        node.iter = self._filtered(cast("nodes.Expr", node.iter), LOOPED, [], node.lineno)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - the name of what is visited
        node = cast("nodes.Compare", self.generic_visit(node))
        told = [one for operand in node.ops for one in (nodes.Const(operand.op, lineno=node.lineno), operand.expr)]
        return self._filtered(node.expr, COMPARED, told, node.lineno)

    def _filtered(self, node: nodes.Expr, name: str, arguments: list[nodes.Expr], line: int) -> nodes.Filter:
        return nodes.Filter(node, name, arguments, [], None, None, lineno=line, environment=self._environment)
