"""Messages to send: a usual one, and any at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.alerts.message import Entry, Fact, Link, Message, Moment, Text
from sekisho.analyzers.observation import Severity

AT = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
ENVELOPE = (
    '{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":"AWS API Call via CloudTrail",'
    '"source":"aws.iam","account":"111122223333","time":"2026-11-20T10:11:12Z","region":"us-east-1","resources":[],'
    '"detail":{"eventName":"CreateAccessKey","eventID":"b0a9c0f2-6a3c-4a1e-9f0a-0d9f5f4b8f11","number":1.50}}'
)


def make_entry(**changed: Any) -> Entry:
    entry = Entry(
        event_id="b0a9c0f2-6a3c-4a1e-9f0a-0d9f5f4b8f11",
        at=AT,
        title=("alice made an access key for bob",),
        text=("Keys like this one never run out. Since ", Moment(AT), " bob has two."),
        advice=("Ask alice; deactivate the key if nobody knows of it.",),
        facts=(
            Fact("Who", ("alice (IAM user)",)),
            Fact("For", ("bob",)),
            Fact("When", (Moment(AT),)),
            Fact("From", ("203.0.113.7, aws-cli/2",)),
            Fact("Account", ("111122223333, us-east-1",)),
        ),
        links=(
            Link("Event in CloudTrail", "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1"),
            Link("User", "https://us-east-1.console.aws.amazon.com/iam/home#/users/details/bob"),
        ),
        envelope=ENVELOPE,
    )
    return replace(entry, **changed)


def make_message(**changed: Any) -> Message:
    entries = changed.pop("entries", (make_entry(),))
    message = Message(
        id="6f1b7c62-54f5-4f0e-9d3e-0a6f4f6b7a10",
        target="security",
        rule="access-key-created",
        severity=Severity.HIGH,
        language="en",
        timezone="Asia/Tokyo",
        dedup_key="b0a9c0f2-6a3c-4a1e-9f0a-0d9f5f4b8f11",
        title=entries[0].title if entries else ("nothing",),
        entries=entries,
    )
    return replace(message, **changed)


def make_group(count: int) -> Message:
    """Return a message of several entries, a minute apart."""
    entries = tuple(
        make_entry(event_id=f"event-{one}", at=AT + timedelta(minutes=one), title=(f"alice made key {one}",))
        for one in range(count)
    )
    return make_message(entries=entries, title=(f"{count} access keys were made",))


# --- any at all

characters = st.text(st.characters(exclude_categories=()), max_size=30)
"""With control characters, separators, lone surrogates: what events may hold."""
long_texts = st.builds(lambda text, times: text * times, characters, st.sampled_from([1, 1, 1, 1, 1, 1, 1, 10, 150]))
times = st.datetimes(timezones=st.just(UTC)) | st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
texts: st.SearchStrategy[Text] = st.lists(long_texts | st.builds(Moment, times), max_size=3).map(tuple)
urls = (
    st.sampled_from(["https://a.example/b", "http://a.example/" + "b" * 1990, "javascript:alert(1)", ""]) | characters
)
links = st.builds(Link, characters, urls)
facts = st.builds(Fact, long_texts, texts)
entries = st.builds(
    Entry,
    event_id=characters,
    at=times,
    title=texts,
    text=texts,
    advice=texts,
    facts=st.builds(
        lambda some, count: tuple(some * count), st.lists(facts, max_size=4), st.sampled_from([1, 1, 1, 1, 1, 15])
    ),
    links=st.lists(links, max_size=3).map(tuple),
    envelope=st.just(ENVELOPE) | characters,
)
groups = st.one_of(
    entries.map(lambda one: (one,)),
    st.lists(entries, min_size=1, max_size=2).map(tuple),
    st.builds(lambda one, count: (one,) * count, entries, st.sampled_from([2, 3, 3, 50])),
)
messages = st.builds(
    Message,
    id=characters | st.uuids().map(str),
    target=characters,
    rule=long_texts,
    severity=st.sampled_from(Severity),
    language=st.sampled_from(["en", "ja", "fr", ""]) | characters,
    timezone=st.sampled_from(["UTC", "Asia/Tokyo", "America/St_Johns", "Mars/Olympus", "../etc/passwd"]) | characters,
    dedup_key=long_texts,
    title=texts,
    entries=groups,
    omitted=st.integers(0, 10**6),
    is_late=st.booleans(),
    is_resolved=st.booleans(),
)
