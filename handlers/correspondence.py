"""Staff write to the reporter of a ticket, and he writes back; neither sees an account."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers import (
    consent,
    deadlines,
    desk,
    desk_acts,
    forms,
    reports,
    ticket_view,
)
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import correspondence as rules
from services import desk as desk_rules
from services import ready
from services.correspondence import REPLY, WRITE
from services.forms import Input, Progress
from services.roles import Permission
from services.tickets import NotOpen, NotYours
from storage import Row, residents
from storage import tickets as stored

LOST_WORDS = 1400  # UTF-16 units of what could not be sent: fits a message


def ask(unit: Unit, update: Update) -> None:
    """ "Tulis ke warga", or "Balas" under what he wrote."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    if not rules.may_write(unit.db, unit.actor, row):
        return unit.notice("desk.not_writable", alert=True)
    unit.detach()
    forms.open_form(unit, WRITE, subject=str(row.id))


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """The ticket, and what its reporter said last."""
    row = _of(unit, progress)
    if row is None:
        return {"number": "", "title": "", "words": ""}
    unit.shows(row.reporter_id)  # staff may write his name
    return {
        "number": row.number,
        "title": ticket_view.title_of(unit, row),
        "words": shortened(_last_said(unit, row), ticket_view.CARD_WORDS),
    }


def _of(unit: Unit, progress: Progress) -> Row[Any] | None:
    return desk_rules.at_desk(unit.db, unit.actor, number_in(progress.subject or "") or 0)


def _last_said(unit: Unit, row: Row[Any]) -> str:
    """The newest words of the reporter."""
    said = [
        event.text
        for event in stored.events(unit.db, row.id)
        if event.text and event.resident_id == row.reporter_id
    ]
    return said[-1] if said else ticket_view.words_of(unit, row, ticket_view.CARD_WORDS)


def offered(unit: Unit, progress: Progress) -> dict[str, tuple[str, str]]:
    """Ready sentences for what is written."""
    row = _of(unit, progress)
    return desk_acts.ready_for(unit, row, ready.WRITE) if row is not None else {}


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: the reporter reads it, with a button to answer."""
    row, words = _of(unit, progress), str(progress.answers["text"]["text"])
    unit.drop_draft()
    if row is None:
        return unit.notice("desk.gone", alert=True)
    try:
        row = rules.write(unit.db, unit.actor, row.id, words, unit.now)
        row = deadlines.renewed(unit, row)
    except NotOpen:
        unit.notice("desk.not_writable", alert=True)
        return desk.show_ticket(unit, row)
    unit.notice("desk.written")
    desk.show_ticket(unit, row)
    unit.shown.clear()
    reporter = residents.get(unit.db, row.reporter_id)
    buttons = [
        [Button("report.button.reply", f"report:reply:{row.number}")],
        [ticket_view.open_button(row.number)],
    ]
    title = ticket_view.title_of(unit, row)
    html = unit.phrases.html("ticket.written", number=row.number, title=title, words=words)
    ticket_view.tell(unit, row, reporter, html, buttons)


# The resident


def on_reply(unit: Unit, update: Update) -> None:
    """ "Balas" under what staff wrote."""
    row = reports.mine(unit, unit.values[0] if unit.values else "")
    if row is None:
        return
    if not rules.may_reply(unit.actor, row):
        return unit.show("report.closed", number=row.number)
    unit.detach()
    forms.open_form(unit, REPLY, subject=row.number)


def continue_reply(unit: Unit, given: Input) -> bool:
    """Words or a photo just after staff wrote: an answer to them. False if it is none.

    A question may be one to the bot. It is shown once more before it is sent.
    """
    if unit.world.vocabulary.asks(given.text) or not (given.text or given.photo or given.voice):
        return False
    number = rules.awaits_reply(unit.db, unit.actor, unit.now)
    if number is None:
        return False
    unit.reply("reply.continues", number=number)
    forms.open_with(unit, REPLY, given, subject=number)
    return True


def submit_reply(unit: Unit, progress: Progress) -> None:
    """Kirim: staff read it, with a button to write back."""
    words = progress.answers.get("words", {})
    photos = tuple(progress.answers.get("photos", {}).get("photos", ()))
    if not words and not photos:
        return reports.say_empty(unit)
    if consent.is_missing(unit, progress):
        return
    number, text = progress.subject or "", words.get("text")
    try:
        row = rules.reply(
            unit.db, unit.actor, number, words=text, voices=tuple(words.get("voices", ())),
            photos=photos, now=unit.now,
        )  # fmt: skip
    except (NotYours, NotOpen):
        unit.drop_draft()
        return unit.show(
            "addition.too_late", number=number, words=shortened(text or "", LOST_WORDS)
        )
    unit.drop_draft()
    row = deadlines.settled(unit, row)
    look = ticket_view.open_button(number)
    unit.show("reply.done", [[look]], number=number)
    ticket_view.tell_staff(unit, "card.replied", row, text, len(photos))
    ticket_view.refresh_cards(unit, row)


def forms_of() -> dict[str, FormPage]:
    """The forms of this module, by name."""
    return {
        WRITE: FormPage(
            rules.write_form(),
            submit,
            needs=Permission.HANDLE_TICKETS,
            send="desk.button.tell",
            values=values,
            takes_questions=True,
            ready=offered,
        ),
        REPLY: FormPage(rules.reply_form(), submit_reply, takes_questions=True),
    }


ROUTES = (
    tap("desk:write", ask, needs=Permission.HANDLE_TICKETS),
    tap("report:reply", on_reply, needs=Permission.USE),
)
