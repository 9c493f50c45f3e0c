"""Staff and the reporter of a ticket write to each other; its state stays as it is.

Neither sees the other's account. What they write is for them: nobody else sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services import audit
from services.audit import Act
from services.complaint_form import addition_form
from services.forms import Form, Kind, Step
from services.roles import Actor, Permission
from services.tickets import (
    MESSAGE,
    OPEN_STATES,
    NotOpen,
    NotYours,
    add_to,
    again,
    mine_locked,
    resident_of,
)
from storage import Connection, Row, residents, tickets
from storage.residents import Notice
from storage.ticket_files import REPLIED

WRITE, REPLY = "write", "reply"  # forms
WRITTEN = "written"  # a line of the timeline that only the two see, as is REPLIED
LONGEST = 500  # characters: fits every message and card that shows it
WAITS = timedelta(hours=24)  # how long what the reporter types at any time may be his reply


def write_form() -> Form:
    """What staff write: shown once more before it is sent."""
    text = Step("text", frozenset({Kind.TEXT}), shortest=2, longest=LONGEST)
    return Form(name=WRITE, story="text", steps=(text,))


def reply_form() -> Form:
    """What the reporter answers: words, voice or photos, as in an addition."""
    return Form(name=REPLY, story="words", steps=addition_form().steps)


def takes_letters(db: Connection, ticket: Row[Any]) -> bool:
    """Whether its reporter can be written to: he must be able to read and to answer.

    A message to staff has an answer of its own.
    """
    if ticket.reporter_id is None or ticket.type == MESSAGE or ticket.state not in OPEN_STATES:
        return False
    person = residents.get(db, ticket.reporter_id)
    return person.hears(Notice.FOLLOW_UPS) and not person.blocked


def may_write(db: Connection, actor: Actor, ticket: Row[Any]) -> bool:
    """Whether this actor may write to the reporter of a ticket now."""
    return actor.may(Permission.HANDLE_TICKETS) and takes_letters(db, ticket)


def write(db: Connection, actor: Actor, ticket_id: int, words: str, now: datetime) -> Row[Any]:
    """Write to the reporter of a ticket.

    Raises:
        NotAllowed: not an act for this role. NotOpen: it is closed, or nobody is there to read it.
    """
    actor.require(Permission.HANDLE_TICKETS)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or not may_write(db, actor, ticket):
        raise NotOpen(ticket_id)
    tickets.add_event(
        db, ticket_id, WRITTEN, resident_id=None, now=now, text=words,
        staff_id=actor.telegram_id,
    )  # fmt: skip
    audit.note(db, actor, Act.TICKET_WRITE, ticket.number, now)
    return again(db, ticket_id)


def may_reply(actor: Actor, ticket: Row[Any]) -> bool:
    """Whether it is the actor's own ticket, and one that takes more."""
    me = actor.resident
    mine = me is not None and ticket.reporter_id == me.id
    return mine and ticket.type != MESSAGE and ticket.state in OPEN_STATES


def reply(
    db: Connection,
    actor: Actor,
    number: str,
    *,
    words: str | None,
    voices: tuple[str, ...],
    photos: tuple[str, ...],
    now: datetime,
) -> Row[Any]:
    """What the reporter answers: an addition that those who joined do not see.

    Raises:
        NotYours: somebody else filed it. NotOpen: it is closed meanwhile.
    """
    resident = resident_of(actor)
    if mine_locked(db, actor, number).reporter_id != resident.id:
        raise NotYours(number)
    return add_to(
        db, actor, number, words=words, voices=voices, photos=photos, now=now, kind=REPLIED
    )


def for_others(events: list[Row[Any]]) -> list[Row[Any]]:
    """The lines of a timeline without those that only staff of the kelurahan and the reporter see.

    Neither who joined sees these, nor an RT head, nor who opens an export.
    """
    return [event for event in events if event.kind not in (WRITTEN, REPLIED)]


def awaits_reply(db: Connection, actor: Actor, now: datetime) -> str | None:
    """The number of the actor's own ticket on which staff wrote to him just now."""
    if actor.resident is None:
        return None
    return tickets.unanswered(db, actor.resident.id, WRITTEN, OPEN_STATES, since=now - WAITS)
