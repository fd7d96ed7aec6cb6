"""The page about targets says what there is, and its examples work."""

import json
import re
import time
import tomllib
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from fakes.messages import make_message
from fakes.receiver import running_receiver
from sekisho.alerts.channel import TargetSettings
from sekisho.alerts.channels import ChannelSettings, WebhookSettings, open_channel
from sekisho.alerts.channels.document import message_document

PAGE = (Path(__file__).parents[2] / "docs/reference/alert-targets.md").read_text("utf-8")
TYPES: dict[str, Any] = {one.__struct_config__.tag: one for one in get_args(ChannelSettings)}
COMMON = set(TargetSettings.__struct_encode_fields__)


def blocks(language: str, text: str = PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    _, found, rest = PAGE.partition(f"\n## `{heading}`\n")
    assert found, f"the page has no section for {heading}"
    return rest.partition("\n## ")[0]


def defaults(of: Any) -> dict[str, Any]:
    return {one.encode_name: one.default for one in msgspec.structs.fields(of) if one.default is not msgspec.NODEFAULT}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_section_with_its_keys_and_an_example(name: str) -> None:
    told = section(name)
    keys = set(TYPES[name].__struct_encode_fields__) - COMMON

    listed = re.findall(r"^\| (`[^|]*`) \|", told.partition("```")[0], re.MULTILINE)
    assert {key for cell in listed for key in re.findall("`([a-z-]+)`", cell)} == keys
    (example,) = blocks("toml", told)
    (table,) = tomllib.loads(example)["alerts"]["target"]
    assert table["type"] == name


@pytest.mark.parametrize("name", TYPES)
def test_defaults_are_as_told(name: str) -> None:
    for key, default in defaults(TYPES[name]).items():
        if key not in COMMON and default not in (None, ""):
            (row,) = re.findall(rf"^\| `{key}` \|.*$", section(name), re.MULTILINE)
            assert f"`{default if isinstance(default, str) else json.dumps(default)}`" in row, key


def test_every_common_key_is_told() -> None:
    for key in (*COMMON, "type"):
        assert re.search(rf"^\| `{key}` \|", PAGE, re.MULTILINE), key


def test_every_example_can_be_read() -> None:
    tables = [table for block in blocks("toml") for table in tomllib.loads(block)["alerts"]["target"]]

    assert len(tables) == len(TYPES) + 2
    for table in tables:
        settings: Any = msgspec.convert(table, ChannelSettings)  # type: ignore[type-var,unused-ignore]
        assert settings.name == table["name"]


def test_every_member_of_the_body_is_told() -> None:
    document = message_document(make_message())

    members = {*document, *document["entries"][0]}
    for member in members:
        assert re.search(rf"`(entries\[\])?\.?{member}`", PAGE), member


def test_the_example_tells_a_message_of_ours_from_any_other() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the example is ours
    is_from_sekisho = names["is_from_sekisho"]
    with running_receiver() as receiver:
        settings = WebhookSettings(name="t", url=receiver.url(), secret="env:SECRET", allow_private=True)
        open_channel(settings, environment={"SECRET": "s"}).send(make_message())
    (got,) = receiver.got
    headers = {name.title(): value for name, value in got.headers.items()}

    assert is_from_sekisho("s", headers, got.body)
    assert not is_from_sekisho("another", headers, got.body)
    assert not is_from_sekisho("s", headers, got.body + b" ")
    old = str(int(time.time()) - 3600)
    assert not is_from_sekisho("s", {**headers, "X-Sekisho-Timestamp": old}, got.body)
