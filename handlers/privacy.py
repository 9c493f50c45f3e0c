"""One's own data: see it, correct it, take a copy, delete all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telegram import Update

from content.kosakata import normal
from handlers import consent, erasure, forms, notices
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage, World
from services import deletion, my_data, residents
from services import forms as progress_rules
from services.deletion import HasRole
from services.forms import Form, Input, Kind, Outcome, Progress, Step
from services.my_data import Nothing
from services.residents import MAX_NAME, BadName
from services.roles import Permission
from storage import screen
from storage.outbox import Message

RENAME = "rename"
WORD = "HAPUS"  # typed instead of the last tap
ASKED = "erase:asked:"  # how the key of the last question begins
NEAR = 2  # messages: a word that was not understood may have been answered in between
SURE = timedelta(hours=1)  # how long the last question can be answered


def overview(unit: Unit, update: Update) -> None:
    """/data_saya: who the bot thinks one is, and what can be done about it."""
    show(unit)
    forms.offer_resume(unit)


def on_mine(unit: Unit, update: Update) -> None:
    """The same from a button."""
    unit.detach()
    show(unit)


def show(unit: Unit) -> None:
    """Name and RT, and a button for each right."""
    resident = unit.actor.resident
    if resident is None:
        return unit.show("mydata.none", [[delete_button()]])
    home = f"mydata.home.{resident.home}"
    rt = unit.phrases.plain("form.choice.rt", number=resident.rt) if resident.rt else None
    rows = [
        [Button("mydata.button.name", "privacy:name")],
        [Button("mydata.button.home", f"home:{consent.ASK_AGAIN}")],
        [Button("mydata.button.download", "privacy:download")],
        [notices.open_button()],
        [delete_button()],
    ]
    unit.show(
        "mydata.overview",
        rows,
        name=resident.name,
        home=rt or unit.phrases.plain(home),
        news=notices.summary(unit, resident),
    )


def delete_button() -> Button:
    """Leads to the first question of deleting."""
    return Button("mydata.button.delete", "privacy:ask")


# --- the name --------------------------------------------------------------------------------


def on_name(unit: Unit, update: Update) -> None:
    """Open the form for the name."""
    if unit.actor.resident is None:
        return unit.notice("form.old_button")
    unit.actor.require(Permission.USE)
    unit.detach()
    forms.open_form(unit, RENAME)


def rename_form() -> Form:
    """One question."""
    name = Step("name", frozenset({Kind.TEXT}), longest=MAX_NAME)
    return Form(RENAME, (name,), story="name")


def submit_name(unit: Unit, progress: Progress) -> None:
    """Simpan: from now on that is the name."""
    if unit.actor.resident is None:  # he deleted it elsewhere
        unit.drop_draft()
        return unit.show("mydata.none")
    try:
        resident = residents.rename(unit.db, unit.actor, progress.answers["name"]["text"])
    except BadName:
        again = progress_rules.edit(rename_form(), progress, "name")
        return forms.take(unit, Outcome(again, ("rename.bad",)))
    unit.know(resident)
    unit.drop_draft()
    mine = Button("mydata.button.mine", "privacy:mine")
    unit.show("rename.done", [[mine]], name=resident.name)


# --- a copy ----------------------------------------------------------------------------------


def on_download(unit: Unit, update: Update) -> None:
    """Queue the copy; it comes as a document when it is ready."""
    try:
        is_new = my_data.ask(unit.db, unit.actor, unit.now)
    except Nothing:
        return unit.notice("form.old_button")
    if not is_new:
        return unit.notice("mydata.running", alert=True)
    unit.detach()
    unit.reply("mydata.coming")


def document(world: World, telegram_id: int, path: str, now: datetime) -> Message:
    """The message that brings the copy to its owner."""
    zone = world.settings.kelurahan.zone
    name = world.phrases.plain("mydata.file_name")
    params: dict[str, Any] = {
        "chat_id": telegram_id,
        "document": {"upload": path, "name": f"{name}-{now.astimezone(zone):%Y-%m-%d}.json"},
        "caption": world.phrases.text("mydata.caption"),
        "parse_mode": "HTML",
    }
    return Message(telegram_id, "sendDocument", params)


# --- deleting --------------------------------------------------------------------------------


def ask(unit: Unit, update: Update) -> None:
    """/hapus_data: the first question, with what goes and what stays."""
    _ask(unit)


def on_ask(unit: Unit, update: Update) -> None:
    """The same from a button."""
    unit.detach()
    _ask(unit)


def _ask(unit: Unit) -> None:
    try:
        found = deletion.summary(unit.db, unit.actor)
    except HasRole:
        admin = unit.actor.telegram_id in unit.settings.staff.admins
        return unit.show("erase.admin" if admin else "erase.has_role")
    parts = [
        unit.phrases.html("erase.question", tickets=found.tickets, media=found.media),
        *([unit.phrases.html("erase.keeps_acts")] if found.was_staff else []),
        *([unit.phrases.html("erase.stays_blocked")] if found.blocked else []),
    ]
    rows = [[Button("erase.button.next", "privacy:sure")], [_keep_button()]]
    unit.say("\n\n".join(parts), rows, in_place=True)


def _keep_button() -> Button:
    return Button("erase.button.keep", "privacy:keep")


def on_keep(unit: Unit, update: Update) -> None:
    """Nothing is deleted."""
    unit.show("erase.kept")


def on_sure(unit: Unit, update: Update) -> None:
    """The second question, in a message of its own: a tap or the typed word."""
    unit.detach()
    _ask_last(unit, "erase.sure")


def _ask_last(unit: Unit, question: str) -> None:
    stamp = int(unit.now.timestamp())
    rows = [[Button("erase.button.yes", f"privacy:erase:{stamp}")], [_keep_button()]]
    key = f"{ASKED}{unit.chat_id}:{unit.now.timestamp()}"
    unit.say(unit.phrases.text(question, word=WORD), rows, key=key)


def on_erase(unit: Unit, update: Update) -> None:
    """ "Ya, hapus semuanya": only from the last question, and only for an hour."""
    stamp = number_in(unit.values[0])
    if stamp is None or not 0 <= unit.now.timestamp() - stamp <= SURE.total_seconds():
        unit.notice("form.old_button")
        unit.detach()
        return _ask(unit)
    _erase(unit)


def read_word(unit: Unit, given: Input) -> bool:
    """The typed word soon after the last question; False if it is none.

    A mere yes is not enough: then it is asked again.
    """
    first, *others = normal(given.text).upper().split() or [""]
    is_word = first == WORD and len(others) <= 2  # "hapus bae pak" is meant as well
    is_yes = unit.draft is None and unit.world.vocabulary.answer(given.text) == "ya"
    if given.photo or given.voice or given.location or not (is_word or is_yes):
        return False
    near = NEAR if is_word else 1
    asked = screen.last_keys(unit.db, unit.chat_id, near, since=unit.now - SURE)
    if not any(key.startswith(ASKED) for key in asked):
        return False
    if is_word:
        _erase(unit)
    else:
        _ask_last(unit, "erase.type_word")
    return True


def _erase(unit: Unit) -> None:
    try:
        traces = deletion.erase(unit.db, unit.actor, unit.now)
    except HasRole:
        return _ask(unit)
    unit.actor = replace(unit.actor, resident=None)
    unit.draft = None
    unit.show("erase.done")
    erasure.take_back(unit, traces)


def forms_of() -> dict[str, FormPage]:
    """The form for the name."""
    return {RENAME: FormPage(rename_form(), submit_name, send="role.button.save")}


ROUTES = (
    command("data_saya", overview, needs=Permission.READ),
    command("hapus_data", ask, needs=Permission.READ),
    tap("privacy:mine", on_mine, needs=Permission.READ),
    tap("privacy:name", on_name, needs=Permission.USE),
    tap("privacy:download", on_download, needs=Permission.READ),
    tap("privacy:ask", on_ask, needs=Permission.READ),
    tap("privacy:keep", on_keep, needs=Permission.READ),
    tap("privacy:sure", on_sure, needs=Permission.READ),
    tap("privacy:erase", on_erase, needs=Permission.READ),
)
