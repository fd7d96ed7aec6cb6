import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from sekisho.alerts.channel import Channel
from sekisho.alerts.channels import ChannelSettings, open_channel
from sekisho.alerts.errors import TargetError

# Apprise asks for modules that Python is about to remove.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"
BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/security"
HIDDEN = "hidden0123456789hidden0123456789"

ENVIRONMENT = {
    "SLACK_URL": f"https://hooks.slack.com/services/T0/B0/{HIDDEN}",
    "SLACK_TOKEN": f"xoxb-{HIDDEN}",
    "TEAMS_URL": f"https://prod-1.westeurope.logic.azure.com/workflows/{HIDDEN}?sig={HIDDEN}",
    "ROUTING_KEY": HIDDEN,
    "SECRET": HIDDEN,
    "AUTHORIZATION": f"Bearer {HIDDEN}",
    "PASSWORD": HIDDEN,
    "APPRISE_URL": f"json://user:{HIDDEN}@localhost/{HIDDEN}",
}

TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "slack webhook": (
        {"type": "slack", "url": "env:SLACK_URL"},
        "Slack at https://hooks.slack.com",
    ),
    "slack webhook, written out": (
        {"type": "slack", "url": ENVIRONMENT["SLACK_URL"]},
        "Slack at https://hooks.slack.com",
    ),
    "slack bot": (
        {"type": "slack", "token": "env:SLACK_TOKEN", "channel": "#alerts"},
        "Slack channel `#alerts`",
    ),
    "teams": (
        {"type": "teams", "url": "env:TEAMS_URL"},
        "Microsoft Teams at https://prod-1.westeurope.logic.azure.com",
    ),
    "pagerduty": (
        {"type": "pagerduty", "routing-key": "env:ROUTING_KEY"},
        "PagerDuty at https://events.pagerduty.com",
    ),
    "webhook": (
        {
            "type": "webhook", "url": f"https://example.com:8443/{HIDDEN}", "secret": "env:SECRET",
            "authorization": "env:AUTHORIZATION",
        },
        "https://example.com:8443",
    ),
    "webhook at home": (
        {"type": "webhook", "url": "http://[::1]:8080/", "allow-private": True},
        "http://[::1]:8080",
    ),
    "mail": (
        {
            "type": "mail", "host": "smtp.example.com", "from": "Sekisho <alerts@example.com>",
            "to": ["a@example.com", "b@example.com"], "username": "sekisho", "password": "env:PASSWORD",
        },
        "mail to a@example.com, b@example.com by smtp.example.com:587",
    ),
    "mail, tls from the start": (
        {"type": "mail", "host": "smtp.example.com", "from": "a@example.com", "to": ["b@example.com"],
         "tls": "implicit"},
        "mail to b@example.com by smtp.example.com:465",
    ),
    "mail in the clear": (
        {"type": "mail", "host": "10.0.0.25", "from": "a@example.com", "to": ["b@example.com"], "insecure": True},
        "mail to b@example.com by 10.0.0.25:25 without TLS",
    ),
    "sns": ({"type": "sns", "topic-arn": TOPIC}, f"SNS topic `{TOPIC}`"),
    "amazon q": ({"type": "amazon-q", "topic-arn": TOPIC}, f"SNS topic `{TOPIC}`"),
    "eventbridge": ({"type": "eventbridge", "event-bus": BUS}, f"event bus `{BUS}` in eu-west-1"),
    "eventbridge, by name": (
        {"type": "eventbridge", "region": "eu-west-1"}, "event bus `default` in eu-west-1"
    ),
    "security hub": ({"type": "security-hub"}, "Security Hub"),
    "security hub of an account": (
        {"type": "security-hub", "region": "eu-west-1", "account": "111122223333"},
        "Security Hub of 111122223333 in eu-west-1",
    ),
    "apprise": ({"type": "apprise", "url": "env:APPRISE_URL"}, "json:// by Apprise"),
}  # fmt: skip


def read(table: Mapping[str, Any]) -> ChannelSettings:
    return msgspec.convert({"name": "a target", **table}, ChannelSettings)  # type: ignore[no-any-return,type-var,unused-ignore]


@pytest.mark.parametrize(("table", "place"), TABLES.values(), ids=TABLES)
def test_a_table_becomes_a_channel_that_names_its_place_without_secrets(table: dict[str, Any], place: str) -> None:
    settings = read(table)

    channel: Channel = open_channel(settings, environment=ENVIRONMENT)

    assert channel.place == place
    for shown in (repr(settings), str(settings), repr(channel), repr(vars(channel)), channel.place):
        assert HIDDEN not in shown


def test_every_type_is_among_them() -> None:
    assert {type(read(table)) for table, _ in TABLES.values()} == set(get_args(ChannelSettings))


def test_what_all_targets_have_is_read_too() -> None:
    more = {"language": "ja", "timezone": "Asia/Tokyo", "fallback": "mail"}

    settings = read({"type": "sns", "topic-arn": TOPIC, **more})

    assert (settings.name, settings.language) == ("a target", "ja")
    assert (settings.timezone, settings.fallback) == ("Asia/Tokyo", "mail")


