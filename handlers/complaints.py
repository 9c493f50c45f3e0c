"""Drainage complaints: filing one, meeting similar ones, the card for staff."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import consent, form_view, forms
from handlers.routes import command, tap
from handlers.unit import Button, Unit
from services import complaints, residents
from services.complaint_form import Complaint, rt_in
from services.forms import SEND, Input, Progress, progress_of
from services.roles import Permission
from storage import Row, tickets
from storage import residents as stored

FORM = "complaint"
CARD_WORDS = 400  # UTF-16 units of the description on a card: the whole fits a caption
PLACE_WORDS = 200
SINCE_WORDS = 80
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
    if unit.actor.resident is None:
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
    _send_cards(unit, row)
    _ask_home(unit)


def _open(number: str) -> Button:
    return Button("report.button.open", f"report:open:{number}")


def _ask_home(unit: Unit) -> None:
    """The RT of a person who consented only now, asked after his report is safe."""
    resident = unit.actor.resident
    if resident is not None and resident.home == residents.HOME_UNASKED:
        consent.ask_home(unit)


def _show_similar(unit: Unit, found: list[Row[Any]]) -> None:
    """Show complaints that may be the same, with words and photo, and ask."""
    assert unit.draft is not None
    unit.show("complaint.similar", count=len(found))
    unit.detach()
    for row in found:
        same = Button("similar.button.same", f"similar:{unit.draft.id}:same:{row.id}")
        rows = [[same]]
        if row is found[-1]:
            rows.append([Button("similar.button.different", f"similar:{unit.draft.id}:different")])
        words = unit.phrases.text(
            "complaint.similar_one",
            kind=kind_of(unit, row.kind),
            place=place_of(unit, row),
            words=_short(unit, row, SIMILAR_WORDS),
            when=unit.day(row.created_at),
        )
        photos = tickets.media(unit.db, row.id, "photo")
        if photos:
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
    if ticket_id not in {str(row.id) for row in offered} or unit.actor.resident is None:
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
    tell_watchers(unit, card_key, row.number, words, len(own.photos))
    _ask_home(unit)


def _words_of(unit: Unit, own: Complaint) -> str:
    """All that a person wrote and chose, as words for the complaint that he joins."""
    parts = [own.description, own.landmark]
    if own.point is not None:
        parts.append("{:.5f}, {:.5f}".format(*own.point))
    for step, value in (("depth", own.depth), ("since", own.since)):
        parts.append(_choice_or_words(unit, step, value) if value else None)
    return "\n".join(part for part in parts if part)


def _choice_or_words(unit: Unit, step: str, value: str) -> str:
    """What a person answered: the label of his choice, or his own words."""
    key = f"complaint.{step}.choice.{value}"
    return unit.phrases.plain(key) if key in unit.phrases else shortened(value, SINCE_WORDS)


def _send_cards(unit: Unit, row: Row[Any]) -> None:
    """One card of the new complaint to everyone who watches."""
    photos = tickets.media(unit.db, row.id, "photo")
    voices = tickets.media(unit.db, row.id, "voice")
    chosen = photos if row.description and photos else voices or photos
    medium = (chosen[0].kind, chosen[0].file_id) if chosen else None
    html = card(unit, row, len(photos))
    for watcher in unit.holders(Permission.HANDLE_TICKETS):
        tickets.add_card(unit.db, row.id, unit.card(watcher, html, medium))


def card(unit: Unit, row: Row[Any], photos: int) -> str:
    """A complaint as staff see it, as Telegram HTML that fits a caption."""
    reporter = stored.get(unit.db, row.reporter_id) if row.reporter_id else None
    parts = [
        unit.phrases.html(
            "card.complaint",
            number=row.number,
            kind=kind_of(unit, row.kind),
            place=place_of(unit, row),
            words=_short(unit, row, CARD_WORDS),
            photos=photos,
            state=unit.phrases.plain(f"report.state.{row.state}"),
        )
    ]
    for step, value in (("depth", row.depth), ("since", row.since)):
        if value:
            label = unit.phrases.plain(f"complaint.{step}.short")
            answer = _choice_or_words(unit, step, value)
            parts.append(unit.phrases.html("form.summary_line", label=label, answer=answer))
    if row.latitude is not None:
        parts.append(map_line(unit, row))
    if reporter is not None:
        hidden = "hidden" if row.hide_name else "shown"
        parts.append(unit.phrases.html(f"card.reporter.{hidden}", name=reporter.name))
    return "\n".join(parts)


def refresh_cards(unit: Unit, row: Row[Any]) -> None:
    """Show the complaint's present state on the cards that were sent."""
    html = card(unit, row, len(tickets.media(unit.db, row.id, "photo")))
    for row_id in tickets.cards(unit.db, row.id):
        unit.change_card(row_id, html)


def tell_watchers(unit: Unit, key: str, number: str, words: str | None, photos: int) -> None:
    """Tell staff what was added to a complaint."""
    text = shortened(words or unit.phrases.plain("report.no_words"), CARD_WORDS)
    for watcher in unit.holders(Permission.HANDLE_TICKETS):
        unit.notify(watcher, key, number=number, words=text, photos=photos)


def map_line(unit: Unit, row: Row[Any]) -> Html:
    """A link to the point on a map."""
    point = f"{row.latitude:.5f}, {row.longitude:.5f}"
    link = f"https://www.openstreetmap.org/?mlat={row.latitude}&mlon={row.longitude}#map=18"
    return unit.phrases.html("card.map", point=point, link=link)


def kind_of(unit: Unit, kind: str) -> str:
    """The kind of a complaint as people call it."""
    return unit.phrases.plain(f"complaint.kind.choice.{kind}")


def place_of(unit: Unit, row: Row[Any]) -> str:
    """Where the problem is, in words."""
    parts = []
    if row.rt and rt_in(row.landmark or "", (row.rt,)) is None:
        parts.append(unit.phrases.plain("form.choice.rt", number=row.rt))
    if row.landmark:
        parts.append(shortened(row.landmark, PLACE_WORDS))
    if not parts:
        parts.append(unit.phrases.plain("form.answer.location"))
    return ", ".join(parts)


def _short(unit: Unit, row: Row[Any], most: int) -> str:
    return shortened(row.description or unit.phrases.plain("form.answer.voice"), most)


ROUTES = (
    command("lapor", begin, needs=Permission.USE, menu="menu.complaint"),
    tap("similar", on_similar, needs=Permission.USE),
)
