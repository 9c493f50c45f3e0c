"""Closings of complaints, and what residents say about each: the newest of every person counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, case, func, insert, select, update

from storage.participation import Span
from storage.residents import Notice, wants
from storage.tables import closing, resident, ticket, ticket_event, ticket_follower, verdict


class Counts(NamedTuple):
    """How many say that it is good, and how many that it is not."""

    good: int = 0
    bad: int = 0


class Closed(NamedTuple):
    """The last closing of a complaint: when, by whom, and what is said of it by stage."""

    at: datetime
    staff_id: int | None
    said: dict[str, Counts]
    asked_again: bool = False  # whether anybody was


def close(db: Connection, event_id: int, ticket_id: int, version: int) -> None:
    """Note that staff closed a complaint; `version` is the one that it has from then on."""
    db.execute(
        insert(closing).values(event_id=event_id, ticket_id=ticket_id, version=version, cursor=0)
    )


def _closings() -> Select[Any]:
    events = (ticket_event.c.at, ticket_event.c.staff_id)
    return select(closing, *events).join(ticket_event, ticket_event.c.id == closing.c.event_id)


def last(db: Connection, ticket_id: int) -> Row[Any] | None:
    """The last closing of a complaint, with its moment and who closed it."""
    query = _closings().where(closing.c.ticket_id == ticket_id)
    return db.execute(query.order_by(closing.c.event_id.desc()).limit(1)).first()


def said(db: Connection, closing_id: int, stage: str, resident_id: int) -> bool | None:
    """What a person says of a closing; None if nothing yet."""
    query = select(verdict.c.good).where(
        verdict.c.closing_id == closing_id,
        verdict.c.stage == stage,
        verdict.c.resident_id == resident_id,
    )
    found: bool | None = db.scalar(query)
    return found


def given(db: Connection, rts: Collection[str], span: Span, stage: str) -> tuple[int, int]:
    """How many find it good and how many not, of what was said in that time in some RTs."""
    query = (
        select(func.count(), func.coalesce(func.sum(case((verdict.c.good, 1), else_=0)), 0))
        .join_from(verdict, closing, closing.c.event_id == verdict.c.closing_id)
        .join(ticket, ticket.c.id == closing.c.ticket_id)
        .where(
            ticket.c.rt.in_(rts),
            verdict.c.stage == stage,
            verdict.c.at >= span.start,
            verdict.c.at < span.end,
        )
    )
    count, good = db.execute(query).one()
    return int(good), int(count) - int(good)


def put(
    db: Connection, closing_id: int, stage: str, resident_id: int, *, good: bool, now: datetime
) -> None:
    """Keep what a person says of a closing in place of what he said before."""
    mine = (
        verdict.c.closing_id == closing_id,
        verdict.c.stage == stage,
        verdict.c.resident_id == resident_id,
    )
    if db.execute(update(verdict).where(*mine).values(good=good, at=now)).rowcount:
        return
    db.execute(
        insert(verdict).values(
            closing_id=closing_id, stage=stage, resident_id=resident_id, good=good, at=now
        )
    )


def of_tickets(db: Connection, ticket_ids: Collection[int]) -> dict[int, Closed]:
    """The last closing of each of these complaints that was ever closed."""
    newest = (
        select(func.max(closing.c.event_id))
        .where(closing.c.ticket_id.in_(ticket_ids))
        .group_by(closing.c.ticket_id)
    )
    rows = list(db.execute(_closings().where(closing.c.event_id.in_(newest))))
    good = func.sum(case((verdict.c.good, 1), else_=0))
    query = (
        select(verdict.c.closing_id, verdict.c.stage, good, func.count())
        .where(verdict.c.closing_id.in_([row.event_id for row in rows]))
        .group_by(verdict.c.closing_id, verdict.c.stage)
    )
    counted: dict[int, dict[str, Counts]] = {}
    for closing_id, stage, yes, all_ in db.execute(query):
        counted.setdefault(closing_id, {})[stage] = Counts(int(yes), int(all_ - yes))
    return {
        row.ticket_id: Closed(
            row.at, row.staff_id, counted.get(row.event_id, {}), asked_again=row.cursor > 0
        )
        for row in rows
    }


# --- asked again -----------------------------------------------------------------------------


def let_go(db: Connection, closed_before: datetime, now: datetime) -> None:
    """Nobody is asked about what was closed that long ago."""
    old = select(ticket_event.c.id).where(
        ticket_event.c.id == closing.c.event_id, ticket_event.c.at < closed_before
    )
    query = update(closing).where(closing.c.asked_at.is_(None), old.exists())
    db.execute(query.values(asked_at=now))


def due(db: Connection, closed_until: datetime) -> Row[Any] | None:
    """The oldest closing until then of a complaint that is still closed and not asked about."""
    query = (
        _closings()
        .join(ticket, ticket.c.id == closing.c.ticket_id)
        .where(
            closing.c.asked_at.is_(None),
            ticket.c.version == closing.c.version,
            ticket_event.c.at <= closed_until,
        )
        .order_by(closing.c.event_id)
        .limit(1)
    )
    return db.execute(query).first()


def concerned(db: Connection, row: Row[Any], *, after: int, limit: int) -> list[Row[Any]]:
    """Who may be asked about a ticket, by id: its reporter and, unless it is hidden, who joined.

    Only those who may be written to unasked. Gives id and telegram_id.
    """
    who = resident.c.id == row.reporter_id
    if not row.hidden:
        joined = select(ticket_follower.c.resident_id).where(ticket_follower.c.ticket_id == row.id)
        who |= resident.c.id.in_(joined)
    query = select(resident.c.id, resident.c.telegram_id).where(
        who, wants(Notice.FOLLOW_UPS), resident.c.id > after
    )
    return list(db.execute(query.order_by(resident.c.id).limit(limit)))


def advance(db: Connection, closing_id: int, *, cursor: int, asked_at: datetime | None) -> None:
    """Note the last person who was asked, and when all were."""
    query = update(closing).where(closing.c.event_id == closing_id)
    db.execute(query.values(cursor=cursor, asked_at=asked_at))
