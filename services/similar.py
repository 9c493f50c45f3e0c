"""Tickets like one that is about to be filed: whether they are near, whether they read alike, and
joining one of them instead of filing another."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz, utils

from services.participation import Activity, log_on
from services.roles import Actor
from services.tickets import (
    ADDED,
    ASPIRATION,
    COMPLAINT,
    OPEN_STATES,
    Filing,
    NotOpen,
    again,
    attach,
    resident_of,
)  # fmt: skip
from storage import Connection, Row, tickets
from storage.similar import Box

NEAR_METRES = 250.0  # FixMyStreet's radius for the same kind of problem
SIMILAR_TEXT = 60.0  # 0–100, rapidfuzz token_set_ratio: found by trial on chat-style reports
MAX_SIMILAR = 3
EARTH_RADIUS_METRES = 6_371_000.0
# What joining is for each type: the line of the timeline, and the act that counts.
JOINED = {
    COMPLAINT: ("joined", Activity.COMPLAINT_JOINED),
    ASPIRATION: ("supported", Activity.ASPIRATION_SUPPORTED),
}


def box_around(point: tuple[float, float] | None) -> Box | None:
    """All that is within NEAR_METRES of a point, and a bit more; None without a point."""
    if point is None:
        return None
    latitude, longitude = point
    height = math.degrees(NEAR_METRES / EARTH_RADIUS_METRES)
    width = height / max(math.cos(math.radians(latitude)), 0.01)
    return latitude - height, latitude + height, longitude - width, longitude + width


def point_of(row: Row[Any]) -> tuple[float, float] | None:
    """Where a ticket is: latitude and longitude, if they are known."""
    return None if row.latitude is None else (row.latitude, row.longitude)


def is_near(new: Filing, row: Row[Any]) -> bool:
    """Whether both have a point, not far from each other."""
    there = point_of(row)
    if new.point is None or there is None:
        return False
    return metres(new.point, there) <= NEAR_METRES


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points in metres (haversine)."""
    north, east = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    part = math.sin(north / 2) ** 2
    part += math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(part, 1.0)))


def reads_alike(mine: str, theirs: str, least: float = SIMILAR_TEXT) -> bool:
    """Whether two texts have similar words; nothing is like no words at all."""
    if not mine or not theirs:
        return False
    return fuzz.token_set_ratio(mine, theirs, processor=utils.default_process) >= least


def join(
    db: Connection, actor: Actor, ticket_id: int, own: Filing, words: str, now: datetime
) -> tuple[Row[Any], bool]:
    """ "Sama, saya juga", "Dukung yang ini": follow a ticket of somebody else, counted once.

    What the person had written (`words`), spoken and photographed is added to it. Gives the
    ticket, and whether the person had no part in it before.

    Raises:
        NotOpen: there is no such open ticket.
    """
    resident = resident_of(actor)
    ticket = tickets.get(db, ticket_id, lock=True)  # it may be withdrawn at this moment
    if ticket is None or ticket.hidden or ticket.state not in OPEN_STATES:
        raise NotOpen(ticket_id)
    is_new = ticket.reporter_id != resident.id and tickets.follow(db, ticket_id, resident.id, now)
    kind, activity = JOINED[ticket.type] if is_new else ("added", ADDED[ticket.type])
    event_id = tickets.add_event(db, ticket_id, kind, resident_id=resident.id, now=now, text=words)
    attach(db, ticket_id, event_id, photos=own.photos, voices=own.voices, now=now)
    log_on(db, resident, ticket, activity, now)
    return again(db, ticket_id), is_new
