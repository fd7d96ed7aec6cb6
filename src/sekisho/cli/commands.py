"""The commands: their arguments, their help, and the function that answers each.

What answers is imported when its command runs: SQLAlchemy, boto3 and the analyzers would make every `--help` wait.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from sekisho.cli.settings import LEVELS, LIVE_SETTINGS, LiveSettings, takes, takes_live_settings
from sekisho.cli.status import ExitStatus

FILE: Final = click.Path(path_type=Path)

ROLES: Final = ("reader", "operator", "admin")
"""The values of `Role`, the one that may do least first; a test compares them."""

EXIT_STATUSES: Final = """

Exit status: 0 done; 1 active findings of at least --fail-on; 2 usage; 3 gaps under --strict; 4 could not run.
"""


def _examples(*lines: str) -> str:
    """Return the end of a help text; the first character keeps click from filling the lines."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


@click.group(
    epilog=_examples(
        "sekisho demo                       see it work, without an AWS account",
        "sekisho scan                       scan the account of your credentials",
        "sekisho findings list              what the last scan found",
        "sekisho explain arn:aws:s3:::logs  why a bucket is open, or why it is not",
    )
    + EXIT_STATUSES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": None},
)
@click.version_option(package_name="sekisho", message="sekisho %(version)s")
def sekisho() -> None:
    """Who outside can reach what in your AWS accounts, through which statement, with a request that proves it."""


def _refuse_options_of_a_live_reading() -> None:
    """A recording says itself who is inside and what was read; standing settings for live readings do no harm."""
    context = click.get_current_context()
    for setting in LIVE_SETTINGS:
        if context.get_parameter_source(setting.parameter) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--{setting.name} says how to read AWS, and --recording reads a file; leave one out"
            )


@sekisho.command(
    epilog=_examples(
        "sekisho demo",
        "sekisho demo --format json",
    )
)
@takes("format")
def demo(output_format: str | None) -> ExitStatus:
    """Scan a sample organization; nothing is stored."""
    from sekisho.cli.scanning import demonstrate  # noqa: PLC0415 - see the module's docstring

    return demonstrate(output_format or "table")


