"""Aspirations: a wish sent in three answers, and changed by its author until it is taken up."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import (
    consent,
    deadlines,
    erasure,
    form_view,
    forms,
    similar,
    ticket_photos,
    ticket_view,
)
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import Unit
from services import aspirations, coach
from services import tickets as rules
from services.aspiration_form import Aspiration, answers_of
from services.desk import Outdated
from services.forms import MAX_TEXT, Input, Progress, applicable, photo_of
from services.roles import Permission
from services.tickets import NotOpen, NotYours
from storage import Row
from storage import aspirations as stored
from storage import tickets as stored_tickets

FORM = "aspiration"
SOURCE = "from."  # how the subject begins of one that is made of complaints (recurring.py)
LOST_WORDS = 1400  # UTF-16 units of what could not be sent: fits a message
Answers = dict[str, dict[str, Any]]


def begin(unit: Unit, update: Update) -> None:
    """/aspirasi: open the form."""
    forms.open_form(unit, FORM)


def begin_told(unit: Unit, told: Answers, first: Input | None = None) -> None:
    """An aspiration told in free words, which answer some questions, or begun with a photo."""
    forms.open_form(unit, FORM, first=first, told=told)


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What stands above the summary: a new aspiration, or changes of an old one."""
    if not _changes(progress):
        return {"title": unit.phrases.html("aspiration.title.new")}
    number, _ = _subject(progress)
    return {"title": unit.phrases.html("aspiration.title.edit", number=number)}


def is_made_of_complaints(subject: str | None) -> bool:
    """Whether a form is about complaints, and not about an aspiration that is changed."""
    return subject is not None and subject.startswith(SOURCE)


def _changes(progress: Progress) -> bool:
    return progress.subject is not None and not is_made_of_complaints(progress.subject)


def advice(unit: Unit, progress: Progress) -> list[Html]:
    """What would make it stronger, and who will be able to read it."""
    own = Aspiration.from_answers(progress.answers, unit.settings.rt_numbers)
    found = coach.hints(own, unit.world.vocabulary, asked=progress.details)
    hints = [unit.phrases.html(key) for key in found]
    public = [unit.phrases.html("aspiration.public")]
    if own.voices and not own.description:
        public.append(unit.phrases.html("aspiration.voice_for_staff"))
    return [Html("\n".join(lines)) for lines in (hints, public) if lines]


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: consent if it is missing, similar ones if there are any, then file."""
    assert unit.draft is not None
    if consent.is_missing(unit, progress):
        return
    new = Aspiration.from_answers(progress.answers, unit.settings.rt_numbers)
    if _changes(progress):
        return _submit_changes(unit, progress, new)
    if similar.meet(unit, MEETING, progress, new):
        return
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    row = aspirations.file(
        unit.db, unit.actor, new, draft_id=unit.draft.id, year=year, now=unit.now
    )
    unit.drop_draft()
    row = deadlines.settled(unit, row)
    deadlines.confirm(unit, "aspiration.filed", row, [[ticket_view.open_button(row.number)]])
    ticket_view.send_cards(unit, row)
    consent.ask_home_once(unit)


# Similar ones


def on_similar(unit: Unit, update: Update) -> None:
    """ "Dukung yang ini" supports the other one; "Usulan saya beda" goes on with this one."""
    similar.on_answer(unit, MEETING)


def _one(unit: Unit, row: Row[Any]) -> Html:
    return unit.phrases.html(
        "aspiration.similar_one",
        title=ticket_view.title_of(unit, row),
        words=ticket_view.words_of(unit, row, similar.SIMILAR_WORDS),
        count=row.supporters,
        when=unit.day(row.created_at),
    )


def _as_words(unit: Unit, progress: Progress, own: Aspiration, before: Answers) -> str:
    """What a person wrote and chose, as words for a ticket that stands; only what is new."""
    form, parts = form_view.form_of(unit), []
    for step in applicable(form, progress):
        answer = progress.answers.get(step.name, {})
        said = {k: v for k, v in answer.items() if k not in ("voices", "photos", "location")}
        if not said or answer == before.get(step.name):
            continue
        words = form_view.shown(unit, form, step, said, most=MAX_TEXT)
        label = unit.phrases.plain(f"{FORM}.{step.name}.short")
        said_so = unit.phrases.plain("aspiration.said", label=label, answer=words)
        parts.append(words if step.name == form.story else said_so)
    place = progress.answers.get("place", {})
    if own.point is not None and place != before.get("place"):
        parts.append("{:.5f}, {:.5f}".format(*own.point))
    return "\n".join(parts)


MEETING = similar.Meeting(
    form=FORM,
    route="aspiration:similar",
    read=Aspiration.from_answers,
    find=lambda unit, own: aspirations.similar(unit.db, own, unit.world.vocabulary.telling),
    words=lambda unit, progress, own: _as_words(unit, progress, own, {}),
    head="aspiration.similar",
    one=_one,
    photos=lambda unit, row: stored.own_media(unit.db, row.id, "photo"),
    same="proposal.button.this",
    different="proposal.button.different",
    joined=("aspiration.joined", "card.supported"),
)


# Changing one's own


def on_edit(unit: Unit, update: Update) -> None:
    """Ubah: the form with all its answers, at its summary."""
    row = _own(unit, unit.values[0])
    if row is None:
        return unit.notice("aspiration.not_editable", alert=True)
    unit.detach()
    forms.open_form(unit, FORM, subject=f"{row.number}.{row.version}")


def _own(unit: Unit, number: str) -> Row[Any] | None:
    """The person's own aspiration of that number, if it can still be changed."""
    row = rules.mine(unit.db, unit.actor, number) if unit.actor.resident else None
    return row if row is not None and aspirations.may_edit(unit.actor, row) else None


