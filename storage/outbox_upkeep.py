"""What becomes of waiting and sent messages: chats that move or vanish, bodies that must go."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from storage.outbox import ANSWER, CONFIDENTIAL, HELD, UNSENT, WAITING, Lane, as_json
from storage.tables import inbox, outbox

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


UNASKED = (Lane.NOTICE, Lane.BROADCAST)


def fail_unasked(
    db: Connection, chat_id: int, error: str, lanes: Collection[Lane] = UNASKED
) -> None:
    """Give up the notices and broadcasts that wait for a chat; replies still go."""
    db.execute(
        update(outbox)
        .where(
            outbox.c.chat_id == chat_id,
            outbox.c.state.in_(UNSENT),
            outbox.c.lane.in_([int(lane) for lane in lanes]),
        )
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
