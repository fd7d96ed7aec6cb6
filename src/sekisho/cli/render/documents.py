"""JSON objects for programs: as one array, as JSON Lines, as CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sekisho.cli.escape import plain

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell. Source: OWASP, "CSV Injection"."""

Document = Mapping[str, Any]
"""A JSON object, to be written as it is."""


def json_lines(documents: Iterable[Document]) -> Iterator[str]:
    """Yield one line for each document."""
    return map(_compact, documents)


def json_array(documents: Iterable[Document]) -> Iterator[str]:
    """Yield the lines of one array, one document to a line."""
    return array_of(json_lines(documents))


def array_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of an array of documents, each of them a line."""
    opening = "["
    for line in lines:
        yield f"{opening}{line}"
        opening = ","
    yield "]" if opening == "," else "[]"


def csv_records(columns: Sequence[str], documents: Iterable[Document]) -> Iterator[str]:
    """Yield the records of a CSV table with a heading, safe to open in a spreadsheet."""
    yield _record(columns)
    for document in documents:
        yield _record(_cell(document.get(column)) for column in columns)


def _compact(value: Any) -> str:
    # ASCII: the same value, and safe on any terminal.
    return json.dumps(value, separators=(",", ":"))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            text = plain(value)
        case _:
            text = _compact(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _record(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