@pytest.mark.parametrize(("table", "_"), TABLES.values(), ids=TABLES)
def test_unknown_keys_are_refused(table: dict[str, Any], _: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `colour`"):
        read({**table, "colour": "red"})


MAIL = {"type": "mail", "host": "h", "from": "a@b.example", "to": ["c@d.example"]}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no type": ({}, "type"),
    "an unknown type": ({"type": "fax"}, "fax"),
    "slack with nothing": ({"type": "slack"}, "either `url`"),
    "slack with both": ({"type": "slack", "url": "env:A", "token": "env:B", "channel": "c"}, "either `url`"),
    "slack bot without channel": ({"type": "slack", "token": "env:A"}, "go together"),
    "slack webhook with channel": ({"type": "slack", "url": "env:A", "channel": "c"}, "go together"),
    "slack token in the file": ({"type": "slack", "token": f"xoxb-{HIDDEN}", "channel": "c"}, "write env:NAME"),
    "two channels": ({"type": "slack", "token": "env:A", "channel": "a b"}, "one channel"),
    "slack in the clear": ({"type": "slack", "url": f"http://hooks.slack.com/{HIDDEN}"}, "write https://"),
    "teams without a URL": ({"type": "teams"}, "url"),
    "teams with a name": ({"type": "teams", "url": f"{HIDDEN}"}, "no https URL"),
    "pagerduty key in the file": ({"type": "pagerduty", "routing-key": HIDDEN}, "write env:NAME"),
    "webhook secret in the file": ({"type": "webhook", "url": "https://a.b", "secret": HIDDEN}, "write env:NAME"),
    "webhook in the clear": ({"type": "webhook", "url": f"http://a.b/{HIDDEN}"}, "write https://"),
    "webhook private by a proxy": (
        {"type": "webhook", "url": "https://a.b", "allow-private": True, "via-proxy": True}, "leave `allow-private`"
    ),
    "credentials in a URL": ({"type": "webhook", "url": f"https://u:{HIDDEN}@a.b/"}, "credentials"),
    "mail to nobody": ({**MAIL, "to": []}, "names nobody"),
    "mail to a text": ({**MAIL, "to": "c@d.example"}, "to"),
    "mail to a header": ({**MAIL, "to": ["c@d.example\nBcc: e@f.example"]}, "no address"),
    "mail from several": ({**MAIL, "from": "a@b.example, c@d.example"}, "no address"),
    "mail half bracketed": ({**MAIL, "from": "A <a@b.example"}, "no address"),
    "mail beyond ascii": ({**MAIL, "to": ["é@d.example"]}, "no address"),
    "mail without a password": ({**MAIL, "username": "a"}, "go together"),
    "mail password in the file": ({**MAIL, "username": "a", "password": HIDDEN}, "write env:NAME"),
    "mail password in the clear": (
        {**MAIL, "username": "a", "password": "env:P", "insecure": True}, "not sent without TLS"
    ),
    "mail host with a port": ({**MAIL, "host": "smtp.example.com/25"}, "without a port"),
    "mail at no port": ({**MAIL, "port": 0}, "65535"),
    "mail by another tls": ({**MAIL, "tls": "maybe"}, "tls"),
    "a topic that is none": ({"type": "sns", "topic-arn": "arn:aws:sqs:eu-west-1:111122223333:q"}, "topic-arn"),
    "a bus with a Region": ({"type": "eventbridge", "event-bus": BUS, "region": "eu-west-1"}, "leave `region` out"),
    "a bus that is none": ({"type": "eventbridge", "event-bus": "a b"}, "event bus"),
    "a Region that is none": ({"type": "security-hub", "region": "Ireland"}, "Region"),
    "an account that is none": ({"type": "security-hub", "account": "1"}, "twelve digits"),
    "apprise without a URL": ({"type": "apprise", "url": HIDDEN}, "Apprise"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_in_one_line_without_secrets(table: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        read(table)

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert HIDDEN not in str(caught.value)


# --- secrets


def opened(url: str, environment: Mapping[str, str] = os.environ) -> Channel:
    return open_channel(read({"type": "teams", "url": url}), environment=environment)


def test_a_secret_in_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://teams.example/secret\n")

    assert opened(f"file:{tmp_path}/url").place == "Microsoft Teams at https://teams.example"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_variable_that_is_not_set_is_named(value: str | None) -> None:
    environment = {} if value is None else {"TEAMS_URL": value}

    with pytest.raises(TargetError, match=r"^`url` of target `a target` is to be in .* variable `TEAMS_URL`, which"):
        opened("env:TEAMS_URL", environment)


def test_a_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")

    with pytest.raises(TargetError, match=f"in the file `{tmp_path}/missing`: No such file"):
        opened(f"file:{tmp_path}/missing")
    with pytest.raises(TargetError, match=f"in the file `{tmp_path}/empty`, which is empty"):
        opened(f"file:{tmp_path}/empty")


@pytest.mark.parametrize("value", [f"https://a.b/{HIDDEN}\nmore", f"https://a.b/{HIDDEN}é", f"http://a.b/{HIDDEN}"])
def test_a_secret_that_cannot_be_used_is_not_told(value: str) -> None:
    with pytest.raises(TargetError, match="`url` of target") as caught:
        opened("env:TEAMS_URL", {"TEAMS_URL": value})

    assert HIDDEN not in str(caught.value)


def test_a_routing_key_that_is_none_is_not_told() -> None:
    settings = read({"type": "pagerduty", "routing-key": "env:KEY"})

    with pytest.raises(TargetError, match="32 letters and digits") as caught:
        open_channel(settings, environment={"KEY": f"{HIDDEN}x"})

    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("url", [f"nothing://{HIDDEN}", f"slack://{HIDDEN}", f"mailto://{HIDDEN}@@@", f"://{HIDDEN}"])
def test_a_service_that_apprise_does_not_know_is_not_told(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    with pytest.raises(TargetError, match="no URL of a service") as caught:
        open_channel(read({"type": "apprise", "url": "env:U"}), environment={"U": url})

    assert HIDDEN not in str(caught.value)
    assert HIDDEN not in caplog.text


def test_without_apprise_its_targets_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(TargetError, match=r'`url` of target `a target` needs .*`pip install "sekisho\[apprise\]"'):
        open_channel(read({"type": "apprise", "url": "json://localhost"}))
