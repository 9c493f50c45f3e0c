"""Drainage complaints: filing one, and similar ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import tickets as tickets_of
from services.complaint_form import Complaint
from services.roles import Actor
from services.similar import MAX_SIMILAR, box_around, is_near, reads_alike
from services.tickets import COMPLAINT, OPEN_STATES, Helped, again
from storage import Connection, Row, complaints


def file(
    db: Connection,
    actor: Actor,
    new: Complaint,
    *,
    draft_id: str,
    year: int,
    now: datetime,
    helped: Helped | None = None,
) -> Row[Any]:
    """File a complaint and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number; `helped` is for whom it is filed,
    if not for the actor himself.
    """
    row, is_new = tickets_of.file(
        db, actor, new, type_=COMPLAINT, draft_id=draft_id, year=year, now=now,
        helped=helped,
    )  # fmt: skip
    if is_new:
        complaints.add(db, row.id, kind=new.kind, depth=new.depth, since=new.since)
    return again(db, row.id)


def similar(db: Connection, new: Complaint) -> list[Row[Any]]:
    """Open complaints of the same kind within 250 m, or of the same RT with similar words."""
    box = box_around(new.point)
    found = complaints.nearby(db, kind=new.kind, states=OPEN_STATES, box=box, rt=new.rt)
    alike = [row for row in found if is_near(new, row) or _reads_alike(new, row)]
    return alike[:MAX_SIMILAR]


def _reads_alike(new: Complaint, row: Row[Any]) -> bool:
    """Same RT and similar words about place and problem."""
    if new.rt is None or new.rt != row.rt:
        return False
    mine = " ".join(filter(None, (new.landmark, new.description)))
    theirs = " ".join(filter(None, (row.landmark, row.description)))
    return reads_alike(mine, theirs)
