"""What was kept long enough: photos and voice of closed tickets, old lines of both logs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from storage.tables import audit, participation, ticket, ticket_media


def expired_media(
    db: Connection, before: datetime, open_states: Collection[str], most: int
) -> dict[int, list[int]]:
    """Photos and voice notes by ticket, of tickets that were closed before a moment."""
    old = (
        select(ticket.c.id)
        .where(ticket.c.state.not_in(open_states), ticket.c.updated_at < before)
        .where(exists().where(ticket_media.c.ticket_id == ticket.c.id))
        .order_by(ticket.c.id)
        .limit(most)
    )
    found: dict[int, list[int]] = {}
    query = select(ticket_media.c.ticket_id, ticket_media.c.id)
    for row in db.execute(query.where(ticket_media.c.ticket_id.in_(old))):
        found.setdefault(row.ticket_id, []).append(row.id)
    return found


def forget_log(
    db: Connection, *, participation_before: datetime | None, audit_before: datetime | None,
    most: int,
) -> bool:  # fmt: skip
    """Remove old lines of both logs (None: of neither), some at a time; whether more are left."""
    more = False
    for table, before in ((participation, participation_before), (audit, audit_before)):
        if before is not None:
            some = select(table.c.id).where(table.c.at < before).order_by(table.c.id).limit(most)
            more |= db.execute(delete(table).where(table.c.id.in_(some))).rowcount == most
    return more
