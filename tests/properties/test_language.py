"""Laws of the policy language: text and values, patterns and regular expressions."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from properties.strategies import documents, policy_of
from sekisho.policy import format_policy, parse_policy
from sekisho.policy.patterns import (
    arn_pattern_matches,
    parse_template,
    pattern_matches,
    resolve,
    resource_matches_plainly,
    resource_pattern_matches,
)
from sekisho.policy.places import lines_of, locate, read_json
from sekisho.policy.values import Ranges, parse_address, parse_network
from sekisho.reasoning.automaton import Automaton, Reading

globs = st.text(alphabet="ab:*?", max_size=8)
texts = st.text(alphabet="abc:", max_size=8)


@given(documents())
def test_format_then_parse_is_the_identity(listed: list[dict[str, Any]]) -> None:
    policy = policy_of(listed)

    assert parse_policy(format_policy(policy)) == policy
    assert parse_policy(format_policy(policy, indent=None)) == policy


@given(globs, texts)
def test_glob_agrees_with_regular_expressions(glob: str, text: str) -> None:
    expression = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)

    assert pattern is not None
    assert pattern_matches(pattern, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(globs)
def test_a_text_without_variables_is_split_as_before_a_variable(glob: str) -> None:
    *parts, _ = parse_template(f"{glob}${{key}}", wildcards=True, variables=True)

    assert parse_template(glob, wildcards=True, variables=True) == tuple(parts)


@given(st.lists(st.tuples(globs, st.sampled_from(Reading)), max_size=4), texts)
def test_the_automaton_reads_as_the_evaluator_matches(written: list[tuple[str, Reading]], text: str) -> None:
    patterns = []
    for glob, reading in written:
        wildcards = reading is not Reading.IGNORING_CASE
        pattern = resolve(parse_template(glob, wildcards=wildcards, variables=False), lambda _: None)
        assert pattern is not None
        patterns.append((pattern, reading))
    for pattern, reading in patterns:
        alone = Automaton({"text": [[(pattern, reading)]]})
        matched = alone.verdict(alone.read(alone.start, text)) != 0
        if reading is Reading.ARN:
            assert matched == arn_pattern_matches(pattern, text)
        elif reading is Reading.RESOURCE:
            assert matched == resource_pattern_matches(pattern, text)
        elif reading is Reading.IGNORING_CASE:
            assert matched == ("".join(map(str, pattern)).lower() == text.lower())
        else:
            assert matched == pattern_matches(pattern, text)
    together = Automaton({"text": [patterns]})
    matched_any = together.verdict(together.read(together.start, text)) != 0
    singles = [Automaton({"text": [[one]]}) for one in patterns]
    assert matched_any == any(one.verdict(one.read(one.start, text)) != 0 for one in singles)


@given(globs, texts)
def test_what_is_told_by_a_comparison_is_what_the_pattern_says(glob: str, text: str) -> None:
    pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)

    assert pattern is not None
    assert resource_matches_plainly(glob, text) == resource_pattern_matches(pattern, text)


ranges = st.sampled_from(["0.0.0.0/0", "::/0"]) | st.builds(
    "{0}.{1}.0.{2}/{3}".format,
    st.sampled_from([10, 11]),
    st.sampled_from([0, 1, 128]),
    st.integers(0, 9),
    st.integers(6, 32),
)


@given(st.lists(ranges, max_size=6), st.sampled_from(["10.0.0.3", "10.1.0.4", "11.128.0.5", "9.0.0.1", "::1"]))
def test_ranges_have_what_one_of_them_has(listed: list[str], text: str) -> None:
    networks = [network for one in listed if (network := parse_network(one)) is not None]
    address = parse_address(text)

    assert Ranges(networks).has(text) == any(one.has(address) for one in networks)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 1, 4]))
def test_every_element_is_found_at_its_place(value: Any, indent: int | None) -> None:
    import json  # noqa: PLC0415

    text = json.dumps(value, indent=indent)
    read_json(text)

    def check(inner: Any, path: tuple[str | int, ...]) -> None:
        place = locate(text, path)
        offset = sum(map(len, text.splitlines(keepends=True)[: place.line - 1])) + place.column - 1
        assert text[offset:].startswith(json.dumps(inner)[0])
        children = enumerate(inner) if isinstance(inner, list) else inner.items() if isinstance(inner, dict) else ()
        for step, child in children:
            check(child, (*path, step))

    check(value, ())


@given(
    st.dictionaries(st.text(max_size=3), values, max_size=4),
    st.sampled_from([None, 1, 4]),
    st.sampled_from(["", "\ufeff"]),
)
def test_the_lines_of_a_member_are_those_of_its_elements(value: dict[str, Any], indent: int | None, mark: str) -> None:
    import json  # noqa: PLC0415

    text = mark + json.dumps(value, indent=indent)
    for member, inner in value.items():
        paths = [(member, place) for place in range(len(inner))] if isinstance(inner, list) else [(member,)]
        assert lines_of(text, member) == [locate(text[len(mark) :], path).line for path in paths]
    assert lines_of(text, "not there") == []
