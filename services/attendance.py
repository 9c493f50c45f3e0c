"""Who comes to gotong royong and who came: answers before it, ticks at it.

An answer is an intention and counts once, as it stands now; coming is what was done. Both are in
the participation log under the number of the occurrence, and are corrected there. However often
and in whatever way somebody is noted as present, `arrive` makes one row of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from services import audit
from services.audit import Act
from services.gotong_royong import Unknown, reference
from services.participation import Activity, log, take_back
from services.reminders import CANNOT, COME, HELP
from services.roles import Actor, Permission
from storage import Connection, Row, conversions, gotong_royong, presence, residents
from storage.gotong_royong import PLANNED
from storage.residents import Resident

ANSWERS = {
    COME: Activity.GOTONG_ROYONG_JOINING,
    HELP: Activity.GOTONG_ROYONG_HELPING,
    CANNOT: Activity.GOTONG_ROYONG_DECLINED,
}
TICKING = timedelta(days=7)  # from the start on
CHECKLIST, CODE, CONFIRMED = "checklist", "code", "confirmed"  # how it is known who came


def coming(
    db: Connection, resident: Resident | None, now: datetime, *, led: Collection[str] = ()
) -> list[Row[Any]]:
    """What is to come for a resident: of his RT and of the whole kelurahan, the next first.

    `led` are RTs that he heads.
    """
    rows = gotong_royong.starting(db, now)
    return [row for row in rows if concerns(row, resident) or {*led} & {*row.rts}]


def coming_for_rt(db: Connection, rt: str, now: datetime) -> list[Row[Any]]:
    """What is to come for the people of an RT, the next first."""
    rows = gotong_royong.starting(db, now)
    return [row for row in rows if row.rts is None or rt in row.rts]


def concerns(row: Row[Any], resident: Resident | None) -> bool:
    """Whether an occurrence is for everybody or for the RT of this resident."""
    return row.rts is None or (resident is not None and resident.rt in row.rts)


def answer(
    db: Connection, actor: Actor, occurrence_id: int, given: str, now: datetime
) -> tuple[Row[Any], bool]:
    """Keep what a resident answers; a changed answer takes the place of the first.

    Gives the occurrence, and whether the answer is another one than before.

    Raises:
        Unknown: no such answer, or no such occurrence for this resident, or it has begun.
    """
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent is asked before anything is kept"
    assert actor.agreed, "and again when its text changes"
    row = ahead(db, actor.resident, occurrence_id, now)
    if given not in ANSWERS or row is None:
        raise Unknown(occurrence_id)
    is_new = gotong_royong.answer_of(db, row.id, actor.resident.id) != given
    if is_new:
        gotong_royong.put_answer(db, row.id, actor.resident.id, given, now)
        take_back(db, actor.resident, tuple(ANSWERS.values()), reference(row.id))
        log(db, actor.resident, ANSWERS[given], reference(row.id), now)
    return row, is_new


def is_for(db: Connection, row: Row[Any], resident: Resident | None) -> bool:
    """Whether an occurrence concerns somebody, he answered to it, or it mends his complaint."""
    if concerns(row, resident):
        return True
    if resident is None:
        return False
    if row.ticket_id is not None and conversions.has_part(db, row.ticket_id, resident.id):
        return True
    return gotong_royong.answer_of(db, row.id, resident.id) is not None


def ahead(
    db: Connection, resident: Resident | None, occurrence_id: int, now: datetime
) -> Row[Any] | None:
    """An occurrence for somebody that takes place and has not begun; None for any other id."""
    row = gotong_royong.get(db, occurrence_id)
    if row is None or row.state != PLANNED or row.starts_at <= now:
        return None
    return row if is_for(db, row, resident) else None


def may_tick(row: Row[Any], now: datetime) -> bool:
    """Whether it is the time to note who came: from the start on, for seven days."""
    return bool(row.starts_at <= now <= row.starts_at + TICKING)


def at_hand(db: Connection, actor: Actor, now: datetime) -> list[Row[Any]]:
    """What an organiser has to do with, the earliest first, from seven days ago on.

    His own, and of those that reach beyond his RTs the ones at which he may tick now.
    """
    actor.require(Permission.ORGANISE)
    rows = gotong_royong.starting(db, now - TICKING)
    return [row for row in rows if actor.covers(row.rts) or _shares(actor, row, now)]


def _shares(actor: Actor, row: Row[Any], now: datetime) -> bool:
    return may_tick(row, now) and bool(rts_to_tick(actor, row))


def rts_to_tick(actor: Actor, row: Row[Any]) -> list[str] | None:
    """The RTs whose residents the actor may tick at an occurrence; None if it is all his."""
    if actor.scope is None or actor.covers(row.rts):
        return None
    return [rt for rt in actor.scope if row.rts is None or rt in row.rts]


def overlook(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime, *, lock: bool = False
) -> Row[Any]:
    """An occurrence that the actor may organise, or at which he may tick his residents.

    Raises:
        Unknown: there is none, or it was called off. NotAllowed: it is not the actor's.
    """
    actor.require(Permission.ORGANISE)
    row = gotong_royong.get(db, occurrence_id, lock=lock)
    if row is None or row.state != PLANNED:
        raise Unknown(occurrence_id)
    if not _shares(actor, row, now):
        actor.require_scope(row.rts)
    return row


def ticking(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime, *, lock: bool = False
) -> tuple[Row[Any], list[str] | None]:
    """An occurrence at which the actor may tick now, and the RTs he may tick (None: all of it).

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row = overlook(db, actor, occurrence_id, now, lock=lock)
    if not may_tick(row, now):
        raise Unknown(occurrence_id)
    return row, rts_to_tick(actor, row)


