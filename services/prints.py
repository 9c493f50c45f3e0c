"""Sheets and posters to be printed: who may ask for them, and what waits to be made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services import audit
from services.audit import Act
from services.roles import Actor, Permission
from storage import Connection, tasks

SHEET, POSTER = "sheet", "poster"
WHATS = (SHEET, POSTER)
KIND = "print"  # of the slow work
ALL = "all"  # RTs


class Running(Exception):
    """The person waits for one already, or tapped twice."""


def ask(
    db: Connection,
    actor: Actor,
    what: str,
    rts: Sequence[str],
    *,
    message_id: int | None,
    now: datetime,
) -> None:
    """Queue a sheet or a poster, one page for each RT.

    `message_id` is the message whose button asked for it.

    Raises:
        NotAllowed: not for this role, or outside of its RTs. Running: see there.
    """
    actor.require(Permission.ASSIST)
    actor.require_scope(rts)
    for state, payload in tasks.of_kind(db, KIND):
        same = message_id is not None and payload["message_id"] == message_id
        if payload["telegram_id"] == actor.telegram_id and (state == "queued" or same):
            raise Running
    payload = {
        "telegram_id": actor.telegram_id,
        "what": what,
        "rts": list(rts),
        "message_id": message_id,
    }
    tasks.add(db, KIND, payload, now)
    audit.note(db, actor, Act.PRINT, what, now, ",".join(rts))
