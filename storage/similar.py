"""Tickets near a place, among which the like of a new one is looked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_

from storage.tables import ticket


def nearby(
    db: Connection,
    query: Any,
    *,
    states: Collection[str],
    box: tuple[float, float, float, float] | None,
    rt: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Of the tickets of a query those in these states, in a box or an RT, newest first.

    `box` is (south, north, west, east) in degrees.
    """
    places: list[ColumnElement[bool]] = []
    if box is not None:
        south, north, west, east = box
        inside = ticket.c.latitude.between(south, north) & ticket.c.longitude.between(west, east)
        places.append(inside)
    if rt is not None:
        places.append(ticket.c.rt == rt)
    if not places:
        return []
    found = query.where(ticket.c.state.in_(states), or_(*places))
    return list(db.execute(found.order_by(ticket.c.id.desc()).limit(limit)))
