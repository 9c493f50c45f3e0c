"""Done with proof: photos that can be compared, closings, and what residents say about them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Those from before are judged and asked about like all others; -1 is the version of none.
CLOSINGS = """
INSERT INTO closing (event_id, ticket_id, version, "cursor")
SELECT e.id, e.ticket_id, CASE WHEN t.state = 'selesai' AND NOT EXISTS (
    SELECT 1 FROM ticket_event AS later
    WHERE later.ticket_id = e.ticket_id AND later.id > e.id
    AND later.kind = 'moved' AND later.state = 'selesai'
) THEN t.version ELSE -1 END, 0
FROM ticket_event AS e JOIN ticket AS t ON t.id = e.ticket_id
WHERE t.type = 'complaint' AND e.kind = 'moved' AND e.state = 'selesai'
"""
# Of each person the newest about each closing; who deleted his data is nobody, and counts.
VERDICTS = """
INSERT INTO verdict (closing_id, resident_id, stage, good, at)
SELECT said.closing_id, said.resident_id, 'closing', said.kind = 'confirmed', said.at
FROM (
    SELECT e.*, (
        SELECT MAX(c.event_id) FROM closing AS c
        WHERE c.ticket_id = e.ticket_id AND c.event_id < e.id
    ) AS closing_id
    FROM ticket_event AS e WHERE e.kind IN ('confirmed', 'reopened')
) AS said
WHERE said.closing_id IS NOT NULL AND (said.resident_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM ticket_event AS newer
    WHERE newer.ticket_id = said.ticket_id AND newer.resident_id = said.resident_id
    AND newer.kind IN ('confirmed', 'reopened') AND newer.id > said.id
    AND NOT EXISTS (
        SELECT 1 FROM closing AS c
        WHERE c.ticket_id = said.ticket_id AND c.event_id > said.id AND c.event_id < newer.id
    )
))
"""


def upgrade() -> None:
    """Bring the database to this revision."""
    # Without a reference: the table is not made anew, and so its ids are not given a second time.
    with op.batch_alter_table("ticket_media", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phash", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("alike_id", ID, nullable=True))
    op.create_table(
        "closing",
        sa.Column("event_id", ID, autoincrement=False, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["ticket_event.id"], name=op.f("fk_closing_event_id_ticket_event")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_closing_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_closing")),
    )
    op.create_index("ix_closing_ticket_id", "closing", ["ticket_id"], unique=False)
    op.create_index("ix_closing_asked_at", "closing", ["asked_at"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("closing_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["closing_id"], ["closing.event_id"], name=op.f("fk_verdict_closing_id_closing")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_verdict_resident_id_resident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint(
            "closing_id", "stage", "resident_id",
            name=op.f("uq_verdict_closing_id_stage_resident_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_verdict_resident_id", "verdict", ["resident_id"], unique=False)
    op.execute(CLOSINGS)
    op.execute(VERDICTS)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_verdict_resident_id", table_name="verdict")
    op.drop_table("verdict")
    op.drop_index("ix_closing_asked_at", table_name="closing")
    op.drop_index("ix_closing_ticket_id", table_name="closing")
    op.drop_table("closing")
    with op.batch_alter_table(
        "ticket_media", schema=None, table_kwargs={"sqlite_autoincrement": True}
    ) as batch_op:
        batch_op.drop_column("alike_id")
        batch_op.drop_column("phash")
