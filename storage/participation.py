"""The participation log: one row per act that counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, func, insert, select

from storage.tables import participation

EXPORT_CHUNK = 1000


class Span(NamedTuple):
    """A stretch of time, the end not included; both with their zone."""

    start: datetime
    end: datetime


def add(
    db: Connection,
    *,
    at: datetime,
    stage: str,
    activity: str,
    rt: str | None,
    person: str,
    channel: str,
    reference: str | None,
) -> None:
    """Log one act; `person` is a pseudonym."""
    db.execute(
        insert(participation).values(
            at=at,
            stage=stage,
            activity=activity,
            rt=rt,
            person=person,
            channel=channel,
            reference=reference,
        )
    )


def remove(db: Connection, *, person: str, activities: Collection[str], reference: str) -> None:
    """Take acts of a person back, such as an answer that was changed."""
    db.execute(
        delete(participation).where(
            participation.c.person == person,
            participation.c.activity.in_(activities),
            participation.c.reference == reference,
        )
    )


def remove_all(db: Connection, *, activity: str, reference: str) -> None:
    """Take back what anybody did there."""
    its = (participation.c.activity == activity, participation.c.reference == reference)
    db.execute(delete(participation).where(*its))


def first_at(db: Connection) -> datetime | None:
    """When the log begins."""
    found: datetime | None = db.scalar(select(func.min(participation.c.at)))
    return found


def is_logged(db: Connection, *, person: str, activity: str, reference: str, span: Span) -> bool:
    """Whether a person did this in that time."""
    query = select(
        exists().where(
            participation.c.person == person,
            participation.c.activity == activity,
            participation.c.reference == reference,
            participation.c.at >= span.start,
            participation.c.at < span.end,
        )
    )
    return bool(db.scalar(query))


def rows(db: Connection, *, span: Span | None, rt: str | None) -> Iterator[dict[str, Any]]:
    """The log for an export, oldest first, in constant memory."""
    query = select(participation).order_by(participation.c.id)
    if span is not None:
        query = query.where(participation.c.at >= span.start, participation.c.at < span.end)
    if rt is not None:
        query = query.where(participation.c.rt == rt)
    for row in db.execute(query, execution_options={"yield_per": EXPORT_CHUNK}):
        yield dict(row._mapping)
