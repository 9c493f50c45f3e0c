"""Who came to gotong royong: a checklist of names, for organisers only."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers.activities import button_back, number_at, room, route
from handlers.buttons import turning
from handlers.unit import Button, Unit
from services import attendance
from storage import Row, gotong_royong

PEOPLE = 8  # residents on a page


def on_attend(unit: Unit, update: Update) -> None:
    """The checklist, a page of it."""
    _checklist(unit, number_at(unit, 0), number_at(unit, 1))


def on_tick(unit: Unit, update: Update) -> None:
    """A name was tapped: there, or not there after all."""
    occurrence_id, resident_id, page = number_at(unit, 0), number_at(unit, 1), number_at(unit, 3)
    came = unit.values[2] == "yes"
    if not attendance.mark(unit.db, unit.actor, occurrence_id, resident_id, came, unit.now):
        return unit.notice("form.noted")  # a double tap: the list shows it already
    _checklist(unit, occurrence_id, page)


def _checklist(unit: Unit, occurrence_id: int, page: int) -> None:
    page = min(page, 10_000)
    row, people = attendance.checklist(
        unit.db, unit.actor, occurrence_id, limit=PEOPLE + 1, offset=page * PEOPLE, now=unit.now
    )
    rows = [[_person(unit, row, person, page)] for person in people[:PEOPLE]]
    turn = turning(
        page,
        len(people) > PEOPLE,
        lambda number: f"activity:attend:{row.id}:{number}",
        before="activity.button.before",
        after="activity.button.after",
    )
    unit.show(
        "activity.checklist",
        [*rows, *turn, button_back(row)],
        title=row.title,
        count=gotong_royong.attended(unit.db, row.id, attendance.rts_to_tick(unit.actor, row)),
    )


def _person(unit: Unit, row: Row[Any], person: Row[Any], page: int) -> Button:
    unit.shows(person.id)
    wanted = "no" if person.came else "yes"  # a double tap must not undo itself
    key = "form.choice.chosen" if person.came else "activity.button.person"
    data = f"activity:tick:{row.id}:{person.id}:{wanted}:{page}"

    def label(name: str) -> str:
        said_yes = person.answer == "come"
        return unit.phrases.plain("activity.said_yes", name=name) if said_yes else name

    return Button(key, data, {"label": label(shortened(person.name, room(unit, key, label(""))))})


ROUTES = (route("attend", on_attend), route("tick", on_tick))
