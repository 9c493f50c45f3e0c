"""Slow work that waits to be done outside the units: downloads and the like."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from storage.tables import task

KEEP_DONE = timedelta(days=2)


class Task(NamedTuple):
    """One piece of slow work."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int


def add(db: Connection, kind: str, payload: dict[str, Any], now: datetime) -> None:
    """Queue a piece of work."""
    db.execute(
        insert(task).values(
            kind=kind, payload=payload, state="queued", attempts=0, created_at=now, not_before=now
        )
    )


def due(db: Connection, *, now: datetime, limit: int) -> list[Task]:
    """Work that is due, oldest first. Doing it twice must be harmless."""
    query = (
        select(task.c.id, task.c.kind, task.c.payload, task.c.attempts)
        .where(task.c.state == "queued", task.c.not_before <= now)
        .order_by(task.c.id)
        .limit(limit)
    )
    return [Task(*row) for row in db.execute(query)]


def finish(db: Connection, task_id: int) -> bool:
    """Mark as done; False if somebody else did it meanwhile."""
    query = update(task).where(task.c.id == task_id, task.c.state == "queued")
    return db.execute(query.values(state="done", error=None)).rowcount == 1


def is_known(db: Connection, task_id: int) -> bool:
    """Whether a piece of work is still kept, done or not."""
    return db.scalar(select(task.c.id).where(task.c.id == task_id)) is not None


def of_kind(db: Connection, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """State and payload of all work of one kind that is still known, oldest first."""
    query = select(task.c.state, task.c.payload).where(task.c.kind == kind).order_by(task.c.id)
    return [(row.state, row.payload) for row in db.execute(query)]


def numbered(db: Connection, kind: str) -> dict[int, dict[str, Any]]:
    """The payloads of all work of one kind that is still known, by its id."""
    query = select(task.c.id, task.c.payload).where(task.c.kind == kind)
    return {row.id: row.payload for row in db.execute(query)}


def wait(db: Connection, task_id: int, until: datetime) -> None:
    """Look at a piece of work again later; nothing failed."""
    db.execute(update(task).where(task.c.id == task_id).values(not_before=until))


def change(db: Connection, task_id: int, payload: dict[str, Any]) -> None:
    """Note how far a piece of work is."""
    db.execute(update(task).where(task.c.id == task_id).values(payload=payload))


def remove(db: Connection, task_id: int) -> None:
    """Forget a piece of work together with what it was about."""
    db.execute(delete(task).where(task.c.id == task_id))


def postpone(db: Connection, task_id: int, *, until: datetime, error: str) -> None:
    """Count a failed attempt and try again later."""
    db.execute(
        update(task)
        .where(task.c.id == task_id)
        .values(attempts=task.c.attempts + 1, not_before=until, error=error[:40])
    )


def fail(db: Connection, task_id: int, error: str) -> None:
    """Give up."""
    db.execute(update(task).where(task.c.id == task_id).values(state="failed", error=error[:40]))


def forget_done(db: Connection, now: datetime) -> None:
    """Remove work that was done more than two days ago."""
    db.execute(delete(task).where(task.c.state == "done", task.c.created_at < now - KEEP_DONE))


def count(db: Connection, state: str) -> int:
    """How many rows are in that state."""
    return db.scalar(select(func.count()).where(task.c.state == state)) or 0
