"""How a complaint and its gotong royong show each other."""

from __future__ import annotations

from typing import Any

from babel.dates import format_date

from content.phrases import Html
from handlers.unit import LOCALE, Button, Unit
from services import conversions, desk, recurring
from services.recurring import Recurring
from services.roles import Permission
from services.tickets import COMPLAINT
from storage import Row, tickets


def lines_of_ticket(unit: Unit, row: Row[Any], found: Recurring | None) -> list[Html]:
    """On the card of a complaint: when it will be mended together, and how often it came back."""
    coming, lines = _coming(unit, row), []
    if found is not None:
        values = {"count": len(found.rows), "since": month(unit, found)}
        lines.append(unit.phrases.html("recurring.found", **values))
        if found.aspiration is not None:
            lines.append(unit.phrases.html("recurring.made", number=found.aspiration))
    if coming is not None:
        when = unit.full_moment(coming.starts_at)
        lines.append(unit.phrases.html("conversion.coming", title=coming.title, when=when))
    return lines


def recurring_of(unit: Unit, row: Row[Any]) -> Recurring | None:
    """The like of a complaint, if it comes again and again."""
    return recurring.recurring(unit.db, row, unit.now, unit.world.vocabulary.telling)


def month(unit: Unit, found: Recurring) -> str:
    """Since when, as one says it: "Juni 2026"."""
    here = found.since.astimezone(unit.settings.kelurahan.zone)
    return format_date(here, "MMMM y", locale=LOCALE)


def buttons_of_ticket(unit: Unit, row: Row[Any], found: Recurring | None) -> list[list[Button]]:
    """Look at the gotong royong or call for it, and make a wish of what comes again and again."""
    rows, coming = [], _coming(unit, row)
    if coming is None and conversions.may_invite(unit.actor, row):
        rows.append([Button("conversion.button.together", f"desk:together:{row.id}")])
    elif coming is not None and conversions.covers(unit.actor, coming):
        rows.append([Button("activity.button.open", f"activity:open:{coming.id}")])
    again = found is not None and found.aspiration is None
    if again and unit.actor.may(Permission.HANDLE_TICKETS):
        rows.append([Button("recurring.button.wish", f"desk:wish:{row.id}")])
    return rows


def _coming(unit: Unit, row: Row[Any]) -> Row[Any] | None:
    return conversions.coming_for(unit.db, row, unit.now) if row.type == COMPLAINT else None


def line_of_activity(unit: Unit, row: Row[Any]) -> list[Html]:
    """On the card of an activity: for which complaint it is; a number names nobody.

    In a group no ticket is spoken of.
    """
    ticket = tickets.get(unit.db, row.ticket_id) if row.ticket_id is not None else None
    if ticket is None or not unit.private:
        return []
    return [unit.phrases.html("conversion.for_ticket", number=ticket.number)]


def buttons_of_activity(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """For an organiser: the complaint, and that it is done once a photo shows so."""
    if row.ticket_id is None or not unit.actor.may(Permission.SEE_TICKETS):
        return []
    rows = []
    ticket = conversions.to_close(unit.db, row)
    if ticket is not None:
        rows.append(
            [Button("conversion.button.done", f"activity:close:{row.id}:{ticket.version}")]
        )
    if desk.at_desk(unit.db, unit.actor, row.ticket_id) is not None:
        rows.append([Button("conversion.button.ticket", f"desk:open:{row.ticket_id}")])
    return rows
