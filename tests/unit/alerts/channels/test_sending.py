"""Messages arrive over HTTP, and every answer is told for what it means."""

import hmac
import json
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.certificates import make_certificates
from fakes.messages import AT, make_entry, make_group, make_message
from fakes.receiver import HangUp, Receiver, Reply, running_receiver
from sekisho.alerts.channel import BrokenTargetError, Channel, RefusedError, TemporaryError
from sekisho.alerts.channels import ChannelSettings, open_channel, render_pagerduty, render_slack, render_teams
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Link
from sekisho.analyzers.observation import Severity

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "hidden0123456789hidden0123456789"
PATH = f"/services/{SECRET}"
SENT = datetime(2026, 11, 20, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as server:
        yield server


def opened(table: dict[str, Any]) -> Channel:
    settings: Any = msgspec.convert({"name": "t", **table}, ChannelSettings)  # type: ignore[type-var,unused-ignore]
    return open_channel(settings, environment={"SECRET": SECRET}, now=lambda: SENT, patience=timedelta(seconds=10))


def slack(receiver: Receiver) -> Channel:
    return opened({"type": "slack", "url": receiver.url(PATH)})


def bot(receiver: Receiver) -> Channel:
    table = {"type": "slack", "token": "env:SECRET", "channel": "C0123456789"}
    return opened({**table, "api-url": receiver.url("/api/chat.postMessage")})


def teams(receiver: Receiver) -> Channel:
    return opened({"type": "teams", "url": receiver.url(PATH)})


def pagerduty(receiver: Receiver) -> Channel:
    return opened({"type": "pagerduty", "routing-key": "env:SECRET", "url": receiver.url("/v2/enqueue")})


def webhook(receiver: Receiver, **more: Any) -> Channel:
    return opened({"type": "webhook", "url": receiver.url(PATH), "allow-private": True, **more})


def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(make_message())
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    return caught.value


# --- Slack


def test_a_webhook_of_slack_gets_blocks_and_a_text_without_them(receiver: Receiver) -> None:
    slack(receiver).send(make_message())

    (got,) = receiver.got
    assert got.path == PATH
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.json == render_slack(make_message())
    assert got.json["text"] == "🟠 alice made an access key for bob [HIGH]"
    assert [one["type"] for one in got.json["blocks"]] == [
        "header", "context", "section", "section", "section", "section"
    ]  # fmt: skip


def test_slack_shows_facts_side_by_side_and_links_with_their_labels() -> None:
    *_, facts, advice, links = render_slack(make_message())["blocks"]

    assert [one["text"] for one in facts["fields"]][:4] == ["*Who*", "alice (IAM user)", "*For*", "bob"]
    assert advice["text"]["text"].startswith("What to do\nAsk alice")
    assert links["text"]["text"].startswith("<https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=")
    assert "|Event in CloudTrail> · <https://" in links["text"]["text"]


def test_slack_tells_several_events_as_lines() -> None:
    blocks = render_slack(make_group(3))["blocks"]

    assert [one["text"]["text"] for one in blocks if "fields" in one] == [
        "alice made key 0", "alice made key 1", "alice made key 2"
    ]  # fmt: skip
    assert blocks[-2]["text"]["text"].startswith("What to do")


def test_slack_tells_by_sign_and_word_how_bad_it_is_and_that_it_is_over() -> None:
    for severity, told in ((Severity.CRITICAL, "🔴 "), (Severity.INFORMATIONAL, "⚪ ")):
        assert render_slack(make_message(severity=severity))["blocks"][0]["text"]["text"].startswith(told)
    over = render_slack(make_message(is_resolved=True, is_late=True, language="ja", omitted=2))["blocks"]
    assert over[0]["text"]["text"].startswith("✅ ")
    assert over[1]["elements"][0]["text"] == "解決済み · access-key-created · 遅れて検出 · ほか 2 件"


def test_slack_gets_a_long_title_cut_and_whole() -> None:
    title = ("x" * 200,)
    blocks = render_slack(make_message(title=title, entries=(make_entry(title=title),)))["blocks"]

    assert blocks[0]["text"]["text"] == f"🟠 {'x' * 146}…"
    assert blocks[1]["text"]["text"] == f"🟠 {'x' * 200}"


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (400, "invalid_payload", RefusedError), (400, "invalid_blocks", RefusedError), (400, "no_text", RefusedError),
        (400, "invalid_something_new", RefusedError), (400, "user_not_found", BrokenTargetError),
        (400, "invalid_token", BrokenTargetError), (403, "action_prohibited", BrokenTargetError),
        (404, "no_service", BrokenTargetError), (404, "channel_not_found", BrokenTargetError),
        (410, "channel_is_archived", BrokenTargetError), (404, f"Cannot POST {PATH}", BrokenTargetError),
        (404, SECRET, BrokenTargetError), (500, "rollup_error", TemporaryError), (503, "", TemporaryError),
        (302, "", BrokenTargetError), (413, "", RefusedError),
    ],
)  # fmt: skip
def test_what_a_webhook_of_slack_answers_is_told(
    receiver: Receiver, status: int, word: str, kind: type[DeliveryError]
) -> None:
    receiver.will_answer(Reply(status, word.encode()))

    assert type(failure(slack(receiver))) is kind
    assert len(receiver.got) == 1


