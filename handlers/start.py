"""First contact and the way around: greeting, main menu, help."""

from __future__ import annotations

import re

from telegram import Update

from handlers import (
    aspirations,
    complaints,
    consent,
    desk,
    forms,
    messages,
    news,
    notices,
    office,
    presence,
    proposals,
    report_list,
    roles,
    schedule,
    staff_group,
    topics,
)
from handlers.routes import Handler, Trigger, command, other
from handlers.unit import Button, Unit
from services import invites, residents
from services import presence as codes
from services.places import rt_in
from services.roles import Permission, Role
from storage import residents as stored
from storage import tasks

RT_PAYLOAD = re.compile(r"^rt\d{1,3}$")
TOPIC_PAYLOAD = "topik_"
LINKS: dict[str, Handler] = {
    "lapor": complaints.begin,
    "aspirasi": aspirations.begin,
    "usulan": proposals.open_list,
    "jadwal": schedule.schedule,
    "laporan": lambda unit, _update: report_list.page(unit, 0),
    "petugas": messages.begin,
}


def start(unit: Unit, update: Update) -> None:
    """/start, also from a link: rt05 remembers the RT, lapor opens a form, undang_… a role.

    hadir_… notes the person as present at gotong royong.
    """
    payload = _payload(update)
    if payload.startswith(staff_group.PAYLOAD):
        if unit.actor.may(Permission.SEE_TICKETS):
            return desk.open_from_link(unit, payload.removeprefix(staff_group.PAYLOAD))
        unit.reply("desk.link_of_staff")
    if payload.startswith(invites.PAYLOAD):
        return roles.redeem(unit, payload.removeprefix(invites.PAYLOAD))
    if payload.startswith(codes.PAYLOAD):
        return presence.open_link(unit, payload.removeprefix(codes.PAYLOAD))
    unit.reply_with_menu(
        "start.greeting",
        kelurahan=unit.settings.kelurahan.name,
        kecamatan=unit.settings.kelurahan.kecamatan,
    )
    notices.welcome_back(unit)
    if unit.actor.role not in (Role.RESIDENT, Role.BLOCKED):
        tasks.add(unit.db, "menu", {"telegram_id": unit.actor.telegram_id}, unit.now)
    if payload.startswith(news.PAYLOAD):  # whoever is not known yet is asked for consent below
        rt = news.open_from_link(unit, payload.removeprefix(news.PAYLOAD))
        if unit.actor.resident is not None:
            return forms.offer_resume(unit)
    else:
        rt = _rt_of(unit, payload)
    if payload in LINKS:
        return LINKS[payload](unit, update)
    if payload.startswith(TOPIC_PAYLOAD) and topics.open_from_link(
        unit, payload.removeprefix(TOPIC_PAYLOAD)
    ):
        return None
    resident = unit.actor.resident
    if resident is None:
        consent.ask(unit, rt)
    elif rt is not None:
        consent.settle(unit, rt)
    elif resident.home == residents.HOME_UNASKED:
        consent.ask_home(unit)
    forms.offer_resume(unit)


def _rt_of(unit: Unit, payload: str) -> str | None:
    return rt_in(payload, unit.settings.rt_numbers) if RT_PAYLOAD.match(payload) else None


def _payload(update: Update) -> str:
    text = update.effective_message.text or "" if update.effective_message else ""
    return text.partition(" ")[2].strip()


def menu(unit: Unit, update: Update) -> None:
    """/menu: the main menu as keyboard."""
    unit.reply_with_menu("start.menu")
    forms.offer_resume(unit)


def help_(unit: Unit, update: Update) -> None:
    """/bantuan: what the bot can do, and where the office is, if that is known."""
    parts = [unit.phrases.html("help.text", kelurahan=unit.settings.kelurahan.name)]
    if unit.actor.role not in (Role.RESIDENT, Role.BLOCKED):
        parts.insert(0, unit.phrases.html("help.staff"))
    parts += office.lines(unit)
    rows = [
        [Button("message.button.ask", "message:ask")],
        [Button("mydata.button.mine", "privacy:mine")],
        [notices.open_button()],
    ]
    unit.say("\n".join(parts), rows)
    forms.offer_resume(unit)


def on_blocking(unit: Unit, update: Update) -> None:
    """The person blocked the bot, or let it in again."""
    change = update.my_chat_member
    blocked = change is not None and change.new_chat_member.status in ("kicked", "left")
    stored.set_inactive(unit.db, unit.chat_id, "blocked" if blocked else None)


def on_edit(unit: Unit, update: Update) -> None:
    """A message was changed after it was sent: say how to correct a report."""
    message = update.effective_message
    if message is None or message.location is not None:  # a live location moves all the time
        return
    unit.reply("report.edited_message" if unit.draft is None else "form.edited_message")


ROUTES = (
    command("start", start, needs=Permission.READ),
    command("menu", menu, needs=Permission.READ),
    command("bantuan", help_, needs=Permission.READ, menu="menu.help"),
    other(Trigger.BLOCKING, on_blocking, needs=Permission.READ),
    other(Trigger.EDIT, on_edit, needs=Permission.READ),
)
