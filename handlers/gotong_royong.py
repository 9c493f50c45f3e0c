"""Gotong royong as residents see it: the card of an occurrence, and whether they take part."""

from __future__ import annotations

from typing import Any

from babel.dates import format_datetime
from telegram import Update

from content.phrases import Html, Phrases
from handlers import consent, conversion_view, forms, ticket_view
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Unit
from services import attendance, contributions, recurrence
from services.forms import progress_of
from services.gotong_royong import Unknown
from services.recurrence import LAST, MONTHLY, ONCE
from services.reminders import CANNOT, HELP, HOURS, OFF, Batch, Kind
from services.roles import Permission
from storage import Row, gotong_royong
from storage import contributions as brought
from storage.gotong_royong import CANCELLED, COMING


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
        taken = _answer(unit, occurrence_id, given)
        if taken and given == HELP:
            unit.detach()
            forms.open_form(unit, contributions.FORM, subject=str(occurrence_id))
        return None
    row = gotong_royong.get(unit.db, occurrence_id)
    concerned = row is not None and attendance.is_for(unit.db, row, unit.actor.resident)
    if not concerned or given not in attendance.ANSWERS:
        return unit.notice("form.old_button")
    return consent.ask(unit, then=f"gotong:agree:{occurrence_id}:{given}")


def on_agree(unit: Unit, update: Update) -> None:
    """Consent, and then what the person wanted to answer."""
    if consent.agree(unit) is not None:
        _answer(unit, number_in(unit.values[0]), unit.values[-1])
        consent.ask_home_once(unit)


def _answer(unit: Unit, occurrence_id: int | None, given: str) -> bool:
    """Keep an answer and show it; False if it is not taken."""
    if occurrence_id is None:
        unit.notice("form.old_button")
        return False
    try:
        row, is_new = attendance.answer(unit.db, unit.actor, occurrence_id, given, unit.now)
    except Unknown:
        _say_why(unit, occurrence_id)
        return False
    if given == CANNOT:
        contributions.withdraw(unit.db, unit.actor, row)
        _close_form(unit, row)
    unit.notice(f"gotong_royong.answered.{given}")
    if is_new:
        unit.say(card(unit, row), buttons(unit, row, given), in_place=True)
    return True


def _close_form(unit: Unit, row: Row[Any]) -> None:
    """Nobody who cannot come after all is asked on what he brings."""
    draft = unit.draft
    if draft is None or draft.form != contributions.FORM:
        return
    if progress_of(draft).subject == str(row.id):
        unit.drop_draft()


def _say_why(unit: Unit, occurrence_id: int) -> None:
    """Why an answer was not taken; nothing of what does not concern the person."""
    row = gotong_royong.get(unit.db, occurrence_id)
    if row is None or not attendance.is_for(unit.db, row, unit.actor.resident):
        return unit.notice("form.old_button")
    if row.state == CANCELLED:
        return unit.notice("gotong_royong.is_off", alert=True)
    key = "gotong_royong.has_begun" if row.starts_at <= unit.now else "form.old_button"
    unit.notice(key)


def card(unit: Unit, row: Row[Any], *, personal: bool = True) -> Html:
    """An occurrence: what, when, where, what to bring; `personal`: with the own answer."""
    parts = [
        unit.phrases.html(
            "gotong_royong.card",
            title=row.title,
            when=unit.full_moment(row.starts_at),
            place=place_of(unit.phrases, row),
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
    if counted := _counted(unit, row):
        parts.append(unit.phrases.html("gotong_royong.brought", kinds=counted))
    own = own_answer(unit, row) if personal else None
    if own is not None:
        label = unit.phrases.plain(f"gotong_royong.button.{own}")
        parts.append(unit.phrases.html("gotong_royong.own_answer", answer=label))
    return Html("\n".join(parts))


def place_of(phrases: Phrases, row: Row[Any]) -> str:
    """Where an occurrence is, in words."""
    return row.place or phrases.plain("form.answer.location")


def kind_name(phrases: Phrases, kind: str) -> str:
    """A kind of contribution in words."""
    return phrases.plain(f"aspiration.contributions.choice.{kind}")


def _counted(unit: Unit, row: Row[Any]) -> str:
    """How many residents bring something of each kind, without a name."""
    counts = brought.counts(unit.db, row.id)
    return ", ".join(
        unit.phrases.plain(
            "gotong_royong.brought_kind", kind=kind_name(unit.phrases, kind), count=counts[kind]
        )
        for kind in contributions.KINDS
        if kind in counts
    )


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
    """The three answers, the one that was given marked; what else can be done."""

    def button(answer: str) -> Button:
        key, data = f"gotong_royong.button.{answer}", f"gotong:answer:{row.id}:{answer}"
        if answer != own:
            return Button(key, data)
        return Button("form.choice.chosen", data, {"label": unit.phrases.plain(key)})

    rows = [[button("come"), button("cannot")], [button("help")]]
    if own in COMING:
        rows.append([Button("contribution.button.mine", f"contribution:mine:{row.id}")])
    if row.starts_at - unit.now <= HOURS:  # the last reminder is at hand when it begins
        return [*rows, [claim_button(row)]]
    return [*rows, [Button("calendar.button.save", f"calendar:{row.id}")]]


def claim_button(row: Row[Any]) -> Button:
    """The button that says "Saya hadir"."""
    return Button("presence.button.claim", f"presence:claim:{row.id}")


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
    tap("gotong:answer", on_answer, needs=Permission.USE),
    tap("gotong:agree", on_agree, needs=Permission.USE),
    tap("gotong:home", on_home, needs=Permission.USE),
)