def test_slack_is_left_alone_for_as_long_as_it_says(receiver: Receiver) -> None:
    receiver.will_answer(Reply(429, b"rate_limited", {"Retry-After": "30"}))

    error = failure(slack(receiver))

    assert isinstance(error, TemporaryError)
    assert error.retry_after == timedelta(seconds=30)


def test_a_bot_of_slack_speaks_in_its_channel(receiver: Receiver) -> None:
    receiver.will_answer(Reply(200, b'{"ok":true,"channel":"C0123456789","ts":"1.2"}'))

    bot(receiver).send(make_message())

    (got,) = receiver.got
    assert got.headers["authorization"] == f"Bearer {SECRET}"
    assert got.json["channel"] == "C0123456789"
    assert got.json["metadata"]["event_payload"]["id"] == make_message().id


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ratelimited", TemporaryError), ("internal_error", TemporaryError), ("request_timeout", TemporaryError),
        ("channel_not_found", BrokenTargetError), ("is_archived", BrokenTargetError),
        ("invalid_auth", BrokenTargetError), ("not_in_channel", BrokenTargetError),
        ("missing_scope", BrokenTargetError), ("something_new", BrokenTargetError), ("", BrokenTargetError),
        ("msg_blocks_too_long", RefusedError), ("invalid_blocks", RefusedError), ("no_text", RefusedError),
    ],
)  # fmt: skip
def test_what_slack_answers_a_bot_is_told_though_the_status_is_200(
    receiver: Receiver, word: str, kind: type[DeliveryError]
) -> None:
    receiver.will_answer(Reply(200, json.dumps({"ok": False, "error": word}).encode(), {"Retry-After": "9"}))

    error = failure(bot(receiver))

    assert type(error) is kind
    assert word in str(error)
    if word == "ratelimited":
        assert isinstance(error, TemporaryError)
        assert error.retry_after == timedelta(seconds=9)


def test_a_page_in_place_of_slacks_answer_is_no_delivery(receiver: Receiver) -> None:
    receiver.will_answer(Reply(200, b"<html>sign in to the guest network"), Reply(429, b"slow down"), Reply(404))

    assert type(failure(bot(receiver))) is TemporaryError
    assert type(failure(bot(receiver))) is TemporaryError
    assert type(failure(bot(receiver))) is BrokenTargetError


# --- Teams


@pytest.mark.parametrize("status", [200, 202])
def test_teams_gets_a_card(receiver: Receiver, status: int) -> None:
    receiver.will_answer(Reply(status, b""))

    teams(receiver).send(make_message())

    (got,) = receiver.got
    assert (got.path, got.json) == (PATH, render_teams(make_message()))
    card = got.json["attachments"][0]["content"]
    assert [one["title"] for one in card["actions"]] == ["Event in CloudTrail", "User"]
    assert card["body"][0]["inlines"][0]["text"] == "alice made an access key for bob"
    assert card["body"][0]["inlines"][0]["color"] == "attention"


