"""Drainage complaints: filing one, meeting similar ones, joining one."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html
from handlers import consent, deadlines, forms, similar
from handlers.routes import command, tap
from handlers.ticket_view import choice_or_words, open_button, send_cards, title_of, words_of
from handlers.unit import Unit
from services import complaints
from services.complaint_form import Complaint
from services.forms import Input, Progress
from services.roles import Permission
from storage import Row, ticket_files

FORM = "complaint"


def begin(unit: Unit, update: Update) -> None:
    """/lapor: open the form."""
    forms.open_form(unit, FORM)


def begin_told(unit: Unit, told: dict[str, dict[str, Any]], first: Input | None = None) -> None:
    """A complaint told in free words, which answer some questions, or begun with a photo."""
    notes = ("complaint.begun",) if first is not None else ()
    forms.open_form(unit, FORM, first=first, told=told, notes=notes)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: consent if it is missing, similar complaints if there are any, then file."""
    assert unit.draft is not None
    if consent.is_missing(unit, progress):
        return
    complaint = Complaint.from_answers(progress.answers, unit.settings.rt_numbers)
    if similar.meet(unit, MEETING, progress, complaint):
        return
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    row = complaints.file(
        unit.db, unit.actor, complaint, draft_id=unit.draft.id, year=year, now=unit.now
    )
    unit.drop_draft()
    look = open_button(row.number)
    row = deadlines.settled(unit, row)
    deadlines.confirm(unit, "complaint.filed", row, [[look]])
    send_cards(unit, row)
    consent.ask_home_once(unit)


def on_similar(unit: Unit, update: Update) -> None:
    """ "Sama, saya juga" joins the other complaint; "Beda" goes on with this one."""
    similar.on_answer(unit, MEETING)


def _one(unit: Unit, row: Row[Any]) -> Html:
    return unit.phrases.html(
        "complaint.similar_one",
        title=title_of(unit, row),
        words=words_of(unit, row, similar.SIMILAR_WORDS),
        when=unit.day(row.created_at),
    )


def _words_of(unit: Unit, progress: Progress, own: Complaint) -> str:
    """All that a person wrote and chose, as words for the complaint that he joins."""
    parts = [own.description, own.landmark]
    if own.point is not None:
        parts.append("{:.5f}, {:.5f}".format(*own.point))
    for step, value in (("depth", own.depth), ("since", own.since)):
        parts.append(choice_or_words(unit, step, value) if value else None)
    return "\n".join(part for part in parts if part)


MEETING = similar.Meeting(
    form=FORM,
    route="similar",
    read=Complaint.from_answers,
    find=lambda unit, own: complaints.similar(unit.db, own),
    words=_words_of,
    head="complaint.similar",
    one=_one,
    photos=lambda unit, row: ticket_files.media(unit.db, row.id, "photo", for_others=True),
    same="similar.button.same",
    different="similar.button.different",
    joined=("complaint.joined", "card.joined"),
)
ROUTES = (
    command("lapor", begin, needs=Permission.USE, menu="menu.complaint"),
    tap("similar", on_similar, needs=Permission.USE),
)
