"""What the documentation tells of templates is what they can do."""

import re
from pathlib import Path

import msgspec
import pytest

from alert_events import ACCOUNT, created_key
from sekisho.alerts.message import Moment
from sekisho.alerts.messages import NAMES, Template, Texts, Wording
from sekisho.alerts.messages.filters import FILTERS, TESTS
from sekisho.alerts.messages.findings import FindingView
from sekisho.alerts.messages.principals import Principal
from sekisho.alerts.messages.scene import scene_of

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "word-alerts.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```jinja\n(.*?)^```\n\n```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WORDING = Wording(timezone="Asia/Tokyo", accounts={ACCOUNT: "production"})


@pytest.mark.parametrize(("source", "shown"), EXAMPLES)
def test_an_example_says_what_stands_below_it(source: str, shown: str) -> None:
    told = Template("example", Texts("title", source)).write(scene_of(created_key(), WORDING)).text

    assert not any(isinstance(piece, Moment) for piece in told)
    assert "".join(map(str, told)) == shown.rstrip("\n")


def test_every_example_is_one() -> None:
    assert len(EXAMPLES) == PAGE.count("```jinja") == 5


def test_every_name_is_told_and_no_other() -> None:
    table = PAGE.partition("## What a template may use")[2].partition("`detail` and `event`")[0]

    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE) == list(NAMES.items())


@pytest.mark.parametrize(("name", "view"), [("principal", Principal), ("finding", FindingView)])
def test_every_member_is_told(name: str, view: type[msgspec.Struct]) -> None:
    told = re.findall(rf"^`{name}` has (.*?)\.\s", PAGE, re.MULTILINE | re.DOTALL)[0]

    assert set(re.findall(r"`(\w+)`", told)) == set(view.__struct_fields__) - {"caller"}


def test_every_filter_and_test_is_told() -> None:
    filters = PAGE.partition("| filter |")[2].partition("\nThe tests are")[0]
    tests = re.findall(r"The tests are (.*?), as in", PAGE)[0]

    cells = " ".join(line.split(" | ")[0] for line in filters.splitlines())
    assert {one.partition("(")[0] for one in re.findall(r"`([^`]+)`", cells)} == FILTERS.keys()
    assert set(re.findall(r"`(\w+)`", tests)) == TESTS.keys()
