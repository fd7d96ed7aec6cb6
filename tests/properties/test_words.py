"""Laws of walking through texts: what a walk finds is all that there is to find."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from properties.strategies import BUCKET, OWNER, policy_of, question_about
from sekisho.evaluation.decide import resources_match
from sekisho.policy import Principal, PrincipalForm
from sekisho.policy.patterns import arn_pattern_matches, parse_template, pattern_matches, resolve
from sekisho.policy.principals import parse_principal
from sekisho.reasoning import Label, Question, solve
from sekisho.reasoning.accounts import written_accounts
from sekisho.reasoning.arn_beginnings import written_arns
from sekisho.reasoning.automaton import Automaton, Reading, Written, apart
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.caller_shapes import walked_arns
from sekisho.reasoning.clauses import live_clauses
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.scene import scene_of
from sekisho.reasoning.values import values_of
from sekisho.reasoning.wishes import wishes_of
from sekisho.reasoning.words import Fixed, Free, Shape, explore

TRACKS = ("one", "two")
LONGEST = 3
globs = st.text(alphabet="ab:*?", max_size=5)


def written(glob: str, reading: Reading = Reading.EXACT) -> Written:
    pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)
    assert pattern is not None
    return pattern, reading


def matches(one: Written, text: str) -> bool:
    pattern, reading = one
    return arn_pattern_matches(pattern, text) if reading is Reading.ARN else pattern_matches(pattern, text)


slots = st.one_of(
    st.builds(Fixed, st.dictionaries(st.sampled_from(TRACKS), st.sampled_from(["", "a", ":", "ab"]), min_size=1)),
    st.builds(
        Free,
        st.lists(st.sampled_from(TRACKS), min_size=1, max_size=2, unique=True).map(tuple),
        st.just("ab:"),
        st.integers(0, 1),
        st.integers(2, LONGEST),
        st.sampled_from([(), ("a",), ("ab", "b")]),
    ),
    st.builds(
        lambda tracks, length, but: Free(tracks, "ab:", length, length, (), but),
        st.lists(st.sampled_from(TRACKS), min_size=1, max_size=2, unique=True).map(tuple),
        st.integers(1, 2),
        st.frozensets(st.text("ab:", min_size=1, max_size=2), max_size=6),
    ),
)


def texts_of(slot: Fixed | Free) -> Iterator[Mapping[str, str]]:
    """Yield all that a slot may be."""
    if isinstance(slot, Fixed):
        yield slot.texts
        return
    assert slot.most is not None
    for length in range(slot.least, slot.most + 1):
        for letters in product(slot.alphabet, repeat=length):
            if (text := "".join(letters)) not in slot.but:
                yield dict.fromkeys(slot.tracks, text)


def kind_of(word: Mapping[str, str], groups: Mapping[str, Sequence[Sequence[Written]]]) -> tuple[bool, ...]:
    """Return which groups of patterns match a word."""
    return tuple(
        any(matches(one, word.get(track, "")) for one in group) for track, listed in groups.items() for group in listed
    )


@given(
    st.lists(slots, min_size=1, max_size=3).map(tuple),
    st.fixed_dictionaries({track: st.lists(st.lists(globs, min_size=1, max_size=2), max_size=2) for track in TRACKS}),
)
@example((Free(("one",), "ab:", 1, 1, (), frozenset("b")),), {"one": [["ba"]], "two": []})
def test_a_walk_finds_a_word_of_every_kind_and_no_other(shape: Shape, tracks: Mapping[str, list[list[str]]]) -> None:
    groups = {track: [[written(glob) for glob in group] for group in listed] for track, listed in tracks.items()}
    possible: set[tuple[bool, ...]] = set()
    for pieces in product(*map(list, map(texts_of, shape))):
        word = {track: "".join(piece.get(track, "") for piece in pieces) for track in TRACKS}
        possible.add(kind_of(word, groups))

    found = [kind_of(word, groups) for word in explore(shape, Automaton(groups))]

    assert sorted(found) == sorted(possible)


@given(st.lists(globs, min_size=1, max_size=4), st.text("ab:c", min_size=1, max_size=6))
def test_texts_of_any_length_have_their_kind_among_those_that_are_found(patterns: list[str], text: str) -> None:
    groups = {"one": [[written(glob)] for glob in patterns]}
    found = {kind_of(word, groups) for word in explore((Free(("one",)),), Automaton(groups))}

    assert kind_of({"one": text}, groups) in found


@given(
    st.lists(st.tuples(globs, st.sampled_from([Reading.EXACT, Reading.IGNORING_CASE, Reading.RESOURCE])), max_size=4),
    st.text("ab:", max_size=4),
    st.sampled_from(["", "ab:", "abc"]),
)
def test_letters_that_are_left_out_lead_where_what_stays_leads(
    listed: list[tuple[str, Reading]], text: str, alphabet: str
) -> None:
    automaton = Automaton({"one": [[written(*one)] for one in listed]})
    state = automaton.read(automaton.start, text)
    staying = automaton.staying(state)

    beside = automaton.onward_beside(staying, state, alphabet)

    every = automaton.onward(state, alphabet)
    assert set(beside) <= set(every)
    of_staying = dict(automaton.onward(staying, alphabet))
    assert {after for _, after in every} <= {*of_staying.values(), *[after for _, after in beside]}
    assert all(automaton.read(staying, letter) == after for letter, after in every if letter not in dict(beside))


@given(
    st.lists(st.lists(st.text("ab*?", max_size=4), min_size=1, max_size=2), min_size=1, max_size=3),
    st.sampled_from(["", "a"]),
    st.text("ab:", max_size=5),
)
def test_resources_are_of_every_kind_whether_their_beginning_is_read_or_not(
    listed: list[list[str]], other: str, text: str
) -> None:
    statements = [
        {"Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": [f"{BUCKET}/{one}" for one in globs]}
        for effect, globs in zip(("Allow", "Deny", "Deny"), listed, strict=False)
    ]
    if other:  # which begins otherwise, so that all is read
        statements.append({**statements[0], "Effect": "Deny", "Resource": "arn:aws:s3:::*/a?"})
    question = question_about(policy_of(statements))
    clauses = live_clauses(question)
    assert clauses is not None

    wishes = wishes_of(question, clauses, question.world.context, Budget())

    covering = 0
    for clause in clauses:
        patterns = clause.statement.resources
        assert patterns is not None
        if resources_match(patterns, f"{BUCKET}/{text or 'x'}", {}, variables=clause.has_variables):
            covering |= clause.bit
    every = sum(clause.bit for clause in clauses)
    assert covering in {wish.mask & every for wish in wishes if wish.target.open_ended}


one_star = st.tuples(st.text("ab:", max_size=4), st.sampled_from(["", "*"]), st.text("ab:", max_size=3)).map("".join)


@given(
    st.lists(st.lists(one_star, min_size=1, max_size=2), min_size=1, max_size=5),
    st.sampled_from(["", "abx", "abx:", "ab:"]),
    st.sampled_from([(), (Fixed({"one": "a"}),)]),
    st.sampled_from([(), ("b",)]),
)
def test_texts_that_are_written_down_are_of_the_kinds_that_are_found_letter_by_letter(
    listed: list[list[str]], alphabet: str, before: Shape, samples: tuple[str, ...]
) -> None:
    groups = {"one": [[written(glob) for glob in group] for group in listed]}
    shape = (*before, Free(("one",), alphabet, samples=samples))
    found = {kind_of(word, groups) for word in explore(shape, Automaton(groups))}

    with patch("sekisho.reasoning.words.endings", return_value=None):
        assert {kind_of(word, groups) for word in explore(shape, Automaton(groups))} == found


ACCOUNTS = ("111122223333", "111122223334", "444455556666", "999988887777")
arn_parts = st.sampled_from(["arn", "aws", "iam", "*", "", "i?m", *ACCOUNTS, "1111*", "*3333", "role/a1*", "user/*"])
account_globs = st.one_of(
    st.lists(arn_parts, min_size=4, max_size=7).map(":".join),
    st.sampled_from(["", *ACCOUNTS]).map(lambda account: f"arn:aws:iam::{account}:role/*1"),
    st.sampled_from(["*", "arn:*", "arn:aws:iam::*", "arn:aws:iam::*:role/app1", "*:role/x", "????????????", "1*"]),
    st.sampled_from(ACCOUNTS),
)


@given(st.lists(st.tuples(account_globs, st.sampled_from([Reading.EXACT, Reading.ARN])), min_size=1, max_size=3))
@example([("*:*:111122223333:*", Reading.EXACT)])
def test_accounts_that_no_pattern_writes_out_are_alike(listed: list[tuple[str, Reading]]) -> None:
    patterns = [written(*one) for one in listed]
    found = written_accounts(pattern for pattern, _ in patterns)
    if found is None:
        return
    others = [one for one in (*ACCOUNTS, "121212121212", "000000000000") if one not in found]
    for template in ("{}", "arn:aws:iam::{}:role/a1b", "arn:aws:iam::{}:user/x", "arn:aws:sts::{}:role/app1"):
        said = {tuple(matches(one, template.format(account)) for one in patterns) for account in others}
        assert len(said) <= 1


ARNS = (
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:iam::444455556666:role/team/app",
    "arn:aws:iam::444455556666:role/example-role",
    "arn:aws:iam::444455556666:user/alice",
    "arn:aws:iam::777788889999:role/app",
    "arn:aws:iam::111122223333:role/own",
    "arn:aws:iam::444455556666:root",
)
LIKE = (
    "arn:aws:iam::*:role/app",
    "arn:aws:iam::444455556666:role/*app",
    "arn:aws:iam::444455556666:*",
    "arn:aws:iam::*",
    "*:root",
    "arn:aws:iam::444455556666:user/*",
    "arn:aws:iam::*:role/team/*",
    "arn:aws:iam::*/role/app",
    "arn:aws:iam::777788889999:role/a?p*",
    "*user/*",
    "*p",
    "*/a*",
)


@st.composite
def statements_about_callers(draw: st.DrawFn) -> dict[str, Any]:
    """A statement that names callers, or compares their ARNs with texts and patterns."""
    statement: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Principal": {"AWS": draw(st.sampled_from(["*", "444455556666", *ARNS]))},
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
    }
    operator = draw(st.sampled_from(["ArnLike", "ArnNotLike", "StringLike", "ArnEquals", "StringNotEquals", ""]))
    values = ARNS if operator == "StringNotEquals" else (*ARNS, *LIKE)
    block: dict[str, list[str]] = {}
    if operator:
        block["aws:PrincipalArn"] = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
    if operator in {"StringLike", "StringNotEquals"} and draw(st.booleans()):
        names = ["alice", "bob"] if operator == "StringNotEquals" else ["alice", "a*", "*b", "carol"]
        block["aws:username"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if block:
        statement["Condition"] = {operator: block}
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from(["aws:username", "aws:PrincipalArn"]))
        statement.setdefault("Condition", {})["Null"] = {key: draw(st.sampled_from(["true", "false"]))}
    return statement


def _said(question: Question) -> set[tuple[Principal, frozenset[tuple[str, Label]]]]:
    return {(one.principal, frozenset(one.condition.items())) for one in solve(question)}


@given(st.lists(statements_about_callers(), min_size=1, max_size=4))
def test_callers_beside_those_that_are_written_out_are_those_of_the_whole_walk(listed: list[dict[str, Any]]) -> None:
    question = question_about(policy_of(listed))
    quick = _said(question)

    with patch("sekisho.reasoning.callers._beside_named_callers", return_value=None):
        assert _said(question) == quick


ARN_PATTERNS = (
    "arn:aws:iam::444455556666:role/app-*",
    "arn:aws:iam::444455556666:role/*/app",
    "arn:aws:iam::444455556666:user/a*",
    "arn:aws:iam::444455556666:user/*",
    "arn:aws:iam::777788889999:role/app-*",
    "arn:aws:iam::777788889999:role/a?p",
    "arn:aws:iam::111122223333:role/own-*",
    "arn:aws:iam::*:role/app",
    "arn:aws:iam::*:role/team/*",
    "arn:aws:iam::*:user/b*",
    "arn:aws:iam::*:role/*:x",
    "arn:aws:iam::*/role/a",
    "arn:aws:iam::*-user/*",
    "arn:aws:iam::444455556666:role/p:*",
)


@given(
    st.lists(
        st.tuples(st.sampled_from(ARN_PATTERNS), st.sampled_from(["ArnLike", "StringLike"])), min_size=1, max_size=3
    ),
    st.lists(st.sampled_from(["444455556666", "777788889999", "111122223333"]), max_size=2, unique=True),
)
def test_callers_that_are_written_down_are_of_the_kinds_that_a_walk_finds(
    listed: list[tuple[str, str]], accounts: list[str]
) -> None:
    scene = scene_about([{operator: {"aws:PrincipalArn": value}} for value, operator in listed], accounts)
    patterns: dict[str, list[Written]] = {
        "arn": scene.patterns("aws:principalarn"),
        "account": [((account,), Reading.EXACT) for account in accounts],
        "username": [],
    }
    quick = written_arns(scene, patterns)
    if quick is None:
        return
    with patch("sekisho.reasoning.caller_shapes.written_arns", return_value=None):
        walked = list(walked_arns(scene, patterns))
    groups = {track: apart(found) for track, found in patterns.items()}
    assert {kind_of(word, groups) for word in quick} == {kind_of(word, groups) for word in walked}
    for word in quick:
        assert parse_principal("AWS", word["arn"]) == Principal(PrincipalForm.IDENTITY, word["arn"])


names = st.tuples(
    st.sampled_from(["", "a", "ab", "abc", "bob"]), st.sampled_from(["*", ""]), st.sampled_from(["", "b", "bc", "/c"])
).map(lambda parts: "".join(parts) or "*")


@given(
    st.lists(st.tuples(names, st.sampled_from(["ArnLike", "StringLike"])), min_size=1, max_size=4),
    st.sampled_from(["user", "role"]),
    st.sampled_from(["444455556666", OWNER]),
)
def test_callers_of_one_account_are_written_down_as_a_walk_finds_them(
    listed: list[tuple[str, str]], kind: str, account: str
) -> None:
    start = f"arn:aws:iam::{account}:{kind}/"
    scene = scene_about([{operator: {"aws:PrincipalArn": start + value}} for value, operator in listed], [])
    patterns: dict[str, list[Written]] = {"arn": scene.patterns("aws:principalarn"), "account": [], "username": []}
    with patch("sekisho.reasoning.arn_beginnings._begin_apart", return_value=False):
        quick = written_arns(scene, patterns)
    if quick is None:
        return
    with patch("sekisho.reasoning.caller_shapes.written_arns", return_value=None):
        walked = list(walked_arns(scene, patterns))

    assert [(word["arn"], word["account"]) for word in quick] == [(word["arn"], word["account"]) for word in walked]


prefixes = st.text("o/-1x*", max_size=5)
paths = st.one_of(
    st.tuples(st.sampled_from(["o-1", "o-2", "o-", "O-1", ""]), st.sampled_from(["/", ""]), prefixes).map("".join),
    st.sampled_from(["o-1/*", "o-1/r-1/*", "o-1/*/ou-1/", "*", "o-1/r-1/"]),
)


@given(
    st.lists(paths, min_size=1, max_size=3),
    st.lists(st.sampled_from(["o-1", "o-2", "o-own", "O-1", "o-1/r"]), max_size=2),
    st.sampled_from([None, "o-own", "o-1"]),
)
def test_organizations_that_are_written_down_are_of_the_kinds_that_a_walk_finds(
    listed: list[str], ids: list[str], own: str | None
) -> None:
    blocks: list[dict[str, Any]] = [{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": one}} for one in listed]
    blocks += [{"StringEquals": {"aws:PrincipalOrgID": one}} for one in ids]
    question = question_about(policy_of([statement_with(block) for block in blocks]), own)
    quick = _said(question)

    with patch("sekisho.reasoning.surroundings._written_organizations", return_value=[]):
        assert _said(question) == quick


@given(
    st.lists(st.tuples(one_star, st.sampled_from(["StringLike", "ArnLike", "StringEquals"])), min_size=1, max_size=4),
    st.sampled_from(["s3:prefix", "aws:UserAgent"]),
)
def test_values_that_are_written_down_are_of_the_kinds_that_are_found_letter_by_letter(
    listed: list[tuple[str, str]], name: str
) -> None:
    scene = scene_about([{operator: {name: value}} for value, operator in listed], [])
    key = scene.keys[name.lower()]

    def kinds() -> set[int]:
        return {key.bits_of(text) for text in values_of(key.name, scene)}

    quick = kinds()
    with patch("sekisho.reasoning.values.written_texts", return_value=[]):
        assert kinds() == quick


def statement_with(block: dict[str, Any], principal: str = "*") -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
        "Condition": block,
    }


def scene_about(blocks: list[dict[str, Any]], accounts: list[str]) -> Scene:
    listed = [statement_with(block) for block in blocks]
    listed += [statement_with({"Bool": {"aws:SecureTransport": "true"}}, account) for account in accounts]
    question = question_about(policy_of(listed))
    clauses = live_clauses(question)
    assert clauses is not None
    return scene_of(question, clauses, {}, Budget())[0]