def test_teams_tells_several_events_as_lines() -> None:
    card = render_teams(make_group(3))["attachments"][0]["content"]

    assert "alice made key 2" in json.dumps(card["body"])
    assert len([one for one in card["body"] if one["type"] == "TextBlock"]) == 3


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "WorkflowTriggerIsNotEnabled", BrokenTargetError), (400, "TriggerInputSchemaMismatch", RefusedError),
        (401, "DirectApiAuthorizationRequired", BrokenTargetError), (404, "WorkflowNotFound", BrokenTargetError),
        (413, "RequestEntityTooLarge", RefusedError), (429, "TooManyRequests", TemporaryError),
        (502, "NoResponse", TemporaryError), (400, f"/{SECRET}", RefusedError),
    ],
)  # fmt: skip
def test_what_a_workflow_answers_is_told(receiver: Receiver, status: int, code: str, kind: type[DeliveryError]) -> None:
    receiver.will_answer(Reply(status, json.dumps({"error": {"code": code, "message": SECRET}}).encode()))

    assert type(failure(teams(receiver))) is kind


# --- PagerDuty


def test_pagerduty_gets_an_event(receiver: Receiver) -> None:
    receiver.will_answer(Reply(202, b'{"status":"success","dedup_key":"x"}'))

    pagerduty(receiver).send(make_message())

    (got,) = receiver.got
    assert got.json == {"routing_key": SECRET, **render_pagerduty(make_message())}
    assert got.json["event_action"] == "trigger"
    assert got.json["dedup_key"] == make_message().dedup_key
    payload = got.json["payload"]
    assert payload["summary"] == "[HIGH] alice made an access key for bob"
    assert (payload["source"], payload["severity"]) == ("AWS 111122223333 us-east-1", "error")
    assert payload["timestamp"] == "2026-11-20T10:11:12Z"
    assert payload["custom_details"]["entries"][0]["facts"]["Who"] == "alice (IAM user)"


@pytest.mark.parametrize(
    ("severity", "told"),
    list(zip(Severity, ("critical", "error", "warning", "info", "info"), strict=True)),
)
def test_pagerduty_has_four_severities(severity: Severity, told: str) -> None:
    assert render_pagerduty(make_message(severity=severity))["payload"]["severity"] == told


