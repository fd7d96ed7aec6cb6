"""`service-reference`: what AWS publishes of its services, kept on this machine."""

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus


@sekisho.group("service-reference", epilog=examples("sekisho service-reference update"))
def service_reference() -> None:
    """Fetch what AWS publishes of its services' actions."""


@service_reference.command(
    "update",
    epilog=examples(
        "sekisho service-reference update",
        "sekisho service-reference update --url https://mirror.example.com/servicereference/",
    ),
)
@click.option("--url", metavar="URL", help="A mirror of it. Default: where AWS publishes it.")
@takes("service-reference")
def update(*, url: str | None, service_reference: str | None) -> ExitStatus:
    """Fetch AWS's Service Reference, for `generate-policy`.

    It says which actions AWS asks for in which operations, newer and more than this program comes with. It is public:
    no credentials are sent, and nothing is told of your accounts. Nothing else in Sekisho fetches it.
    """
    from sekisho.cli import service_reference as command  # noqa: PLC0415 - see `sekisho.cli.commands`

    return command.update(url, service_reference)
