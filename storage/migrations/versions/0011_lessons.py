"""What a resident wants to be sent, kind by kind; lessons: their plan and the answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NOTICES = ("announcements", "gotong_royong", "follow_ups", "lessons")


def upgrade() -> None:
    """Bring the database to this revision.

    Columns come and go one by one: made anew as a batch does it, the table would lose the highest
    id that it ever gave.
    """
    for notice in NOTICES:
        column = sa.Column(f"wants_{notice}", sa.Boolean(), server_default=sa.true())
        column.nullable = False
        op.add_column("resident", column)
    person = sa.table("resident", sa.column("muted"), *(sa.column(f"wants_{n}") for n in NOTICES))
    none = {f"wants_{notice}": sa.false() for notice in NOTICES}
    op.execute(person.update().where(person.c.muted).values(none))
    op.drop_column("resident", "muted")
    op.create_table(
        "lesson",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True, nullable=False,
        ),
        sa.Column("slug", sa.String(length=28), nullable=False),
        sa.Column("rts", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipients", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
    )  # fmt: skip
    op.create_index("ix_lesson_state_send_at", "lesson", ["state", "send_at"], unique=False)


def downgrade() -> None:
    """Take this revision back: who turned all four off wants no news."""
    op.drop_index("ix_lesson_state_send_at", table_name="lesson")
    op.drop_table("lesson")
    op.add_column(
        "resident", sa.Column("muted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    person = sa.table("resident", sa.column("muted"), *(sa.column(f"wants_{n}") for n in NOTICES))
    off = [~person.c[f"wants_{notice}"] for notice in NOTICES]
    op.execute(person.update().where(*off).values(muted=sa.true()))
    for notice in NOTICES:
        op.drop_column("resident", f"wants_{notice}")
