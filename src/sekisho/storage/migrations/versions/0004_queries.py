"""What lists of findings ask for: principals, conditions, and the indexes to find them in their order."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 1000

SORTED = (
    ("findings", "id", 36),
    ("findings", "status", 16),
    ("findings", "resource", 2048),
    ("findings", "resource_type", 128),
    ("findings", "resource_owner_account", 12),
    ("history", "finding_id", 36),
    ("resources", "resource", 2048),
)
"""What sorts by its code points from now on; in SQLite it does already."""

COLUMNS = {
    "principal_aws": sa.Text(),
    "principal_federated": sa.Text(),
    "principal_canonical_user": sa.Text(),
    "resource_control_policy_restriction": sa.String(32),
}

INDEXES = {
    "findings_in_order": ["analyzer_arn", "id"],
    "findings_by_status": ["analyzer_arn", "status", "id"],
    "findings_by_type": ["analyzer_arn", "resource_type", "id"],
    "findings_by_account": ["analyzer_arn", "resource_owner_account", "id"],
    "findings_by_arn": ["analyzer_arn", "resource", "id"],
    "findings_by_creation": ["analyzer_arn", "created_at", "id"],
    "findings_by_update": ["analyzer_arn", "updated_at", "id"],
    "findings_by_status_and_creation": ["analyzer_arn", "status", "created_at", "id"],
    "findings_by_status_and_update": ["analyzer_arn", "status", "updated_at", "id"],
    "findings_by_principal_aws": ["analyzer_arn", "principal_aws", "id"],
    "findings_by_principal_federated": ["analyzer_arn", "principal_federated", "id"],
    "findings_by_principal_canonical_user": ["analyzer_arn", "principal_canonical_user", "id"],
    "findings_counted": ["analyzer_arn", "resource_type", "status", "is_public"],
}

STATISTICS = {
    ("findings", "sqlite_autoindex_findings_1"): "1000000 1",
    ("findings", "findings_by_resource"): "1000000 3",
    ("findings", "findings_in_order"): "1000000 500000 1",
    ("findings", "findings_by_status"): "1000000 500000 150000 1",
    ("findings", "findings_by_type"): "1000000 500000 40000 1",
    ("findings", "findings_by_account"): "1000000 500000 5000 1",
    ("findings", "findings_by_arn"): "1000000 500000 3 1",
    ("findings", "findings_by_creation"): "1000000 500000 100 1",
    ("findings", "findings_by_update"): "1000000 500000 100 1",
    ("findings", "findings_by_status_and_creation"): "1000000 500000 150000 100 1",
    ("findings", "findings_by_status_and_update"): "1000000 500000 150000 100 1",
    ("findings", "findings_by_principal_aws"): "1000000 500000 1000 1",
    ("findings", "findings_by_principal_federated"): "1000000 500000 1000 1",
    ("findings", "findings_by_principal_canonical_user"): "1000000 500000 1000 1",
    ("findings", "findings_counted"): "1000000 500000 40000 15000 8000",
    ("finding_conditions", "finding_conditions"): "500000 1000 1",
    ("finding_conditions", "finding_conditions_by_finding"): "500000 2",
}
"""To each index of a large database its rows, and how many share its first column, its first two, and so on.

SQLite never counts by itself, and without any numbers it takes a condition to be less selective than a sort.

Source: SQLite documentation, "Manual Control Of Query Plans Using SQLITE_STAT Tables".
"""


def upgrade() -> None:
    for table, column, length in SORTED:
        _sort(table, column, length, collation="C")
    for name, type_ in COLUMNS.items():
        op.add_column("findings", sa.Column(name, type_))
    finding_id = sa.String(36).with_variant(postgresql.VARCHAR(36, collation="C"), "postgresql")
    op.create_table(
        "finding_conditions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("finding_id", finding_id, sa.ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("condition_key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    _fill()
    op.create_index("finding_conditions_by_finding", "finding_conditions", ["finding_id"])
    op.drop_index("findings_by_status", "findings")
    for name, columns in INDEXES.items():
        op.create_index(name, "findings", columns)
    op.create_index("resources_by_type", "resources", ["analyzer_arn", "resource_type", "resource"])
    if op.get_bind().dialect.name == "sqlite":
        _tell_statistics()


def downgrade() -> None:
    op.drop_index("resources_by_type", "resources")
    for name in INDEXES:
        op.drop_index(name, "findings")
    op.create_index("findings_by_status", "findings", ["analyzer_arn", "status"])
    op.drop_table("finding_conditions")
    for name in COLUMNS:
        op.drop_column("findings", name)
    for table, column, length in SORTED:
        _sort(table, column, length, collation="default")


def _sort(table: str, column: str, length: int, *, collation: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column, type_=postgresql.VARCHAR(length, collation=collation))


def _tell_statistics() -> None:
    op.execute("ANALYZE alembic_version")  # which makes the table
    op.execute("DELETE FROM sqlite_stat1")
    known = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
    op.bulk_insert(known, [{"tbl": table, "idx": index, "stat": stat} for (table, index), stat in STATISTICS.items()])
    op.execute("ANALYZE sqlite_master")  # which reads it


def _fill() -> None:
    """Say in columns what the documents say, some findings at a time; failures to decide have nothing of it."""
    findings = sa.table(
        "findings",
        sa.column("error", sa.String),
        sa.column("id", sa.String),
        sa.column("outcome", sa.Text),
        *(sa.column(name, type_) for name, type_ in COLUMNS.items()),
    )
    conditions = sa.table(
        "finding_conditions",
        sa.column("digest", sa.LargeBinary),
        sa.column("finding_id"),
        sa.column("condition_key"),
        sa.column("value"),
    )
    change = sa.update(findings).where(findings.c.id == sa.bindparam("known_id"))
    some = sa.select(findings.c.id, findings.c.outcome).where(findings.c.error.is_(None)).order_by(findings.c.id)
    bind, last = op.get_bind(), ""
    while read := bind.execute(some.where(findings.c.id > last).limit(BATCH)).all():
        documents = [(row.id, json.loads(row.outcome)) for row in read]
        bind.execute(change, [{"known_id": identity} | _columns(document) for identity, document in documents])
        rows = [row for identity, document in documents for row in _conditions(identity, document)]
        if rows:
            bind.execute(sa.insert(conditions), rows)
        last = read[-1].id


def _columns(document: Mapping[str, Any]) -> dict[str, str | None]:
    principal = {kind: _keepable(name) for kind, name in document["principal"].items()}
    return {
        "principal_aws": principal.get("AWS"),
        "principal_federated": principal.get("Federated"),
        "principal_canonical_user": principal.get("CanonicalUser"),
        "resource_control_policy_restriction": document["resource_control_policy_restriction"],
    }


def _conditions(identity: str, document: Mapping[str, Any]) -> Iterator[dict[str, str | bytes]]:
    pairs = {(_keepable(key.lower()), _keepable(value)) for key, value in document["condition"].items()}
    for key, value in sorted(pairs):
        digest = hashlib.blake2b(f"{key}\0{value}".encode(), digest_size=16).digest()
        yield {"digest": digest, "finding_id": identity, "condition_key": key, "value": value}


def _keepable(text: str) -> str:
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)
