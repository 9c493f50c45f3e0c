"""Announcements: what is to be sent to whom, and how far the outbox is with it.

Recipients are put into the outbox in the order of their ids. How far that went is committed with
the rows, so that a process may die at any moment: nobody is missed and nobody is queued twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from storage.outbox import WAITING, Lane
from storage.residents import Notice, wants
from storage.tables import UtcDateTime, announcement, outbox, resident

SCHEDULED, SENDING, DONE, CANCELLED = "scheduled", "sending", "done", "cancelled"
NEVER_SENT = "cancelled"  # error of a row that was given up because its announcement was


class New(NamedTuple):
    """An announcement when it is made. `params` is the call's JSON object without chat_id."""

    draft_id: str
    html: str
    method: str
    params: str
    rts: list[str] | None  # None = everybody
    created_by: int
    send_at: datetime
    recipients: int
    shown: str


class Tally(NamedTuple):
    """What became of the messages of an announcement; `failed` counts by kind of error."""

    waiting: int
    sent: int
    failed: dict[str, int]

    @property
    def settled(self) -> int:
        """How many are sent or given up."""
        return self.sent + sum(self.failed.values())


def add(db: Connection, new: New, now: datetime) -> int:
    """Keep a new announcement and give its id."""
    values = {**new._asdict(), "state": SCHEDULED, "created_at": now, "shown_at": now}
    row = db.execute(insert(announcement).values(values).returning(announcement.c.id))
    return int(row.scalar_one())


def get(db: Connection, announcement_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One announcement; `lock` keeps others from changing it until the commit."""
    query = select(announcement).where(announcement.c.id == announcement_id)
    return db.execute(query.with_for_update() if lock else query).first()


def by_draft(db: Connection, draft_id: str) -> Row[Any] | None:
    """The announcement that was made of a draft."""
    return db.execute(select(announcement).where(announcement.c.draft_id == draft_id)).first()


def latest(db: Connection, limit: int) -> list[Row[Any]]:
    """The newest announcements, newest first."""
    return list(db.execute(select(announcement).order_by(announcement.c.id.desc()).limit(limit)))


_ACTIVE = (
    select(announcement.c.id)
    .where(
        or_(
            and_(
                announcement.c.state == SCHEDULED,
                announcement.c.send_at <= bindparam("now", type_=UtcDateTime),
            ),
            and_(
                announcement.c.state.in_((SENDING, CANCELLED)),
                announcement.c.finished_at.is_(None),
            ),
        )
    )
    .order_by(announcement.c.send_at, announcement.c.id)
)


def active(db: Connection, now: datetime) -> list[int]:
    """Ids of announcements that are due, on their way, or stopped and not settled."""
    return list(db.scalars(_ACTIVE, {"now": now}))


def change(db: Connection, announcement_id: int, **values: Any) -> None:
    """Change columns of an announcement."""
    query = update(announcement).where(announcement.c.id == announcement_id)
    db.execute(query.values(**values))


def _reachable(rts: list[str] | None) -> ColumnElement[bool]:
    """Residents who get an announcement: those of the RTs who want to hear news."""
    asked = resident.c.rt.in_(rts) if rts is not None else literal(True)
    return and_(wants(Notice.ANNOUNCEMENTS), asked)


def recipients(db: Connection, rts: list[str] | None) -> int:
    """How many residents would get an announcement now."""
    return db.scalar(select(func.count()).select_from(resident).where(_reachable(rts))) or 0


def queue_some(db: Connection, row: Row[Any], now: datetime, most: int) -> bool:
    """Queue the next recipients; False once all are queued.

    One statement copies residents into the outbox: many rows must not hold up the replies.
    Whoever has a message of this announcement already (he left and came back) gets no second.
    """
    some = (
        select(resident.c.id)
        .where(resident.c.id > row.cursor, _reachable(row.rts))
        .order_by(resident.c.id)
        .limit(most)
        .subquery()
    )
    last = db.scalar(select(func.max(some.c.id)))
    if last is None:
        queued = select(func.count()).where(outbox.c.announcement_id == row.id)
        change(db, row.id, queued_at=now, recipients=db.scalar(queued) or 0)
        return False
    chat = cast(resident.c.telegram_id, String)
    key = literal(f"announcement:{row.id}:") + chat
    values = {
        "lane": literal(int(Lane.BROADCAST)),
        "chat_id": resident.c.telegram_id,
        "method": literal(row.method),
        "params": literal('{"chat_id":') + chat + literal("," + row.params[1:]),
        "state": literal("queued"),
        "key": key,
        "announcement_id": literal(row.id),
        "attempts": literal(0),
        "created_at": literal(now, UtcDateTime),
        "not_before": literal(now, UtcDateTime),
    }
    source = (
        select(*values.values())
        .where(
            resident.c.id > row.cursor,
            resident.c.id <= last,
            _reachable(row.rts),
            ~exists().where(outbox.c.key == key),
        )
        .order_by(resident.c.id)
    )
    db.execute(insert(outbox).from_select(list(values), source))
    change(db, row.id, cursor=last)
    return True


def give_up_some(db: Connection, announcement_id: int, most: int) -> int:
    """Give up the next messages that still wait, those first that would go next; how many."""
    some = (
        select(outbox.c.id)
        .where(outbox.c.announcement_id == announcement_id, outbox.c.state == "queued")
        .order_by(outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # what the sender takes right now goes out
    )
    query = update(outbox).where(outbox.c.id.in_(list(db.scalars(some))))
    return db.execute(query.values(state="failed", error=NEVER_SENT)).rowcount


def tally(db: Connection, announcement_id: int) -> Tally:
    """Count the messages of an announcement by what became of them."""
    mine = outbox.c.announcement_id == announcement_id
    states = select(outbox.c.state, func.count()).where(mine).group_by(outbox.c.state)
    counts = {row[0]: int(row[1]) for row in db.execute(states)}
    failed: dict[str, int] = {}
    if counts.get("failed"):
        errors = select(outbox.c.error, func.count()).where(mine, outbox.c.state == "failed")
        rows = db.execute(errors.group_by(outbox.c.error))
        failed = {error or "": number for error, number in rows}
    waiting = sum(counts.get(state, 0) for state in WAITING)
    return Tally(waiting, counts.get("sent", 0), failed)


def waits(db: Connection, announcement_id: int) -> bool:
    """Whether any message of an announcement waits or is on its way."""
    mine = select(outbox.c.id).where(
        outbox.c.announcement_id == announcement_id, outbox.c.state.in_(WAITING)
    )
    return db.execute(mine.limit(1)).first() is not None


def progress_key(announcement_id: int, *, started: bool = False) -> str:
    """Name of the message that shows the sender how far it is; at a planned time a new one."""
    return f"announcement:{announcement_id}:{'started' if started else 'progress'}"


def progress_row(db: Connection, announcement_id: int) -> int | None:
    """The outbox row of the newest message that shows the sender how far it is."""
    keys = [progress_key(announcement_id, started=started) for started in (False, True)]
    newest = select(outbox.c.id).where(outbox.c.key.in_(keys)).order_by(outbox.c.id.desc())
    return db.scalar(newest.limit(1))


def edit_waits(db: Connection, chat_id: int, row_id: int) -> bool:
    """Whether that message, or a change of it, is still to be sent."""
    waiting = select(outbox.c.id).where(
        outbox.c.chat_id == chat_id,
        outbox.c.state.in_(WAITING),
        or_(outbox.c.id == row_id, outbox.c.edits_id == row_id),
    )
    return db.execute(waiting.limit(1)).first() is not None
