"""Laws of event patterns: the index against the plain matcher, and that against an account made from the definition."""

import ipaddress
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, TypeAlias

from hypothesis import example, given
from hypothesis import strategies as st

from sekisho.alerts import AlertsError
from sekisho.alerts.patterns import (
    PatternIndex,
    explain_miss,
    format_pattern,
    hints,
    matches,
    nearest_misses,
    parse_event,
    parse_pattern,
)
from sekisho.alerts.patterns import json_text as reading
from sekisho.alerts.patterns.letters import equals_ignoring_case
from sekisho.alerts.patterns.wildcards import complexity, parse_wildcard, wildcard_matches
from sekisho.alerts.transformers import parse_transformer

Pairs: TypeAlias = list[tuple[str, Any]]
"""An object that may repeat names. Arrays are tuples, so that the two differ."""

names = st.sampled_from(["a", "b", "c", "a.b", "b.c", "a-b"])
texts = st.sampled_from(
    ["", "x", "X", "xy", "yx", "é", "É", "10.0.0.1", "10.0.0.01", "10.0.0.9", "::a00:1", "k", "\u212a"]
)
numbers = st.sampled_from([0, 1, 1.0, -1.5, 300, 3e2, 5e-7, 123456789012])
scalars = st.one_of(texts, numbers, st.sampled_from([True, False, None]))


def objects(inner: st.SearchStrategy[Any], *, most: int = 3) -> st.SearchStrategy[Pairs]:
    return st.lists(st.tuples(names, inner), max_size=most)


events = objects(
    st.recursive(scalars, lambda inner: st.one_of(objects(inner), st.lists(inner, max_size=3).map(tuple)), max_leaves=6)
)

wildcards = st.sampled_from(["*", "x*", "*x", "x*y", "*x*", "1*.0.*", "x", r"\*", "é*"])
operators = st.one_of(
    st.tuples(st.just("prefix"), texts),
    st.tuples(st.just("suffix"), texts),
    st.tuples(st.just("equals-ignore-case"), texts),
    st.tuples(st.sampled_from(["prefix", "suffix"]), texts.map(lambda text: [("equals-ignore-case", text)])),
    st.tuples(st.just("exactly"), texts),
    st.tuples(st.just("wildcard"), wildcards),
    st.tuples(st.just("cidr"), st.sampled_from(["10.0.0.0/29", "0.0.0.0/0", "::/0"])),
    st.tuples(st.just("exists"), st.booleans()),
    st.tuples(st.just("exists"), st.just(value=False)),
    st.tuples(st.just("numeric"), st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), numbers)),
    st.tuples(st.just("numeric"), st.sampled_from([(">", 0, "<=", 300), (">=", -2, "<", 1)])),
    st.tuples(st.just("anything-but"), st.one_of(texts, numbers, st.lists(texts, min_size=1, max_size=2).map(tuple))),
    st.tuples(
        st.just("anything-but"),
        st.one_of(
            st.tuples(st.sampled_from(["prefix", "suffix"]), texts.filter(bool)),
            st.tuples(st.just("equals-ignore-case"), texts),
            st.tuples(st.just("wildcard"), st.lists(wildcards, min_size=1, max_size=2).map(tuple)),
        ).map(lambda pair: [pair]),
    ),
)
tests = st.lists(st.one_of(scalars, operators.map(lambda pair: [pair])), min_size=1, max_size=2).map(tuple)


@st.composite
def patterns(draw: st.DrawFn, depth: int = 2) -> Pairs:
    """Draw the members of a pattern, some of them below others, some inside `$or`."""
    members: Pairs = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 9)) if depth else 0
        if kind < 6:
            members.append((draw(names), draw(tests)))
        elif kind < 8:
            members.append((draw(names), draw(patterns(depth - 1))))
        else:
            members.append(("$or", (draw(patterns(depth - 1)), draw(patterns(depth - 1)))))
    return members


def written(value: Any) -> str:
    """Return the JSON of pairs and tuples."""
    if isinstance(value, list):
        return f"{{{','.join(f'{json.dumps(name)}:{written(member)}' for name, member in value)}}}"
    if isinstance(value, tuple):
        return f"[{','.join(map(written, value))}]"
    return json.dumps(value)


