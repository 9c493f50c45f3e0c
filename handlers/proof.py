"""Done with proof: staff close a complaint with a photo of the work, residents are shown it.

A photo of the work that was seen before is told to who closed the complaint and to the admins.
"""

from __future__ import annotations

from typing import Any

from content.phrases import Html
from handlers import desk, forms, ticket_view
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import desk as rules
from services import photo_hashes
from services.desk import Outdated
from services.forms import Form, Kind, Progress, Step, medium_of
from services.photo_hashes import Alike
from services.roles import Permission
from services.tickets import NotOpen, State, again
from storage import Row, verdicts

FORM = "proof"
MAX_PHOTOS = 5
LONGEST = 500  # characters: with the title it fits a caption


def form() -> Form:
    """A photo of the finished work, and words if staff want to add some."""
    return Form(
        name=FORM,
        story="words",
        steps=(
            Step("photos", frozenset({Kind.PHOTO}), optional=True, most=MAX_PHOTOS),
            Step("words", frozenset({Kind.TEXT}), optional=True, shortest=3, longest=LONGEST),
        ),
    )


def begin(unit: Unit, row: Row[Any]) -> None:
    """ "Selesai" on a complaint: ask for a photo of the work."""
    unit.detach()
    forms.open_form(unit, FORM, subject=f"{row.id}.{row.version}")


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the questions: the ticket."""
    ticket_id, _ = _subject(progress)
    row = rules.at_desk(unit.db, unit.actor, ticket_id)
    if row is None:
        return {"number": "", "title": ""}
    unit.shows(row.reporter_id)  # staff may write his name
    return {"number": row.number, "title": ticket_view.title_of(unit, row)}


def advice(unit: Unit, progress: Progress) -> list[Html]:
    """Without a photo residents are asked all the same."""
    if progress.answers.get("photos"):
        return []
    return [unit.phrases.html("proof.no_photo")]


def _subject(progress: Progress) -> tuple[int, int]:
    """Ticket and version that the open form is about."""
    ticket_id, _, version = (progress.subject or "").partition(".")
    return number_in(ticket_id) or 0, number_in(version) or 0


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: closed; who reported and who joined see the photo and are asked."""
    ticket_id, version = _subject(progress)
    words = progress.answers.get("words", {}).get("text")
    photos = tuple(progress.answers.get("photos", {}).get("photos", ()))
    try:
        row = rules.move(
            unit.db, unit.actor, ticket_id, version=version, state=State.DONE, reason=words,
            now=unit.now, photos=photos,
        )  # fmt: skip
    except (Outdated, NotOpen):
        unit.drop_draft()
        current = rules.at_desk(unit.db, unit.actor, ticket_id)
        if current is None:
            return unit.notice("desk.gone", alert=True)
        unit.notice("desk.outdated", alert=True)
        return desk.show_ticket(unit, current)
    unit.drop_draft()
    unit.notice("desk.moved", state=ticket_view.state_of(unit, row))
    desk.show_ticket(unit, row)
    ask_people(unit, row, words, photos)
    ticket_view.refresh_cards(unit, row)


def ask_people(unit: Unit, row: Row[Any], words: str | None, photos: tuple[str, ...]) -> None:
    """Show the reporter and those who joined the photo, and ask whether it is right."""
    if photos:
        photo_hashes.look_at_old_ones(unit.db, row.id, unit.now)
    unit.shown.clear()
    if row.reporter_id is not None:  # the photo may show him, the words may name him
        unit.shows(row.reporter_id)
    title = ticket_view.title_of(unit, row)
    key = "proof.told" if words else "ticket.moved.selesai"
    html = unit.phrases.html(key, number=row.number, title=title, reason=words or "")
    medium = medium_of(photos[0]) if photos else None
    buttons = ticket_view.moved_buttons(row)
    if len(photos) > 1:
        buttons = [*buttons, [Button("report.button.photos", f"report:photos:{row.number}")]]
    for person in ticket_view.hearing(unit, row):
        ticket_view.tell(unit, row, person, html, buttons, medium)


def tell_alike(unit: Unit, alike: Alike) -> None:
    """Tell who closed a complaint, and the admins, that its proof shows an old photo."""
    row, other = again(unit.db, alike.proof.ticket_id), again(unit.db, alike.ticket_id)
    closing = verdicts.last(unit.db, row.id)
    closer = {closing.staff_id} if closing is not None else set()
    closer &= set(unit.holders(Permission.HANDLE_TICKETS))  # he may have another role by now
    people = [*unit.holders(Permission.MANAGE_ROLES), *sorted(filter(None, closer))]
    unit.shown.clear()
    opens = [_open_button(row)]
    key = "alike.report"
    if other.id != row.id:
        key, opens = "alike.other", [*opens, _open_button(other)]
    for person in dict.fromkeys(people):
        unit.notify(person, key, [opens], number=row.number, other=other.number)
    ticket_view.refresh_cards(unit, row)


def _open_button(row: Row[Any]) -> Button:
    return Button("alike.button.open", f"desk:open:{row.id}", {"number": row.number})


def forms_of() -> dict[str, FormPage]:
    """The form that closes a complaint, by name."""
    page = FormPage(
        form(),
        submit,
        needs=Permission.HANDLE_TICKETS,
        send="desk.button.tell",
        values=values,
        advice=advice,
        takes_questions=True,
    )
    return {FORM: page}
