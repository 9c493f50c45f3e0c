"""What the bot says about itself: name, descriptions, and the command menu by scope."""

import re
from typing import Any

from telegram.constants import BotCommandLimit, BotDescriptionLimit, BotNameLimit

from simulator.call import Call
from simulator.rules import Json, bad
from simulator.state import World

NAME = re.compile(r"[a-z0-9_]{1,32}\Z")
LANGUAGE = re.compile(r"[a-z]{2}\Z")
PLAIN_SCOPES = (
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
)
CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")
MAX_COMMANDS = int(BotCommandLimit.MAX_COMMAND_NUMBER)
MAX_COMMAND_TEXT = int(BotCommandLimit.MAX_DESCRIPTION)
MAX_DESCRIPTION = int(BotDescriptionLimit.MAX_DESCRIPTION_LENGTH)
MAX_SHORT = int(BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH)
MAX_NAME = int(BotNameLimit.MAX_NAME_LENGTH)


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and not LANGUAGE.match(code):
        raise bad("invalid language code specified")
    return code


def _scope(world: World, call: Call) -> str:
    """The scope as a key: "default", "chat:42", "chat_member:-5:42"."""
    scope = call.parsed("scope")
    if scope is None:
        return "default"
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind in PLAIN_SCOPES:
        return str(kind)
    if kind not in CHAT_SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    try:
        chat_id = int(scope.get("chat_id") or 0)
    except ValueError:
        chat_id = 0
    if chat_id not in world.chats:
        raise bad("chat not found")
    key = f"{kind}:{chat_id}"
    return f"{key}:{int(scope['user_id'])}" if kind == "chat_member" else key


def _command(item: Any) -> Json:
    if not isinstance(item, dict) or not {"command", "description"} <= item.keys():
        raise bad("can't parse BotCommand: expected an Object with command and description")
    name = str(item["command"]).removeprefix("/")
    if not NAME.match(name):
        raise bad("BOT_COMMAND_INVALID")
    if not str(item["description"]).strip():
        raise bad("command description must be non-empty")
    if len(item["description"]) > MAX_COMMAND_TEXT:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": item["description"]}


def set_commands(world: World, call: Call) -> bool:
    """setMyCommands"""
    wish = call.parsed("commands")
    if not isinstance(wish, list):
        raise bad("can't parse commands JSON object")
    if len(wish) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    key = (_scope(world, call), _language(call))
    world.profile.commands[key] = [_command(item) for item in wish]
    _announce(world)
    return True


def get_commands(world: World, call: Call) -> list[Json]:
    """getMyCommands"""
    return world.profile.commands.get((_scope(world, call), _language(call)), [])


def delete_commands(world: World, call: Call) -> bool:
    """deleteMyCommands"""
    world.profile.commands.pop((_scope(world, call), _language(call)), None)
    _announce(world)
    return True


def _announce(world: World) -> None:
    for human in world.people.values():
        world.tell("commands", world.chats[human.id], {})


def menu_for(world: World, chat_id: int, language: str | None) -> list[Json]:
    """The command menu a person sees in the private chat with the bot."""
    for scope in (f"chat:{chat_id}", "all_private_chats", "default"):
        for code in (language or "", ""):
            if (found := world.profile.commands.get((scope, code))) is not None:
                return found
    return []


def _setter(field: str, parameter: str, limit: int, reason: str) -> Any:
    def change(world: World, call: Call) -> bool:
        text = call.text(parameter)
        if len(text) > limit:
            raise bad(reason)
        texts: dict[str, str] = getattr(world.profile, field)
        texts[_language(call)] = text
        return True

    return change


def _getter(field: str, parameter: str) -> Any:
    def read(world: World, call: Call) -> Json:
        texts: dict[str, str] = getattr(world.profile, field)
        return {parameter: texts.get(_language(call)) or texts.get("", "")}

    return read


def set_menu_button(world: World, call: Call) -> bool:
    """setChatMenuButton"""
    button = call.parsed("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in (
        "commands",
        "web_app",
        "default",
    ):
        raise bad("can't parse menu button: unsupported type specified")
    world.profile.menu_button = button
    return True


METHODS = {
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyName": _setter("names", "name", MAX_NAME, "bot name is too long"),
    "getMyName": _getter("names", "name"),
    "setMyDescription": _setter(
        "descriptions", "description", MAX_DESCRIPTION, "bot description is too long"
    ),
    "getMyDescription": _getter("descriptions", "description"),
    "setMyShortDescription": _setter(
        "short_descriptions", "short_description", MAX_SHORT, "bot short description is too long"
    ),
    "getMyShortDescription": _getter("short_descriptions", "short_description"),
    "setChatMenuButton": set_menu_button,
}
