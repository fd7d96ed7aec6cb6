"""What people are told of an event: who did what to whom, when, and where to go on.

An event is read once for each reader, into a `Scene` of visible, bounded text. A `Template` says the title, the text
and the advice; the facts and links are the same for all. Nothing in here knows of rules, of channels, or of markup.
"""

from sekisho.alerts.messages.describe import as_written, describe, gather
from sekisho.alerts.messages.errors import LanguageError, TemplateError, TimeZoneError
from sekisho.alerts.messages.scene import NAMES, Wording, acts_on_another
from sekisho.alerts.messages.template import Template, Texts, Written
from sekisho.alerts.messages.times import format_time, zone_of
from sekisho.alerts.messages.words import LANGUAGES, Words, words_of

__all__ = [
    "LANGUAGES",
    "NAMES",
    "LanguageError",
    "Template",
    "TemplateError",
    "Texts",
    "TimeZoneError",
    "Wording",
    "Words",
    "Written",
    "acts_on_another",
    "as_written",
    "describe",
    "format_time",
    "gather",
    "words_of",
    "zone_of",
]
