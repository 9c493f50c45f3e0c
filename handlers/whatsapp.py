"""An announcement as a plain text for WhatsApp groups, with one link per RT."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import shortened
from handlers.announcement_list import named
from handlers.buttons import Copy, in_rows
from handlers.news import PAYLOAD
from handlers.routes import tap
from handlers.unit import Button, Unit
from services import readers
from services.markup import visible
from services.roles import Permission
from storage import Row

ALL = "all"
COLUMNS = 4
MOST_WORDS = 3500  # UTF-16 units: fits a message with head, link and explanation


def ask(unit: Unit, update: Update) -> None:
    """ "Teks WhatsApp": for which RT."""
    row = named(unit)
    if row is None or not _rts(unit, row):
        return unit.notice("form.old_button")
    buttons = [
        Button("form.choice.rt", f"announcement:copy:{row.id}:{rt}", {"number": rt})
        for rt in _rts(unit, row)
    ]
    every = Button("form.choice.all_rt", f"announcement:copy:{row.id}:{ALL}")
    unit.reply("whatsapp.which", [[every], *in_rows(buttons, COLUMNS)])


def _rts(unit: Unit, row: Row[Any]) -> list[str]:
    """The RTs whose link would show it."""
    numbers = unit.settings.rt_numbers
    return [rt for rt in numbers if readers.by_link(unit.db, unit.actor, row.id, rt) is not None]


def copy(unit: Unit, update: Update) -> None:
    """One message per RT, each to be copied with a tap."""
    row = named(unit)
    wanted = unit.values[-1] if unit.values else ""
    rts = [rt for rt in (_rts(unit, row) if row else []) if wanted in (ALL, rt)]
    if row is None or not rts:
        return unit.notice("form.old_button")
    unit.detach()
    for rt in rts:
        link = f"https://t.me/{unit.world.username}?start={PAYLOAD}{row.id}_{rt}"
        text = unit.phrases.plain(
            "whatsapp.text_urgent" if row.urgent else "whatsapp.text",
            kelurahan=unit.settings.kelurahan.name,
            words=shortened(visible(row.html).strip(), MOST_WORDS),
            link=link,
        )
        unit.reply("whatsapp.copy", [[Copy("whatsapp.button.link", link)]], rt=rt, text=text)


ROUTES = (
    tap("announcement:whatsapp", ask, needs=Permission.ANNOUNCE),
    tap("announcement:copy", copy, needs=Permission.ANNOUNCE),
)
