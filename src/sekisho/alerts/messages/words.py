"""The words that messages are made of, in every language that there is; each language is one file beside this one.

A language that lacks a word cannot be loaded, so that nobody finds out from an alert.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from sekisho.alerts.messages.errors import LanguageError
from sekisho.analyzers.observation import Severity

LANGUAGES: Final = ("en", "ja")
"""The languages that messages can be in."""


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a language's file: every word is there, and nothing else."""


class Labels(_Words, frozen=True):
    """What stands before a fact."""

    who: str
    whom: str
    source: str
    when: str
    account: str
    region: str
    event: str
    user_agent: str
    mfa: str
    error: str
    resource: str
    principal: str
    action: str
    condition: str
    public: str
    because: str
    witness: str
    finding: str
    cause: str
    access_key: str
    policy: str
    group: str
    role: str
    device: str
    status: str
    template: str


class LinkLabels(_Words, frozen=True):
    """What stands on a link."""

    cloudtrail: str
    user: str
    role: str
    resource: str
    finding: str


class Phrases(_Words, frozen=True):
    """What the facts are made of; a name in braces is what is put in its place."""

    yes: str
    no: str
    unknown: str
    root: str
    central_root: str
    session: str
    person: str
    person_and_session: str
    identity_center: str
    federated: str
    account: str
    account_and_name: str
    through: str
    of_account: str
    anyone: str
    and_more: str
    separator: str
    console: str
    cli: str
    api: str
    by_service: str
    statement: str
    gathered: str
    done_by: str


class Severities(_Words, frozen=True):
    """How much something matters."""

    critical: str
    high: str
    medium: str
    low: str
    informational: str


class Words(_Words, frozen=True):
    """All words of a language."""

    labels: Labels
    links: LinkLabels
    phrases: Phrases
    severities: Severities
    resources: Mapping[str, str]
    """What a type of resource is called, by its name in CloudFormation; a type that is not here is not named."""

    def severity(self, severity: Severity) -> str:
        """Return what a severity is called."""
        return str(getattr(self.severities, severity.name.lower()))

    def listed(self, items: Sequence[str], most: int) -> str:
        """Join the first of the items, and say how many others there are."""
        shown = self.phrases.separator.join(items[:most])
        return shown if len(items) <= most else self.phrases.and_more.format(shown=shown, count=len(items) - most)


@cache
def words_of(language: str) -> Words:
    """Return the words of a language.

    Raises:
        LanguageError: there are none.
    """
    if language not in LANGUAGES:
        raise LanguageError(language, LANGUAGES)
    text = files("sekisho.alerts.messages").joinpath(f"languages/{language}.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Words)
