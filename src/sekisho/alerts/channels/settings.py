"""What a table `[[alerts.target]]` of `sekisho.toml` may hold: a shape for each type of target.

`msgspec.convert(table, ChannelSettings)` reads one; keys are in kebab-case, and unknown ones are refused.
"""

import re
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from sekisho.alerts.channel import TargetSettings
from sekisho.alerts.channels.references import is_reference

SLACK_API: Final = "https://slack.com/api/chat.postMessage"
PAGERDUTY_API: Final = "https://events.pagerduty.com/v2/enqueue"

_ADDRESS: Final = re.compile(r"(?:[^<>@,;\x00-\x1f\x7f]*<)?[\x21-\x7e]+@[A-Za-z0-9.\-]+>?")
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_BUS: Final = re.compile(
    r"arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[/.A-Za-z0-9_-]{1,256}|[/.A-Za-z0-9_-]{1,256}"
)
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_HOST: Final = re.compile(r"[A-Za-z0-9.:\-]{1,253}")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class _Shown(TargetSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Settings that show nothing but the name: a URL among them may be a secret."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, ...)"


class SlackSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="slack"):
    """Slack, by an incoming webhook or by a bot.

    Attributes:
        url: of the incoming webhook; a reference, or written out.
        token: of the bot, by reference, in place of a webhook.
        channel: the id of the channel, or its name, for the bot.
        api_url: of `chat.postMessage`; another one for GovSlack.
    """

    url: str | None = None
    token: str | None = None
    channel: str | None = None
    api_url: str = SLACK_API

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if (self.url is None) == (self.token is None):
            raise ValueError("name either `url` (an incoming webhook) or `token` and `channel` (a bot)")
        if (self.token is None) != (self.channel is None):
            raise ValueError("`token` and `channel` go together")
        if self.url is not None:
            _check_url_or_reference(self.url, "url")
        if self.token is not None:
            _check_reference(self.token, "token")
        if self.channel is not None and re.fullmatch(r"\S{1,80}", self.channel) is None:
            raise ValueError("`channel` is the id or the name of one channel")
        _check_url(self.api_url, "api-url")


class TeamsSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="teams"):
    """Microsoft Teams, by a workflow that posts to a channel or chat when a webhook request is received.

    Attributes:
        url: of the workflow; a reference, or written out.
    """

    url: str

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_url_or_reference(self.url, "url")


class PagerDutySettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="pagerduty"):
    """A service of PagerDuty, by Events API v2.

    Attributes:
        routing_key: the integration key, by reference.
        url: `https://events.eu.pagerduty.com/v2/enqueue` for accounts in the EU.
    """

    routing_key: str
    url: str = PAGERDUTY_API

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_reference(self.routing_key, "routing-key")
        _check_url(self.url, "url")


class WebhookSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="webhook"):
    """Any program that takes a POST.

    Attributes:
        url: a reference, or written out.
        secret: what messages are signed with, by reference; None for no signature.
        authorization: the value of the header `Authorization`, by reference.
        allow_private: whether the address may be a private one, and the URL begin with `http://`.
        via_proxy: whether the proxy of the environment is used, which then decides what may be reached.
        ca_file: a file of certificates to trust, in place of the system's.
    """

    url: str
    secret: str | None = None
    authorization: str | None = None
    allow_private: bool = False
    via_proxy: bool = False
    ca_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_url_or_reference(self.url, "url", may_be_plain=self.allow_private)
        for key, value in (("secret", self.secret), ("authorization", self.authorization)):
            if value is not None:
                _check_reference(value, key)
        if self.allow_private and self.via_proxy:
            raise ValueError("with `via-proxy` the proxy decides what may be reached; leave `allow-private` out")


class MailSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="mail"):
    """Mail, through an SMTP server.

    Attributes:
        host: of the server.
        port: None for 587, or for 465 with `tls` = `implicit`, or for 25 with `insecure`.
        sender: `from`, an address with or without a name.
        recipients: `to`, one or more.
        username: with `password`, by reference; None where the server asks for none.
        tls: `starttls`, which has to succeed, or `implicit`.
        insecure: sends without TLS; everybody on the way can read and change it.
        ca_file: a file of certificates to trust, in place of the system's.
    """

    host: str
    sender: str = msgspec.field(name="from")
    recipients: tuple[str, ...] = msgspec.field(name="to")
    port: int | None = None
    username: str | None = None
    password: str | None = None
    tls: Literal["starttls", "implicit"] = "starttls"
    insecure: bool = False
    ca_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if _HOST.fullmatch(self.host) is None:
            raise ValueError("`host` is the name or the address of an SMTP server, without a port")
        if self.port is not None and not 0 < self.port < 1 << 16:
            raise ValueError("`port` is a number from 1 to 65535")
        if not self.recipients:
            raise ValueError("`to` names nobody")
        for address in (self.sender, *self.recipients):
            if _ADDRESS.fullmatch(address) is None or ("<" in address) != (">" in address):
                raise ValueError(f"`{ascii(address)[1:-1]}` is no address; write `alerts@example.com`")
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if self.password is not None:
            _check_reference(self.password, "password")
            if self.insecure:
                raise ValueError("a password is not sent without TLS; leave `insecure` or `password` out")


class SnsSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="sns"):
    """A topic of Amazon SNS, with text that its subscribers can read.

    Attributes:
        topic_arn: of a standard or a FIFO topic.
    """

    topic_arn: str

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_topic(self.topic_arn)


class AmazonQSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="amazon-q"):
    """Amazon Q Developer in chat applications, by a topic that it is subscribed to.

    Attributes:
        topic_arn: of the topic.
    """

    topic_arn: str

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_topic(self.topic_arn)


class EventBridgeSettings(
    _Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="eventbridge"
):
    """An event bus of Amazon EventBridge.

    Attributes:
        event_bus: its name or ARN; the name is in the Region given, or in that of the credentials.
        region: of a bus that is given by name.
    """

    event_bus: str = "default"
    region: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if _BUS.fullmatch(self.event_bus) is None:
            raise ValueError("`event-bus` is the name or the ARN of an event bus")
        _check_region(self.region)
        if self.event_bus.startswith("arn:") and self.region is not None:
            raise ValueError("the ARN of an event bus has its Region; leave `region` out")


class SecurityHubSettings(
    _Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="security-hub"
):
    """AWS Security Hub, as findings of the default product of an account.

    Attributes:
        region: None for that of the credentials.
        account: the one that sends; None to ask who that is.
    """

    region: str | None = None
    account: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_region(self.region)
        if self.account is not None and _ACCOUNT.fullmatch(self.account) is None:
            raise ValueError("`account` has twelve digits")


class AppriseSettings(_Shown, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", tag="apprise"):
    """One of the services that the library Apprise knows.

    Attributes:
        url: in Apprise's form, such as `ntfys://host/topic`; a reference, or written out.
    """

    url: str

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not is_reference(self.url) and "://" not in self.url:
            raise ValueError("`url` is a URL of Apprise, env:NAME or file:/path")


ChannelSettings: TypeAlias = (
    SlackSettings
    | TeamsSettings
    | PagerDutySettings
    | WebhookSettings
    | MailSettings
    | SnsSettings
    | AmazonQSettings
    | EventBridgeSettings
    | SecurityHubSettings
    | AppriseSettings
)
"""What any table `[[alerts.target]]` may hold; its key `type` says which."""


# --- checks; no message has a value in it that may be a secret


def _check_reference(text: str, key: str) -> None:
    if not is_reference(text):
        raise ValueError(f"`{key}` is a secret, which does not belong in this file; write env:NAME or file:/path")


def _check_url_or_reference(text: str, key: str, *, may_be_plain: bool = False) -> None:
    if not is_reference(text):
        _check_url(text, key, may_be_plain=may_be_plain)


def _check_url(text: str, key: str, *, may_be_plain: bool = False) -> None:
    if reason := url_fault(text, may_be_plain=may_be_plain):
        raise ValueError(f"`{key}` {reason}")


def url_fault(text: str, *, may_be_plain: bool = False) -> str | None:
    """Return why a text is not a URL to post to; None where it is one.

    Args:
        text: the URL; nothing of it is in the answer.
        may_be_plain: whether `http://` is all right for other hosts than this one.
    """
    if re.fullmatch(r"[\x21-\x7e]+", text) is None:
        return "is no URL: it is empty, or has spaces or characters beyond ASCII in it"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is no https URL"
    if parts.username is not None or parts.password is not None:
        return "has credentials before its host, which are sent to nobody; leave them out"
    if parts.scheme == "http" and not may_be_plain and parts.hostname not in _LOOPBACK:
        return "begins with http://, so that everybody on the way could read it; write https://"
    return None


def _check_topic(arn: str) -> None:
    if _TOPIC.fullmatch(arn) is None:
        raise ValueError("`topic-arn` is the ARN of a topic: `arn:aws:sns:REGION:ACCOUNT:NAME`")


def _check_region(region: str | None) -> None:
    if region is not None and _REGION.fullmatch(region) is None:
        raise ValueError("`region` is a Region, such as `eu-west-1`")
