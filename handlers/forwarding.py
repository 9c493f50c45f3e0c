"""Staff forward a ticket to the authority that can act, and say which number it has there."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import deadlines, desk, desk_acts, forms, ticket_lines, ticket_view
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Unit
from handlers.world import FormPage
from services import desk as rules
from services import forwarding
from services.desk import Outdated
from services.forms import Progress
from services.forwarding import FORWARD, NUMBER
from services.roles import Permission
from services.tickets import NotOpen
from storage import Row


def forward_values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the questions: the ticket, and where its answers lead."""
    ticket_id, _, state = desk_acts.subject_of(progress)
    row = rules.at_desk(unit.db, unit.actor, ticket_id)
    if row is None:
        return {"number": "", "state": ""}
    unit.shows(row.reporter_id)  # staff may write his name
    return {"number": row.number, "state": ticket_view.state_of(unit, row, state)}


def submit_forward(unit: Unit, progress: Progress) -> None:
    """Kirim: forwarded, and whoever follows the ticket hears to whom."""
    ticket_id, version, _ = desk_acts.subject_of(progress)
    given = progress.answers["authority"]
    authority = str(given.get("choice") or given["text"])
    number = progress.answers.get("number", {}).get("text")
    words = progress.answers.get("text", {}).get("text")
    said = ticket_lines.authority_line(unit, authority, number)
    if words:
        said = unit.phrases.plain("forward.with_words", authority=said, words=words)
    try:
        row = forwarding.forward(
            unit.db, unit.actor, ticket_id, version=version, authority=authority,
            outside_number=number, said=said, now=unit.now,
        )  # fmt: skip
    except (Outdated, NotOpen):
        return desk_acts.was_outdated(unit, ticket_id)
    desk_acts.has_moved(unit, row, said)


def ask_number(unit: Unit, update: Update) -> None:
    """Which number has it there?"""
    row = desk.ticket_of(unit)
    if row is None:
        return
    if not forwarding.takes_number(unit.actor, row):
        return desk_acts.outdated(unit, row)
    unit.detach()
    forms.open_form(unit, NUMBER, subject=str(row.id))


def number_values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """The ticket, and to whom it was forwarded."""
    row = _of(unit, progress)
    if row is None or row.authority is None:
        return {"number": "", "authority": ""}
    unit.shows(row.reporter_id)
    name = ticket_lines.authority_line(unit, row.authority, row.outside_number)
    return {"number": row.number, "authority": name}


def _of(unit: Unit, progress: Progress) -> Row[Any] | None:
    return rules.at_desk(unit.db, unit.actor, number_in(progress.subject or "") or 0)


def submit_number(unit: Unit, progress: Progress) -> None:
    """Kirim: kept, and whoever follows the ticket can ask there himself."""
    row = _of(unit, progress)
    unit.drop_draft()
    if row is None:
        return unit.notice("desk.gone", alert=True)
    number, known = str(progress.answers["number"]["text"]), row.outside_number
    try:
        row, is_new = forwarding.set_number(unit.db, unit.actor, row.id, number, unit.now)
    except NotOpen:
        return desk_acts.outdated(unit, row)
    unit.notice("desk.numbered")
    desk.show_ticket(unit, row)
    if is_new:
        row = deadlines.renewed(unit, row)
        _tell(unit, row, "ticket.renumbered" if known else "ticket.numbered")
        ticket_view.refresh_cards(unit, row)


def _tell(unit: Unit, row: Row[Any], key: str) -> None:
    unit.shown.clear()
    values = {"number": row.number, "title": ticket_view.title_of(unit, row)}
    unit.shows(row.reporter_id)
    authority = ticket_lines.authority_line(unit, row.authority, row.outside_number)
    look = ticket_view.open_button(row.number)
    html = unit.phrases.html(key, authority=authority, **values)
    for person in ticket_view.hearing(unit, row):
        ticket_view.tell(unit, row, person, html, [[look]])


def forms_of() -> dict[str, FormPage]:
    """The forms of this module, by name."""
    return {
        FORWARD: FormPage(
            forwarding.forward_form(),
            submit_forward,
            needs=Permission.HANDLE_TICKETS,
            send="desk.button.tell",
            values=forward_values,
            takes_questions=True,
        ),
        NUMBER: FormPage(
            forwarding.number_form(),
            submit_number,
            needs=Permission.HANDLE_TICKETS,
            send="desk.button.tell",
            values=number_values,
            takes_questions=True,
        ),
    }


ROUTES = (tap("desk:number", ask_number, needs=Permission.HANDLE_TICKETS),)
