"""The program's outermost layer: nothing leaves it but an exit status."""

import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

import click

from sekisho.cli.commands import sekisho
from sekisho.cli.escape import plain
from sekisho.cli.status import ExitStatus


def main() -> None:
    """Run the command line and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets its code instead of our traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run())


def _run() -> int:
    try:
        status: object = sekisho.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing half-done was stored", err=True)
        return ExitStatus.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # click and rich know no other reason to exit by themselves than a reader who has had enough.
        _close(sys.stdout)
        return ExitStatus.OUTPUT_CLOSED
    except Exception as error:  # noqa: BLE001 - told in one line, or with its traceback when it is our fault
        return _failed(error)
    return status if isinstance(status, int) else ExitStatus.DONE


def _failed(error: Exception) -> int:
    from sekisho.cli.failures import describe, exit_status  # noqa: PLC0415 - imports every layer, so only now

    status = exit_status(error)
    if status is None:
        sys.excepthook(type(error), error, error.__traceback__)
        click.echo("this is a fault in sekisho; please report it with the lines above", err=True)
        return ExitStatus.FAILED
    click.echo(f"Error: {plain(describe(error))}", err=True)
    return status


def _close(stream: TextIO) -> None:
    """Leave nothing to flush at exit, where a second complaint would come."""
    with suppress(OSError):
        stream.close()
