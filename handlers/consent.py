"""Consent and home: asked at the moment they are needed; what was typed waits for them."""

from __future__ import annotations

from dataclasses import replace

from telegram import Update

from content.kosakata import normal
from handlers import forms
from handlers.buttons import in_rows
from handlers.form_view import button
from handlers.routes import tap
from handlers.typed import AGREEING, spelled
from handlers.unit import Button, Unit
from handlers.world import nothing_is_sure
from services import residents
from services.forms import SEND, Progress
from services.places import RT_IN_WORDS, rt_in
from services.roles import Permission
from storage.residents import Resident

RT_COLUMNS = 4
ASK_AGAIN = "again"
WHOLE = "consent:whole:"  # the button that shows all of the text


def ask(
    unit: Unit,
    rt: str | None = None,
    *,
    in_place: bool = False,
    then: str = "consent:yes",
    notes: tuple[str, ...] = (),
) -> None:
    """Say in short what is kept, who sees it, how to withdraw; ask whether that is fine.

    `then` is where "Setuju" leads; what is to go on after it calls `agree` first. `notes` are
    phrases to say before.
    """
    before = list(notes)
    if in_place:  # Kirim was tapped: nobody shall think that it was sent
        before.append("consent.not_sent_yet")
    if unit.actor.resident is not None:  # he agreed to an older text
        before.append("consent.new_text")
    question = unit.phrases.html("consent.question", kelurahan=unit.settings.kelurahan.name)
    parts = [*(unit.phrases.html(key) for key in before), question]
    unit.say("\n\n".join(parts), _buttons(f"{then}:{rt}" if rt else then), in_place=in_place)


def _buttons(then: str) -> list[list[Button]]:
    return [
        [Button("consent.button.yes", then)],
        [Button("consent.button.no", "consent:no")],
        [Button("consent.button.whole", f"{WHOLE}{then}")],
    ]


def _show_whole(unit: Unit, then: str) -> None:
    """All that the law wants to be said, above the same two answers."""
    if unit.actor.agreed or not then.startswith(AGREEING):
        return unit.notice("form.old_button")
    whole = unit.phrases.html("consent.whole", kelurahan=unit.settings.kelurahan.name)
    unit.say(whole, _buttons(then)[:2], in_place=True)


def is_missing(unit: Unit, progress: Progress) -> bool:
    """Whether Kirim has to wait for consent (to the present text): then that is asked.

    The form stays at Kirim, and the question takes its place: no old Kirim is left to be tapped.
    """
    if not unit.actor.agreed:
        forms.keep(unit, replace(progress, step=SEND))
        ask(unit, in_place=True)
    return not unit.actor.agreed


def is_awaited(unit: Unit) -> bool:
    """Whether Kirim was pressed and only the consent is missing."""
    draft = unit.draft
    if draft is None or draft.step != SEND or unit.actor.agreed:
        return False
    return unit.world.forms[draft.form].sure is nothing_is_sure


def on_consent(unit: Unit, update: Update) -> None:
    """The answer to the consent question; a report that waited for it goes on."""
    assert unit.tap is not None
    _, answer, rt = [*unit.tap.data.split(":"), "", ""][:3]
    if answer == "whole":
        return _show_whole(unit, unit.tap.data.removeprefix(WHOLE))
    if answer != "yes":
        if unit.actor.agreed:  # an old question: he agreed since
            return unit.notice("form.old_button")
        if unit.actor.resident is not None:
            delete = Button("mydata.button.delete", "privacy:ask")
            return unit.show("consent.declined_again", [[delete]])
        if unit.draft is not None and unit.draft.step == SEND:
            resume = button(unit, "form.button.resume", "resume")
            return unit.show("consent.declined_unsent", [[resume]])
        return unit.show("consent.declined")
    if agree(unit) is None:
        return
    if unit.draft is not None and unit.draft.step == SEND:
        forms.act(unit, "send")
    elif rt in unit.settings.rt_numbers:
        settle(unit, rt)
    else:
        ask_home_once(unit)


def agree(unit: Unit) -> Resident | None:
    """Remember the person who agreed just now, and thank in place of the question.

    None if staff blocked him before he deleted his data: then that is said, and nothing goes on.
    """
    resident = residents.consent(unit.db, unit.actor, unit.first_name, unit.now)
    unit.know(resident)
    if not unit.actor.may(Permission.USE):
        unit.drop_draft()
        unit.show("role.blocked")
        return None
    unit.show("consent.thanks")
    unit.detach()
    return resident


def ask_home(unit: Unit) -> None:
    """Ask where the person lives."""
    numbers = [
        Button("form.choice.rt", f"home:{rt}", {"number": rt}) for rt in unit.settings.rt_numbers
    ]
    rows = in_rows(numbers, RT_COLUMNS)
    rows.append([Button("home.button.outside", f"home:{residents.HOME_OUTSIDE}")])
    rows.append([Button("home.button.unknown", f"home:{residents.HOME_UNKNOWN}")])
    unit.reply("home.question", rows)


def ask_home_once(unit: Unit) -> None:
    """The RT of a person who consented only now, asked after what he sent is safe."""
    resident = unit.actor.resident
    if resident is None or resident.home != residents.HOME_UNASKED:
        return
    if len(unit.actor.rts) == 1:  # who heads an RT lives there
        unit.know(residents.set_home(unit.db, resident, unit.actor.rts[0], unit.actor.rts))
    else:
        ask_home(unit)


def on_home(unit: Unit, update: Update) -> None:
    """The answer to the RT question."""
    assert unit.tap is not None
    home = unit.tap.data.partition(":")[2]
    if unit.actor.resident is None:
        unit.notice("form.old_button")
        return ask(unit)
    if home == ASK_AGAIN:
        unit.detach()
        return ask_home(unit)
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
    change = Button("home.button.change", f"home:{ASK_AGAIN}")
    unit.show(f"home.thanks.{resident.home}", [[change]], rt=resident.rt or "")


def read_home(unit: Unit, text: str) -> bool:
    """Words while the RT question is open: "rt 3", "3", "tidak tahu"; False if they are none."""
    resident, known = unit.actor.resident, unit.settings.rt_numbers
    if resident is None or resident.home != residents.HOME_UNASKED:
        return False
    said = spelled(unit, normal(text))
    said = f"rt {said}" if said.isdecimal() else said
    rt = rt_in(said, known)
    if rt is not None:
        settle(unit, rt)
    elif unit.world.vocabulary.action(text) == "skip":
        settle(unit, residents.HOME_UNKNOWN)
    elif RT_IN_WORDS.search(said):
        unit.reply("home.no_such_rt", known=", ".join(known))
        ask_home(unit)
    else:
        return False
    return True


ROUTES = (
    tap("consent", on_consent, needs=Permission.USE),
    tap("home", on_home, needs=Permission.USE),
)
