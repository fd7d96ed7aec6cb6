import logging
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fakes.certificates import Certificates, make_certificates
from fakes.mail_server import PASSWORD, USERNAME, MailServer, running_mail_server
from fakes.messages import AT, make_entry, make_group, make_message
from sekisho.alerts.channel import BrokenTargetError, Channel, RefusedError, TemporaryError
from sekisho.alerts.channels import ChannelSettings, open_channel, render_mail
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Message

SENT = datetime(2026, 11, 20, 10, 12, 0, tzinfo=UTC)
TO = "security@example.com"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


def opened(server: MailServer, *, seconds: Any = 10, secret: Any = PASSWORD, **more: Any) -> Channel:
    table = {"name": "t", "type": "mail", "host": server.host, "port": server.port, "from": "Sekisho <a@example.com>"}
    settings: Any = msgspec.convert({"to": [TO], **table, **more}, ChannelSettings)  # type: ignore[type-var,unused-ignore]
    patience = timedelta(seconds=seconds)
    return open_channel(settings, environment={"PASSWORD": secret}, now=lambda: SENT, patience=patience)


def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(make_message())
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


LOGIN = {"username": USERNAME, "password": "env:PASSWORD"}


# --- on the way


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_goes_encrypted_to_who_knows_the_password(certificates: Certificates, tls: Any) -> None:
    with running_mail_server(certificates, tls=tls, asks_for_login=True) as server:
        opened(server, tls=tls, **{"ca-file": str(certificates.ca_file)}, **LOGIN).send(make_message())

    (mail,) = server.got
    assert (mail.sender, mail.recipients) == ("a@example.com", (TO,))
    assert (mail.was_encrypted, mail.login) == (True, USERNAME)


def test_a_server_without_tls_gets_nothing(server: MailServer) -> None:
    error = failure(opened(server))

    assert isinstance(error, BrokenTargetError)
    assert "STARTTLS" in str(error)
    assert server.got == []


def test_a_server_without_tls_gets_mail_where_that_was_asked_for(server: MailServer) -> None:
    opened(server, insecure=True).send(make_message())

    assert [one.was_encrypted for one in server.got] == [False]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(certificates: Certificates, tls: Any) -> None:
    with running_mail_server(certificates, tls=tls) as server:
        error = failure(opened(server, tls=tls, **LOGIN))

    assert isinstance(error, BrokenTargetError)
    assert "is not trusted" in str(error)
    assert server.got == []


def test_a_server_that_does_not_know_the_password_is_told_of(certificates: Certificates) -> None:
    with running_mail_server(certificates, asks_for_login=True) as server:
        error = failure(opened(server, secret="wrong", **{"ca-file": str(certificates.ca_file)}, **LOGIN))

    assert isinstance(error, BrokenTargetError)
    assert "refuses logging in: 535" in str(error)


def test_a_server_that_asks_for_a_password_says_so(certificates: Certificates) -> None:
    with running_mail_server(certificates, asks_for_login=True) as server:
        error = failure(opened(server, **{"ca-file": str(certificates.ca_file)}))

    assert isinstance(error, BrokenTargetError)
    assert "530 5.7.0 Authentication required" in str(error)


def test_a_server_that_is_not_there_may_come_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert "Connection refused" in str(failure(opened(MailServer(port), insecure=True)))


@pytest.mark.parametrize("greeting", [b"", b"220 mail.test ready\r\n"], ids=["at once", "after its greeting"])
def test_a_server_that_falls_silent_is_given_up(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = threading.Event()

        def greet() -> None:
            with silent.accept()[0] as connection:
                connection.sendall(greeting)
                done.wait(10)

        thread = threading.Thread(target=greet)
        thread.start()
        error = failure(opened(MailServer(silent.getsockname()[1]), seconds=0.2, insecure=True))
        done.set()
        thread.join()

    assert isinstance(error, TemporaryError)
    assert "took longer than 0.2 seconds" in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 try again later", TemporaryError), ("452 too much mail", TemporaryError),
        ("550 no such thing", RefusedError), ("554 looks like spam", RefusedError), ("552 too long", RefusedError),
    ],
)  # fmt: skip
def test_what_the_server_says_to_a_mail_is_told(server: MailServer, answer: str, kind: type[DeliveryError]) -> None:
    server.answer = answer

    error = failure(opened(server, insecure=True))
    assert type(error) is kind
    assert f"refuses the mail: {answer}" in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("450 greylisted", TemporaryError), ("550 no such user", BrokenTargetError), ("551 gone", BrokenTargetError)],
)
def test_what_the_server_says_to_all_recipients_is_told(
    server: MailServer, answer: str, kind: type[DeliveryError]
) -> None:
    server.refusals = {TO: answer}

    error = failure(opened(server, insecure=True))
    assert type(error) is kind
    assert f"refuses all recipients: {answer}" in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("450 later", TemporaryError), ("553 sender not allowed", BrokenTargetError),
        ("552 message too long", RefusedError),
    ],
)  # fmt: skip
def test_what_the_server_says_to_the_sender_is_told(server: MailServer, answer: str, kind: type[DeliveryError]) -> None:
    server.sender_answer = answer

    assert type(failure(opened(server, insecure=True))) is kind


