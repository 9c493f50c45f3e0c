"""Deadlines of tickets: setting one, and the open tickets that lack theirs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.tables import ticket


def put(db: Connection, ticket_id: int, due_at: datetime | None) -> None:
    """Set the deadline of a ticket; None for none."""
    db.execute(update(ticket).where(ticket.c.id == ticket_id).values(due_at=due_at))


def kinds(db: Connection, states: Collection[str]) -> list[tuple[str, str, bool]]:
    """Which types and states there are among tickets in these states, with and without deadline.

    True stands for those without.
    """
    has_none = ticket.c.due_at.is_(None)
    query = select(ticket.c.type, ticket.c.state, has_none).where(ticket.c.state.in_(states))
    return [(type_, state, bool(none)) for type_, state, none in db.execute(query.distinct())]


def fill(db: Connection, type_: str, state: str, due_at: datetime | None) -> None:
    """Set the deadline of those of a type and state that have none."""
    of = (ticket.c.state == state, ticket.c.type == type_, ticket.c.due_at.is_(None))
    db.execute(update(ticket).where(*of).values(due_at=due_at))


def clear(db: Connection, type_: str, state: str) -> None:
    """Take the deadline from those of a type and state."""
    of = (ticket.c.state == state, ticket.c.type == type_, ticket.c.due_at.is_not(None))
    db.execute(update(ticket).where(*of).values(due_at=None))
