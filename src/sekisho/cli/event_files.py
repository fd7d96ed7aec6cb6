"""Events in a file, whoever wrote it: EventBridge, CloudTrail, or a person."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sekisho.alerts.alert import IncomingEvent
from sekisho.alerts.errors import AlertsError
from sekisho.collectors.events import UnusableError, envelope_of_record, incoming
from sekisho.resources.json_values import is_list, is_object

LARGEST_FILE: Final = 64 << 20
"""How many bytes a file of events may have."""


def read_events(file: str) -> Iterator[IncomingEvent]:
    """Yield the events of a file: EventBridge's envelopes or CloudTrail's records, one, a list, or one on each line.

    A log file of CloudTrail's is such a list, and so is what `aws cloudtrail lookup-events` prints.

    Args:
        file: its path, or `-` for standard input.

    Raises:
        AlertsError: it cannot be read, or something in it is neither; the message says which.
    """
    now, name = datetime.now(UTC), "standard input" if file == "-" else f"`{file}`"
    for number, value in enumerate(_values(_text(file, name), name), start=1):
        try:
            envelope = json.dumps(value)
            is_record = is_object(value) and "eventName" in value and "detail" not in value
            yield incoming(envelope_of_record(envelope) if is_record else envelope, "file", now, may_be_ours=True)
        except UnusableError as error:
            raise AlertsError(f"{name}, event {number}: {error}") from error


def _text(file: str, name: str) -> str:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).expanduser().open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise AlertsError(f"{name} has more than {LARGEST_FILE >> 20} MiB; split it")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise AlertsError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AlertsError(f"{name} is not UTF-8") from error


def _values(text: str, name: str) -> Iterable[Any]:
    try:
        whole: Any = json.loads(text)
    except (ValueError, RecursionError):
        return [_parsed(line, name, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if is_object(whole) and is_list(records := whole.get("Records")):
        return records
    if is_object(whole) and is_list(found := whole.get("Events")):
        return [_parsed(one["CloudTrailEvent"], name, number) for number, one in enumerate(found, 1) if _is_found(one)]
    return whole if is_list(whole) else [whole]


def _parsed(line: str, name: str, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AlertsError(f"{name}, line {number} is no JSON: {error}") from error


def _is_found(value: Any) -> bool:
    return is_object(value) and isinstance(value.get("CloudTrailEvent"), str)
