"""The programme: participation log, announcements, gotong royong."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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

from storage.tables.columns import at, id_, metadata, ref

participation = Table(
    "participation",
    metadata,
    id_(),
    at("at"),
    Column("stage", String(16), nullable=False),
    Column("activity", String(24), nullable=False),
    Column("rt", String(3)),
    Column("person", String(16), nullable=False),  # resident.pseudonym, kept after deletion
    Column("channel", String(8), nullable=False),  # direct, assisted, whatsapp
    Column("reference", String(40)),  # ticket number, topic, and the like
    Index("ix_participation_at", "at"),
    Index("ix_participation_person_activity", "person", "activity"),
)

announcement = Table(
    "announcement",
    metadata,
    id_(),
    Column("draft_id", String(12), nullable=False, unique=True),  # one draft, one announcement
    Column("html", Text, nullable=False),  # the sender's own words, as Telegram HTML
    Column("method", String(40), nullable=False),  # the call as it was previewed, with header
    Column("params", Text, nullable=False),  # JSON of that call without chat_id
    Column("rts", JSON(none_as_null=True)),  # RT numbers; NULL = everybody
    # scheduled, sending, paused, done, cancelled, recalled
    Column("state", String(10), nullable=False),
    Column("created_by", BigInteger, nullable=False),
    at("created_at"),
    at("send_at"),
    Column("recipients", Integer, nullable=False),  # counted when made, and when all are queued
    Column("cursor", Integer, nullable=False, server_default="0"),  # last resident queued
    at("queued_at", nullable=True),  # when the last recipient was queued
    Column("shown", String(40), nullable=False),  # what the sender's progress message says
    at("shown_at"),
    at("finished_at", nullable=True),
    # which of these residents: {"who": …}, see services/audiences.py; NULL = all of them
    Column("audience", JSON(none_as_null=True)),
    Column("button", String(60)),  # where the button under it leads; NULL = none
    Column("urgent", Boolean, nullable=False, server_default=false()),  # passes quiet hours
    Index("ix_announcement_state_send_at", "state", "send_at"),
)

lesson = Table(  # what is planned, and what was sent; its words are a file (content/lessons.py)
    "lesson",
    metadata,
    id_(),
    Column("slug", String(28), nullable=False),
    Column("rts", JSON(none_as_null=True)),  # RT numbers; NULL = everybody
    Column("state", String(10), nullable=False),  # planned, sending, done, dropped, cancelled
    Column("created_by", BigInteger, nullable=False),
    at("created_at"),
    at("send_at"),
    Column("recipients", Integer, nullable=False, server_default="0"),
    Column("cursor", Integer, nullable=False, server_default="0"),  # last resident queued
    Index("ix_lesson_state_send_at", "state", "send_at"),
)

announcement_change = Table(
    "announcement_change",
    metadata,
    id_(),
    ref("announcement_id", "announcement.id", index=True),
    Column("draft_id", String(12), nullable=False, unique=True),  # one draft, one change
    Column("kind", String(8), nullable=False),  # correct, recall
    # the edit of a message that was sent; of a recall that of one too old to be deleted
    Column("method", String(40), nullable=False),
    Column("params", Text, nullable=False),  # JSON of that call without chat_id
    Column("created_by", BigInteger, nullable=False),
    at("created_at"),
    Column("cursor", BigInteger, nullable=False, server_default="0"),  # last outbox row changed
    Column("until", BigInteger, nullable=False),  # last outbox row that is to be changed
    Column("reachable", Integer, nullable=False),  # messages, counted when it was made
    at("queued_at", nullable=True),
    Column("shown", String(40), nullable=False),  # what the sender's progress message says
    at("shown_at"),
    at("finished_at", nullable=True),
    Index("ix_announcement_change_finished_at", "finished_at"),
)

announcement_opening = Table(
    "announcement_opening",  # by the link that was copied to WhatsApp; nobody knows by whom
    metadata,
    ref("announcement_id", "announcement.id", primary_key=True, autoincrement=False),
    Column("rt", String(3), primary_key=True),  # of the link
    Column("opened", Integer, nullable=False),
)

gotong_royong = Table(
    "gotong_royong",
    metadata,
    id_(),
    Column("draft_id", String(12), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("place", Text),  # in words; NULL = only the point
    Column("latitude", Float),
    Column("longitude", Float),
    Column("bring", Text),
    Column("rts", JSON),  # RT numbers; NULL = the whole kelurahan
    Column("rule", String(100)),  # RRULE of RFC 5545 in local time; NULL = once
    at("starts_at"),  # the first time
    Column("created_by", BigInteger, nullable=False),
    at("created_at"),
    at("made_until"),  # occurrences up to here are rows
    at("ended_at", nullable=True),  # from then on no more are made: cancelled, or changed
    ref("ticket_id", "ticket.id", nullable=True, index=True),  # the complaint that it mends
)

occurrence = Table(
    "occurrence",
    metadata,
    id_(),
    ref("gotong_royong_id", "gotong_royong.id"),
    at("planned_at"),  # as the rule says: a moved occurrence is not made a second time
    at("starts_at"),
    Column("place", Text),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("state", String(10), nullable=False),  # planned, cancelled
    Column("reason", Text),
    # counts up with every change: reminders of an older version are not sent
    Column("version", Integer, nullable=False, server_default="0"),
    Column("result", Text),  # what was achieved, in the organiser's words
    at("result_at", nullable=True),
    UniqueConstraint("gotong_royong_id", "planned_at"),
    Index("ix_occurrence_state_starts_at", "state", "starts_at"),
)

occurrence_media = Table(
    "occurrence_media",  # photos that organisers took
    metadata,
    id_(),
    ref("occurrence_id", "occurrence.id", index=True),
    Column("moment", String(6), nullable=False),  # before, after
    Column("kind", String(8), nullable=False),  # photo, document (a photo too)
    Column("file_id", Text, nullable=False),  # Telegram's, to show it again
    Column("added_by", BigInteger, nullable=False),  # Telegram id
    at("at"),
    Column("path", String(200)),  # below media.folder, once it is kept
    Column("sha256", String(64)),
    Column("size", Integer),  # bytes
    sqlite_autoincrement=True,  # files are named by it
)

rsvp = Table(
    "rsvp",
    metadata,
    ref("occurrence_id", "occurrence.id", primary_key=True, autoincrement=False),
    ref("resident_id", "resident.id", primary_key=True, autoincrement=False, index=True),
    Column("answer", String(8), nullable=False),  # come, cannot, help
    at("at"),
)

attendance = Table(
    "attendance",
    metadata,
    ref("occurrence_id", "occurrence.id", primary_key=True, autoincrement=False),
    ref("resident_id", "resident.id", primary_key=True, autoincrement=False, index=True),
    Column("marked_by", BigInteger, nullable=False),  # Telegram id; his own if he used the code
    at("at"),
    # checklist, code, confirmed
    Column("way", String(10), nullable=False, server_default="checklist"),
)

reminder = Table(
    "reminder",
    metadata,
    id_(),
    ref("occurrence_id", "occurrence.id"),
    # days3, evening, hours2; and what is told at once: invite, moved, replanned, cancelled, ended
    # after it: ask, nudge, thanks (services/outcome.py)
    Column("kind", String(10), nullable=False),
    Column("version", Integer, nullable=False),  # of the occurrence it speaks of
    at("due_at"),
    Column("cursor", Integer, nullable=False, server_default="0"),  # last resident queued
    at("done_at", nullable=True),
    UniqueConstraint("occurrence_id", "kind", "version"),
    Index("ix_reminder_done_at_due_at", "done_at", "due_at"),
)
