"""`rules`: what is accepted, and why."""

from datetime import UTC, datetime

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus


@sekisho.group(
    epilog=examples(
        "sekisho rules create partner --eq principal.AWS=444455556666 --reason 'our CDN' --dry-run",
        "sekisho rules list",
        "sekisho rules apply partner",
    )
)
def rules() -> None:
    """Archive findings by rules: what is accepted, and why."""


def _pairs(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the values by key of options that are written `KEY=VALUE`."""
    found: dict[str, tuple[str, ...]] = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"`{text}` is not KEY=VALUE", param=parameter)
        found[key] = (*found.get(key, ()), value)
    return found


@rules.command(
    "create",
    epilog=examples(
        "sekisho rules create partner --eq principal.AWS=444455556666 --owner 'web team' --expires 2027-06-30",
        "sekisho rules create cdn --contains resource=assets --eq isPublic=true --reason 'a public site' --apply",
        "sekisho rules create queues --eq resourceType=AWS::SQS::Queue --exists condition.aws:SourceArn --dry-run",
    ),
)
@click.argument("name")
@click.option("--eq", multiple=True, metavar="KEY=VALUE", callback=_pairs, help="The key is one of these values.")
@click.option("--neq", multiple=True, metavar="KEY=VALUE", callback=_pairs, help="The key is none of these values.")
@click.option("--contains", multiple=True, metavar="KEY=TEXT", callback=_pairs, help="The key contains a text.")
@click.option("--exists", multiple=True, metavar="KEY", help="The finding has the key.")
@click.option("--missing", multiple=True, metavar="KEY", help="The finding has not got the key.")
@click.option("--owner", metavar="TEXT", help="Who answers for it.")
@click.option("--reason", metavar="TEXT", help="Why this access is all right.")
@click.option("--expires", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="From when on it archives nothing.")
@click.option("--analyzer", metavar="ARN", help="Whose findings, where the database has several analyzers.")
@click.option("--apply", is_flag=True, help="Archive what is there already, too.")
@click.option("--dry-run", is_flag=True, help="Only say how many findings it would archive.")
@takes("db")
def create_rule(
    *,
    name: str,
    eq: dict[str, tuple[str, ...]],
    neq: dict[str, tuple[str, ...]],
    contains: dict[str, tuple[str, ...]],
    exists: tuple[str, ...],
    missing: tuple[str, ...],
    owner: str | None,
    reason: str | None,
    expires: datetime | None,
    analyzer: str | None,
    apply: bool,
    dry_run: bool,
    db: str | None,
) -> ExitStatus:
    """Make an archive rule.

    It is said first how many active findings the rule is about. Every key has to be as wanted. Public access stays
    active unless the rule says `--eq isPublic=true`.
    """
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`
    from sekisho.findings import Criterion  # noqa: PLC0415 - as above

    presence = dict.fromkeys(exists, True) | dict.fromkeys(missing, False)
    keys = dict.fromkeys((*eq, *neq, *contains, *presence))
    criteria = {key: Criterion(eq.get(key), neq.get(key), contains.get(key), presence.get(key)) for key in keys}
    return lifecycle.create_rule(
        name,
        criteria,
        owner=owner,
        reason=reason,
        expires_at=None if expires is None else expires.replace(tzinfo=UTC),
        analyzer=analyzer,
        apply=apply,
        dry_run=dry_run,
        database=db,
    )


@rules.command("list", epilog=examples("sekisho rules list", "sekisho rules list --format json"))
@takes("format", "db")
def list_rules(*, output_format: str | None, db: str | None) -> ExitStatus:
    """List the archive rules."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.list_rules(database=db, output_format=output_format or "table")


@rules.command("apply", epilog=examples("sekisho rules apply partner"))
@click.argument("name")
@click.option("--analyzer", metavar="ARN", help="Whose rule, where the database has several analyzers.")
@takes("db")
def apply_rule(*, name: str, analyzer: str | None, db: str | None) -> ExitStatus:
    """Archive what was found before the rule was made."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.apply_archive_rule(name, analyzer=analyzer, database=db)


@rules.command("delete", epilog=examples("sekisho rules delete partner"))
@click.argument("name")
@click.option("--analyzer", metavar="ARN", help="Whose rule, where the database has several analyzers.")
@takes("db")
def delete_rule(*, name: str, analyzer: str | None, db: str | None) -> ExitStatus:
    """Delete a rule. What it has archived stays archived."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see `sekisho.cli.commands`

    return lifecycle.delete_rule(name, analyzer=analyzer, database=db)
