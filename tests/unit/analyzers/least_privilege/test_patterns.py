"""Many ARNs as few patterns."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.analyzers.least_privilege import Width, widen
from sekisho.policy.catalogue import action_matches

BUCKET = "arn:aws:s3:::data"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:"
LOGS = "arn:aws:logs:eu-west-1:111122223333:log-group:"


def keys(*names: str) -> list[str]:
    return [f"{BUCKET}/{name}" for name in names]


@pytest.mark.parametrize(
    ("arns", "patterns"),
    [
        pytest.param(keys("a", "b/c"), set(keys("a", "b/c")), id="a few stay as they are"),
        pytest.param(
            keys(*(f"in/2026/{day}.csv" for day in range(9))), {f"{BUCKET}/in/2026/*"}, id="many of one folder"
        ),
        pytest.param(
            keys(*(f"{top}/{day}/{day}.csv" for day in range(9) for top in ("in", "out"))),
            {f"{BUCKET}/in/*", f"{BUCKET}/out/*"},
            id="many of two folders",
        ),
        pytest.param(keys(*(f"{day}/x" for day in range(9))), {f"{BUCKET}/*"}, id="many folders: the bucket"),
        pytest.param([f"{FUNCTION}app-{one}" for one in "abcdefg"], {f"{FUNCTION}app-*"}, id="a common start"),
        pytest.param(
            [f"{FUNCTION}{one}" for one in "abcdefg"],
            {f"{FUNCTION}{one}" for one in "abcdefg"},
            id="some that have nothing in common but their kind",
        ),
        pytest.param(
            [f"{FUNCTION}{one}x" for one in "abcdefghijklmnopqrstuvwxyz"],
            {f"{FUNCTION}*"},
            id="many that have nothing in common but their kind",
        ),
        pytest.param(
            [f"{LOGS}g:log-stream:2026/{one}/[$LATEST]abc" for one in "ab"],
            {f"{LOGS}g:log-stream:*"},
            id="what has another id in every run, of which there are few",
        ),
        pytest.param(
            [f"arn:aws:s3:::b{one}.example.com/10:00:00Z.json" for one in range(9)],
            {f"arn:aws:s3:::b{one}.example.com/10:00:00Z.json" for one in range(9)},
            id="never across buckets, whatever is in a key",
        ),
        pytest.param(
            ["arn:aws:s3:::b/x:logs:r:1:log-group:a:log-stream:one"],
            {"arn:aws:s3:::b/x:logs:r:1:log-group:a:log-stream:one"},
            id="a key that looks like a log stream",
        ),
        pytest.param(
            [*(f"arn:aws:s3:::b{one}/k" for one in range(9)), "*"],
            {*(f"arn:aws:s3:::b{one}/k" for one in range(9)), "*"},
            id="never across buckets",
        ),
    ],
)
def test_what_many_have_in_common_stands_for_them(arns: Sequence[str], patterns: set[str]) -> None:
    assert set(widen(arns, Width.GROUPED)) == patterns


def test_exact_is_exact() -> None:
    arns = keys(*(f"in/{number}" for number in range(99)))

    assert set(widen(arns, Width.EXACT)) == set(arns)


def test_star_is_all_of_a_kind() -> None:
    assert set(widen([*keys("a", "b"), f"{FUNCTION}f", BUCKET], Width.STAR)) == {
        f"{BUCKET}/*",
        f"{FUNCTION}*",
        "arn:aws:s3:::*",
    }


names = st.text("ab-_/.", min_size=1, max_size=8)


@given(st.lists(st.builds("{}{}".format, st.sampled_from([f"{BUCKET}/", FUNCTION, LOGS]), names), min_size=1))
def test_every_arn_is_covered_by_the_pattern_that_stands_for_it(arns: list[str]) -> None:
    for width in Width:
        patterns = widen(arns, width)
        assert {arn for covered in patterns.values() for arn in covered} == set(arns)
        assert all(action_matches(pattern, arn) for pattern, covered in patterns.items() for arn in covered)
