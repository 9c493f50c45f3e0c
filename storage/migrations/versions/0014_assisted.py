"""Tickets that an RT head or staff filed for somebody without Telegram"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assisted_as", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("on_behalf", sa.String(length=60), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("on_behalf")
        batch_op.drop_column("assisted_as")
