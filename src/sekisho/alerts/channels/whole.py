"""What is said of a message as a whole, above and below its entries."""

from sekisho.alerts.channels.words import severity_of, words_of
from sekisho.alerts.message import Link, Message, Text


def label_of(message: Message) -> str:
    """Return the severity as a word, or that it is over."""
    return words_of(message).resolved if message.is_resolved else severity_of(message)


def remarks_of(message: Message) -> tuple[str, ...]:
    """Return what else there is to know, each in a few words."""
    words = words_of(message)
    late = (words.late,) if message.is_late else ()
    return (*late, words.more.format(count=message.omitted)) if message.omitted else late


def common_advice(message: Message) -> Text:
    """Return the advice that all entries have; empty where they differ."""
    different = {one.advice for one in message.entries}
    return different.pop() if len(different) == 1 else ()


def common_links(message: Message) -> tuple[Link, ...]:
    """Return the links that all entries have."""
    if not message.entries:
        return ()
    first, *others = message.entries
    return tuple(one for one in first.links if all(one in other.links for other in others))
