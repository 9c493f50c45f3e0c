"""What stands on a complaint that was closed: what staff say of it, what residents say, apart."""

from __future__ import annotations

from typing import Any

from content.phrases import Html
from handlers.unit import Unit
from services import verdicts
from services.tickets import COMPLAINT
from services.verdicts import CLOSING, LATER, NOTHING
from storage import Row, photo_hashes
from storage.verdicts import Closed, Counts


def lines(unit: Unit, row: Row[Any]) -> list[Html]:
    """Done, say staff; what residents say at closing and weeks later. None if never closed."""
    closed = verdicts.of(unit.db, row)
    return [] if closed is None else _lines(unit, closed)


def _lines(unit: Unit, closed: Closed) -> list[Html]:
    said = closed.said.get(CLOSING, Counts())
    later = closed.said.get(LATER)
    found = [
        unit.phrases.html("closing.staff", when=unit.day(closed.at)),
        _said(unit, "residents", said),
    ]
    return found if later is None else [*found, _said(unit, "later", later)]


def _said(unit: Unit, who: str, counts: Counts) -> Html:
    together = verdicts.together(counts)
    if together == NOTHING:
        return unit.phrases.html("closing.unsaid")
    key = f"closing.{who}.{together}"
    return unit.phrases.html(key, good=counts.good, bad=counts.bad)


def for_card(unit: Unit, row: Row[Any]) -> list[Html]:
    """The same for staff, and that a photo of the work was seen before; words make room for it."""
    return [*lines(unit, row), *(alike_lines(unit, row) if row.type == COMPLAINT else ())]


def alike_lines(unit: Unit, row: Row[Any]) -> list[Html]:
    """With which photos the proof of a complaint is the same."""
    return [
        unit.phrases.html("card.alike_report")
        if number == row.number
        else unit.phrases.html("card.alike", number=number)
        for number in photo_hashes.alike_of(unit.db, row.id)[:1]
    ]
