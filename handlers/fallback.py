"""Everything that no command or button takes: an answer to the open form, or a kind word."""

from __future__ import annotations

from telegram import Animation, Audio, Document, Message, Update, Video, VideoNote

from handlers import complaints, consent, forms, reports
from handlers.routes import Trigger, other
from handlers.unit import Unit
from services.forms import Input
from services.roles import Permission, Role
from storage import outbox_upkeep

UNREADABLE = (Animation, Audio, Document, Video, VideoNote)


def read(message: Message) -> Input:
    """What a message says, as an answer to a form."""
    location = message.location or (message.venue.location if message.venue else None)
    photo = message.photo[-1].file_id if message.photo else None
    return Input(
        text=message.text or message.caption or "",
        html=_formatted(message),
        photo=photo,
        voice=message.voice.file_id if message.voice else None,
        location=(location.latitude, location.longitude) if location else None,
        album=message.media_group_id,
        unreadable=isinstance(message.effective_attachment, UNREADABLE),
    )


def _formatted(message: Message) -> str:
    """The words with their bold and the like as Telegram HTML; empty if there is none."""
    if message.entities:
        return message.text_html or ""
    return (message.caption_html or "") if message.caption_entities else ""


def on_message(unit: Unit, update: Update) -> None:
    """Words, photos, voice and places: for the open form, or the start of a complaint."""
    message = update.effective_message
    if message is None or _is_service(message):
        return
    given = read(message)
    unit.album = given.album
    if given.text and unit.world.vocabulary.names_danger(given.text):
        unit.reply("danger.call_112")
    if given.text == unit.phrases.plain("menu.location"):  # the label, from an app without GPS
        unit.reply("fallback.location")
    elif unit.draft is not None:
        forms.on_message(unit, given)
    elif (
        given.text and not given.photo and consent.read_home(unit, given.text)
    ) or reports.continue_waiting(unit, given):
        return
    elif given.photo or given.voice or given.location:
        complaints.begin_with(unit, given)
    elif given.text:
        unit.reply_with_menu("fallback.text")
    else:
        unit.reply_with_menu("fallback.other")


def _is_service(message: object) -> bool:
    """Telegram's own notes in the chat, such as a pinned message, want no answer."""
    return bool(
        getattr(message, "pinned_message", None)
        or getattr(message, "message_auto_delete_timer_changed", None)
        or getattr(message, "write_access_allowed", None)
    )


def on_unknown_tap(unit: Unit, update: Update) -> None:
    """A button that no route knows."""
    unit.notice("form.old_button")


def on_unknown_command(unit: Unit, update: Update) -> None:
    """A command that the bot does not have."""
    unit.reply_with_menu("fallback.command")
    forms.offer_resume(unit)


def on_refused(unit: Unit, update: Update) -> None:
    """What the person may not do: said kindly, and nothing was changed."""
    key = "role.blocked" if unit.actor.role is Role.BLOCKED else "role.not_allowed"
    if unit.tap is not None:
        return unit.notice(key, alert=True)
    unit.reply_with_menu(key)


def on_group_command(unit: Unit, update: Update) -> None:
    """A command in a group: nothing personal is shown there. One for another bot is its own."""
    message = update.effective_message
    called = list(message.parse_entities(["bot_command"]).values()) if message else []
    other = called[0].partition("@")[2] if called else ""
    if other and other.lower() != unit.world.username.lower():
        return
    unit.reply("group.private", username=unit.world.username)


def on_group_moved(unit: Unit, update: Update) -> None:
    """A group became a supergroup: what waits for it goes to its new id."""
    message = update.effective_message
    if message is not None and message.migrate_to_chat_id is not None:
        outbox_upkeep.move_chat(unit.db, message.chat_id, message.migrate_to_chat_id)
    elif message is not None and message.migrate_from_chat_id is not None:
        outbox_upkeep.move_chat(unit.db, message.migrate_from_chat_id, message.chat_id)


ROUTES = (
    other(Trigger.REFUSED, on_refused, needs=Permission.READ),
    other(Trigger.GROUP_MOVED, on_group_moved, needs=Permission.READ),
    other(Trigger.GROUP_COMMAND, on_group_command, needs=Permission.READ),
    other(Trigger.UNKNOWN_TAP, on_unknown_tap, needs=Permission.READ),
    other(Trigger.UNKNOWN_COMMAND, on_unknown_command, needs=Permission.READ),
    other(Trigger.MESSAGE, on_message, needs=Permission.USE),
)
