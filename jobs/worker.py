"""Handles kept updates: the oldest of each chat, many chats at once, each in a unit of work."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import Bot, Update

from handlers.world import World
from jobs.dispatch import Errand, current
from jobs.failures import describe
from jobs.signals import Signals, wait
from services.learning import NotLearned
from services.roles import Permission, holders
from storage import Connection, inbox, outbox
from storage.database import Database
from storage.inbox import Head
from storage.outbox import Message
from storage.outbox_words import ANSWER, Lane

log = logging.getLogger("worker")
CORE = frozenset(  # what every message, edit and tap has, and has had for years
    ("message_id", "date", "edit_date", "chat", "from", "text", "id", "chat_instance", "data")
)
AT_ONCE = 64  # chats handled at the same time
IDLE_SECONDS = 1.0  # looked again at least so often, whatever the signals say
RETRY_AFTER = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))


def parsed(body: str, bot: Bot) -> Update:
    """An update as the library reads it; one with parts that it cannot read, without these.

    Telegram adds kinds of messages faster than libraries learn them, and their senders want an
    answer too.
    """
    update = json.loads(body)
    try:
        return Update.de_json(update, bot)
    except Exception as error:
        core = {name: _core(value) for name, value in update.items()}
        try:
            read = Update.de_json(core, bot)
        except Exception:
            raise error from None
        log.info("update %s was read in part: %s", update["update_id"], describe(error))
        return read


def _core(value: Any) -> Any:
    """An object with only what the library surely reads; a message within one likewise."""
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if key in CORE}
    return {**kept, "message": _core(value["message"])} if "message" in value else kept


class Worker:
    """One worker; any number of them may share a PostgreSQL database."""

    def __init__(
        self,
        database: Database,
        bot: Bot,
        application: Any,
        world: World,
        signals: Signals,
    ) -> None:
        self._database = database
        self._bot = bot
        self._application = application
        self._world = world
        self._signals = signals
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._looks = 0  # how often the inbox was read

    async def run(self, stop: asyncio.Event) -> None:
        """Handle updates until told to stop; what was begun is finished."""
        while not stop.is_set():
            self._signals.received.clear()
            self._signals.pulse.beat("worker")
            try:
                all_begun = await self._begin()
            except Exception as error:
                log.error("cannot read the inbox: %s", describe(error))
                all_begun = True
                await asyncio.sleep(IDLE_SECONDS)
            if all_begun:
                await wait(self._signals.received, IDLE_SECONDS)
        if self._busy:
            await asyncio.wait(self._busy.values())

    async def _begin(self) -> bool:
        """Begin with the oldest update of each chat that is free; False if there may be more."""
        room = AT_ONCE - len(self._busy)
        if room <= 0:
            return True  # the next one that is done looks again
        self._looks += 1
        busy, now = tuple(self._busy), datetime.now(UTC)
        rows = await self._database.read(
            lambda db: inbox.heads(db, now=now, busy=busy, limit=room)
        )
        for row in rows:
            self._busy[row.chat_id] = asyncio.create_task(self._handle(row, self._looks))
        return len(rows) < room

    async def _handle(self, row: Head, looks: int) -> None:
        """Handle one update; `looks` is the reading of the inbox that brought it.

        Afterwards the inbox is read again only if something may have had to wait for this one.
        """
        try:
            with self._signals.pulse.busy():
                await self._handle_one(row)
        except Exception as error:  # the database did not take even the failure: tried again
            log.error("update %s could not be handled: %s", row.id, describe(error))
            await asyncio.sleep(IDLE_SECONDS)
        finally:
            full = len(self._busy) >= AT_ONCE
            del self._busy[row.chat_id]
            if row.more or full or self._looks != looks:
                self._signals.received.set()
            self._signals.outgoing.set()

    async def _handle_one(self, row: Head) -> None:
        errand = Errand(row.id, row.received_at)
        current.set(errand)
        update: Update | None = None
        try:
            update = parsed(row.body, self._bot)
        except Exception as error:
            errand.error = error
        else:
            await self._application.process_update(update)
        if errand.error is not None:
            await self._failed(row, errand.error, update)
        elif not errand.handled:  # a kind of update that no route wants
            await self._database.write(lambda db: inbox.finish(db, row.id))

    async def _failed(self, row: Head, error: Exception, update: Update | None) -> None:
        """Try again later, or park the update and tell the person and the admins."""
        what, now = describe(error), datetime.now(UTC)
        if isinstance(error, NotLearned):  # right after the start: no failure
            soon = now + RETRY_AFTER[0]
            return await self._database.write(
                lambda db: inbox.postpone(db, row.id, until=soon, error=what, counted=False)
            )
        if row.attempts < len(RETRY_AFTER):
            until = now + RETRY_AFTER[row.attempts]
            log.warning("update %s failed, will be tried again: %s", row.id, what)
            await self._database.write(
                lambda db: inbox.postpone(db, row.id, until=until, error=what)
            )
            return
        log.error("update %s failed for good: %s", row.id, what)
        await self._database.write(lambda db: self._bury(db, row.id, what, update, now))

    def _bury(
        self, db: Connection, inbox_id: int, what: str, update: Update | None, now: datetime
    ) -> None:
        if not inbox.bury(db, inbox_id, what):
            return
        phrases, admins = self._world.phrases, self._world.settings.staff.admins
        if update is not None and update.effective_user is not None:
            chat = update.effective_chat
            if chat is not None and chat.type == "private":
                text = phrases.text("error.sorry")
                outbox.add(db, _message(chat.id, text, Lane.REPLY, f"sorry:{inbox_id}"), now)
        if update is not None and update.callback_query is not None:
            params = {"callback_query_id": update.callback_query.id}
            outbox.add(db, Message(0, ANSWER, params), now)
        for admin in holders(db, admins, Permission.OPERATE):
            text = phrases.text("operator.dead_letter", number=inbox_id)
            key = f"dead:{inbox_id}:{admin}"
            outbox.add(db, _message(admin, text, Lane.NOTICE, key), now)


def _message(chat_id: int, html: str, lane: Lane, key: str) -> Message:
    params = {"chat_id": chat_id, "text": html, "parse_mode": "HTML"}
    return Message(chat_id, "sendMessage", params, lane, key=key)
