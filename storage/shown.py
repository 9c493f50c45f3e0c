"""What a chat was shown last: its buttons, and whether something was said just now."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from storage.outbox import ANSWER, as_json
from storage.tables import outbox


def was_said(db: Connection, chat_id: int, params: dict[str, Any], *, since: datetime) -> bool:
    """Whether exactly this was queued for a chat after `since`."""
    same = select(outbox.c.id).where(
        outbox.c.chat_id == chat_id,
        outbox.c.created_at > since,
        outbox.c.params == as_json({"chat_id": chat_id, **params}),
    )
    return db.execute(same.limit(1)).first() is not None


_LAST_UNIT = (
    select(outbox.c.params)
    .where(
        outbox.c.chat_id == bindparam("of"),
        outbox.c.method != ANSWER,
        outbox.c.created_at
        == select(func.max(outbox.c.created_at))
        .where(outbox.c.chat_id == bindparam("of"), outbox.c.method != ANSWER)
        .scalar_subquery(),
    )
    .order_by(outbox.c.id)
)


def last_buttons(db: Connection, chat_id: int) -> list[tuple[str, str]]:
    """Label and callback data of the inline buttons that were shown last in a chat, in order.

    Those of all messages that were queued together, since they are seen together; none if the
    newest of them have no buttons.
    """
    shown = [json.loads(row.params or "{}") for row in db.execute(_LAST_UNIT, {"of": chat_id})]
    return [
        (button["text"], button["callback_data"])
        for params in shown
        for row in params.get("reply_markup", {}).get("inline_keyboard", ())
        for button in row
        if "callback_data" in button
    ]
