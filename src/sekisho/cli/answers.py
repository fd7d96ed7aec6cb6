"""`findings`, `explain` and `iam-policy`: questions that need no reading of AWS."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.text import Text

from sekisho.cli.deploy import Stack, render_cloudformation, render_terraform
from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.render.coverage import render_gaps
from sekisho.cli.render.html import Report, accounts_of_scans, notes_of_scan
from sekisho.cli.render.page import render_analyzed_resource, render_finding, render_no_access, render_observation
from sekisho.cli.shown_findings import show_findings
from sekisho.cli.status import ExitStatus
from sekisho.collectors import DEFAULT_ROLE_NAME, read_policy
from sekisho.findings import (
    Finding,
    FindingFilter,
    Scan,
    Status,
    UnknownResourceError,
    finding_document,
    format_time,
)
from sekisho.policy import parse_policy
from sekisho.policy.errors import Location, PolicySyntaxError
from sekisho.resources.hypothetical import HYPOTHETICAL_TYPES, guess_owner, guess_resource, guess_resource_type
from sekisho.wiring import open_store

ACCOUNT_ID = re.compile("[0-9]{12}")
ARN = re.compile("arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")

NOBODY = "000000000000"
"""An account that nobody has, for a policy whose owner is not known."""

HERE = Path("-")
"""The policy file that means standard input."""


def list_findings(where: FindingFilter, *, database: str | None, output_format: str) -> ExitStatus:
    """List the findings that the store has."""
    output = Output()
    with open_store(database) as store:
        found = store.findings(where)
        last = [scan for one in store.analyzers() for scan in store.scans(limit=1, analyzer_arn=one.arn)]
    show_findings(output, found, output_format=output_format, report=lambda: _page(where, found, last))
    if not last:
        output.note(Text("no scan is stored yet; begin with `sekisho scan`", "yellow"))
    for scan in last:
        if not scan.coverage.is_complete:
            whose = plain(scan.analyzer_arn.rpartition(":")[2])
            output.note(Text(f"the last scan of {whose}, of {format_time(scan.finished_at)}, had gaps:", "yellow"))
            output.note(render_gaps(scan.coverage))
    return ExitStatus.DONE


def _page(where: FindingFilter, found: Sequence[Finding], last: Sequence[Scan]) -> Report:
    """Return what a page tells of the findings that the store has; what was not looked at is of the last scans."""
    coverages = [one.coverage for one in last]
    return Report(
        "Findings",
        datetime.now(UTC),
        found,
        about=f"A selection: {'; '.join(_selected(where))}.",
        accounts=accounts_of_scans(coverages),
        notes=[note for one in coverages for note in notes_of_scan(one)]
        or ([] if last else ["No scan is stored yet; begin with `sekisho scan`."]),
    )


def _selected(where: FindingFilter) -> Iterator[str]:
    yield (
        "of any status" if where.statuses is None else " or ".join(sorted(one.value.lower() for one in where.statuses))
    )
    if where.severity_at_least is not None:
        yield f"at least {where.severity_at_least.name.lower()}, or not decided"
    if where.is_public:
        yield "public"
    if where.account is not None:
        yield f"of account {where.account}"
    if where.resource_type is not None:
        yield f"on {where.resource_type}"
    if where.resource is not None:
        yield f"on {where.resource}"


def show_finding(prefix: str, *, database: str | None, output_format: str) -> ExitStatus:
    """Show one finding; as JSON it is one object, as JSON Lines one line."""
    output = Output()
    with open_store(database) as store:
        finding = store.finding(prefix)
    match output_format:
        case "table":
            output.show(render_finding(finding))
        case "json":
            output.write([json.dumps(finding_document(finding), indent=2)])
        case _:
            show_findings(output, (finding,), output_format=output_format)
    return ExitStatus.DONE


def explain(subject: str, *, database: str | None) -> ExitStatus:
    """Explain a finding, or a resource: every way in, or why there is none."""
    output = Output()
    with open_store(database) as store:
        if not subject.startswith("arn:"):
            output.show(render_finding(store.finding(subject)))
            return ExitStatus.DONE
        still_open = frozenset({Status.ACTIVE, Status.ARCHIVED})
        found = store.findings(FindingFilter(resource=subject, statuses=still_open))
        seen = store.analyzed_resources(subject)
    if not found and not seen:
        raise UnknownResourceError(subject)
    output.show(*(render_finding(finding) for finding in found))
    told = {finding.analyzer_arn for finding in found}
    output.show(*(render_analyzed_resource(one) for one in seen if one.analyzer_arn not in told))
    return ExitStatus.DONE


def explain_policy(
    file: Path, *, resource_type: str | None, account: str | None, resource: str | None, fewest: bool
) -> ExitStatus:
    """Explain a policy document that need not be attached to anything yet."""
    from sekisho.analyzers.external import analyze_policy_document  # noqa: PLC0415 - the other questions need none

    types = ", ".join(sorted(HYPOTHETICAL_TYPES))
    if resource_type is not None and resource_type not in HYPOTHETICAL_TYPES:
        raise click.UsageError(f"--resource-type is none of {types}")
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        raise click.UsageError("--account is not an account id; it has twelve digits")
    if resource is not None and not ARN.fullmatch(resource):
        raise click.UsageError("--resource is not an ARN, such as arn:aws:s3:::logs")
    text = _read_text(file)
    policy = parse_policy(text)
    resource_type = resource_type or guess_resource_type(policy)
    if resource_type is None:
        raise click.UsageError(f"the policy does not say what it is attached to; name it: --resource-type {types}")
    resource = resource or guess_resource(policy, resource_type)
    account = account or guess_owner(policy, resource)
    output = Output()
    if account is None:
        output.note(Text("no --account is given and no ARN names one, so every account counts as outside", "yellow"))
    analysis = analyze_policy_document(
        text,
        resource_type=resource_type,
        owner_account=account or NOBODY,
        resource=resource,
        fewest_findings=fewest,
    )
    output.show(*(render_observation(observation) for observation in analysis.observations))
    if not analysis.observations:
        output.show(render_no_access(analysis.resource, analysis.resource_type, analysis.notes))
    return ExitStatus.DONE


def _read_text(file: Path) -> str:
    """Read a policy document.

    Raises:
        PolicySyntaxError: it is not UTF-8.
        OSError: it cannot be read.
    """
    content = sys.stdin.buffer.read() if file == HERE else file.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        *lines, begun = content[: error.start].split(b"\n")
        place = Location("", line=len(lines) + 1, column=len(begun.decode()) + 1)
        raise PolicySyntaxError("the text is not UTF-8", at=place) from error


def iam_policy(*, organization: bool, events: bool, role_name: str | None, partition: str) -> ExitStatus:
    """Print the policy that a reading needs."""
    policy = read_policy(
        organization=organization, events=events, role_name=role_name or DEFAULT_ROLE_NAME, partition=partition
    )
    Output().write([json.dumps(policy, indent=2)])
    return ExitStatus.DONE


def deploy(stack: Stack, *, template: str) -> ExitStatus:
    """Print a stack; `template` is `cloudformation` or `terraform`."""
    Output().write(render_terraform(stack) if template == "terraform" else render_cloudformation(stack))
    return ExitStatus.DONE
