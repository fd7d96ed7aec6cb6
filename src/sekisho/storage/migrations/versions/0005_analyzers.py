"""What is known of an analyzer beside its ARN; access previews; and what requests were answered that may come twice."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("analyzers", sa.Column("type", sa.String(32), nullable=False, server_default="ACCOUNT"))
    op.add_column("analyzers", sa.Column("created_at", MOMENT, nullable=False, server_default="2026-01-01 00:00:00"))
    op.add_column("analyzers", sa.Column("tags", sa.Text, nullable=False, server_default="{}"))
    op.add_column("analyzers", sa.Column("last_resource", sa.String(2048)))
    op.add_column("analyzers", sa.Column("last_resource_at", MOMENT))
    _fill()
    op.create_table(
        "access_previews",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("analyzer_arn", sa.String(512), sa.ForeignKey("analyzers.arn", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("detail", sa.Text),
        sa.Column("configurations", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
    )
    op.create_index("access_previews_by_creation", "access_previews", ["analyzer_arn", "created_at", "id"])
    op.create_table(
        "replies",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("replies_by_time", "replies", ["at"])


def downgrade() -> None:
    op.drop_table("replies")
    op.drop_table("access_previews")
    for name in ("last_resource_at", "last_resource", "tags", "created_at", "type"):
        op.drop_column("analyzers", name)


def _fill() -> None:
    """Say of the analyzers that are there what their scans say."""
    connection = op.get_bind()
    utc = connection.dialect.name != "sqlite"  # which keeps times without a zone
    analyzers = sa.table(
        "analyzers", sa.column("arn"), sa.column("type"), sa.column("created_at", MOMENT), sa.column("last_resource"),
        sa.column("last_resource_at", MOMENT),
    )  # fmt: skip
    scans = sa.table(
        "scans", sa.column("id"), sa.column("analyzer_arn"), sa.column("finished_at", MOMENT), sa.column("coverage")
    )
    resources = sa.table(
        "resources", sa.column("analyzer_arn"), sa.column("resource"), sa.column("analyzed_at", MOMENT)
    )
    now = datetime.now(UTC) if utc else datetime.now(UTC).replace(tzinfo=None)
    for arn in list(connection.execute(sa.select(analyzers.c.arn)).scalars()):
        ours = sa.select(scans.c.finished_at, scans.c.coverage).where(scans.c.analyzer_arn == arn)
        first = connection.execute(ours.order_by(scans.c.id).limit(1)).one_or_none()
        latest = connection.execute(ours.order_by(scans.c.id.desc()).limit(1)).one_or_none()
        seen = sa.select(resources.c.resource, resources.c.analyzed_at).where(resources.c.analyzer_arn == arn)
        order = (resources.c.analyzed_at.desc(), resources.c.resource.desc())
        last = connection.execute(seen.order_by(*order).limit(1)).one_or_none()
        several = latest is not None and len(_accounts(json.loads(latest.coverage))) > 1
        connection.execute(
            sa.update(analyzers)
            .where(analyzers.c.arn == arn)
            .values(
                type="ORGANIZATION" if several else "ACCOUNT",
                created_at=now if first is None else first.finished_at,
                last_resource=None if last is None else last.resource,
                last_resource_at=None if last is None else last.analyzed_at,
            )
        )


def _accounts(coverage: Mapping[str, Any]) -> frozenset[str]:
    """Return the accounts that a scan was about, those that could not be entered too."""
    return frozenset({*coverage["accounts"], *(gap["account"] for gap in coverage.get("gaps", ()))})
