"""Which tags there were when."""

import pytest

from sekisho.analyzers.least_privilege.tag_history import CHANGED, TagHistory, Value

ARN = "arn:aws:sqs:eu-west-1:111122223333:q"


def at(day: int) -> str:
    return f"2026-10-{day:02}T00:00:00Z"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(1, 2, None, id="before it was set nobody knows of it"),
        pytest.param(4, 6, None, id="nor for a time that begins before"),
        pytest.param(5, 6, None, id="nor in the very second"),
        pytest.param(6, 9, "data", id="after it was set it is known"),
        pytest.param(6, 12, CHANGED, id="a change in between makes it uncertain"),
        pytest.param(11, 12, "web", id="the latest value counts"),
        pytest.param(16, 17, None, id="and none once it is removed"),
    ],
)
def test_values_are_replayed_in_the_order_of_time(first: int, last: int, expected: Value) -> None:
    history = TagHistory()
    history.add_change(ARN, {"team": None}, at(15), at(15))
    history.add_change(ARN, {"team": "web"}, at(10), at(10))
    history.add_change(ARN, {"team": "data"}, at(5), at(5))

    assert history.value(ARN, "team", at(first), at(last)) == expected


def test_calls_that_may_lie_between_others_make_a_value_uncertain() -> None:
    history = TagHistory()
    history.add_change(ARN, {"team": "data"}, at(1), at(9))
    history.add_change(ARN, {"team": "web"}, at(4), at(4))

    assert history.value(ARN, "team", at(5), at(6)) is CHANGED
    assert history.value(ARN, "team", at(10), at(11)) == "data"


def test_a_list_counts_for_all_of_the_time_unless_a_call_is_known() -> None:
    history = TagHistory()
    history.add_listed(ARN, {"team": "data", "stage": "prod"})
    history.add_change(ARN, {"team": "data"}, at(5), at(5))

    assert history.value(ARN, "stage", at(1), at(2)) == "prod"
    assert history.value(ARN, "team", at(1), at(2)) is None
    assert history.value(ARN, "owner", at(1), at(2)) is None


def test_sessions_with_tags_of_their_own_make_a_roles_tag_uncertain() -> None:
    history = TagHistory()
    history.add_listed(ARN, {"team": "data"})
    history.vary(ARN, "team")

    assert history.value(ARN, "team", at(1), at(2)) is CHANGED
