"""Being noted as present: by the link or the code shown on site, or by one's own word."""

from __future__ import annotations

import re
from typing import Any

from telegram import Update

from content.kosakata import normal
from content.phrases import Html
from handlers import consent, forms
from handlers.buttons import in_rows
from handlers.gotong_royong import card, claim_button, place_of
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from services import attendance, claims, presence
from services.gotong_royong import Unknown
from services.presence import NotValid, WhichRt
from services.residents import HOME_UNASKED
from services.roles import Permission
from storage import Row, outbox, screen
from storage import presence as stored
from storage.outbox import Message
from storage.outbox_words import Lane

CLAIM = "claim"  # what "Setuju" carries instead of a code, before the occurrence
SAID = re.compile(
    r"^(?:saya )?(?:hadir|kode(?: hadir)?) (?:([a-z]{3}) ?(\d{3})|([a-z0-9]{5,7}))\b"
)
BARE = re.compile(r"^([a-z]{3}) ?(\d{3})$")
TRIES = 5  # wrong codes of one chat within a minute, then it waits
LOOKED_AT = 40  # replies of a chat in a minute
RT_COLUMNS = 4
BEGUN = 2  # of today in one go: each is a message


# --- the code ---------------------------------------------------------------------------------


def open_link(unit: Unit, secret: str) -> None:
    """/start hadir_…: the QR picture was scanned."""
    unit.actor.require(Permission.USE)
    _take(unit, secret)


def read_code(unit: Unit, text: str) -> bool:
    """A typed code: "hadir ABC234", or "ABC234" alone while any code works; else False."""
    said = normal(text)
    found, bare = SAID.match(said), BARE.match(said)
    if found is not None and (found[1] or any(sign.isdecimal() for sign in found[3])):
        token = f"{found[1]}{found[2]}" if found[1] else found[3]
    elif bare is not None and unit.draft is None and _any_works(unit):
        token = f"{bare[1]}{bare[2]}"
    else:
        return False
    _take(unit, token.upper())
    return True


def _any_works(unit: Unit) -> bool:
    return presence.any_code_works(unit.db, unit.now, unit.settings.kelurahan.zone)


def _take(unit: Unit, token: str) -> None:
    """Note the person as present; without consent that first, without an RT where it counts."""
    if _waits(unit):
        return unit.reply("presence.wait")
    zone = unit.settings.kelurahan.zone
    try:
        if not unit.actor.agreed:
            presence.find(unit.db, None, token, unit.now, zone)
            return consent.ask(unit, then=f"presence:agree:{token}", notes=("presence.first",))
        row, is_new = presence.enter(unit.db, unit.actor, token, unit.now, zone)
    except WhichRt:
        return _ask_rt(unit, token)
    except NotValid:
        key = f"{_key(unit)}{unit.now.timestamp()}"
        return unit.say(unit.phrases.text("presence.wrong"), key=key)
    said = "presence.welcome" if is_new else "presence.known"
    unit.reply_with_menu(said, title=row.title, place=place_of(unit.phrases, row))
    consent.ask_home_once(unit)
    forms.offer_resume(unit)


def _waits(unit: Unit) -> bool:
    """Whether too many wrong codes came from this chat in the last minute."""
    since = unit.now - presence.TRIES_WITHIN
    keys = screen.last_keys(unit.db, unit.chat_id, LOOKED_AT, since=since)
    return sum(key.startswith(_key(unit)) for key in keys) >= TRIES


def _key(unit: Unit) -> str:
    """How the key of an answer to a wrong code begins: they are counted by it."""
    return f"code:{unit.chat_id}:"


def _ask_rt(unit: Unit, token: str) -> None:
    numbers = [
        Button("form.choice.rt", f"presence:home:{rt}:{token}", {"number": rt})
        for rt in unit.settings.rt_numbers
    ]
    rows = in_rows(numbers, RT_COLUMNS)
    rows.append([Button("home.button.outside", "home:outside")])
    rows.append([Button("home.button.unknown", "home:unknown")])
    unit.reply("home.question", rows)


