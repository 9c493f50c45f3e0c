"""Which messages of the outbox may go now: the two queries that the sender lives on."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, true, update

from storage.outbox_words import ANSWER, COVER, WAITING, Lane
from storage.tables import UtcDateTime, outbox


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


_earlier, _target = outbox.alias("earlier"), outbox.alias("target")
_before_it = (
    _earlier.c.chat_id == outbox.c.chat_id,
    _earlier.c.state.in_(WAITING),
    _earlier.c.lane == outbox.c.lane,
    _earlier.c.id < outbox.c.id,
    _earlier.c.method != ANSWER,
)
_oldest_of_its_chat = ~exists().where(
    *_before_it,
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
_DUE = select(
    outbox.c.id, outbox.c.lane, outbox.c.chat_id, outbox.c.method, outbox.c.params,
    outbox.c.attempts, outbox.c.edits_id, outbox.c.not_after, outbox.c.key,
).where(
    outbox.c.state == "queued", outbox.c.not_before <= bindparam("now", type_=UtcDateTime)
)  # fmt: skip
_its_chat_may = outbox.c.chat_id.not_in(bindparam("paused", expanding=True))
_CLAIM = (
    _DUE.where(
        outbox.c.lane.in_(bindparam("lanes", expanding=True)),
        or_(outbox.c.method == ANSWER, and_(_its_chat_may, _oldest_of_its_chat, _can_edit)),
    )
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# What passes quiet hours waits for what is on its way, not for what quiet hours hold.
_CLAIM_URGENT = (
    _DUE.where(
        outbox.c.urgent == true(),
        _its_chat_may,
        ~exists().where(
            *_before_it, or_(_earlier.c.state == "sending", _earlier.c.urgent == true())
        ),
        _can_edit,
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True))).values(state="sending")
)


def claim(
    db: Connection,
    *,
    now: datetime,
    limit: int,
    paced: int,
    paused: Collection[int] = (),
    quiet: bool = False,
) -> list[Claimed]:
    """Take due messages: replies first, then the oldest; of one chat and lane one at a time.

    Of notices and broadcasts at most `paced` are taken, in `quiet` hours only urgent ones.
    `paused` are chats that must wait; answers to taps go out all the same.
    """
    lanes = [int(lane) for lane in Lane if (paced > 0 and not quiet) or lane is Lane.REPLY]
    given = {"lanes": lanes, "now": now, "paused": list(paused), "most": limit}
    found = list(db.execute(_CLAIM, given))
    if quiet and paced > 0 and len(found) < limit:
        del given["lanes"]
        found += db.execute(_CLAIM_URGENT, {**given, "most": limit - len(found)})
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
