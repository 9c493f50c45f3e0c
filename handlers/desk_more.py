"""More about one ticket at the desk: its whole history, its point on the map, similar ones."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers import desk, ticket_view
from handlers.buttons import turning
from handlers.desk_view import came_from
from handlers.routes import tap
from handlers.taps import page_in
from handlers.unit import Button, Unit
from services import neighbours
from services.roles import Permission
from storage import Row

EVENTS = 8  # of the history in one message
EVENT_WORDS = 400  # UTF-16 units of each: eight fit one message
LABEL_PLACE = 40


def on_history(unit: Unit, update: Update) -> None:
    """Everything that happened to a ticket, from the beginning; colleagues by their names."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    events = desk.events_for(unit, row)
    last = max(len(events) - 1, 0) // EVENTS
    page = min(page_in(unit.values[1]) if len(unit.values) > 1 else 0, last)
    unit.shown.clear()
    unit.shows(row.reporter_id)  # staff may have written his name
    named = unit.actor.may(Permission.HANDLE_TICKETS)
    lines = [
        desk.event_line(unit, row, event, EVENT_WORDS, by_whom=named)
        for event in events[page * EVENTS : (page + 1) * EVENTS]
    ]
    head = unit.phrases.html("desk.history", number=row.number, page=page + 1, count=last + 1)
    rows = turning(page, page < last, lambda number: f"desk:history:{row.id}:{number}")
    unit.say("\n".join([head, "", *lines]), [*rows, [_back(unit, row)]], in_place=True)


def _back(unit: Unit, row: Row[Any]) -> Button:
    return came_from(unit).ticket_button("desk.button.to_ticket", row.id, number=row.number)


def on_map(unit: Unit, update: Update) -> None:
    """The point of a ticket, as Telegram shows places: a tap leads there."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    if row.latitude is None:
        return unit.notice("desk.no_point")
    unit.call("sendLocation", {"latitude": row.latitude, "longitude": row.longitude})


def on_similar(unit: Unit, update: Update) -> None:
    """Tickets that may be about the same; each opens."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    telling = unit.world.vocabulary.telling
    found = neighbours.like(unit.db, unit.actor, row, telling, unit.now)
    unit.shown.clear()
    view, lines, rows = came_from(unit), [], []
    for other in found:
        lines.append(similar_line(unit, other))
        rows.append([desk.ticket_button(unit, view, other)])
    key = "desk.similar" if found else "desk.no_similar"
    head = unit.phrases.html(key, number=row.number)
    unit.say("\n".join([head, *lines]), [*rows, [_back(unit, row)]], in_place=True)


def similar_line(unit: Unit, row: Row[Any]) -> str:
    """One of them: number, place, day, first words."""
    return unit.phrases.html(
        "desk.similar_line",
        number=row.number,
        place=shortened(ticket_view.place_of(unit, row), LABEL_PLACE),
        words=ticket_view.words_of(unit, row, desk.LINE_WORDS),
        when=unit.day(row.created_at),
    )


ROUTES = (
    tap("desk:history", on_history, needs=Permission.SEE_TICKETS),
    tap("desk:map", on_map, needs=Permission.SEE_TICKETS),
    tap("desk:similar", on_similar, needs=Permission.SEE_TICKETS),
)
