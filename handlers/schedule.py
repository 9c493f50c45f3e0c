"""What is to come, and what began today: /jadwal."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from telegram import Update

from handlers import forms, presence
from handlers.gotong_royong import buttons, card, own_answer
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Unit
from services import attendance
from services.roles import Permission

PAGE = 3  # occurrences, each a message: what a chat may get at once


def schedule(unit: Unit, update: Update) -> None:
    """/jadwal: what began today for this person, and what is to come."""
    _page(unit, 0, begun=presence.show_begun(unit))
    forms.offer_resume(unit)


def schedule_named(unit: Unit, rt: str | None, day: date | None) -> None:
    """What is to come in the RT and on the day that somebody asked about."""
    resident, zone = unit.actor.resident, unit.settings.kelurahan.zone
    if rt is None and day is None:
        return _page(unit, 0)
    found = (
        attendance.coming(unit.db, resident, unit.now, led=unit.actor.rts)
        if rt is None
        else attendance.coming_for_rt(unit.db, rt, unit.now)
    )
    wanted = [row for row in found if day in (None, row.starts_at.astimezone(zone).date())]
    if not wanted:
        when = format_date(day, "EEEE, d MMMM y", locale=LOCALE) if day else ""
        unit.reply("gotong_royong.none_then" if day else "gotong_royong.none_there", day=when)
    for row in (wanted or found)[:PAGE]:
        mine = attendance.concerns(row, resident)
        unit.say(card(unit, row), buttons(unit, row, own_answer(unit, row)) if mine else ())


def on_more(unit: Unit, update: Update) -> None:
    """Show what comes after."""
    offset = number_in(unit.values[0])
    if offset is None:
        return unit.notice("form.old_button")
    unit.detach()
    _page(unit, offset)


def _page(unit: Unit, offset: int, *, begun: bool = False) -> None:
    """Some of what is to come; where something began just now, nobody has to hear of nothing."""
    resident = unit.actor.resident
    found = attendance.coming(unit.db, resident, unit.now, led=unit.actor.rts)
    shown = found[offset : offset + PAGE]
    for row in shown:
        rows = buttons(unit, row, own_answer(unit, row))
        if row is shown[-1] and len(found) > offset + PAGE:
            rows.append([Button("gotong_royong.button.more", f"gotong:more:{offset + PAGE}")])
        unit.say(card(unit, row), rows)
    unknown = (resident is None or resident.rt is None) and not unit.actor.rts
    if not shown and not begun and not (unknown and resident is not None):
        told = resident is not None and unit.actor.may(Permission.USE)  # of what is new
        unit.reply("gotong_royong.none" if told else "gotong_royong.none_for_guest")
    if unknown:
        unit.reply("gotong_royong.no_rt", [[Button("gotong_royong.button.home", "gotong:home")]])


ROUTES = (
    command("jadwal", schedule, needs=Permission.READ, menu="menu.schedule"),
    tap("gotong:more", on_more, needs=Permission.READ),
)
