"""What Telegram shows of the bot: command menus per role, descriptions; set when they change."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from telegram import Bot

from handlers import groups
from handlers.routes import Route, Trigger
from handlers.world import World
from jobs.failures import describe
from jobs.transport import call
from services.roles import PERMISSIONS, Role
from storage import Connection, tasks
from storage import roles as granted
from storage import settings as remembered
from storage.database import Database
from storage.tasks import Task

log = logging.getLogger("profile")
SETTING = "profile"
MENU = "menu:"  # settings "menu:<Telegram id>": who got a menu of his own


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


def menu_of(
    routes: tuple[Route, ...], world: World, telegram_id: int, role: Role
) -> tuple[str, dict[str, Any]]:
    """The call that gives one person the menu of a role, or takes a special one away."""
    scope = {"type": "chat", "chat_id": telegram_id}
    own = commands(routes, world, role)
    if own == commands(routes, world, Role.RESIDENT):
        return "deleteMyCommands", {"scope": scope}
    return "setMyCommands", {"commands": own, "scope": scope}


def calls(
    routes: tuple[Route, ...], world: World, roles: dict[int, Role]
) -> list[tuple[str, dict[str, Any]]]:
    """The Bot API calls that make the profile what it should be; `roles` by Telegram id."""
    office = world.settings.kelurahan
    names = {"kelurahan": office.name, "kota": office.kota}
    residents = commands(routes, world, Role.RESIDENT)
    public = [entry for entry in residents if entry["command"] in groups.ANSWERS]
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("setMyCommands", {"commands": public, "scope": {"type": "all_group_chats"}}),
        ("setMyCommands", {"commands": residents, "scope": {"type": "all_private_chats"}}),
        ("setMyDescription", {"description": world.phrases.plain("profile.description", **names)}),
        (
            "setMyShortDescription",
            {"short_description": world.phrases.plain("profile.short_description", **names)},
        ),
    ]
    for telegram_id, role in roles.items():
        wanted.append(menu_of(routes, world, telegram_id, role))
    return wanted


async def set_profile(
    database: Database, bot: Bot, routes: tuple[Route, ...], world: World
) -> None:
    """Make the calls, unless the same were made before; a failure waits for the next start."""
    try:
        roles = await database.read(lambda db: _shown(db, world))
    except Exception as error:
        return log.warning("menus and descriptions not set: %s", describe(error))
    wanted = calls(routes, world, roles)
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


class MenuTask:
    """Slow work "menu": show a person the commands of the role that he has now."""

    def __init__(
        self, database: Database, bot: Bot, routes: tuple[Route, ...], world: World
    ) -> None:
        self._database = database
        self._bot = bot
        self._routes = routes
        self._world = world

    async def do(self, task: Task) -> None:
        """Set the menu of the person in the payload."""
        telegram_id = int(task.payload["telegram_id"])
        roles = await self._database.read(lambda db: _roles(db, self._world))
        role = roles.get(telegram_id, Role.RESIDENT)
        await call(self._bot, *menu_of(self._routes, self._world, telegram_id, role))

        def record(db: Connection) -> None:
            remembered.put(db, f"{MENU}{telegram_id}", role.value)
            tasks.finish(db, task.id)

        await self._database.write(record)


def _roles(db: Connection, world: World) -> dict[int, Role]:
    """Everybody with a role by Telegram id."""
    found = {grant.telegram_id: Role(grant.role) for grant in granted.all_grants(db)}
    return found | dict.fromkeys(world.settings.staff.admins, Role.ADMIN)


def _shown(db: Connection, world: World) -> dict[int, Role]:
    """Everybody who once got a menu of his own, with the role that he has now.

    Others have not said hello yet: Telegram refuses a menu for a chat that does not exist.
    """
    known = {int(name.removeprefix(MENU)) for name in remembered.names(db, MENU)}
    roles = _roles(db, world)
    return {person: roles.get(person, Role.RESIDENT) for person in sorted(known)}
