"""The tables: what is asked for has a column, the rest of an observation is one JSON document."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
)

HEAD: Final = "0001"
"""The newest migration; a test holds it equal to what Alembic finds in `migrations/versions`."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, also in databases whose times know no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC, without the zone where the database could not keep it."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

analyzers = Table(
    "analyzers", metadata, Column("arn", String(512), primary_key=True), Column("scans", Integer, nullable=False)
)
"""`scans` counts; to add to it is how a scan takes its turn."""

scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn"), nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("coverage", Text, nullable=False),
    Index("scans_by_analyzer", "analyzer_arn", "finished_at"),
)

resources = Table(
    "resources",
    metadata,
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn"), primary_key=True),
    Column("resource", String(2048), primary_key=True),
    Column("resource_type", String(128), nullable=False),
    Column("resource_owner_account", String(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("analyzed_at", UtcDateTime, nullable=False),
    Column("notes", Text, nullable=False),
    Index("resources_by_arn", "resource"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("finding_type", String(64), nullable=False),
    Column("resource", String(2048), nullable=False),
    Column("resource_type", String(128), nullable=False),
    Column("resource_owner_account", String(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("error", String(32)),  # set for a failure to decide, which has no severity and is neither public nor private
    Column("is_public", Boolean),
    Column("severity", SmallInteger),  # the rank, the worst is the highest
    Column("created_at", UtcDateTime, nullable=False),
    Column("analyzed_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("findings_by_status", "analyzer_arn", "status"),
    Index("findings_by_resource", "resource"),
)
