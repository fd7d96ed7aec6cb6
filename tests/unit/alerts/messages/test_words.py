import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import msgspec
import pytest

from sekisho.alerts.messages import LANGUAGES, LanguageError, words_of
from sekisho.analyzers.observation import Severity
from sekisho.resources.registry import READERS


def texts(language: str) -> Iterator[tuple[str, str]]:
    whole: dict[str, dict[str, Any]] = msgspec.to_builtins(words_of(language))
    for table, words in whole.items():
        for name, text in words.items():
            yield f"{table}.{name}", text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_and_says_something(language: str) -> None:
    assert [name for name, text in texts(language) if not text.strip() and not name.endswith("separator")] == []


def test_all_languages_have_the_same_words_with_the_same_gaps() -> None:
    def gaps(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text)} - {None}

    english, *others = ({name: gaps(text) for name, text in texts(language)} for language in LANGUAGES)

    assert all(other == english for other in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_of_resource_has_a_name(language: str) -> None:
    assert READERS.keys() <= words_of(language).resources.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_a_name(language: str, severity: Severity) -> None:
    assert words_of(language).severity(severity)


def test_japanese_is_japanese() -> None:
    latin = [name for name, text in texts("ja") if not re.search("[ぁ-ヿ一-龥]", re.sub(r"\{\w+\}", "", text))]

    assert set(latin) == {"labels.mfa"} | {
        f"phrases.{name}"
        for name in ("account_and_name", "api", "gathered", "identity_center", "of_account", "separator")
    }


def test_a_language_that_nobody_wrote_is_told_with_those_that_there_are() -> None:
    with pytest.raises(LanguageError, match="there are no words in `fr`; choose `en` or `ja`"):
        words_of("fr")


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    assert words_of("en").listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert words_of("ja").listed(["a", "b", "c"], 2) == "a、b ほか 1 件"
    assert words_of("en").listed(["a", "b"], 2) == "a, b"
