"""Routes as python-telegram-bot handlers, and the unit of work around each.

`process_update` never raises, so the outcome of an update is left in its `Errand`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import Bot, Chat, Message, Update
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from handlers import form_view, typed
from handlers.routes import Route, Trigger
from handlers.taps import Tap
from handlers.unit import Unit
from handlers.world import World
from jobs.group_updates import COMMANDS_A_MINUTE, trigger_of
from services.roles import Actor, NotAllowed, Permission, Role, actor_of
from storage import Connection, drafts, inbox, residents, roles
from storage.database import Database
from storage.drafts import Draft

FLOOD_WINDOW = timedelta(minutes=1)
OF_GROUPS = (
    Trigger.GROUP_TAP, Trigger.GROUP_MEMBERSHIP, Trigger.GROUP_MOVED, Trigger.GROUP_COMMAND,
)  # fmt: skip
Callback = Callable[[Update, Any], Coroutine[Any, Any, None]]


@dataclass
class Errand:
    """One update on its way through the dispatcher, and what became of it."""

    inbox_id: int
    received_at: datetime
    handled: bool = False
    error: Exception | None = None


current: ContextVar[Errand] = ContextVar("current")


def application(bot: Bot, routes: tuple[Route, ...], world: World, database: Database) -> Any:
    """An Application that only parses and dispatches; handlers in the order of the triggers."""
    built = Application.builder().bot(bot).updater(None).job_queue(None).build()
    for handler in _handlers(routes, world, database):
        built.add_handler(handler)
    built.add_error_handler(_note)
    return built


async def _note(_update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """What fails around a unit, such as a filter: without this it would pass as handled."""
    error = context.error
    current.get().error = error if isinstance(error, Exception) else RuntimeError("no error")


class _OfGroups(BaseHandler[Update, Any, None]):
    """Takes the updates of groups that set one thing off."""

    def __init__(self, trigger: Trigger, callback: Callback) -> None:
        super().__init__(callback)
        self._trigger = trigger

    def check_update(self, update: object) -> bool:
        """Whether this is for it."""
        return isinstance(update, Update) and trigger_of(update) is self._trigger


def _handlers(
    routes: tuple[Route, ...], world: World, database: Database
) -> list[BaseHandler[Any, Any, Any]]:
    """What is of a group has routes of its own, and comes first; all others are private."""

    def run(route: Route) -> Callback:
        return _wrapper(route, routes, world, database)

    by: dict[Trigger, list[Route]] = {trigger: [] for trigger in Trigger}
    for route in routes:
        by[route.trigger].append(route)
    private = filters.ChatType.PRIVATE
    made: list[BaseHandler[Any, Any, Any]] = [
        _OfGroups(trigger, run(route)) for trigger in OF_GROUPS for route in by[trigger]
    ]
    for route in by[Trigger.TAP]:
        made.append(CallbackQueryHandler(run(route), rf"^{route.name}(:|$)"))
    made += [CallbackQueryHandler(run(route)) for route in by[Trigger.UNKNOWN_TAP]]
    made += [ChatMemberHandler(run(route)) for route in by[Trigger.BLOCKING]]
    for route in by[Trigger.EDIT]:
        made.append(MessageHandler(filters.UpdateType.EDITED_MESSAGE & private, run(route)))
    fresh = filters.UpdateType.MESSAGE & private
    for route in by[Trigger.COMMAND]:
        made.append(CommandHandler(route.name, run(route), fresh))
        if route.menu is not None:
            label = re.escape(world.phrases.plain(route.menu))
            made.append(MessageHandler(fresh & filters.Regex(rf"^\s*{label}\s*$"), run(route)))
    for route in by[Trigger.UNKNOWN_COMMAND]:
        made.append(MessageHandler(fresh & filters.COMMAND, run(route)))
    made += [MessageHandler(fresh, run(route)) for route in by[Trigger.MESSAGE]]
    return made


def _wrapper(
    route: Route, routes: tuple[Route, ...], world: World, database: Database
) -> Callback:
    [refused] = [other for other in routes if other.trigger is Trigger.REFUSED]
    spoken = tuple(r for r in routes if r.trigger in (Trigger.TAP, Trigger.COMMAND))

    async def handle(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        errand = current.get()
        errand.handled = True
        try:
            await database.write(lambda db: run_unit(db, errand, route, world, update, spoken))
        except NotAllowed:  # undone; a unit of its own says so kindly
            await _refuse(update)
        except Exception as error:
            errand.error = error

    async def _refuse(update: Update) -> None:
        errand = current.get()
        try:
            await database.write(lambda db: run_unit(db, errand, refused, world, update))
        except Exception as error:
            errand.error = error

    return handle


def run_unit(
    db: Connection,
    errand: Errand,
    route: Route,
    world: World,
    update: Update,
    spoken: tuple[Route, ...] = (),
) -> None:
    """One unit of work: load, handle, add messages, mark the update as handled.

    Words that stand for a button or a command take its way; `spoken` are the routes of those.

    Raises:
        NotAllowed: the route needs a permission that the actor lacks.
    """
    lately = inbox.take(db, errand.inbox_id, since=errand.received_at - FLOOD_WINDOW)
    if lately is None:
        return  # handled already, here or elsewhere
    unit = load(db, world, update)
    if unit is not None and not _floods(unit, lately, route):
        route = _typed(unit, route, update, spoken)
        unit.actor.require(route.needs)
        if unit.tap is not None and route.trigger is Trigger.TAP:
            unit.values = tuple(unit.tap.data[len(route.name) + 1 :].split(":"))
        before = unit.draft
        route.handler(unit, update)
        if before is not None and (unit.draft is None or unit.draft.id != before.id):
            form_view.close_summaries(unit, before)
        unit.finish()
    inbox.finish(db, errand.inbox_id)


def _typed(unit: Unit, route: Route, update: Update, routes: tuple[Route, ...]) -> Route:
    """The route of the button or command whose words a message is; else the message's own."""
    message = update.effective_message
    if route.trigger is not Trigger.MESSAGE or message is None or not message.text:
        return route
    found = typed.read(unit, message.text, message.date)
    if isinstance(found, typed.Which):
        return replace(route, handler=found.ask)
    if found is None:
        commands = (other for other in routes if other.trigger is Trigger.COMMAND)
        return typed.command_for(unit, message.text, commands) or route
    for other in routes:
        if other.trigger is Trigger.TAP and re.match(rf"{other.name}(:|$)", found.data):
            unit.tap = found
            return other
    return route


