"""`demo`, `scan` and `record`."""

from pathlib import Path

import click
from click.core import ParameterSource

from sekisho.cli.commands.program import FILE, examples, sekisho
from sekisho.cli.settings import LIVE_SETTINGS, LiveSettings, takes, takes_live_settings
from sekisho.cli.status import ExitStatus


def refuse_options_of_a_live_reading(instead: str = "--recording") -> None:
    """A file says itself who is inside and what was read; standing settings for live readings do no harm."""
    context = click.get_current_context()
    for setting in LIVE_SETTINGS:
        if context.get_parameter_source(setting.parameter) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{setting.name} says how to read AWS, and {instead} reads a file; leave one out")


@sekisho.command(
    epilog=examples(
        "sekisho demo",
        "sekisho demo --no-serve",
        "sekisho demo --format json",
    )
)
@click.option("--serve/--no-serve", default=True, help="Whether to serve what was found, as a table is printed.")
@takes("format")
def demo(*, serve: bool, output_format: str | None) -> ExitStatus:
    """Scan a sample organization, print it and serve it.

    Nothing is kept. It is served on this machine, by the API that AWS's tools speak, until it is stopped with Ctrl-C.
    A format for programs prints and ends.
    """
    from sekisho.cli.scanning import demonstrate  # noqa: PLC0415 - see `sekisho.cli.commands`

    return demonstrate(output_format or "table", serve=serve)


@sekisho.command(
    epilog=examples(
        "sekisho scan --profile audit --region eu-central-1 --region us-east-1",
        "sekisho scan --organization --role-name SekishoReader",
        "sekisho scan --strict --fail-on HIGH --format json > findings.json",
        "sekisho scan --recording account.jsonl.gz",
    )
)
@takes_live_settings("recording", "format", "db", "strict", "fail-on")
def scan(
    *,
    live: LiveSettings,
    recording: str | None,
    output_format: str | None,
    db: str | None,
    strict: bool,
    fail_on: str | None,
) -> ExitStatus:
    """Read accounts, store the findings, print the active ones.

    Only read calls are made; `sekisho iam-policy` prints the permissions they need. What could not be read is told on
    standard error, and findings on what was not looked at stay as they are.
    """
    if recording is not None:
        refuse_options_of_a_live_reading()
    from sekisho.cli import scanning  # noqa: PLC0415 - see `sekisho.cli.commands`

    return scanning.scan(
        live,
        recording=recording,
        database=db,
        output_format=output_format or "table",
        strict=strict,
        fail_on=fail_on,
    )


@sekisho.command(
    epilog=examples(
        "sekisho record --out account.jsonl.gz",
        "sekisho record --organization --out organization.jsonl.gz",
        "sekisho record --credentials --out credentials.jsonl.gz",
    )
)
@click.option("--credentials", is_flag=True, help="Read credentials in place of resources.")
@click.option("--out", required=True, metavar="FILE", type=FILE, help="Where to write; `.gz` and `.zst` compress.")
@takes_live_settings("unused-permissions", "strict")
def record(
    *,
    credentials: bool,
    out: Path,
    live: LiveSettings,
    unused_permissions: bool,
    strict: bool,
) -> ExitStatus:
    """Read accounts into a recording and analyse nothing.

    A recording holds policies and settings, never secret values. `sekisho scan --recording` analyses it anywhere, and
    `sekisho credentials --recording` one of credentials.
    """
    from sekisho.cli import scanning  # noqa: PLC0415 - see `sekisho.cli.commands`

    given = click.get_current_context().get_parameter_source("unused_permissions")
    if unused_permissions and not credentials and given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--unused-permissions is read with --credentials")
    return scanning.record(live, out, strict=strict, credentials=credentials, unused_permissions=unused_permissions)
