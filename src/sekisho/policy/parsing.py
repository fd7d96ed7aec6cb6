"""From the text of a policy document to its values, or to what is wrong with it, and where.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" and the page of each element.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

from sekisho.policy.document import Condition, Effect, Patterns, Policy, Principals, Statement, Version
from sekisho.policy.errors import PolicyElementError, PolicyError, PolicyValueError, UnknownOperatorError
from sekisho.policy.operators import BASE_OPERATORS, Operator, find_operator
from sekisho.policy.places import MAX_CHARACTERS, Path, locate, read_json, shorten
from sekisho.policy.principals import EVERYONE, Principal, parse_principal
from sekisho.policy.usual import read_usual
from sekisho.policy.values import value_problem


def parse_policy(text: str, *, most_characters: int = MAX_CHARACTERS) -> Policy:
    """Read a policy document.

    Args:
        text: JSON; element names in their exact case, condition operators and keys in any.
        most_characters: how long it may be; AWS makes longer policies than it takes.

    Raises:
        PolicyError: the document is not one that AWS would take; the message names the place and the remedy.
    """
    usual = read_usual(text) if len(text) <= most_characters else None
    return parse_plainly(text, most_characters=most_characters) if usual is None else usual


def parse_plainly(text: str, *, most_characters: int = MAX_CHARACTERS) -> Policy:
    """Do what `parse_policy` does, in the plainest way."""
    return _Parser(text).policy(most_characters)


_DOCUMENT_ELEMENTS = dict.fromkeys(("Version", "Id", "Statement")).keys()
_STATEMENT_ELEMENTS = dict.fromkeys(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
).keys()
_VERSIONS = {one.value: one for one in Version}
_EFFECTS = {one.value: one for one in Effect}
_TEXTS_ONLY = frozenset({str})
_EVERYONE = Principals((EVERYONE,))
_NOBODY_SPARED = Principals((EVERYONE,), negated=True)


class _Parser:
    """One pass over the decoded document; it holds the text for the places of messages."""

    def __init__(self, text: str) -> None:
        self.text = text

    def policy(self, most_characters: int) -> Policy:
        document = self.mapping(read_json(self.text, most_characters=most_characters), ())
        if not document.keys() <= _DOCUMENT_ELEMENTS:
            raise self.unknown(document, _DOCUMENT_ELEMENTS, ())
        version = Version.V2008
        if "Version" in document:
            raw = self.string(document["Version"], ("Version",))
            known = _VERSIONS.get(raw)
            if known is None:
                raise self.wrong(f"unknown version `{shorten(raw)}`", ("Version",), "write `2012-10-17`")
            version = known
        if "Statement" not in document:
            raise self.wrong("the element `Statement` is missing", (), "a policy needs at least one statement")
        raw = document["Statement"]
        if _is_list(raw):
            statements = tuple([self.statement(one, index, ("Statement", index)) for index, one in enumerate(raw)])
        else:
            statements = (self.statement(raw, 0, ("Statement",)),)
        named = self.string(document["Id"], ("Id",)) if "Id" in document else None
        return Policy(statements, version, named, self.text)

    def statement(self, value: Any, index: int, path: Path) -> Statement:
        raw = self.mapping(value, path)
        if not raw.keys() <= _STATEMENT_ELEMENTS:
            raise self.unknown(raw, _STATEMENT_ELEMENTS, path)
        if "Effect" not in raw:
            raise self.wrong("the element `Effect` is missing", path, "write `Allow` or `Deny`")
        spelled = raw["Effect"]
        effect = _EFFECTS.get(spelled) if type(spelled) is str else None
        if effect is None:
            shown = shorten(self.string(spelled, (*path, "Effect")))
            raise self.wrong(f"unknown effect `{shown}`", (*path, "Effect"), "write `Allow` or `Deny`")
        actions = self.patterns(raw, "Action", "NotAction", path)
        if actions is None:
            raise self.wrong("the element `Action` is missing", path, "name the actions, or `NotAction`")
        self.check_actions(actions, path)
        return Statement(
            index,
            effect,
            actions,
            self.principals(raw, path),
            self.patterns(raw, "Resource", "NotResource", path),
            self.conditions(raw["Condition"], path) if "Condition" in raw else (),
            self.string(raw["Sid"], (*path, "Sid")) if "Sid" in raw else None,
            "Statement" if len(path) == 1 else f"Statement[{index}]",
        )

    def patterns(self, raw: Mapping[str, Any], name: str, negated_name: str, path: Path) -> Patterns | None:
        negated = negated_name in raw
        if negated:
            if name in raw:
                raise self.both(name, path)
            name = negated_name
        elif name not in raw:
            return None
        value = raw[name]
        values = (value,) if type(value) is str else self.strings(value, path, name)
        if not values:
            raise self.wrong(f"`{name}` is empty", (*path, name), "name at least one")
        return Patterns(values, negated)

    def check_actions(self, actions: Patterns, path: Path) -> None:
        for glob in actions.globs:
            service, _, name = glob.partition(":")
            if not (service and name) and glob != "*":
                element = "NotAction" if actions.negated else "Action"
                raise PolicyValueError(
                    f"`{shorten(glob)}` is no action",
                    at=locate(self.text, (*path, element)),
                    remedy="write `service:Name`",
                )

    def principals(self, raw: Mapping[str, Any], path: Path) -> Principals | None:
        negated = "NotPrincipal" in raw
        name = "NotPrincipal" if negated else "Principal"
        if negated and "Principal" in raw:
            raise self.both("Principal", path)
        if name not in raw:
            return None
        value = raw[name]
        if not _is_mapping(value):
            if value == "*":
                return _NOBODY_SPARED if negated else _EVERYONE
            raise self.wrong(
                f"`{name}` is neither `*` nor an object", (*path, name), 'write for instance `{"AWS": "111122223333"}`'
            )
        entries: list[Principal] = []
        for key, listed in value.items():
            for text in (listed,) if type(listed) is str else self.strings(listed, (*path, name), key):
                entry = parse_principal(key, text)
                if isinstance(entry, str):
                    shown = f"`{shorten(text)}` is no principal under `{shorten(key)}`"
                    raise PolicyValueError(shown, at=locate(self.text, (*path, name, key)), remedy=entry)
                entries.append(entry)
        return Principals(tuple(entries), negated)

    def conditions(self, value: Any, path: Path) -> tuple[Condition, ...]:
        at = (*path, "Condition")
        found: list[Condition] = []
        for name, block in self.mapping(value, at).items():
            operator = find_operator(name)
            if operator is None:
                raise UnknownOperatorError(
                    f"unknown condition operator `{shorten(name)}`",
                    at=locate(self.text, (*at, name)),
                    remedy=_did_you_mean(name),
                )
            checked = operator.base.takes_some_texts_only
            for key, listed in self.mapping(block, (*at, name)).items():
                values = (listed,) if type(listed) is str else self.strings(listed, (*at, name), key)
                if not key:
                    raise self.wrong("a condition without a key", (*at, name, key), "name the condition key")
                if not values:
                    raise self.wrong("a condition without a value", (*at, name, key), "name at least one value")
                if checked:
                    self.check_values(operator, values, (*at, name, key))
                found.append(Condition(operator, key, values))
        return tuple(found)

    def check_values(self, operator: Operator, values: tuple[str, ...], at: Path) -> None:
        for text in values:
            if problem := value_problem(operator.base, text):
                shown = f"`{shorten(text)}` is no {operator.base.family.value}"
                raise PolicyValueError(shown, at=locate(self.text, at), remedy=problem)

    def mapping(self, value: Any, path: Path) -> dict[str, Any]:
        checked: object = value
        if type(checked) is not dict:
            raise self.wrong("an object is wanted", path, "write `{…}`")
        raw: dict[str, Any] = value
        return raw

    def string(self, value: Any, path: Path) -> str:
        if type(value) is not str:
            raise self.wrong("a text is wanted", path, "put it in quotation marks")
        return value

    def strings(self, value: Any, path: Path, name: str) -> tuple[str, ...]:
        """Read a value or a list of values; numbers and booleans count as their text."""
        listed: list[Any] = value if _is_list(value) else [value]
        if _TEXTS_ONLY.issuperset(map(type, listed)):
            return tuple(listed)
        texts: list[str] = []
        for one in listed:
            if isinstance(one, bool):
                texts.append("true" if one else "false")
            elif isinstance(one, str):
                texts.append(str(one))
            else:
                raise self.wrong(
                    "a text or a list of texts is wanted", (*path, name), "put each value in quotation marks"
                )
        return tuple(texts)

    def unknown(self, raw: Mapping[str, Any], known: Collection[str], path: Path) -> PolicyError:
        name = next(name for name in raw if name not in known)
        close = difflib.get_close_matches(name.capitalize(), known, n=1, cutoff=0.6)
        remedy = f"did you mean `{close[0]}`?" if close else f"the elements are {', '.join(known)}"
        return self.wrong(f"unknown element `{shorten(name)}`", (*path, name), remedy)

    def both(self, element: str, path: Path) -> PolicyError:
        return self.wrong(f"`{element}` and `Not{element}` stand together", path, "keep one of the two")

    def wrong(self, problem: str, path: Path, remedy: str) -> PolicyError:
        return PolicyElementError(problem, at=locate(self.text, path), remedy=remedy)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_mapping(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _did_you_mean(name: str) -> str:
    bare = name.rpartition(":")[2].removesuffix("IfExists")
    close = difflib.get_close_matches(bare, BASE_OPERATORS, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else "see the list of condition operators in the IAM User Guide"
