"""The two streams: what was asked for goes to one, what is told about it to the other."""

import os
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import IO, Final

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.render.documents import Document, csv_records, json_array, json_lines

PIPED_WIDTH: Final = 160
"""How wide tables are in a file or a pipe, unless COLUMNS says otherwise."""


class ReadingBar:
    """Shows how far a reading is. Implements `collectors.reader.Progress`."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._expected = 0

    def expect(self, steps: int) -> None:
        """Further steps have become known."""
        self._expected += steps
        self._bar.update(self._task, total=self._expected)

    def advance(self, step: str) -> None:
        """One step is done."""
        self._bar.update(self._task, advance=1, description=plain(step))


class Output:
    """Where a command writes. Colours only on a terminal, and never under NO_COLOR."""

    def __init__(self) -> None:
        self._answer = _console(sys.stdout)
        self._notes = _console(sys.stderr)

    @property
    def width(self) -> int:
        """How many columns an answer may have."""
        return self._answer.width

    def show(self, *parts: RenderableType) -> None:
        """Write parts of the answer for a person to read."""
        for part in parts:
            self._answer.print(part)

    def write(self, lines: Iterable[str]) -> None:
        """Write lines of the answer for a program to read."""
        for line in lines:
            sys.stdout.write(f"{line}\n")

    def write_styled(self, lines: Iterable[Text]) -> None:
        """Write lines of the answer as they are, however long, and coloured for a person who looks at them."""
        for line in lines:
            self._answer.print(line, soft_wrap=True)

    def note(self, *parts: RenderableType) -> None:
        """Tell something that is not part of the answer."""
        for part in parts:
            self._notes.print(part)

    @contextmanager
    def reading_bar(self) -> Generator[ReadingBar]:
        """Show a bar for as long as the reading takes; on a terminal only."""
        columns = (
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=self._notes, transient=True, disable=not self._notes.is_terminal) as bar:
            yield ReadingBar(bar, bar.add_task("", total=None))


def show_documents(
    output: Output,
    documents: Sequence[Document],
    *,
    columns: Sequence[str],
    table: RenderableType,
    output_format: str,
) -> None:
    """Write JSON objects in the format that `--format` names, or the table that says the same.

    Args:
        output: where to.
        documents: what is written for programs.
        columns: the members of a document that a CSV table has.
        table: what is shown to people.
        output_format: `table`, `json`, `jsonl` or `csv`.

    Raises:
        click.UsageError: the format is one of findings, which these are not.
    """
    match output_format:
        case "json":
            output.write(json_array(documents))
        case "jsonl":
            output.write(json_lines(documents))
        case "csv":
            output.write(csv_records(columns, documents))
        case "table":
            output.show(table)
        case _:
            raise click.UsageError(f"--format {output_format} is for findings; use table, json, jsonl or csv")


def _console(stream: IO[str]) -> Console:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console
