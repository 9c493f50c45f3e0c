"""Consent and home: asked at the moment they are needed; what was typed waits for them."""

from __future__ import annotations

from telegram import Update

from handlers import forms
from handlers.routes import tap
from handlers.unit import Button, Unit
from services import residents
from services.forms import SEND
from services.roles import Permission
from storage.residents import Resident

RT_COLUMNS = 4


def ask(
    unit: Unit, rt: str | None = None, *, in_place: bool = False, then: str = "consent:yes"
) -> None:
    """Say what is kept, why, who sees it, how to withdraw; ask whether that is fine.

    `then` is where "Setuju" leads; what is to go on after it calls `agree` first.
    """
    suffix = f":{rt}" if rt else ""
    say = unit.show if in_place else unit.reply
    say(
        "consent.question",
        [[Button("consent.button.yes", f"{then}{suffix}")],
         [Button("consent.button.no", "consent:no")]],
        kelurahan=unit.settings.kelurahan.name,
    )  # fmt: skip


def on_consent(unit: Unit, update: Update) -> None:
    """The answer to the consent question; a report that waited for it goes on."""
    assert unit.tap is not None
    _, answer, rt = [*unit.tap.data.split(":"), "", ""][:3]
    if answer != "yes":
        if unit.actor.resident is not None:  # an old question: he agreed since
            return unit.notice("form.old_button")
        return unit.show("consent.declined")
    agree(unit)
    if unit.draft is not None and unit.draft.step == SEND:
        forms.act(unit, "send")
    elif rt in unit.settings.rt_numbers:
        settle(unit, rt)
    else:
        ask_home_once(unit)


def agree(unit: Unit) -> Resident:
    """Remember the person who agreed just now, and thank in place of the question."""
    resident = residents.consent(unit.db, unit.actor, unit.first_name, unit.now)
    unit.know(resident)
    unit.show("consent.thanks")
    unit.detach()
    return resident


def ask_home(unit: Unit) -> None:
    """Ask where the person lives."""
    numbers = [
        Button("form.choice.rt", f"home:{rt}", {"number": rt}) for rt in unit.settings.rt_numbers
    ]
    rows = [numbers[i : i + RT_COLUMNS] for i in range(0, len(numbers), RT_COLUMNS)]
    rows.append([Button("home.button.outside", f"home:{residents.HOME_OUTSIDE}")])
    rows.append([Button("home.button.unknown", f"home:{residents.HOME_UNKNOWN}")])
    unit.reply("home.question", rows)


def ask_home_once(unit: Unit) -> None:
    """The RT of a person who consented only now, asked after what he sent is safe."""
    resident = unit.actor.resident
    if resident is not None and resident.home == residents.HOME_UNASKED:
        ask_home(unit)


def on_home(unit: Unit, update: Update) -> None:
    """The answer to the RT question."""
    assert unit.tap is not None
    home = unit.tap.data.partition(":")[2]
    if unit.actor.resident is None:
        unit.notice("form.old_button")
        return ask(unit)
    settle(unit, home)


def settle(unit: Unit, home: str) -> None:
    """Remember where a resident lives and say so."""
    assert unit.actor.resident is not None
    try:
        resident = residents.set_home(unit.db, unit.actor.resident, home, unit.settings.rt_numbers)
    except residents.UnknownRt:
        unit.notice("form.old_button")
        return ask_home(unit)
    unit.know(resident)
    unit.show(f"home.thanks.{resident.home}", rt=resident.rt or "")


ROUTES = (
    tap("consent", on_consent, needs=Permission.USE),
    tap("home", on_home, needs=Permission.USE),
)
