"""Aspirations: what residents wish for their neighbourhood, its form and its filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.forms import Answers, Form, Kind, Step
from services.participation import Activity, log
from services.places import place_steps, read_place
from services.roles import Actor
from services.tickets import ASPIRATION, State, again, attach, resident_of
from storage import Connection, Row, tickets

PREFIX = "ASP"


def form(rts: tuple[str, ...]) -> Form:
    """What, where, done; `rts` are the RT numbers that can be chosen."""
    return Form(
        name="aspiration",
        story="description",
        steps=(
            Step("description", frozenset({Kind.TEXT, Kind.VOICE}), shortest=3),
            *place_steps(rts),
        ),
    )


@dataclass(frozen=True)
class Aspiration:
    """An aspiration as it was answered, ready to be filed."""

    rt: str | None
    point: tuple[float, float] | None  # latitude, longitude in degrees
    landmark: str | None
    description: str | None
    voices: tuple[str, ...]

    @classmethod
    def from_answers(cls, answers: Answers, rts: tuple[str, ...]) -> Aspiration:
        """Read the answers of the form."""
        place = read_place(answers, rts)
        return cls(
            rt=place.rt,
            point=place.point,
            landmark=place.landmark,
            description=answers["description"].get("text"),
            voices=tuple(answers["description"].get("voices", ())),
        )


def file(
    db: Connection, actor: Actor, new: Aspiration, *, draft_id: str, year: int, now: datetime
) -> Row[Any]:
    """File an aspiration and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number.
    """
    resident = resident_of(actor)
    known = tickets.by_draft(db, draft_id)
    if known is not None:
        return again(db, known.id)
    latitude, longitude = new.point or (None, None)
    ticket = tickets.NewTicket(
        number=tickets.next_number(db, PREFIX, year),
        type=ASPIRATION,
        state=State.RECEIVED,
        reporter_id=resident.id,
        draft_id=draft_id,
        rt=new.rt,
        latitude=latitude,
        longitude=longitude,
        landmark=new.landmark,
        description=new.description,
        hide_name=False,
    )
    ticket_id = tickets.add(db, ticket, now)
    event_id = tickets.add_event(db, ticket_id, "filed", resident_id=resident.id, now=now)
    attach(db, ticket_id, event_id, photos=(), voices=new.voices, now=now)
    log(db, resident, Activity.ASPIRATION_FILED, ticket.number, now)
    return again(db, ticket_id)
