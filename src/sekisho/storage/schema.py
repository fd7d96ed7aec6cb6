"""The tables: what is asked for has a column, the rest of an observation is one JSON document."""

from datetime import UTC, datetime
from typing import Any, Final, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects import postgresql

HEAD: Final = "0008"
"""The newest migration; a test holds it equal to what Alembic finds in `migrations/versions`."""


class _Reader(Protocol):
    """Makes a value out of what the driver has read."""

    def __call__(self, value: Any) -> datetime | None: ...


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

    def result_processor(self, dialect: Dialect, coltype: object) -> _Reader:
        """Read UTC; in one step, as a page of findings has hundreds of times."""
        del coltype
        return _read_text if dialect.name == "sqlite" else _read_time


def _read_text(value: str | None) -> datetime | None:
    """Read a time as SQLAlchemy writes it in SQLite: in ISO 8601, without the zone; to replace it takes longer."""
    return None if value is None else datetime.fromisoformat(value + "Z")


def _read_time(value: datetime | None) -> datetime | None:
    """Read a time of a driver that knows the type, in whatever zone the connection is."""
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def _sorted(length: int) -> String:
    """A text that sorts by its code points in every database; PostgreSQL would sort it as its users do.

    Source: PostgreSQL documentation, "Collation Support"; SQLite documentation, "Datatypes In SQLite", section 7.
    """
    return String(length).with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")


metadata = MetaData()

