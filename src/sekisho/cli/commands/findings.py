"""`findings`: what earlier scans found."""

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import LEVELS, takes
from sekisho.cli.status import ExitStatus


@sekisho.group(
    epilog=examples(
        "sekisho findings list",
        "sekisho findings show 4f0c19ab",
    )
)
def findings() -> None:
    """List, show and archive the findings of earlier scans."""


@findings.command(
    "list",
    epilog=examples(
        "sekisho findings list --severity HIGH",
        "sekisho findings list --status all --resource arn:aws:s3:::logs",
        "sekisho findings list --type AWS::SQS::Queue --format csv > queues.csv",
    ),
)
@click.option(
    "--status",
    type=click.Choice(["ACTIVE", "ARCHIVED", "RESOLVED", "all"], case_sensitive=False),
    metavar="ACTIVE|ARCHIVED|RESOLVED|all",
    default="ACTIVE",
    show_default=True,
    help="Which findings to list.",
)
@click.option("--resource", metavar="ARN", help="Only those on this resource.")
@click.option("--type", "resource_type", metavar="TYPE", help="Only those on this type, such as AWS::S3::Bucket.")
@click.option("--account", metavar="ID", help="Only those on resources of this account.")
@click.option("--public", "public", is_flag=True, help="Only those that let anyone in.")
@click.option(
    "--severity",
    type=click.Choice(LEVELS, case_sensitive=False),
    metavar="|".join(LEVELS),
    help="Only those at least this severe.",
)
@takes("format", "db")
def list_findings(
    *,
    status: str,
    resource: str | None,
    resource_type: str | None,
    account: str | None,
    public: bool,
    severity: str | None,
    output_format: str | None,
    db: str | None,
) -> ExitStatus:
    """List findings, by account and resource, the worst first."""
    from sekisho.analyzers.observation import Severity  # noqa: PLC0415 - see `sekisho.cli.commands`
    from sekisho.cli import answers  # noqa: PLC0415 - as above
    from sekisho.findings import FindingFilter, Status  # noqa: PLC0415 - as above

    where = FindingFilter(
        statuses=None if status == "all" else frozenset({Status(status)}),
        resource=resource,
        resource_type=resource_type,
        account=account,
        is_public=True if public else None,
        severity_at_least=None if severity is None else Severity[severity],
    )
    return answers.list_findings(where, database=db, output_format=output_format or "table")


@findings.command(
    "show",
    epilog=examples(
        "sekisho findings show 4f0c19ab",
        "sekisho findings show 4f0c19ab --format json",
    ),
)
@click.argument("finding", metavar="ID")
@takes("format", "db")
def show_finding(*, finding: str, output_format: str | None, db: str | None) -> ExitStatus:
    """Tell one finding as a page. The ID may be shortened as long as it is unique."""
    from sekisho.cli import answers  # noqa: PLC0415 - see `sekisho.cli.commands`

    return answers.show_finding(finding, database=db, output_format=output_format or "table")


@findings.command(
    "archive",
    epilog=examples(
        "sekisho findings archive 4f0c19ab --reason 'the CDN reads it'",
        "sekisho findings archive 4f0c19ab 77b0de21",
    ),
)
@click.argument("findings", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", default="", help="Why; the history keeps it.")
@takes("db")
def archive_findings(*, findings: tuple[str, ...], reason: str, db: str | None) -> ExitStatus:
    """Archive findings that are all right. IDs may be shortened as long as they are unique."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.archive_findings(findings, reason=reason, database=db)


@findings.command("unarchive", epilog=examples("sekisho findings unarchive 4f0c19ab"))
@click.argument("findings", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", default="", help="Why; the history keeps it.")
@takes("db")
def unarchive_findings(*, findings: tuple[str, ...], reason: str, db: str | None) -> ExitStatus:
    """Make archived findings active again."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.unarchive_findings(findings, reason=reason, database=db)


@findings.command(
    "history",
    epilog=examples(
        "sekisho findings history 4f0c19ab",
        "sekisho findings history 4f0c19ab --format json",
    ),
)
@click.argument("finding", metavar="ID")
@takes("format", "db")
def finding_history(*, finding: str, output_format: str | None, db: str | None) -> ExitStatus:
    """Tell all that happened to a finding."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.show_history(finding, database=db, output_format=output_format or "table")
