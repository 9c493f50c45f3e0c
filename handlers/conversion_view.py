"""How a complaint and its gotong royong show each other."""

from __future__ import annotations

from typing import Any

from content.phrases import Html
from handlers.unit import Button, Unit
from services import conversions, desk
from services.roles import Permission
from services.tickets import COMPLAINT
from storage import Row, tickets


def lines_of_ticket(unit: Unit, row: Row[Any]) -> list[Html]:
    """On the card of a complaint: when it will be mended together."""
    coming = _coming(unit, row)
    if coming is None:
        return []
    when = unit.full_moment(coming.starts_at)
    return [unit.phrases.html("conversion.coming", title=coming.title, when=when)]


def buttons_of_ticket(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """Look at it, or call for it."""
    coming = _coming(unit, row)
    if coming is not None:
        own = conversions.covers(unit.actor, coming)
        return [[Button("activity.button.open", f"activity:open:{coming.id}")]] if own else []
    if conversions.may_invite(unit.actor, row):
        return [[Button("conversion.button.together", f"desk:together:{row.id}")]]
    return []


def _coming(unit: Unit, row: Row[Any]) -> Row[Any] | None:
    return conversions.coming_for(unit.db, row, unit.now) if row.type == COMPLAINT else None


def line_of_activity(unit: Unit, row: Row[Any]) -> list[Html]:
    """On the card of an activity: for which complaint it is; a number names nobody."""
    ticket = tickets.get(unit.db, row.ticket_id) if row.ticket_id is not None else None
    if ticket is None:
        return []
    return [unit.phrases.html("conversion.for_ticket", number=ticket.number)]


def buttons_of_activity(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """For an organiser: the complaint, and that it is done once a photo shows so."""
    if row.ticket_id is None or not unit.actor.may(Permission.SEE_TICKETS):
        return []
    rows = []
    ticket = conversions.to_close(unit.db, row)
    if ticket is not None:
        rows.append([Button("conversion.button.done", f"activity:close:{row.id}")])
    if desk.at_desk(unit.db, unit.actor, row.ticket_id) is not None:
        rows.append([Button("conversion.button.ticket", f"desk:open:{row.ticket_id}")])
    return rows
