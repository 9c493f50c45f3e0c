"""Outcome: photos and result of gotong royong, and what complaints became"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("result", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("result_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("gotong_royong", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ticket_id", ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_gotong_royong_ticket_id_ticket"), "ticket", ["ticket_id"], ["id"]
        )
        batch_op.create_index("ix_gotong_royong_ticket_id", ["ticket_id"], unique=False)
    op.create_table(
        "occurrence_media",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("moment", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"],
            name=op.f("fk_occurrence_media_occurrence_id_occurrence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence_media")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index(
        "ix_occurrence_media_occurrence_id", "occurrence_media", ["occurrence_id"], unique=False
    )
    op.create_table(
        "aspiration_source",
        sa.Column("aspiration_id", ID, autoincrement=False, nullable=False),
        sa.Column("ticket_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["aspiration_id"], ["ticket.id"],
            name=op.f("fk_aspiration_source_aspiration_id_ticket"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_aspiration_source_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("aspiration_id", "ticket_id", name=op.f("pk_aspiration_source")),
    )  # fmt: skip
    op.create_index(
        "ix_aspiration_source_ticket_id", "aspiration_source", ["ticket_id"], unique=False
    )
    op.create_index("ix_ticket_rt_created_at", "ticket", ["rt", "created_at"], unique=False)
    op.create_index("ix_ticket_latitude", "ticket", ["latitude"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_ticket_latitude", table_name="ticket")
    op.drop_index("ix_ticket_rt_created_at", table_name="ticket")
    op.drop_index("ix_aspiration_source_ticket_id", table_name="aspiration_source")
    op.drop_table("aspiration_source")
    op.drop_index("ix_occurrence_media_occurrence_id", table_name="occurrence_media")
    op.drop_table("occurrence_media")
    with op.batch_alter_table("gotong_royong", schema=None) as batch_op:
        batch_op.drop_index("ix_gotong_royong_ticket_id")
        batch_op.drop_constraint(op.f("fk_gotong_royong_ticket_id_ticket"), type_="foreignkey")
        batch_op.drop_column("ticket_id")
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_column("result_at")
        batch_op.drop_column("result")
