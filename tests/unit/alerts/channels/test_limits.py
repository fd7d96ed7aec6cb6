"""Whatever a message says, each channel gets something that it takes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given

from fakes.messages import AT, make_entry, make_group, make_message, messages
from sekisho.alerts.channels import (
    Product,
    render_amazon_q,
    render_apprise,
    render_eventbridge,
    render_mail,
    render_pagerduty,
    render_security_hub,
    render_slack,
    render_sns,
    render_teams,
    render_webhook,
)
from sekisho.alerts.message import Message

TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"
PRODUCT = Product("aws", "us-east-1", "111122223333")


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside a JSON value."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from objects(one)


def strings(node: Any) -> Iterator[str]:
    """Yield every text inside a JSON value, names too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from node
        yield from strings(list(node.values()))
    elif isinstance(node, list | tuple):
        for one in node:
            yield from strings(one)


def check_blocks(payload: dict[str, Any]) -> None:
    blocks = payload["blocks"]
    assert 1 <= len(blocks) <= 50
    assert utf16(json.dumps(blocks, ensure_ascii=False)) <= 13_000
    assert 1 <= utf16(payload["text"]) <= 40_000
    for block in blocks:
        assert len(block.get("block_id", "x")) in range(1, 256)
        match block:
            case {"type": "header", "text": {"type": "plain_text", "text": text}}:
                assert 1 <= utf16(text) <= 150
            case {"type": "context", "elements": elements}:
                assert 1 <= len(elements) <= 10
            case {"type": "section"}:
                assert "text" in block or block["fields"]
                if "text" in block:
                    assert 1 <= utf16(block["text"]["text"]) <= 3000
                assert len(block.get("fields", [])) <= 10
                assert all(1 <= utf16(one["text"]) <= 2000 for one in block.get("fields", []))
            case _:
                pytest.fail(f"unknown block {block}")
    assert len({block["block_id"] for block in blocks if "block_id" in block}) <= 1


def check_slack(message: Message) -> None:
    payload = render_slack(message, channel="C0123456789")

    check_blocks(json.loads(json.dumps(payload, ensure_ascii=False).encode()))
    for one in objects(payload["blocks"]):
        if one.get("type") in {"plain_text", "mrkdwn"}:
            assert one["text"].strip()


def check_teams(message: Message) -> None:
    payload = render_teams(message)

    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= 28 * 1024
    assert len(json.dumps(payload)) <= 28 * 1024
    (attachment,) = payload["attachments"]
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert len(card.get("actions", [])) <= 6
    assert {one["type"] for one in card["body"]} <= {"TextBlock", "RichTextBlock"}


def check_pagerduty(message: Message) -> None:
    event = render_pagerduty(message)

    assert len(json.dumps(event, ensure_ascii=False).encode()) <= 512_000
    assert 1 <= utf16(event["payload"]["summary"]) <= 1024
    assert 1 <= len(event["dedup_key"].encode()) <= 255
    assert event["payload"]["severity"] in {"critical", "error", "warning", "info"}
    assert event["payload"]["source"]
    assert event["event_action"] == ("resolve" if message.is_resolved else "trigger")
    assert all(one["href"].startswith("http") for one in event["links"])


def check_a_webhook(message: Message) -> None:
    body = render_webhook(message)

    assert len(body) <= 1_000_000
    document = json.loads(body)
    assert document["version"] == "1"
    assert len(document["entries"]) + document["omitted"] == len(message.entries) + message.omitted


