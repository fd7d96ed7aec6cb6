"""What can go wrong with telling others; messages are one line, for the person at the terminal."""


class AlertsError(Exception):
    """Nobody could be told."""


class TargetError(AlertsError):
    """A target is not written as one."""


class RuleError(AlertsError):
    """A rule is not written as one."""


class DeliveryError(AlertsError):
    """A target did not take an event; it waits for the next attempt."""
