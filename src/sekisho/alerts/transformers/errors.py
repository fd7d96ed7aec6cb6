"""What can be wrong with a transformer; messages are one line and name the place."""

from sekisho.alerts.errors import AlertsError
from sekisho.alerts.patterns.errors import one_line


class TransformerError(AlertsError):
    """An input path or an input transformer that PutTargets does not take."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))
