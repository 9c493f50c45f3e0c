"""Withdrawal and deletion: who wants no news, which messages show whom"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTED = ("resident", "ticket_media", "task")  # ids that SQLite must not give a second time


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("muted", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("more_ids", sa.Text(), nullable=True))
    op.create_table(
        "shown",
        sa.Column(
            "outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False, nullable=False,
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False, nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_shown_outbox_id_outbox")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_shown_resident_id_resident")
        ),
        sa.PrimaryKeyConstraint("outbox_id", "resident_id", name=op.f("pk_shown")),
    )  # fmt: skip
    op.create_index("ix_shown_resident_id", "shown", ["resident_id"], unique=False)
    for table in ("rsvp", "attendance", "ticket_event"):
        op.create_index(f"ix_{table}_resident_id", table, ["resident_id"], unique=False)
    _count_ids(forever=True)  # the last one: another change would make the tables anew without


def downgrade() -> None:
    """Take this revision back."""
    _count_ids(forever=False)
    for table in ("rsvp", "attendance", "ticket_event"):
        op.drop_index(f"ix_{table}_resident_id", table_name=table)
    op.drop_index("ix_shown_resident_id", table_name="shown")
    op.drop_table("shown")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("more_ids")
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.drop_column("muted")


def _count_ids(*, forever: bool) -> None:
    """SQLite gives the id of the last row that was deleted again, unless the table says no."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in COUNTED:
        options = {"sqlite_autoincrement": forever}
        with op.batch_alter_table(table, recreate="always", table_kwargs=options):
            pass
