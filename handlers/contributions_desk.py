"""Who brings what, for organisers: the list with names, and a tick for what was given."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers.activities import button_back, number_at, room, route
from handlers.buttons import in_rows, turning
from handlers.gotong_royong import kind_name
from handlers.taps import MAX_PAGE
from handlers.unit import Button, Unit
from services import attendance
from services import contributions as rules
from services.contributions import KINDS
from storage import Row, contributions
from storage.contributions import Kept

PEOPLE = 8  # residents on a page
COLUMNS = 2


def rows_of(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """The button of one activity that leads here, once there is something to see or to tick."""
    if not attendance.may_tick(row, unit.now) and not contributions.counts(unit.db, row.id):
        return []
    return [[Button("contribution.button.list", f"activity:gifts:{row.id}:0")]]


def on_list(unit: Unit, update: Update) -> None:
    """Who brings what, a page of it."""
    number, page = number_at(unit, 0), min(number_at(unit, 1), MAX_PAGE)
    row, found = rules.listed(unit.db, unit.actor, number, unit.now)
    page = min(page, max(len(found) - 1, 0) // PEOPLE)
    here = found[page * PEOPLE : (page + 1) * PEOPLE]
    lines = [_line(unit, person, kept) for person, kept in here]
    ticking = attendance.may_tick(row, unit.now)
    rows = [[_name(unit, row, person)] for person, _ in here] if ticking else []
    rows += turning(
        page,
        len(found) > (page + 1) * PEOPLE,
        lambda other: f"activity:gifts:{row.id}:{other}",
        before="activity.button.before",
        after="activity.button.after",
    )
    if ticking:
        rows.append([Button("contribution.button.other", f"activity:givers:{row.id}:0")])
    key = "contribution.list" if found else "contribution.none"
    head = unit.phrases.html(key, title=row.title, count=len(found))
    unit.say("\n".join([head, *lines]), [*rows, button_back(row)], in_place=True)


def _line(unit: Unit, person: Row[Any], kept: dict[str, Kept]) -> Html:
    """One resident: what he brings, a tick at what was given, his words."""
    unit.shows(person.id)
    kinds = ", ".join(_kind(unit, kept[kind]) for kind in KINDS if kind in kept)
    words = next((one.words for one in kept.values() if one.words), None)
    key = "contribution.line_words" if words else "contribution.line"
    return unit.phrases.html(
        key, name=person.name, kinds=kinds, **({"words": words} if words else {})
    )


def _kind(unit: Unit, one: Kept) -> str:
    name = kind_name(unit.phrases, one.kind)
    return unit.phrases.plain("form.choice.chosen", label=name) if one.given_at else name


def _name(unit: Unit, row: Row[Any], person: Row[Any]) -> Button:
    unit.shows(person.id)
    key = "contribution.button.person"
    label = shortened(person.name, room(unit, key, ""))
    return Button(key, f"activity:giver:{row.id}:{person.id}", {"label": label})


def on_others(unit: Unit, update: Update) -> None:
    """Everybody who may have brought something, also who said nothing: a page of names."""
    number, page = number_at(unit, 0), min(number_at(unit, 1), MAX_PAGE)
    row, people = attendance.checklist(
        unit.db, unit.actor, number, limit=PEOPLE + 1, offset=page * PEOPLE, now=unit.now
    )
    rows = [[_name(unit, row, person)] for person in people[:PEOPLE]]
    rows += turning(
        page,
        len(people) > PEOPLE,
        lambda other: f"activity:givers:{row.id}:{other}",
        before="activity.button.before",
        after="activity.button.after",
    )
    unit.show("contribution.who", [*rows, *_back(row)], title=row.title)


def _back(row: Row[Any]) -> list[list[Button]]:
    return [[Button("contribution.button.list", f"activity:gifts:{row.id}:0")]]


def on_person(unit: Unit, update: Update) -> None:
    """One resident: what he has given, kind by kind."""
    _person(unit, number_at(unit, 0), number_at(unit, 1))


def on_give(unit: Unit, update: Update) -> None:
    """A kind was tapped: given, or not given after all."""
    number, person = number_at(unit, 0), number_at(unit, 1)
    kind, wanted = [*unit.values[2:], "", ""][:2]
    given = wanted == "yes"
    if not rules.tick(unit.db, unit.actor, number, person, kind, given=given, now=unit.now):
        return unit.notice("form.noted")  # a double tap: the message shows it already
    _person(unit, number, person)


def _person(unit: Unit, number: int, person: int) -> None:
    row, line, kept = rules.of_one(unit.db, unit.actor, number, person, unit.now)
    unit.shows(person)
    buttons = [_tick(unit, row, person, kind, kept.get(kind)) for kind in KINDS]
    words = next((one.words for one in kept.values() if one.words), None)
    said = [unit.phrases.html("contribution.words", words=words)] if words else []
    head = unit.phrases.html("contribution.given", name=line.name, title=row.title)
    unit.say("\n".join([head, *said]), [*in_rows(buttons, COLUMNS), *_back(row)], in_place=True)


def _tick(unit: Unit, row: Row[Any], person: int, kind: str, kept: Kept | None) -> Button:
    given = kept is not None and kept.given_at is not None
    wanted = "no" if given else "yes"  # a double tap must not undo itself
    key = "form.choice.chosen" if given else "activity.button.person"
    label = kind_name(unit.phrases, kind)
    return Button(key, f"activity:give:{row.id}:{person}:{kind}:{wanted}", {"label": label})


ROUTES = (
    route("gifts", on_list),
    route("givers", on_others),
    route("giver", on_person),
    route("give", on_give),
)
