"""To which authority a ticket was forwarded, and its number there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("authority", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("outside_number", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("outside_number")
        batch_op.drop_column("authority")
