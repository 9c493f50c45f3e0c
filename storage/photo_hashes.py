"""What photos of tickets look like, and which of them prove work that was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, update

from storage.tables import ticket, ticket_event, ticket_media
from storage.ticket_files import PHOTOS

CHUNK = 1000
PROOF = and_(
    ticket_event.c.kind == "moved",
    ticket_event.c.state == "selesai",
    ticket.c.type == "complaint",
)


class Look(NamedTuple):
    """A photo: whose it is and what it looks like."""

    id: int
    ticket_id: int
    event_id: int
    sha256: str | None
    phash: str | None
    is_proof: bool = False


def _looks() -> Select[Any]:
    return (
        select(
            ticket_media.c.id, ticket_media.c.ticket_id, ticket_media.c.event_id,
            ticket_media.c.sha256, ticket_media.c.phash, PROOF.label("is_proof"),
        )
        .join(ticket_event, ticket_event.c.id == ticket_media.c.event_id)
        .join(ticket, ticket.c.id == ticket_media.c.ticket_id)
        .where(ticket_media.c.kind.in_(PHOTOS))
    )  # fmt: skip


def get(db: Connection, medium_id: int) -> Look | None:
    """One photo of a ticket."""
    row = db.execute(_looks().where(ticket_media.c.id == medium_id)).first()
    return Look(*row) if row else None


def keep(db: Connection, medium_id: int, phash: str | None) -> None:
    """Note what a photo looks like, if it was not deleted meanwhile."""
    query = update(ticket_media).where(ticket_media.c.id == medium_id)
    db.execute(query.values(phash=phash))


def comparable(db: Connection, one: Look) -> Iterator[Look]:
    """Photos that `one` is to be compared with, in constant memory.

    For one that proves work those that came before it: of other tickets, and what was reported in
    its own. For any other photo the proofs that came after it and were looked at before it.
    """
    if one.is_proof:
        reported = and_(ticket_media.c.ticket_id == one.ticket_id, ticket_event.c.kind == "filed")
        fits: ColumnElement[bool] = and_(
            ticket_media.c.id < one.id,
            or_(ticket_media.c.ticket_id != one.ticket_id, reported),
        )
    else:
        fits = and_(ticket_media.c.id > one.id, PROOF)
    known = or_(
        ticket_media.c.phash.is_not(None),
        and_(ticket_media.c.sha256.is_not(None), ticket_media.c.sha256 == one.sha256),
    )
    query = _looks().where(fits, known).order_by(ticket_media.c.id)
    for row in db.execute(query, execution_options={"yield_per": CHUNK}):
        yield Look(*row)


def was_filed(db: Connection, event_id: int) -> bool:
    """Whether a line of the timeline is the report itself."""
    kind = db.scalar(select(ticket_event.c.kind).where(ticket_event.c.id == event_id))
    return kind == "filed"


def without_look(db: Connection, ticket_id: int) -> list[int]:
    """Ids of the kept photos of a ticket that nobody looked at yet."""
    query = select(ticket_media.c.id).where(
        ticket_media.c.ticket_id == ticket_id,
        ticket_media.c.kind.in_(PHOTOS),
        ticket_media.c.path.is_not(None),
        ticket_media.c.phash.is_(None),
    )
    return list(db.scalars(query.order_by(ticket_media.c.id)))


def mark_alike(db: Connection, medium_id: int, ticket_id: int) -> None:
    """Note that a proof shows what a photo of that ticket shows."""
    query = update(ticket_media).where(ticket_media.c.id == medium_id)
    db.execute(query.values(alike_id=ticket_id))


def alike(db: Connection, event_id: int) -> list[int]:
    """Ids of the tickets whose photos the proofs of one closing show."""
    query = select(ticket_media.c.alike_id).where(
        ticket_media.c.event_id == event_id, ticket_media.c.alike_id.is_not(None)
    )
    return list(db.scalars(query.distinct().order_by(ticket_media.c.alike_id)))


def alike_of(db: Connection, ticket_id: int) -> list[str]:
    """Numbers of the tickets whose photos the proofs of a ticket show, its own among them."""
    other = ticket.alias("other")
    query = (
        select(other.c.number)
        .join(ticket_media, ticket_media.c.alike_id == other.c.id)
        .where(ticket_media.c.ticket_id == ticket_id)
    )
    return list(db.scalars(query.distinct().order_by(other.c.number)))
