"""Whatever an event says, nothing of it acts on the reader's side, in any channel."""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest

from fakes.messages import AT, ENVELOPE, make_entry, make_message
from fakes.nasty import NASTY
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
from sekisho.alerts.channels.texts import defused, is_calm
from sekisho.alerts.message import Fact, Link, Message, Moment, Text

TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"
MARK = "zqx"
"""Stands at both ends of what is planted, to find it again."""

planted = pytest.mark.parametrize("nasty", NASTY, ids=ascii)
grouped = pytest.mark.parametrize("count", [1, 3], ids=["alone", "in a group"])


def messages_with(nasty: str) -> tuple[Message, Message]:
    """Return a message of one entry and one of three, with a text in every place that has one."""
    text = f"{MARK}{nasty}{MARK}"
    with_time: Text = (text, Moment(AT), text)
    entry = make_entry(
        event_id=text,
        title=with_time,
        text=with_time,
        advice=with_time,
        facts=(Fact(text, (text,)), Fact(text, (Moment(AT),)), Fact("When", with_time), Fact("When", (Moment(AT),))),
        links=(Link(text, "https://console.example/a"), Link("Safe", text), Link(text, f"https://a.example/{text}")),
        envelope=ENVELOPE,
    )
    single = make_message(
        id=text, target=text, rule=text, language=text, timezone=text, dedup_key=text, title=with_time, entries=(entry,)
    )
    return single, make_message(
        **{name: getattr(single, name) for name in ("id", "rule", "title")}, entries=(entry,) * 3
    )


def with_(nasty: str, count: int) -> Message:
    single, group = messages_with(nasty)
    return single if count == 1 else group


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from objects(one)


# --- Slack


@planted
@grouped
def test_slack_formats_nothing_of_it(nasty: str, count: int) -> None:
    payload = render_slack(with_(nasty, count), channel="C0123456789")

    for text in [one for one in objects(payload["blocks"]) if one.get("type") == "mrkdwn"]:
        assert text["verbatim"] is True
        bare = re.sub(r"<!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[\d: -]+ UTC>", "", text["text"])
        bare = re.sub(r"<https://[!-;=?-{}~]+>", "", bare)
        assert MARK not in bare
        assert not re.search(r"[<>`~_@#]", bare), bare
        assert re.fullmatch(r"\*When\*|\*Safe\*|[^*]*", bare)
    for text in [one for one in objects(payload["blocks"]) if one.get("type") == "plain_text"]:
        assert text["emoji"] is False
        assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", text["text"])
    assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", payload["text"])
    assert (payload["mrkdwn"], payload["parse"]) == (False, "none")
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert "link_names" not in payload


def test_slack_shows_a_time_in_the_readers_zone_and_in_utc_beside_it() -> None:
    payload = render_slack(make_message())

    dated = [one["text"] for one in objects(payload["blocks"]) if "<!date^" in str(one.get("text"))]
    shown = "<!date^1795169472^{date_short_pretty} {time_secs}|2026-11-20 10:11:12 UTC> (2026-11-20 10:11:12 UTC)"
    assert shown in dated
    assert f"Keys like this one never run out. Since {shown} bob has two." in dated


# --- Teams


@planted
@grouped
def test_teams_formats_nothing_of_it(nasty: str, count: int) -> None:
    payload = render_teams(with_(nasty, count))

    for block in [one for one in objects(payload) if one.get("type") == "TextBlock"]:
        assert MARK not in block["text"]
        bare = re.sub(r"\{\{(DATE|TIME)\([0-9TZ:-]+(, SHORT)?\)\}\}", "", block["text"])
        assert re.fullmatch(r"(\*\*When\*\*: )?  \([\d :-]+ UTC\)| *\([\d :-]+ UTC\)", bare), bare
    others = [one for one in objects(payload) if one.get("type") != "TextBlock"]
    for text in [value for one in others for value in one.values() if isinstance(value, str)]:
        assert "{{" not in text
    assert "msteams" not in json.dumps(payload["attachments"][0]["content"]["body"])
    assert "entities" not in json.dumps(payload["attachments"][0]["content"]["msteams"])


def test_teams_shows_a_time_in_the_readers_zone_and_in_utc_beside_it() -> None:
    payload = json.dumps(render_teams(make_message()))

    shown = "{{DATE(2026-11-20T10:11:12Z, SHORT)}} {{TIME(2026-11-20T10:11:12Z)}} (2026-11-20 10:11:12 UTC)"
    assert f"**When**: {shown}" in payload


# --- mail


