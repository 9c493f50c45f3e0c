"""What complaints become: gotong royong that mends them, aspirations that ask for more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from storage.gotong_royong import PLANNED
from storage.similar import Box, places
from storage.tables import (
    aspiration_source,
    complaint,
    gotong_royong,
    occurrence,
    ticket,
    ticket_follower,
)

_PLACED = [
    ticket.c[name]
    for name in (
        "id",
        "number",
        "created_at",
        "rt",
        "latitude",
        "longitude",
        "landmark",
        "state",
        "hidden",
    )
]


def link(db: Connection, series_id: int, ticket_id: int) -> None:
    """Note which complaint a series is to mend."""
    query = update(gotong_royong).where(gotong_royong.c.id == series_id)
    db.execute(query.values(ticket_id=ticket_id))


def coming_for(db: Connection, ticket_id: int, now: datetime) -> int | None:
    """The id of the next gotong royong that is to mend a ticket."""
    query = (
        select(occurrence.c.id)
        .join(gotong_royong, gotong_royong.c.id == occurrence.c.gotong_royong_id)
        .where(
            gotong_royong.c.ticket_id == ticket_id,
            occurrence.c.state == PLANNED,
            occurrence.c.starts_at > now,
        )
    )
    return db.scalar(query.order_by(occurrence.c.starts_at).limit(1))


def relink(db: Connection, ticket_id: int, other_id: int) -> None:
    """Gotong royong that was to mend one ticket mends another one."""
    mending = update(gotong_royong).where(gotong_royong.c.ticket_id == ticket_id)
    db.execute(mending.values(ticket_id=other_id))


def has_part(db: Connection, ticket_id: int, resident_id: int) -> bool:
    """Whether a resident filed a ticket, or joined it and it is not hidden."""
    joined = exists().where(
        ticket_follower.c.ticket_id == ticket_id, ticket_follower.c.resident_id == resident_id
    )
    query = select(ticket.c.id).where(
        ticket.c.id == ticket_id,
        (ticket.c.reporter_id == resident_id) | (joined & ~ticket.c.hidden),
    )
    return db.execute(query).first() is not None


def alike(
    db: Connection,
    kind: str,
    *,
    states: Collection[str],
    since: datetime,
    box: Box | None,
    rt: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Complaints of one kind that were filed since a moment, in a box or an RT, newest first.

    Gives what tells places apart, and not whole tickets. The place is looked up first and alone:
    SQLite would rather read all complaints of that kind, or all in those states.
    """
    found: dict[int, Row[Any]] = {}
    for place in places(box, rt):
        query = select(*_PLACED).where(place, ticket.c.created_at >= since)
        found |= {row.id: row for row in db.execute(query)}
    counted = [row.id for row in found.values() if row.state in states and not row.hidden]
    newest = sorted(counted, reverse=True)[:limit]
    ids = complaint.c.ticket_id.in_(newest)
    fitting = db.scalars(select(complaint.c.ticket_id).where(ids, complaint.c.kind == kind))
    return [found[ticket_id] for ticket_id in sorted(fitting, reverse=True)]


def add_sources(db: Connection, aspiration_id: int, ids: Collection[int]) -> None:
    """Note of which complaints an aspiration was made."""
    known = set(sources(db, aspiration_id))
    new = [{"aspiration_id": aspiration_id, "ticket_id": t} for t in ids if t not in known]
    if new:
        db.execute(insert(aspiration_source), new)


def sources(db: Connection, aspiration_id: int) -> list[int]:
    """Ids of the complaints that an aspiration was made of."""
    c = aspiration_source.c
    query = select(c.ticket_id).where(c.aspiration_id == aspiration_id)
    return list(db.scalars(query.order_by(c.ticket_id)))


def made_of(db: Connection, ids: Collection[int], but: Collection[str]) -> str | None:
    """The number of the aspiration that some of these tickets became, unless it is in a state."""
    query = (
        select(ticket.c.number)
        .join(aspiration_source, aspiration_source.c.aspiration_id == ticket.c.id)
        .where(aspiration_source.c.ticket_id.in_(ids), ticket.c.state.not_in(but))
    )
    return db.scalar(query.order_by(ticket.c.id.desc()).limit(1))
