"""What people do, turned into messages and updates as Telegram would send them."""

from simulator.entities import COMMAND, found_entities
from simulator.rules import Json, bad
from simulator.state import Chat, Human, World


def commands_in(text: str) -> list[Json]:
    """The entities Telegram finds in a text a person wrote."""
    return found_entities(text) if COMMAND.search(text) or "://" in text else []


def receive(
    world: World, human: Human, chat: Chat, content: Json, *, checked: bool = True
) -> Json:
    """A person's message arrives in a chat; returns the update.

    Strict checks know the kinds of today; one that is not `checked` may be of any other.
    """
    if human.deactivated:
        raise bad("a deactivated person cannot write")
    if chat.type == "private" and chat.blocked:
        change_membership(world, human, blocked=False)
    message: Json = {
        "message_id": world.next_id(chat),
        "from": human.user(),
        "chat": chat.shown,
        "date": world.now(),
        **content,
    }
    chat.started = True
    if chat.type != "private":
        human.met_in_group = True
        chat.members.setdefault(human.id, human)
    world.keep(chat, message)
    if chat.kicked:
        return {"message": message}
    return _queue(world, human, "message", message, chat.id, checked=checked)


def _queue(
    world: World, human: Human, kind: str, payload: Json, lane: int, *, checked: bool = True
) -> Json:
    update = world.queue.push(kind, payload, lane, checked=checked)
    human.last_update, human.last_lane = update, lane
    return update


def text_content(text: str) -> Json:
    """Content of a text message."""
    entities = commands_in(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def caption_content(caption: str) -> Json:
    """Content of a caption, if there is one."""
    if not caption:
        return {}
    entities = commands_in(caption)
    return {"caption": caption, "caption_entities": entities} if entities else {"caption": caption}


def change_text(world: World, human: Human, chat: Chat, message_id: int, text: str) -> Json:
    """A person edits a message; returns the update."""
    old = chat.messages.get(message_id)
    if old is None or old["from"]["id"] != human.id:
        raise bad("message can't be edited")
    content = text_content(text)
    if "text" not in old:
        content = caption_content(text)
    dropped = ("text", "entities", "caption", "caption_entities")
    message = {key: value for key, value in old.items() if key not in dropped}
    message |= content
    message["edit_date"] = world.now()
    world.keep(chat, message, "edit")
    return _queue(world, human, "edited_message", message, chat.id)


def change_place(world: World, human: Human, chat: Chat, message_id: int, place: Json) -> Json:
    """A person who shares a live location moves; returns the update."""
    old = chat.messages.get(message_id)
    if old is None or old["from"]["id"] != human.id or "location" not in old:
        raise bad("message can't be edited")
    message = {**old, "location": {**old["location"], **place}, "edit_date": world.now()}
    world.keep(chat, message, "edit")
    return _queue(world, human, "edited_message", message, chat.id)


def press(world: World, human: Human, chat: Chat, message_id: int, data: str) -> Json:
    """A person presses an inline button, or forges its data; returns the update."""
    message = chat.messages.get(message_id)
    if message is None:
        message = {"message_id": message_id, "chat": chat.shown, "date": 0}
    tap = world.tapped(human)
    query: Json = {
        "id": tap.id,
        "from": human.user(),
        "message": message,
        "chat_instance": str(-(10**18) - chat.id),
        "data": data,
    }
    return _queue(world, human, "callback_query", query, chat.id)


def press_elsewhere(world: World, human: Human, data: str, inline_id: str | None) -> Json:
    """A tap without a message: of one sent through the bot elsewhere, or not shown at all."""
    tap = world.tapped(human)
    query: Json = {
        "id": tap.id,
        "from": human.user(),
        "chat_instance": str(-(10**18) - human.id),
        "data": data,
    }
    if inline_id is not None:
        query["inline_message_id"] = inline_id
    return _queue(world, human, "callback_query", query, human.id)


def change_membership(world: World, human: Human, blocked: bool) -> Json:
    """A person blocks the bot or lets it back in; returns the update."""
    chat = world.chats[human.id]
    before, after = ("kicked", "member") if chat.blocked else ("member", "kicked")
    if chat.blocked == blocked:
        return {}
    chat.blocked = blocked
    world.tell("blocked", chat, {"blocked": blocked})
    return _queue(
        world, human, "my_chat_member", _moved(world, human, chat, before, after), chat.id
    )


def bot_moved(world: World, human: Human, chat: Chat, before: str, after: str) -> Json:
    """A person adds the bot to a group or takes it out; returns the update."""
    return _queue(
        world, human, "my_chat_member", _moved(world, human, chat, before, after), chat.id
    )


def _moved(world: World, human: Human, chat: Chat, before: str, after: str) -> Json:
    return {
        "chat": chat.shown,
        "from": human.user(),
        "date": world.now(),
        "old_chat_member": _member(world.bot, before),
        "new_chat_member": _member(world.bot, after),
    }


def _member(bot: Json, status: str) -> Json:
    member: Json = {"user": bot, "status": status}
    if status == "kicked":
        member["until_date"] = 0
    return member


def find_button(chat: Chat, wanted: str) -> tuple[int, str] | None:
    """The newest message with this inline button, by label or data, and the button's data."""
    for message in reversed(chat.messages.values()):
        data = button_data(message, wanted)
        if data is not None:
            return message["message_id"], data
    return None


def button_data(message: Json, wanted: str) -> str | None:
    """Callback data of a message's button with this label or data."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if "callback_data" in button and wanted in (button["text"], button["callback_data"]):
                return str(button["callback_data"])
    return None
