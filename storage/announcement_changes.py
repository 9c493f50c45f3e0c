"""Corrections and recalls of announcements: which messages are edited or deleted, and how far.

The edits are rows of the outbox with the announcement's id that edit its messages. Like the
recipients they are queued by a cursor, here over the rows of the messages; what has not left yet
is changed where it waits.
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
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from storage.announcements import NEVER_SENT, Tally, lane_of, originals, tallied
from storage.outbox_words import HELD, REVISION, UNSENT, WAITING
from storage.tables import UtcDateTime, announcement_change, outbox, resident

CORRECT, RECALL = "correct", "recall"
OUTDATED = "outdated"
UNDELETABLE = "message can't be deleted"  # how Telegram's answer begins


class NewChange(NamedTuple):
    """A change when it is made. `params` is the edit's JSON object without chat_id."""

    announcement_id: int
    draft_id: str
    kind: str
    method: str
    params: str
    created_by: int
    reachable: int
    shown: str


class Reach(NamedTuple):
    """The messages of an announcement: what a change of it can still do with each."""

    waiting: int
    sent: int
    reachable: int  # of those that were sent: the person is still there
    fresh: int  # of those that are reachable: young enough to be deleted


def add(db: Connection, new: NewChange, now: datetime) -> int:
    """Keep a new change and give its id; an earlier one of the same announcement ends."""
    mine = announcement_change.c.announcement_id == new.announcement_id
    unfinished = (mine, announcement_change.c.finished_at.is_(None))
    db.execute(update(announcement_change).where(*unfinished).values(finished_at=now))
    earlier = (outbox.c.announcement_id == new.announcement_id, outbox.c.edits_id.is_not(None))
    db.execute(
        update(outbox)
        .where(*earlier, outbox.c.state == "queued")
        .values(state="failed", error=OUTDATED)
    )
    last = db.scalar(select(func.max(outbox.c.id)).where(*originals(new.announcement_id)))
    values = {
        **new._asdict(), "until": last or 0, "created_at": now, "shown_at": now,
    }  # fmt: skip
    query = insert(announcement_change).values(values).returning(announcement_change.c.id)
    return int(db.execute(query).scalar_one())


