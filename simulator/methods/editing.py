"""Changing what was sent: edits, deletion, and answers to pressed buttons."""

from datetime import timedelta

from simulator.call import Call
from simulator.methods.media import input_media
from simulator.methods.sending import caption_from_call, open_chat, same, text_of
from simulator.rules import MAX_ANSWER, NOT_MODIFIED, Json, bad, check_markup, units
from simulator.state import Chat, World

MEDIA = ("photo", "voice", "document", "video", "audio", "animation")
TEXT_KEYS = ("text", "entities", "link_preview_options")
CAPTION_KEYS = ("caption", "caption_entities", "show_caption_above_media")
DELETABLE_FOR = 48 * 3600


def _editable(world: World, call: Call) -> tuple[Chat, Json]:
    chat = open_chat(world, call)
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad("message to edit not found")
    if message["from"]["id"] != world.bot["id"] or message["message_id"] in chat.sealed:
        raise bad("message can't be edited")
    return chat, message


def _markup(call: Call) -> Json:
    """The inline keyboard a message has after the edit; none given means none left."""
    wish = call.parsed("reply_markup") if "reply_markup" in call.params else None
    markup = check_markup(wish) if wish is not None else {}
    if markup and "inline_keyboard" not in markup:
        raise bad("inline keyboard expected")
    return {"reply_markup": markup} if markup.get("inline_keyboard") else {}


def _change(world: World, chat: Chat, old: Json, content: Json, keys: tuple[str, ...]) -> Json:
    """Replace those keys of a message; the old dict stays as it was for who holds it."""
    if same(old, content, *keys):
        raise bad(NOT_MODIFIED)
    message = {key: value for key, value in old.items() if key not in keys}
    message.update(content)
    message["edit_date"] = world.now()
    world.keep(chat, message, "edit")
    return message


def edit_text(world: World, call: Call) -> Json:
    """editMessageText"""
    chat, old = _editable(world, call)
    content = {**text_of(world, call), **_markup(call)}
    if "text" not in old:
        raise bad("there is no text in the message to edit")
    return _change(world, chat, old, content, (*TEXT_KEYS, "reply_markup"))


def edit_caption(world: World, call: Call) -> Json:
    """editMessageCaption"""
    chat, old = _editable(world, call)
    content = {**caption_from_call(world, call), **_markup(call)}
    if not any(kind in old for kind in MEDIA):
        raise bad("there is no caption in the message to edit")
    return _change(world, chat, old, content, (*CAPTION_KEYS, "reply_markup"))


def edit_markup(world: World, call: Call) -> Json:
    """editMessageReplyMarkup"""
    chat, old = _editable(world, call)
    return _change(world, chat, old, _markup(call), ("reply_markup",))


def edit_media(world: World, call: Call) -> Json:
    """editMessageMedia"""
    chat, old = _editable(world, call)
    content = {**input_media(world, call, call.parsed("media")), **_markup(call)}
    keys = (*MEDIA, *CAPTION_KEYS, *TEXT_KEYS, "reply_markup")
    return _change(world, chat, old, content, keys)


def delete_message(world: World, call: Call) -> bool:
    """deleteMessage"""
    chat = open_chat(world, call)
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad("message to delete not found")
    own = message["from"]["id"] == world.bot["id"]
    if world.now() - message["date"] > DELETABLE_FOR or not (own or chat.type == "private"):
        raise bad("message can't be deleted for everyone")
    world.forget(chat, message["message_id"])
    return True


def answer_callback_query(world: World, call: Call) -> bool:
    """answerCallbackQuery"""
    text = call.text("text")
    if units(text) > MAX_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    tap = world.taps.get(call.text("callback_query_id"))
    lifetime = timedelta(seconds=world.tap_lifetime)
    if tap is None or world.clock() - tap.at > lifetime:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    tap.answers += 1
    if tap.answered:
        return True  # the client took the first answer; Telegram still says yes
    tap.answered = True
    alert = call.flag("show_alert")
    tap.person.unanswered.pop(tap.id, None)
    tap.person.notices[tap.id] = {"id": tap.id, "text": text, "show_alert": alert}
    chat = world.chats[tap.person.id]
    world.tell("notice", chat, {"notice": {"id": tap.id, "text": text, "alert": alert}})
    return True


METHODS = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "editMessageMedia": edit_media,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
}
