"""Messages to staff: their form, their filing, and how staff carry them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services import tickets
from services.complaint_form import MAX_PHOTOS
from services.forms import Answers, Form, Kind, Step
from services.roles import Actor
from services.tickets import MESSAGE, State, again
from storage import Connection, Row, messages

S = State
_NEXT = (S.DONE, S.FORWARDED, S.ARCHIVED)
# Done is answered. Staff may answer once more; who asked opens it again by writing back.
MOVES: dict[State, tuple[State, ...]] = {
    S.RECEIVED: _NEXT,
    S.FORWARDED: _NEXT,
    S.REOPENED: _NEXT,
    S.DONE: (S.DONE,),
    S.ARCHIVED: (S.DONE,),
}


def form() -> Form:
    """What is to be said, and a photo if it helps; where the person lives is known."""
    return Form(
        name="message",
        story="words",
        steps=(
            Step("words", frozenset({Kind.TEXT, Kind.VOICE}), shortest=3),
            Step("photos", frozenset({Kind.PHOTO}), optional=True, most=MAX_PHOTOS),
        ),
    )


@dataclass(frozen=True)
class StaffMessage:
    """A message as it was answered, ready to be filed."""

    rt: str | None  # where its sender lives
    description: str | None
    voices: tuple[str, ...]
    photos: tuple[str, ...]
    topic: str | None = None  # slug of the page from which it was asked
    point: tuple[float, float] | None = None
    landmark: str | None = None
    hide_name: bool = False  # RT heads do not see messages at all

    @classmethod
    def from_answers(
        cls, answers: Answers, *, rt: str | None, topic: str | None = None
    ) -> StaffMessage:
        """Read the answers of the form; `rt` is that of its sender."""
        words = answers["words"]
        return cls(
            rt=rt,
            description=words.get("text"),
            voices=tuple(words.get("voices", ())),
            photos=tuple(answers.get("photos", {}).get("photos", ())),
            topic=topic,
        )


def file(
    db: Connection, actor: Actor, new: StaffMessage, *, draft_id: str, year: int, now: datetime
) -> Row[Any]:
    """File a message and give its ticket; a draft that was filed before gives the same one.

    `year` is the year in the kelurahan's zone, for the number.
    """
    row, is_new = tickets.file(
        db, actor, new, type_=MESSAGE, draft_id=draft_id, year=year, now=now
    )
    if is_new:
        messages.add(db, row.id, topic=new.topic)
    return again(db, row.id)
