"""Messages waiting to be sent: finished Bot API calls, one row per call.

queued → sending (claimed) → sent | failed. A row that was being sent when the process died, or
whose outcome nobody knows, goes back to queued and is marked as possibly repeated.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from storage.tables import UtcDateTime, outbox

ANSWER = "answerCallbackQuery"  # needs no order and no pace: Telegram does not count it
WAITING = ("queued", "sending")
NOBODY = 0  # the chat of a message whose recipient deleted his data
COVER = "erase:cover:"  # how the key of a call begins that takes back what others see of somebody
CONFIDENTIAL = "once:"  # a key that begins so: the body goes at the first tidying after it is sent


class Lane(IntEnum):
    """What goes first."""

    REPLY = 0
    NOTICE = 1
    BROADCAST = 2


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


class Claimed(NamedTuple):
    """A message in the hands of the sender."""

    id: int
    lane: Lane
    chat_id: int
    method: str
    params: dict[str, Any]
    attempts: int
    not_after: datetime | None = None  # pointless from then on
    key: str | None = None


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


_earlier, _target = outbox.alias("earlier"), outbox.alias("target")
_oldest_of_its_chat = ~exists().where(
    _earlier.c.chat_id == outbox.c.chat_id,
    _earlier.c.state.in_(WAITING),
    _earlier.c.lane == outbox.c.lane,
    _earlier.c.id < outbox.c.id,
    _earlier.c.method != ANSWER,
    or_(  # many covers take time, so nothing waits for those that wait
        _earlier.c.state == "sending",
        _earlier.c.key.is_(None),
        ~_earlier.c.key.startswith(COVER),
    ),
)
_can_edit = or_(
    outbox.c.edits_id.is_(None),
    ~exists().where(_target.c.id == outbox.c.edits_id, _target.c.state.in_(WAITING)),
)
_CLAIM = (
    select(
        outbox.c.id, outbox.c.lane, outbox.c.chat_id, outbox.c.method, outbox.c.params,
        outbox.c.attempts, outbox.c.edits_id, outbox.c.not_after, outbox.c.key,
    )
    .where(
        outbox.c.state == "queued",
        outbox.c.lane.in_(bindparam("lanes", expanding=True)),
        outbox.c.not_before <= bindparam("now", type_=UtcDateTime),
        or_(
            outbox.c.method == ANSWER,
            and_(
                outbox.c.chat_id.not_in(bindparam("paused", expanding=True)),
                _oldest_of_its_chat,
                _can_edit,
            ),
        ),
    )
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)  # fmt: skip
_TAKE = (
    update(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True))).values(state="sending")
)


def claim(
    db: Connection, *, now: datetime, limit: int, paced: int, paused: Collection[int] = ()
) -> list[Claimed]:
    """Take due messages: replies first, then the oldest; of one chat and lane one at a time.

    Of notices and broadcasts at most `paced` are taken. `paused` are chats that must wait;
    answers to taps go out all the same.
    """
    lanes = [int(lane) for lane in Lane if paced > 0 or lane is Lane.REPLY]
    given = {"lanes": lanes, "now": now, "paused": list(paused), "most": limit}
    found = list(db.execute(_CLAIM, given))
    replies = [row for row in found if row.lane == Lane.REPLY]
    rows = replies + found[len(replies) :][:paced]
    if not rows:
        return []
    db.execute(_TAKE, {"ids": [row.id for row in rows]})
    targets = _message_ids(db, {r.edits_id for r in rows if r.edits_id is not None})
    return [
        Claimed(
            row.id, Lane(row.lane), row.chat_id, *_call(row, targets.get(row.edits_id)),
            row.attempts, row.not_after, row.key,
        )
        for row in rows
    ]  # fmt: skip


def _message_ids(db: Connection, ids: set[int]) -> dict[int | None, int | None]:
    if not ids:
        return {}
    rows = db.execute(select(outbox.c.id, outbox.c.message_id).where(outbox.c.id.in_(ids)))
    return {row.id: row.message_id for row in rows}


def _call(row: Any, target: int | None) -> tuple[str, dict[str, Any]]:
    """The call of a row; an edit gets the message it edits (Telegram refuses one without)."""
    params = json.loads(row.params)
    if target is not None:
        params["message_id"] = target
    return row.method, params


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


def target(db: Connection, row_id: int) -> tuple[int, str]:
    """Chat and method of a row that is to be edited."""
    row = db.execute(select(outbox.c.chat_id, outbox.c.method).where(outbox.c.id == row_id)).one()
    return row.chat_id, row.method
