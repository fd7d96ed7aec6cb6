"""`events`: telling others what changed."""

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus


@sekisho.group(
    epilog=examples(
        "sekisho events send --to -",
        "sekisho events send --to events.jsonl",
    )
)
def events() -> None:
    """Send what changed as EventBridge events."""


@events.command(
    "send",
    epilog=examples(
        "sekisho events send --to -",
        "sekisho events send --to /var/log/sekisho/events.jsonl",
        "sekisho events send --to https://hooks.example.com/sekisho",
    ),
)
@click.option("--to", required=True, metavar="TARGET", help="A file, an http or https URL, or - for standard output.")
@takes("db")
def send_events(*, to: str, db: str | None) -> ExitStatus:
    """Send a target the events that it has not got.

    Each target is remembered by its place, so that it hears of every change, in order, however often this runs.
    """
    from sekisho.cli import events  # noqa: PLC0415 - see `sekisho.cli.commands`

    return events.send(to, database=db)
