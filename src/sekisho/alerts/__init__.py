"""Telling others of changes: events, and the targets that they are sent to."""

from sekisho.alerts.delivery import Delivery, deliver
from sekisho.alerts.errors import AlertsError, DeliveryError, TargetError
from sekisho.alerts.targets import EventTarget, FileTarget, HttpTarget, StreamTarget, parse_target

__all__ = [
    "AlertsError",
    "Delivery",
    "DeliveryError",
    "EventTarget",
    "FileTarget",
    "HttpTarget",
    "StreamTarget",
    "TargetError",
    "deliver",
    "parse_target",
]
