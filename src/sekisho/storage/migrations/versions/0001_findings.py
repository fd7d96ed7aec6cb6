"""Analyzers, scans, analyzed resources and findings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analyzers",
        sa.Column("arn", sa.String(512), primary_key=True),
        sa.Column("scans", sa.Integer, nullable=False),
    )
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("analyzer_arn", sa.String(512), sa.ForeignKey("analyzers.arn"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("coverage", sa.Text, nullable=False),
        sa.Index("scans_by_analyzer", "analyzer_arn", "finished_at"),
    )
    op.create_table(
        "resources",
        sa.Column("analyzer_arn", sa.String(512), sa.ForeignKey("analyzers.arn"), primary_key=True),
        sa.Column("resource", sa.String(2048), primary_key=True),
        sa.Column("resource_type", sa.String(128), nullable=False),
        sa.Column("resource_owner_account", sa.String(12), nullable=False),
        sa.Column("region", sa.String(64), nullable=False),
        sa.Column("analyzed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Index("resources_by_arn", "resource"),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("analyzer_arn", sa.String(512), sa.ForeignKey("analyzers.arn"), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("finding_type", sa.String(64), nullable=False),
        sa.Column("resource", sa.String(2048), nullable=False),
        sa.Column("resource_type", sa.String(128), nullable=False),
        sa.Column("resource_owner_account", sa.String(12), nullable=False),
        sa.Column("region", sa.String(64), nullable=False),
        sa.Column("error", sa.String(32)),
        sa.Column("is_public", sa.Boolean),
        sa.Column("severity", sa.SmallInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Index("findings_by_status", "analyzer_arn", "status"),
        sa.Index("findings_by_resource", "resource"),
    )


def downgrade() -> None:
    op.drop_table("findings")
    op.drop_table("resources")
    op.drop_table("scans")
    op.drop_table("analyzers")
