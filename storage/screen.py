"""What a chat was shown last: its buttons, the summary of a form, what was said just now."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, not_, or_, select

from storage.outbox import as_json
from storage.outbox_words import ANSWER, Lane
from storage.tables import outbox

LAST = 8  # messages that a screen shows, about
LOOKS_BACK = 30  # messages; what is above them has scrolled away


class Shown(NamedTuple):
    """A button that can be seen: label, callback data, its message, and whether that replied."""

    label: str
    data: str
    text: str  # of its message, as Telegram HTML
    is_reply: bool

    @property
    def title(self) -> str:
        """The first line of its message."""
        return self.text.partition("\n")[0]


def was_said(db: Connection, chat_id: int, params: dict[str, Any], *, since: datetime) -> bool:
    """Whether exactly this was queued for a chat after `since`."""
    newest = (
        select(outbox.c.params)
        .where(outbox.c.chat_id == chat_id, outbox.c.created_at > since)
        .order_by(outbox.c.id.desc())
        .limit(LOOKS_BACK)
    )
    return as_json({"chat_id": chat_id, **params}) in db.scalars(newest)


# Notices count once they are there: one that waits for the end of the night was not seen yet. The
# change of an old notice, such as a card far above, is not what somebody looks at.
_LATELY = (
    select(
        outbox.c.id, outbox.c.params, outbox.c.created_at, outbox.c.sent_at, outbox.c.lane,
        outbox.c.message_id, outbox.c.edits_id,
    )
    .where(
        outbox.c.chat_id == bindparam("of"),
        outbox.c.method != ANSWER,
        or_(
            and_(outbox.c.state == "sent", not_(outbox.c.method.startswith("edit"))),
            and_(outbox.c.lane == int(Lane.REPLY), outbox.c.state != "failed"),
        ),
    )
    .order_by(outbox.c.id.desc())
    .limit(bindparam("most"))
)  # fmt: skip


def last_buttons(db: Connection, chat_id: int, *, seen_at: datetime) -> list[Shown]:
    """The inline buttons that were shown last in a chat, in order.

    Those of all messages that were queued together, since they are seen together; none if the
    newest of them have no buttons, or were not there yet at `seen_at` (whole seconds).
    """
    rows = list(db.execute(_LATELY, {"of": chat_id, "most": LAST}))
    if not rows:
        return []
    newest = max(
        rows, key=lambda row: (row.sent_at is None, row.sent_at or row.created_at, row.id)
    )
    if newest.sent_at is None or newest.sent_at.replace(microsecond=0) > seen_at:
        return []
    together = [row for row in reversed(rows) if row.created_at == newest.created_at]
    return [one for row in together for one in _buttons(json.loads(row.params or "{}"), row.lane)]


def last_with(db: Connection, chat_id: int, beginning: str) -> list[str]:
    """Callback data of the newest answer in a chat that has a button which begins so."""
    query = (
        select(outbox.c.params)
        .where(outbox.c.chat_id == chat_id, outbox.c.method != ANSWER)
        .where(outbox.c.lane == int(Lane.REPLY), outbox.c.state != "failed")
        .order_by(outbox.c.id.desc())
        .limit(LOOKS_BACK)
    )
    for params in db.scalars(query):
        datas = [one.data for one in _buttons(json.loads(params or "{}"), int(Lane.REPLY))]
        if any(data.startswith(beginning) for data in datas):
            return datas
    return []


def _buttons(params: dict[str, Any], lane: int) -> list[Shown]:
    text = str(params.get("text") or params.get("caption") or "")
    return [
        Shown(button["text"], button["callback_data"], text, lane == int(Lane.REPLY))
        for row in params.get("reply_markup", {}).get("inline_keyboard", ())
        for button in row
        if "callback_data" in button
    ]


def last_keys(db: Connection, chat_id: int, most: int, *, since: datetime) -> list[str]:
    """The keys of what was queued last for a chat, if that was after a moment, newest first."""
    query = (
        select(outbox.c.key)
        .where(outbox.c.chat_id == chat_id, outbox.c.method != ANSWER)
        .where(outbox.c.lane == int(Lane.REPLY), outbox.c.created_at >= since)
    )
    return [key for key in db.scalars(query.order_by(outbox.c.id.desc()).limit(most)) if key]


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
    datas = [found.data for found in _buttons(params, int(Lane.REPLY))]
    return any(d.startswith(f"form:{draft_id}:") and d.endswith(":send") for d in datas)
