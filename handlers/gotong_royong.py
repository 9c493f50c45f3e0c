"""Gotong royong as residents see it: what is to come, and whether they take part."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date, format_datetime
from telegram import Update

from content.phrases import Html
from handlers import consent, conversion_view, forms, ticket_view
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Unit
from services import attendance, recurrence
from services.gotong_royong import Unknown
from services.recurrence import LAST, MONTHLY, ONCE
from services.reminders import OFF, Batch, Kind
from services.roles import Permission
from storage import Row, gotong_royong
from storage.gotong_royong import CANCELLED

PAGE = 3  # occurrences, each a message: what a chat may get at once


def schedule(unit: Unit, update: Update) -> None:
    """/jadwal: what is to come for this person."""
    _page(unit, 0)
    forms.offer_resume(unit)


def schedule_named(unit: Unit, rt: str | None, day: date | None) -> None:
    """What is to come in the RT and on the day that somebody asked about."""
    resident, zone = unit.actor.resident, unit.settings.kelurahan.zone
    if rt is None and day is None:
        return _page(unit, 0)
    found = (
        attendance.coming(unit.db, resident, unit.now)
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


def _page(unit: Unit, offset: int) -> None:
    resident = unit.actor.resident
    found = attendance.coming(unit.db, resident, unit.now)
    shown = found[offset : offset + PAGE]
    for row in shown:
        rows = buttons(unit, row, own_answer(unit, row))
        if row is shown[-1] and len(found) > offset + PAGE:
            rows.append([Button("gotong_royong.button.more", f"gotong:more:{offset + PAGE}")])
        unit.say(card(unit, row), rows)
    if not shown:
        told = resident is not None and unit.actor.may(Permission.USE)  # of what is new
        unit.reply("gotong_royong.none" if told else "gotong_royong.none_for_guest")
    if resident is None or resident.rt is None:
        unit.reply("gotong_royong.no_rt", [[Button("gotong_royong.button.home", "gotong:home")]])


def on_home(unit: Unit, update: Update) -> None:
    """Ask the RT, also of somebody who did not know it before; without consent that first."""
    unit.detach()
    if unit.actor.resident is None:
        return consent.ask(unit)
    consent.ask_home(unit)


def on_answer(unit: Unit, update: Update) -> None:
    """Ikut, Tidak bisa, Bantu cara lain; without consent that is asked first."""
    occurrence_id, given = number_in(unit.values[0]), unit.values[-1]
    if unit.actor.agreed or occurrence_id is None:
        return _answer(unit, occurrence_id, given)
    row = gotong_royong.get(unit.db, occurrence_id)
    concerned = row is not None and attendance.concerns(row, unit.actor.resident)
    if not concerned or given not in attendance.ANSWERS:
        return unit.notice("form.old_button")
    consent.ask(unit, then=f"gotong:agree:{occurrence_id}:{given}")


def on_agree(unit: Unit, update: Update) -> None:
    """Consent, and then what the person wanted to answer."""
    if consent.agree(unit) is not None:
        _answer(unit, number_in(unit.values[0]), unit.values[-1])
        consent.ask_home_once(unit)


def _answer(unit: Unit, occurrence_id: int | None, given: str) -> None:
    if occurrence_id is None:
        return unit.notice("form.old_button")
    try:
        row, is_new = attendance.answer(unit.db, unit.actor, occurrence_id, given, unit.now)
    except Unknown:
        return _say_why(unit, occurrence_id)
    unit.notice(f"gotong_royong.answered.{given}")
    if is_new:
        unit.say(card(unit, row), buttons(unit, row, given), in_place=True)


def _say_why(unit: Unit, occurrence_id: int) -> None:
    """Why an answer was not taken; nothing of what does not concern the person."""
    row = gotong_royong.get(unit.db, occurrence_id)
    if row is None or not attendance.concerns(row, unit.actor.resident):
        return unit.notice("form.old_button")
    if row.state == CANCELLED:
        return unit.notice("gotong_royong.is_off", alert=True)
    key = "gotong_royong.has_begun" if row.starts_at <= unit.now else "form.old_button"
    unit.notice(key)


def card(unit: Unit, row: Row[Any], *, personal: bool = True) -> Html:
    """An occurrence: what, when, where, what to bring; `personal`: with the own answer."""
    place = row.place or unit.phrases.plain("form.answer.location")
    parts = [
        unit.phrases.html(
            "gotong_royong.card",
            title=row.title,
            when=unit.full_moment(row.starts_at),
            place=place,
        )
    ]
    if row.latitude is not None:
        parts.append(ticket_view.map_line(unit, row))
    parts += conversion_view.line_of_activity(unit, row)
    if row.bring:
        parts.append(unit.phrases.html("gotong_royong.bring", bring=row.bring))
    if row.rule is not None:
        parts.append(unit.phrases.html("gotong_royong.repeats", how=how_often(unit, row)))
    count = gotong_royong.answers(unit.db, row.id).get("come", 0)
    if count:
        parts.append(unit.phrases.html("gotong_royong.count", count=count))
    own = own_answer(unit, row) if personal else None
    if own is not None:
        label = unit.phrases.plain(f"gotong_royong.button.{own}")
        parts.append(unit.phrases.html("gotong_royong.own_answer", answer=label))
    return Html("\n".join(parts))


def own_answer(unit: Unit, row: Row[Any]) -> str | None:
    """What the person answered so far."""
    resident = unit.actor.resident
    return gotong_royong.answer_of(unit.db, row.id, resident.id) if resident else None


def how_often(unit: Unit, row: Row[Any]) -> str:
    """How a series repeats, in words: "setiap bulan, Minggu terakhir"."""
    repeat = recurrence.repeat_of(row.rule)
    if repeat == ONCE:
        return unit.phrases.plain("gotong_royong.every.once")
    zone = unit.settings.kelurahan.zone
    day = format_datetime(row.planned_at, "EEEE", tzinfo=zone, locale=LOCALE)
    if repeat != MONTHLY:
        return unit.phrases.plain(f"gotong_royong.every.{repeat}", day=day)
    number = recurrence.number_of(row.rule)
    which = "last" if number == LAST else f"number{number}"
    which = unit.phrases.plain(f"gotong_royong.which.{which}")
    return unit.phrases.plain("gotong_royong.every.monthly", day=day, which=which)


def buttons(unit: Unit, row: Row[Any], own: str | None) -> list[list[Button]]:
    """The three answers; the one that was given is marked."""

    def button(answer: str) -> Button:
        key, data = f"gotong_royong.button.{answer}", f"gotong:answer:{row.id}:{answer}"
        if answer != own:
            return Button(key, data)
        return Button("form.choice.chosen", data, {"label": unit.phrases.plain(key)})

    return [[button("come"), button("cannot")], [button("help")]]


def notice(unit: Unit, batch: Batch, own: str | None) -> tuple[str, list[list[Button]]]:
    """What those who answered `own` are told about an occurrence, and its buttons."""
    row = batch.occurrence
    headline = unit.phrases.html(f"reminder.{batch.kind}", title=row.title)
    if batch.kind in OFF:
        when = unit.full_moment(row.starts_at)
        told = unit.phrases.html("reminder.why", when=when, reason=row.reason)
        return f"{headline}\n{told}", []
    parts = [headline]
    if batch.late:
        parts.append(unit.phrases.html("reminder.late"))
    parts += [Html(""), card(unit, row, personal=False), Html("")]
    key = "reminder.ask" if own is None else f"reminder.answered.{own}"
    parts.append(unit.phrases.html("reminder.thanks" if batch.kind is Kind.HOURS2 else key))
    return "\n".join(parts), buttons(unit, row, own)


ROUTES = (
    command("jadwal", schedule, needs=Permission.READ, menu="menu.schedule"),
    tap("gotong:answer", on_answer, needs=Permission.USE),
    tap("gotong:agree", on_agree, needs=Permission.USE),
    tap("gotong:more", on_more, needs=Permission.READ),
    tap("gotong:home", on_home, needs=Permission.USE),
)
