"""Updates from Telegram: kept before they are confirmed, handled once, in order per chat.

A row needs no claim: the unit of work that handles it locks it, so on PostgreSQL two workers
never take the same row, and a worker that dies lets go of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import inbox

KEEP_DONE = timedelta(hours=47)  # emptied within 48 h; Telegram redelivers for 24 h at most


class Received(NamedTuple):
    """One update as it came: Telegram's number, the chat it belongs to, the JSON text."""

    update_id: int
    chat_id: int
    body: str


def add(db: Connection, updates: Iterable[Received], now: datetime) -> None:
    """Keep updates; one that is already there is left as it is."""
    rows = [
        {**u._asdict(), "state": "new", "attempts": 0, "received_at": now, "not_before": now}
        for u in updates
    ]
    if rows:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        db.execute(dialect.insert(inbox).on_conflict_do_nothing(), rows)


def add_poison(db: Connection, body: str, reason: str, now: datetime) -> None:
    """Keep a body that is no update aside, for the operator."""
    db.execute(
        insert(inbox).values(
            chat_id=0, body=body, state="poison", error=reason, received_at=now, not_before=now
        )
    )


def heads(
    db: Connection, *, now: datetime, busy: Collection[int] = (), limit: int = 50
) -> list[Row[tuple[int, int, str, int]]]:
    """The oldest unhandled update of each chat that is due: (id, chat_id, body, attempts).

    `busy` are chats that this worker is handling already.
    """
    earlier = inbox.alias("earlier")
    query = (
        select(inbox.c.id, inbox.c.chat_id, inbox.c.body, inbox.c.attempts)
        .where(
            inbox.c.state == "new",
            inbox.c.not_before <= now,
            ~exists().where(
                earlier.c.state == "new",
                earlier.c.chat_id == inbox.c.chat_id,
                earlier.c.id < inbox.c.id,
            ),
        )
        .order_by(inbox.c.id)
        .limit(limit)
    )
    if busy:
        query = query.where(inbox.c.chat_id.not_in(busy))
    return list(db.execute(query))


def take(db: Connection, inbox_id: int) -> bool:
    """Lock the row for this transaction; False if it is done or in other hands."""
    query = select(inbox.c.id).where(inbox.c.id == inbox_id, inbox.c.state == "new")
    return db.execute(query.with_for_update(skip_locked=True)).first() is not None


def finish(db: Connection, inbox_id: int) -> None:
    """Mark the update as handled."""
    db.execute(update(inbox).where(inbox.c.id == inbox_id).values(state="done", error=None))


def postpone(db: Connection, inbox_id: int, *, until: datetime, error: str) -> None:
    """Count a failed attempt and try again later."""
    db.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id)
        .values(attempts=inbox.c.attempts + 1, not_before=until, error=error[:200])
    )


def bury(db: Connection, inbox_id: int, error: str) -> None:
    """Park an update that keeps failing: a dead letter."""
    db.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id)
        .values(state="dead", attempts=inbox.c.attempts + 1, error=error[:200])
    )


def received_lately(db: Connection, inbox_id: int, chat_id: int, since: timedelta) -> int:
    """How many updates this chat sent in the time `since` before this one, it included."""
    this = inbox.alias("this")
    received_at = db.scalar(select(this.c.received_at).where(this.c.id == inbox_id))
    assert received_at is not None
    count = db.scalar(
        select(func.count()).where(
            inbox.c.chat_id == chat_id,
            inbox.c.received_at > received_at - since,
            inbox.c.id <= inbox_id,
        )
    )
    return count or 0


def count(db: Connection, state: str) -> int:
    """How many rows are in that state."""
    return db.scalar(select(func.count()).where(inbox.c.state == state)) or 0


def forget_done(db: Connection, now: datetime) -> None:
    """Remove handled updates older than 47 hours.

    Removed, not only emptied: after a week of silence Telegram counts on from a random number,
    which must not meet an old one.
    """
    db.execute(delete(inbox).where(inbox.c.state == "done", inbox.c.received_at < now - KEEP_DONE))
