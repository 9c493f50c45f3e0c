"""What a group sees: short answers that are for everybody, and the way to the private chat.

The unit of a group knows no person, no open form and no role (`unit_of_group` in
jobs/dispatch.py), so nothing personal can be shown there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from telegram import Chat, ChatMember, Update

from content.phrases import Html
from handlers import gotong_royong as activities
from handlers.buttons import Link
from handlers.routes import Trigger, other
from handlers.start import LINKS, RT_PAYLOAD, TOPIC_PAYLOAD
from handlers.unit import Unit
from services.roles import Permission
from storage import gotong_royong, groups, screen

COMMAND = re.compile(r"^/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+(\S*))?", re.IGNORECASE)
PAYLOAD = re.compile(r"^[A-Za-z0-9_-]{1,64}$")  # Bot API, deep links
EXPLAINED = "apa-itu-bantar"  # the page whose first lines explain BANTAR
ONCE_IN = timedelta(minutes=1)  # the same answer twice in a row is noise
HERE = (ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER, ChatMember.RESTRICTED)


def on_command(unit: Unit, update: Update) -> None:
    """A command: answered shortly if it is ours; one for another bot is none of our business."""
    asked = COMMAND.match((update.message.text or "") if update.message else "")
    if asked is None:
        return
    name, addressee = asked[1].lower(), asked[2]
    if addressee is not None and addressee.lower() != unit.world.username.lower():
        return
    if name in ANSWERS:
        ANSWERS[name](unit, update, asked[3] or "")
    elif f"command.{name}" in unit.phrases:
        _personal(unit, update, name)
    elif addressee is not None:
        _hello(unit, update, "")


def _hello(unit: Unit, update: Update, payload: str) -> None:
    """What the bot does in a group, and where it does the rest."""
    known = RT_PAYLOAD.match(payload) or payload in LINKS or payload.startswith(TOPIC_PAYLOAD)
    link = payload if known and PAYLOAD.match(payload) else "menu"
    hello = unit.phrases.html("group.hello", kelurahan=unit.settings.kelurahan.name)
    _say(unit, update, hello, "group.button.open", link)


def _bantar(unit: Unit, update: Update, _payload: str) -> None:
    """The first lines of the page that explains BANTAR."""
    page = unit.world.pages.current.get(EXPLAINED)
    if page is None:
        return _hello(unit, update, "")
    params = _message(unit, update, page.first.text, "topic.button.more", f"topik_{EXPLAINED}")
    del params["parse_mode"]  # Telegram takes entities or a parse mode
    _send(unit, {**params, "entities": list(page.first.entities)})


def _complaint(unit: Unit, update: Update, _payload: str) -> None:
    text = unit.phrases.html("group.complaint")
    _say(unit, update, text, "menu.complaint", "lapor")


def _aspiration(unit: Unit, update: Update, _payload: str) -> None:
    text = unit.phrases.html("group.aspiration")
    _say(unit, update, text, "menu.aspiration", "aspirasi")


def _schedule(unit: Unit, update: Update, _payload: str) -> None:
    """The next gotong royong for everybody, or for the RT whose group this is; no names."""
    own = {
        rt.number
        for rt in unit.settings.rt
        if rt.group is not None and groups.id_now(unit.db, rt.group) == unit.chat_id
    }
    coming = gotong_royong.starting(unit.db, unit.now)
    row = next((row for row in coming if row.rts is None or own & set(row.rts)), None)
    if row is None:
        text = unit.phrases.html("group.no_schedule")
    else:
        card = activities.card(unit, row, personal=False)
        text = Html(f"{unit.phrases.html('group.schedule')}\n\n{card}")
    _say(unit, update, text, "group.button.answer", "jadwal")


def _personal(unit: Unit, update: Update, name: str) -> None:
    """Everything else is between the person and the bot."""
    link = name if name in LINKS else "menu"
    _say(unit, update, unit.phrases.html("group.personal"), "group.button.open", link)


def _say(unit: Unit, update: Update, html: Html, label: str, payload: str) -> None:
    _send(unit, _message(unit, update, html, label, payload))


def _message(unit: Unit, update: Update, text: str, label: str, payload: str) -> dict[str, Any]:
    """An answer with its button, in the topic of the group in which the command stood."""
    link = Link(label, f"https://t.me/{unit.world.username}?start={payload}")
    params = unit.message_to(unit.chat_id, text, [[link]])
    message = update.message
    if message is not None and message.is_topic_message and message.message_thread_id:
        params["message_thread_id"] = message.message_thread_id
    return params


def _send(unit: Unit, params: dict[str, Any]) -> None:
    """Queue an answer, unless the group was told exactly that a moment ago."""
    if not screen.was_said(unit.db, unit.chat_id, params, since=unit.now - ONCE_IN):
        unit.call("sendMessage", params)


def on_tap(unit: Unit, update: Update) -> None:
    """Buttons that are answered by a tap are for the private chat."""
    unit.notice("group.tap", alert=True)


def on_membership(unit: Unit, update: Update) -> None:
    """The bot was let into a group, and says once what it does; or it was taken out of it."""
    change = update.my_chat_member
    if change is None or change.chat.type not in (Chat.GROUP, Chat.SUPERGROUP):
        return
    if not _is_in(change.new_chat_member):
        groups.leave(unit.db, unit.chat_id)
        return groups.not_taken(unit.db, unit.chat_id, unit.now)
    groups.find(unit.db, unit.chat_id)
    if groups.join(unit.db, unit.chat_id) and not _is_in(change.old_chat_member):
        _hello(unit, update, "")


def _is_in(member: ChatMember) -> bool:
    return member.status in HERE and getattr(member, "is_member", True)


def on_moved(unit: Unit, update: Update) -> None:
    """A group became a supergroup: what waits for it goes to its new id."""
    message = update.message
    if message is not None and message.migrate_to_chat_id is not None:
        groups.move(unit.db, message.chat_id, message.migrate_to_chat_id)
    elif message is not None and message.migrate_from_chat_id is not None:
        groups.move(unit.db, message.migrate_from_chat_id, message.chat_id)


ANSWERS: dict[str, Callable[[Unit, Update, str], None]] = {
    "start": _hello,
    "menu": lambda unit, update, _payload: _hello(unit, update, ""),
    "bantuan": lambda unit, update, _payload: _hello(unit, update, ""),
    "bantar": _bantar,
    "jadwal": _schedule,
    "lapor": _complaint,
    "aspirasi": _aspiration,
}
ROUTES = (
    other(Trigger.GROUP_COMMAND, on_command, needs=Permission.READ),
    other(Trigger.GROUP_TAP, on_tap, needs=Permission.READ),
    other(Trigger.GROUP_MEMBERSHIP, on_membership, needs=Permission.READ),
    other(Trigger.GROUP_MOVED, on_moved, needs=Permission.READ),
)
