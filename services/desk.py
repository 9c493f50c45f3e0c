"""What staff do with tickets: see those of their RTs, move them, hide them, block a reporter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit, messages
from services.audit import Act
from services.roles import Actor, NotAllowed, Permission
from services.tickets import (
    ASPIRATION,
    COMPLAINT,
    MESSAGE,
    MOVES,
    OPEN_STATES,
    REASONED,
    TYPES,
    NotOpen,
    State,
    again,
    attach,
)
from storage import Connection, Row, conversions, desk, residents, roles, tickets, verdicts


class Outdated(Exception):
    """Somebody else changed the ticket since the actor looked at it."""


class NoReason(Exception):
    """A move without the reason that it owes, or with a ticket number that fits none."""


def types_of(actor: Actor) -> tuple[str, ...]:
    """The types of tickets that the actor sees: a message is between its sender and staff."""
    handles = actor.may(Permission.HANDLE_TICKETS)
    return tuple(type_ for type_ in TYPES if handles or type_ != MESSAGE)


def at_desk(db: Connection, actor: Actor, ticket_id: int) -> Row[Any] | None:
    """A ticket as staff may see it; None if there is none, or it is not for this actor.

    Raises:
        NotAllowed: the actor has no place at the desk.
    """
    actor.require(Permission.SEE_TICKETS)
    ticket = tickets.get(db, ticket_id)
    if ticket is None or ticket.type not in types_of(actor):
        return None
    return ticket if actor.scope is None or ticket.rt in actor.scope else None


def moves_of(actor: Actor, ticket: Row[Any]) -> tuple[State, ...]:
    """Where this actor may move the ticket now."""
    if not actor.may(Permission.HANDLE_TICKETS):
        return ()
    moves = messages.MOVES if ticket.type == MESSAGE else MOVES
    return moves.get(State(ticket.state), ())


def owes_reason(ticket: Row[Any], state: str) -> bool:
    """Whether a move must be put into words: of a message every one, its answer first of all.

    So must every end of an aspiration: done means that it was answered.
    """
    answers = ticket.type == ASPIRATION and state == State.DONE
    return state in REASONED or ticket.type == MESSAGE or answers


def move(
    db: Connection,
    actor: Actor,
    ticket_id: int,
    *,
    version: int,
    state: str,
    reason: str | None,
    now: datetime,
    photos: tuple[str, ...] = (),
) -> Row[Any]:
    """Move a ticket to another state; `version` is the one that the actor saw.

    `photos` show the work that was done.

    Merging takes the other ticket's number as reason; who followed this one follows that one.

    Raises:
        NotAllowed: not a move for this role. Outdated: somebody was faster.
        NotOpen: no such move from here. NoReason: one is owed, or the number fits no open ticket.
    """
    actor.require(Permission.HANDLE_TICKETS)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or ticket.version != version:
        raise Outdated(ticket_id)
    if state not in moves_of(actor, ticket):
        raise NotOpen(state)
    if owes_reason(ticket, state) and not reason:
        raise NoReason(state)
    if state == State.MERGED:
        reason = _merge(db, ticket, reason or "", now)
    # who moves what nobody handles, handles it
    desk.assign(db, ticket_id, seen=None, to=actor.telegram_id)
    return carry_out(db, actor, ticket, state, reason=reason, photos=photos, now=now)


def carry_out(
    db: Connection,
    actor: Actor,
    ticket: Row[Any],
    state: str,
    *,
    reason: str | None,
    photos: tuple[str, ...] = (),
    now: datetime,
) -> Row[Any]:
    """Move a locked ticket: its state, its history with photos, the trail; asks no permission.

    For what already asked, also for acts that move a ticket as a consequence.
    """
    ticket_id = ticket.id
    tickets.move(db, ticket_id, version=ticket.version, state=state, now=now)
    event_id = tickets.add_event(
        db, ticket_id, "moved", resident_id=None, now=now, text=reason,
        staff_id=actor.telegram_id, state=state,
    )  # fmt: skip
    attach(db, ticket_id, event_id, photos=photos, voices=(), now=now)
    if state == State.DONE and ticket.type == COMPLAINT:
        verdicts.close(db, event_id, ticket_id, ticket.version + 1)
    audit.note(db, actor, Act.TICKET_MOVE, ticket.number, now, f"{ticket.state} → {state}")
    return again(db, ticket_id)


def _merge(db: Connection, ticket: Row[Any], number: str, now: datetime) -> str:
    """Let everybody of a ticket follow another one; gives the other's number."""
    found = tickets.by_number(db, number)
    other = tickets.get(db, found.id, lock=True) if found is not None else None
    fits = other is not None and other.id != ticket.id and other.type == ticket.type
    if other is None or not fits or other.hidden or other.state not in OPEN_STATES:
        raise NoReason(number)
    people = {*tickets.followers(db, ticket.id), ticket.reporter_id} - {None, other.reporter_id}
    for resident_id in sorted(people):
        tickets.follow(db, other.id, resident_id, now)
    conversions.relink(db, ticket.id, other.id)
    return str(other.number)


def hide(db: Connection, actor: Actor, ticket_id: int, *, hidden: bool, now: datetime) -> None:
    """Hide a ticket from all residents but its reporter, or show it again.

    Raises:
        NotAllowed: not an act for this role.
    """
    actor.require(Permission.MODERATE)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or ticket.hidden == hidden:
        return
    tickets.set_hidden(db, ticket_id, hidden)
    audit.note(db, actor, Act.TICKET_HIDE if hidden else Act.TICKET_SHOW, ticket.number, now)


def block_reporter(
    db: Connection,
    actor: Actor,
    ticket_id: int,
    *,
    blocked: bool,
    admins: tuple[int, ...],
    now: datetime,
) -> None:
    """Block the reporter of a ticket, or let him in again; `admins` are those of the settings.

    Raises:
        NotAllowed: not an act for this role, or the reporter has a role himself.
    """
    actor.require(Permission.MODERATE)
    ticket = tickets.get(db, ticket_id)
    if ticket is None or ticket.reporter_id is None:
        return
    person = residents.get(db, ticket.reporter_id)
    if person.telegram_id in admins or roles.grant_of(db, person.telegram_id):
        raise NotAllowed("role")
    if person.blocked == blocked:
        return
    residents.set_blocked(db, person.id, blocked)
    act = Act.PERSON_BLOCK if blocked else Act.PERSON_UNBLOCK
    audit.note(db, actor, act, ticket.number, now, f"resident {person.id}")
