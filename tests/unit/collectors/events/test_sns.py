"""What is believed of what is posted: what SNS has signed, of a topic that is expected, and nothing else."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors import CollectError
from sekisho.collectors.events import Batch, NotNowError, Recovered, RefusedError, SnsIntake, Trouble
from sekisho.collectors.events.certificates import MOST_FETCHED, Certificates, _trusted_roots
from sekisho.findings import StoreError
from unit.collectors.events.samples import KEY, NOW, envelope, s3_notice, text
from unit.collectors.events.signing import (
    BETWEEN,
    CONFIRM,
    CURVE_KEY,
    HOST,
    ISSUER,
    KEYS,
    LEAF,
    PEM,
    ROOT,
    TOPIC,
    Web,
    certificate,
    confirmation,
    leaf,
    notification,
    signed,
    web,
)


@dataclass
class Post:
    """Who posts to us, what becomes of it, and what time it is."""

    web: Web = field(default_factory=web)
    topics: Sequence[str] = (TOPIC,)
    later: timedelta = timedelta(0)
    fails: list[Exception] = field(default_factory=list[Exception])
    taken: list[IncomingEvent] = field(default_factory=list[IncomingEvent])
    reports: list[Batch | Trouble | Recovered] = field(default_factory=list[Batch | Trouble | Recovered])

    def __post_init__(self) -> None:
        self.intake = SnsIntake(
            self.topics,
            certificates=Certificates(self.web.fetch, [ROOT]),
            confirm=self.web.fetch,
            observe=lambda _, report: self.reports.append(report),
            clock=lambda: NOW + self.later,
        )

    def take(self, events: Sequence[IncomingEvent]) -> int:
        if self.fails:
            raise self.fails.pop(0)
        self.taken.extend(events)
        return len(events)

    def post(self, message: object, *, is_raw: bool = False) -> None:
        body = message if isinstance(message, bytes) else text(message).encode()
        self.intake.receive(body, self.take, is_raw=is_raw)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{"Subject": "An event"}, {}], ids=["with a subject", "without one"])
def test_what_sns_has_signed_is_taken(version: str, subject: dict[str, str]) -> None:
    message = {name: value for name, value in notification(SignatureVersion=version).items() if name != "Subject"}
    post = Post()
    post.post(signed({**message, **subject}))

    (event,) = post.taken
    assert (event.id, event.intake, event.envelope) == ("1", "sns", text(envelope("1")))
    (batch,) = post.reports
    assert isinstance(batch, Batch)
    assert (batch.received, batch.taken, batch.waited) == (1, 1, (timedelta(0),))


def test_line_ends_and_letters_of_all_kinds_are_signed_as_they_are() -> None:
    post = Post()
    post.post(signed(notification(json.dumps({**envelope("1"), "note": "é\n\\n\U0001f512"}, ensure_ascii=False))))

    assert len(post.taken) == 1


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature"])
@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda value: value + " ", id="something added"),
        pytest.param(lambda value: value[:-1], id="something cut off"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: None, id="null"),
        pytest.param(lambda _: 7, id="a number"),
        pytest.param(lambda value: {"x": value}, id="an object"),
    ],
)
def test_nothing_that_is_signed_can_be_changed(name: str, tamper: Callable[[Any], Any]) -> None:
    post = Post(topics=[TOPIC, TOPIC[:-1]])
    message = signed(notification())

    with pytest.raises(RefusedError):
        post.post({**message, name: tamper(message[name])})
    assert post.taken == []


@pytest.mark.parametrize("name", ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
def test_nothing_of_a_confirmation_can_be_changed_or_left_out(name: str) -> None:
    post = Post(topics=[TOPIC, f"{TOPIC}x"])
    message = signed(confirmation())

    for wrong in ({**message, name: f"{message[name]}x"}, {one: message[one] for one in message if one != name}):
        with pytest.raises(RefusedError):
            post.post(wrong)
    assert CONFIRM not in post.web.asked


def test_a_notification_does_not_pass_for_a_confirmation_nor_the_other_way_round() -> None:
    post = Post()

    with pytest.raises(RefusedError):
        post.post({**signed(notification()), "Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": CONFIRM})
    with pytest.raises(RefusedError):
        post.post({**signed(confirmation()), "Type": "Notification"})


@pytest.mark.parametrize(
    "url",
    [
        PEM.replace("https", "http"),
        PEM.replace(".amazonaws.com", ".amazonaws.com.example.org"),
        PEM.replace("sns.", "sns.evil."),
        PEM.replace("sns.eu-west-1", "sns.us-east-1"),
        PEM.replace("sns.eu-west-1", "s3.eu-west-1"),
        PEM.replace("sns.eu-west-1.amazonaws", "snsXeu-west-1Xamazonaws"),
        PEM.replace("https://", "https://user@"),
        PEM.replace("https://", "https://evil.org\\@"),
        PEM.replace(".com/", ".com:8443/"),
        PEM.replace(".com/", ".com.cn/"),
        PEM.replace(".com/", ".com/../"),
        PEM.replace(".pem", ".crt"),
        f"{PEM}?x",
        f"{PEM}#x",
        f"{PEM}\n",
        f"\n{PEM}",
        f"{HOST}/.pem",
        f"{HOST}/?Action=GetObject.pem",
        "",
    ],
)
def test_a_certificate_is_asked_for_nowhere_but_at_sns(url: str) -> None:
    post = Post()

    with pytest.raises(RefusedError, match="no place of SNS's certificates"):
        post.post(signed(notification(SigningCertURL=url)))
    assert post.web.asked == []


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("arn:aws:sns:ap-east-1:111122223333:t", "sns-signing.ap-east-1.amazonaws.com"),
        ("arn:aws:sns:us-east-1:111122223333:t", "sns.us-east-1.amazonaws.com"),
        ("arn:aws-us-gov:sns:us-gov-east-1:111122223333:t", "sns-us-gov-west-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:111122223333:t", "sns-cn-north-1.amazonaws.com.cn"),
    ],
)
def test_regions_have_certificates_of_their_own_names(topic: str, name: str) -> None:
    ending = ".com.cn" if topic.startswith("arn:aws-cn:") else ".com"
    url = f"https://sns.{topic.split(':')[3]}.amazonaws{ending}/a.pem"
    there = web()
    there.pages[url] = leaf(names=(name,)).public_bytes(Encoding.PEM)
    post = Post(there, [topic])
    post.post(signed(notification(TopicArn=topic, SigningCertURL=url)))

    assert len(post.taken) == 1


OTHER_ROOT = certificate("Root CA 1", is_authority=True, key=KEYS[0], issuer_key=KEYS[0])


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(web(leaf(names=("sns.example.org",))), id="of another name"),
        pytest.param(web(leaf(names=("sns-signing.us-east-1.amazonaws.com",))), id="of another Region's name"),
        pytest.param(web(leaf(not_after=NOW - timedelta(seconds=1))), id="whose time is over"),
        pytest.param(web(leaf(not_before=NOW + timedelta(seconds=1))), id="whose time has not come"),
        pytest.param(web(leaf(issuer=OTHER_ROOT, issuer_key=KEYS[0])), id="whose issuer is not who he says"),
        pytest.param(web(leaf(issuer_key=KEYS[0])), id="that nobody has issued"),
        pytest.param(web(leaf(issuer_at=None)), id="that does not say who issued it"),
        pytest.param(web(leaf(issuer_at="http://evil.example.org/a.cer")), id="whose issuer is somewhere else"),
        pytest.param(web(leaf(issuer_at="http://169.254.169.254/a.cer")), id="whose issuer is in here"),
        pytest.param(web(leaf(issuer=ROOT, issuer_key=KEYS[0], issuer_at=None)), id="with a root's name alone"),
        pytest.param(web(issuer=OTHER_ROOT), id="whose issuer is replaced"),
        pytest.param(web(leaf(key=CURVE_KEY)), id="with another kind of key"),
        pytest.param(web(BETWEEN), id="that issues others"),
        pytest.param(Web({PEM: b"<html>"}), id="that is none"),
        pytest.param(Web({PEM: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}), id="that is broken"),
        pytest.param(Web({PEM: b""}), id="that is empty"),
    ],
)
def test_a_certificate_does_not_count(there: Web) -> None:
    post = Post(there)

    with pytest.raises(RefusedError):
        post.post(signed(notification()))
    assert post.taken == []
    assert set(there.asked) <= {PEM, ISSUER}


def test_an_issuer_may_come_with_the_certificate() -> None:
    post = Post(web(LEAF, BETWEEN))
    post.web.pages.pop(ISSUER)
    post.post(signed(notification()))

    assert len(post.taken) == 1


def test_without_other_roots_those_count_that_amazon_has() -> None:
    names = {root.subject.rfc4514_string() for root in _trusted_roots()}

    assert {f"CN=Amazon Root CA {number},O=Amazon,C=US" for number in (1, 2, 3, 4)} <= names
    assert len(names) > 100


def test_a_certificate_is_fetched_once() -> None:
    post = Post()
    for number in range(3):
        post.post(signed(notification(MessageId=str(number))))

    assert post.web.asked == [PEM, ISSUER]


def test_a_certificate_that_is_kept_counts_no_longer_than_it_lasts() -> None:
    post = Post()
    post.post(signed(notification()))
    post.later = timedelta(days=31)
    time = (NOW + post.later).isoformat()

    with pytest.raises(RefusedError, match="the time of the certificate"):
        post.post(signed(notification(Timestamp=time, MessageId="2")))


def test_a_signature_by_another_key_is_none() -> None:
    post = Post()

    with pytest.raises(RefusedError, match="its signature is not SNS's"):
        post.post(signed(notification(), KEYS[1]))


def test_a_signature_of_one_version_does_not_pass_for_another() -> None:
    post = Post()

    with pytest.raises(RefusedError):
        post.post({**signed(notification()), "SignatureVersion": "1"})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({"TopicArn": f"{TOPIC}2"}, "is not expected", id="another topic"),
        pytest.param({"TopicArn": "sekisho"}, "no message of SNS's", id="no topic"),
        pytest.param({"SignatureVersion": "3"}, "a way that is not known", id="another version"),
    ],
)
def test_what_is_signed_and_yet_not_expected_is_refused(changed: dict[str, str], told: str) -> None:
    post = Post()

    with pytest.raises(RefusedError, match=told):
        post.post(signed(notification(**changed)))
    assert post.web.asked == []


@pytest.mark.parametrize("minutes", [-61, 61])
def test_a_message_of_another_time_is_refused(minutes: int) -> None:
    post = Post()

    with pytest.raises(RefusedError, match="more than an hour old, or from the future"):
        post.post(signed(notification(Timestamp=(NOW + timedelta(minutes=minutes)).isoformat())))


@pytest.mark.parametrize("time", ["2026-11-20T10:15:00", "yesterday"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(RefusedError):
        Post().post(signed(notification(Timestamp=time)))


def test_a_message_that_came_before_changes_nothing_for_as_long_as_it_would_count() -> None:
    post = Post()
    for minutes in (0, 1, 59):
        post.later = timedelta(minutes=minutes)
        post.post(signed(notification()))

    assert len(post.taken) == 1


def test_messages_are_forgotten_when_they_would_be_refused_anyway() -> None:
    post = Post()
    for hours in range(5):
        post.later = timedelta(hours=hours)
        post.post(signed(notification(MessageId=str(hours), Timestamp=(NOW + post.later).isoformat())))

    assert list(post.intake._seen) == ["2", "3", "4"]


def test_a_raw_message_is_refused_for_nobody_signed_it() -> None:
    with pytest.raises(RefusedError, match="turn raw message delivery off"):
        Post().post(envelope("1"), is_raw=True)


def test_an_event_without_sns_around_it_is_refused() -> None:
    with pytest.raises(RefusedError):
        Post().post(envelope("1"))


# --- what cannot be done now


def test_what_cannot_be_kept_now_is_taken_when_it_comes_again() -> None:
    post = Post(fails=[StoreError("the database is away")] * 2)
    for _ in range(2):
        with pytest.raises(NotNowError):
            post.post(signed(notification()))
    post.post(signed(notification()))

    assert len(post.taken) == 1
    assert post.reports[:2] == [Trouble("the database is away"), Recovered()]


def test_a_certificate_that_cannot_be_had_now_is_asked_for_again() -> None:
    post = Post()
    there = post.web.pages.pop(PEM)
    with pytest.raises(NotNowError):
        post.post(signed(notification()))
    post.web.pages[PEM] = there
    post.post(signed(notification()))

    assert len(post.taken) == 1
    assert "this server has to reach it" in str(post.reports[0])


def test_strangers_cannot_have_us_ask_for_as_many_certificates_as_they_like() -> None:
    post = Post()
    for number in range(MOST_FETCHED + 5):
        with pytest.raises(NotNowError):
            post.post(signed(notification(SigningCertURL=f"{HOST}/{number}.pem")))
    assert len(post.web.asked) == MOST_FETCHED

    post.later = timedelta(minutes=1, seconds=1)
    post.post(signed(notification()))
    assert len(post.taken) == 1


def test_nobody_waits_for_the_certificate_of_another() -> None:
    told: list[str] = []
    there = web()

    def fetch(url: str) -> bytes:
        if url == PEM and not told:
            with pytest.raises(CollectError, match="another certificate is being fetched") as caught:
                certificates.public_key(f"{HOST}/b.pem", ["sns.amazonaws.com"], NOW)
            told.append(str(caught.value))
        return there.fetch(url)

    certificates = Certificates(fetch, [ROOT])
    certificates.public_key(PEM, ["sns.amazonaws.com"], NOW)

    assert len(told) == 1


# --- subscriptions


def test_a_subscription_is_confirmed_once() -> None:
    post = Post()
    for _ in range(2):
        post.post(signed(confirmation()))

    assert post.web.asked == [PEM, ISSUER, CONFIRM]


@pytest.mark.parametrize(
    "url",
    [
        CONFIRM.replace("https", "http"),
        CONFIRM.replace("sns.eu-west-1", "sns.us-east-1"),
        CONFIRM.replace(".amazonaws.com", ".example.org"),
        CONFIRM.replace("https://", "https://user@"),
        CONFIRM.replace("/?", "/x?"),
        CONFIRM.replace("ConfirmSubscription", "DeleteTopic"),
        CONFIRM.replace(TOPIC, f"{TOPIC}2"),
        f"{CONFIRM}2",
        f"{CONFIRM}&Action=DeleteTopic",
        f"{CONFIRM}&AuthenticateOnUnsubscribe=true",
        f"{CONFIRM}#x",
        HOST,
        "",
    ],
)
def test_a_confirmation_leads_nowhere_else_even_when_it_is_signed(url: str) -> None:
    post = Post()

    with pytest.raises(RefusedError):
        post.post(signed(confirmation(SubscribeURL=url)))
    assert post.web.asked == []


def test_a_confirmation_that_fails_is_tried_when_it_comes_again() -> None:
    post = Post()
    post.web.pages[CONFIRM] = CollectError("away")
    with pytest.raises(NotNowError):
        post.post(signed(confirmation()))
    post.web.pages[CONFIRM] = b""
    post.post(signed(confirmation()))

    assert post.web.asked[-2:] == [CONFIRM, CONFIRM]


def test_the_end_of_a_subscription_is_told_and_not_undone() -> None:
    post = Post()
    post.post(signed(confirmation(Type="UnsubscribeConfirmation")))

    assert CONFIRM not in post.web.asked
    assert "was ended; subscribe it again" in str(post.reports)


# --- what is in messages


@pytest.mark.parametrize(
    "message",
    [pytest.param("good morning", id="no event"), pytest.param(text(s3_notice(KEY)), id="a notice of a file")],
)
def test_what_nobody_can_use_is_told_and_does_not_come_again(message: str) -> None:
    post = Post()
    post.post(signed(notification(message)))

    (batch,) = post.reports
    assert isinstance(batch, Batch)
    assert (batch.taken, len(batch.unusable)) == (0, 1)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.text(), st.text() | st.none()).map(text).map(str.encode)
)
def test_whatever_is_posted_is_refused_and_nothing_else_is_raised(body: bytes) -> None:
    with pytest.raises(RefusedError):
        Post().post(body)


@pytest.mark.parametrize("topic", ["", "sekisho", "arn:aws:sns:us-east-1:1:t", "arn:aws:sqs:us-east-1:111122223333:q"])
def test_what_is_no_topic_cannot_be_expected(topic: str) -> None:
    with pytest.raises(CollectError, match="is no ARN of a topic; write for example"):
        SnsIntake([topic])
