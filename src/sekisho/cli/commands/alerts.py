"""`alerts`: who is told of what."""

from typing import TYPE_CHECKING

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.settings import settings_file, takes
from sekisho.cli.status import ExitStatus

if TYPE_CHECKING:
    from sekisho.alerts.configuration import Configuration


@sekisho.group(
    epilog=examples(
        "sekisho alerts rules",
        "sekisho alerts test --event event.json",
        "sekisho alerts send --to security",
        "sekisho alerts dead list",
    )
)
def alerts() -> None:
    """See who is told of what, and try it.

    Targets and rules are in the table [alerts] of sekisho.toml; `sekisho serve` tells them.
    """


@alerts.command("rules", epilog=examples("sekisho alerts rules", "sekisho alerts rules --format json"))
@takes("format")
def list_alert_rules(*, output_format: str | None) -> ExitStatus:
    """List the rules, in their order.

    A target hears of an event through the first that matches and tells it.
    """
    from sekisho.cli import alerts  # noqa: PLC0415 - see `sekisho.cli.commands`

    return alerts.list_rules(_configuration(), output_format=output_format or "table")


@alerts.command(
    "test",
    epilog=examples(
        "sekisho alerts test --event event.json",
        "sekisho alerts test --event records.json --rule access-key-created --language ja",
        "sekisho alerts test --event -  # of what aws cloudtrail lookup-events printed",
    ),
)
@click.option(
    "--event",
    required=True,
    metavar="FILE",
    help="EventBridge events or CloudTrail records: one, a list, or one on each line; - for standard input.",
)
@click.option("--rule", metavar="NAME", help="Only this rule.")
@click.option("--language", metavar="LANGUAGE", help="In the words of this language, en or ja.")
@takes("format")
def test_alerts(*, event: str, rule: str | None, language: str | None, output_format: str | None) -> ExitStatus:
    """Say which rules match events, and what they say.

    Of the others it says which came closest, and why not. Nothing is sent.
    """
    from sekisho.cli import alert_tests  # noqa: PLC0415 - as above

    return alert_tests.test(
        _configuration(), event, rule=rule, language=language, output_format=output_format or "table"
    )


@alerts.command(
    "send",
    epilog=examples(
        "sekisho alerts send --to security",
        "sekisho alerts send --to security --event event.json",
    ),
)
@click.option("--to", required=True, metavar="TARGET", help="The name of a target in sekisho.toml.")
@click.option("--event", metavar="FILE", help="What to tell it of. Default: a made-up key of a user called example.")
@click.option("--rule", metavar="NAME", help="Through this rule only.")
@takes()
def send_alerts(*, to: str, event: str | None, rule: str | None) -> ExitStatus:
    """Send a target what it would hear of events.

    Now and for real, whomever the rules tell, and whatever the hour.
    """
    from sekisho.cli import alerts  # noqa: PLC0415 - as above

    return alerts.send(_configuration(), to, file=event, rule=rule)


@alerts.group("dead", epilog=examples("sekisho alerts dead list", "sekisho alerts dead resend --all"))
def dead_alerts() -> None:
    """See what targets did not take, and send it again.

    It is what they refused, or did not take for a day.
    """


@dead_alerts.command(
    "list", epilog=examples("sekisho alerts dead list", "sekisho alerts dead list --target security --format json")
)
@click.option("--target", metavar="NAME", help="Only what this target did not take.")
@takes("format", "db")
def list_dead_alerts(*, target: str | None, output_format: str | None, db: str | None) -> ExitStatus:
    """List messages that were given up, the oldest first."""
    from sekisho.cli import alerts  # noqa: PLC0415 - as above

    return alerts.list_dead(target=target, database=db, output_format=output_format or "table")


@dead_alerts.command(
    "resend",
    epilog=examples("sekisho alerts dead resend 4f0c19ab", "sekisho alerts dead resend --all --target security"),
)
@click.argument("messages", metavar="ID...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--target", metavar="NAME", help="With --all: only what this target did not take.")
@takes("db")
def resend_alerts(*, messages: tuple[str, ...], everything: bool, target: str | None, db: str | None) -> ExitStatus:
    """Have messages wait again, for the server to send.

    A beginning of an id is enough.
    """
    from sekisho.cli import alerts  # noqa: PLC0415 - as above

    return alerts.resend(messages, everything=everything, target=target, database=db)


def _configuration() -> "Configuration":
    from sekisho.cli import alerts  # noqa: PLC0415 - as above

    return alerts.read_configuration(settings_file(click.get_current_context()))
