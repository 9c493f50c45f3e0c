"""Drainage complaints: what a ticket of this kind holds beyond every ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, insert

from storage import similar, tickets
from storage.exports import ticket_rows
from storage.participation import Span
from storage.tables import complaint, ticket


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
    query = tickets.whole().where(complaint.c.kind == kind, ~ticket.c.hidden)
    return similar.nearby(db, query, states=states, box=box, rt=rt, limit=limit)


def rows(
    db: Connection, *, span: Span | None, rt: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """Complaints for an export, as `storage.exports.ticket_rows` gives them."""
    query = tickets.whole().where(ticket.c.type == "complaint")
    return ticket_rows(db, query, span=span, rt=rt, state=state)
