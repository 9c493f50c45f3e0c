"""What becomes of waiting and sent messages: chats that move or vanish, bodies that must go."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from storage.outbox import as_json
from storage.outbox_words import ANSWER, CONFIDENTIAL, HELD, UNSENT, WAITING, Lane
from storage.residents import Notice
from storage.tables import inbox, outbox, ticket_card

PIECE = 1000  # rows in one transaction


def fail_chat(db: Connection, chat_id: int, error: str) -> None:
    """Give up all that waits for a chat that cannot be reached; taps are answered all the same."""
    db.execute(
        update(outbox)
        .where(
            outbox.c.chat_id == chat_id,
            outbox.c.state.in_(UNSENT),
            outbox.c.method != ANSWER,
        )
        .values(state="failed", error=error[:40])
    )


# What the keys look like of what goes to many (LIKE). What organisers are asked about an outcome
# is their work, and no invitation.
KEYS = {
    Notice.GOTONG_ROYONG: ("reminder:%", "outcome:%:thanks:%", "outcome:%:recap:%"),
    Notice.LESSONS: ("lesson:%",),
}


def _is(notice: Notice) -> ColumnElement[bool]:
    """Whether a row is of that kind; what changes a message that was sent is of none.

    Among the notices, what is part of no announcement and has no key is news of tickets.
    """
    keyed = {kind: or_(*(outbox.c.key.like(key) for key in keys)) for kind, keys in KEYS.items()}
    announced = outbox.c.announcement_id.is_not(None)
    unasked = and_(outbox.c.lane != int(Lane.REPLY), outbox.c.method.startswith("send"))
    if notice is Notice.ANNOUNCEMENTS:
        return and_(unasked, announced)
    if notice in keyed:
        return and_(unasked, keyed[notice])
    has_key = and_(outbox.c.key.is_not(None), or_(*keyed.values()))
    return and_(unasked, outbox.c.lane == int(Lane.NOTICE), ~announced, ~has_key)


def fail_unwanted(db: Connection, chat_id: int, notice: Notice, error: str) -> None:
    """Give up what waits for a chat of one kind that is sent unasked; replies still go."""
    db.execute(
        update(outbox)
        .where(outbox.c.chat_id == chat_id, outbox.c.state.in_(UNSENT), _is(notice))
        .values(state="failed", error=error[:40])
    )


def move_chat(db: Connection, old: int, new: int) -> None:
    """Address what waits for a chat to its new id (a group that became a supergroup)."""
    for waiting in (inbox, outbox):
        db.execute(update(waiting).where(waiting.c.chat_id == old).values(chat_id=new))
    rows = db.execute(
        select(outbox.c.id, outbox.c.params).where(
            outbox.c.chat_id == new, outbox.c.state.in_((*WAITING, HELD))
        )
    ).all()
    for row in rows:
        params = json.loads(row.params)
        if "chat_id" in params:  # the answer to a tap names no chat
            params["chat_id"] = new
            change = update(outbox).where(outbox.c.id == row.id)
            db.execute(change.values(params=as_json(params)))


class Undelivered(NamedTuple):
    """A notice that did not reach its chat; `ticket_id` if it is a card for staff."""

    id: int
    method: str
    params: dict[str, Any]
    ticket_id: int | None


def undelivered(db: Connection, chat_id: int) -> list[Undelivered]:
    """Notices that a chat did not get, oldest first.

    Each is given once: what was sent in its place is not sent again.
    """
    lost = (
        (outbox.c.chat_id == chat_id)
        & (outbox.c.state == "failed")
        & (outbox.c.lane == int(Lane.NOTICE))
        & outbox.c.method.startswith("send")
        & outbox.c.edits_id.is_(None)
        & (outbox.c.params != "")
        & outbox.c.not_after.is_(None)  # what has its time is pointless elsewhere as well
    )
    query = (
        select(outbox.c.id, outbox.c.method, outbox.c.params, ticket_card.c.ticket_id)
        .outerjoin(ticket_card, ticket_card.c.outbox_id == outbox.c.id)
        .where(lost)
        .order_by(outbox.c.id)
    )
    found = [Undelivered(r[0], r[1], json.loads(r[2]), r[3]) for r in db.execute(query)]
    db.execute(update(outbox).where(lost).values(params=""))
    return found


def count(db: Connection, state: str) -> int:
    """How many rows are in that state."""
    return db.scalar(select(func.count()).where(outbox.c.state == state)) or 0


def forget_bodies(db: Connection, before: datetime) -> bool:
    """Empty what was made before a moment and is sent or given up; the row stays, to be edited.

    Answers to taps go whole, so many at a time that replies do not wait; whether more are left.
    """
    old = outbox.c.created_at < before
    db.execute(
        update(outbox)
        .where(
            outbox.c.state.in_(("sent", "failed")),
            or_(old, outbox.c.key.startswith(CONFIDENTIAL)),
            outbox.c.params != "",
        )
        .values(params="")
    )
    answers = select(outbox.c.id).where(outbox.c.method == ANSWER, old).limit(PIECE)
    gone = db.execute(delete(outbox).where(outbox.c.id.in_(answers)))
    return gone.rowcount == PIECE
