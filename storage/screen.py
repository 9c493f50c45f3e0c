"""What a chat was shown last: its buttons, the summary of a form, what was said just now."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select

from storage.outbox import ANSWER, Lane, as_json
from storage.tables import outbox

LAST = 8  # messages that a screen shows, about
LOOKS_BACK = 30  # messages; what is above them has scrolled away


class Shown(NamedTuple):
    """A button that can be seen: label, callback data, and the first line of its message."""

    label: str
    data: str
    title: str


def was_said(db: Connection, chat_id: int, params: dict[str, Any], *, since: datetime) -> bool:
    """Whether exactly this was queued for a chat after `since`."""
    same = select(outbox.c.id).where(
        outbox.c.chat_id == chat_id,
        outbox.c.created_at > since,
        outbox.c.params == as_json({"chat_id": chat_id, **params}),
    )
    return db.execute(same.limit(1)).first() is not None


# Notices count once they are there: one that waits for the end of the night was not seen yet.
_LATELY = (
    select(
        outbox.c.id, outbox.c.params, outbox.c.created_at, outbox.c.sent_at,
        outbox.c.message_id, outbox.c.edits_id,
    )
    .where(
        outbox.c.chat_id == bindparam("of"),
        outbox.c.method != ANSWER,
        or_(
            outbox.c.state == "sent",
            and_(outbox.c.lane == int(Lane.REPLY), outbox.c.state != "failed"),
        ),
    )
    .order_by(outbox.c.id.desc())
    .limit(bindparam("most"))
)  # fmt: skip


def last_buttons(db: Connection, chat_id: int) -> list[Shown]:
    """The inline buttons that were shown last in a chat, in order.

    Those of all messages that were queued together, since they are seen together; none if the
    newest of them have no buttons.
    """
    rows = list(db.execute(_LATELY, {"of": chat_id, "most": LAST}))
    if not rows:
        return []
    newest = max(
        rows, key=lambda row: (row.sent_at is None, row.sent_at or row.created_at, row.id)
    )
    together = [row for row in reversed(rows) if row.created_at == newest.created_at]
    return [found for row in together for found in _buttons(json.loads(row.params or "{}"))]


def _buttons(params: dict[str, Any]) -> list[Shown]:
    title = str(params.get("text") or params.get("caption") or "").partition("\n")[0]
    return [
        Shown(button["text"], button["callback_data"], title)
        for row in params.get("reply_markup", {}).get("inline_keyboard", ())
        for button in row
        if "callback_data" in button
    ]


def open_summaries(db: Connection, chat_id: int, draft_id: str) -> list[tuple[int, int | None]]:
    """The messages that still offer to send a form, newest first.

    Of each its row, and Telegram's number if that is known.
    """
    found: list[tuple[int, int | None]] = []
    changed: set[int] = set()  # messages and rows that something newer changed
    for row in db.execute(_LATELY, {"of": chat_id, "most": LOOKS_BACK}):
        params = json.loads(row.params or "{}")
        own = params.get("message_id") or row.message_id
        if own not in changed and row.id not in changed and _offers(params, draft_id):
            found.append((row.id, own))
        changed |= {number for number in (own, row.edits_id) if number is not None}
    return found


def _offers(params: dict[str, Any], draft_id: str) -> bool:
    datas = [found.data for found in _buttons(params)]
    return any(d.startswith(f"form:{draft_id}:") and d.endswith(":send") for d in datas)
