"""Drainage complaints: filing, similar ones, joining, adding, withdrawing."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz, utils

from services.complaint_form import Complaint
from services.participation import Activity, log
from services.roles import Actor, Permission
from storage import Connection, Row, complaints, tasks, tickets
from storage.residents import Resident

PREFIX = "DRN"
RECEIVED, WITHDRAWN = "diterima", "dicabut"
OPEN_STATES = (RECEIVED,)

NEAR_METRES = 250.0  # FixMyStreet's radius for the same kind of problem
SIMILAR_TEXT = 60.0  # 0–100, rapidfuzz token_set_ratio: found by trial on chat-style reports
MAX_SIMILAR = 3
EARTH_RADIUS_METRES = 6_371_000.0


class NotYours(Exception):
    """A ticket that the actor neither filed nor joined."""


class NotOpen(Exception):
    """A ticket that is in no state for this act."""


def file(
    db: Connection, actor: Actor, new: Complaint, *, draft_id: str, year: int, now: datetime
) -> Row[Any]:
    """File a complaint and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number.
    """
    resident = _resident(actor)
    known = tickets.by_draft(db, draft_id)
    if known is not None:
        return complaints.get(db, known.id)
    number = tickets.next_number(db, PREFIX, year)
    latitude, longitude = new.point or (None, None)
    ticket = tickets.NewTicket(
        number=number,
        state=RECEIVED,
        reporter_id=resident.id,
        draft_id=draft_id,
        rt=new.rt,
        latitude=latitude,
        longitude=longitude,
        landmark=new.landmark,
        description=new.description,
        hide_name=new.hide_name,
    )
    ticket_id = tickets.add(db, ticket, now)
    complaints.add(db, ticket_id, kind=new.kind, depth=new.depth, since=new.since)
    event_id = tickets.add_event(db, ticket_id, "filed", resident_id=resident.id, now=now)
    _attach(db, ticket_id, event_id, new.photos, new.voices, now)
    log(db, resident, Activity.COMPLAINT_FILED, number, now)
    return complaints.get(db, ticket_id)


def _attach(
    db: Connection,
    ticket_id: int,
    event_id: int,
    photos: tuple[str, ...],
    voices: tuple[str, ...],
    now: datetime,
) -> None:
    """Attach files by Telegram's id and queue their download."""
    media = [tickets.Medium("photo", file_id) for file_id in photos]
    media += [tickets.Medium("voice", file_id) for file_id in voices]
    for medium_id in tickets.add_media(db, ticket_id, event_id, media):
        tasks.add(db, "download", {"medium_id": medium_id}, now)


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
    resident = _resident(actor)
    ticket = tickets.get(db, ticket_id, lock=True)  # it may be withdrawn at this moment
    if ticket is None or ticket.state not in OPEN_STATES:
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
    _attach(db, ticket_id, event_id, own.photos, own.voices, now)
    activity = Activity.COMPLAINT_JOINED if is_new else Activity.COMPLAINT_ADDED_TO
    log(db, resident, activity, ticket.number, now)
    return complaints.get(db, ticket_id), is_new


def mine(db: Connection, actor: Actor, number: str) -> Row[Any] | None:
    """A complaint that the actor filed or joined; None for any other number, known or not."""
    resident = _resident(actor)
    ticket = tickets.by_number(db, number)
    if ticket is None or not (
        ticket.reporter_id == resident.id or tickets.is_follower(db, ticket.id, resident.id)
    ):
        return None
    return complaints.get(db, ticket.id)


def add_to(
    db: Connection,
    actor: Actor,
    number: str,
    *,
    words: str | None,
    voices: tuple[str, ...],
    photos: tuple[str, ...],
    now: datetime,
) -> Row[Any]:
    """Add words, voice or photos to one's own or a joined complaint that is open.

    Raises:
        NotYours, NotOpen: as the names say.
    """
    resident, ticket = _resident(actor), mine(db, actor, number)
    if ticket is None:
        raise NotYours(number)
    locked = tickets.get(db, ticket.id, lock=True)  # it may be withdrawn at this moment
    if locked is None or locked.state not in OPEN_STATES:
        raise NotOpen(number)
    event_id = tickets.add_event(
        db, ticket.id, "added", resident_id=resident.id, now=now, text=words
    )
    _attach(db, ticket.id, event_id, photos, voices, now)
    log(db, resident, Activity.COMPLAINT_ADDED_TO, number, now)
    return ticket


def withdraw(db: Connection, actor: Actor, number: str, now: datetime) -> Row[Any]:
    """Withdraw one's own complaint.

    Raises:
        NotYours: somebody else filed it. NotOpen: it cannot be withdrawn any more.
    """
    resident, ticket = _resident(actor), mine(db, actor, number)
    if ticket is None or ticket.reporter_id != resident.id:
        raise NotYours(number)
    if ticket.state not in OPEN_STATES or not tickets.set_state(
        db, ticket.id, old=ticket.state, new=WITHDRAWN, now=now
    ):
        raise NotOpen(number)
    tickets.add_event(db, ticket.id, "withdrawn", resident_id=resident.id, now=now)
    return complaints.get(db, ticket.id)


def _resident(actor: Actor) -> Resident:
    """The resident who acts; only one who consented may."""
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent is asked before anything is kept"
    return actor.resident
