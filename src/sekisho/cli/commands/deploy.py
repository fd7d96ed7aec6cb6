"""`deploy`: what has to be in AWS so that events come in."""

import click

from sekisho.cli.commands.program import examples, sekisho
from sekisho.cli.status import ExitStatus


@sekisho.command(
    epilog=examples(
        "sekisho deploy --print > events.yaml",
        "sekisho deploy --print --consumer-role-arn arn:aws:iam::111122223333:role/sekisho",
        "sekisho deploy --print --format terraform > events.tf",
        "sekisho deploy --print --home-bus-for o-exampleorgid       the home account's bus and queue",
        "sekisho deploy --print --forward-to-bus arn:aws:events:us-east-1:111122223333:event-bus/sekisho-events",
    )
)
@click.option("--print", "print_it", is_flag=True, help="Print the stack; nothing is changed in AWS.")
@click.option(
    "--format",
    "template",
    type=click.Choice(["cloudformation", "terraform"]),
    default="cloudformation",
    show_default=True,
    help="The language of the stack.",
)
@click.option("--consumer-role-arn", metavar="ARN", help="The role that takes events out of the queue.")
@click.option(
    "--identity-region",
    metavar="REGION",
    help="Where IAM's calls are recorded. Default: us-east-1, cn-north-1 or us-gov-west-1, by the partition.",
)
@click.option("--forward-to-bus", metavar="ARN", help="Send events to this bus of a home account; have no queue here.")
@click.option("--home-bus-for", metavar="ORGANIZATION", help="Be the home account of this organization.")
def deploy(
    *,
    print_it: bool,
    template: str,
    consumer_role_arn: str | None,
    identity_region: str | None,
    forward_to_bus: str | None,
    home_bus_for: str | None,
) -> ExitStatus:
    """Print what to deploy so that events come in.

    Rules of EventBridge and a queue, for every Region of every account, or for one home account.
    """
    from sekisho.cli import answers  # noqa: PLC0415 - see `sekisho.cli.commands`
    from sekisho.cli.deploy import Stack  # noqa: PLC0415

    if not print_it:
        raise click.UsageError("nothing is deployed from here; say --print, and deploy what is printed")
    stack = Stack(consumer_role_arn, identity_region, forward_to_bus, home_bus_for)
    return answers.deploy(stack, template=template)
