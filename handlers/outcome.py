"""What organisers enter when gotong royong is done: photos before and after, and the result."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import conversions, forms, ticket_view
from handlers.activities import button_back, number_at, route
from handlers.taps import number_in
from handlers.ticket_photos import show_photos
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import outcome as rules
from services import tickets
from services.forms import Form, Kind, Progress, Step
from services.gotong_royong import Unknown, organise
from services.outcome import MOST_PHOTOS, Moment
from services.roles import NotAllowed, Permission
from storage import Row, gotong_royong, outcome

RESULT = "outcome_result"
PHOTOS = {Moment.BEFORE: "outcome_before", Moment.AFTER: "outcome_after"}
LONGEST_RESULT = 300  # characters: fits below a photo with all the rest


def before_form() -> Form:
    """Photos from before."""
    return Form(name=PHOTOS[Moment.BEFORE], story="photos", steps=(_photos(),))


def after_form() -> Form:
    """Photos from after; a caption is the result, which is asked for as well."""
    return Form(name=PHOTOS[Moment.AFTER], story="words", steps=(_photos(), _words(optional=True)))


def result_form() -> Form:
    """What was achieved, in one short text."""
    return Form(name=RESULT, story="words", steps=(_words(),))


def _photos() -> Step:
    return Step("photos", frozenset({Kind.PHOTO}), most=MOST_PHOTOS)


def _words(*, optional: bool = False) -> Step:
    text = frozenset({Kind.TEXT})
    return Step("words", text, optional=optional, shortest=3, longest=LONGEST_RESULT)


def _moment_at(unit: Unit, place: int) -> Moment:
    """The moment that a button names.

    Raises:
        Unknown: it names none.
    """
    value = unit.values[place] if len(unit.values) > place else ""
    if value not in set(Moment):
        raise Unknown
    return Moment(value)


def on_photo(unit: Unit, update: Update) -> None:
    """Foto sebelum, Foto sesudah: ask for it."""
    row, moment = organise(unit.db, unit.actor, number_at(unit, 0)), _moment_at(unit, 1)
    if not rules.takes(row, moment, unit.now):
        raise Unknown
    unit.detach()
    said = {"words": {"text": row.result}} if moment is Moment.AFTER and row.result else {}
    forms.open_form(unit, PHOTOS[moment], subject=str(row.id), answers=said)


def on_result(unit: Unit, update: Update) -> None:
    """Hasil: ask for it."""
    row = organise(unit.db, unit.actor, number_at(unit, 0))
    if not rules.takes(row, Moment.AFTER, unit.now):
        raise Unknown
    unit.detach()
    forms.open_form(unit, RESULT, subject=str(row.id))


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What the questions name: the activity."""
    row = gotong_royong.get(unit.db, _number(progress))
    return {"title": row.title if row is not None else ""}


def _number(progress: Progress) -> int:
    return number_in(progress.subject or "") or 0


def submit_before(unit: Unit, progress: Progress) -> None:
    """Kirim: keep them."""
    _keep(unit, progress, Moment.BEFORE)


def submit_after(unit: Unit, progress: Progress) -> None:
    """Kirim: keep them with the result; after a complaint was mended, ask whether it is done."""
    row = _keep(unit, progress, Moment.AFTER)
    if row is None:
        return
    words = progress.answers.get("words", {}).get("text")
    if words and words != row.result:
        rules.put_result(unit.db, unit.actor, row.id, words, unit.now)
    conversions.ask_whether_done(unit, row)


def _keep(unit: Unit, progress: Progress, moment: Moment) -> Row[Any] | None:
    """Keep photos and say so; None if it is too late."""
    photos = progress.answers["photos"].get("photos", ())
    unit.drop_draft()
    try:
        row = rules.add_photos(unit.db, unit.actor, _number(progress), moment, photos, unit.now)
    except (Unknown, NotAllowed):
        unit.show("outcome.too_late")
        return None
    unit.show("outcome.kept", [button_back(row)], title=row.title)
    return row


def submit_result(unit: Unit, progress: Progress) -> None:
    """Kirim: keep it."""
    words = progress.answers["words"]["text"]
    unit.drop_draft()
    try:
        row = rules.put_result(unit.db, unit.actor, _number(progress), words, unit.now)
    except (Unknown, NotAllowed):
        return unit.show("outcome.too_late")
    after = Button("outcome.button.after", f"activity:photo:{row.id}:{Moment.AFTER}")
    has_photo = bool(outcome.photos(unit.db, row.id, Moment.AFTER))
    rows = [button_back(row)] if has_photo else [[after], button_back(row)]
    unit.show("outcome.kept", rows, title=row.title)


def on_photos(unit: Unit, update: Update) -> None:
    """All photos, and below them the buttons that take them back."""
    row = organise(unit.db, unit.actor, number_at(unit, 0))
    found = outcome.photos(unit.db, row.id)
    if not found:
        raise Unknown
    show_photos(unit, found)
    rows = [
        [Button(f"outcome.button.remove.{moment}", f"activity:unphoto:{row.id}:{moment}")]
        for moment in Moment
        if any(photo.moment == moment for photo in found)
    ]
    unit.reply("outcome.remove_question", [*rows, button_back(row)], title=row.title)


def on_unphoto(unit: Unit, update: Update) -> None:
    """Take the photos of one moment back."""
    occurrence_id, moment = number_at(unit, 0), _moment_at(unit, 1)
    rules.remove_photos(unit.db, unit.actor, occurrence_id, moment, unit.now)
    back = [Button("activity.button.open", f"activity:open:{occurrence_id}")]
    unit.show("outcome.removed", [back])
    row = gotong_royong.get(unit.db, occurrence_id)
    if row is not None and row.ticket_id is not None:
        ticket_view.refresh_cards(unit, tickets.again(unit.db, row.ticket_id))


def forms_of() -> dict[str, FormPage]:
    """The forms by name."""
    needs = Permission.ORGANISE
    return {
        PHOTOS[Moment.BEFORE]: FormPage(before_form(), submit_before, needs, values=values),
        PHOTOS[Moment.AFTER]: FormPage(after_form(), submit_after, needs, values=values),
        RESULT: FormPage(result_form(), submit_result, needs, values=values),
    }


ROUTES = (
    route("photo", on_photo),
    route("photos", on_photos),
    route("unphoto", on_unphoto),
    route("result", on_result),
)
