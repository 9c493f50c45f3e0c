"""Lessons that are planned or were sent, who is to get them, and how they were answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from storage.residents import Notice, wants
from storage.tables import lesson, participation, resident

PLANNED, SENDING, DONE = "planned", "sending", "done"
DROPPED, CANCELLED = "dropped", "cancelled"  # because it was too late; by staff
GIVEN = (SENDING, DONE)


def key_of(lesson_id: int) -> str:
    """How the outbox keys of a lesson begin; the chat ends them."""
    return f"lesson:{lesson_id}"


def add(
    db: Connection,
    *,
    slug: str,
    rts: list[str] | None,
    created_by: int,
    send_at: datetime,
    now: datetime,
) -> int:
    """Plan a lesson for these RTs (None: everybody) and give the plan's id."""
    values = {
        "slug": slug,
        "rts": rts,
        "state": PLANNED,
        "created_by": created_by,
        "created_at": now,
        "send_at": send_at,
    }
    return int(db.execute(insert(lesson).values(values).returning(lesson.c.id)).scalar_one())


def get(db: Connection, lesson_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One plan; `lock` keeps others from changing it until the commit."""
    query = select(lesson).where(lesson.c.id == lesson_id)
    return db.execute(query.with_for_update() if lock else query).first()


def change(db: Connection, lesson_id: int, **values: Any) -> None:
    """Change columns of a plan."""
    db.execute(update(lesson).where(lesson.c.id == lesson_id).values(**values))


def newest(db: Connection) -> int:
    """The id of the newest plan; 0 before the first."""
    return db.scalar(select(func.max(lesson.c.id))) or 0


def coming(db: Connection) -> list[Row[Any]]:
    """What is planned and not yet sent, the next one first."""
    query = select(lesson).where(lesson.c.state == PLANNED)
    return list(db.execute(query.order_by(lesson.c.send_at, lesson.c.id)))


def past(db: Connection, limit: int) -> list[Row[Any]]:
    """What was sent or dropped, the last one first."""
    query = select(lesson).where(lesson.c.state.in_((*GIVEN, DROPPED)))
    return list(
        db.execute(query.order_by(lesson.c.send_at.desc(), lesson.c.id.desc()).limit(limit))
    )


def last_given(db: Connection) -> dict[str, datetime]:
    """When each lesson was or will be given last, by slug."""
    query = select(lesson.c.slug, func.max(lesson.c.send_at).label("last"))
    query = query.where(lesson.c.state.in_((PLANNED, *GIVEN))).group_by(lesson.c.slug)
    return {row.slug: row.last for row in db.execute(query)}


def due(db: Connection, now: datetime) -> Row[Any] | None:
    """The oldest lesson whose time has come and that is not all queued, locked."""
    query = (
        select(lesson)
        .where(lesson.c.state.in_((PLANNED, SENDING)), lesson.c.send_at <= now)
        .order_by(lesson.c.send_at, lesson.c.id)
        .limit(1)
        .with_for_update()
    )
    return db.execute(query).first()


def recipients(
    db: Connection, rts: Collection[str] | None, *, after: int, limit: int
) -> list[Row[Any]]:
    """Residents of these RTs (None: all) who want lessons, by id: id, telegram_id."""
    query = (
        select(resident.c.id, resident.c.telegram_id)
        .where(resident.c.id > after, wants(Notice.LESSONS))
        .order_by(resident.c.id)
        .limit(limit)
    )
    return list(db.execute(query if rts is None else query.where(resident.c.rt.in_(rts))))


def first_answer(
    db: Connection, *, person: str, activities: Collection[str], reference: str
) -> str | None:
    """With which of these activities a person answered; None if he has not yet."""
    query = select(participation.c.activity).where(
        participation.c.person == person,
        participation.c.activity.in_(activities),
        participation.c.reference == reference,
    )
    return db.scalar(query.order_by(participation.c.id).limit(1))


def answers(
    db: Connection, *, reference: str, activities: Collection[str], since: datetime
) -> list[tuple[str | None, str, int]]:
    """How often each activity was logged for a reference since then: RT, activity, count."""
    columns = (participation.c.rt, participation.c.activity)
    query = (
        select(*columns, func.count())
        .where(
            participation.c.at >= since,
            participation.c.activity.in_(activities),
            participation.c.reference == reference,
        )
        .group_by(*columns)
    )
    return [(rt, activity, int(count)) for rt, activity, count in db.execute(query)]
