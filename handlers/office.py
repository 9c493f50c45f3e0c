"""Where the kelurahan's office is, as far as the settings say."""

from __future__ import annotations

from content.phrases import Html
from handlers.unit import Unit


def lines(unit: Unit) -> list[Html]:
    """Address, hours and phone; or one sentence where none of them is known."""
    office = unit.settings.kelurahan
    facts = {"address": office.address, "hours": office.hours, "phone": office.phone}
    known = [
        unit.phrases.html(f"help.{name}", value=value) for name, value in facts.items() if value
    ]
    return known or [unit.phrases.html("help.office_unknown")]