def check_mail(message: Message) -> None:
    mail = render_mail(message, sender="Sekisho <a@example.com>", recipients=("b@example.com",), at=AT)

    sent = mail.as_bytes()
    head = sent.partition(b"\r\n\r\n")[0].decode("ascii")
    names = re.findall(r"^([A-Za-z-]+):", re.sub(r"\r\n[ \t]+", " ", head), re.MULTILINE)
    assert len(names) == len(set(names))
    assert set(names) <= {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "Importance", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", sent)
    parsed = message_from_bytes(sent, policy=default)
    assert parsed["To"] == "b@example.com"
    assert "\n" not in parsed["Subject"]


def check_sns(message: Message) -> None:
    for publication in (render_sns(message, topic_arn=TOPIC), render_amazon_q(message, topic_arn=TOPIC + ".fifo")):
        assert len(publication["Message"].encode()) <= 256 * 1024 - 6_000
        assert publication["Message"]
        subject = publication["Subject"]
        assert 1 <= len(subject) < 100
        assert subject.isascii()
        assert subject.isprintable()
        assert not subject.startswith(" ")
        assert len(publication["MessageAttributes"]) <= 10
        assert all(one["StringValue"] for one in publication["MessageAttributes"].values())
    assert re.fullmatch("[A-Za-z0-9_-]{1,128}", publication["MessageGroupId"])
    assert re.fullmatch("[A-Za-z0-9_-]{1,128}", publication["MessageDeduplicationId"])
    content = json.loads(publication["Message"])["content"]
    assert 1 <= utf16(content["title"]) <= 250
    assert 1 <= utf16(content["description"]) <= 8000


def check_eventbridge(message: Message) -> None:
    entry = render_eventbridge(message, event_bus="default")

    assert len(entry["Detail"].encode()) + 1_000 <= 256 * 1024
    assert json.loads(entry["Detail"])["version"] == "1"


def check_security_hub(message: Message) -> None:
    finding = render_security_hub(message, PRODUCT)

    assert 1 <= len(finding["Title"].encode()) <= 256
    assert 1 <= len(finding["Description"].encode()) <= 1024
    assert 1 <= len(finding["GeneratorId"].encode()) <= 512
    assert len(finding["ProductFields"]) <= 50
    for name, value in finding["ProductFields"].items():
        assert 1 <= len(name.encode()) <= 128
        assert 1 <= len(value.encode()) <= 2048
    assert 1 <= len(finding["Resources"]) <= 32
    assert len(json.dumps(finding, ensure_ascii=False).encode()) <= 240 * 1024
    json.dumps(finding, ensure_ascii=False).encode()


def check_apprise(message: Message) -> None:
    told = render_apprise(message)

    assert 1 <= utf16(told["title"]) <= 200
    assert 1 <= utf16(told["body"]) <= 1800


def check_what_is_seen(message: Message) -> None:
    """Control and format characters arrive as their codes, lone surrogates too; only line ends and spaces stay."""
    document = json.loads(render_webhook(message))
    for entry in document["entries"]:
        del entry["event"]  # which is as it came
    rendered: list[Any] = [
        render_slack(message), render_teams(message), render_pagerduty(message), document,
        render_sns(message, topic_arn=TOPIC), render_amazon_q(message, topic_arn=TOPIC),
        render_security_hub(message, PRODUCT), render_apprise(message),
    ]  # fmt: skip

    for text in strings(rendered):
        assert "".join(text.split()).isprintable(), ascii(text)


CHECKS = [
    check_slack, check_teams, check_pagerduty, check_a_webhook, check_mail, check_sns, check_eventbridge,
    check_security_hub, check_apprise, check_what_is_seen,
]  # fmt: skip


@given(messages)
def test_every_channel_takes_any_message(message: Message) -> None:
    for check in CHECKS:
        check(message)


def test_a_group_of_many_is_told_line_by_line_with_the_count_of_the_others() -> None:
    payload = render_slack(make_group(300))

    check_blocks(payload)
    told = json.dumps(payload, ensure_ascii=False)
    shown = len(re.findall("alice made key", told))
    assert 20 <= shown <= 47
    assert f"and {300 - shown} more" in told


def test_an_enormous_entry_still_says_what_happened() -> None:
    entry = make_entry(text=("x" * 500_000,), facts=make_entry().facts * 50)
    message = make_message(entries=(entry,))

    check_blocks(render_slack(message))
    for told in (render_slack(message), render_teams(message), render_pagerduty(message)):
        assert "alice made an access key for bob" in json.dumps(told)


def test_the_event_itself_is_the_first_thing_that_is_left_out() -> None:
    envelope = json.dumps({"padding": "x" * 300_000})
    entries = tuple(make_entry(envelope=envelope) for _ in range(3))

    detail = json.loads(render_eventbridge(make_message(entries=entries), event_bus="default")["Detail"])

    assert [one["event"] for one in detail["entries"]] == [None, None, None]
    assert detail["omitted"] == 0


def test_times_are_told_in_utc_where_their_zone_is_unknown_or_they_are_beyond_it() -> None:
    for at in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)):
        entry = make_entry(at=at)
        for zone in ("Asia/Tokyo", "America/New_York", "Nowhere"):
            render_sns(make_message(entries=(entry,), timezone=zone), topic_arn=TOPIC)
