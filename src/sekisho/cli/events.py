"""`events send`: from the outbox to a target."""

import sys

from rich.text import Text

from sekisho.alerts import deliver, parse_target
from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.status import ExitStatus
from sekisho.wiring import open_store


def send(to: str, *, database: str | None) -> ExitStatus:
    """Send a target what it has not got, and say how much that was."""
    output = Output()
    target = parse_target(to, stream=sys.stdout)
    with open_store(database) as store:
        delivery = deliver(store, target)
    output.note(Text(f"{delivery.sent} {'event' if delivery.sent == 1 else 'events'} sent to {plain(target.place)}"))
    if delivery.failure is not None:
        output.note(Text(plain(delivery.failure), "red"))
        return ExitStatus.FAILED
    return ExitStatus.DONE