class Tags(HTMLParser):
    """Notes what there is in a page besides text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.extend(attrs)
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def mail_of(message: Message) -> EmailMessage:
    mail = render_mail(message, sender="Sekisho <a@example.com>", recipients=("b@example.com",), at=AT)
    parsed = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@planted
@grouped
def test_mail_formats_nothing_of_it(nasty: str, count: int) -> None:
    mail = mail_of(with_(nasty, count))

    html = mail.get_body(("html",))
    assert html is not None
    page = Tags()
    page.feed(html.get_content())
    assert page.tags <= {"html", "body", "h2", "h3", "span", "p", "table", "tr", "th", "td", "b", "br", "a"}
    assert {name for name, _ in page.attributes} <= {"lang", "style", "href"}
    hrefs = [value or "" for name, value in page.attributes if name == "href"]
    assert all(one.startswith(("https://console.example/a", f"https://a.example/{MARK}")) for one in hrefs)
    assert all(re.fullmatch(r"font-family: sans-serif|color: #\w+|text-align: left; vertical-align: top", value or "")
               for name, value in page.attributes if name == "style")  # fmt: skip


@planted
@grouped
def test_mail_has_no_header_of_it(nasty: str, count: int) -> None:
    mail = mail_of(with_(nasty, count))

    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "Importance", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert mail["To"] == "b@example.com"
    assert mail["From"] == "Sekisho <a@example.com>"
    assert re.fullmatch(r"<[a-zA-Z0-9-]+@example\.com>", mail["Message-ID"])
    assert mail["Subject"].strip().startswith("[HIGH] ")


@planted
def test_text_has_no_line_of_it_that_looks_like_ours(nasty: str) -> None:
    plain = mail_of(make_message(entries=(make_entry(text=(nasty,), advice=(nasty,), facts=(Fact("Who", (nasty,)),)),)))

    body = plain.get_body(("plain",))
    assert body is not None
    lines = body.get_content().replace("\r\n", "\n").split("\n")
    ours = [one for one in lines if one and not one.startswith("  ")]
    assert len(ours) == 1 + 1 + 1 + 2 + 1  # subject, fact, advice, links, rule
    assert len([one for one in ours if one.startswith("Who: ")]) == 1


# --- JSON


@planted
@grouped
def test_json_holds_all_of_it_as_text(nasty: str, count: int) -> None:
    message = with_(nasty, count)

    document = json.loads(render_webhook(message))
    assert len(document["entries"]) == count
    assert set(document) == {
        "version", "id", "target", "rule", "severity", "language", "dedupKey", "title", "isLate", "isResolved",
        "omitted", "entries",
    }  # fmt: skip
    assert document["title"].startswith(MARK)
    assert document["entries"][0]["event"]["detail"]["number"] == 1.5
    assert b'"number":1.50' in render_webhook(message)
    assert json.loads(render_eventbridge(message, event_bus="default")["Detail"]) == document
    event = json.loads(json.dumps(render_pagerduty(message), ensure_ascii=False).encode())
    assert set(event["payload"]) == {
        "summary", "source", "severity", "timestamp", "group", "class", "custom_details",
    }  # fmt: skip
    finding = render_security_hub(message, Product("aws", "us-east-1", "111122223333"))
    json.dumps(finding, ensure_ascii=False).encode()
    assert finding["Resources"][0]["Id"] == "AWS::::Account:111122223333"


# --- what formats whatever it gets


@planted
@grouped
def test_what_formats_all_text_gets_no_markup(nasty: str, count: int) -> None:
    message = with_(nasty, count)
    told = json.loads(render_amazon_q(message, topic_arn=TOPIC)["Message"])
    notified = render_apprise(message)

    texts = [told["content"]["title"], told["metadata"]["summary"], *told["content"].get("nextSteps", []),
             notified["title"], notified["body"]]  # fmt: skip
    described = told["content"]["description"].split("\n")
    ours = [one for one in described if one.split(": ")[-1].startswith("https://")]
    texts.extend(one for one in described if one not in ours)
    for text in texts:
        assert not re.search(r"[*~`<>\[\]@#|]|://", text), text
        assert not re.search(r"(^|\W)_|_(\W|$)", text), text


def test_names_keep_their_spelling_where_text_is_defused() -> None:
    arn = "arn:aws:iam::111122223333:role/my_role-name.x"

    assert defused(arn) == arn


@planted
def test_what_is_calm_has_nothing_of_it(nasty: str) -> None:
    assert not is_calm((nasty,))
    assert not is_calm(("When ", nasty))
    assert not is_calm((nasty, Moment(AT)))


@pytest.mark.parametrize(
    "text",
    ["When", "It was made at", "作成日時、東京", "two-step, then three. Really? (Yes!)", "bob's key: It ended. At"],
)
def test_the_words_of_sentences_are_calm(text: str) -> None:
    assert is_calm((text, Moment(AT)))
    assert is_calm((text,))


@pytest.mark.parametrize("text", ["evil.example", "1. list", "2) list", "- list", ":smile:", "a_b_c", "a/b", "a\nb"])
def test_what_could_be_a_link_a_list_or_an_emoji_is_not_calm(text: str) -> None:
    assert not is_calm((text,))


@planted
def test_sns_tells_it_as_text_under_a_subject_of_ascii(nasty: str) -> None:
    publication = render_sns(with_(nasty, 1), topic_arn=TOPIC)

    assert publication["Subject"].startswith("[HIGH] ")
    assert publication["Subject"].isprintable()
    assert publication["Message"].startswith("[HIGH] ")
