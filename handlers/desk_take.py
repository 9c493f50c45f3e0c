"""Taking a ticket into one's hands, taking it over from a colleague, giving it back."""

from __future__ import annotations

from telegram import Update

from handlers import desk, staff_group, ticket_view
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Unit
from services import assignments
from services.assignments import Taken
from services.roles import Permission
from services.tickets import NotOpen, again


def on_take(unit: Unit, update: Update) -> None:
    """ "Saya tangani", or "Ambil alih"; the button says who had it when it was shown."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    before = row.assignee_id
    seen = (number_in(unit.values[1]) if len(unit.values) > 1 else None) or None
    try:
        row = assignments.take(unit.db, unit.actor, row.id, seen=seen, now=unit.now)
    except (Taken, NotOpen):
        return _too_late(unit, row.id)
    unit.notice("desk.taken", number=row.number)
    desk.show_ticket(unit, row)
    ticket_view.refresh_cards(unit, row)
    others = set(unit.holders(Permission.HANDLE_TICKETS)) - {unit.actor.telegram_id}
    if before == seen and seen in others:
        unit.shown.clear()
        name = ticket_view.staff_name(unit, unit.actor.telegram_id)
        buttons = staff_group.card_buttons(unit, row, seen)
        unit.notify(seen, "desk.taken_over", buttons, number=row.number, name=name)


def _too_late(unit: Unit, ticket_id: int) -> None:
    """Say who was faster, and show the ticket as it is now."""
    row = again(unit.db, ticket_id)
    if row.assignee_id is None or not assignments.may_take(unit.actor, row):
        unit.notice("desk.outdated", alert=True)
    else:
        name = ticket_view.staff_name(unit, row.assignee_id)
        unit.notice("desk.taken_by_other", alert=True, name=name)
    desk.show_ticket(unit, row)


def on_release(unit: Unit, update: Update) -> None:
    """ "Lepaskan"."""
    row = desk.ticket_of(unit)
    if row is None:
        return
    row = assignments.release(unit.db, unit.actor, row.id, now=unit.now)
    if row.assignee_id is not None:  # a colleague took it over meanwhile
        return _too_late(unit, row.id)
    unit.notice("desk.released", number=row.number)
    desk.show_ticket(unit, row)
    ticket_view.refresh_cards(unit, row)


ROUTES = (
    tap("desk:take", on_take, needs=Permission.HANDLE_TICKETS),
    tap("desk:release", on_release, needs=Permission.HANDLE_TICKETS),
)
