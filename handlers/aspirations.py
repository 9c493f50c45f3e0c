"""Aspirations: a wish for the neighbourhood, sent in two or three answers."""

from __future__ import annotations

from dataclasses import replace

from telegram import Update

from handlers import consent, forms, ticket_view
from handlers.routes import command
from handlers.unit import Button, Unit
from services import aspirations
from services.aspirations import Aspiration
from services.forms import SEND, Progress
from services.roles import Permission

FORM = "aspiration"


def begin(unit: Unit, update: Update) -> None:
    """/aspirasi: open the form."""
    forms.open_form(unit, FORM)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: consent if it is missing, then file."""
    assert unit.draft is not None
    if not unit.actor.agreed:
        forms.keep(unit, replace(progress, step=SEND))
        return consent.ask(unit, in_place=True)  # so that no old Kirim is left to be tapped
    new = Aspiration.from_answers(progress.answers, unit.settings.rt_numbers)
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    row = aspirations.file(
        unit.db, unit.actor, new, draft_id=unit.draft.id, year=year, now=unit.now
    )
    unit.drop_draft()
    look = Button("report.button.open", f"report:open:{row.number}")
    unit.show("aspiration.filed", [[look]], number=row.number)
    ticket_view.send_cards(unit, row)
    consent.ask_home_once(unit)


ROUTES = (command("aspirasi", begin, needs=Permission.USE, menu="menu.aspiration"),)
