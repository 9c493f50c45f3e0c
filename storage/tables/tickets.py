"""Tickets of every kind: state and place, timeline, files, who joined, cards shown to staff."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from storage.tables.columns import Id, at, id_, metadata, ref

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
    id_(),
    Column("number", String(16), nullable=False, unique=True),
    Column("type", String(12), nullable=False, server_default="complaint"),  # aspiration, message
    Column("state", String(16), nullable=False),
    # counts up with every change of state: a button made before it is recognised as old
    Column("version", Integer, nullable=False, server_default="0"),
    Column("hidden", Boolean, nullable=False, server_default=false()),  # from other residents
    ref("reporter_id", "resident.id", nullable=True, index=True),
    # Telegram id of who of the staff handles it; never shown to residents
    Column("assignee_id", BigInteger, index=True),
    Column("draft_id", String(12), nullable=False, unique=True),  # one draft, one ticket
    Column("rt", String(3)),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("landmark", Text),
    Column("description", Text),
    Column("hide_name", Boolean, nullable=False, server_default=false()),
    # filed by an RT head or staff for somebody without Telegram: a pseudonym of that person for
    # the participation log, and what he is called, for who helped and for staff alone
    Column("assisted_as", String(16)),
    Column("on_behalf", String(60)),
    Column("authority", String(100)),  # to which it was forwarded last: a word, or staff's words
    Column("outside_number", String(40)),  # the number that it has there
    at("created_at"),
    at("updated_at"),
    at("due_at", nullable=True),  # until when something is owed; NULL = nothing is, or not set yet
    CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
    Index("ix_ticket_state_type_rt", "state", "type", "rt"),
    Index("ix_ticket_updated_at", "updated_at"),
    Index("ix_ticket_state_due_at", "state", "due_at"),
    Index("ix_ticket_rt_created_at", "rt", "created_at"),
    Index("ix_ticket_latitude", "latitude"),
)

complaint = Table(
    "complaint",
    metadata,
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False, index=True),
    Column("depth", String(16)),
    Column("since", Text),
)

message = Table(
    "message",
    metadata,
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    Column("topic", String(40)),  # slug of the page from which it was asked
)

aspiration = Table(
    "aspiration",  # an aspiration without a row here is from before they could be browsed
    metadata,
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    Column("problem", Text),
    Column("pillar", String(8)),  # bersih, aman, pintar, other
    Column("field", String(16)),
    Column("households", Integer),  # that would gain by it, as the author estimates
    Column("contributions", JSON, nullable=False),  # what the author would give, [] = nothing said
    Column("volume", Float),
    Column("unit", String(40)),  # of the volume, in the author's words
    CheckConstraint("(volume IS NULL) = (unit IS NULL)", name="amount"),
)

ticket_event = Table(
    "ticket_event",
    metadata,
    id_(),
    ref("ticket_id", "ticket.id", index=True),
    at("at"),
    # filed, edited, added, joined, supported (with words), withdrawn, moved (by staff),
    # written, numbered (by staff), replied (by the reporter, to what was written to him)
    # confirmed, reopened (by residents), lasting, broken (by residents, weeks after it was closed)
    # off, rescheduled (gotong royong that was to mend it), proposed (as that aspiration)
    # expired (photos and voice that were kept long enough)
    Column("kind", String(16), nullable=False),
    ref("resident_id", "resident.id", nullable=True, index=True),
    Column(
        "staff_id", BigInteger
    ),  # Telegram id of who moved it or wrote; never shown to residents
    Column("state", String(16)),  # the new state of a "moved"
    Column("text", Text),
)

ticket_media = Table(
    "ticket_media",
    metadata,
    id_(),
    ref("ticket_id", "ticket.id", index=True),
    ref("event_id", "ticket_event.id"),
    Column("kind", String(8), nullable=False),  # photo, document (a photo too), voice
    Column("file_id", Text, nullable=False),  # Telegram's, to show it again
    Column("path", String(200)),  # below media.folder, once it is kept
    Column("sha256", String(64)),
    Column("size", Integer),  # bytes
    Column("phash", String(16)),  # of a photo: 64 bits that its copies share, as hex digits
    # on a photo that proves work: id of the ticket that has the same one; its own, where it is
    # the photo that was sent with the report
    Column("alike_id", Id),
    sqlite_autoincrement=True,  # files are named by it, and removed by that name later
)

ticket_follower = Table(
    "ticket_follower",
    metadata,
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    ref("resident_id", "resident.id", primary_key=True, autoincrement=False, index=True),
    at("at"),
)

closing = Table(
    "closing",  # each time that staff closed a complaint as done: what residents judge
    metadata,
    ref("event_id", "ticket_event.id", primary_key=True, autoincrement=False),
    ref("ticket_id", "ticket.id", index=True),
    Column("version", Integer, nullable=False),  # of the ticket, as long as it stays closed
    Column("cursor", Integer, nullable=False, server_default="0"),  # last resident asked again
    at("asked_at", nullable=True),  # when all were asked again, or it was too late to ask
    Index("ix_closing_asked_at", "asked_at"),
)

verdict = Table(
    "verdict",  # what a person said last about one closing
    metadata,
    id_(),
    ref("closing_id", "closing.event_id"),
    ref("resident_id", "resident.id", nullable=True, index=True),
    Column("stage", String(8), nullable=False),  # closing, later (weeks after it)
    Column("good", Boolean, nullable=False),
    at("at"),
    UniqueConstraint("closing_id", "stage", "resident_id"),
)

ticket_card = Table(
    "ticket_card",
    metadata,
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False),
    ref("outbox_id", "outbox.id", primary_key=True, autoincrement=False, index=True),
    Column("shown", String(64)),  # SHA-256 of what it shows: Telegram refuses an edit to the same
)

aspiration_source = Table(
    "aspiration_source",  # complaints that came again and again, and the aspiration made of them
    metadata,
    ref("aspiration_id", "ticket.id", primary_key=True, autoincrement=False),
    ref("ticket_id", "ticket.id", primary_key=True, autoincrement=False, index=True),
)

shown = Table(  # messages in other chats that show a resident's words, name, photos or voice
    "shown",
    metadata,
    ref("outbox_id", "outbox.id", primary_key=True, autoincrement=False),
    ref("resident_id", "resident.id", primary_key=True, autoincrement=False, index=True),
)
