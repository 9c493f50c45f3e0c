"""All that is kept of one resident, as rows, for the copy that he asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, select

from storage.tables import (
    attendance,
    contribution,
    draft,
    gotong_royong,
    occurrence,
    participation,
    presence_claim,
    resident,
    role_grant,
    rsvp,
    ticket,
    ticket_event,
    ticket_follower,
    ticket_media,
)
from storage.tickets import whole

Rows = list[Row[Any]]
_title = select(occurrence.c.starts_at, gotong_royong.c.title).join_from(occurrence, gotong_royong)


def person(db: Connection, telegram_id: int) -> Row[Any] | None:
    """His own row."""
    return db.execute(select(resident).where(resident.c.telegram_id == telegram_id)).first()


def role(db: Connection, telegram_id: int) -> Row[Any] | None:
    """The role that he has."""
    return db.execute(select(role_grant).where(role_grant.c.telegram_id == telegram_id)).first()


def open_form(db: Connection, telegram_id: int) -> Row[Any] | None:
    """What he has not sent yet."""
    return db.execute(select(draft).where(draft.c.telegram_id == telegram_id)).first()


def tickets(db: Connection, resident_id: int) -> Rows:
    """Tickets that he filed, joined, or added to, oldest first, with what is special to a kind."""
    followed = select(ticket_follower.c.ticket_id).where(
        ticket_follower.c.resident_id == resident_id
    )
    told = select(ticket_event.c.ticket_id).where(ticket_event.c.resident_id == resident_id)
    query = whole().where(
        (ticket.c.reporter_id == resident_id) | ticket.c.id.in_(followed) | ticket.c.id.in_(told)
    )
    return list(db.execute(query.order_by(ticket.c.id)))


def own_events(db: Connection, resident_id: int) -> Rows:
    """What he did with tickets, oldest first."""
    query = select(ticket_event).where(ticket_event.c.resident_id == resident_id)
    return list(db.execute(query.order_by(ticket_event.c.id)))


def written_to(db: Connection, resident_id: int) -> Rows:
    """What staff wrote to him on the tickets that he filed, oldest first."""
    his = and_(ticket.c.id == ticket_event.c.ticket_id, ticket.c.reporter_id == resident_id)
    query = (
        select(ticket_event)
        .join(ticket, his)
        .where(ticket_event.c.staff_id.is_not(None), ticket_event.c.text.is_not(None))
    )
    return list(db.execute(query.order_by(ticket_event.c.id)))


def own_media(db: Connection, resident_id: int) -> Rows:
    """Photos and voice notes that he sent, oldest first."""
    mine = and_(
        ticket_event.c.id == ticket_media.c.event_id, ticket_event.c.resident_id == resident_id
    )
    query = select(ticket_media).join(ticket_event, mine)
    return list(db.execute(query.order_by(ticket_media.c.id)))


def answers(db: Connection, resident_id: int) -> Rows:
    """What he answered to gotong royong: answer, at, starts_at, title."""
    query = _title.add_columns(rsvp.c.answer, rsvp.c.at).join(
        rsvp, and_(rsvp.c.occurrence_id == occurrence.c.id, rsvp.c.resident_id == resident_id)
    )
    return list(db.execute(query.order_by(occurrence.c.starts_at)))


def came(db: Connection, resident_id: int) -> Rows:
    """To which gotong royong he came: at, way, starts_at, title."""
    query = _title.add_columns(attendance.c.at, attendance.c.way).join(
        attendance,
        and_(
            attendance.c.occurrence_id == occurrence.c.id,
            attendance.c.resident_id == resident_id,
        ),
    )
    return list(db.execute(query.order_by(occurrence.c.starts_at)))


def claims(db: Connection, resident_id: int) -> Rows:
    """At which gotong royong he said that he is there: at, starts_at, title."""
    mine = and_(
        presence_claim.c.occurrence_id == occurrence.c.id,
        presence_claim.c.resident_id == resident_id,
    )
    query = _title.add_columns(presence_claim.c.at).join(presence_claim, mine)
    return list(db.execute(query.order_by(occurrence.c.starts_at)))


def brought(db: Connection, resident_id: int) -> Rows:
    """What he brings to gotong royong: kind, words, offered_at, given_at, starts_at, title."""
    its = contribution.c
    mine = and_(its.occurrence_id == occurrence.c.id, its.resident_id == resident_id)
    query = _title.add_columns(its.kind, its.words, its.offered_at, its.given_at)
    query = query.join(contribution, mine)
    return list(db.execute(query.order_by(occurrence.c.starts_at, its.kind)))


def acts(db: Connection, pseudonym: str) -> Rows:
    """His lines of the participation log, oldest first."""
    query = select(participation).where(participation.c.person == pseudonym)
    return list(db.execute(query.order_by(participation.c.id)))
