"""Aspirations: what residents wish for their neighbourhood, its form and its filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services import tickets
from services.forms import Answers, Form, Kind, Step
from services.places import place_steps, read_place
from services.roles import Actor
from services.tickets import ASPIRATION
from storage import Connection, Row


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
    photos: tuple[str, ...] = ()
    hide_name: bool = False  # RT heads see no name on an aspiration anyway

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
    row, _ = tickets.file(db, actor, new, type_=ASPIRATION, draft_id=draft_id, year=year, now=now)
    return row
