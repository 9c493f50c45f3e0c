"""Tickets of every type: number, state, place, timeline, followers, the desk's lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import (
    aspiration,
    complaint,
    message,
    ticket,
    ticket_counter,
    ticket_event,
    ticket_follower,
)


class NewTicket(NamedTuple):
    """What a ticket of any type holds when it is filed."""

    number: str
    type: str
    state: str
    reporter_id: int
    draft_id: str
    rt: str | None
    latitude: float | None
    longitude: float | None
    landmark: str | None
    description: str | None
    hide_name: bool
    assisted_as: str | None = None
    on_behalf: str | None = None


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


def whole() -> Any:
    """A query of tickets with what is special to their type: NULL where it does not apply."""
    special = [
        c for table in (complaint, aspiration, message) for c in table.c if c.name != "ticket_id"
    ]
    return (
        select(ticket, *special)
        .outerjoin(complaint, complaint.c.ticket_id == ticket.c.id)
        .outerjoin(aspiration, aspiration.c.ticket_id == ticket.c.id)
        .outerjoin(message, message.c.ticket_id == ticket.c.id)
    )


def by_number(db: Connection, number: str) -> Row[Any] | None:
    """The ticket with that number."""
    row: Row[Any] | None = db.execute(whole().where(ticket.c.number == number)).first()
    return row


def get(db: Connection, ticket_id: int, *, lock: bool = False) -> Row[Any] | None:
    """The ticket with that id; `lock` keeps it as it is until this transaction ends."""
    if lock:
        db.execute(select(ticket.c.id).where(ticket.c.id == ticket_id).with_for_update())
    row: Row[Any] | None = db.execute(whole().where(ticket.c.id == ticket_id)).first()
    return row


def of_resident(
    db: Connection, resident_id: int, *, limit: int, offset: int = 0
) -> list[Row[Any]]:
    """Tickets that a resident filed or joined, newest first; hidden ones only his own."""
    filed = select(ticket.c.id).where(ticket.c.reporter_id == resident_id)
    joined = (
        select(ticket.c.id)
        .join(ticket_follower, ticket_follower.c.ticket_id == ticket.c.id)
        .where(ticket_follower.c.resident_id == resident_id, ~ticket.c.hidden)
    )
    query = (
        whole()
        .where(ticket.c.id.in_(filed.union(joined)))
        .order_by(ticket.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(db.execute(query))


def waiting_for(db: Connection, resident_id: int, state: str) -> str | None:
    """The number of a resident's own ticket in that state, the one that changed last."""
    query = select(ticket.c.number).where(
        ticket.c.reporter_id == resident_id, ticket.c.state == state
    )
    return db.scalar(query.order_by(ticket.c.updated_at.desc()).limit(1))


def opened_again(db: Connection, resident_id: int, *, since: datetime) -> str | None:
    """The number of an open ticket that a resident opened again last, since then."""
    query = (
        select(ticket.c.number)
        .join(ticket_event, ticket_event.c.ticket_id == ticket.c.id)
        .where(
            ticket_event.c.resident_id == resident_id,
            ticket_event.c.kind.in_(("reopened", "broken")),
            ticket_event.c.at >= since,
            ticket.c.state == "dibuka-lagi",
        )
    )
    return db.scalar(query.order_by(ticket_event.c.id.desc()).limit(1))


def unanswered(
    db: Connection, resident_id: int, kind: str, states: Collection[str], *, since: datetime
) -> str | None:
    """The number of a resident's own ticket with the newest line of that kind by staff.

    None if there is none since then, or he said something on that ticket after it.
    """
    later = ticket_event.alias()
    said = exists().where(
        later.c.ticket_id == ticket_event.c.ticket_id,
        later.c.id > ticket_event.c.id,
        later.c.resident_id == resident_id,
    )
    query = (
        select(ticket.c.number)
        .join(ticket_event, ticket_event.c.ticket_id == ticket.c.id)
        .where(ticket.c.reporter_id == resident_id, ticket.c.state.in_(states))
        .where(ticket_event.c.kind == kind, ticket_event.c.at > since, ~said)
    )
    return db.scalar(query.order_by(ticket_event.c.id.desc()).limit(1))


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


def unfollow(db: Connection, ticket_id: int, resident_id: int) -> bool:
    """Let a resident follow a ticket no more; False if he does not."""
    query = delete(ticket_follower).where(
        ticket_follower.c.ticket_id == ticket_id, ticket_follower.c.resident_id == resident_id
    )
    return db.execute(query).rowcount == 1


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


def move(db: Connection, ticket_id: int, *, version: int, state: str, now: datetime) -> bool:
    """Move a ticket to another state; False if it is no longer at that version.

    What was owed in the old state is owed no more; services/deadlines.py says what is owed now.
    """
    changed = db.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id, ticket.c.version == version)
        .values(state=state, version=version + 1, updated_at=now, due_at=None)
    )
    return changed.rowcount == 1


def set_hidden(db: Connection, ticket_id: int, hidden: bool) -> None:
    """Hide a ticket from other residents, or show it again."""
    db.execute(update(ticket).where(ticket.c.id == ticket_id).values(hidden=hidden))


def add_event(
    db: Connection,
    ticket_id: int,
    kind: str,
    *,
    resident_id: int | None,
    now: datetime,
    text: str | None = None,
    staff_id: int | None = None,
    state: str | None = None,
) -> int:
    """Write a line of the timeline and give its id; `state` is the new one of a "moved"."""
    values = {
        "ticket_id": ticket_id,
        "kind": kind,
        "resident_id": resident_id,
        "text": text,
        "staff_id": staff_id,
        "state": state,
        "at": now,
    }
    query = insert(ticket_event).values(values).returning(ticket_event.c.id)
    return int(db.execute(query).scalar_one())


def has_event(db: Connection, ticket_id: int, kind: str, resident_id: int) -> bool:
    """Whether the timeline has a line of that kind by a resident since the last move."""
    last_move = (
        select(func.coalesce(func.max(ticket_event.c.id), 0))
        .where(ticket_event.c.ticket_id == ticket_id, ticket_event.c.kind == "moved")
        .scalar_subquery()
    )
    query = select(ticket_event.c.id).where(
        ticket_event.c.ticket_id == ticket_id,
        ticket_event.c.kind == kind,
        ticket_event.c.resident_id == resident_id,
        ticket_event.c.id > last_move,
    )
    return db.execute(query).first() is not None


def events(db: Connection, ticket_id: int) -> list[Row[Any]]:
    """The timeline, oldest first."""
    query = select(ticket_event).where(ticket_event.c.ticket_id == ticket_id)
    return list(db.execute(query.order_by(ticket_event.c.id)))
