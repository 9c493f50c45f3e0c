"""Who handles a ticket"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assignee_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_ticket_assignee_id", "ticket", ["assignee_id"], unique=False)


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_index("ix_ticket_assignee_id", table_name="ticket")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("assignee_id")
