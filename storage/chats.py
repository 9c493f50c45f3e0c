"""What a chat was shown last, as far as the outbox still knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from storage.outbox import ANSWER, Lane
from storage.tables import outbox


def last_keys(db: Connection, chat_id: int, most: int, *, since: datetime) -> list[str]:
    """The keys of what was queued last for a chat, if that was after a moment, newest first."""
    query = (
        select(outbox.c.key)
        .where(outbox.c.chat_id == chat_id, outbox.c.method != ANSWER)
        .where(outbox.c.lane == int(Lane.REPLY), outbox.c.created_at >= since)
    )
    return [key for key in db.scalars(query.order_by(outbox.c.id.desc()).limit(most)) if key]
