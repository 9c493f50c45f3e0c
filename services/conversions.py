"""A complaint that neighbours can mend becomes gotong royong, and that closes it.

Moving the ticket is a consequence of organising, so that an RT head may do it within his RTs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit, desk
from services.audit import Act
from services.forms import photo_of
from services.gotong_royong import Unknown, organise, reference
from services.outcome import Moment
from services.roles import Actor, Permission
from services.tickets import COMPLAINT, MOVES, OPEN_STATES, NotOpen, State, again
from storage import Connection, Row, conversions, gotong_royong, outcome, tickets

FIXABLE = ("blocked", "rubbish", "smell")  # by hands and spades; what is broken needs others
# Lines of a ticket's history: gotong royong that was to mend it is off, or at another time.
OFF, RESCHEDULED = "off", "rescheduled"


def may_invite(actor: Actor, ticket: Row[Any]) -> bool:
    """Whether an actor may call for gotong royong because of a ticket."""
    within = actor.scope is None or ticket.rt in actor.scope
    fits = ticket.type == COMPLAINT and ticket.kind in FIXABLE and ticket.state in OPEN_STATES
    return actor.may(Permission.ORGANISE) and within and fits and not ticket.hidden


def coming_for(db: Connection, ticket: Row[Any], now: datetime) -> Row[Any] | None:
    """The next gotong royong that is to mend a ticket."""
    found = conversions.coming_for(db, ticket.id, now)
    return gotong_royong.get(db, found) if found is not None else None


def free_for(
    db: Connection, actor: Actor, ticket: Row[Any], now: datetime, most: int
) -> list[Row[Any]]:
    """Gotong royong of the actor to come near a ticket that mends none yet, once a series."""
    found: dict[int, Row[Any]] = {}
    for row in gotong_royong.starting(db, now):
        here = row.rts is None or ticket.rt is None or ticket.rt in row.rts
        if row.ticket_id is None and here and covers(actor, row):
            found.setdefault(row.gotong_royong_id, row)
    return list(found.values())[:most]


def covers(actor: Actor, row: Row[Any]) -> bool:
    """Whether an actor may organise an occurrence."""
    return actor.may(Permission.ORGANISE) and actor.covers(row.rts)


def link(
    db: Connection, actor: Actor, ticket_id: int, occurrence_id: int, reason: str, now: datetime
) -> tuple[Row[Any], bool]:
    """Let gotong royong mend a ticket, which is in progress from then on; `reason` says when.

    Gives the ticket, and whether it was not so before.

    Raises:
        Unknown: no such occurrence, it began, or it mends another one. NotOpen: the ticket is not
        one for it. NotAllowed: not the actor's.
    """
    actor.require(Permission.ORGANISE)
    row = organise(db, actor, occurrence_id, lock=True, whole=True)
    if row.starts_at <= now or row.ticket_id not in (None, ticket_id):
        raise Unknown(occurrence_id)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or not may_invite(actor, ticket):
        raise NotOpen(ticket_id)
    if row.ticket_id == ticket_id:
        return ticket, False
    conversions.link(db, row.gotong_royong_id, ticket_id)
    desk.carry_out(db, actor, ticket, State.IN_PROGRESS, reason=reason, now=now)
    audit.note(db, actor, Act.GOTONG_ROYONG_LINKED, reference(row.id), now, ticket.number)
    return again(db, ticket_id), True


def called_off(
    db: Connection, actor: Actor, row: Row[Any], reason: str, now: datetime
) -> Row[Any] | None:
    """What was to mend a ticket is off: it goes back, unless the series goes on.

    `row` is the occurrence as it was. Gives the ticket if its people are to hear of it.

    Raises:
        NotAllowed: it is not the actor's.
    """
    actor.require(Permission.ORGANISE)
    actor.require_scope(row.rts)
    if row.ticket_id is None:
        return None
    ticket = tickets.get(db, row.ticket_id, lock=True)
    assert ticket is not None, "a ticket is never removed"
    follows = coming_for(db, ticket, now)
    if ticket.state not in OPEN_STATES or (follows and follows.starts_at <= row.starts_at):
        return None  # it was not waited for
    if follows is None and ticket.state == State.IN_PROGRESS:
        desk.carry_out(db, actor, ticket, State.VERIFIED, reason=reason, now=now)
    else:
        tickets.add_event(
            db, ticket.id, OFF, resident_id=None, now=now, text=reason, staff_id=actor.telegram_id
        )
    return again(db, ticket.id)


def moved(
    db: Connection, actor: Actor, row: Row[Any], when: str, now: datetime
) -> Row[Any] | None:
    """What is to mend a ticket takes place at another time or place; `when` is for its history.

    Gives the ticket if its people wait for this occurrence.

    Raises:
        NotAllowed: it is not the actor's.
    """
    actor.require(Permission.ORGANISE)
    actor.require_scope(row.rts)
    ticket = tickets.get(db, row.ticket_id) if row.ticket_id is not None else None
    if ticket is None or ticket.state not in OPEN_STATES:
        return None
    if conversions.coming_for(db, ticket.id, now) != row.id:
        return None
    by = actor.telegram_id
    tickets.add_event(
        db, ticket.id, RESCHEDULED, resident_id=None, now=now, text=when, staff_id=by
    )
    return ticket


def to_close(db: Connection, row: Row[Any]) -> Row[Any] | None:
    """The ticket that an occurrence was to mend, if it can be said to be done now."""
    ticket = tickets.get(db, row.ticket_id) if row.ticket_id is not None else None
    open_ = ticket is not None and State.DONE in MOVES[State(ticket.state)]
    shown = bool(outcome.photos(db, row.id, Moment.AFTER))
    return ticket if open_ and shown else None


def close(
    db: Connection, actor: Actor, occurrence_id: int, version: int, now: datetime
) -> tuple[Row[Any], str | None, tuple[str, ...]]:
    """ "Ya, selesai": the ticket is done, with the photos from after as proof.

    `version` of the ticket is the one that the actor saw: what residents opened again meanwhile
    is not closed by an old button. Gives the ticket, the result if there is one, and the photos.

    Raises:
        Unknown: no such occurrence. NotOpen: nothing that could be closed. NotAllowed: as it says.
    """
    actor.require(Permission.ORGANISE)
    row = organise(db, actor, occurrence_id, lock=True)
    if row.ticket_id is None or tickets.get(db, row.ticket_id, lock=True) is None:
        raise NotOpen(occurrence_id)
    ticket = to_close(db, row)
    if ticket is None or ticket.version != version:
        raise NotOpen(row.ticket_id)
    found = outcome.photos(db, row.id, Moment.AFTER)
    photos = tuple(photo_of(photo.kind, photo.file_id) for photo in found)
    done = desk.carry_out(db, actor, ticket, State.DONE, reason=row.result, photos=photos, now=now)
    return done, row.result, photos
