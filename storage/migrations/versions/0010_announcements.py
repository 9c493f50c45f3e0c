"""Announcements in depth: audience, button, pause, corrections, readers by link, urgent ones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audience", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("button", sa.String(length=60), nullable=True))
        batch_op.add_column(
            sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_index(
        "ix_outbox_urgent_state_id", "outbox", ["state", "id"], unique=False,
        sqlite_where=sa.text("urgent = 1"), postgresql_where=sa.text("urgent"),
    )  # fmt: skip
    op.create_table(
        "announcement_change",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("announcement_id", ID, nullable=False),
        sa.Column("draft_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("reachable", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown", sa.String(length=40), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"],
            name=op.f("fk_announcement_change_announcement_id_announcement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_change")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_announcement_change_draft_id")),
    )  # fmt: skip
    op.create_index(
        "ix_announcement_change_announcement_id", "announcement_change", ["announcement_id"],
        unique=False,
    )  # fmt: skip
    op.create_index(
        "ix_announcement_change_finished_at", "announcement_change", ["finished_at"], unique=False
    )
    op.create_table(
        "announcement_opening",
        sa.Column("announcement_id", ID, autoincrement=False, nullable=False),
        sa.Column("rt", sa.String(length=3), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"],
            name=op.f("fk_announcement_opening_announcement_id_announcement"),
        ),
        sa.PrimaryKeyConstraint("announcement_id", "rt", name=op.f("pk_announcement_opening")),
    )  # fmt: skip


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("announcement_opening")
    op.drop_table("announcement_change")
    op.drop_index("ix_outbox_urgent_state_id", table_name="outbox")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("urgent")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        for name in ("urgent", "button", "audience"):
            batch_op.drop_column(name)
