"""Tickets like one at the desk: the same trouble nearby or in the same RT, open or of late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from services.aspirations import SIMILAR_WISH
from services.desk import at_desk
from services.roles import Actor, Permission
from services.similar import NEAR_METRES, box_around, metres, point_of, reads_alike
from services.tickets import ASPIRATION, COMPLAINT, OPEN_STATES
from storage import Connection, Row, desk, tickets

LATELY = timedelta(days=183)  # since when a closed one changed
LOOKED_AT = 200
MOST = 8


def like(
    db: Connection, actor: Actor, ticket: Row[Any], telling: Callable[[str], str], now: datetime
) -> list[Row[Any]]:
    """Other tickets of the same type and kind that are alike and that the actor may see.

    Complaints: within NEAR_METRES, or of the same RT with similar words. Aspirations: near or of
    the same RT, and with similar words; `telling` leaves of a text what it is about. Open ones
    first, then the newest. A message is like no other.

    Raises:
        NotAllowed: the actor has no place at the desk.
    """
    actor.require(Permission.SEE_TICKETS)
    if ticket.type not in (COMPLAINT, ASPIRATION):
        return []
    found = desk.neighbours(
        db,
        tickets.whole(),
        of=ticket,
        box=box_around(point_of(ticket)),
        open_states=OPEN_STATES,
        since=now - LATELY,
        limit=LOOKED_AT,
    )
    alike = [row for row in found if _is_like(ticket, row, telling)]
    seen = [row for row in alike if at_desk(db, actor, row.id) is not None]
    return sorted(seen, key=lambda row: row.state not in OPEN_STATES)[:MOST]


def mergeable(
    db: Connection, actor: Actor, ticket: Row[Any], telling: Callable[[str], str], now: datetime
) -> list[Row[Any]]:
    """Those of them that a ticket can be merged into."""
    found = like(db, actor, ticket, telling, now)
    return [row for row in found if row.state in OPEN_STATES and not row.hidden]


def _is_like(one: Row[Any], other: Row[Any], telling: Callable[[str], str]) -> bool:
    here, there = point_of(one), point_of(other)
    near = here is not None and there is not None and metres(here, there) <= NEAR_METRES
    same_rt = one.rt is not None and one.rt == other.rt
    if one.type == ASPIRATION:
        wish, theirs = telling(one.description or ""), telling(other.description or "")
        return (near or same_rt) and reads_alike(wish, theirs, SIMILAR_WISH)
    return near or (same_rt and reads_alike(_words(one), _words(other)))


def _words(ticket: Row[Any]) -> str:
    return " ".join(filter(None, (ticket.landmark, ticket.description)))
