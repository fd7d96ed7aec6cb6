"""What an analyzer of unused access is set to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analyzers", sa.Column("unused_access", sa.Text))


def downgrade() -> None:
    op.drop_column("analyzers", "unused_access")
