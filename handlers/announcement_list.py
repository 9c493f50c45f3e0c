"""The last announcements, and the one that a button names."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import announcement_view as view
from handlers import forms
from handlers.routes import command
from handlers.taps import number_in
from handlers.unit import Button, Unit
from services.markup import visible
from services.roles import Permission
from storage import Row
from storage import announcements as stored

LISTED = 5
LINE_WORDS = 60  # UTF-16 units of an announcement in the list


def overview(unit: Unit, update: Update) -> None:
    """/pengumuman: the last announcements with what became of them, and a new one."""
    rows = stored.latest(unit.db, LISTED)
    lines = [_line(unit, row) for row in rows]
    key = "announcement.list" if rows else "announcement.none"
    buttons = [[Button("announcement.button.new", "announcement:new")]]
    buttons += [[_open_button(unit, row)] for row in rows]
    buttons.append([Button("lesson.button.plan", "lesson:plan")])
    unit.say("\n".join([unit.phrases.html(key), *lines]), buttons)
    forms.offer_resume(unit)


def _line(unit: Unit, row: Row[Any]) -> Html:
    return unit.phrases.html(
        "announcement.line",
        when=unit.moment(row.send_at),
        words=words_of(row, LINE_WORDS),
        state=unit.phrases.plain(f"announcement.state.{row.state}"),
        number=view.number(stored.tally(unit.db, row.id).sent),
        of=view.number(row.recipients),
    )


def words_of(row: Row[Any], most: int) -> str:
    """The sender's own words in one line, without markup, so many UTF-16 units at most."""
    return shortened(" ".join(visible(row.html).split()), most)


def _open_button(unit: Unit, row: Row[Any]) -> Button:
    state = unit.phrases.plain(f"announcement.short.{row.state}")
    values = {
        "label": view.day_and_time(row.send_at, unit.settings.kelurahan.zone),
        "state": state,
    }
    return Button("announcement.button.line", f"announcement:open:{row.id}", values)


def named(unit: Unit) -> Row[Any] | None:
    """The announcement whose number the button carries."""
    number = number_in(unit.values[0] if unit.values else "")
    return stored.get(unit.db, number) if number is not None else None


ROUTES = (command("pengumuman", overview, needs=Permission.ANNOUNCE, menu="menu.announcements"),)
