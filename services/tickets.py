"""Tickets of every type: their states and moves, and what residents may do with them.

The states and their wording follow the field's practice (LAPOR!): received, incomplete, verified,
forwarded, in progress, done, and the ends that carry a reason.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from services import audit
from services.audit import Act
from services.forms import medium_of
from services.participation import Activity, log_on
from services.roles import Actor, Permission
from storage import Connection, Row, residents, tasks, ticket_files, tickets
from storage.residents import Resident

COMPLAINT, ASPIRATION, MESSAGE = "complaint", "aspiration", "message"
TYPES = (COMPLAINT, ASPIRATION, MESSAGE)


class State(StrEnum):
    """Where a ticket is; the value is the word in the database, the export and the filters."""

    RECEIVED = "diterima"
    NEEDS_DATA = "perlu-data"
    VERIFIED = "diverifikasi"
    FORWARDED = "diteruskan"
    IN_PROGRESS = "diproses"
    DONE = "selesai"
    NOT_OURS = "bukan-wewenang"
    MERGED = "digabung"
    ARCHIVED = "diarsipkan"
    REOPENED = "dibuka-lagi"
    WITHDRAWN = "dicabut"


S = State
NEW_STATES = (S.RECEIVED, S.REOPENED)
OPEN_STATES = (*NEW_STATES, S.NEEDS_DATA, S.VERIFIED, S.FORWARDED, S.IN_PROGRESS)
_ENDS = (S.NOT_OURS, S.MERGED, S.ARCHIVED)
MOVES: dict[State, tuple[State, ...]] = {
    S.RECEIVED: (S.VERIFIED, S.NEEDS_DATA, S.FORWARDED, S.IN_PROGRESS, *_ENDS),
    S.NEEDS_DATA: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS, *_ENDS),
    S.VERIFIED: (S.IN_PROGRESS, S.FORWARDED, S.DONE, S.NEEDS_DATA, *_ENDS),
    S.FORWARDED: (S.IN_PROGRESS, S.DONE, S.FORWARDED, S.NEEDS_DATA, S.ARCHIVED),
    S.IN_PROGRESS: (S.DONE, S.FORWARDED, S.NEEDS_DATA, S.ARCHIVED),
    S.REOPENED: (S.VERIFIED, S.IN_PROGRESS, S.FORWARDED, S.DONE, S.NEEDS_DATA, *_ENDS),
    S.DONE: (S.REOPENED,),
    S.NOT_OURS: (S.REOPENED,),
    S.ARCHIVED: (S.REOPENED,),
    S.MERGED: (),
    S.WITHDRAWN: (),
}
# Moves that must say why, to whom, or with which other ticket; the rest speak for themselves.
REASONED = frozenset({S.NEEDS_DATA, S.FORWARDED, S.NOT_OURS, S.MERGED, S.ARCHIVED, S.REOPENED})


class NotYours(Exception):
    """A ticket that the actor neither filed nor joined."""


class NotOpen(Exception):
    """A ticket that is in no state for this act."""


def resident_of(actor: Actor, permission: Permission = Permission.USE) -> Resident:
    """The resident who acts; only one who consented may, and keep more only as he agreed now.

    Raises:
        NotAllowed: the actor lacks the permission.
    """
    actor.require(permission)
    assert actor.resident is not None, "consent is asked before anything is kept"
    assert actor.agreed or permission is Permission.READ, "and again when its text changes"
    return actor.resident


def attach(
    db: Connection,
    ticket_id: int,
    event_id: int,
    *,
    photos: tuple[str, ...],
    voices: tuple[str, ...],
    now: datetime,
) -> None:
    """Attach files by Telegram's id and queue their download."""
    media = [ticket_files.Medium(*medium_of(photo)) for photo in photos]
    media += [ticket_files.Medium("voice", file_id) for file_id in voices]
    for medium_id in ticket_files.add_media(db, ticket_id, event_id, media):
        tasks.add(db, "download", {"medium_id": medium_id}, now)


@dataclass(frozen=True)
class Helped:
    """Somebody without Telegram who agreed aloud that a ticket is filed for him."""

    name: str | None  # what he is called, so that who helped knows whom to tell


