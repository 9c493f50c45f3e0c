"""The audit trail: who did what as staff, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from storage.participation import EXPORT_CHUNK, Span
from storage.tables import audit


def add(
    db: Connection,
    *,
    at: datetime,
    actor: int,
    role: str,
    act: str,
    subject: str | None,
    detail: str | None,
) -> None:
    """Write one line; `actor` is a Telegram id, 0 the command line."""
    db.execute(
        insert(audit).values(
            at=at, actor=actor, role=role, act=act, subject=subject, detail=detail
        )
    )


def rows(db: Connection, *, span: Span | None) -> Iterator[Row[Any]]:
    """The trail for an export, oldest first, in constant memory."""
    query = select(audit).order_by(audit.c.id)
    if span is not None:
        query = query.where(audit.c.at >= span.start, audit.c.at < span.end)
    yield from db.execute(query, execution_options={"yield_per": EXPORT_CHUNK})
