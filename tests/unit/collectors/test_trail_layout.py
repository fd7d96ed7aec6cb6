"""Which log files a question needs, by their names."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sekisho.collectors.trails import Place, Question, place_of
from sekisho.collectors.trails.layout import accounts_of

OWN, OTHER = "111122223333", "444455556666"


def key(
    account: str = OWN, kind: str = "CloudTrail", region: str = "eu-west-1", day: str = "2026/10/01", prefix: str = ""
) -> str:
    return f"{prefix}AWSLogs/{account}/{kind}/{region}/{day}/{account}_{kind}_{region}_20261001T0005Z_abcdefgh.json.gz"


@pytest.mark.parametrize(
    "prefix", ["", "prefix/", "a/b/"], ids=["at the top", "below a prefix", "below a longer prefix"]
)
@pytest.mark.parametrize("organization", ["", "o-example123/"], ids=["of an account", "of an organization"])
def test_the_name_of_a_log_file_says_whose_it_is(prefix: str, organization: str) -> None:
    name = f"{prefix}AWSLogs/{organization}{key().removeprefix('AWSLogs/')}"

    assert place_of(name) == Place(OWN, "CloudTrail", "eu-west-1", date(2026, 10, 1))


@pytest.mark.parametrize("name", ["events.json", "AWSLogs/x.json", key(day="2026/13/01"), key(account="me")])
def test_another_name_says_nothing(name: str) -> None:
    assert place_of(name) is None


MONTH = Question(frozenset({OWN}), frozenset(), date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        pytest.param(key(), True, id="the first day"),
        pytest.param(key(day="2026/10/31"), True, id="the last day"),
        pytest.param(key(day="2026/11/02"), True, id="a file that is late"),
        pytest.param(key(day="2026/11/03"), False, id="a file of later events"),
        pytest.param(key(day="2026/09/30"), False, id="a file of earlier events"),
        pytest.param(key(OTHER), False, id="another account"),
        pytest.param(key(kind="CloudTrail-Digest"), False, id="a digest"),
        pytest.param(key(kind="CloudTrail-Insight"), False, id="insights"),
        pytest.param(key(kind="CloudTrail-NetworkActivity"), False, id="calls through VPC endpoints"),
        pytest.param("export/events.jsonl", True, id="a file that says nothing"),
        pytest.param("export/query.csv", True, id="an export"),
        pytest.param("CloudTrail-Lake/Query/2026/10/01/id/result_1.csv.gz", True, id="an export of Lake"),
        pytest.param("CloudTrail-Lake/Query/2026/10/01/id/result_sign.json", False, id="the signature of an export"),
        pytest.param("export/query.csv.metadata", False, id="what Athena writes beside an export"),
        pytest.param("export/part-0.snappy.parquet", False, id="a file of another kind"),
    ],
)
def test_only_files_that_can_have_an_answer_are_opened(name: str, *, may_be: bool) -> None:
    assert MONTH.may_be_in(name) is may_be


def test_a_question_about_everything_opens_every_log_file() -> None:
    assert Question().may_be_in(key(OTHER, region="us-gov-west-1", day="2020/01/01"))


def test_a_question_about_regions_opens_those() -> None:
    question = Question(regions=frozenset({"eu-west-1"}))

    assert question.may_be_in(key())
    assert not question.may_be_in(key(region="us-east-1"))


def test_the_calls_of_a_principal_are_in_the_trail_of_its_account() -> None:
    assert accounts_of(f"arn:aws:iam::{OWN}:role/app") == {OWN}
    assert accounts_of("role/app") == set()


@pytest.mark.parametrize(("late", "last"), [(0, "2026/10/31"), (2, "2026/11/02"), (30, "2026/11/30")])
def test_how_late_files_may_be_is_asked_for(late: int, last: str) -> None:
    question = replace(MONTH, late=timedelta(days=late))
    following = date(*map(int, last.split("/"))) + timedelta(days=1)

    assert question.may_be_in(key(day=last))
    assert not question.may_be_in(key(day=f"{following:%Y/%m/%d}"))


def test_digests_are_found_alone() -> None:
    question = replace(MONTH, kind="CloudTrail-Digest")

    assert question.may_be_in(key(kind="CloudTrail-Digest"))
    assert not question.may_be_in(key())
    assert not question.may_be_in("export/events.jsonl")
