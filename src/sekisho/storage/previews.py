"""Access previews in a SQL database; the configurations and the findings of each are a JSON document."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess, FindingType, Observation
from sekisho.findings import Status
from sekisho.findings.preview import (
    AccessPreview,
    ChangeType,
    FailureReason,
    PreviewFinding,
    PreviewStatus,
    preview_matches,
)
from sekisho.findings.preview_store import (
    PreviewFindingPage,
    PreviewFindingQuery,
    PreviewPage,
    PreviewQuery,
    preview_page_of,
)
from sekisho.storage.analyzers import read_analyzer
from sekisho.storage.database import Database
from sekisho.storage.documents import parse_document
from sekisho.storage.queries import keepable
from sekisho.storage.schema import access_previews

_C = access_previews.c


class _Kept(msgspec.Struct, frozen=True):
    """A preview finding as its row keeps it: one of `access` and `error` is set."""

    id: str
    resource: str
    resource_type: str
    resource_owner_account: str
    region: str
    finding_type: FindingType
    change_type: ChangeType
    status: Status
    existing_finding_id: str | None = None
    existing_finding_status: Status | None = None
    access: ExternalAccess | None = None
    error: AnalysisError | None = None


_FINDINGS: Final = msgspec.json.Decoder(tuple[_Kept, ...])
_CONFIGURATIONS: Final = msgspec.json.Decoder(Mapping[str, Mapping[str, Any]])


class SqlPreviewStore(Database):
    """A `PreviewStore` in a database, the one that has the findings."""

    def save(self, preview: AccessPreview) -> None:
        """Keep a preview; one of the same id is replaced."""
        row: dict[str, Any] = {
            "id": preview.id,
            "analyzer_arn": preview.analyzer_arn,
            "created_at": preview.created_at,
            "status": preview.status.value,
            "reason": None if preview.reason is None else preview.reason.value,
            "detail": None if preview.detail is None else keepable(preview.detail),
            "configurations": json.dumps(preview.configurations),
            "findings": _format(preview.findings),
        }
        with self.writing() as connection:
            read_analyzer(connection, preview.analyzer_arn)
            connection.execute(delete(access_previews).where(_C.id == preview.id))
            connection.execute(insert(access_previews), row)

    def get(self, analyzer_arn: str, preview_id: str) -> AccessPreview | None:
        """Return a preview of an analyzer; None when the analyzer has none of this id."""
        row = self._row(analyzer_arn, preview_id)
        return None if row is None else _preview(row, _parse(row))

    def list_previews(self, query: PreviewQuery) -> PreviewPage:
        """Return one page of previews without their findings, the newest first."""
        wanted: Select[Any] = select(*[column for column in _C if column.name != "findings"])
        wanted = wanted.where(_C.analyzer_arn == keepable(query.analyzer_arn), _C.created_at > query.since)
        if query.after is not None:
            at, last = query.after.created_at, keepable(query.after.id)
            wanted = wanted.where(or_(_C.created_at < at, and_(_C.created_at == at, _C.id < last)))
        wanted = wanted.order_by(_C.created_at.desc(), _C.id.desc()).limit(query.limit + 1)
        with self.reading() as connection:
            return preview_page_of(query, [_preview(row, ()) for row in connection.execute(wanted)])

    def list_findings(self, query: PreviewFindingQuery) -> PreviewFindingPage:
        """Return one page of a preview's findings, by id; none for a preview that is not there."""
        row = self._row(query.analyzer_arn, query.preview_id)
        listed = () if row is None else sorted(_parse(row), key=lambda one: one.id)
        found = [
            one
            for one in listed
            if (query.after is None or one.id > query.after) and preview_matches(query.criteria, one)
        ]
        kept = tuple(found[: query.limit])
        return PreviewFindingPage(kept, kept[-1].id if len(found) > query.limit else None)

    def count(self, analyzer_arn: str, *, since: datetime) -> int:
        """Count the previews of an analyzer that were made after `since`."""
        ours = _C.analyzer_arn == keepable(analyzer_arn)
        with self.reading() as connection:
            counted = select(func.count()).select_from(access_previews).where(ours, _C.created_at > since)
            return connection.execute(counted).scalar_one()

    def delete(self, *, before: datetime) -> int:
        """Delete what was made before a time, of every analyzer; return how many there were."""
        with self.writing() as connection:
            return connection.execute(delete(access_previews).where(_C.created_at < before)).rowcount

    def _row(self, analyzer_arn: str, preview_id: str) -> Row[Any] | None:
        same = (_C.analyzer_arn == keepable(analyzer_arn), _C.id == keepable(preview_id))
        with self.reading() as connection:
            return connection.execute(select(access_previews).where(*same)).one_or_none()


def _preview(row: Row[Any], findings: tuple[PreviewFinding, ...]) -> AccessPreview:
    return AccessPreview(
        id=row.id,
        analyzer_arn=row.analyzer_arn,
        created_at=row.created_at,
        configurations=parse_document(_CONFIGURATIONS, row.configurations),
        status=PreviewStatus(row.status),
        reason=None if row.reason is None else FailureReason(row.reason),
        detail=row.detail,
        findings=findings,
    )


def _format(findings: Iterable[PreviewFinding]) -> str:
    return msgspec.json.encode([_kept(one) for one in findings]).decode()


def _kept(finding: PreviewFinding) -> _Kept:
    seen = finding.observation
    if isinstance(seen.outcome, CredentialRisk):
        raise TypeError("a preview is of access, and never of credentials")
    return _Kept(
        id=finding.id,
        resource=seen.resource,
        resource_type=seen.resource_type,
        resource_owner_account=seen.resource_owner_account,
        region=seen.region,
        finding_type=seen.finding_type,
        change_type=finding.change_type,
        status=finding.status,
        existing_finding_id=finding.existing_finding_id,
        existing_finding_status=finding.existing_finding_status,
        access=seen.outcome if isinstance(seen.outcome, ExternalAccess) else None,
        error=None if isinstance(seen.outcome, ExternalAccess) else seen.outcome,
    )


def _parse(row: Row[Any]) -> tuple[PreviewFinding, ...]:
    return tuple(
        PreviewFinding(
            id=one.id,
            observation=Observation(
                resource=one.resource,
                resource_type=one.resource_type,
                resource_owner_account=one.resource_owner_account,
                region=one.region,
                finding_type=one.finding_type,
                outcome=outcome,
            ),
            change_type=one.change_type,
            status=one.status,
            created_at=row.created_at,
            existing_finding_id=one.existing_finding_id,
            existing_finding_status=one.existing_finding_status,
        )
        for one in parse_document(_FINDINGS, row.findings)
        if (outcome := one.access or one.error) is not None
    )
