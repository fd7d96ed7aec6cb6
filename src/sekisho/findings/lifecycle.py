"""What people, rules and time do to findings; what scans do is in `reconcile`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from sekisho.analyzers.credentials import SIGNED, Exemptions
from sekisho.findings.archive_rules import ArchiveRule, archiving_rule
from sekisho.findings.change import Change, ChangeKind
from sekisho.findings.finding import Finding, Status

KEPT_RESOLVED: Final = timedelta(days=90)
"""How long a resolved finding is kept after its last change. Source: IAM User Guide, "Resolving findings"."""


def archive(findings: Iterable[Finding], *, by: str, now: datetime, reason: str = "") -> Iterator[Change]:
    """Yield the changes that archive the active ones among findings; the others stay as they are.

    Source: Access Analyzer API reference, `UpdateFindings`.
    """
    for finding in findings:
        if finding.status is Status.ACTIVE:
            after = replace(finding, status=Status.ARCHIVED, updated_at=now, archived_by=by)
            yield Change(ChangeKind.ARCHIVED, after, finding.status, now, by, reason)


def unarchive(findings: Iterable[Finding], *, by: str, now: datetime, reason: str = "") -> Iterator[Change]:
    """Yield the changes that make the archived ones among findings active again."""
    for finding in findings:
        if finding.status is Status.ARCHIVED:
            after = replace(finding, status=Status.ACTIVE, updated_at=now, archived_by=None)
            yield Change(ChangeKind.UNARCHIVED, after, finding.status, now, by, reason)


def apply_rule(rule: ArchiveRule, findings: Iterable[Finding], *, now: datetime) -> Iterator[Change]:
    """Yield the changes by which a rule archives what was found before it was made.

    Source: Access Analyzer API reference, `ApplyArchiveRule`.
    """
    if rule.is_live(now):
        yield from archive(
            (one for one in findings if rule.archives(one)), by=rule.signature, now=now, reason=rule.reason or ""
        )


def lapse(rules: Sequence[ArchiveRule], findings: Iterable[Finding], *, now: datetime) -> Iterator[Change]:
    """Yield the changes that make active again what only rules archived that have expired.

    Rules that are changed or deleted before they expire leave what they archived as it is.
    Source for the latter: IAM User Guide, "Archive rules".
    """
    expired = {rule.signature for rule in rules if not rule.is_live(now)}
    for finding in findings:
        if finding.status is Status.ARCHIVED and finding.archived_by in expired:
            other = archiving_rule(rules, finding, now)
            if other is None:
                yield from unarchive((finding,), by=finding.archived_by or "", now=now, reason="the rule has expired")
            else:
                yield _signed_anew(finding, other.signature, other.reason or "", now)


def exempt(
    findings: Iterable[Finding], exemptions: Exemptions, *, rules: Sequence[ArchiveRule], now: datetime
) -> Iterator[Change]:
    """Yield the changes by which exemptions archive what is active, and those that end what they archived.

    What another has archived stays so, whether an exemption is about it or not. Where an exemption ends, another one or
    an archive rule may take over.
    """
    for finding in findings:
        held_by = finding.archived_by if finding.status is Status.ARCHIVED else None
        exemption = exemptions.of(finding.observation, held_by=held_by)
        if held_by is None:
            if exemption is not None:
                yield from archive((finding,), by=exemption.signature, now=now, reason=exemption.why)
        elif held_by.startswith(SIGNED) and (exemption is None or exemption.signature != held_by):
            rule = archiving_rule(rules, finding, now) if exemption is None else None
            if exemption is not None:
                yield _signed_anew(finding, exemption.signature, exemption.why, now)
            elif rule is not None:
                yield _signed_anew(finding, rule.signature, rule.reason or "", now)
            else:
                yield from unarchive((finding,), by=held_by, now=now, reason="it has ended, or is about this no more")


def _signed_anew(finding: Finding, by: str, reason: str, now: datetime) -> Change:
    """Return the change by which something that is archived stays so in another's name."""
    return Change(ChangeKind.ARCHIVED, replace(finding, archived_by=by), finding.status, now, by, reason)


def tidy(rules: Sequence[ArchiveRule], findings: Sequence[Finding], *, now: datetime) -> Iterator[Change]:
    """Yield what time alone changes: what expired rules archived, and what has been resolved for long."""
    yield from lapse(rules, findings, now=now)
    yield from forget(findings, now=now)


def forget(findings: Iterable[Finding], *, now: datetime) -> Iterator[Change]:
    """Yield the changes that delete the resolved findings whose time is over."""
    for finding in findings:
        if finding.status is Status.RESOLVED and now - finding.updated_at >= KEPT_RESOLVED:
            yield Change(ChangeKind.DELETED, finding, finding.status, now, "retention")
