"""The way of an update: what came, what is to be sent, slow work, small facts."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from storage.tables.columns import at, id_, metadata, ref

inbox = Table(
    "inbox",
    metadata,
    id_(),
    # Telegram's own number; NULL for a body that could not be read (state "poison")
    Column("update_id", BigInteger, unique=True),
    # updates of one chat are handled in order; 0 where an update has no chat
    Column("chat_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False),  # new, done, dead, poison
    Column("attempts", Integer, nullable=False, default=0),
    at("received_at"),
    at("not_before"),
    Column("error", String(200)),  # kind and place of the last failure, never message text
    Index("ix_inbox_state_id", "state", "id"),
    Index("ix_inbox_chat_id_state_id", "chat_id", "state", "id"),
    Index("ix_inbox_chat_id_received_at", "chat_id", "received_at"),
)

outbox = Table(
    "outbox",
    metadata,
    id_(),
    Column("lane", Integer, nullable=False),  # 0 reply, 1 notice, 2 broadcast
    Column("chat_id", BigInteger, nullable=False),
    Column("method", String(40), nullable=False),
    Column("params", Text, nullable=False),  # JSON, as the Bot API takes it
    # queued, sending, sent, failed; held: part of a broadcast that pauses
    Column("state", String(8), nullable=False),
    Column("key", String(100), unique=True),  # once per occasion and person
    ref("edits_id", "outbox.id", nullable=True),  # edits the message of that row
    ref("announcement_id", "announcement.id", nullable=True),  # part of that broadcast
    Column("message_id", BigInteger),
    Column("more_ids", Text),  # of the other messages of an album, separated by commas
    Column("attempts", Integer, nullable=False, default=0),
    Column("possibly_repeated", Boolean, nullable=False, server_default=false()),
    Column("error", String(40)),
    at("created_at"),
    at("not_before"),
    at("not_after", nullable=True),  # pointless from then on: given up instead of sent
    at("sent_at", nullable=True),
    Column("urgent", Boolean, nullable=False, server_default=false()),  # passes quiet hours
    Index("ix_outbox_state_lane_id", "state", "lane", "id"),
    Index("ix_outbox_chat_id_state_lane_id", "chat_id", "state", "lane", "id"),
    Index("ix_outbox_chat_id_id", "chat_id", "id"),
    Index(  # deleting a row looks for rows that edit it
        "ix_outbox_edits_id",
        "edits_id",
        sqlite_where=text("edits_id IS NOT NULL"),
        postgresql_where=text("edits_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_urgent_state_id",
        "state",
        "id",
        sqlite_where=text("urgent = 1"),
        postgresql_where=text("urgent"),
    ),
    Index(
        "ix_outbox_announcement_id_state",
        "announcement_id",
        "state",
        sqlite_where=text("announcement_id IS NOT NULL"),
        postgresql_where=text("announcement_id IS NOT NULL"),
    ),
)

task = Table(
    "task",
    metadata,
    id_(),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # queued, done, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", String(40)),
    at("created_at"),
    at("not_before"),
    Index("ix_task_state_not_before", "state", "not_before"),
    sqlite_autoincrement=True,  # whoever still works on a removed one must not finish another
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