# The definition, in other words than the project's: no class of it is used.

Leaf: TypeAlias = tuple[Any, dict[int, int]]


def leaves_of(document: Pairs) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    arrays = itertools.count()

    def visit(value: Any, path: str, elements: dict[int, int]) -> None:
        if isinstance(value, list):
            for name, member in value:
                visit(member, f"{path}.{name}" if path else name, elements)
        elif isinstance(value, tuple):
            array = next(arrays)
            for index, element in enumerate(value):
                visit(element, path, elements | {array: index} if isinstance(element, list | tuple) else elements)
        else:
            found.setdefault(path, []).append((value, elements))

    visit(document, "", {})
    return found


def alternatives_of(members: Pairs, path: str, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = before
    for name, inner in members:
        here = f"{path}.{name}" if path else name
        if name == "$or":
            now = [way for branch in inner for way in alternatives_of(branch, path, now)]
        elif isinstance(inner, list):
            now = alternatives_of(inner, here, now)
        else:
            now = [way | {here: inner} for way in now]
    return now


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    return one == other if is_number(one) and is_number(other) else type(one) is type(other) and one == other


def address(text: Any) -> Any:
    try:
        return ipaddress.ip_address(re.sub(r"(^|\.)0+(?=\d)", r"\1", text))
    except (ValueError, TypeError):
        return None


def passes(test: Any, value: Any) -> bool:
    if not isinstance(test, list):
        return same(test, value) or (address(test) is not None and address(test) == address(value))
    ((name, wanted),) = test
    if name == "anything-but":
        inner = wanted[0] if isinstance(wanted, list) else ("", wanted)
        listed = inner[1] if isinstance(inner[1], tuple) else (inner[1],)
        return not any(passes([(inner[0], one)], value) if inner[0] else same(one, value) for one in listed)
    if name == "exists":
        return bool(wanted)
    if name == "numeric":
        signs = {"=": "__eq__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
        return is_number(value) and all(
            bool(getattr(Fraction(value), signs[sign])(Fraction(bound)))
            for sign, bound in zip(wanted[::2], wanted[1::2], strict=True)
        )
    return isinstance(value, str) and passes_text(name, wanted, value)


def passes_text(name: str, wanted: Any, value: str) -> bool:
    if isinstance(wanted, list):
        letters = wanted[0][1]
        part = value[: len(letters)] if name == "prefix" else value[len(value) - len(letters) :]
        return len(value) >= len(letters) and passes_text("equals-ignore-case", letters, part)
    match name:
        case "prefix":
            return value[: len(wanted)] == str(wanted)
        case "suffix":
            return value.endswith(str(wanted))
        case "exactly":
            return value == str(wanted)
        case "equals-ignore-case":
            return len(value) == len(wanted) and all(
                v in {w.lower(), w.upper()} for v, w in zip(value, wanted, strict=True)
            )
        case "cidr":
            found = address(value)
            return found is not None and found in ipaddress.ip_network(wanted)
        case _:
            return by_expression(wanted, value)


def by_expression(wildcard: str, text: str) -> bool:
    expression = re.sub(r"\\\\(.)|(\\\*)", lambda m: re.escape(m[1]) if m[1] else ".*", re.escape(wildcard))
    expression = expression.replace(r"\\.*", r"\*")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def agree(one: dict[int, int], other: dict[int, int]) -> bool:
    return all(other.get(array, index) == index for array, index in one.items())


def by_definition(pattern: Pairs, event: Pairs) -> bool:
    """Try every choice of one leaf, or of absence, for every field."""
    found = leaves_of(event)
    for way in alternatives_of(pattern, "", [{}]):
        paths = sorted(way)
        options: list[list[Leaf | None]] = [[*found.get(path, []), None] for path in paths]
        if any(is_choice([way[path] for path in paths], [found.get(p, []) for p in paths], chosen)
               for chosen in itertools.product(*options)):  # fmt: skip
            return True
    return False


def is_choice(tests_of: list[Any], leaves: list[list[Leaf]], chosen: tuple[Leaf | None, ...]) -> bool:
    elements: dict[int, int] = {}
    for wanted, here, leaf in zip(tests_of, leaves, chosen, strict=True):
        if leaf is None:
            if [("exists", False)] not in wanted or any(agree(one, elements) for _, one in here):
                return False
        elif not agree(leaf[1], elements) or not any(passes(test, leaf[0]) for test in wanted):
            return False
        else:
            elements |= leaf[1]
    return True


@given(patterns(), events)
@example([("a", [("b", ("x",)), ("c", ([("exists", False)],))])], [("a", ([("b", "x")], [("c", "y")]))])
@example([("a", [("b", ([("exists", False)],)), ("c", ("x",))])], [("a", ([("c", "x")], [("b", "y")]))])
def test_a_match_is_a_choice_that_agrees_on_elements(pattern: Pairs, event: Pairs) -> None:
    assert matches(parse_pattern(written(pattern)), parse_event(written(event))) == by_definition(pattern, event)


@st.composite
def about_one_array(draw: st.DrawFn) -> tuple[Pairs, Pairs]:
    """Draw a pattern of several fields under one name, and an event that has an array of objects there."""
    few = st.sampled_from(["x", "y"])
    below = st.lists(st.lists(st.tuples(st.sampled_from("ab"), few)), max_size=2).map(tuple)
    element = st.lists(st.tuples(st.sampled_from("abcd"), st.one_of(few, below)), max_size=4)
    test = st.sampled_from(
        [("x",), ("y",), ([("exists", False)],), ("x", [("exists", False)]), ([("anything-but", "x")],)]
    )
    fields = st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", "d", "a.a", "a.b", "b.a"]), test), min_size=1, max_size=4
    )
    arrays = st.lists(element, max_size=3).map(tuple)
    return [("e", draw(fields))], draw(st.lists(st.tuples(st.just("e"), arrays), min_size=1, max_size=2))


@given(about_one_array())
def test_elements_of_arrays_are_chosen_once(both: tuple[Pairs, Pairs]) -> None:
    pattern, event = parse_pattern(written(both[0])), parse_event(written(both[1]))
    expected = by_definition(*both)

    assert matches(pattern, event) == expected
    assert PatternIndex({"it": pattern}).matching(event) == (("it",) if expected else ())


@given(st.lists(patterns(), max_size=8), st.lists(events, min_size=1, max_size=4))
def test_the_index_finds_what_the_plain_matcher_finds(listed: list[Pairs], given_events: list[Pairs]) -> None:
    parsed = {f"rule-{number}": parse_pattern(written(one)) for number, one in enumerate(listed)}
    index = PatternIndex(parsed)

    for event in map(parse_event, map(written, given_events)):
        assert index.matching(event) == tuple(name for name, one in parsed.items() if matches(one, event))


@given(patterns(), events)
def test_a_miss_is_explained_and_a_match_is_not(written_pattern: Pairs, written_event: Pairs) -> None:
    pattern, event = parse_pattern(written(written_pattern)), parse_event(written(written_event))
    miss = explain_miss(pattern, event)

    assert (miss is None) == matches(pattern, event)
    if miss is not None:
        assert 0 <= miss.share < 1
        assert bool(miss.fields) != bool(miss.apart)
        assert miss.passed + len(miss.fields) == miss.total
        assert nearest_misses({"it": pattern}, event)[0].miss == miss


@given(patterns())
def test_what_is_formatted_means_the_same(written_pattern: Pairs) -> None:
    pattern = parse_pattern(written(written_pattern))
    shorter = format_pattern(pattern)

    assert parse_pattern(shorter).alternatives == pattern.alternatives
    assert format_pattern(parse_pattern(shorter)) == shorter


@given(st.text("ab*\\", max_size=7), st.text("ab*\\\n", max_size=9))
def test_wildcards_agree_with_regular_expressions(wildcard: str, text: str) -> None:
    runs: tuple[str, ...] | None = None
    with suppress(ValueError):
        runs = parse_wildcard(wildcard)
    stripped = re.sub(r"\\[*\\]", "", wildcard)

    assert (runs is None) == ("**" in re.sub(r"\\[*\\]", "-", wildcard) or "\\" in stripped)
    if runs is not None:
        expression = ".*".join(map(re.escape, runs))
        assert wildcard_matches(runs, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(st.text("ab*", max_size=10).filter(lambda text: "**" not in text))
def test_complexity_is_how_many_places_a_text_can_reach_at_once(wildcard: str) -> None:
    runs = parse_wildcard(wildcard)
    kept = f"*{'*'.join(runs[2:] if runs[0] else runs[1:])}" if len(runs) > 1 + bool(runs[0]) else ""
    beginnings = [kept[:end] for end in range(1, len(kept) + 1)]
    long = "".join(kept.replace("*", letters) for letters in ("", "a", "b", "ab", "ba", "aabb", "bbaa"))
    reached = [sum(by_expression(one, f"{long * 2}{end}") for one in beginnings) for end in ends_of(kept)]

    assert complexity(runs) == max(reached, default=0)


def ends_of(wildcard: str) -> Iterator[str]:
    for run in wildcard.split("*"):
        yield from (run[:end] for end in range(len(run) + 1))


letters = st.text("aAkKéÉßiIsS\u017f\u212a\u0130\u0131", max_size=6)


@given(letters, letters)
def test_letters_are_compared_one_by_one(pattern: str, text: str) -> None:
    forms = itertools.product(*({letter.lower(), letter.upper()} for letter in pattern))

    assert equals_ignoring_case(pattern, text) == (text in map("".join, forms))


some_names = st.one_of(
    names,
    st.sampled_from(["$or", "prefix", "anything-but", "numeric", "cidr", "wildcard", "exists", "detail", "", "\n"]),
)
anything = st.recursive(
    st.one_of(scalars, st.text(max_size=4), st.floats(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(some_names, inner, max_size=3)),
    max_leaves=12,
)
torn = st.builds(
    lambda text, at, more: text[:at] + more, anything.map(json.dumps), st.integers(0, 80), st.text(max_size=3)
)


@contextmanager
def one_line_at_most() -> Iterator[None]:
    try:
        yield
    except AlertsError as error:
        assert "\n" not in str(error)  # noqa: PT017 - any of them may come, or none


@given(
    st.one_of(torn, anything.map(json.dumps), st.text(), st.binary()),
    st.one_of(torn, anything.map(json.dumps), st.binary()),
)
@example('{"a": ["\\ud800", {"equals-ignore-case": "\\udfff"}]}', '{"a": "\\ud800"}')
@example('{"a":' * 600 + '["x"]' + "}" * 600, "[" * 5000)
@example('{"a": [{"numeric": ["=", 1e-99999999999999999999]}]}', '{"a": 1e99999999999999999999}')
@example('{"a": ["x"]}', '{"a":' + "[" * 999 + "]" * 999 + "}")
@example('{"a": [{"\\n": "x"}]}', "{}")
def test_nothing_but_our_errors_is_raised(pattern_text: str | bytes, event_text: str | bytes) -> None:
    with one_line_at_most():
        pattern = parse_pattern(pattern_text)
        assert all("\n" not in hint for hint in hints(pattern))
        format_pattern(pattern)
        event = parse_event(event_text)
        index = PatternIndex({"it": pattern})
        assert bool(index.matching(event)) == matches(pattern, event)
        str(explain_miss(pattern, event))
    with one_line_at_most():
        template = pattern_text if isinstance(pattern_text, str) else pattern_text.decode(errors="replace")
        transformer = parse_transformer({"a": "$.a", "all": "$"}, template + '"<a>"')
        transformer.fill(parse_event(event_text), rule_name="r", rule_arn="r", ingestion_time=datetime.now(UTC))


@given(st.one_of(torn, anything.map(json.dumps)))
@example("[" * 40 + "1" + "]" * 40)
def test_what_is_nested_deep_is_read_as_by_the_standard_library(text: str) -> None:
    def outcome(read: Any) -> Any:
        try:
            return read()
        except reading.JsonError:
            return "no JSON"

    start = len(text) - len(text.lstrip(" \t\n\r"))
    assert outcome(lambda: reading._read_deep(text, start)) == outcome(lambda: reading.read_json(text))
