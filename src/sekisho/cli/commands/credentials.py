"""`credentials`."""

from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from sekisho.cli.commands.program import FILE, examples, sekisho
from sekisho.cli.commands.scans import refuse_options_of_a_live_reading
from sekisho.cli.settings import LiveSettings, settings_file, takes_live_settings
from sekisho.cli.status import ExitStatus

THRESHOLDS: Final = (
    "unused-days", "key-age-days", "inactive-key-days", "unused-role-days", "unused-permission-days", "root-used-days",
    "both-used-days", "rotation-days", "service-credential-days", "role-candidate-days", "stale-report-hours",
    "password-length", "password-reuse", "require-character-classes", "require-expiry",
)  # fmt: skip
"""The settings that `Thresholds` has; a test compares them."""


def _is_given(parameter: str) -> bool:
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE


@sekisho.command(
    epilog=examples(
        "sekisho credentials",
        "sekisho credentials --organization --fail-on HIGH",
        "sekisho credentials --unused-permissions",
        "sekisho credentials --report report.csv --as-of 2026-11-20T08:00:00Z --unused-days 90",
        "sekisho credentials --no-keep --strict",
        "sekisho credentials --format csv > findings.csv",
        "sekisho credentials --script > repair.sh",
    )
)
@click.option(
    "--report", metavar="FILE", type=FILE, help="Judge this credential report (CSV) instead; - reads standard input."
)
@click.option(
    "--as-of",
    metavar="TIME",
    help="With --report: when it was made, which ages are counted to. Default: when the file was last changed.",
)
@click.option(
    "--script",
    is_flag=True,
    help="Print a shell script that deactivates unused keys when told to, and undoes it.",
)
@click.option(
    "--keep/--no-keep",
    default=None,
    help="Keep the findings in the database, and tell what is new. Default: --keep, but for a --report.",
)
@takes_live_settings("recording", "unused-permissions", "format", "strict", "fail-on", "db", *THRESHOLDS)
def credentials(
    *,
    live: LiveSettings,
    report: Path | None,
    as_of: str | None,
    script: bool,
    keep: bool | None,
    recording: str | None,
    db: str | None,
    unused_permissions: bool,
    output_format: str | None,
    strict: bool,
    fail_on: str | None,
    **thresholds: int | bool | None,
) -> ExitStatus:
    """Find unused, old and unprotected credentials.

    Has AWS make the IAM credential report, reads it with what the report leaves out, roles among it, and changes
    nothing. What could not be read is told on standard error. The findings are kept, as those of a scan are.
    """
    if report is not None and _is_given("recording"):
        raise click.UsageError("--report and --recording are two things to read; leave one out")
    if report is not None or recording is not None:
        instead = "--recording" if report is None else "--report"
        refuse_options_of_a_live_reading(instead)
        if _is_given("unused_permissions"):
            raise click.UsageError(f"--unused-permissions has AWS tell more, and {instead} reads a file; leave one out")
    if as_of is not None and report is None:
        raise click.UsageError("--as-of says when a --report was made; AWS says it itself")
    from sekisho.cli.credentials import Answer, credentials_reader, judge_accounts, judge_report  # noqa: PLC0415 - see `commands`
    from sekisho.cli.exemptions import read_exemptions  # noqa: PLC0415 - as above

    answer = Answer(
        thresholds={name: value for name, value in thresholds.items() if value is not None},
        output_format=output_format or "table",
        strict=strict,
        fail_on=fail_on,
        as_script=script,
        keep=report is None if keep is None else keep,
        exemptions=read_exemptions(settings_file(click.get_current_context())),
    )
    if report is not None:
        return judge_report(report, as_of=as_of, database=db, answer=answer)
    reader = credentials_reader(live, recording=recording, unused_permissions=unused_permissions)
    return judge_accounts(reader, database=db, answer=answer)
