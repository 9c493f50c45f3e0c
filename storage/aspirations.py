"""Aspirations: what a ticket of this kind holds beyond every ticket, and browsing them.

An aspiration from before they could be browsed has no row of its own and is not shown to others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from storage import similar, tickets
from storage.exports import ticket_rows
from storage.participation import Span
from storage.tables import aspiration, ticket, ticket_event, ticket_follower, ticket_media
from storage.ticket_files import PHOTOS

OWN_EVENTS = ("filed", "edited")  # what its author sent for everybody to see
NO_PILLAR = "other"


class Details(NamedTuple):
    """What is special to an aspiration."""

    problem: str | None
    pillar: str | None
    field: str | None
    households: int | None
    contributions: list[str]
    volume: float | None
    unit: str | None


class Content(NamedTuple):
    """What an author may change of the ticket itself."""

    rt: str | None
    latitude: float | None
    longitude: float | None
    landmark: str | None
    description: str | None


class View(NamedTuple):
    """Which aspirations are browsed; None = all."""

    without: tuple[str, ...]  # states that are not shown
    rt: str | None = None
    pillar: str | None = None
    most_supported: bool = False  # first, else the newest


def add(db: Connection, ticket_id: int, details: Details) -> None:
    """Add what is special to an aspiration."""
    db.execute(insert(aspiration).values(ticket_id=ticket_id, **details._asdict()))


def change(db: Connection, ticket_id: int, content: Content, details: Details) -> None:
    """Put what the author says now in place of what he said before."""
    db.execute(update(ticket).where(ticket.c.id == ticket_id).values(content._asdict()))
    db.execute(delete(aspiration).where(aspiration.c.ticket_id == ticket_id))
    add(db, ticket_id, details)


def own_media(db: Connection, ticket_id: int, kind: str | None = None) -> list[Row[Any]]:
    """Photos and voice notes that came with the aspiration itself, oldest first."""
    query = (
        select(ticket_media)
        .join(ticket_event, ticket_event.c.id == ticket_media.c.event_id)
        .where(ticket_media.c.ticket_id == ticket_id, ticket_event.c.kind.in_(OWN_EVENTS))
        .order_by(ticket_media.c.id)
    )
    if kind is not None:
        query = query.where(ticket_media.c.kind.in_(PHOTOS if kind == "photo" else (kind,)))
    return list(db.execute(query))


def _shown() -> Any:
    """Aspirations that other residents may see, with the number of their supporters."""
    return (
        tickets.whole()
        .add_columns(_supporters().label("supporters"))
        .where(aspiration.c.ticket_id == ticket.c.id, *_public())
    )


def _public() -> tuple[ColumnElement[bool], ...]:
    """Not hidden by staff, and not left without author: his words went with him."""
    return ~ticket.c.hidden, ticket.c.reporter_id.is_not(None)


def _supporters() -> Any:
    return (
        select(func.count())
        .where(ticket_follower.c.ticket_id == ticket.c.id)
        .correlate(ticket)
        .scalar_subquery()
    )


def shown(db: Connection, ticket_id: int, without: Collection[str]) -> Row[Any] | None:
    """One aspiration that other residents may see, unless it is in one of these states."""
    query = _shown().where(ticket.c.id == ticket_id, ticket.c.state.not_in(without))
    row: Row[Any] | None = db.execute(query).first()
    return row


def browse(db: Connection, view: View, *, limit: int, offset: int) -> list[Row[Any]]:
    """A page of the aspirations that a view shows."""
    query = _narrowed(_shown(), view)
    if view.most_supported:
        query = query.order_by(_supporters().desc())
    return list(db.execute(query.order_by(ticket.c.id.desc()).limit(limit).offset(offset)))


def count(db: Connection, view: View) -> int:
    """How many aspirations a view shows."""
    found = select(ticket.c.id).join(aspiration, aspiration.c.ticket_id == ticket.c.id)
    query = _narrowed(found.where(*_public()), view)
    return db.scalar(select(func.count()).select_from(query.subquery())) or 0


def _narrowed(query: Any, view: View) -> Any:
    query = query.where(ticket.c.state.not_in(view.without))
    if view.rt is not None:
        query = query.where(ticket.c.rt == view.rt)
    if view.pillar == NO_PILLAR:
        return query.where(or_(aspiration.c.pillar == NO_PILLAR, aspiration.c.pillar.is_(None)))
    return query if view.pillar is None else query.where(aspiration.c.pillar == view.pillar)


def nearby(
    db: Connection,
    *,
    states: Collection[str],
    box: tuple[float, float, float, float] | None,
    rt: str | None,
    limit: int = 200,
) -> list[Row[Any]]:
    """Shown aspirations in these states, in a box of coordinates or an RT, newest first.

    `box` is (south, north, west, east) in degrees.
    """
    return similar.nearby(db, _shown(), states=states, box=box, rt=rt, limit=limit)


def rows(
    db: Connection, *, span: Span | None, rt: str | None, state: str | None
) -> Iterator[dict[str, Any]]:
    """Aspirations for an export, as `storage.exports.ticket_rows` gives them."""
    query = tickets.whole().where(ticket.c.type == "aspiration")
    return ticket_rows(db, query, span=span, rt=rt, state=state)
