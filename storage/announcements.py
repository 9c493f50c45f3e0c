"""Announcements: what is to be sent to whom, and how far the outbox is with it.

Recipients are put into the outbox in the order of their ids. How far that went is committed with
the rows, so that a process may die at any moment: nobody is missed and nobody is queued twice.
"""

from __future__ import annotations

from collections.abc import Sequence
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

from storage.audiences import Audience, reachable
from storage.outbox_words import HELD, UNSENT, WAITING, Lane
from storage.tables import UtcDateTime, announcement, outbox, resident

SCHEDULED, SENDING, PAUSED, DONE = "scheduled", "sending", "paused", "done"
CANCELLED, RECALLED = "cancelled", "recalled"
STOPPED = (CANCELLED, RECALLED)  # nothing more of it leaves
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
    audience: Audience | None = None  # None = all of these RTs
    button: str | None = None
    urgent: bool = False


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


def latest_with_button(db: Connection) -> int | None:
    """The newest announcement of which it is known who read it, that was sent."""
    query = select(announcement.c.id).where(
        announcement.c.button.is_not(None), announcement.c.state.in_((SENDING, DONE))
    )
    return db.scalar(query.order_by(announcement.c.id.desc()).limit(1))


_ACTIVE = (
    select(announcement.c.id)
    .where(
        or_(
            and_(
                announcement.c.state == SCHEDULED,
                announcement.c.send_at <= bindparam("now", type_=UtcDateTime),
            ),
            and_(
                announcement.c.state.in_((SENDING, PAUSED, *STOPPED)),
                announcement.c.finished_at.is_(None),
            ),
        )
    )
    .order_by(announcement.c.urgent.desc(), announcement.c.send_at, announcement.c.id)
)


def active(db: Connection, now: datetime) -> list[int]:
    """Ids of announcements that are due, on their way, or not settled; urgent ones first."""
    return list(db.scalars(_ACTIVE, {"now": now}))


def change(db: Connection, announcement_id: int, **values: Any) -> None:
    """Change columns of an announcement."""
    query = update(announcement).where(announcement.c.id == announcement_id)
    db.execute(query.values(**values))


def queue_some(db: Connection, row: Row[Any], now: datetime, most: int) -> bool:
    """Queue the next recipients; False once all are queued.

    One statement copies residents into the outbox: many rows must not hold up the replies.
    Whoever has a message of this announcement already (he left and came back) gets no second.
    """
    some = (
        select(resident.c.id)
        .where(resident.c.id > row.cursor, reachable(row.rts, row.audience))
        .order_by(resident.c.id)
        .limit(most)
        .subquery()
    )
    last = db.scalar(select(func.max(some.c.id)))
    if last is None:
        queued = select(func.count()).where(*originals(row.id))
        change(db, row.id, queued_at=now, recipients=db.scalar(queued) or 0)
        return False
    values = _message_to_each(row, now)
    source = (
        select(*values.values())
        .where(
            resident.c.id > row.cursor,
            resident.c.id <= last,
            reachable(row.rts, row.audience),
            ~exists().where(outbox.c.key == values["key"]),
        )
        .order_by(resident.c.id)
    )
    db.execute(insert(outbox).from_select(list(values), source))
    change(db, row.id, cursor=last)
    return True


def _message_to_each(row: Row[Any], now: datetime) -> dict[str, ColumnElement[Any]]:
    """The columns of a message to a resident."""
    chat = cast(resident.c.telegram_id, String)
    return {
        "lane": literal(int(lane_of(row))),
        "chat_id": resident.c.telegram_id,
        "method": literal(row.method),
        "params": literal('{"chat_id":') + chat + literal("," + row.params[1:]),
        "state": literal("queued"),
        "key": literal(f"announcement:{row.id}:") + chat,
        "announcement_id": literal(row.id),
        "attempts": literal(0),
        "created_at": literal(now, UtcDateTime),
        "not_before": literal(now, UtcDateTime),
        "urgent": literal(row.urgent),
    }


def lane_of(row: Row[Any]) -> Lane:
    """The lane of an announcement's messages: urgent ones go before all broadcasts."""
    return Lane.NOTICE if row.urgent else Lane.BROADCAST


def originals(announcement_id: int) -> tuple[ColumnElement[bool], ...]:
    """The messages of an announcement themselves, without the later changes of them."""
    return outbox.c.announcement_id == announcement_id, outbox.c.edits_id.is_(None)


def give_up_some(db: Connection, announcement_id: int, most: int) -> int:
    """Give up the next messages that still wait, those first that would go next; how many."""
    values = {"state": "failed", "error": NEVER_SENT}
    return _turn(db, announcement_id, UNSENT, values, most)


def hold_some(db: Connection, announcement_id: int, most: int) -> int:
    """Keep the next messages that wait from being sent, until they are released; how many."""
    return _turn(db, announcement_id, ("queued",), {"state": HELD}, most)


def release_some(db: Connection, announcement_id: int, most: int) -> int:
    """Let the next messages go that were held; how many."""
    return _turn(db, announcement_id, (HELD,), {"state": "queued"}, most)


def _turn(
    db: Connection, announcement_id: int, states: Sequence[str], values: dict[str, str], most: int
) -> int:
    some = (
        select(outbox.c.id)
        .where(*originals(announcement_id), outbox.c.state.in_(states))
        .order_by(outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # what the sender takes right now goes out
    )
    query = update(outbox).where(outbox.c.id.in_(list(db.scalars(some))))
    return db.execute(query.values(**values)).rowcount


def tally(db: Connection, announcement_id: int) -> Tally:
    """Count the messages of an announcement by what became of them."""
    return tallied(db, *originals(announcement_id))


def tallied(db: Connection, *mine: ColumnElement[bool]) -> Tally:
    """Count messages by what became of them."""
    states = select(outbox.c.state, func.count()).where(*mine).group_by(outbox.c.state)
    counts = {row[0]: int(row[1]) for row in db.execute(states)}
    failed: dict[str, int] = {}
    if counts.get("failed"):
        errors = select(outbox.c.error, func.count()).where(*mine, outbox.c.state == "failed")
        rows = db.execute(errors.group_by(outbox.c.error))
        failed = {error or "": number for error, number in rows}
    waiting = sum(counts.get(state, 0) for state in (*WAITING, HELD))
    return Tally(waiting, counts.get("sent", 0), failed)


def waits(db: Connection, announcement_id: int) -> bool:
    """Whether any message of an announcement waits or is on its way."""
    mine = select(outbox.c.id).where(
        *originals(announcement_id), outbox.c.state.in_((*WAITING, HELD))
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


def progress_message(db: Connection, announcement_id: int) -> int | None:
    """Telegram's number of the message that shows the sender how far it is, once it is sent."""
    row_id = progress_row(db, announcement_id)
    return db.scalar(select(outbox.c.message_id).where(outbox.c.id == row_id))


def edit_waits(db: Connection, chat_id: int, row_id: int) -> bool:
    """Whether that message, or a change of it, is still to be sent."""
    waiting = select(outbox.c.id).where(
        outbox.c.chat_id == chat_id,
        outbox.c.state.in_(WAITING),
        or_(outbox.c.id == row_id, outbox.c.edits_id == row_id),
    )
    return db.execute(waiting.limit(1)).first() is not None
