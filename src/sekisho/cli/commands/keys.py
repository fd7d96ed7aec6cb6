"""`keys`: access keys to Sekisho's own API."""

from typing import Final

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus

ROLES: Final = ("reader", "operator", "admin")
"""The values of `Role`, the one that may do least first; a test compares them."""


@sekisho.group(
    epilog=examples(
        "sekisho keys create --role operator --description deployment",
        "sekisho keys list",
        "sekisho keys revoke SEKI4Q7M",
    )
)
def keys() -> None:
    """Make, list and revoke access keys to Sekisho's own API."""


@keys.command(
    "create",
    epilog=examples(
        "sekisho keys create",
        "sekisho keys create --role admin --description 'console of the platform team'",
        "sekisho keys create --format json",
    ),
)
@click.option(
    "--role",
    type=click.Choice(ROLES, case_sensitive=False),
    metavar="|".join(ROLES),
    default=ROLES[0],
    show_default=True,
    help="What its holder may do.",
)
@click.option("--description", metavar="TEXT", default="", help="What it is for, in one line.")
@takes("secret-key-file", "format", "db")
def create_key(
    *, role: str, description: str, secret_key_file: str | None, output_format: str | None, db: str | None
) -> ExitStatus:
    """Make an access key and show its secret, once.

    What is printed is what a shell needs to make an AWS tool ask Sekisho. The secret is stored encrypted, under a key
    that SEKISHO_SECRET_KEY or a file holds; the file is made with the first access key.
    """
    from sekisho.cli import keys  # noqa: PLC0415 - see `sekisho.cli.commands`

    return keys.create(
        role,
        description=description,
        secret_key_file=secret_key_file,
        database=db,
        output_format=output_format or "table",
    )


@keys.command(
    "list",
    epilog=examples(
        "sekisho keys list",
        "sekisho keys list --format csv > keys.csv",
    ),
)
@takes("format", "db")
def list_keys(*, output_format: str | None, db: str | None) -> ExitStatus:
    """List access keys, the revoked ones too; never a secret."""
    from sekisho.cli import keys  # noqa: PLC0415 - see `sekisho.cli.commands`

    return keys.list_keys(database=db, output_format=output_format or "table")


@keys.command("revoke", epilog=examples("sekisho keys revoke SEKI4Q7M"))
@click.argument("key", metavar="ID")
@takes("db")
def revoke_key(*, key: str, db: str | None) -> ExitStatus:
    """Revoke an access key, for good. The ID may be shortened as long as it is unique."""
    from sekisho.cli import keys  # noqa: PLC0415 - see `sekisho.cli.commands`

    return keys.revoke(key, database=db)
