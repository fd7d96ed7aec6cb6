"""What can be wrong with how an alert is worded; messages are one line, for whoever wrote the configuration."""

from sekisho.alerts.errors import AlertsError


class TemplateError(AlertsError):
    """A template is not one, asks for what no template may have, or failed at an event.

    Attributes:
        name: of the template.
        part: which of its texts: `title`, `text` or `advice`.
        line: where in that text, from 1.
    """

    def __init__(self, message: str, *, name: str, part: str, line: int) -> None:
        super().__init__(f"template `{name}`, {part}, line {line}: {message}")
        self.name = name
        self.part = part
        self.line = line


class LanguageError(AlertsError):
    """There are no words in a language.

    Attributes:
        language: the one that was asked for.
    """

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there are no words in `{language[:40]}`; choose {' or '.join(f'`{one}`' for one in known)}")
        self.language = language


class TimeZoneError(AlertsError):
    """A text names no time zone.

    Attributes:
        zone: the text.
    """

    def __init__(self, zone: str) -> None:
        super().__init__(f"`{zone[:40]}` is no time zone; name one as the IANA does, such as `Asia/Tokyo` or `UTC`")
        self.zone = zone