class Filing(Protocol):
    """What a person answered, whatever the type of the ticket."""

    @property
    def rt(self) -> str | None: ...
    @property
    def point(self) -> tuple[float, float] | None: ...
    @property
    def landmark(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...
    @property
    def voices(self) -> tuple[str, ...]: ...
    @property
    def photos(self) -> tuple[str, ...]: ...
    @property
    def hide_name(self) -> bool: ...


def file(
    db: Connection,
    actor: Actor,
    new: Filing,
    *,
    type_: str,
    draft_id: str,
    year: int,
    now: datetime,
    helped: Helped | None = None,
) -> tuple[Row[Any], bool]:
    """File a ticket; gives it, and False where the draft was filed before: then it is that one.

    `year` is the year in the kelurahan's zone, for the number. With `helped` it is filed for
    somebody without Telegram; who helps is its reporter and hears what becomes of it.

    Raises:
        NotAllowed: the actor may not act for others.
    """
    resident = resident_of(actor)
    if helped is not None:
        actor.require(Permission.ASSIST)
    known = tickets.by_draft(db, draft_id)
    if known is not None:
        return again(db, known.id), False
    prefix, activity = FILED[type_]
    latitude, longitude = new.point or (None, None)
    ticket = tickets.NewTicket(
        number=tickets.next_number(db, prefix, year), type=type_, state=State.RECEIVED,
        reporter_id=resident.id, draft_id=draft_id, rt=new.rt,
        latitude=latitude, longitude=longitude, landmark=new.landmark,
        description=new.description, hide_name=new.hide_name,
        assisted_as=secrets.token_hex(8) if helped else None,
        on_behalf=helped.name if helped else None,
    )  # fmt: skip
    ticket_id = tickets.add(db, ticket, now)
    event_id = tickets.add_event(db, ticket_id, "filed", resident_id=resident.id, now=now)
    attach(db, ticket_id, event_id, photos=new.photos, voices=new.voices, now=now)
    filed = again(db, ticket_id)
    log_on(db, resident, filed, activity, now)
    if helped is not None:
        audit.note(db, actor, Act.TICKET_ASSIST, ticket.number, now)
    return filed, True


# What residents do with their tickets


def mine(db: Connection, actor: Actor, number: str) -> Row[Any] | None:
    """A ticket that the actor filed or joined; None for any other number, known or not.

    One that staff hid is seen by its reporter alone.
    """
    resident = resident_of(actor, Permission.READ)
    ticket = tickets.by_number(db, number)
    if ticket is None or ticket.reporter_id == resident.id:
        return ticket
    joined = not ticket.hidden and tickets.is_follower(db, ticket.id, resident.id)
    return ticket if joined else None


def mine_locked(db: Connection, actor: Actor, number: str) -> Row[Any]:
    """A ticket that the actor filed or joined, kept as it is until the transaction ends.

    Raises:
        NotYours: it is none of these.
    """
    actor.require(Permission.USE)
    found = mine(db, actor, number)
    locked = tickets.get(db, found.id, lock=True) if found is not None else None
    if locked is None:
        raise NotYours(number)
    return locked


def add_to(
    db: Connection,
    actor: Actor,
    number: str,
    *,
    words: str | None,
    voices: tuple[str, ...],
    photos: tuple[str, ...],
    now: datetime,
    kind: str = "added",
) -> Row[Any]:
    """Add words, voice or photos to one's own or a joined ticket that takes them.

    What staff asked for is there then: such a ticket waits to be looked at again. So does a
    message that was answered. `kind` is that of the line in the timeline.

    Raises:
        NotYours, NotOpen: as the names say.
    """
    resident, ticket = resident_of(actor), mine_locked(db, actor, number)
    if not takes_more(ticket):
        raise NotOpen(number)
    event_id = tickets.add_event(db, ticket.id, kind, resident_id=resident.id, now=now, text=words)
    attach(db, ticket.id, event_id, photos=photos, voices=voices, now=now)
    if ticket.state in WAKES:
        state = WAKES[State(ticket.state)]
        tickets.move(db, ticket.id, version=ticket.version, state=state, now=now)
    log_on(db, resident, ticket, ADDED[ticket.type], now)
    return again(db, ticket.id)


def takes_more(ticket: Row[Any]) -> bool:
    """Whether residents may add to it: while it is open, and to an answer they may write back."""
    answered = ticket.type == MESSAGE and ticket.state == S.DONE
    return ticket.state in OPEN_STATES or answered


FILED = {
    COMPLAINT: ("DRN", Activity.COMPLAINT_FILED),
    ASPIRATION: ("ASP", Activity.ASPIRATION_FILED),
    MESSAGE: ("PSN", Activity.MESSAGE_SENT),
}
ADDED = {
    COMPLAINT: Activity.COMPLAINT_ADDED_TO,
    ASPIRATION: Activity.ASPIRATION_ADDED_TO,
    MESSAGE: Activity.MESSAGE_ADDED_TO,
}
WAKES = {S.NEEDS_DATA: S.RECEIVED, S.DONE: S.REOPENED}  # states that an addition changes


def withdraw(db: Connection, actor: Actor, number: str, now: datetime) -> Row[Any]:
    """Withdraw one's own ticket.

    Raises:
        NotYours: somebody else filed it. NotOpen: it cannot be withdrawn any more.
    """
    resident, ticket = resident_of(actor, Permission.READ), mine_locked(db, actor, number)
    if ticket.reporter_id != resident.id:
        raise NotYours(number)
    if ticket.state not in OPEN_STATES:
        raise NotOpen(number)
    tickets.move(db, ticket.id, version=ticket.version, state=S.WITHDRAWN, now=now)
    tickets.add_event(db, ticket.id, "withdrawn", resident_id=resident.id, now=now)
    return again(db, ticket.id)


def audience(db: Connection, ticket: Row[Any]) -> list[Resident]:
    """Who hears of a change: the reporter, and who joined unless staff hid the ticket."""
    ids = [ticket.reporter_id] if ticket.reporter_id is not None else []
    if not ticket.hidden:
        ids += [i for i in tickets.followers(db, ticket.id) if i not in ids]
    return [residents.get(db, resident_id) for resident_id in ids]


def again(db: Connection, ticket_id: int) -> Row[Any]:
    """The ticket as it is now."""
    row = tickets.get(db, ticket_id)
    assert row is not None
    return row
