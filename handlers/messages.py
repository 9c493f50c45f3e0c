"""Messages to staff: asked from the menu, or from a page that left something open."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html
from handlers import consent, deadlines, forms, ticket_view
from handlers.routes import command, tap
from handlers.unit import Unit
from services import messages
from services.forms import Progress
from services.messages import StaffMessage
from services.roles import Permission

FORM = "message"
SUBJECT = 28  # characters of a page's name: "form:<draft>:<version>:restart:message:" is 36 before


def begin(unit: Unit, update: Update) -> None:
    """/petugas: open the form."""
    forms.open_form(unit, FORM)


def begin_told(unit: Unit, answers: dict[str, dict[str, Any]]) -> None:
    """A message told in free words: what they say is answered already."""
    forms.open_form(unit, FORM, told=answers)


def on_ask(unit: Unit, update: Update) -> None:
    """ "Tanya petugas", under a page (then the form carries it) or anywhere else."""
    slug = unit.values[0] if unit.values else ""
    known = unit.world.pages.current.get(slug) is not None
    unit.detach()  # what raised the question stays to be read
    forms.open_form(unit, FORM, subject=slug[:SUBJECT] if known else None)


def _topic(unit: Unit, progress: Progress) -> str | None:
    """The page that the form is about, if there is (still) one that is meant."""
    begun = progress.subject
    slugs = [s for s in unit.world.pages.current.by_slug if begun and s.startswith(begun)]
    return begun if begun in slugs else slugs[0] if len(slugs) == 1 else None


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the questions: the page from which it is asked, if there is one."""
    topic = ticket_view.topic_title(unit, _topic(unit, progress))
    about = unit.phrases.html("message.about", topic=topic) if topic else Html("")
    return {"about": about}


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: consent if it is missing, then file."""
    assert unit.draft is not None
    if consent.is_missing(unit, progress):
        return
    resident = unit.actor.resident
    assert resident is not None
    new = StaffMessage.from_answers(progress.answers, rt=resident.rt, topic=_topic(unit, progress))
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    row = messages.file(unit.db, unit.actor, new, draft_id=unit.draft.id, year=year, now=unit.now)
    unit.drop_draft()
    look = ticket_view.open_button(row.number)
    row = deadlines.settled(unit, row)
    deadlines.confirm(unit, "message.filed", row, [[look]])
    ticket_view.send_cards(unit, row)
    consent.ask_home_once(unit)


ROUTES = (
    command("petugas", begin, needs=Permission.USE, menu="menu.message"),
    tap("message:ask", on_ask, needs=Permission.USE),
)
