"""Who is there, for organisers: the code to show on site, and claims to confirm."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers.activities import button_back, number_at, room, route
from handlers.buttons import turning
from handlers.calls import text_call
from handlers.taps import MAX_PAGE
from handlers.unit import Button, Unit
from handlers.world import World
from services import claims, presence
from services.attendance import may_tick
from services.presence import Code
from storage import Row
from storage import presence as stored
from storage.outbox import Message
from storage.residents import Notice, Resident

PEOPLE = 8  # claims on a page


def waiting(unit: Unit, row: Row[Any]) -> int:
    """How many claims the organiser may confirm now."""
    return claims.count_waiting(unit.db, unit.actor, row) if may_tick(row, unit.now) else 0


def rows_of(unit: Unit, row: Row[Any], count: int) -> list[list[Button]]:
    """The buttons of one activity that belong here, if it is their time; `count` claims wait."""
    rows = []
    if _shows_code(unit, row):
        rows.append([Button("presence.button.code", f"activity:code:{row.id}")])
    if count:
        data = f"activity:claims:{row.id}:0"
        rows.append([Button("presence.button.waiting", data, {"count": count})])
    return rows


def _shows_code(unit: Unit, row: Row[Any]) -> bool:
    """Who organises all of it can make a code; who only ticks there sees one that is there."""
    if not presence.is_code_time(row, unit.now, unit.settings.kelurahan.zone):
        return False
    return unit.actor.covers(row.rts) or stored.code_of(unit.db, row.id) is not None


def lines_of(unit: Unit, count: int) -> list[Html]:
    """What one activity says of claims, `count` of which wait."""
    return [unit.phrases.html("presence.waiting", count=count)] if count else []


# --- the code ---------------------------------------------------------------------------------


def on_code(unit: Unit, update: Update) -> None:
    """ "Kode hadir": the code that is there; if there is none, a new one is made."""
    zone = unit.settings.kelurahan.zone
    row, code = presence.code_shown(unit.db, unit.actor, number_at(unit, 0), unit.now, zone)
    if code is None:
        return _ask(unit, row.id)
    rows = [button_back(row)]
    if unit.actor.covers(row.rts):
        rows.insert(0, [Button("presence.button.new_code", f"activity:newcode:{row.id}")])
    unit.show("presence.code", rows, title=row.title, code=code)


def on_new_code(unit: Unit, update: Update) -> None:
    """Another code takes the place of the one that is there."""
    _ask(unit, number_at(unit, 0))


def _ask(unit: Unit, number: int) -> None:
    presence.ask_code(unit.db, unit.actor, number, unit.now, unit.settings.kelurahan.zone)
    unit.notice("presence.code_coming")


def link(world: World, code: Code) -> str:
    """What the picture of a code says: the link that opens the bot and notes who opens it."""
    return f"https://t.me/{world.username}?start={presence.PAYLOAD}{code.secret}"


def picture(world: World, telegram_id: int, row: Row[Any], code: Code, path: str) -> Message:
    """The message that brings the picture of a code, a file of the media folder."""
    caption = world.phrases.text(
        "presence.picture", title=row.title, code=code.code, link=link(world, code)
    )
    back = [button.as_json(world.phrases) for button in button_back(row)]
    params = {
        "chat_id": telegram_id,
        "photo": {"upload": path, "name": world.phrases.plain("presence.file")},
        "caption": caption,
        "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": [back]},
    }
    return Message(telegram_id, "sendPhoto", params)


def no_picture(world: World, telegram_id: int) -> Message:
    """The message that says that no code was made."""
    params = text_call(telegram_id, world.phrases.text("presence.no_code"), None)
    return Message(telegram_id, "sendMessage", params)


# --- claims -----------------------------------------------------------------------------------


def on_claims(unit: Unit, update: Update) -> None:
    """Who says that he is there, a page of it."""
    _claims(unit, number_at(unit, 0), number_at(unit, 1))


def on_confirm(unit: Unit, update: Update) -> None:
    """One name: he is there."""
    _settle(unit, came=True)


def on_decline(unit: Unit, update: Update) -> None:
    """One name: he is not there. Nobody is told."""
    _settle(unit, came=False)


def _settle(unit: Unit, *, came: bool) -> None:
    number, person = number_at(unit, 0), number_at(unit, 1)
    row, there = claims.settle(unit.db, unit.actor, number, person, came=came, now=unit.now)
    _thank(unit, row, there)
    _claims(unit, number, number_at(unit, 2))


def on_confirm_all(unit: Unit, update: Update) -> None:
    """All whose names were on the list when the button was made."""
    number, last = number_at(unit, 0), number_at(unit, 1)
    row, there = claims.confirm_all(unit.db, unit.actor, number, last, unit.now)
    _thank(unit, row, there)
    _claims(unit, number, 0)


def _thank(unit: Unit, row: Row[Any], people: list[Resident]) -> None:
    for person in people:
        if person.hears(Notice.GOTONG_ROYONG):
            unit.notify(person.telegram_id, "presence.confirmed", title=row.title)


def _claims(unit: Unit, number: int, page: int) -> None:
    row, found = claims.waiting(unit.db, unit.actor, number, unit.now)
    page = min(page, MAX_PAGE, max(len(found) - 1, 0) // PEOPLE)
    here = found[page * PEOPLE : (page + 1) * PEOPLE]
    rows = [_person(unit, row, one, page) for one in here]
    if len(found) > 1:
        data = f"activity:confirmall:{row.id}:{found[-1].id}"
        rows.append([Button("presence.button.all", data, {"count": len(found)})])
    turn = turning(
        page,
        len(found) > (page + 1) * PEOPLE,
        lambda other: f"activity:claims:{row.id}:{other}",
        before="activity.button.before",
        after="activity.button.after",
    )
    key = "presence.claims" if found else "presence.no_claims"
    unit.show(key, [*rows, *turn, button_back(row)], title=row.title, count=len(found))


def _person(unit: Unit, row: Row[Any], one: Row[Any], page: int) -> list[Button]:
    unit.shows(one.resident_id)
    data = f"{row.id}:{one.resident_id}:{page}"
    name = shortened(one.name, room(unit, "presence.button.confirm", ""))
    return [
        Button("presence.button.confirm", f"activity:confirm:{data}", {"label": name}),
        Button("presence.button.decline", f"activity:decline:{data}"),
    ]


ROUTES = (
    route("code", on_code),
    route("newcode", on_new_code),
    route("claims", on_claims),
    route("confirm", on_confirm),
    route("decline", on_decline),
    route("confirmall", on_confirm_all),
)
