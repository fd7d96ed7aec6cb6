"""Whatever an event holds, there is an entry: bounded, visible to the last character, with no moment but ours."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alert_events import CAUSE, call, created_key, found, found_credential, found_public, role, sign_in
from sekisho.alerts.message import Entry, Moment, Text
from sekisho.alerts.messages import LANGUAGES, Template, Texts, Wording, acts_on_another, describe
from sekisho.alerts.messages.facts import MOST_FACT
from sekisho.alerts.messages.plain import visible, visible_lines
from sekisho.alerts.messages.template import MOST_ADVICE, MOST_BODY, MOST_TITLE
from sekisho.alerts.shipped import key_of, shipped_rules

MOMENT = "\x001763633472\x00"
NASTY = st.sampled_from(
    [MOMENT, "\x00", "\u202eevil", "a\u200bb", "l1\nl2\r\nl3", "\u2028", "\ud800", "x" * 5_000, "{{ 7 }}", "<b>&amp;"]
)
TEXTS = st.one_of(NASTY, st.text(max_size=20))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
EVENTS = [
    created_key(identity=role(sourceIdentity="anna")),
    sign_in(role()),
    call("PutKeyPolicy", "kms", resources=[{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/1"}]),
    found(sekisho={"cause": CAUSE}, condition={"aws:SourceIp": "10.0.0.0/8"}),
    found_public(),
    found_credential(),
]
EVERYTHING = Texts(
    "{{ who }} {{ whom }} {{ local }} {{ user_agent }} {{ finding.title }}",
    "{{ event }}\n{{ detail | json }}\n{% for k, v in detail | items %}{{ k }}={{ v }}\n{% endfor %}",
    "{{ time }} {{ principal }} {{ finding }} {{ error_message }} {{ detail.eventTime | local }}",
)
TEMPLATES = {
    language: [
        Template("everything", EVERYTHING),
        *(Template(rule.name, rule.words[language].texts) for rule in shipped_rules()),
    ]
    for language in LANGUAGES
}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(one, (*path, key))


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return an event of ours in which some values are anything."""
    event: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(EVENTS))))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(list(paths(event))))
        place: Any = event
        for key in way:
            place = place[key]
        place[last] = draw(VALUES)
        if not isinstance(event.get("detail"), dict):
            break
    return event


def pieces(entry: Entry) -> Iterator[tuple[str, Text, int]]:
    yield "title", entry.title, MOST_TITLE
    yield "text", entry.text, MOST_BODY
    yield "advice", entry.advice, MOST_ADVICE
    for fact in entry.facts:
        yield "label", (fact.label,), 40
        yield "fact", fact.value, MOST_FACT + 40
    for link in entry.links:
        yield "url", (link.label, link.url), 2_100
    yield "id", (entry.event_id,), 200


def check(entry: Entry) -> None:
    for kind, text, most in pieces(entry):
        assert sum(32 if isinstance(piece, Moment) else len(piece) for piece in text) <= most + 1, kind
        for piece in text:
            if isinstance(piece, str):
                assert piece == (visible_lines(piece) if kind in {"text", "advice"} else visible(piece)), kind
                assert not {unicodedata.category(one) for one in piece if one != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    moments = [piece for _, text, _ in pieces(entry) for piece in text if isinstance(piece, Moment)]
    assert len(moments) <= 5
    assert entry.title
    msgspec.json.encode(msgspec.structs.replace(entry, envelope=""))


@given(damaged(), st.sampled_from(LANGUAGES), st.integers(0, 25))
def test_any_event_has_an_entry_that_is_bounded_and_visible(event: dict[str, Any], language: str, number: int) -> None:
    check(describe(event, "{}", TEMPLATES[language][number], Wording(language=language, timezone="Asia/Tokyo")))
    acts_on_another(event)
    key_of(event, ("detail.eventID", "account"))


@given(st.dictionaries(TEXTS, VALUES, max_size=5), st.sampled_from(LANGUAGES))
def test_any_json_object_has_an_entry(event: dict[str, Any], language: str) -> None:
    check(describe(event, "{}", TEMPLATES[language][0], Wording(language=language)))


@given(TEXTS, TEXTS)
def test_names_from_the_configuration_are_made_visible_as_well(name: str, title: str) -> None:
    wording = Wording(accounts={"111122223333": name}, rule=title, title=title)

    check(describe(created_key(), "{}", TEMPLATES["en"][0], wording))
    check(describe({}, "{}", Template("t", Texts("{{ title }} {{ rule }} {{ account }}")), wording))
