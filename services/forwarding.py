"""Forwarding a ticket to the authority that can act, and the number that it has there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit, desk
from services.audit import Act
from services.forms import Choice, Form, Kind, Step
from services.roles import Actor, Permission
from services.tickets import NotOpen, State, again
from storage import Connection, Row, authorities, tickets
from storage.authorities import AUTHORITIES as AUTHORITIES

FORWARD, NUMBER = "forward", "outside"  # forms
LONGEST_NAME, LONGEST_NUMBER = 80, 40  # characters: a card shows them with the rest
LONGEST_WORDS = 300  # characters: fits every message beside the rest


def forward_form() -> Form:
    """To whom, its number there if it has one already, and a sentence for the resident."""
    bodies = tuple(Choice(body, f"authority.choice.{body}") for body in AUTHORITIES)
    kinds = frozenset({Kind.CHOICE, Kind.TEXT})
    words = frozenset({Kind.TEXT})
    return Form(
        name=FORWARD,
        story="authority",
        steps=(
            Step("authority", kinds, bodies, shortest=2, longest=LONGEST_NAME),
            Step("number", words, optional=True, longest=LONGEST_NUMBER),
            Step("text", words, optional=True, shortest=3, longest=LONGEST_WORDS),
        ),
    )


def number_form() -> Form:
    """The number that a forwarded ticket has there."""
    step = Step("number", frozenset({Kind.TEXT}), longest=LONGEST_NUMBER)
    return Form(name=NUMBER, story="number", steps=(step,))


def forward(
    db: Connection,
    actor: Actor,
    ticket_id: int,
    *,
    version: int,
    authority: str,
    outside_number: str | None,
    said: str,
    now: datetime,
) -> Row[Any]:
    """Forward a ticket; `authority` is one of AUTHORITIES or words, `said` stands in the timeline.

    Raises:
        NotAllowed, Outdated, NotOpen, NoReason: as `desk.move` does.
    """
    actor.require(Permission.HANDLE_TICKETS)
    row = desk.move(
        db, actor, ticket_id, version=version, state=State.FORWARDED, reason=said, now=now
    )
    authorities.put(db, row.id, authority, outside_number)
    return again(db, row.id)


def takes_number(actor: Actor, ticket: Row[Any]) -> bool:
    """Whether this actor may say now which number a ticket has elsewhere."""
    forwarded = ticket.state == State.FORWARDED and ticket.authority is not None
    return forwarded and actor.may(Permission.HANDLE_TICKETS)


def set_number(
    db: Connection, actor: Actor, ticket_id: int, outside_number: str, now: datetime
) -> tuple[Row[Any], bool]:
    """Add or correct the number that a forwarded ticket has there; False if it was that one.

    Raises:
        NotAllowed: not an act for this role. NotOpen: it is forwarded no more.
    """
    actor.require(Permission.HANDLE_TICKETS)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or not takes_number(actor, ticket):
        raise NotOpen(ticket_id)
    if ticket.outside_number == outside_number:
        return ticket, False
    authorities.put_number(db, ticket_id, outside_number)
    tickets.add_event(
        db, ticket_id, "numbered", resident_id=None, now=now, text=outside_number,
        staff_id=actor.telegram_id,
    )  # fmt: skip
    audit.note(db, actor, Act.TICKET_NUMBER, ticket.number, now)
    return again(db, ticket_id), True