def ticked(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    resident_id: int,
    now: datetime,
    *,
    lock: bool = False,
) -> tuple[Row[Any], Row[Any]]:
    """The same occurrence, and a resident's line of its checklist.

    Raises:
        Unknown: no such occurrence or resident for the actor, or it is not the time.
        NotAllowed: it is not the actor's.
    """
    row, only = ticking(db, actor, occurrence_id, now, lock=lock)
    line = gotong_royong.on_checklist(db, row.id, row.rts, only, resident_id)
    if line is None:
        raise Unknown(occurrence_id)
    return row, line


def checklist(
    db: Connection, actor: Actor, occurrence_id: int, *, limit: int, offset: int, now: datetime
) -> tuple[Row[Any], list[Row[Any]]]:
    """An occurrence that has begun, and some of those who may have come: of the actor's RTs.

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row, only = ticking(db, actor, occurrence_id, now)
    people = gotong_royong.checklist(db, row.id, row.rts, only, limit=limit, offset=offset)
    return row, people


def mark(
    db: Connection, actor: Actor, occurrence_id: int, resident_id: int, came: bool, now: datetime
) -> bool:
    """Note that a resident was there, or take that back; False if it was so already.

    Raises:
        Unknown: no such occurrence, or no such resident in the actor's RTs, or it is not the time.
        NotAllowed: it is not the actor's.
    """
    row, line = ticked(db, actor, occurrence_id, resident_id, now, lock=True)
    if bool(line.came) == came:
        return False
    resident = residents.get(db, resident_id)
    if came:
        arrive(db, resident, row, way=CHECKLIST, by=actor.telegram_id, now=now)
    else:
        gotong_royong.untick(db, row.id, resident_id)
        take_back(db, resident, (Activity.GOTONG_ROYONG_ATTENDED,), reference(row.id))
    act = Act.GOTONG_ROYONG_ATTENDED if came else Act.GOTONG_ROYONG_UNATTENDED
    audit.note(db, actor, act, reference(row.id), now, f"resident {resident_id}")
    return True


def arrive(
    db: Connection, resident: Resident, row: Row[Any], *, way: str, by: int, now: datetime
) -> bool:
    """Note once that a resident was there; False if that was known. The occurrence is locked.

    `by` is the Telegram id of who noted it. What the resident claimed is settled by it.
    """
    presence.settle(db, row.id, resident.id, now)
    if presence.came(db, row.id, resident.id):
        return False
    gotong_royong.tick(db, row.id, resident.id, way=way, by=by, now=now)
    log(db, resident, Activity.GOTONG_ROYONG_ATTENDED, reference(row.id), now)
    return True
