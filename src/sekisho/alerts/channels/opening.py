"""From the settings of a target to the channel that sends to it."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import assert_never

from sekisho.alerts.channel import Channel
from sekisho.alerts.channels.apprise_service import AppriseChannel
from sekisho.alerts.channels.aws import AwsClients, aws_clients
from sekisho.alerts.channels.eventbridge import EventBridgeChannel
from sekisho.alerts.channels.http import PATIENCE, Endpoint, trusting
from sekisho.alerts.channels.mail import PATIENCE as MAIL_PATIENCE
from sekisho.alerts.channels.mail import MailChannel
from sekisho.alerts.channels.pagerduty import PagerDutyChannel
from sekisho.alerts.channels.references import resolved
from sekisho.alerts.channels.security_hub import SecurityHubChannel
from sekisho.alerts.channels.settings import (
    AmazonQSettings,
    AppriseSettings,
    ChannelSettings,
    EventBridgeSettings,
    MailSettings,
    PagerDutySettings,
    SecurityHubSettings,
    SlackSettings,
    SnsSettings,
    TeamsSettings,
    WebhookSettings,
)
from sekisho.alerts.channels.slack import SlackBot, SlackWebhook
from sekisho.alerts.channels.sns import SnsChannel
from sekisho.alerts.channels.teams import TeamsChannel
from sekisho.alerts.channels.texts import line
from sekisho.alerts.channels.webhook import WebhookChannel
from sekisho.keys import Secret


def _now() -> datetime:
    return datetime.now(UTC)


def open_channel(
    settings: ChannelSettings,
    *,
    environment: Mapping[str, str] = os.environ,
    clients: AwsClients = aws_clients,
    now: Callable[[], datetime] = _now,
    patience: timedelta | None = None,
) -> Channel:
    """Return what sends to a target. Nothing is connected to before the first message.

    Args:
        settings: of the target.
        environment: where secrets given as `env:NAME` are, and the proxies.
        clients: makes the clients of AWS.
        now: the time, for signatures and dates.
        patience: how long one message may take; None for what the channel has by itself.

    Raises:
        TargetError: a secret is not where it is said to be, or something of the settings cannot be used.
    """
    opening = _Opening(settings.name, environment, patience or PATIENCE)
    match settings:
        case SlackSettings():
            return opening.slack(settings)
        case TeamsSettings(url=url):
            return TeamsChannel(opening.fixed(opening.secret(url, "url"), "url"))
        case PagerDutySettings(routing_key=key, url=url):
            what = opening.what("routing-key")
            return PagerDutyChannel(opening.fixed(Secret(url), "url"), opening.secret(key, "routing-key"), what=what)
        case WebhookSettings():
            return opening.webhook(settings, now)
        case MailSettings():
            return opening.mail(settings, now, patience or MAIL_PATIENCE)
        case AppriseSettings(url=url):
            return AppriseChannel(opening.secret(url, "url"), what=opening.what("url"))
        case _:
            return _in_aws(settings, clients)


def _in_aws(
    settings: SnsSettings | AmazonQSettings | EventBridgeSettings | SecurityHubSettings, clients: AwsClients
) -> Channel:
    match settings:
        case SnsSettings(topic_arn=topic):
            return SnsChannel(topic, clients)
        case AmazonQSettings(topic_arn=topic):
            return SnsChannel(topic, clients, for_amazon_q=True)
        case EventBridgeSettings(event_bus=event_bus, region=region):
            return EventBridgeChannel(event_bus, region, clients)
        case SecurityHubSettings(region=region, account=account):
            return SecurityHubChannel(region, account, clients)
        case _:
            assert_never(settings)


class _Opening:
    """What the channels of one target need while they are opened."""

    def __init__(self, name: str, environment: Mapping[str, str], patience: timedelta) -> None:
        self._name = name
        self._environment = environment
        self._patience = patience

    def what(self, key: str) -> str:
        """Return how messages call a setting."""
        return f"`{key}` of target `{line(self._name)}`"

    def secret(self, text: str, key: str) -> Secret:
        """Return what a reference leads to, or a URL that was written out."""
        return resolved(text, self._environment, what=self.what(key))

    def fixed(self, url: Secret, key: str) -> Endpoint:
        """Return the endpoint of a service, which the proxy of the environment may stand before."""
        return Endpoint(
            url,
            what=self.what(key),
            allow_private=True,
            may_be_plain=False,
            proxies=self._environment,
            patience=self._patience,
        )

    def slack(self, settings: SlackSettings) -> Channel:
        """Return the channel for a webhook, or for a bot."""
        if settings.url is not None:
            return SlackWebhook(self.fixed(self.secret(settings.url, "url"), "url"))
        endpoint = self.fixed(Secret(settings.api_url), "api-url")
        return SlackBot(endpoint, self.secret(settings.token or "", "token"), settings.channel or "")

    def mail(self, settings: MailSettings, now: Callable[[], datetime], patience: timedelta) -> MailChannel:
        """Return the channel for a mail server."""
        password = None if settings.password is None else self.secret(settings.password, "password")
        tls = trusting(settings.ca_file, what=self.what("ca-file"))
        return MailChannel(settings, password=password, tls=tls, now=now, patience=patience)

    def webhook(self, settings: WebhookSettings, now: Callable[[], datetime]) -> WebhookChannel:
        """Return the channel for a webhook, which may be anywhere and is looked at before it is connected to."""
        secret, authorization = settings.secret, settings.authorization
        endpoint = Endpoint(
            self.secret(settings.url, "url"),
            what=self.what("url"),
            allow_private=settings.allow_private,
            may_be_plain=settings.allow_private,
            proxies=self._environment if settings.via_proxy else {},
            ca_file=settings.ca_file,
            patience=self._patience,
        )
        return WebhookChannel(
            endpoint,
            secret=None if secret is None else self.secret(secret, "secret"),
            authorization=None if authorization is None else self.secret(authorization, "authorization"),
            now=now,
        )
