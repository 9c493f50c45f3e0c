"""Tickets of every kind: number, state, place, timeline, photos and voice, followers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import (
    ticket,
    ticket_card,
    ticket_counter,
    ticket_event,
    ticket_follower,
    ticket_media,
)


class NewTicket(NamedTuple):
    """What a ticket of any kind holds when it is filed."""

    number: str
    state: str
    reporter_id: int
    draft_id: str
    rt: str | None
    latitude: float | None
    longitude: float | None
    landmark: str | None
    description: str | None
    hide_name: bool


class Medium(NamedTuple):
    """A photo or voice note: kind ("photo", "voice") and Telegram's file id."""

    kind: str
    file_id: str


def next_number(db: Connection, prefix: str, year: int) -> str:
    """The next number of that prefix and year, such as DRN-2026-0001; never given twice."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    counted = (
        dialect.insert(ticket_counter)
        .values(prefix=prefix, year=year, last=1)
        .on_conflict_do_update(
            index_elements=["prefix", "year"], set_={"last": ticket_counter.c.last + 1}
        )
        .returning(ticket_counter.c.last)
    )
    return f"{prefix}-{year}-{db.execute(counted).scalar_one():04d}"


def add(db: Connection, new: NewTicket, now: datetime) -> int:
    """File a ticket and give its id."""
    values = {**new._asdict(), "created_at": now, "updated_at": now}
    return int(db.execute(insert(ticket).values(values).returning(ticket.c.id)).scalar_one())


def by_draft(db: Connection, draft_id: str) -> Row[Any] | None:
    """The ticket that came from that draft."""
    return db.execute(select(ticket).where(ticket.c.draft_id == draft_id)).first()


def by_number(db: Connection, number: str) -> Row[Any] | None:
    """The ticket with that number."""
    return db.execute(select(ticket).where(ticket.c.number == number)).first()


def get(db: Connection, ticket_id: int, *, lock: bool = False) -> Row[Any] | None:
    """The ticket with that id; `lock` keeps it as it is until this transaction ends."""
    query = select(ticket).where(ticket.c.id == ticket_id)
    return db.execute(query.with_for_update() if lock else query).first()


def of_resident(
    db: Connection, resident_id: int, *, limit: int, offset: int = 0
) -> list[Row[Any]]:
    """Tickets that a resident filed or joined, newest first."""
    query = (
        select(ticket)
        .where(or_(ticket.c.reporter_id == resident_id, _followed_by(resident_id)))
        .order_by(ticket.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(db.execute(query))


def is_follower(db: Connection, ticket_id: int, resident_id: int) -> bool:
    """Whether a resident joined the ticket."""
    query = select(ticket.c.id).where(ticket.c.id == ticket_id, _followed_by(resident_id))
    return db.execute(query).first() is not None


def _followed_by(resident_id: int) -> Any:
    return exists().where(
        and_(
            ticket_follower.c.ticket_id == ticket.c.id,
            ticket_follower.c.resident_id == resident_id,
        )
    )


def follow(db: Connection, ticket_id: int, resident_id: int, now: datetime) -> bool:
    """Let a resident follow a ticket; False if he does already."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    added = db.execute(
        dialect.insert(ticket_follower)
        .values(ticket_id=ticket_id, resident_id=resident_id, at=now)
        .on_conflict_do_nothing()
        .returning(ticket_follower.c.ticket_id)  # psycopg tells no row count of an INSERT
    )
    return added.first() is not None


def followers(db: Connection, ticket_id: int) -> Sequence[int]:
    """Ids of the residents who joined."""
    query = select(ticket_follower.c.resident_id).where(ticket_follower.c.ticket_id == ticket_id)
    return db.scalars(query).all()


def set_state(db: Connection, ticket_id: int, *, old: str, new: str, now: datetime) -> bool:
    """Move a ticket from one state to another; False if it was no longer in `old`."""
    changed = db.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id, ticket.c.state == old)
        .values(state=new, updated_at=now)
    )
    return changed.rowcount == 1


def add_event(
    db: Connection,
    ticket_id: int,
    kind: str,
    *,
    resident_id: int | None,
    now: datetime,
    text: str | None = None,
) -> int:
    """Write a line of the timeline and give its id."""
    values = {
        "ticket_id": ticket_id,
        "kind": kind,
        "resident_id": resident_id,
        "text": text,
        "at": now,
    }
    query = insert(ticket_event).values(values).returning(ticket_event.c.id)
    return int(db.execute(query).scalar_one())


def events(db: Connection, ticket_id: int) -> list[Row[Any]]:
    """The timeline, oldest first."""
    query = select(ticket_event).where(ticket_event.c.ticket_id == ticket_id)
    return list(db.execute(query.order_by(ticket_event.c.id)))


def add_media(
    db: Connection, ticket_id: int, event_id: int, media: Iterable[Medium]
) -> Sequence[int]:
    """Attach photos and voice notes to a line of the timeline; ids in the same order."""
    rows = [{"ticket_id": ticket_id, "event_id": event_id, **m._asdict()} for m in media]
    if not rows:
        return []
    query = insert(ticket_media).returning(ticket_media.c.id, sort_by_parameter_order=True)
    return db.scalars(query, rows).all()


def media(db: Connection, ticket_id: int, kind: str | None = None) -> list[Row[Any]]:
    """Photos and voice notes of a ticket, oldest first."""
    query = select(ticket_media).where(ticket_media.c.ticket_id == ticket_id)
    if kind is not None:
        query = query.where(ticket_media.c.kind == kind)
    return list(db.execute(query.order_by(ticket_media.c.id)))


def medium(db: Connection, medium_id: int) -> Row[Any] | None:
    """One photo or voice note."""
    return db.execute(select(ticket_media).where(ticket_media.c.id == medium_id)).first()


def keep_medium(db: Connection, medium_id: int, *, path: str, sha256: str, size: int) -> None:
    """Record where a downloaded file is kept (relative to media.folder) and its checksum."""
    db.execute(
        update(ticket_media)
        .where(ticket_media.c.id == medium_id)
        .values(path=path, sha256=sha256, size=size)
    )


def add_card(db: Connection, ticket_id: int, outbox_id: int) -> None:
    """Remember the message that shows this ticket to staff."""
    db.execute(insert(ticket_card).values(ticket_id=ticket_id, outbox_id=outbox_id))


def cards(db: Connection, ticket_id: int) -> Sequence[int]:
    """Outbox rows that show this ticket to staff."""
    query = select(ticket_card.c.outbox_id).where(ticket_card.c.ticket_id == ticket_id)
    return db.scalars(query.order_by(ticket_card.c.outbox_id)).all()
