"""Drainage complaints: filing one, meeting similar ones, joining one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from handlers import consent, form_view, forms
from handlers.routes import command, tap
from handlers.ticket_view import (
    choice_or_words,
    send_cards,
    tell_staff,
    title_of,
    words_of,
)
from handlers.unit import Button, Unit
from services import complaints
from services.complaint_form import Complaint
from services.forms import SEND, Input, Progress, progress_of
from services.roles import Permission
from storage import Row, ticket_files

FORM = "complaint"
SIMILAR_WORDS = 500
ADDED = ("addition.done", "card.added")  # what is said to the person, and to staff


def begin(unit: Unit, update: Update) -> None:
    """/lapor: open the form."""
    forms.open_form(unit, FORM)


def begin_with(unit: Unit, given: Input) -> None:
    """A photo or a place out of the blue is the beginning of a complaint."""
    forms.open_form(unit, FORM, first=given)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: consent if it is missing, similar complaints if there are any, then file."""
    assert unit.draft is not None
    if not unit.actor.agreed:
        forms.keep(unit, replace(progress, step=SEND))
        return consent.ask(unit, in_place=True)  # so that no old Kirim is left to be tapped
    complaint = Complaint.from_answers(progress.answers, unit.settings.rt_numbers)
    if not progress.different:
        found = complaints.similar(unit.db, complaint)
        if found:
            forms.keep(unit, replace(progress, step=SEND))
            return _show_similar(unit, found)
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    row = complaints.file(
        unit.db, unit.actor, complaint, draft_id=unit.draft.id, year=year, now=unit.now
    )
    unit.drop_draft()
    unit.show("complaint.filed", [[_open(row.number)]], number=row.number)
    send_cards(unit, row)
    consent.ask_home_once(unit)


def _open(number: str) -> Button:
    return Button("report.button.open", f"report:open:{number}")


def _show_similar(unit: Unit, found: list[Row[Any]]) -> None:
    """Show complaints that may be the same, with words and photo, and ask."""
    assert unit.draft is not None
    unit.show("complaint.similar", count=len(found))
    unit.detach()
    for row in found:
        unit.shown.clear()
        same = Button("similar.button.same", f"similar:{unit.draft.id}:same:{row.id}")
        rows = [[same]]
        if row is found[-1]:
            rows.append([Button("similar.button.different", f"similar:{unit.draft.id}:different")])
        words = unit.phrases.text(
            "complaint.similar_one",
            title=title_of(unit, row),
            words=words_of(unit, row, SIMILAR_WORDS),
            when=unit.day(row.created_at),
        )
        photos = ticket_files.media(unit.db, row.id, "photo")
        if photos:
            unit.shows(*ticket_files.authors(unit.db, row.id))
            unit.media("photo", photos[0].file_id, words, rows)
        else:
            unit.say(words, rows)


def on_similar(unit: Unit, update: Update) -> None:
    """ "Sama, saya juga" joins the other complaint; "Beda" goes on with this one."""
    assert unit.tap is not None
    _, draft_id, answer, ticket_id = [*unit.tap.data.split(":"), "", "", ""][:4]
    draft = unit.draft
    if draft is None or draft.id != draft_id or draft.form != FORM or draft.step != SEND:
        return forms.stale(unit, draft_id)
    progress = progress_of(draft)
    if answer == "different":
        return submit(unit, replace(progress, different=True))
    offered = complaints.similar(
        unit.db, Complaint.from_answers(progress.answers, unit.settings.rt_numbers)
    )
    if ticket_id not in {str(row.id) for row in offered} or not unit.actor.agreed:
        unit.notice("similar.gone")
        return form_view.ask(unit)
    _join(unit, int(ticket_id), progress)


def _join(unit: Unit, ticket_id: int, progress: Progress) -> None:
    own = Complaint.from_answers(progress.answers, unit.settings.rt_numbers)
    words = _words_of(unit, own)
    row, is_new = complaints.join(unit.db, unit.actor, ticket_id, own, words, unit.now)
    unit.drop_draft()
    told, card_key = ("complaint.joined", "card.joined") if is_new else ADDED
    unit.show(told, [[_open(row.number)]], number=row.number)
    tell_staff(unit, card_key, row, words, len(own.photos))
    consent.ask_home_once(unit)


def _words_of(unit: Unit, own: Complaint) -> str:
    """All that a person wrote and chose, as words for the complaint that he joins."""
    parts = [own.description, own.landmark]
    if own.point is not None:
        parts.append("{:.5f}, {:.5f}".format(*own.point))
    for step, value in (("depth", own.depth), ("since", own.since)):
        parts.append(choice_or_words(unit, step, value) if value else None)
    return "\n".join(part for part in parts if part)


ROUTES = (
    command("lapor", begin, needs=Permission.USE, menu="menu.complaint"),
    tap("similar", on_similar, needs=Permission.USE),
)
