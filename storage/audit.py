"""The audit trail: who did what as staff, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

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


def latest(db: Connection, limit: int) -> list[Row[Any]]:
    """The newest lines, newest first."""
    return list(db.execute(select(audit).order_by(audit.c.id.desc()).limit(limit)))
