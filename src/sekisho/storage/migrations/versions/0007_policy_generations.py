"""Jobs that generate policies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "policy_generations",
        sa.Column(
            "id", sa.String(36).with_variant(postgresql.VARCHAR(36, collation="C"), "postgresql"), primary_key=True
        ),
        sa.Column("principal_arn", sa.Text, nullable=False),
        sa.Column("trails", sa.Text, nullable=False),
        sa.Column("range_start", time, nullable=False),
        sa.Column("range_end", time, nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("completed_at", time),
        sa.Column("error_code", sa.String(32)),
        sa.Column("error_message", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("held_by", sa.String(36)),
        sa.Column("held_until", time),
    )
    op.create_index("policy_generations_by_start", "policy_generations", ["started_at", "id"])
    op.create_index("policy_generations_by_status", "policy_generations", ["status", "started_at", "id"])


def downgrade() -> None:
    op.drop_table("policy_generations")
