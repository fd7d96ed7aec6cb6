"""`explain` and `iam-policy`."""

from pathlib import Path

import click

from sekisho.cli.commands.program import FILE, examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus


@sekisho.command(
    epilog=examples(
        "sekisho explain 4f0c19ab",
        "sekisho explain arn:aws:s3:::logs",
        "sekisho explain --policy bucket-policy.json --account 111122223333",
        "sekisho explain --policy key.json --resource-type AWS::KMS::Key --account 111122223333",
    )
)
@click.argument("subject", metavar="[FINDING | RESOURCE-ARN]", required=False)
@click.option(
    "--policy", metavar="FILE", type=FILE, help="Explain this policy document instead; - reads standard input."
)
@click.option(
    "--resource-type",
    metavar="TYPE",
    help="What the policy is attached to, such as AWS::SQS::Queue. Default: what its actions say.",
)
@click.option(
    "--account", metavar="ID", help="The account that owns the resource. Default: the one that its ARNs name."
)
@click.option("--resource", metavar="ARN", help="The resource itself, when its name matters to the policy.")
@click.option(
    "--fewest",
    is_flag=True,
    help="With --policy: leave out findings all of whose requests are among those of others.",
)
@takes("db")
def explain(
    *,
    subject: str | None,
    policy: Path | None,
    resource_type: str | None,
    account: str | None,
    resource: str | None,
    fewest: bool,
    db: str | None,
) -> ExitStatus:
    """Explain a finding, a resource or a policy.

    Which statement lets whom in, a request that proves it, what stands in the way, and what would close it.
    """
    from sekisho.cli import answers  # noqa: PLC0415 - see `sekisho.cli.commands`

    match subject, policy:
        case str(), None:
            return answers.explain(subject, database=db)
        case None, Path():
            return answers.explain_policy(
                policy, resource_type=resource_type, account=account, resource=resource, fewest=fewest
            )
        case _:
            raise click.UsageError("name a finding, a resource, or a policy with --policy FILE")


@sekisho.command(
    "iam-policy",
    epilog=examples(
        "sekisho iam-policy > sekisho-read.json",
        "sekisho iam-policy --organization --role-name SekishoReader",
    ),
)
@click.option("--partition", default="aws", show_default=True, type=click.Choice(["aws", "aws-cn", "aws-us-gov"]))
@click.option("--events", is_flag=True, help="And take events: out of queues and log files, and by LookupEvents.")
@takes("organization", "role-name")
def iam_policy(*, partition: str, events: bool, organization: bool, role_name: str | None) -> ExitStatus:
    """Print the least IAM policy that lets Sekisho read."""
    from sekisho.cli import answers  # noqa: PLC0415 - see `sekisho.cli.commands`

    return answers.iam_policy(organization=organization, events=events, role_name=role_name, partition=partition)
