"""All tables, the same on SQLite and PostgreSQL; migrations/ brings a database to this shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER key


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses a time without zone: SQLite would drop the zone silently."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC before storing.

        Raises:
            ValueError: for a time without zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored moment back with its zone, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _at(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def _ref(name: str, target: str, *, nullable: bool = False, **options: Any) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=nullable, **options)


# --- the way of an update -------------------------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    _id(),
    # Telegram's own number; NULL for a body that could not be read (state "poison")
    Column("update_id", BigInteger, unique=True),
    # updates of one chat are handled in order; 0 where an update has no chat
    Column("chat_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False),  # new, done, dead, poison
    Column("attempts", Integer, nullable=False, default=0),
    _at("received_at"),
    _at("not_before"),
    Column("error", String(200)),  # kind and place of the last failure, never message text
    Index("ix_inbox_state_id", "state", "id"),
    Index("ix_inbox_chat_id_state_id", "chat_id", "state", "id"),
    Index("ix_inbox_chat_id_received_at", "chat_id", "received_at"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("lane", Integer, nullable=False),  # 0 reply, 1 notice, 2 broadcast
    Column("chat_id", BigInteger, nullable=False),
    Column("method", String(40), nullable=False),
    Column("params", Text, nullable=False),  # JSON, as the Bot API takes it
    Column("state", String(8), nullable=False),  # queued, sending, sent, failed
    Column("key", String(100), unique=True),  # once per occasion and person
    _ref("edits_id", "outbox.id", nullable=True),  # edits the message of that row
    Column("message_id", BigInteger),
    Column("attempts", Integer, nullable=False, default=0),
    Column("possibly_repeated", Boolean, nullable=False, server_default=false()),
    Column("error", String(40)),
    _at("created_at"),
    _at("not_before"),
    _at("sent_at", nullable=True),
    Index("ix_outbox_state_lane_id", "state", "lane", "id"),
    Index("ix_outbox_chat_id_state_lane_id", "chat_id", "state", "lane", "id"),
)

task = Table(
    "task",
    metadata,
    _id(),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # queued, done, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", String(40)),
    _at("created_at"),
    _at("not_before"),
    Index("ix_task_state_not_before", "state", "not_before"),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

# --- people ---------------------------------------------------------------------------------

resident = Table(
    "resident",
    metadata,
    _id(),
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("rt", String(3)),  # NULL where home says why
    Column("home", String(8), nullable=False),  # rt, outside, unknown, unasked
    Column("pseudonym", String(16), nullable=False, unique=True),
    Column("consent_version", Integer, nullable=False),
    _at("consent_at"),
    Column("inactive", String(40)),  # why nothing can be sent; NULL = reachable
)

draft = Table(
    "draft",
    metadata,
    Column("telegram_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(12), nullable=False, unique=True),
    Column("form", String(20), nullable=False),
    Column("step", String(20), nullable=False),
    Column("answers", JSON, nullable=False),
    Column("marks", JSON, nullable=False),  # skipped steps, albums, and the like
    Column("version", Integer, nullable=False),
    _at("expires_at"),
)

# --- tickets --------------------------------------------------------------------------------

ticket_counter = Table(
    "ticket_counter",
    metadata,
    Column("prefix", String(3), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    _id(),
    Column("number", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    _ref("reporter_id", "resident.id", nullable=True, index=True),
    Column("draft_id", String(12), nullable=False, unique=True),  # one draft, one ticket
    Column("rt", String(3)),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("landmark", Text),
    Column("description", Text),
    Column("hide_name", Boolean, nullable=False, server_default=false()),
    _at("created_at"),
    _at("updated_at"),
    CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
)

complaint = Table(
    "complaint",
    metadata,
    _ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False, index=True),
    Column("depth", String(16)),
    Column("since", Text),
)

ticket_event = Table(
    "ticket_event",
    metadata,
    _id(),
    _ref("ticket_id", "ticket.id", index=True),
    _at("at"),
    Column("kind", String(16), nullable=False),  # filed, added, joined, withdrawn
    _ref("resident_id", "resident.id", nullable=True),
    Column("text", Text),
)

ticket_media = Table(
    "ticket_media",
    metadata,
    _id(),
    _ref("ticket_id", "ticket.id", index=True),
    _ref("event_id", "ticket_event.id"),
    Column("kind", String(8), nullable=False),  # photo, voice
    Column("file_id", Text, nullable=False),  # Telegram's, to show it again
    Column("path", String(200)),  # below media.folder, once it is kept
    Column("sha256", String(64)),
    Column("size", Integer),  # bytes
)

ticket_follower = Table(
    "ticket_follower",
    metadata,
    _ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    _ref("resident_id", "resident.id", primary_key=True, autoincrement=False),
    _at("at"),
)

ticket_card = Table(
    "ticket_card",
    metadata,
    _ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    _ref("outbox_id", "outbox.id", primary_key=True, autoincrement=False),
)

# --- participation --------------------------------------------------------------------------

participation = Table(
    "participation",
    metadata,
    _id(),
    _at("at"),
    Column("stage", String(16), nullable=False),
    Column("activity", String(24), nullable=False),
    Column("rt", String(3)),
    Column("person", String(16), nullable=False),  # resident.pseudonym, kept after deletion
    Column("channel", String(8), nullable=False),  # direct, assisted
    Column("reference", String(16)),  # ticket number and the like
    Index("ix_participation_at", "at"),
)
