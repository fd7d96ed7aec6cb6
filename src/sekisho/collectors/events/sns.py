"""Events that SNS posts to us. Anybody can post; what counts is a signature of SNS's, of a topic that we expect.

Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages", "HTTP/HTTPS subscription
confirmation JSON format" and "Amazon SNS message delivery retries".
"""

import binascii
import re
import threading
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.events.bodies import Body, Unusable, read_notification
from sekisho.collectors.events.certificates import CertificateError, Certificates, Fetch
from sekisho.collectors.events.envelopes import parse_object
from sekisho.collectors.events.errors import UnusableError
from sekisho.collectors.events.intake import Batch, Observe, Recovered, Take, Trouble, unobserved
from sekisho.collectors.fetching import fetch_url
from sekisho.findings import StoreError

FRESH: Final = timedelta(hours=1)
"""How far the time of a message may be from ours. SNS tries for a quarter of an hour."""

_TOPIC: Final = re.compile(
    r"arn:(?P<partition>aws[\w-]*):sns:(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[\w-]{1,256}(?:\.fifo)?",
    re.ASCII,
)
_FILE: Final = re.compile(r"/[A-Za-z0-9_-]{1,200}\.pem")

_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
"""What is signed of each type, in this order; a subject only where there is one."""

_HASHES: Final[Mapping[str, Callable[[], HashAlgorithm]]] = {
    "1": SHA1,  # what topics do unless they are told otherwise
    "2": SHA256,
}


class RefusedError(CollectError):
    """What was posted is not what SNS sends of a topic that is expected. The message is for us, not for who posted."""


class NotNowError(CollectError):
    """What was posted cannot be checked or kept now; SNS posts it again."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A message of SNS's, whose form is right. Whether it is SNS's is another question."""

    type: str
    id: str
    topic: str
    at: datetime
    text: str
    host: str
    names: tuple[str, ...]
    certificate: str
    version: str
    signature: bytes
    signed: bytes
    subscribe_url: str


