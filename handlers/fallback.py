"""Everything that no command or button takes: an answer to the open form, or a kind word."""

from __future__ import annotations

from telegram import Message, Update

from handlers import (
    consent,
    correspondence,
    desk_search,
    forms,
    kinds,
    presence,
    privacy,
    reports,
    understanding,
)
from handlers.routes import Trigger, other
from handlers.unit import Unit
from services.forms import Input
from services.roles import Permission, Role


def read(message: Message) -> Input:
    """What a message says, as an answer to a form."""
    location = message.location or (message.venue.location if message.venue else None)
    return Input(
        text=message.text or message.caption or "",
        html=_formatted(message),
        photo=kinds.picture_in(message),
        file=kinds.file_in(message),
        voice=message.voice.file_id if message.voice else None,
        location=(location.latitude, location.longitude) if location else None,
        album=message.media_group_id,
        instead=kinds.sentence_for(message),
    )


def _formatted(message: Message) -> str:
    """The words with their bold and the like as Telegram HTML; empty if there is none."""
    if message.entities:
        return message.text_html or ""
    return (message.caption_html or "") if message.caption_entities else ""


def on_message(unit: Unit, update: Update) -> None:
    """Words, photos, voice and places: for the open form, or the start of a complaint."""
    message = update.effective_message
    if message is None or kinds.is_note(update):
        return
    given = read(message)
    unit.album = given.album
    danger = bool(given.text) and unit.world.vocabulary.names_danger(given.text)
    if danger:
        unit.reply("danger.call_112")
    if given.text == unit.phrases.plain("menu.location"):  # the label, from an app without GPS
        unit.reply("fallback.location")
    elif privacy.read_word(unit, given) or presence.read_code(unit, given.text):
        return
    elif unit.draft is not None:
        if forms.confirms(unit, given) or understanding.interrupts(unit, update, given):
            return
        if consent.is_awaited(unit) and unit.world.vocabulary.action(given.text) != "cancel":
            return consent.ask(unit, in_place=True, notes=("consent.unclear",))
        if desk_search.leaves_for(unit, given.text):
            return
        forms.on_message(unit, given)
    elif (
        (given.text and not given.photo and consent.read_home(unit, given.text))
        or correspondence.continue_reply(unit, given)  # a letter is private: before all others
        or reports.continue_waiting(unit, given)
    ):
        return
    elif given.photo or given.voice or given.location:
        understanding.begin_with(unit, given)
    elif given.text and given.instead is None:
        understanding.answer(unit, update, given.text, warned=danger)
    else:
        unit.reply_with_menu(given.instead or "fallback.other")


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


ROUTES = (
    other(Trigger.REFUSED, on_refused, needs=Permission.READ),
    other(Trigger.UNKNOWN_TAP, on_unknown_tap, needs=Permission.READ),
    other(Trigger.UNKNOWN_COMMAND, on_unknown_command, needs=Permission.READ),
    other(Trigger.MESSAGE, on_message, needs=Permission.USE),
)
