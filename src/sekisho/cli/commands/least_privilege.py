"""`generate-policy`."""

import os
from typing import Any, Final

import click

from sekisho.cli.commands.program import FILE, examples, sekisho
from sekisho.cli.settings import takes
from sekisho.cli.status import ExitStatus

DAY: Final = click.DateTime(["%Y-%m-%d"])


@sekisho.command(
    "generate-policy",
    epilog=examples(
        "sekisho generate-policy --principal arn:aws:iam::111122223333:role/app --from trail/",
        "sekisho generate-policy --principal role/app --from trail/ --start 2026-08-01 --end 2026-10-31",
        "sekisho generate-policy --principal all --from trail/ --out policies/",
        "sekisho generate-policy --principal role/app --from trail/ --resources exact --format json",
        "sekisho generate-policy --principal role/app --from s3://trail-logs/AWSLogs/ --profile audit",
        "sekisho generate-policy --principal all --from s3://trail-logs/AWSLogs/ --verify-integrity --strict",
        "sekisho generate-policy --principal role/app --from trail/ --conditions all --format terraform",
        "sekisho generate-policy --principal role/app --from trail/ --against aws     what takes the place of today's",
        "sekisho generate-policy --principal role/app --from trail/ --against aws --format diff",
        "sekisho generate-policy --from trail/        who did something at all",
    ),
)
@click.option("--principal", metavar="ARN", help="A role or user: its ARN, `role/NAME`, `user/NAME`, or `all`.")
@click.option(
    "--from",
    "sources",
    metavar="PLACE",
    multiple=True,
    required=True,
    help="A folder of CloudTrail log files with all that is below it, one file, or s3://BUCKET/PREFIX/; may be "
    "repeated.",
)
@click.option("--start", type=DAY, metavar="DATE", help="The first day, in UTC. Default: the earliest there is.")
@click.option("--end", type=DAY, metavar="DATE", help="The last day, in UTC. Default: the latest there is.")
@click.option(
    "--resources",
    type=click.Choice(["exact", "grouped", "star", "placeholders"]),
    default="grouped",
    help="Write each ARN; or a few, and what many have in common (the default); or all resources of a kind; or AWS's "
    "placeholders, to be filled in.",
)
@click.option("--include-denied", is_flag=True, help="Grant what was denied as well.")
@click.option(
    "--conditions",
    type=click.Choice(["none", "safe", "all"]),
    default="safe",
    help="Write no conditions; or those that follow from what was done (the default); or all that held each time.",
)
@click.option(
    "--tags",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="Tags, as `aws resourcegroupstaggingapi get-resources` or `aws iam get-role` prints them; may be repeated.",
)
@click.option("--follow-role-chains", is_flag=True, help="Print the policies of the roles that were assumed as well.")
@click.option(
    "--against",
    metavar="PLACE",
    help="Compare with what is attached now, and print what takes its place: a file with what `aws iam "
    "get-account-authorization-details` answers, a policy, or `aws` to ask IAM.",
)
@click.option(
    "--keep-unseen/--drop-unseen",
    default=True,
    help="With --against, keep grants whose use the trail could not have shown (the default), or drop them.",
)
@click.option("--out", metavar="FOLDER", type=FILE, help="Write each policy to a file of its own in this folder.")
@click.option("--usage", metavar="FOLDER", type=FILE, help="Where usage is kept, so that a file is read only once.")
@click.option(
    "--late",
    type=click.IntRange(0, 366),
    default=2,
    metavar="DAYS",
    help="How many days after --end files are looked for, as some are delivered late. Default: 2.",
)
@click.option(
    "--verify-integrity",
    is_flag=True,
    help="Read only log files whose SHA-256 is in a digest file that CloudTrail has signed.",
)
@click.option(
    "--public-keys",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="What `aws cloudtrail list-public-keys` printed, to check signatures with; one for each Region.",
)
@takes(
    *("profile", "service-reference", "format", "workers", "engine", "spark-master", "strict"),
    also={"format": ("diff", "terraform", "cloudformation")},
)
def generate_policy(*, output_format: str | None, **options: Any) -> ExitStatus:
    """Print the smallest policy that would have sufficed.

    CloudTrail's log files are read; AWS is asked for nothing else, but with `--verify-integrity` for public keys and
    with `--against aws` for today's policies. Files in a bucket take s3:ListBucket and s3:GetObject; those in a folder
    need no AWS account. The policy under which all that a role or user did would have worked goes to standard output.
    What no event shows, such as iam:PassRole, is inferred from those that do, and marked: that, what was denied, what
    is not known, and files that could not be read are told on standard error. `--format json` has all of it, with the
    records that show it.
    """
    from sekisho.wiring.processes import begin_early  # noqa: PLC0415 - see `sekisho.cli.commands`

    if options["engine"] != "spark" and (options["workers"] or os.cpu_count()) != 1:
        begin_early("sekisho.cli.least_privilege")
    from sekisho.cli import least_privilege  # noqa: PLC0415 - as above

    return least_privilege.generate_policy(least_privilege.Asked(output_format=output_format or "table", **options))
