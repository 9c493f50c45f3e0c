"""What a resident is sent without asking: one screen with a switch for each kind; /berhenti."""

from __future__ import annotations

from collections.abc import Collection

from telegram import Update

from content.phrases import Html
from handlers.routes import command, tap
from handlers.unit import Button, Unit
from services import residents
from services.roles import Permission
from storage.residents import Notice, Resident

ON, OFF = "on", "off"


def on_open(unit: Unit, update: Update) -> None:
    """The screen, from a button."""
    unit.detach()
    _screen(unit)


def _screen(unit: Unit) -> None:
    """Each kind with a line that says what it is, and its switch."""
    resident = unit.actor.resident
    if resident is None:
        return unit.show("mute.nothing", [[_delete_button()]])
    rows = [[_switch(unit, resident, notice)] for notice in Notice]
    all_ = Button("mydata.button.mute", "privacy:mute") if resident.notices else back_button()
    kinds = [_line(unit, resident, notice) for notice in Notice]
    unit.show("notice.screen", [*rows, [all_]], kinds=Html("\n".join(kinds)))


def _line(unit: Unit, resident: Resident, notice: Notice) -> Html:
    how = ON if resident.wants(notice) else OFF
    what = unit.phrases.html(f"notice.what.{notice}")
    return unit.phrases.html(f"notice.line.{how}", what=what)


def _switch(unit: Unit, resident: Resident, notice: Notice) -> Button:
    """It carries what it is to become, so that a second tap of an old screen does no harm."""
    now, then = (ON, OFF) if resident.wants(notice) else (OFF, ON)
    label = unit.phrases.plain(f"notice.short.{notice}")
    return Button(f"notice.button.{now}", f"privacy:notice:{notice}:{then}", {"label": label})


def on_switch(unit: Unit, update: Update) -> None:
    """One kind from now on, or no more."""
    name, how = [*unit.values, "", ""][:2]
    known = name in tuple(Notice) and how in (ON, OFF)
    if not known or not choose(unit, (Notice(name),), how == ON):
        return unit.notice("form.old_button")
    label = unit.phrases.plain(f"notice.short.{name}")
    unit.notice(f"notice.turned.{how}", label=label)
    _screen(unit)


def choose(unit: Unit, notices: Collection[Notice], wanted: bool) -> bool:
    """Note what is wanted; False if nothing is kept of the person."""
    resident = residents.choose(unit.db, unit.actor, notices, wanted)
    if resident is None:
        return False
    unit.know(resident)
    return True


def summary(unit: Unit, resident: Resident) -> str:
    """The four kinds on one line, each with whether he is sent it."""
    found = []
    for notice in Notice:
        how, label = ON if resident.wants(notice) else OFF, f"notice.short.{notice}"
        words = unit.phrases.plain(label)
        found.append(unit.phrases.plain(f"notice.button.{how}", label=words))
    return ", ".join(found)


def open_button() -> Button:
    """Leads to the screen."""
    return Button("notice.button.open", "privacy:notices")


def back_button() -> Button:
    """Lets everything come again."""
    return Button("mydata.button.unmute", "privacy:unmute")


def _delete_button() -> Button:
    return Button("mydata.button.delete", "privacy:ask")


# --- all at once -----------------------------------------------------------------------------


def stop(unit: Unit, update: Update) -> None:
    """/berhenti: nothing is sent unasked any more; nothing is asked."""
    _mute(unit)


def on_mute(unit: Unit, update: Update) -> None:
    """The same from a button."""
    unit.detach()
    _mute(unit)


def _mute(unit: Unit) -> None:
    if not choose(unit, tuple(Notice), False):
        return unit.reply("mute.nothing", [[_delete_button()]])
    unit.reply("mute.done", [[open_button()], [back_button()], [_delete_button()]])


def on_unmute(unit: Unit, update: Update) -> None:
    """Everything comes again."""
    if not choose(unit, tuple(Notice), True):
        return unit.notice("form.old_button")
    unit.show("mute.undone", [[open_button()]])


def welcome_back(unit: Unit) -> None:
    """/start of somebody who wanted nothing: everything comes again, and it is said."""
    resident = unit.actor.resident
    if resident is not None and not resident.notices:
        choose(unit, tuple(Notice), True)
        unit.reply("mute.undone", [[open_button()]])


ROUTES = (
    command("berhenti", stop, needs=Permission.READ),
    tap("privacy:notices", on_open, needs=Permission.READ),
    tap("privacy:notice", on_switch, needs=Permission.READ),
    tap("privacy:mute", on_mute, needs=Permission.READ),
    tap("privacy:unmute", on_unmute, needs=Permission.READ),
)
