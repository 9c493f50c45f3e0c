"""How people were noted as present, codes and claims of presence, contributions by kind"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("way", sa.String(length=10), server_default="checklist", nullable=False)
        )
    op.create_table(
        "presence_code",
        _id("id", autoincrement=True),
        _id("occurrence_id"),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrence.id"],
            name=op.f("fk_presence_code_occurrence_id_occurrence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_code")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_presence_code_secret_hash")),
    )
    op.create_index("ix_presence_code_code", "presence_code", ["code"], unique=False)
    op.create_index(
        "ix_presence_code_occurrence_id", "presence_code", ["occurrence_id"], unique=False
    )
    op.create_table(
        "presence_claim",
        _id("id", autoincrement=True),
        _id("occurrence_id"),
        _id("resident_id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        *_references("presence_claim"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_claim")),
        sa.UniqueConstraint(
            "occurrence_id",
            "resident_id",
            name=op.f("uq_presence_claim_occurrence_id_resident_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_presence_claim_resident_id", "presence_claim", ["resident_id"], unique=False
    )
    op.create_table(
        "contribution",
        _id("occurrence_id"),
        _id("resident_id"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.BigInteger(), nullable=True),
        *_references("contribution"),
        sa.PrimaryKeyConstraint(
            "occurrence_id", "resident_id", "kind", name=op.f("pk_contribution")
        ),
    )
    op.create_index("ix_contribution_resident_id", "contribution", ["resident_id"], unique=False)


def _id(name: str, *, autoincrement: bool = False) -> sa.Column[int]:
    type_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, type_, autoincrement=autoincrement, nullable=False)


def _references(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    """To the occurrence and to the resident."""
    return tuple(
        sa.ForeignKeyConstraint(
            [f"{target}_id"], [f"{target}.id"], name=op.f(f"fk_{table}_{target}_id_{target}")
        )
        for target in ("occurrence", "resident")
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("contribution")
    op.drop_table("presence_claim")
    op.drop_table("presence_code")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_column("way")
