"""Deadlines: until when something is owed on a ticket"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision; tickets get their deadline from the clock."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_ticket_state_due_at", ["state", "due_at"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_state_due_at")
        batch_op.drop_column("due_at")