def filled(unit: Unit, subject: str) -> Answers:
    """The answers of the aspiration that is to be changed; none where it is not the person's."""
    row = _own(unit, subject.partition(".")[0])
    return answers_of(row, stored.own_media(unit.db, row.id)) if row is not None else {}


def _subject(progress: Progress) -> tuple[str, int]:
    """Number and version of the aspiration that is changed."""
    number, _, version = (progress.subject or "").partition(".")
    return number, number_in(version) or 0


def _submit_changes(unit: Unit, progress: Progress, new: Aspiration) -> None:
    number, version = _subject(progress)
    before = _own(unit, number)
    medium = ticket_photos.medium_of(unit, before) if before is not None else None
    try:
        row = aspirations.edit(unit.db, unit.actor, number, new, version=version, now=unit.now)
    except NotYours:
        unit.drop_draft()
        return unit.show("report.not_yours", number=number[:20])
    except Outdated:
        return _add_instead(unit, progress, new, number)
    unit.drop_draft()
    look = ticket_view.open_button(number)
    if row.version == version:
        return unit.show("aspiration.unchanged", [[look]], number=number)
    row = deadlines.settled(unit, row)
    deadlines.confirm(unit, "aspiration.edited", row, [[look]])
    for person in ticket_view.hearing(unit, row):  # they supported what it said before
        if person.id != row.reporter_id:
            unit.notify(person.telegram_id, "proposal.changed", [[look]], number=number)
    if medium is not None and ticket_photos.medium_of(unit, row) != medium:
        erasure.replace_cards(unit, row)  # they show what he took out
    ticket_view.refresh_cards(unit, row)


def _add_instead(unit: Unit, progress: Progress, new: Aspiration, number: str) -> None:
    """Staff took it up meanwhile: what would have changed is added to it."""
    row = stored_tickets.by_number(unit.db, number)
    assert row is not None, "its author was found just now"
    media = stored.own_media(unit.db, row.id)
    known = {photo_of(medium.kind, medium.file_id) for medium in media}
    words = _as_words(unit, progress, new, answers_of(row, media))
    photos = tuple(file_id for file_id in new.photos if file_id not in known)
    voices = tuple(file_id for file_id in new.voices if file_id not in known)
    unit.drop_draft()
    if not (words or photos or voices):
        return unit.show("aspiration.taken_up", [[ticket_view.open_button(number)]], number=number)
    try:
        row = rules.add_to(
            unit.db, unit.actor, number, words=words, voices=voices, photos=photos, now=unit.now
        )
    except NotOpen:
        said = shortened(words, LOST_WORDS)
        return unit.show("addition.too_late", number=number, words=said)
    row = deadlines.settled(unit, row)
    unit.show("aspiration.added_instead", [[ticket_view.open_button(number)]], number=number)
    ticket_view.tell_staff(unit, "card.added", row, words, len(photos))
    ticket_view.refresh_cards(unit, row)


ROUTES = (
    command("aspirasi", begin, needs=Permission.USE, menu="menu.aspiration"),
    tap("aspiration:edit", on_edit, needs=Permission.USE),
)
