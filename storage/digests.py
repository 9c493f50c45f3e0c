"""What happened in some RTs in a span of time, as counts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, distinct, func, select

from storage.gotong_royong import COMING, PLANNED
from storage.participation import Span
from storage.residents import Notice
from storage.tables import (
    gotong_royong,
    occurrence,
    resident,
    role_grant,
    rsvp,
    ticket,
    ticket_event,
)

RT_HEAD = "rt_head"


def heads(db: Connection) -> list[Row[Any]]:
    """RT heads who may be written to unasked: telegram_id, rts."""
    wanted = (
        resident.c.id.is_(None)  # he has a role, and never consented as a resident
        | (resident.c.inactive.is_(None) & resident.c[Notice.FOLLOW_UPS.column])
    )
    query = (
        select(role_grant.c.telegram_id, role_grant.c.rts)
        .outerjoin(resident, resident.c.telegram_id == role_grant.c.telegram_id)
        .where(role_grant.c.role == RT_HEAD, wanted)
    )
    return list(db.execute(query.order_by(role_grant.c.telegram_id)))


def filed(db: Connection, rts: Collection[str], span: Span) -> dict[str, int]:
    """How many tickets of each type came in."""
    query = select(ticket.c.type, func.count()).where(
        ticket.c.rt.in_(rts), ticket.c.created_at >= span.start, ticket.c.created_at < span.end
    )
    return {type_: int(count) for type_, count in db.execute(query.group_by(ticket.c.type))}


def moved_to(
    db: Connection,
    rts: Collection[str],
    span: Span,
    *,
    types: Collection[str],
    states: Collection[str],
) -> int:
    """How many tickets staff moved into one of these states."""
    query = _events(select(func.count(distinct(ticket.c.id))), rts, span).where(
        ticket.c.type.in_(types), ticket_event.c.kind == "moved", ticket_event.c.state.in_(states)
    )
    return db.scalar(query) or 0


def _events(query: Any, rts: Collection[str], span: Span) -> Any:
    return query.join_from(ticket_event, ticket).where(
        ticket.c.rt.in_(rts), ticket_event.c.at >= span.start, ticket_event.c.at < span.end
    )


def gatherings(db: Connection, span: Span) -> list[Row[Any]]:
    """Gotong royong that took or will take place: id, title, rts, starts_at."""
    query = (
        select(occurrence.c.id, gotong_royong.c.title, gotong_royong.c.rts, occurrence.c.starts_at)
        .join_from(occurrence, gotong_royong)
        .where(
            occurrence.c.state == PLANNED,
            occurrence.c.starts_at >= span.start,
            occurrence.c.starts_at < span.end,
        )
    )
    return list(db.execute(query.order_by(occurrence.c.starts_at, occurrence.c.id)))


def coming(db: Connection, occurrence_id: int, rts: Collection[str]) -> int:
    """How many residents of these RTs said that they take part."""
    query = (
        select(func.count())
        .select_from(rsvp)
        .join(resident, resident.c.id == rsvp.c.resident_id)
        .where(
            rsvp.c.occurrence_id == occurrence_id,
            rsvp.c.answer.in_(COMING),
            resident.c.rt.in_(rts),
        )
    )
    return db.scalar(query) or 0
