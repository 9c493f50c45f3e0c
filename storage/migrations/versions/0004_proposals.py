"""What an aspiration holds beyond every ticket"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "aspiration",
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("pillar", sa.String(length=8), nullable=True),
        sa.Column("field", sa.String(length=16), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.Column("volume", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.CheckConstraint("(volume IS NULL) = (unit IS NULL)", name=op.f("ck_aspiration_amount")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_aspiration_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_aspiration")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("aspiration")
