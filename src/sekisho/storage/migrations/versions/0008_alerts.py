"""Events from outside, alerts, and the messages that tell of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KEY = sa.String(64).with_variant(postgresql.VARCHAR(64, collation="C"), "postgresql")


def index_where(condition: str, name: str, table: str, columns: list[str]) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.create_table(
        "incoming_events",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", KEY, nullable=False, unique=True),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("document", sa.Text),
        sqlite_autoincrement=True,
    )
    index_where("document IS NOT NULL", "incoming_events_untold", "incoming_events", ["position"])
    index_where("document IS NULL", "incoming_events_settled", "incoming_events", ["taken_at"])
    op.create_table(
        "messages",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", KEY, nullable=False, unique=True),
        sa.Column("target", KEY, nullable=False),
        sa.Column("rule", KEY, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("again_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("orders", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    index_where("ended_at IS NULL", "messages_waiting", "messages", ["target", "position", "again_at"])
    index_where("ended_at IS NULL", "messages_due", "messages", ["target", "again_at", "position"])
    op.create_index("messages_by_rule", "messages", ["rule", "target", "created_at"])
    op.create_index("messages_by_state", "messages", ["state", "ended_at"])
    op.create_table(
        "message_orders",
        sa.Column("target", KEY, primary_key=True),
        sa.Column("order_key", KEY, primary_key=True),
        sa.Column("position", sa.Integer, sa.ForeignKey("messages.position", ondelete="CASCADE"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("message_orders_by_message", "message_orders", ["position"])
    op.create_table(
        "message_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message", sa.Integer, sa.ForeignKey("messages.position", ondelete="CASCADE"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("message_attempts_by_message", "message_attempts", ["message", "id"])
    op.create_table(
        "alerts",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", KEY, nullable=False, unique=True),
        sa.Column("target", KEY, nullable=False),
        sa.Column("group_key", KEY, nullable=False),
        sa.Column("order_key", KEY, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("message", sa.Integer, sa.ForeignKey("messages.position", ondelete="CASCADE")),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    index_where("message IS NULL", "alerts_due", "alerts", ["target", "due_at", "position"])
    index_where("message IS NULL", "alerts_untold_by_order", "alerts", ["target", "order_key", "position"])
    index_where("message IS NULL", "alerts_untold_by_group", "alerts", ["target", "group_key", "due_at"])
    op.create_index("alerts_by_message", "alerts", ["message"])
    op.create_table(
        "heartbeats",
        sa.Column("intake", KEY, primary_key=True),
        sa.Column("place", KEY, primary_key=True),
        sa.Column("sent_at", TIME, nullable=False),
    )
    op.create_table(
        "target_leases",
        sa.Column("target", KEY, primary_key=True),
        sa.Column("held_by", KEY, nullable=False),
        sa.Column("held_until", TIME, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "target_leases",
        "heartbeats",
        "alerts",
        "message_attempts",
        "message_orders",
        "messages",
        "incoming_events",
    ):
        op.drop_table(table)
