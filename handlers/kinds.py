"""Kinds of messages: which of them say something to the bot, and what it answers to others."""

from __future__ import annotations

from telegram import Document, Message, Update
from telegram.ext.filters import StatusUpdate

from services.forms import AS_FILE

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
LARGEST = 20_000_000  # bytes; Bot API, getFile
NOTES = ("boost_added", "passport_data", "successful_payment")  # no StatusUpdate, and no words
SENTENCES = {  # the first that a message has: a GIF is also a document
    "animation": "kind.video",
    "video": "kind.video",
    "video_note": "kind.video",
    "audio": "kind.audio",
    "document": "kind.file",
    "contact": "kind.contact",
}


def is_note(update: Update) -> bool:
    """Whether a message is Telegram's own note in the chat, such as that something was pinned."""
    message = update.effective_message
    noted = any(getattr(message, name, None) is not None for name in NOTES)
    return noted or bool(StatusUpdate.ALL.check_update(update))


def picture_in(message: Message) -> str | None:
    """The photo of a message; also one that was sent as a file, if it can be kept."""
    if message.photo:
        return message.photo[-1].file_id
    file = _picture_file(message)
    if file is None or (file.file_size or 0) > LARGEST:
        return None
    return AS_FILE + file.file_id


def file_in(message: Message) -> str | None:
    """The file of a message that is no picture, such as a PDF."""
    if picture_in(message) is not None or message.document is None or message.animation:
        return None
    return AS_FILE + message.document.file_id


def _picture_file(message: Message) -> Document | None:
    file = message.document
    is_picture = file is not None and file.mime_type in PICTURES and message.animation is None
    return file if is_picture else None


def sentence_for(message: Message) -> str | None:
    """The phrase that says what to send instead; None where the kind has none of its own."""
    if picture_in(message) is not None:
        return None
    if _picture_file(message) is not None:
        return "kind.large_picture"
    return next((key for kind, key in SENTENCES.items() if getattr(message, kind)), None)