@sekisho.command(
    epilog=_examples(
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
        _refuse_options_of_a_live_reading()
    from sekisho.cli import scanning  # noqa: PLC0415 - see the module's docstring

    return scanning.scan(
        live,
        recording=recording,
        database=db,
        output_format=output_format or "table",
        strict=strict,
        fail_on=fail_on,
    )


@sekisho.command(
    epilog=_examples(
        "sekisho record --out account.jsonl.gz",
        "sekisho record --organization --out organization.jsonl.gz",
    )
)
@click.option("--out", required=True, metavar="FILE", type=FILE, help="Where to write; `.gz` and `.zst` compress.")
@takes_live_settings("strict")
def record(
    *,
    out: Path,
    live: LiveSettings,
    strict: bool,
) -> ExitStatus:
    """Read accounts into a recording and analyse nothing.

    A recording holds policies and settings, never secret values. `sekisho scan --recording` analyses it anywhere.
    """
    from sekisho.cli import scanning  # noqa: PLC0415 - see the module's docstring

    return scanning.record(live, out, strict=strict)


@sekisho.group(
    epilog=_examples(
        "sekisho findings list",
        "sekisho findings show 4f0c19ab",
    )
)
def findings() -> None:
    """List, show and archive the findings of earlier scans."""


@findings.command(
    "list",
    epilog=_examples(
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
    from sekisho.analyzers.observation import Severity  # noqa: PLC0415 - see the module's docstring
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
    epilog=_examples(
        "sekisho findings show 4f0c19ab",
        "sekisho findings show 4f0c19ab --format json",
    ),
)
@click.argument("finding", metavar="ID")
@takes("format", "db")
def show_finding(*, finding: str, output_format: str | None, db: str | None) -> ExitStatus:
    """Tell one finding as a page. The ID may be shortened as long as it is unique."""
    from sekisho.cli import answers  # noqa: PLC0415 - see the module's docstring

    return answers.show_finding(finding, database=db, output_format=output_format or "table")


@findings.command(
    "archive",
    epilog=_examples(
        "sekisho findings archive 4f0c19ab --reason 'the CDN reads it'",
        "sekisho findings archive 4f0c19ab 77b0de21",
    ),
)
@click.argument("findings", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", default="", help="Why; the history keeps it.")
@takes("db")
def archive_findings(*, findings: tuple[str, ...], reason: str, db: str | None) -> ExitStatus:
    """Archive findings that are all right. IDs may be shortened as long as they are unique."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.archive_findings(findings, reason=reason, database=db)


@findings.command("unarchive", epilog=_examples("sekisho findings unarchive 4f0c19ab"))
@click.argument("findings", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", default="", help="Why; the history keeps it.")
@takes("db")
def unarchive_findings(*, findings: tuple[str, ...], reason: str, db: str | None) -> ExitStatus:
    """Make archived findings active again."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.unarchive_findings(findings, reason=reason, database=db)


@findings.command(
    "history",
    epilog=_examples(
        "sekisho findings history 4f0c19ab",
        "sekisho findings history 4f0c19ab --format json",
    ),
)
@click.argument("finding", metavar="ID")
@takes("format", "db")
def finding_history(*, finding: str, output_format: str | None, db: str | None) -> ExitStatus:
    """Tell all that happened to a finding."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.show_history(finding, database=db, output_format=output_format or "table")


@sekisho.command(
    epilog=_examples(
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
    from sekisho.cli import answers  # noqa: PLC0415 - see the module's docstring

    match subject, policy:
        case str(), None:
            return answers.explain(subject, database=db)
        case None, Path():
            return answers.explain_policy(
                policy, resource_type=resource_type, account=account, resource=resource, fewest=fewest
            )
        case _:
            raise click.UsageError("name a finding, a resource, or a policy with --policy FILE")


@sekisho.group(
    epilog=_examples(
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
    epilog=_examples(
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
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring
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


@rules.command("list", epilog=_examples("sekisho rules list", "sekisho rules list --format json"))
@takes("format", "db")
def list_rules(*, output_format: str | None, db: str | None) -> ExitStatus:
    """List the archive rules."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.list_rules(database=db, output_format=output_format or "table")


@rules.command("apply", epilog=_examples("sekisho rules apply partner"))
@click.argument("name")
@click.option("--analyzer", metavar="ARN", help="Whose rule, where the database has several analyzers.")
@takes("db")
def apply_rule(*, name: str, analyzer: str | None, db: str | None) -> ExitStatus:
    """Archive what was found before the rule was made."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.apply_archive_rule(name, analyzer=analyzer, database=db)


@rules.command("delete", epilog=_examples("sekisho rules delete partner"))
@click.argument("name")
@click.option("--analyzer", metavar="ARN", help="Whose rule, where the database has several analyzers.")
@takes("db")
def delete_rule(*, name: str, analyzer: str | None, db: str | None) -> ExitStatus:
    """Delete a rule. What it has archived stays archived."""
    from sekisho.cli import lifecycle  # noqa: PLC0415 - see the module's docstring

    return lifecycle.delete_rule(name, analyzer=analyzer, database=db)


@sekisho.group(
    epilog=_examples(
        "sekisho events send --to -",
        "sekisho events send --to events.jsonl",
    )
)
def events() -> None:
    """Send what changed as EventBridge events."""


@events.command(
    "send",
    epilog=_examples(
        "sekisho events send --to -",
        "sekisho events send --to /var/log/sekisho/events.jsonl",
        "sekisho events send --to https://hooks.example.com/sekisho",
    ),
)
@click.option("--to", required=True, metavar="TARGET", help="A file, an http or https URL, or - for standard output.")
@takes("db")
def send_events(*, to: str, db: str | None) -> ExitStatus:
    """Send a target the events that it has not got.

    Each target is remembered by its place, so that it hears of every change, in order, however often this runs.
    """
    from sekisho.cli import events  # noqa: PLC0415 - see the module's docstring

    return events.send(to, database=db)


@sekisho.command(
    "iam-policy",
    epilog=_examples(
        "sekisho iam-policy > sekisho-read.json",
        "sekisho iam-policy --organization --role-name SekishoReader",
    ),
)
@click.option("--partition", default="aws", show_default=True, type=click.Choice(["aws", "aws-cn", "aws-us-gov"]))
@takes("organization", "role-name")
def iam_policy(*, partition: str, organization: bool, role_name: str | None) -> ExitStatus:
    """Print the least IAM policy that lets Sekisho read."""
    from sekisho.cli import answers  # noqa: PLC0415 - see the module's docstring

    return answers.iam_policy(organization=organization, role_name=role_name, partition=partition)


@sekisho.group(
    epilog=_examples(
        "sekisho keys create --role operator --description deployment",
        "sekisho keys list",
        "sekisho keys revoke SEKI4Q7M",
    )
)
def keys() -> None:
    """Make, list and revoke access keys to Sekisho's own API."""


@keys.command(
    "create",
    epilog=_examples(
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
    from sekisho.cli import keys  # noqa: PLC0415 - see the module's docstring

    return keys.create(
        role,
        description=description,
        secret_key_file=secret_key_file,
        database=db,
        output_format=output_format or "table",
    )


@keys.command(
    "list",
    epilog=_examples(
        "sekisho keys list",
        "sekisho keys list --format csv > keys.csv",
    ),
)
@takes("format", "db")
def list_keys(*, output_format: str | None, db: str | None) -> ExitStatus:
    """List access keys, the revoked ones too; never a secret."""
    from sekisho.cli import keys  # noqa: PLC0415 - see the module's docstring

    return keys.list_keys(database=db, output_format=output_format or "table")


@keys.command("revoke", epilog=_examples("sekisho keys revoke SEKI4Q7M"))
@click.argument("key", metavar="ID")
@takes("db")
def revoke_key(*, key: str, db: str | None) -> ExitStatus:
    """Revoke an access key, for good. The ID may be shortened as long as it is unique."""
    from sekisho.cli import keys  # noqa: PLC0415 - see the module's docstring

    return keys.revoke(key, database=db)
