"""Tickets near a place, among which the like of a new one is looked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_

from storage.tables import ticket

Box = tuple[float, float, float, float]  # south, north, west, east in degrees


def places(box: Box | None, rt: str | None) -> list[ColumnElement[bool]]:
    """Conditions of which a ticket near a place meets one: in a box, in an RT, where known."""
    found: list[ColumnElement[bool]] = []
    if box is not None:
        south, north, west, east = box
        inside = ticket.c.latitude.between(south, north) & ticket.c.longitude.between(west, east)
        found.append(inside)
    if rt is not None:
        found.append(ticket.c.rt == rt)
    return found


def nearby(
    db: Connection,
    query: Any,
    *,
    states: Collection[str],
    box: Box | None,
    rt: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Of the tickets of a query those in these states, in a box or an RT, newest first."""
    near = places(box, rt)
    if not near:
        return []
    found = query.where(ticket.c.state.in_(states), or_(*near))
    return list(db.execute(found.order_by(ticket.c.id.desc()).limit(limit)))
