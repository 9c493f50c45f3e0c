"""Until when something is owed: how staff and residents read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel.dates import format_datetime

from content.phrases import Html
from handlers.unit import LOCALE, Button, Buttons, Unit
from services import deadlines as rules
from services.deadlines import Deadlines
from storage import Row

ASK = Button("message.button.ask", "message:ask")


def settled(unit: Unit, row: Row[Any]) -> Row[Any]:
    """A ticket that was filed or moved just now, with the deadline of its new state."""
    return rules.settle(unit.db, row, Deadlines.of(unit.settings), unit.now)


def renewed(unit: Unit, row: Row[Any]) -> Row[Any]:
    """A ticket whose people heard something from staff just now, with its next deadline."""
    return rules.renew(unit.db, row, Deadlines.of(unit.settings), unit.now)


def waits_for(unit: Unit, row: Row[Any], moment: datetime) -> Row[Any]:
    """A ticket of which people were told just now what will happen at that moment."""
    rules_of = Deadlines.of(unit.settings)
    return rules.wait_for(unit.db, settled(unit, row), rules_of, moment)


def confirm(unit: Unit, key: str, row: Row[Any], buttons: Buttons, **values: Any) -> None:
    """Say that something was done with a ticket, and what may be expected now."""
    text = unit.phrases.html(key, number=row.number, **values)
    unit.say("\n\n".join([text, *target(unit, row)]), buttons, in_place=True)


def target(unit: Unit, row: Row[Any]) -> list[Html]:
    """What a resident may expect and when; or that it is late, and how to ask."""
    what = rules.owed(row.type, row.state)
    if row.due_at is None or what is None:
        return []
    day = format_datetime(
        row.due_at, "EEEE, d MMMM y", tzinfo=unit.settings.kelurahan.zone, locale=LOCALE
    )
    if rules.is_late(row, unit.now):
        return [unit.phrases.html("deadline.missed", day=day)]
    return [unit.phrases.html(f"deadline.target.{what}", day=day)]


def ask_buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """The way to ask staff about a ticket that is late."""
    return [[ASK]] if rules.is_late(row, unit.now) else []


def until(unit: Unit, row: Row[Any]) -> list[Html]:
    """The line of a card: until when. It stays true however long the card is not changed."""
    if row.due_at is None:
        return []
    return [unit.phrases.html("deadline.until", day=short_day(unit, row.due_at))]


def late(unit: Unit, row: Row[Any]) -> list[Html]:
    """How late a ticket is today, if it is."""
    if not rules.is_late(row, unit.now):
        return []
    days = days_late(unit, row)
    if days == 0:  # the day was missed, and no working day went by since
        return [unit.phrases.html("deadline.just_late")]
    return [unit.phrases.html("deadline.late", days=days)]


def in_line(unit: Unit, row: Row[Any]) -> Html:
    """The end of a ticket's line in a list: until when, or how late it is; nothing for none."""
    said = late(unit, row) or until(unit, row)
    return unit.phrases.html("deadline.in_line", said=said[0]) if said else Html("")


def days_late(unit: Unit, row: Row[Any]) -> int:
    """How many working days ago the deadline of a ticket was."""
    return Deadlines.of(unit.settings).days_late(row.due_at, unit.now)


def short_day(unit: Unit, moment: datetime) -> str:
    """A day in the kelurahan's zone: "Rab, 2 Des"."""
    zone = unit.settings.kelurahan.zone
    return format_datetime(moment, "EEE, d MMM", tzinfo=zone, locale=LOCALE)
