"""`alerts` by its commands, over settings in a file, a real store and a real endpoint."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from fakes.messages import make_message
from fakes.receiver import Reply, running_receiver
from sekisho.alerts.errors import AlertsError, TargetError
from sekisho.alerts.store import Formed
from sekisho.cli.commands import sekisho
from sekisho.cli.settings import SettingsError
from sekisho.storage import SqlAlertStore
from unit.alerts.records import NOW, envelope

Run = Callable[..., str]

SETTINGS = """
[alerts]
timezone = "Asia/Tokyo"

[[alerts.target]]
name = "security"
type = "slack"
url = "env:SLACK_WEBHOOK"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "sekisho.toml"
    file.write_text(SETTINGS, "utf-8")
    return file


@pytest.fixture
def run(settings: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    assert settings.exists()

    def call(*words: str) -> str:
        capsys.readouterr()
        sekisho.main(["alerts", *words], standalone_mode=False)
        said = capsys.readouterr()
        return said.out + said.err

    return call


def write(name: str, content: object) -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return name


def test_rules_are_listed_in_their_order_with_those_that_are_off(run: Run, settings: Path) -> None:
    settings.write_text(SETTINGS + '[[alerts.rule]]\nname = "mine"\npattern = \'{"$or": [1]}\'\n', "utf-8")

    listed = json.loads(run("rules", "--format", "json").partition("mine: ")[0])
    table = run("rules")

    assert listed[0]["rule"] == "mine"
    assert listed[0]["targets"] == ["security"]
    assert {"rule": "user-changed", "enabled": False} in listed
    assert "`$or`" in table  # a field of this name was surely not meant
    assert table.index("mine") < table.index("access-key-created")


def test_without_a_target_it_says_what_is_missing(run: Run, settings: Path) -> None:
    settings.write_text("", "utf-8")

    assert "nobody is told yet" in run("rules")


def test_a_mistake_in_the_settings_is_told_with_the_file(run: Run, settings: Path) -> None:
    settings.write_text('[alerts]\nlanguage = "de"\n', "utf-8")

    with pytest.raises(SettingsError, match=r"sekisho\.toml: `\[alerts\]` cannot be used: there are no words in `de`"):
        run("rules")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(envelope(), id="an event of EventBridge"),
        pytest.param(envelope()["detail"], id="a record of CloudTrail"),
        pytest.param([envelope()], id="a list"),
        pytest.param({"Events": [{"CloudTrailEvent": json.dumps(envelope()["detail"])}]}, id="of LookupEvents"),
        pytest.param({"Records": [envelope()["detail"]]}, id="a log file"),
        pytest.param(f"{json.dumps(envelope())}\n\n", id="lines"),
    ],
)
def test_a_test_says_which_rule_matches_whom_it_tells_and_in_which_words(run: Run, content: Any) -> None:
    told, missed = json.loads(run("test", "--event", write("event.json", content), "--format", "json"))

    assert (told["matches"], missed["matches"]) == (True, False)
    assert missed["why"].startswith("3 of 4 fields match")
    assert (told["rule"], told["severity"], told["targets"]) == ("access-key-created", "CRITICAL", ["security"])
    assert told["title"] == "alice made an access key for bob"
    assert told["facts"]["When"] == "2026-11-20 19:11:12 JST (10:11:12 UTC)"


def test_a_test_says_what_was_in_the_way_of_the_nearest_rule(run: Run) -> None:
    said = run("test", "--event", write("event.json", envelope("CreateAccesKey")))

    assert "no rule matches" in said
    assert "nearest: access-key-created, 3 of 4 fields match" in said
    assert "found `CreateAccesKey`" in said


def test_a_rule_of_ones_own_without_words_has_some_in_every_language(run: Run, settings: Path) -> None:
    settings.write_text(SETTINGS + '[[alerts.rule]]\nname = "mine"\npattern = {account = [{exists = true}]}\n', "utf-8")

    assert "実行" in run("test", "--event", write("event.json", envelope()), "--rule", "mine", "--language", "ja")


def test_a_test_in_a_language_without_words_is_refused(run: Run) -> None:
    with pytest.raises(AlertsError, match="no words in `fr`"):
        run("test", "--event", write("event.json", envelope()), "--language", "fr")


def test_a_test_of_no_event_says_so(run: Run) -> None:
    assert "there is no event in it" in run("test", "--event", write("event.json", []))


def test_a_test_may_be_in_another_language_and_about_one_rule(run: Run) -> None:
    event = write("event.json", envelope())

    assert "アクセスキーを作成しました" in run("test", "--event", event, "--language", "ja")
    assert "no rule matches" in run("test", "--event", event, "--rule", "root-activity")
    with pytest.raises(AlertsError, match="there is no rule `nothing` that is on"):
        run("test", "--event", event, "--rule", "nothing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{", "`event.json`, line 1 is no JSON", id="no JSON"),
        pytest.param("[1]", "`event.json`, event 1: it is JSON, but no object", id="no object"),
        pytest.param('[{"a": 1}]', "event 1: it is no event", id="no event"),
    ],
)
def test_what_is_no_event_is_told_with_its_place(run: Run, content: str, message: str) -> None:
    with pytest.raises(AlertsError) as error:
        run("test", "--event", write("event.json", content))

    assert message in str(error.value)


def test_a_file_that_is_not_there_is_told(run: Run) -> None:
    with pytest.raises(AlertsError, match=r"cannot read `nowhere\.json`: No such file"):
        run("test", "--event", "nowhere.json")


def test_text_of_an_event_moves_no_cursor(run: Run) -> None:
    named = envelope(requestParameters={"userName": "bob\x1b[2J\u202e"})

    assert "\x1b" not in run("test", "--event", write("event.json", named))


def test_a_message_is_sent_for_real_and_a_greeting_where_there_is_no_event(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_receiver() as receiver:
        monkeypatch.setenv("SLACK_WEBHOOK", receiver.url())
        assert "1 message sent to" in run("send", "--to", "security")
        assert "1 message sent to" in run("send", "--to", "security", "--event", write("event.json", envelope()))
        assert "nothing was sent" in run("send", "--to", "security", "--event", write("e.json", envelope("GetUser")))
        receiver.otherwise = Reply(404, b"no_service")
        assert "no_service" in run("send", "--to", "security")

        texts = [one.json["text"] for one in receiver.got]
    assert "example" in texts[0]
    assert "alice made an access key for bob" in texts[1]
    assert len(texts) == 3


def test_who_is_no_target_gets_nothing(run: Run) -> None:
    with pytest.raises(TargetError, match="there is no target `nobody`; there are: security"):
        run("send", "--to", "nobody")


def test_what_is_dead_is_listed_and_waits_again(run: Run, tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    message = make_message()
    with SqlAlertStore(database) as store:
        store.form([Formed(message, (), frozenset())], now=NOW)
        store.bury(message.id, "it says no", at=NOW)

    (listed,) = json.loads(run("dead", "list", "--format", "json", "--db", database))
    assert (listed["id"], listed["error"], listed["attempts"]) == (message.id, "it says no", 1)
    assert "it says no" in run("dead", "list", "--db", database)
    assert json.loads(run("dead", "list", "--target", "another", "--format", "json", "--db", database)) == []

    with pytest.raises(AlertsError, match="`zzz` is no message that is dead"):
        run("dead", "resend", "zzz", "--db", database)
    with pytest.raises(click.UsageError, match="--all"):
        run("dead", "resend", "--db", database)
    assert "1 message waits again" in run("dead", "resend", message.id[:8], "--db", database)
    assert "0 messages wait again" in run("dead", "resend", "--all", "--db", database)
