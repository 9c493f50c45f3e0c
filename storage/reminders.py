"""What is to be told about gotong royong and when: one row per occurrence, kind and version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.gotong_royong import COMING
from storage.outbox import as_json
from storage.outbox_words import Lane
from storage.residents import Notice, wants
from storage.tables import occurrence, outbox, reminder, resident, rsvp

QUEUED = "queued"
OUTDATED = "outdated"


def key_of(occurrence_id: int) -> str:
    """How the outbox keys of an occurrence begin."""
    return f"reminder:{occurrence_id}:"


def add(db: Connection, occurrence_id: int, kind: str, version: int, due_at: datetime) -> None:
    """Note that something will have to be told."""
    values = {"occurrence_id": occurrence_id, "kind": kind, "version": version, "due_at": due_at}
    db.execute(insert(reminder).values(values))


def due(db: Connection, now: datetime, kinds: Collection[str]) -> Row[Any] | None:
    """The oldest reminder of these kinds that is due; None if there is none.

    Not locked: whoever locks its occurrence next sees by the version whether it still counts.
    """
    query = (
        select(reminder)
        .where(reminder.c.done_at.is_(None), reminder.c.due_at <= now, reminder.c.kind.in_(kinds))
        .order_by(reminder.c.due_at, reminder.c.id)
        .limit(1)
    )
    return db.execute(query).first()


def later_due(db: Connection, row: Row[Any], now: datetime, kinds: Collection[str]) -> list[str]:
    """Which of these kinds are due after a reminder, of the same occurrence and version."""
    query = select(reminder.c.kind).where(
        reminder.c.occurrence_id == row.occurrence_id,
        reminder.c.version == row.version,
        reminder.c.kind.in_(kinds),
        reminder.c.due_at.between(row.due_at, now),
        reminder.c.id > row.id,
    )
    return list(db.scalars(query))


def drop(
    db: Connection, now: datetime, kinds: Collection[str], *, starting_before: datetime
) -> int:
    """Give up what is due of occurrences that start before that moment; how many those were."""
    pointless = select(occurrence.c.id).where(occurrence.c.starts_at <= starting_before)
    query = update(reminder).where(
        reminder.c.done_at.is_(None),
        reminder.c.due_at <= now,
        reminder.c.kind.in_(kinds),
        reminder.c.occurrence_id.in_(pointless),
    )
    return db.execute(query.values(done_at=now)).rowcount


def withdraw(db: Connection, occurrence_id: int, now: datetime) -> None:
    """Nothing that was to be told of an occurrence is told any more, queued or not."""
    of = (reminder.c.occurrence_id == occurrence_id, reminder.c.done_at.is_(None))
    db.execute(update(reminder).where(*of).values(done_at=now))
    waiting = (
        outbox.c.state == QUEUED,
        outbox.c.lane == int(Lane.NOTICE),
        outbox.c.key.startswith(key_of(occurrence_id), autoescape=True),
    )
    db.execute(update(outbox).where(*waiting).values(state="failed", error=OUTDATED))


def recipients(
    db: Connection,
    occurrence_id: int,
    rts: Collection[str] | None,
    *,
    after: int,
    limit: int,
    answers: Collection[str | None],
) -> list[Row[Any]]:
    """Reachable residents who are concerned, by id: id, telegram_id, answer.

    Those of the RTs (None: all), and those who said that they take part; of these the ones whose
    answer is among `answers` (None: no answer yet).
    """
    given = [answer for answer in answers if answer is not None]
    fits = rsvp.c.answer.in_(given)
    mine = and_(rsvp.c.resident_id == resident.c.id, rsvp.c.occurrence_id == occurrence_id)
    query = (
        select(resident.c.id, resident.c.telegram_id, rsvp.c.answer)
        .outerjoin(rsvp, mine)
        .where(
            resident.c.id > after,
            wants(Notice.GOTONG_ROYONG),
            or_(fits, rsvp.c.answer.is_(None)) if None in answers else fits,
        )
        .order_by(resident.c.id)
        .limit(limit)
    )
    if rts is not None:
        query = query.where(or_(resident.c.rt.in_(rts), rsvp.c.answer.in_(COMING)))
    return list(db.execute(query))


def advance(db: Connection, reminder_id: int, *, cursor: int, done_at: datetime | None) -> None:
    """Note the last resident who was taken, and when all were."""
    query = update(reminder).where(reminder.c.id == reminder_id)
    db.execute(query.values(cursor=cursor, done_at=done_at))


def queue(
    db: Connection,
    calls: Sequence[dict[str, Any]],
    *,
    key: str,
    not_after: datetime | None,
    now: datetime,
    lane: Lane = Lane.NOTICE,
    method: str = "sendMessage",
) -> None:
    """Put messages to many into the outbox; `key` and the chat make each one unique."""
    if not calls:
        return
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    rows = [
        {
            "lane": int(lane),
            "chat_id": params["chat_id"],
            "method": method,
            "params": as_json(params),
            "state": QUEUED,
            "key": f"{key}:{params['chat_id']}",
            "attempts": 0,
            "created_at": now,
            "not_before": now,
            "not_after": not_after,
        }
        for params in calls
    ]
    db.execute(dialect.insert(outbox).on_conflict_do_nothing(index_elements=["key"]), rows)
