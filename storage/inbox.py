"""Updates from Telegram: kept before they are confirmed, handled once, in order per chat.

A row needs no claim: the unit of work that handles it locks it, so on PostgreSQL two workers
never take the same row, and a worker that dies lets go of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import UtcDateTime, inbox


class Received(NamedTuple):
    """One update as it came: Telegram's number, its chat, the JSON text, when it was sent."""

    update_id: int
    chat_id: int
    body: str
    sent_at: datetime | None = None  # None: not known, such as of a tap


class Head(NamedTuple):
    """The oldest unhandled update of a chat."""

    id: int
    chat_id: int
    body: str
    attempts: int
    received_at: datetime
    more: bool  # later ones of the same chat wait behind it


def add(db: Connection, updates: Iterable[Received], now: datetime) -> None:
    """Keep updates; one that is already there is left as it is."""
    rows = [
        {
            "update_id": u.update_id,
            "chat_id": u.chat_id,
            "body": u.body,
            "state": "new",
            "attempts": 0,
            "received_at": min(u.sent_at or now, now),
            "not_before": now,
        }
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


_earlier = inbox.alias("earlier")
_later = inbox.alias("later")
_HEADS = (
    select(
        inbox.c.id,
        inbox.c.chat_id,
        inbox.c.body,
        inbox.c.attempts,
        inbox.c.received_at,
        exists().where(
            _later.c.state == "new",
            _later.c.chat_id == inbox.c.chat_id,
            _later.c.id > inbox.c.id,
        ),
    )
    .where(
        inbox.c.state == "new",
        inbox.c.not_before <= bindparam("now", type_=UtcDateTime),
        inbox.c.chat_id.not_in(bindparam("busy", expanding=True)),
        ~exists().where(
            _earlier.c.state == "new",
            _earlier.c.chat_id == inbox.c.chat_id,
            _earlier.c.id < inbox.c.id,
        ),
    )
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
)


def heads(
    db: Connection, *, now: datetime, busy: Collection[int] = (), limit: int = 50
) -> list[Head]:
    """The oldest unhandled update of each chat that is due.

    `busy` are chats that this worker is handling already.
    """
    rows = db.execute(_HEADS, {"now": now, "busy": list(busy), "most": limit})
    return [Head(*row) for row in rows]


_lately = inbox.alias("lately")
_TAKE = (
    select(
        select(func.count())
        .where(
            _lately.c.chat_id == inbox.c.chat_id,
            _lately.c.received_at > bindparam("since", type_=UtcDateTime),
            _lately.c.id <= inbox.c.id,
        )
        .scalar_subquery()
    )
    .where(inbox.c.id == bindparam("row_id"), inbox.c.state == "new")
    .with_for_update(skip_locked=True)
)


def take(db: Connection, inbox_id: int, *, since: datetime) -> int | None:
    """Lock the row for this transaction; None if it is done or in other hands.

    Gives how many updates its chat sent after `since`, up to this one and with it.
    """
    found: int | None = db.scalar(_TAKE, {"row_id": inbox_id, "since": since})
    return found


_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("row_id"))
    .values(state="done", body="", error=None)
)


def finish(db: Connection, inbox_id: int) -> None:
    """Mark the update as handled; its words are not needed any more.

    A tap brings the text of the tapped message with it, which may be somebody else's.
    """
    db.execute(_FINISH, {"row_id": inbox_id})


def postpone(
    db: Connection, inbox_id: int, *, until: datetime, error: str, counted: bool = True
) -> None:
    """Try again later; a failed attempt is counted."""
    db.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.state == "new")
        .values(attempts=inbox.c.attempts + int(counted), not_before=until, error=error[:200])
    )


def bury(db: Connection, inbox_id: int, error: str) -> bool:
    """Park an update that keeps failing: a dead letter. False if it was handled meanwhile."""
    buried = db.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.state == "new")
        .values(state="dead", attempts=inbox.c.attempts + 1, error=error[:200])
    )
    return buried.rowcount == 1


def count(db: Connection, state: str) -> int:
    """How many rows are in that state."""
    return db.scalar(select(func.count()).where(inbox.c.state == state)) or 0


def forget_done(db: Connection, before: datetime) -> None:
    """Remove handled updates that came before a moment.

    Removed, not only emptied: after a week of silence Telegram counts on from a random number,
    which must not meet an old one.
    """
    db.execute(delete(inbox).where(inbox.c.state == "done", inbox.c.received_at < before))
