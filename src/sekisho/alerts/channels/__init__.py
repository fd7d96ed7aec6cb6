"""Every kind of target that a message can be sent to: how it is written there, and how it gets there.

A renderer turns a message into what its channel takes, within all its limits, and with nothing in it that acts on the
reader's side; it does no I/O. A channel sends that, once, and tells what an answer means. This layer does not know
where messages come from, nor when they are tried again.
"""

from sekisho.alerts.channels.apprise_service import render_apprise
from sekisho.alerts.channels.aws import AwsClients, aws_clients
from sekisho.alerts.channels.eventbridge import render_eventbridge
from sekisho.alerts.channels.mail import render_mail
from sekisho.alerts.channels.opening import open_channel
from sekisho.alerts.channels.pagerduty import render_pagerduty
from sekisho.alerts.channels.security_hub import Product, render_security_hub
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
from sekisho.alerts.channels.slack import render_slack
from sekisho.alerts.channels.sns import render_amazon_q, render_sns
from sekisho.alerts.channels.teams import render_teams
from sekisho.alerts.channels.webhook import render_webhook, sign

__all__ = [
    "AmazonQSettings",
    "AppriseSettings",
    "AwsClients",
    "ChannelSettings",
    "EventBridgeSettings",
    "MailSettings",
    "PagerDutySettings",
    "Product",
    "SecurityHubSettings",
    "SlackSettings",
    "SnsSettings",
    "TeamsSettings",
    "WebhookSettings",
    "aws_clients",
    "open_channel",
    "render_amazon_q",
    "render_apprise",
    "render_eventbridge",
    "render_mail",
    "render_pagerduty",
    "render_security_hub",
    "render_slack",
    "render_sns",
    "render_teams",
    "render_webhook",
    "sign",
]
