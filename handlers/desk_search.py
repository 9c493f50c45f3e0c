"""Looking for a ticket at the desk: one question, the answer is a number or a few words."""

from __future__ import annotations

import re
from typing import Any

from telegram import Update

from handlers import desk, forms
from handlers.desk_view import ALL, EVERYTHING, MINE, View, searchable, view_in
from handlers.routes import tap
from handlers.unit import Unit
from handlers.world import FormPage
from services import desk as rules
from services.forms import Form, Kind, Progress, Step, progress_of
from services.places import RT_IN_WORDS, rt_in
from services.roles import Permission
from services.tickets import State
from storage import Row
from storage import desk as stored

FORM = "search"
# "DRN-2026-0012", "drn 12", "no 12", "0012"
NUMBER = re.compile(
    r"^(?:no\.?|nomor|nomer)?\s*(?:([a-z]{3})[\s-]+)?(?:(\d{4})[\s-]+)?(\d{1,5})$", re.IGNORECASE
)
WHOLE = re.compile(r"^[A-Z]{3}-\d{4}-\d{4,}$")  # no doubt what is meant
FEW = 20  # tickets of the same last digits that are looked at


def leaves_for(unit: Unit, text: str) -> bool:
    """Whether the number of another ticket was typed where words for residents were asked for."""
    draft, number = unit.draft, text.strip().upper()
    asks_number = draft is not None and str(progress_of(draft).subject).endswith(State.MERGED)
    if draft is None or draft.form not in desk.QUESTIONS or draft.answers or asks_number:
        return False
    if not WHOLE.match(number) or not desk.shows(unit, number):
        return False
    unit.drop_draft()
    return True


def form() -> Form:
    """What to look for: one question, answered at once."""
    words = Step("words", frozenset({Kind.TEXT}), shortest=1, longest=200)
    return Form(name=FORM, story="words", steps=(words,))


def on_search(unit: Unit, update: Update) -> None:
    """Cari: everything is looked through, within what the list is narrowed to."""
    view = view_in(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    desk.let_go(unit)
    unit.detach()
    who = MINE if view.mine else ALL
    forms.open_form(unit, FORM, subject=f"{view.what}.{view.rt}.{who}")


def submit(unit: Unit, progress: Progress) -> None:
    """A number opens its ticket; words, or a number that several have, give a list."""
    words = progress.answers["words"]["text"]
    unit.drop_draft()
    row, words = _by_number(unit, words)
    if row is not None:
        return desk.show_ticket(unit, row)
    what, rt, who = [*(progress.subject or "").split("."), "", ""][:3]
    view = view_in(unit, (EVERYTHING, what, rt, who, "", "0")) or View(EVERYTHING)
    named = rt_in(words, unit.settings.rt_numbers)
    if named is not None:
        view, words = view._replace(rt=named), RT_IN_WORDS.sub(" ", words)
    desk.show(unit, view._replace(words=searchable(words)))


def _by_number(unit: Unit, words: str) -> tuple[Row[Any] | None, str]:
    """The one ticket that a number means, if it is one; else what to look for."""
    named = NUMBER.match(words.strip())
    if named is None:
        return None, words
    prefix = f"{named[1].upper()}-" if named[1] else ""
    ending = f"-{int(named[3]):04d}"
    if named[2]:
        ending = f"-{named[2]}{ending}"
    ids = stored.numbered(unit.db, ending, prefix, FEW)
    found = [row for row in (rules.at_desk(unit.db, unit.actor, one) for one in ids) if row]
    if len(found) == 1:
        return found[0], words
    return None, f"{prefix} {ending}" if found else words


def forms_of() -> dict[str, FormPage]:
    """The form that asks, by name."""
    return {
        FORM: FormPage(
            form(), submit, needs=Permission.SEE_TICKETS, takes_questions=True, at_once=True
        )
    }


ROUTES = (tap("desk:search", on_search, needs=Permission.SEE_TICKETS),)
