"""Messages to staff: tickets of the type "message"."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from storage.tables import message


def add(db: Connection, ticket_id: int, *, topic: str | None) -> None:
    """Add what is special to a message: the page from which it was asked."""
    db.execute(insert(message).values(ticket_id=ticket_id, topic=topic))
