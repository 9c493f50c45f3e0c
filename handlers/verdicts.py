"""What residents say about work that staff call done: at once, and weeks later once more."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html
from handlers import consent, deadlines, forms, reports, ticket_view
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import tickets
from services import verdicts as rules
from services.forms import Form, Kind, Progress, Step
from services.roles import Permission
from services.tickets import NotOpen, NotYours, State
from services.verdicts import Batch, Given

FORM = "lacking"
MAX_PHOTOS = 5


def form() -> Form:
    """What is still wrong: words, voice, photos, or nothing."""
    kinds = frozenset({Kind.TEXT, Kind.VOICE, Kind.PHOTO})
    what = Step("what", kinds, optional=True, most=MAX_PHOTOS, shortest=3)
    return Form(name=FORM, story="what", steps=(what,))


def later_question(unit: Unit, batch: Batch) -> tuple[Html, list[list[Button]]]:
    """Weeks after a complaint was closed: is it still good?"""
    number, subject = batch.ticket.number, f"{batch.closing_id}:{batch.ticket.number}"
    html = unit.phrases.html(
        "later.question",
        number=number,
        title=ticket_view.title_of(unit, batch.ticket),
        when=unit.day(batch.closed_at),
    )
    yes = Button("later.button.yes", f"verdict:lasting:{subject}")
    no = Button("later.button.no", f"verdict:broken:{subject}")
    return html, [[yes, no], [ticket_view.open_button(number)]]


def on_fixed(unit: Unit, update: Update) -> None:
    """ "Sudah benar": noted, with thanks."""
    _judge(unit, unit.values[0] if unit.values else "", good=True)


def on_not_fixed(unit: Unit, update: Update) -> None:
    """ "Belum": the report is open again, and staff hear it."""
    _judge(unit, unit.values[0] if unit.values else "", good=False)


def on_lasting(unit: Unit, update: Update) -> None:
    """ "Masih baik", weeks later."""
    _judge_later(unit, good=True)


def on_broken(unit: Unit, update: Update) -> None:
    """ "Belum beres", weeks later: the report is open again, and staff hear it."""
    _judge_later(unit, good=False)


def _judge_later(unit: Unit, *, good: bool) -> None:
    closing, number = [*unit.values, "", ""][:2]
    closing_id = number_in(closing)
    if closing_id is None:
        return unit.notice("form.old_button")
    _judge(unit, number, good=good, closing_id=closing_id)


def _judge(unit: Unit, number: str, *, good: bool, closing_id: int | None = None) -> None:
    if reports.mine(unit, number) is None:
        return
    if not unit.actor.agreed:  # the buttons stay, and are there when he has agreed
        unit.detach()
        return consent.ask(unit)
    try:
        given = rules.give(
            unit.db, unit.actor, number, good=good, now=unit.now, closing_id=closing_id
        )
    except (NotOpen, NotYours):
        return unit.notice("report.no_verdict", alert=True, number=number)
    if good:
        _thank(unit, given)
    elif given.is_new:
        _open_again(unit, given, "card.reopened" if closing_id is None else "card.broken")
    else:
        unit.notice("report.said_before", number=number)
    ticket_view.refresh_cards(unit, tickets.again(unit.db, given.ticket.id))


def _thank(unit: Unit, given: Given) -> None:
    number = given.ticket.number
    key = "report.confirmed"
    if given.ticket.state == State.REOPENED:  # he, or somebody else, found it not yet right
        key = "report.confirmed_open"
    unit.show(key, [[ticket_view.open_button(number)]], number=number)


def _open_again(unit: Unit, given: Given, card: str) -> None:
    """Staff hear it, and the person is asked what is still wrong, unless he said so already."""
    row, number = deadlines.settled(unit, given.ticket), given.ticket.number
    said = unit.tap.words if unit.tap is not None else ""
    if said or forms.has_answers(unit):  # a form that is open is not pushed aside
        look = ticket_view.open_button(number)
        more = Button("report.button.add", f"report:add:{number}")
        told = "report.reopened_told" if said else "report.reopened"
        deadlines.confirm(unit, told, row, [[more], [look]])
    else:
        forms.open_form(unit, FORM, subject=number)
    if given.reopened:
        ticket_view.tell_staff(unit, card, row, None, 0)
    if said:  # "belum, masih mampet": the reason goes with it
        row = tickets.add_to(
            unit.db, unit.actor, number, words=said, voices=(), photos=(), now=unit.now
        )
        ticket_view.tell_staff(unit, "card.added", row, said, 0)


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the question: the number of the ticket."""
    return {"number": progress.subject or ""}


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim, or Lewati: what is still wrong goes to staff and into the timeline."""
    what, number = progress.answers.get("what", {}), progress.subject or ""
    if not what:
        unit.drop_draft()
        row = reports.mine(unit, number)
        look = ticket_view.open_button(number)
        return deadlines.confirm(unit, "lacking.nothing", row, [[look]]) if row else None
    if consent.is_missing(unit, progress):
        return
    reports.keep_addition(unit, number, what, tuple(what.get("photos", ())))


def forms_of() -> dict[str, FormPage]:
    """The form that asks what is still wrong, by name."""
    page = FormPage(form(), submit, values=values, takes_questions=True, ends_empty=True)
    return {FORM: page}


ROUTES = (
    tap("report:fixed", on_fixed, needs=Permission.USE),
    tap("report:unfixed", on_not_fixed, needs=Permission.USE),
    tap("verdict:lasting", on_lasting, needs=Permission.USE),
    tap("verdict:broken", on_broken, needs=Permission.USE),
)