def test_of_several_recipients_those_who_can_be_reached_are(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refusals = {"gone@example.com": "550 no such user"}
    channel = opened(server, insecure=True, to=[TO, "gone@example.com", "Other <other@example.com>"])

    with caplog.at_level(logging.WARNING):
        channel.send(make_message())

    assert server.got[0].recipients == (TO, "other@example.com")
    assert caplog.records[-1].__dict__["fields"]["refused"] == {"gone@example.com": 550}


def test_some_who_may_be_reached_later_are_waited_for_where_nobody_can_be_now(server: MailServer) -> None:
    server.refusals = {TO: "550 no such user", "busy@example.com": "450 busy"}

    error = failure(opened(server, insecure=True, to=[TO, "busy@example.com"]))

    assert isinstance(error, TemporaryError)


# --- what is in it


def delivered(server: MailServer, message: Message) -> Any:
    opened(server, insecure=True).send(message)
    return server.got[-1]


def test_mail_says_what_it_is_in_its_headers(server: MailServer) -> None:
    mail = delivered(server, make_message()).message

    assert mail["Subject"] == "[HIGH] alice made an access key for bob"
    assert mail["From"] == "Sekisho <a@example.com>"
    assert mail["To"] == TO
    assert mail["Date"].datetime == SENT
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert mail["Message-ID"] == f"<{make_message().id}@example.com>"


def test_a_repeat_has_the_same_id_and_what_is_about_the_same_the_same_thread(server: MailServer) -> None:
    first, repeat = (delivered(server, make_message()).message for _ in range(2))
    update = delivered(server, make_message(id="another", is_resolved=True)).message
    other = delivered(server, make_message(id="third", dedup_key="another thing")).message

    assert first["Message-ID"] == repeat["Message-ID"] != update["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == update["References"] != other["References"]
    assert update["Subject"] == "[RESOLVED] alice made an access key for bob"
    assert "Importance" not in update


def test_text_and_html_say_the_same_with_times_in_the_zone_and_in_utc(server: MailServer) -> None:
    mail = delivered(server, make_message())

    told = "2026-11-20 19:11:12 JST (2026-11-20 10:11:12 UTC)"
    text, html = mail.text(), mail.text("html")
    for part in (text, html):
        assert f"Since {told} bob has two." in part
        for word in ("alice (IAM user)", "203.0.113.7", "What to do", "access-key-created", "cloudtrailv2"):
            assert word in part
    assert "Who: alice (IAM user)\n" in text
    assert f"When: {told}\n" in text
    assert re.search(r"<th[^>]*>Who</th><td>alice \(IAM user\)</td>", html)


def test_mail_tells_all_of_several_events(server: MailServer) -> None:
    mail = delivered(server, make_group(3))

    for part in (mail.text(), mail.text("html")):
        assert [f"alice made key {one}" in part for one in range(3)] == [True] * 3


def test_mail_in_japanese_arrives_as_such(server: MailServer) -> None:
    entry = make_entry(title=("アクセスキーが作成されました",))

    mail = delivered(server, make_message(entries=(entry,), language="ja", is_late=True))

    assert mail.message["Subject"] == "[高] アクセスキーが作成されました"
    assert "対応:" in mail.text()
    assert "遅れて検出" in mail.text("html")
    assert '<html lang="ja">' in mail.text("html")


def test_a_line_of_a_single_dot_does_not_end_the_mail(server: MailServer) -> None:
    mail = delivered(server, make_message(entries=(make_entry(text=("before\n.\nafter",)),)))

    assert "  before\n  .\n  after" in mail.text()


def test_a_subject_that_is_written_as_an_encoded_word_stays_one_line() -> None:
    title = ("=?utf-8?q?=0D=0ABcc:_mallory=40evil.example?=",)
    mail = render_mail(
        make_message(title=title, entries=(make_entry(title=title),)), sender="a@b.c", recipients=("d@e.f",), at=AT
    )

    assert b"\r\nBcc" not in mail.as_bytes()
    assert b"Subject: [HIGH] = ?utf-8?q?=0D=0ABcc:_mallory=40evil.example?=\r\n" in mail.as_bytes()
