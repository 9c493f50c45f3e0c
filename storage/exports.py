"""Tickets of any kind for an export, with all that belongs to them, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from storage import verdicts
from storage.participation import Span
from storage.tables import resident, ticket, ticket_event, ticket_follower, ticket_media
from storage.ticket_files import REPLIED

EXPORT_CHUNK = 500


def ticket_rows(
    db: Connection, query: Select[Any], *, span: Span | None, rt: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """The tickets that `query` selects, oldest first, with files, additions, followers, and the
    last closing of a complaint (`storage.verdicts.Closed`).

    `span` is when they were filed; `rt` is that of the place, or the reporter's where the place
    has none.
    """
    followers = (
        select(func.count())
        .where(ticket_follower.c.ticket_id == ticket.c.id)
        .scalar_subquery()
        .label("followers")
    )
    query = (
        query.add_columns(
            followers, resident.c.name.label("reporter"), resident.c.rt.label("home_rt")
        )
        .outerjoin(resident, resident.c.id == ticket.c.reporter_id)
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
        closings = verdicts.of_tickets(db, ids)
        for row in chunk:
            told = [e for e in events.get(row.id, ()) if e.kind != REPLIED]
            words = [e.text for e in told if e.text and e.staff_id is None]
            more = {"additions": words, "closed": closings.get(row.id)}
            yield {**row._mapping, "media": files.get(row.id, []), **more}


def _of(db: Connection, table: Table, ticket_ids: list[int]) -> dict[int, list[Row[Any]]]:
    """Rows of a table by ticket, oldest first."""
    found: dict[int, list[Row[Any]]] = {}
    query = select(table).where(table.c.ticket_id.in_(ticket_ids)).order_by(table.c.id)
    for row in db.execute(query):
        found.setdefault(row.ticket_id, []).append(row)
    return found
