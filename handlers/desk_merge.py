"""Merging a ticket into a similar one by a button, beside the question for its number."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import MAX_LABEL, shortened
from handlers import desk, forms, ticket_view
from handlers.desk_more import similar_line
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from services import desk as rules
from services import neighbours
from services.forms import Input
from services.roles import Permission
from services.tickets import State
from storage import Row

MOST = 4  # buttons


def offer(unit: Unit, row: Row[Any], form: str) -> None:
    """Below the question for a number: similar open tickets; tapping one answers the question."""
    if unit.draft is None or unit.draft.form != form or forms.has_answers(unit):
        return  # another form is open, and asks first
    telling = unit.world.vocabulary.telling
    found = neighbours.mergeable(unit.db, unit.actor, row, telling, unit.now)[:MOST]
    if not found:
        return
    unit.shown.clear()
    rows = []
    for other in found:
        place = other.landmark or ticket_view.place_of(unit, other)
        label = shortened(f"{other.number} {place}", MAX_LABEL)
        data = f"desk:merge:{row.id}:{row.version}:{other.id}"
        rows.append([Button("typed.button.which", data, {"label": label})])
    lines = [similar_line(unit, other) for other in found]
    unit.say("\n".join([unit.phrases.html("desk.merge_with"), *lines]), rows)


def on_merge(unit: Unit, update: Update) -> None:
    """One of the similar tickets: the form is filled in with its number and shown once more."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    version, other_id = (number_in(value) for value in [*unit.values, "", "", ""][1:3])
    other = rules.at_desk(unit.db, unit.actor, other_id) if other_id is not None else None
    if (
        other is None
        or version != row.version
        or State.MERGED not in rules.moves_of(unit.actor, row)
    ):
        unit.notice("desk.outdated", alert=True)
        return desk.show_ticket(unit, row)
    if (
        unit.draft is not None
        and unit.draft.form not in desk.QUESTIONS
        and forms.has_answers(unit)
    ):
        return forms.offer_resume(unit)
    unit.drop_draft()
    subject = f"{row.id}.{row.version}.{State.MERGED}"
    forms.open_with(unit, "reason", Input(text=other.number), subject=subject)


ROUTES = (tap("desk:merge", on_merge, needs=Permission.HANDLE_TICKETS),)
