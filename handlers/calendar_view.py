"""An occurrence for one's own calendar: the button, and the message that brings the file."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers.calls import text_call
from handlers.gotong_royong import place_of
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Unit
from handlers.world import World
from services import calendar_file
from services.attendance import is_for
from services.calendar_file import NotOpen, Words
from services.roles import Permission
from storage import Row, gotong_royong
from storage.gotong_royong import CANCELLED
from storage.outbox import Message


def on_save(unit: Unit, update: Update) -> None:
    """ "Simpan ke kalender": the file comes when it is made."""
    number = number_in(unit.values[0])
    try:
        if number is None:
            raise NotOpen
        calendar_file.ask(unit.db, unit.actor, number, unit.now)
    except NotOpen:
        return _say_why(unit, number)
    unit.notice("calendar.coming")


def _say_why(unit: Unit, number: int | None) -> None:
    row = gotong_royong.get(unit.db, number) if number is not None else None
    if row is None or not is_for(unit.db, row, unit.actor.resident):
        return unit.notice("form.old_button")
    if row.state == CANCELLED:
        return unit.notice("gotong_royong.is_off", alert=True)
    unit.notice("gotong_royong.has_begun")


def words(world: World, row: Row[Any]) -> Words:
    """What the calendar of a resident says of an occurrence."""
    say = world.phrases
    bring = say.plain("gotong_royong.bring", bring=row.bring) if row.bring else ""
    return Words(
        title=say.plain("calendar.title", title=row.title),
        place=place_of(say, row),
        description="\n".join(part for part in (bring, say.plain("calendar.about")) if part),
        alarm=say.plain("calendar.alarm", title=row.title),
    )


def document(world: World, telegram_id: int, path: str) -> Message:
    """The message that brings the file of the media folder."""
    params = {
        "chat_id": telegram_id,
        "document": {"upload": path, "name": world.phrases.plain("calendar.file")},
        "caption": world.phrases.text("calendar.caption"),
        "parse_mode": "HTML",
    }
    return Message(telegram_id, "sendDocument", params)


def sorry(world: World, telegram_id: int) -> Message:
    """The message that says that there is nothing to save any more."""
    params = text_call(telegram_id, world.phrases.text("calendar.sorry"), None)
    return Message(telegram_id, "sendMessage", params)


ROUTES = (tap("calendar", on_save, needs=Permission.READ),)
