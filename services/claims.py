"""One's own word that one is there: a claim, until an organiser confirms it with a tap.

A claim that is declined is not told to anybody: there is no tick, and no argument about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services import audit
from services.attendance import CONFIRMED, arrive, is_for, rts_to_tick, ticking
from services.audit import Act
from services.gotong_royong import Unknown, reference
from services.presence import closes_at
from services.roles import Actor, Permission
from storage import Connection, Row, gotong_royong, presence, residents
from storage.gotong_royong import PLANNED
from storage.residents import Resident


def is_claim_time(row: Row[Any], now: datetime, zone: ZoneInfo) -> bool:
    """Whether one may say that one is there: from the start until the end of that day."""
    return row.state == PLANNED and bool(row.starts_at <= now < closes_at(row, zone))


def begun(
    db: Connection, resident: Resident | None, now: datetime, zone: ZoneInfo
) -> list[Row[Any]]:
    """What began today for somebody, the first first."""
    rows = gotong_royong.starting(db, now - timedelta(days=1))
    return [row for row in rows if is_claim_time(row, now, zone) and is_for(db, row, resident)]


def claim(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime, zone: ZoneInfo
) -> tuple[Row[Any], bool]:
    """Note that the actor says he is there; gives whether he is known to be so already.

    Raises:
        Unknown: no such occurrence for this resident, or it is not the time.
    """
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent is asked before anything is kept"
    assert actor.agreed, "and again when its text changes"
    row = gotong_royong.get(db, occurrence_id, lock=True)
    if row is None or not is_claim_time(row, now, zone) or not is_for(db, row, actor.resident):
        raise Unknown(occurrence_id)
    if presence.came(db, row.id, actor.resident.id):
        return row, True
    presence.add_claim(db, row.id, actor.resident.id, now)
    return row, False


def waiting(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime
) -> tuple[Row[Any], list[Row[Any]]]:
    """An occurrence and the claims that wait at it, the first first: of the actor's RTs.

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row, only = ticking(db, actor, occurrence_id, now)
    return row, presence.waiting(db, row.id, only)


def count_waiting(db: Connection, actor: Actor, row: Row[Any]) -> int:
    """How many claims the actor may confirm."""
    actor.require(Permission.ORGANISE)
    return presence.count_waiting(db, row.id, rts_to_tick(actor, row))


def settle(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    resident_id: int,
    *,
    came: bool,
    now: datetime,
) -> tuple[Row[Any], list[Resident]]:
    """Confirm one claim, or decline it; gives who is now known to have been there.

    Raises:
        Unknown: no such occurrence, or it is not the time. NotAllowed: it is not the actor's.
    """
    row, only = ticking(db, actor, occurrence_id, now, lock=True)
    found = presence.waiting(db, row.id, only)
    if resident_id not in {one.resident_id for one in found}:
        return row, []
    resident = residents.get(db, resident_id)
    if came:
        return row, [resident] if _confirm(db, actor, row, resident, now) else []
    presence.settle(db, row.id, resident.id, now)
    act, detail = Act.GOTONG_ROYONG_CLAIM_DECLINED, f"resident {resident.id}"
    audit.note(db, actor, act, reference(row.id), now, detail)
    return row, []


def confirm_all(
    db: Connection, actor: Actor, occurrence_id: int, last: int, now: datetime
) -> tuple[Row[Any], list[Resident]]:
    """Confirm all claims up to that one: nobody who was not on the list that was looked at.

    Raises:
        Unknown: no such occurrence, or it is not the time. NotAllowed: it is not the actor's.
    """
    row, only = ticking(db, actor, occurrence_id, now, lock=True)
    found = presence.waiting(db, row.id, only)
    people = [residents.get(db, one.resident_id) for one in found if one.id <= last]
    return row, [one for one in people if _confirm(db, actor, row, one, now)]


def _confirm(
    db: Connection, actor: Actor, row: Row[Any], resident: Resident, now: datetime
) -> bool:
    is_new = arrive(db, resident, row, way=CONFIRMED, by=actor.telegram_id, now=now)
    if is_new:
        act, detail = Act.GOTONG_ROYONG_ATTENDED, f"resident {resident.id}"
        audit.note(db, actor, act, reference(row.id), now, detail)
    return is_new