analyzers = Table(
    "analyzers",
    metadata,
    Column("arn", String(512), primary_key=True),
    Column("scans", Integer, nullable=False),
    Column("type", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tags", Text, nullable=False),  # a JSON object
    Column("last_resource", String(2048)),
    Column("last_resource_at", UtcDateTime),
    Column("unused_access", Text),  # a JSON object; null where the settings of its reader hold
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
    Column("resource", _sorted(2048), primary_key=True),
    Column("resource_type", String(128), nullable=False),
    Column("resource_owner_account", String(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("analyzed_at", UtcDateTime, nullable=False),
    Column("notes", Text, nullable=False),
    Index("resources_by_arn", "resource"),
    Index("resources_by_type", "analyzer_arn", "resource_type", "resource"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", _sorted(36), primary_key=True),
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn"), nullable=False),
    Column("status", _sorted(16), nullable=False),
    Column("finding_type", String(64), nullable=False),
    Column("resource", _sorted(2048), nullable=False),
    Column("resource_type", _sorted(128), nullable=False),
    Column("resource_owner_account", _sorted(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("error", String(32)),  # set for a failure to decide, which has no severity and is neither public nor private
    Column("is_public", Boolean),
    Column("severity", SmallInteger),  # the rank, the worst is the highest
    Column("created_at", UtcDateTime, nullable=False),
    Column("analyzed_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("archived_by", Text),
    Column("outcome", Text, nullable=False),
    Column("principal_aws", Text),
    Column("principal_federated", Text),
    Column("principal_canonical_user", Text),
    Column("resource_control_policy_restriction", String(32)),
    Index("findings_by_resource", "resource"),
    Index("findings_in_order", "analyzer_arn", "id"),
    Index("findings_by_status", "analyzer_arn", "status", "id"),
    Index("findings_by_type", "analyzer_arn", "resource_type", "id"),
    Index("findings_by_account", "analyzer_arn", "resource_owner_account", "id"),
    Index("findings_by_arn", "analyzer_arn", "resource", "id"),
    Index("findings_by_creation", "analyzer_arn", "created_at", "id"),
    Index("findings_by_update", "analyzer_arn", "updated_at", "id"),
    Index("findings_by_status_and_creation", "analyzer_arn", "status", "created_at", "id"),
    Index("findings_by_status_and_update", "analyzer_arn", "status", "updated_at", "id"),
    Index("findings_by_principal_aws", "analyzer_arn", "principal_aws", "id"),
    Index("findings_by_principal_federated", "analyzer_arn", "principal_federated", "id"),
    Index("findings_by_principal_canonical_user", "analyzer_arn", "principal_canonical_user", "id"),
    Index("findings_counted", "analyzer_arn", "resource_type", "status", "is_public"),
)
"""`analyzed_at` has no index: a scan moves it on everything it looks at.

The last four columns say again what an outcome of access says, for queries alone. A finding keeps its principal and its
conditions for life, as they are part of what makes its id.
"""

finding_conditions = Table(
    "finding_conditions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of key and value, which may be too long for an index
    Column("finding_id", _sorted(36), ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
    Column("condition_key", Text, nullable=False),  # in lower case
    Column("value", Text, nullable=False),
    Index("finding_conditions_by_finding", "finding_id"),
    sqlite_with_rowid=False,
)
"""What queries ask of the conditions of a finding; its document has them too."""

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("description", String(256), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("sealed", LargeBinary),  # the secret, encrypted; null once the key is revoked
)

history = Table(
    "history",
    metadata,
    Column("finding_id", _sorted(36), ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status_before", String(16)),
    Column("status_after", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Every change of a finding, numbered from 1; it goes when the finding goes."""

archive_rules = Table(
    "archive_rules",
    metadata,
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("criteria", Text, nullable=False),
    Column("owner", Text),
    Column("reason", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
)

access_previews = Table(
    "access_previews",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("analyzer_arn", String(512), ForeignKey("analyzers.arn", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(32)),  # of a preview that failed
    Column("detail", Text),  # the same in one sentence
    Column("configurations", Text, nullable=False),  # JSON, as it was given
    Column("findings", Text, nullable=False),  # JSON
    Index("access_previews_by_creation", "analyzer_arn", "created_at", "id"),
)

policy_generations = Table(
    "policy_generations",
    metadata,
    Column("id", _sorted(36), primary_key=True),
    Column("principal_arn", Text, nullable=False),
    Column("trails", Text, nullable=False),  # JSON
    Column("range_start", UtcDateTime, nullable=False),
    Column("range_end", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("completed_at", UtcDateTime),
    Column("error_code", String(32)),
    Column("error_message", Text),
    Column("result", Text),  # JSON
    Column("held_by", String(36)),  # the server that works on it
    Column("held_until", UtcDateTime),  # when another may, unless it says so again
    Index("policy_generations_by_start", "started_at", "id"),
    Index("policy_generations_by_status", "status", "started_at", "id"),
)

replies = Table(
    "replies",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("content", Text, nullable=False),
    Index("replies_by_time", "at"),
)
"""What requests were answered that may be sent twice."""

outbox = Table("outbox", metadata, Column("id", Integer, primary_key=True), Column("writes", Integer, nullable=False))
"""One row. To add to `writes` is how an event takes its turn, so that positions become visible in their order."""

events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("finding_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("envelope", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What has still to be told, and what was told lately; a position is never used twice."""

targets = Table(
    "targets",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("position", Integer, nullable=False),
)
"""To each target of events the position up to which it has got them."""

KEY_LENGTH: Final = 64
"""Of names and ids that others choose; what is longer has a digest in its place."""


def _key() -> String:
    return _sorted(KEY_LENGTH)


def _index_where(condition: str, name: str, *columns: str) -> Index:
    """Return an index of some rows alone: what waits is found at once, however much is told already."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


incoming_events = Table(
    "incoming_events",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", _key(), nullable=False, unique=True),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("document", Text),  # JSON; null once the event was put to the rules, as its alerts have what is told
    _index_where("document IS NOT NULL", "incoming_events_untold", "position"),
    _index_where("document IS NULL", "incoming_events_settled", "taken_at"),
    sqlite_autoincrement=True,
)
"""The events that came from outside. Their ids are kept for a while, so that what comes again is known."""

messages = Table(
    "messages",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", _key(), nullable=False, unique=True),
    Column("target", _key(), nullable=False),
    Column("rule", _key(), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("waiting_since", UtcDateTime, nullable=False),
    Column("again_at", UtcDateTime),  # null once it has ended
    Column("ended_at", UtcDateTime),  # null while it waits
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("orders", Text, nullable=False),  # a JSON list
    Column("document", Text, nullable=False),  # JSON
    _index_where("ended_at IS NULL", "messages_waiting", "target", "position", "again_at"),
    _index_where("ended_at IS NULL", "messages_due", "target", "again_at", "position"),
    Index("messages_by_rule", "rule", "target", "created_at"),
    Index("messages_by_state", "state", "ended_at"),
    sqlite_autoincrement=True,
)
"""What targets are told."""

message_orders = Table(
    "message_orders",
    metadata,
    Column("target", _key(), primary_key=True),
    Column("order_key", _key(), primary_key=True),
    Column("position", Integer, ForeignKey("messages.position", ondelete="CASCADE"), primary_key=True),
    Index("message_orders_by_message", "position"),
    sqlite_with_rowid=False,
)
"""Where messages that wait stand in line; those that have ended have no rows here."""

message_attempts = Table(
    "message_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", Integer, ForeignKey("messages.position", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("error", Text),  # null where the message was taken
    Index("message_attempts_by_message", "message", "id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", _key(), nullable=False, unique=True),
    Column("target", _key(), nullable=False),
    Column("group_key", _key(), nullable=False),  # of the rule and its group
    Column("order_key", _key(), nullable=False),  # empty for what may be told in any order
    Column("due_at", UtcDateTime, nullable=False),
    Column("message", Integer, ForeignKey("messages.position", ondelete="CASCADE")),  # null while no message has it
    Column("document", Text, nullable=False),  # JSON
    _index_where("message IS NULL", "alerts_due", "target", "due_at", "position"),
    _index_where("message IS NULL", "alerts_untold_by_order", "target", "order_key", "position"),
    _index_where("message IS NULL", "alerts_untold_by_group", "target", "group_key", "due_at"),
    Index("alerts_by_message", "message"),
    sqlite_autoincrement=True,
)
"""What targets are to hear of. `due_at` is when the first is due of an alert and the younger ones of its order."""

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("intake", _key(), primary_key=True),
    Column("place", _key(), primary_key=True),
    Column("sent_at", UtcDateTime, nullable=False),
)
"""The last sign of life of each place that sends events, for all servers that ask its queue."""

target_leases = Table(
    "target_leases",
    metadata,
    Column("target", _key(), primary_key=True),
    Column("held_by", _key(), nullable=False),
    Column("held_until", UtcDateTime, nullable=False),
)
"""Who sends to a target, and until when nobody else may."""
