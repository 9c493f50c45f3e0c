"""Messages waiting to be sent: finished Bot API calls, one row per call.

queued → sending (claimed) → sent | failed. A row that was being sent when the process died, or
whose outcome nobody knows, goes back to queued and is marked as possibly repeated.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from storage.outbox_words import Lane
from storage.tables import outbox


class Message(NamedTuple):
    """A finished call: Bot API method and its parameters, as JSON takes them."""

    chat_id: int
    method: str
    params: dict[str, Any]
    lane: Lane = Lane.REPLY
    not_before: datetime | None = None
    key: str | None = None  # once per occasion and person: a second one is not added
    replaces: bool = False  # with `key`: takes the place of one that still waits
    edits_id: int | None = None  # row whose message is edited; its message_id is filled in


_ADD = insert(outbox).returning(outbox.c.id)


def add(db: Connection, message: Message, now: datetime) -> int:
    """Queue a message and give its row's id; of one key only one is ever queued.

    With `replaces`, a message of that key that still waits is replaced, and one that is on its
    way already is followed by a new one.
    """
    row = {
        "lane": int(message.lane),
        "chat_id": message.chat_id,
        "method": message.method,
        "params": as_json(message.params),
        "not_before": message.not_before or now,
        "edits_id": message.edits_id,
    }
    key = message.key
    if key is not None:
        same = select(outbox.c.id, outbox.c.state).where(outbox.c.key == key)
        known = db.execute(same.with_for_update()).first()
        if known and message.replaces and known.state == "queued":
            db.execute(update(outbox).where(outbox.c.id == known.id).values(row))
        if known and not (message.replaces and known.state != "queued"):
            return int(known.id)
        key = None if known else key
    values = {**row, "key": key, "state": "queued", "attempts": 0, "created_at": now}
    return int(db.execute(_ADD, values).scalar_one())


_EDITS = (
    select(outbox.c.params)
    .where(
        outbox.c.chat_id == bindparam("of"),
        outbox.c.method == bindparam("with"),
        outbox.c.state != "failed",
    )
    .order_by(outbox.c.id.desc())
    .limit(8)  # newest ones of a chat
)


def last_edit(db: Connection, chat_id: int, method: str, message_id: int) -> str | None:
    """What a message was last edited into, perhaps still on its way; None if unknown."""
    ending = f'"message_id":{message_id}}}'
    for row in db.execute(_EDITS, {"of": chat_id, "with": method}):
        if row.params.endswith(ending):
            return str(row.params)
    return None


def as_json(params: dict[str, Any]) -> str:
    """Parameters as they are stored."""
    return json.dumps(params, ensure_ascii=False, separators=(",", ":"))


_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("row_id"))
    .values(
        state="sent",
        message_id=bindparam("answer"),
        more_ids=bindparam("more"),
        sent_at=bindparam("now"),
        error=None,
    )
)


class Result(NamedTuple):
    """What became of a row that was sent: Telegram's message_id, of an album that of each."""

    row_id: int
    message_ids: tuple[int, ...] = ()


def sent(db: Connection, results: Collection[Result], now: datetime) -> None:
    """Record messages as sent."""
    rows = [
        {
            "row_id": row_id,
            "answer": ids[0] if ids else None,
            "more": ",".join(map(str, ids[1:])) or None,
            "now": now,
        }
        for row_id, ids in sorted(results)  # everybody locks rows in this order
    ]
    if rows:
        db.execute(_SENT, rows)


def fail(db: Connection, row_id: int, error: str) -> None:
    """Give a message up, with the kind of error."""
    db.execute(
        update(outbox).where(outbox.c.id == row_id).values(state="failed", error=error[:40])
    )


def requeue(
    db: Connection,
    row_id: int,
    *,
    until: datetime,
    error: str,
    counted: bool = True,
    possibly_sent: bool = False,
) -> None:
    """Send a message again later; `possibly_sent` marks it as possibly repeated."""
    values: dict[str, Any] = {"state": "queued", "not_before": until, "error": error[:40]}
    if counted:
        values["attempts"] = outbox.c.attempts + 1
    if possibly_sent:
        values["possibly_repeated"] = True
    db.execute(update(outbox).where(outbox.c.id == row_id).values(values))


def rewrite(db: Connection, row_id: int, method: str, params: dict[str, Any]) -> None:
    """Change the call of a row, to be sent at once in its new form."""
    db.execute(
        update(outbox)
        .where(outbox.c.id == row_id)
        .values(
            method=method,
            params=as_json(params),
            edits_id=None,
            state="queued",
            attempts=outbox.c.attempts + 1,
        )
    )


def recover(db: Connection) -> int:
    """Queue again what a dead process was sending; how many rows that were."""
    result = db.execute(
        update(outbox)
        .where(outbox.c.state == "sending")
        .values(state="queued", possibly_repeated=True)
    )
    return result.rowcount


def by_key(db: Connection, key: str) -> int | None:
    """The row of that key."""
    return db.scalar(select(outbox.c.id).where(outbox.c.key == key))


def target(db: Connection, row_id: int) -> tuple[int, str]:
    """Chat and method of a row that is to be edited."""
    row = db.execute(select(outbox.c.chat_id, outbox.c.method).where(outbox.c.id == row_id)).one()
    return row.chat_id, row.method