def load(db: Connection, world: World, update: Update) -> Unit | None:
    """The actor, his open form and the tapped button of an update; None without a person."""
    chat, user = update.effective_chat, update.effective_user
    now = datetime.now(UTC)
    if chat is not None and chat.type != Chat.PRIVATE:
        return _unit_of_group(db, world, update, chat.id, now)
    if user is None or user.is_bot:
        return None
    resident = residents.by_telegram_id(db, user.id)
    if resident is not None and resident.inactive is not None:
        residents.set_inactive(db, user.id, None)  # who writes can be written to
        resident = resident._replace(inactive=None)
    admins, grant = world.settings.staff.admins, roles.grant_of(db, user.id)
    actor = actor_of(user.id, admins, grant, resident)
    return Unit(
        db=db,
        world=world,
        now=now,
        chat_id=chat.id if chat else user.id,
        actor=actor,
        first_name=user.first_name,
        draft=_draft(db, actor, world, now),
        tap=_tap(update),
    )


def _unit_of_group(
    db: Connection, world: World, update: Update, chat_id: int, now: datetime
) -> Unit:
    """In a group nobody is anybody: what is not known there cannot be shown there."""
    nobody = Actor(telegram_id=0, role=Role.RESIDENT)
    return Unit(
        db=db,
        world=world,
        now=now,
        chat_id=chat_id,
        actor=nobody,
        first_name="",
        draft=None,
        tap=_tap(update),
        private=False,
    )


def _draft(db: Connection, actor: Actor, world: World, now: datetime) -> Draft | None:
    """The open form; one for a role that the person lost is closed, or it would take his words."""
    draft = drafts.load(db, actor.telegram_id, now)
    if draft is None:
        return None
    page = world.forms.get(draft.form)
    if page is None or (page.needs is not Permission.USE and not actor.may(page.needs)):
        drafts.remove(db, actor.telegram_id)
        return None
    return draft


def _tap(update: Update) -> Tap | None:
    query = update.callback_query
    if query is None:
        return None
    message = query.message
    shown = message if isinstance(message, Message) else None  # else too old to be changed
    return Tap(
        query_id=query.id,
        data=query.data or "",
        message_id=shown.message_id if shown else None,
        is_text=shown is not None and shown.text is not None,
        text=(shown.text or "") if shown else "",
        keyboard=_keyboard(shown),
    )


def _keyboard(message: Message | None) -> tuple[tuple[str, ...], ...]:
    """Callback data of a message's buttons, by row."""
    if message is None or message.reply_markup is None:
        return ()
    rows = message.reply_markup.inline_keyboard
    return tuple(tuple(str(button.callback_data) for button in row) for row in rows)


def _floods(unit: Unit, count: int, route: Route) -> bool:
    """Whether a person sends too much: one kind warning, then silence until it calms down.

    Staff are trusted: ticking sixty names takes sixty taps. Groups are not warned.
    """
    if not unit.private:
        return route.trigger is Trigger.GROUP_COMMAND and count > COMMANDS_A_MINUTE
    most = unit.settings.limits.messages_per_minute
    if count <= most or unit.actor.may(Permission.SEE_TICKETS):
        return False
    if count == most + 1:
        unit.reply("flood.warning")
    if unit.tap is not None:
        unit.notice("flood.notice")
        unit.finish()
    return True
