"""Who of the staff handles a ticket: taken, taken over from a colleague, given back.

A move of a ticket that nobody handles takes it as well; the trail then has the move alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit
from services.audit import Act
from services.roles import Actor, Permission
from services.tickets import OPEN_STATES, NotOpen, again
from storage import Connection, Row, desk, tickets


class Taken(Exception):
    """Somebody else was faster."""


def may_take(actor: Actor, ticket: Row[Any]) -> bool:
    """Whether the actor may handle the ticket: while it is open."""
    return actor.may(Permission.HANDLE_TICKETS) and ticket.state in OPEN_STATES


def take(
    db: Connection, actor: Actor, ticket_id: int, *, seen: int | None, now: datetime
) -> Row[Any]:
    """Take a ticket; `seen` is who handled it as far as the actor knew, None for nobody.

    Raises:
        NotAllowed: not an act for this role. NotOpen: there is no such open ticket.
        Taken: somebody else handles it by now, or nobody does any more.
    """
    actor.require(Permission.HANDLE_TICKETS)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or not may_take(actor, ticket):
        raise NotOpen(ticket_id)
    if ticket.assignee_id == actor.telegram_id:
        return ticket  # a double tap
    if not desk.assign(db, ticket_id, seen=seen, to=actor.telegram_id):
        raise Taken(ticket_id)
    before = f"from {seen}" if seen is not None else None
    audit.note(db, actor, Act.TICKET_TAKE, ticket.number, now, before)
    return again(db, ticket_id)


def release(db: Connection, actor: Actor, ticket_id: int, *, now: datetime) -> Row[Any]:
    """Give a ticket back that the actor handles; in whose hands it is else does not change.

    Raises:
        NotAllowed: not an act for this role. NotOpen: there is no such ticket.
    """
    actor.require(Permission.HANDLE_TICKETS)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None:
        raise NotOpen(ticket_id)
    if desk.assign(db, ticket_id, seen=actor.telegram_id, to=None):
        audit.note(db, actor, Act.TICKET_RELEASE, ticket.number, now)
    return again(db, ticket_id)