def test_pagerduty_resolves_what_it_was_told_of_before() -> None:
    key = "k" * 300
    before = render_pagerduty(make_message(dedup_key=key))
    over = render_pagerduty(make_message(dedup_key=key, is_resolved=True))

    assert (before["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert before["dedup_key"] == over["dedup_key"]
    assert before["dedup_key"] != render_pagerduty(make_message(dedup_key=f"{key}x"))["dedup_key"]


@pytest.mark.parametrize(
    ("status", "errors", "kind"),
    [
        (400, ["'payload.summary' is missing or blank"], RefusedError),
        (400, ["Invalid routing key"], BrokenTargetError),
        (400, ["Length of 'routing_key' is incorrect (should be 32 characters)"], BrokenTargetError),
        (400, None, RefusedError), (403, None, BrokenTargetError), (429, None, TemporaryError),
        (500, None, TemporaryError),
    ],
)  # fmt: skip
def test_what_pagerduty_answers_is_told(
    receiver: Receiver, status: int, errors: list[str] | None, kind: type[DeliveryError]
) -> None:
    answer = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    receiver.will_answer(Reply(status, json.dumps(answer).encode() if errors else b"no"))

    assert type(failure(pagerduty(receiver))) is kind


# --- webhooks


def test_a_webhook_gets_our_json_with_what_drops_repeats(receiver: Receiver) -> None:
    webhook(receiver).send(make_message())
    webhook(receiver).send(make_message())

    first, second = receiver.got
    assert first.body == second.body
    assert first.headers["x-sekisho-message-id"] == first.headers["idempotency-key"] == make_message().id
    assert "x-sekisho-signature" not in first.headers
    document = first.json
    assert (document["version"], document["id"], document["severity"]) == ("1", make_message().id, "HIGH")
    (entry,) = document["entries"]
    assert entry["text"] == "Keys like this one never run out. Since 2026-11-20T10:11:12Z bob has two."
    assert entry["facts"][2] == {"label": "When", "value": "2026-11-20T10:11:12Z"}
    assert entry["event"]["detail"]["eventName"] == "CreateAccessKey"


def test_a_webhook_is_signed_over_time_and_body(receiver: Receiver) -> None:
    webhook(receiver, secret="env:SECRET", authorization="env:SECRET").send(make_message())

    (got,) = receiver.got
    timestamp = got.headers["x-sekisho-timestamp"]
    assert timestamp == str(int(SENT.timestamp()))
    signed = hmac.new(SECRET.encode(), timestamp.encode() + b"." + got.body, sha256).hexdigest()
    assert got.headers["x-sekisho-signature"] == f"v1={signed}"
    assert got.headers["authorization"] == SECRET


def test_an_id_that_no_header_can_hold_becomes_a_digest(receiver: Receiver) -> None:
    webhook(receiver).send(make_message(id="a\r\nX-Forged: yes"))

    (got,) = receiver.got
    assert "x-forged" not in got.headers
    assert got.headers["idempotency-key"] == sha256(b"a\r\nX-Forged: yes").hexdigest()


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_webhook_takes_a_message_with_any_of_these(receiver: Receiver, status: int) -> None:
    receiver.will_answer(Reply(status, b""))

    webhook(receiver).send(make_message())


@pytest.mark.parametrize(
    ("status", "kind"), [(400, RefusedError), (404, BrokenTargetError), (429, TemporaryError), (500, TemporaryError)]
)
def test_what_a_webhook_answers_is_told_without_its_words(
    receiver: Receiver, status: int, kind: type[DeliveryError]
) -> None:
    receiver.will_answer(Reply(status, f"Cannot POST {PATH}".encode()))

    error = failure(webhook(receiver))
    assert type(error) is kind
    assert str(error) == f"http://127.0.0.1:{receiver.server_port} answered {status}"


def test_a_webhook_at_a_private_address_is_broken_until_that_is_allowed(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with running_receiver(certificates) as receiver:
        table = {"type": "webhook", "url": receiver.url(host="localhost"), "ca-file": str(certificates.ca_file)}

        assert isinstance(failure(opened(table)), BrokenTargetError)
        assert receiver.got == []
        opened({**table, "allow-private": True}).send(make_message())
        assert len(receiver.got) == 1


def test_links_that_lead_elsewhere_than_to_a_page_are_left_out(receiver: Receiver) -> None:
    links = (Link("a", "javascript:alert(1)"), Link("b", "file:///etc/passwd"), Link("c", "https://ok.example/"))
    message = make_message(entries=(make_entry(links=links),))

    webhook(receiver).send(message)

    assert receiver.got[0].json["entries"][0]["links"] == [{"label": "c", "url": "https://ok.example/"}]
    assert [one["href"] for one in render_pagerduty(message)["links"]] == ["https://ok.example/"]
    assert len(render_teams(message)["attachments"][0]["content"]["actions"]) == 1


# --- Apprise


def test_a_service_of_apprise_gets_text(receiver: Receiver) -> None:
    opened({"type": "apprise", "url": f"json://127.0.0.1:{receiver.server_port}/{SECRET}"}).send(make_message())

    (got,) = receiver.got
    assert got.json["title"] == "［HIGH］ alice made an access key for bob"  # noqa: RUF001 - full-width is meant
    assert "Who: alice (IAM user)" in got.json["message"]
    assert got.json["type"] == "failure"


@pytest.mark.parametrize("answer", [Reply(500, b"no"), HangUp()], ids=["refuses", "hangs up"])
def test_a_service_of_apprise_that_does_not_take_it_may_later(
    receiver: Receiver, answer: Reply | HangUp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    receiver.will_answer(answer)

    error = failure(opened({"type": "apprise", "url": f"json://127.0.0.1:{receiver.server_port}/{SECRET}"}))

    assert isinstance(error, TemporaryError)
    assert SECRET not in caplog.text


def test_the_receiver_waits_for_what_is_sent(receiver: Receiver) -> None:
    webhook(receiver).send(make_message())

    assert [one.json["entries"][0]["at"] for one in receiver.wait_for(1)] == [AT.strftime("%Y-%m-%dT%H:%M:%SZ")]
