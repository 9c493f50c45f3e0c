"""What of a group concerns the bot: commands, taps, coming and going, a new id. Nothing else.

People in a group never agreed to anything, so what they say to each other is not even kept.
"""

from __future__ import annotations

from typing import Any

from telegram import Chat, Update

from handlers.routes import Trigger

TALK = ("message", "edited_message", "channel_post", "edited_channel_post")
PLACES = (Chat.GROUP, Chat.SUPERGROUP, Chat.CHANNEL)
COMMANDS_A_MINUTE = 10  # of one group; more are not answered until it calms down


def is_talk(update: dict[str, Any]) -> bool:
    """Whether a raw update is what people of a group or channel say to each other."""
    for kind in TALK:
        message = update.get(kind)
        if isinstance(message, dict):
            chat = message.get("chat")
            elsewhere = not isinstance(chat, dict) or chat.get("type") not in PLACES
            return not elsewhere and (kind != "message" or not _concerns(message))
    return False


def _concerns(message: dict[str, Any]) -> bool:
    if "migrate_to_chat_id" in message or "migrate_from_chat_id" in message:
        return True
    return str(message.get("text", "")).startswith("/") and not _is_of_a_bot(message)


def _is_of_a_bot(message: dict[str, Any]) -> bool:
    """Whether a channel or another bot wrote it; an anonymous administrator is a person."""
    sender = message.get("from")
    is_bot = isinstance(sender, dict) and bool(sender.get("is_bot"))
    return bool(message.get("is_automatic_forward")) or (is_bot and "sender_chat" not in message)


def trigger_of(update: Update) -> Trigger | None:
    """What an update sets off if it is of a group or channel; None for all others."""
    chat, message = update.effective_chat, update.message
    if chat is None or chat.type == Chat.PRIVATE:
        return None
    if update.callback_query is not None:
        return Trigger.GROUP_TAP
    if update.my_chat_member is not None:
        return Trigger.GROUP_MEMBERSHIP
    if message is None or chat.type == Chat.CHANNEL:
        return None
    if message.migrate_to_chat_id is not None or message.migrate_from_chat_id is not None:
        return Trigger.GROUP_MOVED
    return Trigger.GROUP_COMMAND if (message.text or "").startswith("/") else None
