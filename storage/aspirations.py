"""Aspirations: tickets of the type "aspiration"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from storage.exports import ticket_rows
from storage.participation import Span
from storage.tables import ticket


def rows(
    db: Connection, *, span: Span | None, rt: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """Aspirations for an export, as `storage.exports.ticket_rows` gives them."""
    query = select(ticket).where(ticket.c.type == "aspiration")
    return ticket_rows(db, query, span=span, rt=rt, state=state)