def on_home(unit: Unit, update: Update) -> None:
    """The RT, and then the code that waited for it."""
    rt, token = [*unit.values, ""][:2]
    resident = unit.actor.resident
    is_asked = unit.actor.agreed and resident is not None and resident.home == HOME_UNASKED
    if not is_asked or rt not in unit.settings.rt_numbers or not token:
        return unit.notice("form.old_button")
    consent.settle(unit, rt)
    unit.detach()
    _take(unit, token)


def on_agree(unit: Unit, update: Update) -> None:
    """Consent, and then the code or the word that waited for it."""
    if consent.agree(unit) is None:
        return
    token, number = [*unit.values, ""][:2]
    if token == CLAIM:
        _claim(unit, number_in(number))
        consent.ask_home_once(unit)
    else:
        _take(unit, token)


# --- one's own word ---------------------------------------------------------------------------


def on_claim(unit: Unit, update: Update) -> None:
    """ "Saya hadir": waits until an organiser confirms it; without consent that first."""
    number = number_in(unit.values[0])
    if unit.actor.agreed or number is None:
        return _claim(unit, number)
    found = claims.begun(unit.db, unit.actor.resident, unit.now, unit.settings.kelurahan.zone)
    if number not in {row.id for row in found}:
        return _say_why(unit, number)
    consent.ask(unit, then=f"presence:agree:{CLAIM}:{number}", notes=("presence.first",))


def _claim(unit: Unit, number: int | None) -> None:
    if number is None:
        return unit.notice("form.old_button")
    zone = unit.settings.kelurahan.zone
    try:
        row, came = claims.claim(unit.db, unit.actor, number, unit.now, zone)
    except Unknown:
        return _say_why(unit, number)
    if not came:
        _tell_organiser(unit, row)
    unit.notice("presence.noted" if came else "presence.claimed")
    unit.say(begun_card(unit, row), in_place=True)


def _tell_organiser(unit: Unit, row: Row[Any]) -> None:
    """The first who says that he is there: one message an activity, not one a person."""
    key, chat = f"claims:{row.id}", int(row.created_by)
    opens = [[Button("activity.button.open", f"activity:open:{row.id}")]]
    html = unit.phrases.html("presence.somebody_waits", title=row.title)
    organises = chat in unit.holders(Permission.ORGANISE)  # he may have lost the role
    if organises and outbox.by_key(unit.db, key) is None:
        message = Message(chat, "sendMessage", unit.message_to(chat, html, opens), Lane.NOTICE)
        outbox.add(unit.db, message._replace(key=key), unit.now)


def _say_why(unit: Unit, number: int) -> None:
    """Too early is worth a word; nothing of what does not concern the person."""
    if attendance.ahead(unit.db, unit.actor.resident, number, unit.now) is not None:
        return unit.notice("presence.too_early", alert=True)
    unit.notice("form.old_button")


def show_begun(unit: Unit) -> bool:
    """What began today for the person, each with "Saya hadir" until he is noted; was there any?"""
    zone = unit.settings.kelurahan.zone
    rows = claims.begun(unit.db, unit.actor.resident, unit.now, zone)[:BEGUN]
    for row in rows:
        unit.say(begun_card(unit, row), [] if _is_said(unit, row) else [[claim_button(row)]])
    return bool(rows)


def begun_card(unit: Unit, row: Row[Any]) -> Html:
    """What began, and whether the person is known to be there."""
    resident = unit.actor.resident
    state = "begun"
    if resident is not None and stored.came(unit.db, row.id, resident.id):
        state = "noted"
    elif _is_said(unit, row):
        state = "claimed"
    parts = [card(unit, row, personal=False), unit.phrases.html(f"presence.{state}")]
    return Html("\n\n".join(parts))


def _is_said(unit: Unit, row: Row[Any]) -> bool:
    """Whether the person has nothing more to say of an occurrence."""
    resident = unit.actor.resident
    if resident is None:
        return False
    came = stored.came(unit.db, row.id, resident.id)
    return came or stored.claimed(unit.db, row.id, resident.id)


ROUTES = (
    tap("presence:agree", on_agree, needs=Permission.USE),
    tap("presence:home", on_home, needs=Permission.USE),
    tap("presence:claim", on_claim, needs=Permission.USE),
)