class SnsIntake:
    """The topics whose messages are taken. Safe to share between threads.

    Attributes:
        name: how people are told of it.
        topics: the ARNs of the topics.
    """

    name = "SNS over HTTP"

    def __init__(
        self,
        topics: Collection[str],
        *,
        certificates: Certificates | None = None,
        confirm: Fetch = fetch_url,
        observe: Observe = unobserved,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Expect messages of some topics.

        Args:
            topics: their ARNs.
            certificates: what messages are checked with.
            confirm: how a subscription is confirmed: by getting what is at a URL.
            observe: told of what comes in, and of what goes wrong with messages of these topics.
            clock: UTC.

        Raises:
            CollectError: one is no ARN of a topic.
        """
        for topic in topics:
            if not _TOPIC.fullmatch(topic):
                raise CollectError(
                    f"`{shown(topic)}` is no ARN of a topic; write for example "
                    "`arn:aws:sns:us-east-1:111122223333:sekisho-events`"
                )
        self.topics = frozenset(topics)
        self._certificates = certificates or Certificates()
        self._confirm = confirm
        self._observe = observe
        self._clock = clock
        self._seen: OrderedDict[str, datetime] = OrderedDict()
        self._noting = threading.Lock()
        self._is_troubled = False

    def receive(self, body: bytes, take: Take, *, is_raw: bool = False) -> None:
        """Take what is in a message, or confirm a subscription. What came before changes nothing.

        Args:
            body: of the request.
            take: keeps events.
            is_raw: whether the request says that the body is the message alone, which nobody has signed.

        Raises:
            RefusedError: it is nothing that is expected, or not SNS's.
            NotNowError: it may be, but that cannot be found out now, or it cannot be kept.
        """
        if is_raw:
            raise RefusedError("the message is raw, so that nobody has signed it; turn raw message delivery off")
        now = self._clock()
        message = self._read(body, now)
        self._verify(message, now)
        if self._has_seen(message, now):
            return
        match message.type:
            case "Notification":
                self._take(message, take, now)
            case "SubscriptionConfirmation":
                self._subscribe(message)
            case _:
                text = f"the subscription of this server to `{message.topic}` was ended; subscribe it again"
                self._observe(self.name, Trouble(text))
        with self._noting:
            self._seen[message.id] = now

    def _read(self, body: bytes, now: datetime) -> _Message:
        """Read a message, and refuse what can be refused without asking anybody."""
        try:
            value = parse_object(body.decode())
        except (UnicodeDecodeError, UnusableError) as error:
            raise RefusedError("it is no message of SNS's") from error
        signed = _SIGNED.get(_text(value, "Type"))
        topic = _text(value, "TopicArn")
        found = _TOPIC.fullmatch(topic)
        if signed is None or found is None:
            raise RefusedError("it is no message of SNS's")
        if topic not in self.topics:
            raise RefusedError(f"the topic `{shown(topic)}` is not expected")
        at = _time(_text(value, "Timestamp"))
        if at is None or abs(now - at) > FRESH:
            raise RefusedError("it is more than an hour old, or from the future; check the clock")
        host = f"sns.{found['region']}.amazonaws.com{'.cn' if found['partition'] == 'aws-cn' else ''}"
        certificate = _text(value, "SigningCertURL")
        if not certificate.startswith(f"https://{host}/") or not _FILE.fullmatch(certificate, len(f"https://{host}")):
            raise RefusedError(f"`{shown(certificate)}` is no place of SNS's certificates in the topic's Region")
        if _text(value, "SignatureVersion") not in _HASHES:
            raise RefusedError("it is signed in a way that is not known")
        return _Message(
            type=_text(value, "Type"),
            id=_text(value, "MessageId"),
            topic=topic,
            at=at,
            text=_text(value, "Message"),
            host=host,
            names=_names(found["partition"], found["region"]),
            certificate=certificate,
            version=_text(value, "SignatureVersion"),
            signature=_signature(_text(value, "Signature")),
            signed=_string_to_sign(value, signed),
            subscribe_url=_subscribe_url(value, host) if signed is _CONFIRMATION else "",
        )

    def _verify(self, message: _Message, now: datetime) -> None:
        try:
            key = self._certificates.public_key(message.certificate, message.names, now)
        except CertificateError as error:
            raise RefusedError(str(error)) from error
        except CollectError as error:
            text = f"the certificate of `{message.topic}` cannot be had: {error}; this server has to reach it"
            raise self._trouble(text) from error
        try:
            key.verify(message.signature, message.signed, PKCS1v15(), _HASHES[message.version]())
        except InvalidSignature as error:
            raise RefusedError("its signature is not SNS's") from error
        except UnsupportedAlgorithm as error:
            text = f"this machine does not check signatures of version 1; set SignatureVersion 2 on `{message.topic}`"
            raise self._trouble(text) from error

    def _has_seen(self, message: _Message, now: datetime) -> bool:
        with self._noting:
            while self._seen and now - next(iter(self._seen.values())) > 2 * FRESH:
                self._seen.popitem(last=False)
            return message.id in self._seen

    def _take(self, message: _Message, take: Take, now: datetime) -> None:
        body = read_notification(message.text, "sns", now)
        if isinstance(body, Body) and body.files:
            body = Unusable("it tells of log files, which are read only where a queue tells of them")
        if isinstance(body, Unusable):
            self._observe(self.name, Batch(received=1, taken=0, unusable=(body,)))
            return
        try:
            taken = take(body.events) if body.events else 0
        except StoreError as error:
            raise self._trouble(str(error)) from error
        if self._is_troubled:
            self._is_troubled = False
            self._observe(self.name, Recovered())
        ages = tuple(now - event.at for event in body.events)
        self._observe(self.name, Batch(1, taken, heartbeats=body.heartbeats, waited=(now - message.at,), ages=ages))

    def _subscribe(self, message: _Message) -> None:
        try:
            self._confirm(message.subscribe_url)
        except CollectError as error:
            text = f"the subscription to `{message.topic}` cannot be confirmed: {error}"
            raise self._trouble(text) from error

    def _trouble(self, text: str) -> NotNowError:
        """Tell of trouble, once until it is over, and return the error for who posted."""
        if not self._is_troubled:
            self._is_troubled = True
            self._observe(self.name, Trouble(text))
        return NotNowError(text)


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise RefusedError(f"`{name}` is no text")
    return found or ""


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def _signature(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("its signature is none") from error


def _string_to_sign(value: Mapping[str, Any], names: tuple[str, ...]) -> bytes:
    """Return what SNS signs: each member and its value, a line each."""
    parts = [(name, _text(value, name)) for name in names if value.get(name) is not None]
    missing = set(names) - {name for name, _ in parts} - {"Subject"}
    if missing:
        raise RefusedError(f"it lacks {', '.join(sorted(missing))}")
    return "".join(f"{name}\n{text}\n" for name, text in parts).encode(errors="surrogatepass")


def _subscribe_url(value: Mapping[str, Any], host: str) -> str:
    """Return where a subscription is confirmed, if that is all that is done there."""
    url = _text(value, "SubscribeURL")
    base, _, query = url.partition("?")
    asked = {"Action": "ConfirmSubscription", "TopicArn": value["TopicArn"], "Token": _text(value, "Token")}
    if base != f"https://{host}/" or "#" in query or sorted(parse_qsl(query)) != sorted(asked.items()):
        raise RefusedError(f"`{shown(url)}` confirms no subscription to the topic")
    return url


def _names(partition: str, region: str) -> tuple[str, ...]:
    """Return the names that SNS's certificate may have in a Region; it is one for many Regions in most cases.

    Source: AWS SDK for Java 2.x, SNS message manager, on the common names of signing certificates.
    """
    match partition:
        case "aws-cn":
            return (f"sns-{region}.amazonaws.com.cn", "sns.amazonaws.com.cn", f"sns.{region}.amazonaws.com.cn")
        case "aws-us-gov":
            return ("sns-us-gov-west-1.amazonaws.com", f"sns.{region}.amazonaws.com")
        case _:
            return ("sns.amazonaws.com", f"sns-signing.{region}.amazonaws.com", f"sns.{region}.amazonaws.com")
