"""Drainage complaints: what a ticket of this kind holds beyond every ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, insert, or_, select

from storage import tickets
from storage.participation import Span
from storage.tables import (
    complaint,
    resident,
    ticket,
    ticket_event,
    ticket_follower,
    ticket_media,
)

EXPORT_CHUNK = 500


def add(
    db: Connection, ticket_id: int, *, kind: str, depth: str | None, since: str | None
) -> None:
    """Add what is special to a complaint."""
    db.execute(insert(complaint).values(ticket_id=ticket_id, kind=kind, depth=depth, since=since))


def nearby(
    db: Connection,
    *,
    kind: str,
    states: Collection[str],
    box: tuple[float, float, float, float] | None,
    rt: str | None,
    limit: int = 50,
) -> list[Row[Any]]:
    """Complaints of one kind in these states, in a box of coordinates or an RT, newest first.

    `box` is (south, north, west, east) in degrees.
    """
    places: list[ColumnElement[bool]] = []
    if box is not None:
        south, north, west, east = box
        places.append(
            ticket.c.latitude.between(south, north) & ticket.c.longitude.between(west, east)
        )
    if rt is not None:
        places.append(ticket.c.rt == rt)
    if not places:
        return []
    query = tickets.whole().where(
        complaint.c.kind == kind, ticket.c.state.in_(states), or_(*places)
    )
    query = query.where(~ticket.c.hidden)
    return list(db.execute(query.order_by(ticket.c.id.desc()).limit(limit)))


def rows(
    db: Connection, *, span: Span | None, rt: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """Complaints for an export, oldest first, in constant memory.

    `span` is when they were filed; `rt` is that of the problem, or the reporter's where the
    problem has none.
    """
    followers = (
        select(func.count())
        .where(ticket_follower.c.ticket_id == ticket.c.id)
        .scalar_subquery()
        .label("followers")
    )
    query = (
        tickets.whole()
        .add_columns(followers, resident.c.name.label("reporter"), resident.c.rt.label("home_rt"))
        .outerjoin(resident, resident.c.id == ticket.c.reporter_id)
        .where(ticket.c.type == "complaint")
        .order_by(ticket.c.id)
    )
    if span is not None:
        query = query.where(ticket.c.created_at >= span.start, ticket.c.created_at < span.end)
    if rt is not None:
        query = query.where(func.coalesce(ticket.c.rt, resident.c.rt) == rt)
    if state is not None:
        query = query.where(ticket.c.state == state)
    stream = db.execute(query, execution_options={"yield_per": EXPORT_CHUNK})
    for chunk in stream.partitions():
        ids = [row.id for row in chunk]
        files, events = _of(db, ticket_media, ids), _of(db, ticket_event, ids)
        for row in chunk:
            words = [e.text for e in events.get(row.id, ()) if e.text and e.staff_id is None]
            yield {**row._mapping, "media": files.get(row.id, []), "additions": words}


def _of(db: Connection, table: Table, ticket_ids: list[int]) -> dict[int, list[Row[Any]]]:
    """Rows of a table by ticket, oldest first."""
    found: dict[int, list[Row[Any]]] = {}
    query = select(table).where(table.c.ticket_id.in_(ticket_ids)).order_by(table.c.id)
    for row in db.execute(query):
        found.setdefault(row.ticket_id, []).append(row)
    return found