def get(db: Connection, change_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One change; `lock` keeps others from going on with it until the commit."""
    query = select(announcement_change).where(announcement_change.c.id == change_id)
    return db.execute(query.with_for_update() if lock else query).first()


def by_draft(db: Connection, draft_id: str) -> Row[Any] | None:
    """The change that was made of a draft."""
    mine = announcement_change.c.draft_id == draft_id
    return db.execute(select(announcement_change).where(mine)).first()


def latest(db: Connection, announcement_id: int) -> Row[Any] | None:
    """The newest change of an announcement."""
    mine = announcement_change.c.announcement_id == announcement_id
    query = select(announcement_change).where(mine).order_by(announcement_change.c.id.desc())
    return db.execute(query.limit(1)).first()


def active(db: Connection) -> list[Row[Any]]:
    """Changes on their way: id and announcement_id."""
    query = select(announcement_change.c.id, announcement_change.c.announcement_id)
    unfinished = announcement_change.c.finished_at.is_(None)
    return list(db.execute(query.where(unfinished).order_by(announcement_change.c.id)))


def change(db: Connection, change_id: int, **values: Any) -> None:
    """Change columns of a change."""
    query = update(announcement_change).where(announcement_change.c.id == change_id)
    db.execute(query.values(**values))


def reach(db: Connection, announcement_id: int, fresh_since: datetime) -> Reach:
    """Count the messages of an announcement by what can still be done with them."""
    there = exists().where(
        resident.c.telegram_id == outbox.c.chat_id, resident.c.inactive.is_(None)
    )
    sent = outbox.c.state == "sent"
    reachable = and_(sent, outbox.c.message_id.is_not(None), there)

    def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        counted(outbox.c.state.in_((*WAITING, HELD))),
        counted(sent),
        counted(reachable),
        counted(and_(reachable, outbox.c.sent_at >= fresh_since)),
    ).where(*originals(announcement_id))
    return Reach(*(int(number) for number in db.execute(query).one()))


def change_some(
    db: Connection,
    one: Row[Any],
    row: Row[Any],
    *,
    fresh_since: datetime,
    now: datetime,
    most: int,
) -> bool:
    """Change the next messages of the announcement `one`; False once all are.

    What waits gets the new words, or is given up; what was sent, or is being sent, is edited, or
    deleted where it is young enough.
    """
    piece = select(outbox.c.id).where(
        *originals(one.id), outbox.c.id > row.cursor, outbox.c.id <= row.until
    )
    some = piece.order_by(outbox.c.id).limit(most).subquery()
    last = db.scalar(select(func.max(some.c.id)))
    if last is None:
        change(db, row.id, queued_at=now)
        return False
    here = (*originals(one.id), outbox.c.id > row.cursor, outbox.c.id <= last)
    if row.kind == RECALL:
        given_up = {"state": "failed", "error": NEVER_SENT}
        db.execute(update(outbox).where(*here, outbox.c.state.in_(UNSENT)).values(given_up))
        fresh = or_(outbox.c.state == "sending", outbox.c.sent_at >= fresh_since)
        _queue(db, one, row, "deleteMessage", "{}", (*here, fresh), now)
        _queue(db, one, row, row.method, row.params, (*here, outbox.c.sent_at < fresh_since), now)
    else:
        waits = update(outbox).where(*here, outbox.c.state.in_(UNSENT))
        db.execute(waits.values(params=_params(one.params)))
        _queue(db, one, row, row.method, row.params, here, now)
    change(db, row.id, cursor=last)
    return True


def replace_undeletable(db: Connection, one: Row[Any], row: Row[Any], now: datetime) -> None:
    """Edit what became too old to be deleted while it waited."""
    refused = outbox.alias("refused")
    mine = exists().where(
        refused.c.edits_id == outbox.c.id,
        refused.c.key == _key(row.id, "deleteMessage"),
        refused.c.error.startswith(UNDELETABLE),
    )
    _queue(db, one, row, row.method, row.params, (*originals(one.id), mine), now)


def _params(params: str) -> ColumnElement[str]:
    """A call's parameters with the chat of the row."""
    rest = "," + params[1:] if params != "{}" else "}"
    return literal('{"chat_id":') + cast(outbox.c.chat_id, String) + literal(rest)


def _key(change_id: int, method: str) -> ColumnElement[str]:
    return literal(f"{REVISION}{change_id}:{method}:") + cast(outbox.c.id, String)


def _queue(
    db: Connection,
    one: Row[Any],
    row: Row[Any],
    method: str,
    params: str,
    where: tuple[ColumnElement[bool], ...],
    now: datetime,
) -> None:
    """Queue the same edit of each of these messages that has, or will have, a number."""
    key, done = _key(row.id, method), outbox.alias("done")
    values = {
        "lane": literal(int(lane_of(one))),
        "chat_id": outbox.c.chat_id,
        "method": literal(method),
        "params": _params(params),
        "state": literal("queued"),
        "key": key,
        "edits_id": outbox.c.id,
        "announcement_id": literal(one.id),
        "attempts": literal(0),
        "created_at": literal(now, UtcDateTime),
        "not_before": literal(now, UtcDateTime),
        "urgent": literal(one.urgent),
    }
    there = or_(
        outbox.c.state == "sending",
        and_(outbox.c.state == "sent", outbox.c.message_id.is_not(None)),
    )
    source = select(*values.values()).where(
        *where,
        there,
        exists().where(resident.c.telegram_id == outbox.c.chat_id),  # nobody who left meanwhile
        ~exists().where(done.c.key == key),
    )
    db.execute(insert(outbox).from_select(list(values), source.order_by(outbox.c.id)))


def tally(db: Connection, row: Row[Any]) -> Tally:
    """Count the edits of a change by what became of them."""
    return tallied(
        db,
        outbox.c.announcement_id == row.announcement_id,
        outbox.c.edits_id.is_not(None),
        outbox.c.created_at >= row.created_at,
    )


def progress_key(change_id: int) -> str:
    """Name of the message that shows the sender how far a change is."""
    return f"announcement_change:{change_id}:progress"
