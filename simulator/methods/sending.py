"""Sending: which chat, which text, which buttons, and the message that comes of it."""

from simulator.call import Call
from simulator.entities import formatted
from simulator.rules import (
    ApiError,
    Json,
    bad,
    check_caption,
    check_markup,
    check_text,
    forbidden,
)
from simulator.state import Chat, World
from simulator.updates import as_json


def find_chat(world: World, call: Call) -> Chat:
    """The chat a request names, whether or not the bot may write there."""
    chat_id = call.text("chat_id")
    if not chat_id:
        raise bad("chat_id is empty")
    try:
        chat = world.chats.get(int(chat_id))
    except ValueError:
        chat = None
    if chat is None or (chat.type == "private" and not _known(world, chat)):
        raise bad("chat not found")
    return chat


def _known(world: World, chat: Chat) -> bool:
    return chat.started or world.people[chat.id].met_in_group


def open_chat(world: World, call: Call) -> Chat:
    """The chat a request names, refused if the bot may not write there."""
    chat = find_chat(world, call)
    if chat.migrated_to is not None:
        reason = "group chat was upgraded to a supergroup chat"
        raise bad(reason, migrate_to_chat_id=chat.migrated_to)
    if chat.kicked:
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    if chat.muted:
        raise bad("not enough rights to send text messages to the chat")
    if chat.type == "private":
        if world.people[chat.id].deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
    return chat


def resolved(world: World, entities: list[Json]) -> list[Json]:
    """Entities with the persons they mention; mentions of strangers are dropped."""
    shown = []
    for entity in entities:
        if "user_id" in entity:
            entity = dict(entity)
            named = str(entity.pop("user_id"))
            human = world.people.get(int(named)) if named.isdigit() else None
            if human is None:
                continue
            entity["user"] = human.user()
        shown.append(entity)
    return shown


def text_of(world: World, call: Call) -> Json:
    """text and entities of a request."""
    explicit = call.parsed("entities") if "entities" in call.params else None
    text, entities = formatted(call.text("text"), call.text("parse_mode"), explicit)
    check_text(text)
    content: Json = {"text": text}
    if entities:
        content["entities"] = resolved(world, entities)
    preview = call.parsed("link_preview_options")
    if preview:
        content["link_preview_options"] = preview
    return content


def caption_of(world: World, source: Json) -> Json:
    """caption and caption_entities of a request or of one item of an album."""
    caption, entities = formatted(
        str(source.get("caption") or ""),
        str(source.get("parse_mode") or ""),
        source.get("caption_entities"),
    )
    check_caption(caption)
    content: Json = {"caption": caption} if caption else {}
    if caption and entities:
        content["caption_entities"] = resolved(world, entities)
    if caption and str(source.get("show_caption_above_media")).lower() == "true":
        content["show_caption_above_media"] = True
    return content


def caption_from_call(world: World, call: Call) -> Json:
    """The caption of a request whose entities may be JSON text."""
    if "caption_entities" not in call.params:
        return caption_of(world, call.params)
    return caption_of(world, {**call.params, "caption_entities": call.parsed("caption_entities")})


def _replied(chat: Chat, call: Call) -> Json | None:
    """The message this one replies to."""
    wish = call.parsed("reply_parameters")
    if not isinstance(wish, dict):
        wish = {
            "message_id": call.number("reply_to_message_id"),
            "allow_sending_without_reply": call.flag("allow_sending_without_reply"),
        }
    if not wish.get("message_id"):
        return None
    found = chat.messages.get(int(wish["message_id"]))
    if found is None and not wish.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return {k: v for k, v in found.items() if k != "reply_to_message"} if found else None


def deliver(world: World, call: Call, chat: Chat, *contents: Json) -> list[Json]:
    """Put messages of the bot into a chat; several of them are an album."""
    raw_markup = call.parsed("reply_markup") if "reply_markup" in call.params else None
    markup = check_markup(raw_markup) if raw_markup is not None else {}
    replied = _replied(chat, call)
    messages = []
    for content in contents:
        message: Json = {
            "message_id": world.next_id(chat),
            "from": world.bot,
            "chat": chat.shown,
            "date": world.now(),
            **content,
        }
        if replied is not None:
            message["reply_to_message"] = replied
        if call.flag("protect_content"):
            message["has_protected_content"] = True
        if markup.get("inline_keyboard"):
            message["reply_markup"] = markup
        elif markup and "inline_keyboard" not in markup:
            chat.sealed.add(message["message_id"])
        world.keep(chat, message)
        world.log_sent(call.method, message)
        messages.append(message)
    _change_keyboard(world, chat, markup)
    return messages


def _change_keyboard(world: World, chat: Chat, markup: Json) -> None:
    if "keyboard" in markup:
        world.change_keyboard(chat, markup)
    elif markup.get("remove_keyboard"):
        world.change_keyboard(chat, None)
    elif markup.get("force_reply"):
        world.change_keyboard(chat, chat.keyboard)


def send_message(world: World, call: Call) -> Json:
    """sendMessage"""
    chat = open_chat(world, call)
    return deliver(world, call, chat, text_of(world, call))[0]


def send_location(world: World, call: Call) -> Json:
    """sendLocation"""
    chat = open_chat(world, call)
    latitude, longitude = call.real("latitude"), call.real("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad("wrong latitude or longitude specified")
    location = {"latitude": latitude, "longitude": longitude}
    return deliver(world, call, chat, {"location": location})[0]


def same(one: Json, other: Json, *keys: str) -> bool:
    """Whether two messages carry the same content."""
    return all(as_json(one.get(key)) == as_json(other.get(key)) for key in keys)


def too_large() -> ApiError:
    """The answer to an upload over 50 MB."""
    return ApiError("Request Entity Too Large", 413)


METHODS = {"sendMessage": send_message, "sendLocation": send_location}
