"""What Telegram shows of the bot: command menus per role, descriptions; set when they change."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from telegram import Bot

from handlers.routes import Route, Trigger
from handlers.unit import World
from jobs.failures import describe
from jobs.transport import call
from services.roles import PERMISSIONS, Role, role_of
from storage import settings as remembered
from storage.database import Database

log = logging.getLogger("profile")
SETTING = "profile"


def commands(routes: tuple[Route, ...], world: World, role: Role) -> list[dict[str, str]]:
    """The command menu of a role: what it may do, in the order of the phrases file."""
    may = {
        route.name
        for route in routes
        if route.trigger is Trigger.COMMAND and route.needs in PERMISSIONS[role]
    }
    keys = [key for key in world.phrases.keys("command.") if key.split(".")[1] in may]
    return [
        {"command": key.split(".")[1], "description": world.phrases.plain(key)} for key in keys
    ]


def calls(routes: tuple[Route, ...], world: World) -> list[tuple[str, dict[str, Any]]]:
    """The Bot API calls that make the profile what it should be."""
    office = world.settings.kelurahan
    names = {"kelurahan": office.name, "kota": office.kota}
    residents = commands(routes, world, Role.RESIDENT)
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("setMyCommands", {"commands": residents, "scope": {"type": "all_private_chats"}}),
        ("setMyDescription", {"description": world.phrases.plain("profile.description", **names)}),
        (
            "setMyShortDescription",
            {"short_description": world.phrases.plain("profile.short_description", **names)},
        ),
    ]
    admins = world.settings.staff.admins
    for admin in admins:
        own = commands(routes, world, role_of(admin, admins))
        if own != residents:
            scope = {"type": "chat", "chat_id": admin}
            wanted.append(("setMyCommands", {"commands": own, "scope": scope}))
    return wanted


async def set_profile(
    database: Database, bot: Bot, routes: tuple[Route, ...], world: World
) -> None:
    """Make the calls, unless the same were made before; a failure waits for the next start."""
    wanted = calls(routes, world)
    mark = hashlib.sha256(json.dumps([bot.id, wanted]).encode()).hexdigest()
    try:
        if await database.read(lambda db: remembered.get(db, SETTING)) == mark:
            return
        for method, params in wanted:
            await call(bot, method, params)
        await database.write(lambda db: remembered.put(db, SETTING, mark))
    except Exception as error:
        log.warning("menus and descriptions not set, tried again at the next start: %s",
                    describe(error))  # fmt: skip
