"""What can be wrong with a pattern or an event; messages are one line and name the place."""

from sekisho.alerts.errors import AlertsError


class PatternError(AlertsError):
    """An event pattern that EventBridge does not take.

    Attributes:
        place: where in the pattern, such as `detail.eventName[2]`; empty for the pattern as a whole.
    """

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        at = f" at `{place}`" if place else ""
        super().__init__(one_line(f"{message}{at}{f'; {remedy}' if remedy else ''}"))
        self.place = place


def one_line(text: str) -> str:
    """Return a text, which may have pieces that others wrote, without line ends and the like."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


class EventError(AlertsError):
    """A text that is no event: no JSON object, nested too deep, or too long."""
