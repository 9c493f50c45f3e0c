"""Drainage complaints: filing one, similar ones, joining one."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz, utils

from services import tickets as tickets_of
from services.complaint_form import Complaint
from services.participation import Activity, log
from services.roles import Actor
from services.tickets import COMPLAINT, OPEN_STATES, NotOpen, again, attach, resident_of
from storage import Connection, Row, complaints, tickets

NEAR_METRES = 250.0  # FixMyStreet's radius for the same kind of problem
SIMILAR_TEXT = 60.0  # 0–100, rapidfuzz token_set_ratio: found by trial on chat-style reports
MAX_SIMILAR = 3
EARTH_RADIUS_METRES = 6_371_000.0


def file(
    db: Connection, actor: Actor, new: Complaint, *, draft_id: str, year: int, now: datetime
) -> Row[Any]:
    """File a complaint and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number.
    """
    row, is_new = tickets_of.file(
        db, actor, new, type_=COMPLAINT, draft_id=draft_id, year=year, now=now
    )
    if is_new:
        complaints.add(db, row.id, kind=new.kind, depth=new.depth, since=new.since)
    return again(db, row.id)


def similar(db: Connection, new: Complaint) -> list[Row[Any]]:
    """Open complaints of the same kind within 250 m, or of the same RT with similar words."""
    box = _box(new.point) if new.point else None
    found = complaints.nearby(db, kind=new.kind, states=OPEN_STATES, box=box, rt=new.rt)
    alike = [row for row in found if _is_near(new, row) or _reads_alike(new, row)]
    return alike[:MAX_SIMILAR]


def _box(point: tuple[float, float]) -> tuple[float, float, float, float]:
    """South, north, west, east of all that is within NEAR_METRES, in degrees."""
    latitude, longitude = point
    height = math.degrees(NEAR_METRES / EARTH_RADIUS_METRES)
    width = height / max(math.cos(math.radians(latitude)), 0.01)
    return latitude - height, latitude + height, longitude - width, longitude + width


def _is_near(new: Complaint, row: Row[Any]) -> bool:
    if new.point is None or row.latitude is None:
        return False
    return metres(new.point, (row.latitude, row.longitude)) <= NEAR_METRES


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points in metres (haversine)."""
    north, east = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    part = math.sin(north / 2) ** 2
    part += math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(part, 1.0)))


def _reads_alike(new: Complaint, row: Row[Any]) -> bool:
    """Same RT and similar words about place and problem."""
    if new.rt is None or new.rt != row.rt:
        return False
    mine = " ".join(filter(None, (new.landmark, new.description)))
    theirs = " ".join(filter(None, (row.landmark, row.description)))
    if not mine or not theirs:
        return False
    return fuzz.token_set_ratio(mine, theirs, processor=utils.default_process) >= SIMILAR_TEXT


def join(
    db: Connection, actor: Actor, ticket_id: int, own: Complaint, words: str, now: datetime
) -> tuple[Row[Any], bool]:
    """ "Sama, saya juga": follow a complaint of somebody else, counted once.

    What the person had written (`words`), spoken and photographed is added to it. Gives the
    complaint, and whether the person had no part in it before.

    Raises:
        NotOpen: there is no such open complaint.
    """
    resident = resident_of(actor)
    ticket = tickets.get(db, ticket_id, lock=True)  # it may be withdrawn at this moment
    if ticket is None or ticket.hidden or ticket.state not in OPEN_STATES:
        raise NotOpen(ticket_id)
    is_new = ticket.reporter_id != resident.id and tickets.follow(db, ticket_id, resident.id, now)
    event_id = tickets.add_event(
        db,
        ticket_id,
        "joined" if is_new else "added",
        resident_id=resident.id,
        now=now,
        text=words,
    )
    attach(db, ticket_id, event_id, photos=own.photos, voices=own.voices, now=now)
    activity = Activity.COMPLAINT_JOINED if is_new else Activity.COMPLAINT_ADDED_TO
    log(db, resident, activity, ticket.number, now)
    return again(db, ticket_id), is_new
