"""Complaints that come again and again become a wish: a clerk's own draft, and its supporters."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers import aspirations, desk, forms, ticket_view
from handlers.conversion_view import month, recurring_of
from handlers.proposals import View
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import desk as desk_rules
from services import recurring as rules
from services.aspiration_form import form
from services.forms import Progress, progress_of
from services.places import Place, write_place
from services.recurring import Recurring
from services.roles import Permission
from services.similar import point_of
from storage import Row, tickets
from storage import aspirations as stored
from storage.residents import Notice

PILLAR, FIELD = "bersih", "drain"
NUMBERS = 10  # ticket numbers in the description
TOLD_WORDS = 300  # UTF-16 units of the aspiration, for the people of the complaints


def on_wish(unit: Unit, update: Update) -> None:
    """Jadikan usulan: the form of aspirations, as the clerk's own and filled in already."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    found = recurring_of(unit, row)
    if found is None or found.aspiration is not None:
        unit.notice("recurring.not_now", alert=True)
        return desk.show_ticket(unit, row)
    unit.detach()
    forms.open_form(unit, aspirations.FORM, subject=f"{aspirations.SOURCE}{row.id}")


def _source(unit: Unit, subject: str | None) -> tuple[Row[Any] | None, Recurring | None]:
    """The complaint from which an aspiration is made, and its like."""
    number = number_in((subject or "").removeprefix(aspirations.SOURCE))
    if not aspirations.is_made_of_complaints(subject) or number is None:
        return None, None
    if not unit.actor.may(Permission.HANDLE_TICKETS):
        return None, None
    row = desk_rules.at_desk(unit.db, unit.actor, number)
    return row, recurring_of(unit, row) if row is not None else None


def filled(unit: Unit, subject: str) -> dict[str, dict[str, Any]]:
    """What the complaints say of the aspiration; else the answers of one that is changed."""
    row, found = _source(unit, subject)
    if row is None or found is None:
        return aspirations.filled(unit, subject)
    unit.shows(row.reporter_id)
    point = point_of(row)
    shown = ", ".join(found.numbers[:NUMBERS])
    more = len(found.numbers) - NUMBERS
    words = unit.phrases.plain(
        "recurring.description",
        problem=ticket_view.kind_of(unit, row),
        place=ticket_view.place_of(unit, row),
        count=len(found.rows),
        since=month(unit, found),
        numbers=shown if more <= 0 else unit.phrases.plain("recurring.more", numbers=shown),
    )
    return {
        "description": {"text": words},
        **write_place(Place(row.rt, point, row.landmark)),
        "pillar": {"choice": PILLAR},
        "field": {"choice": FIELD},
    }


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """As of every aspiration; the place may be in a reporter's words."""
    row, _ = _source(unit, progress.subject)
    if row is not None:
        unit.shows(row.reporter_id)
    return aspirations.values(unit, progress)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: file it as any; then the people of the complaints are asked to support it."""
    assert unit.draft is not None
    draft_id = unit.draft.id
    aspirations.submit(unit, progress)
    row = tickets.by_draft(unit.db, draft_id)
    if row is not None:
        _link(unit, progress.subject, row.id)


def on_similar(unit: Unit, update: Update) -> None:
    """ "Dukung yang ini": then it is that one which the complaints became."""
    subject = progress_of(unit.draft).subject if unit.draft is not None else None
    answer, number = unit.values[1:2], number_in(unit.values[-1])
    aspirations.on_similar(unit, update)
    if unit.draft is None and answer == ("same",) and number is not None:
        _link(unit, subject, number)


def _link(unit: Unit, subject: str | None, aspiration_id: int) -> None:
    row, found = _source(unit, subject)
    if row is None or found is None:
        return
    ids = [one.id for one in found.rows]
    people = rules.link(unit.db, unit.actor, aspiration_id, ids, unit.now)
    aspiration = stored.shown(unit.db, aspiration_id, ())
    if aspiration is None:  # staff hid it
        return
    unit.shown.clear()
    rows = [
        [Button("proposal.button.support", f"proposal:support:{aspiration.id}:{View().data}")],
        [Button("recurring.button.look", f"proposal:open:{aspiration.id}:{View().data}")],
    ]
    told = {
        "number": aspiration.number,
        "count": len(found.rows),
        "words": shortened(aspiration.description or "", TOLD_WORDS),
    }
    unit.shows(aspiration.reporter_id, row.reporter_id)
    for person in people:
        if person.hears(Notice.FOLLOW_UPS):
            unit.notify(person.telegram_id, "recurring.told", rows, **told)
    unit.shown.clear()


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """The form of aspirations, of residents and of complaints."""
    return {
        aspirations.FORM: FormPage(
            form(rts), submit, values=values, advice=aspirations.advice, filled=filled
        )
    }


ROUTES = (
    tap("desk:wish", on_wish, needs=Permission.HANDLE_TICKETS),
    tap("aspiration:similar", on_similar, needs=Permission.USE),
)
