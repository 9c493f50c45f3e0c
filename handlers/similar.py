"""Tickets like the one that is about to be sent: shown with words and photo, joined with one tap.

The buttons carry `draft:same:ticket` and `draft:different`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from content.phrases import Html
from handlers import consent, form_view, forms
from handlers.ticket_view import open_button, tell_staff
from handlers.unit import Button, Unit
from services import similar
from services.forms import SEND, Answers, Progress, progress_of
from services.tickets import Filing
from storage import Row, ticket_files

SIMILAR_WORDS = 500
ADDED = ("addition.done", "card.added")  # what is said to the person, and to staff
Own = TypeVar("Own", bound=Filing)


@dataclass(frozen=True)
class Meeting(Generic[Own]):
    """How one form meets tickets like the one that is about to be sent."""

    form: str
    route: str  # of the two buttons
    read: Callable[[Answers, tuple[str, ...]], Own]
    find: Callable[[Unit, Own], list[Row[Any]]]
    words: Callable[[Unit, Progress, Own], str]  # of who joins, for the ticket that he joins
    head: str  # phrase above all of them
    one: Callable[[Unit, Row[Any]], Html]  # how one is shown
    photos: Callable[[Unit, Row[Any]], list[Row[Any]]]  # of it, that others may see
    same: str  # phrases of the buttons
    different: str
    joined: tuple[str, str]  # what is said to the person, and to staff


def meet(unit: Unit, meeting: Meeting[Own], progress: Progress, own: Own) -> bool:
    """Show similar tickets and ask, once; False if there is none, or it was asked before."""
    found = [] if progress.different else meeting.find(unit, own)
    if found:
        forms.keep(unit, replace(progress, step=SEND))
        _show(unit, meeting, found)
    return bool(found)


def _show(unit: Unit, meeting: Meeting[Own], found: list[Row[Any]]) -> None:
    assert unit.draft is not None
    unit.show(meeting.head, count=len(found))
    unit.detach()
    beginning = f"{meeting.route}:{unit.draft.id}"
    for row in found:
        unit.shown.clear()
        rows = [[Button(meeting.same, f"{beginning}:same:{row.id}")]]
        if row is found[-1]:
            rows.append([Button(meeting.different, f"{beginning}:different")])
        words = meeting.one(unit, row)
        photos = meeting.photos(unit, row)
        if photos:
            unit.shows(*ticket_files.authors(unit.db, row.id))
            unit.media(photos[0].kind, photos[0].file_id, words, rows)
        else:
            unit.say(words, rows)


def on_answer(unit: Unit, meeting: Meeting[Own]) -> None:
    """The one button joins the other ticket; the other goes on with this one."""
    draft_id, answer, ticket_id = [*unit.values, "", "", ""][:3]
    draft = unit.draft
    if draft is None or draft.id != draft_id or draft.form != meeting.form or draft.step != SEND:
        return forms.stale(unit, draft_id)
    progress = progress_of(draft)
    if answer == "different":
        submit = unit.world.forms[meeting.form].submit
        return submit(unit, replace(progress, different=True))
    own = meeting.read(progress.answers, unit.settings.rt_numbers)
    offered = {str(row.id) for row in meeting.find(unit, own)}
    if ticket_id not in offered or not unit.actor.agreed:
        unit.notice("similar.gone")
        return form_view.ask(unit)
    _join(unit, meeting, int(ticket_id), progress, own)


def _join(unit: Unit, meeting: Meeting[Own], ticket_id: int, progress: Progress, own: Own) -> None:
    words = meeting.words(unit, progress, own)
    row, is_new = similar.join(unit.db, unit.actor, ticket_id, own, words, unit.now)
    unit.drop_draft()
    told, card_key = meeting.joined if is_new else ADDED
    look = open_button(row.number)
    unit.show(told, [[look]], number=row.number)
    tell_staff(unit, card_key, row, words, len(own.photos))
    consent.ask_home_once(unit)
