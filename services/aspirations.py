"""Aspirations: filing one, similar ones, changing one's own, supporting somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services import tickets as tickets_of
from services.aspiration_form import Aspiration
from services.desk import Outdated
from services.forms import photo_of
from services.participation import Activity, log, take_back
from services.roles import Actor, Permission
from services.similar import MAX_SIMILAR, box_around, is_near, reads_alike
from services.tickets import (
    ASPIRATION,
    OPEN_STATES,
    Helped,
    NotOpen,
    NotYours,
    State,
    again,
    attach,
    mine_locked,
    resident_of,
)  # fmt: skip
from storage import Connection, Row, aspirations, tasks, ticket_files, tickets
from storage.aspirations import Content, Details

SIMILAR_WISH = 65.0  # 0–100, as SIMILAR_TEXT: of short wishes without their general words
UNSEEN = (State.WITHDRAWN,)  # by other residents
UNLISTED = (State.WITHDRAWN, State.MERGED)  # what was merged is listed as the other one


class OwnAspiration(Exception):
    """Nobody supports what he proposed himself."""


def file(
    db: Connection,
    actor: Actor,
    new: Aspiration,
    *,
    draft_id: str,
    year: int,
    now: datetime,
    helped: Helped | None = None,
) -> Row[Any]:
    """File an aspiration and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number; `helped` is for whom it is filed,
    if not for the actor himself.
    """
    row, is_new = tickets_of.file(
        db, actor, new, type_=ASPIRATION, draft_id=draft_id, year=year, now=now,
        helped=helped,
    )  # fmt: skip
    if is_new:
        aspirations.add(db, row.id, _details(new))
    return again(db, row.id)


def _details(new: Aspiration) -> Details:
    volume, unit = new.amount or (None, None)
    return Details(
        problem=new.problem,
        pillar=new.pillar,
        field=new.field,
        households=new.households,
        contributions=list(new.contributions),
        volume=volume,
        unit=unit,
    )


def similar(db: Connection, new: Aspiration, telling: Callable[[str], str]) -> list[Row[Any]]:
    """Open aspirations of the same RT or within 250 m that wish for something similar.

    `telling` leaves of a text the words that say what it is about: "mohon" is in all of them.
    """
    box = box_around(new.point)
    found = aspirations.nearby(db, states=OPEN_STATES, box=box, rt=new.rt)
    mine = telling(new.description or "")
    alike = [
        row
        for row in found
        if ((new.rt is not None and row.rt == new.rt) or is_near(new, row))
        and reads_alike(mine, telling(row.description or ""), SIMILAR_WISH)
    ]
    return alike[:MAX_SIMILAR]


def may_edit(actor: Actor, ticket: Row[Any]) -> bool:
    """Whether it is the actor's own aspiration that staff have not taken up yet."""
    return (
        actor.resident is not None
        and ticket.reporter_id == actor.resident.id
        and ticket.type == ASPIRATION
        and ticket.state == State.RECEIVED
    )


def edit(
    db: Connection, actor: Actor, number: str, new: Aspiration, *, version: int, now: datetime
) -> Row[Any]:
    """Put what the author says now in place of what he said; `version` is the one he saw.

    What staff looked at before is outdated then, so that they act on what it says now. Where it
    says all that already, nothing is done, and the version stays.

    Raises:
        NotYours: somebody else filed it, or nobody. Outdated: staff took it up, or it was changed.
    """
    resident, ticket = resident_of(actor), mine_locked(db, actor, number)
    if ticket.reporter_id != resident.id:
        raise NotYours(number)
    if not may_edit(actor, ticket) or ticket.version != version:
        raise Outdated(number)
    latitude, longitude = new.point or (None, None)
    content = Content(new.rt, latitude, longitude, new.landmark, new.description)
    details, known = _details(new), aspirations.own_media(db, ticket.id)
    if _says(ticket, content, details) and _has(known, new):
        return ticket
    tickets.move(db, ticket.id, version=version, state=State.RECEIVED, now=now)
    aspirations.change(db, ticket.id, content, details)
    event_id = tickets.add_event(db, ticket.id, "edited", resident_id=resident.id, now=now)
    _change_files(db, ticket.id, event_id, known, new, now)
    return again(db, ticket.id)


def _says(ticket: Row[Any], content: Content, details: Details) -> bool:
    """Whether a ticket says all that already."""
    said = {**content._asdict(), **details._asdict()}
    return all(getattr(ticket, name) == value for name, value in said.items())


def _has(known: list[Row[Any]], new: Aspiration) -> bool:
    """Whether these are its photos and voice notes."""
    return {photo_of(m.kind, m.file_id) for m in known} == {*new.photos, *new.voices}


def _change_files(
    db: Connection,
    ticket_id: int,
    event_id: int,
    known: list[Row[Any]],
    new: Aspiration,
    now: datetime,
) -> None:
    """Attach what is new, forget what was taken out, and have its files removed."""
    old = {photo_of(medium.kind, medium.file_id) for medium in known}
    wanted = {*new.photos, *new.voices}
    photos = tuple(file_id for file_id in new.photos if file_id not in old)
    voices = tuple(file_id for file_id in new.voices if file_id not in old)
    attach(db, ticket_id, event_id, photos=photos, voices=voices, now=now)
    gone = [m.id for m in known if photo_of(m.kind, m.file_id) not in wanted]
    if gone:
        ticket_files.remove_media(db, gone)
        tasks.add(db, "discard", {"media": gone}, now)


def support(db: Connection, actor: Actor, ticket_id: int, now: datetime) -> None:
    """Support somebody else's open aspiration and hear of it from then on; counted once.

    Raises:
        NotOpen: there is none that could be supported. OwnAspiration: the actor proposed it.
    """
    resident, ticket = resident_of(actor), tickets.get(db, ticket_id, lock=True)
    if aspirations.shown(db, ticket_id, UNSEEN) is None or ticket is None:
        raise NotOpen(ticket_id)
    if ticket.reporter_id == resident.id:
        raise OwnAspiration(ticket_id)
    if ticket.state not in OPEN_STATES:
        raise NotOpen(ticket_id)
    if tickets.follow(db, ticket_id, resident.id, now):
        log(db, resident, Activity.ASPIRATION_SUPPORTED, ticket.number, now)


def stop_supporting(db: Connection, actor: Actor, ticket_id: int) -> None:
    """Support it no more: the act is taken out of the log. Words that came with it stay.

    Nothing more is kept by that, so nobody has to agree to a new text first.

    Raises:
        NotOpen: there is no such aspiration.
    """
    actor.require(Permission.USE)
    resident = resident_of(actor, Permission.READ)
    ticket = tickets.get(db, ticket_id, lock=True)
    if ticket is None or ticket.type != ASPIRATION:
        raise NotOpen(ticket_id)
    if tickets.unfollow(db, ticket_id, resident.id):
        take_back(db, resident, (Activity.ASPIRATION_SUPPORTED,), ticket.number)
