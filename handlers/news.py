"""Announcements as their readers meet them: the button under one, and the link from WhatsApp."""

from __future__ import annotations

import json
import re

from telegram import Update

from handlers import aspirations, complaints, messages, schedule, topics
from handlers.routes import Handler, tap
from handlers.taps import number_in
from handlers.unit import Unit
from services import readers
from services.announcements import TOPIC
from services.places import rt_in
from services.roles import Permission
from storage import announcements as stored
from storage.announcements import RECALLED

PAYLOAD = "kabar_"  # how the link from WhatsApp begins: kabar_<announcement>_<rt>
LINK = re.compile(r"^(\d{1,9})_(\d{2,3})$")
DOORS: dict[str, Handler] = {
    "lapor": complaints.begin,
    "aspirasi": aspirations.begin,
    "petugas": messages.begin,
    "jadwal": schedule.schedule,
}


def on_open(unit: Unit, update: Update) -> None:
    """The button under an announcement: it was read, and leads on."""
    number = number_in(unit.values[0] if unit.values else "")
    if number == 0:  # in the preview of the sender
        return unit.notice("news.example", alert=True)
    row = stored.get(unit.db, number) if number is not None else None
    if row is None or row.button is None or row.state == RECALLED:
        return unit.notice("form.old_button")
    readers.read(unit.db, unit.actor, row.id, unit.now)
    unit.detach()  # the announcement stays to be read
    if not row.button.startswith(TOPIC):
        return DOORS[row.button](unit, update)
    if not topics.open_from_link(unit, row.button.removeprefix(TOPIC)):
        unit.notice("form.old_button")


def open_from_link(unit: Unit, payload: str) -> str | None:
    """Show the announcement of a link from WhatsApp; gives the RT of the link."""
    found = LINK.match(payload)
    rt = rt_in(f"rt{found[2]}", unit.settings.rt_numbers) if found else None
    row = None
    if found is not None and rt is not None:
        row = readers.by_link(unit.db, unit.actor, int(found[1]), rt)
    if row is None or rt is None:
        unit.reply("news.gone")
        return rt
    readers.read(unit.db, unit.actor, row.id, unit.now, rt=rt)
    unit.call(row.method, json.loads(row.params))
    return rt


ROUTES = (tap("news:open", on_open, needs=Permission.READ),)
