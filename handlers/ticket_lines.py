"""Lines that the card of a ticket and its page share, and what a ticket is called in each part."""

from __future__ import annotations

from typing import Any

from content.phrases import Html, shortened
from handlers.unit import Button, Unit
from services import correspondence
from services import tickets as rules
from services.amounts import Amount
from services.forwarding import AUTHORITIES, takes_number
from storage import Row

NAME_WORDS = 40
# How the phrases begin that speak of a ticket, where its type has phrases of its own.
OF_TYPE = {rules.MESSAGE: "message", rules.ASPIRATION: "aspiration"}


def key_of(row: Row[Any], rest: str, otherwise: str) -> str:
    """The key of a phrase that fits a ticket: "aspiration.<rest>", or "<otherwise>.<rest>"."""
    return f"{OF_TYPE.get(row.type, otherwise)}.{rest}"


def moved_key(row: Row[Any], *, is_own: bool) -> str:
    """The phrase in which a person hears of the new state of his ticket, or of one he joined."""
    if row.type == rules.ASPIRATION and not is_own:
        return f"proposal.moved.{row.state}"
    return key_of(row, f"moved.{row.state}", "ticket")


def details(unit: Unit, row: Row[Any], most: int) -> list[Html]:
    """What an aspiration says beyond its words, one line each; `most` of the problem."""
    answers = {
        "problem": shortened(row.problem or "", most),
        "pillar": _label(unit, "pillar", row.pillar),
        "field": _label(unit, "field", row.field),
        "households": str(row.households or ""),
        "volume": str(Amount(row.volume, row.unit)) if row.volume else "",
        "contributions": ", ".join(
            _label(unit, "contributions", value) for value in row.contributions or ()
        ),
    }
    return [
        unit.phrases.html(
            "form.summary_line",
            label=unit.phrases.plain(f"aspiration.{step}.short"),
            answer=answer,
        )
        for step, answer in answers.items()
        if answer
    ]


def _label(unit: Unit, step: str, value: str | None) -> str:
    return unit.phrases.plain(f"aspiration.{step}.choice.{value}") if value else ""


def authority_of(unit: Unit, authority: str) -> str:
    """Its name in full, or the words that staff typed."""
    known = authority in AUTHORITIES
    return unit.phrases.plain(f"authority.name.{authority}") if known else authority


def authority_line(unit: Unit, authority: str, number: str | None) -> str:
    """An authority, and the number that a ticket has there if it is known; plain text."""
    name = authority_of(unit, authority)
    if not number:
        return name
    return unit.phrases.plain("forward.with_number", authority=name, outside=number)


def forwarded(unit: Unit, row: Row[Any], *, with_number: bool = True) -> list[Html]:
    """To whom a ticket was forwarded, as a line of its own; none if it was not."""
    if row.authority is None:
        return []
    unit.shows(row.reporter_id)  # staff may have typed his name
    line = authority_line(unit, row.authority, row.outside_number if with_number else None)
    return [unit.phrases.html("forward.to", authority=line)]


def helped(unit: Unit, row: Row[Any], *, with_name: bool) -> list[Html]:
    """That a ticket was filed for somebody without Telegram, as a line of its own; for whom."""
    if row.assisted_as is None:
        return []
    unit.shows(row.reporter_id)  # who helped typed the name
    whom = (row.on_behalf if with_name else None) or unit.phrases.plain("assisted.somebody")
    return [unit.phrases.html("card.assisted", whom=shortened(whom, NAME_WORDS))]


def pass_on(unit: Unit, row: Row[Any]) -> list[Html]:
    """Below news for who filed a ticket for somebody without Telegram: whom to tell."""
    if row.assisted_as is None:
        return []
    whom = row.on_behalf or unit.phrases.plain("assisted.somebody")
    return [unit.phrases.html("assisted.pass_on", whom=shortened(whom, NAME_WORDS))]


def answer_buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """Under what the reporter wrote on his ticket: write back to him."""
    me = unit.actor.resident
    is_own = me is not None and row.reporter_id == me.id
    if not is_own or not correspondence.takes_letters(unit.db, row):
        return []
    return [[Button("desk.button.reply", f"desk:write:{row.id}")]]


def desk_buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """What staff can do about a ticket beside moving it: write, or say its number elsewhere."""
    rows = []
    if correspondence.may_write(unit.db, unit.actor, row):
        rows.append([Button("desk.button.write", f"desk:write:{row.id}")])
    if takes_number(unit.actor, row):
        rows.append([Button("desk.button.number", f"desk:number:{row.id}")])
    return rows
