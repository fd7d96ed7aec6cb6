"""`service-reference`: AWS's Service Reference, fetched on request."""

from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.render.words import count
from sekisho.cli.status import ExitStatus
from sekisho.wiring.service_reference import read_reference, reference_folder, update_reference


def update(url: str | None, folder: str | None) -> ExitStatus:
    """Fetch it, and say what came."""
    output = Output()
    with output.reading_bar() as bar:
        file = update_reference(
            Path(folder).expanduser() if folder else reference_folder(), url, datetime.now(UTC), bar
        )
    services = read_reference(file).services.values()
    actions = count(sum(len(one.actions) for one in services), "action")
    operations = count(sum(len(one.operations) for one in services), "operation")
    output.note(Text(plain(f"wrote {file}: {count(len(services), 'service')}, {actions}, {operations}")))
    return ExitStatus.DONE
