"""Messages to staff, questions without an answer, questions of pages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _id(name: str = "id", *, counts: bool = True) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=counts, nullable=False)


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "message",
        _id("ticket_id", counts=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_message")),
    )
    op.create_table(
        "question",
        _id(),
        sa.Column("normal", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("normal", name=op.f("uq_question_normal")),
    )
    op.create_index("ix_question_settled_at_asked", "question", ["settled_at", "asked"])
    op.create_table(
        "question_asker",
        sa.Column("token", sa.String(length=64), nullable=False),
        _id("question_id", counts=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_asker_question_id_question")
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_question_asker")),
    )
    op.create_index(op.f("ix_question_asker_question_id"), "question_asker", ["question_id"])
    op.create_table(
        "page_question",
        _id(),
        sa.Column("normal", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_question")),
        sa.UniqueConstraint("normal", name=op.f("uq_page_question_normal")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("page_question")
    op.drop_index(op.f("ix_question_asker_question_id"), table_name="question_asker")
    op.drop_table("question_asker")
    op.drop_index("ix_question_settled_at_asked", table_name="question")
    op.drop_table("question")
    op.drop_table("message")
