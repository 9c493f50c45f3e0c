"""The desk of staff: its lists and what narrows them, and who handles what."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from storage import tickets
from storage.similar import Box, places
from storage.tables import aspiration, complaint, ticket


class Filter(NamedTuple):
    """What a list of the desk is narrowed to; None or no words = all."""

    kind: str | None = None  # of a complaint
    assignee: int | None = None  # Telegram id of who handles it
    words: str = ""  # each of them stands in the number, the text or the place


UNFILTERED = Filter()


def matching(wanted: Filter) -> list[ColumnElement[bool]]:
    """The conditions of a filter, for a query of the table `ticket`."""
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        of_kind = select(complaint.c.ticket_id).where(complaint.c.kind == wanted.kind)
        found.append(ticket.c.id.in_(of_kind))
    if wanted.assignee is not None:
        found.append(ticket.c.assignee_id == wanted.assignee)
    return found + [_says(word) for word in wanted.words.split()]


def _says(word: str) -> ColumnElement[bool]:
    """Whether a word stands in a ticket; % and _ are themselves, capitals do not matter.

    SQLite knows capitals of plain letters only.
    """
    wished = select(aspiration.c.ticket_id).where(
        aspiration.c.problem.icontains(word, autoescape=True)
    )
    return or_(
        ticket.c.number.icontains(word, autoescape=True),
        ticket.c.description.icontains(word, autoescape=True),
        ticket.c.landmark.icontains(word, autoescape=True),
        ticket.c.id.in_(wished),
    )


class Pile(NamedTuple):
    """Which tickets lie in a list of the desk: those in `states`, or all but those `without`.

    With neither all of them. With `late_at` only those whose deadline has passed at that moment.
    """

    states: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    late_at: datetime | None = None


def at_desk(
    db: Connection,
    pile: Pile,
    *,
    types: Collection[str],
    rts: Collection[str] | None,
    wanted: Filter = UNFILTERED,
    limit: int,
    offset: int = 0,
) -> list[Row[Any]]:
    """Tickets of a pile, of these types and of some RTs or all (None), that a filter lets through.

    What waits comes oldest change first; where something is closed the newest comes first.
    """
    order = ticket.c.updated_at if pile.states else ticket.c.updated_at.desc()
    if pile.late_at is not None:  # what is late the longest first
        order = ticket.c.due_at
    ids = _narrowed(select(ticket.c.id), pile, types, rts).where(*matching(wanted))
    ids = ids.order_by(order, ticket.c.id).limit(limit).offset(offset)
    found = {row.id: row for row in db.execute(tickets.whole().where(ticket.c.id.in_(ids)))}
    return [found[ticket_id] for ticket_id in db.scalars(ids)]


def count_at_desk(
    db: Connection,
    pile: Pile,
    *,
    types: Collection[str],
    rts: Collection[str] | None,
    wanted: Filter = UNFILTERED,
) -> int:
    """How many tickets `at_desk` would list without its limit."""
    query = _narrowed(select(func.count()).select_from(ticket), pile, types, rts)
    query = query.where(*matching(wanted))
    return db.scalar(query) or 0


def _narrowed(query: Any, pile: Pile, types: Collection[str], rts: Collection[str] | None) -> Any:
    if pile.without:
        query = query.where(ticket.c.state.not_in(pile.without))
    if pile.states:
        query = query.where(ticket.c.state.in_(pile.states))
    if pile.late_at is not None:
        query = query.where(ticket.c.due_at < pile.late_at)
    query = query.where(ticket.c.type.in_(types))
    return query if rts is None else query.where(ticket.c.rt.in_(rts))


def numbered(db: Connection, ending: str, prefix: str, limit: int) -> list[int]:
    """Ids of tickets whose number begins and ends so ("DRN-" or "", "-0012"), newest first."""
    query = select(ticket.c.id).where(
        ticket.c.number.startswith(prefix, autoescape=True),
        ticket.c.number.endswith(ending, autoescape=True),
    )
    return list(db.scalars(query.order_by(ticket.c.id.desc()).limit(limit)))


def assign(db: Connection, ticket_id: int, *, seen: int | None, to: int | None) -> bool:
    """Put a ticket into somebody's hands, or nobody's; False if it is no longer in those of
    `seen`."""
    query = update(ticket).where(
        ticket.c.id == ticket_id, ticket.c.assignee_id.is_not_distinct_from(seen)
    )
    return db.execute(query.values(assignee_id=to)).rowcount == 1


def release_all(db: Connection, telegram_id: int) -> None:
    """Nothing is in the hands of somebody any more."""
    query = update(ticket).where(ticket.c.assignee_id == telegram_id)
    db.execute(query.values(assignee_id=None))


def assigned_to(db: Connection, telegram_id: int) -> list[int]:
    """Ids of the tickets that somebody handles or handled."""
    query = select(ticket.c.id).where(ticket.c.assignee_id == telegram_id)
    return list(db.scalars(query.order_by(ticket.c.id)))


def neighbours(
    db: Connection,
    query: Any,
    *,
    of: Row[Any],
    box: Box | None,
    open_states: Collection[str],
    since: datetime,
    limit: int,
) -> list[Row[Any]]:
    """Other tickets of a query that are of the same type and kind as one, in a box or its RT.

    Open ones, and those that changed since a moment; newest first.
    """
    near = places(box, of.rt)
    if not near:
        return []
    query = query.where(
        ticket.c.type == of.type,
        ticket.c.id != of.id,
        or_(ticket.c.state.in_(open_states), ticket.c.updated_at >= since),
        or_(*near),
    )
    if of.kind is not None:
        query = query.where(complaint.c.kind == of.kind)
    return list(db.execute(query.order_by(ticket.c.id.desc()).limit(limit)))
