"""Takes updates from Telegram: each is committed before Telegram hears that it arrived."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import random
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from config import Telegram
from jobs.failures import Stop, describe
from jobs.group_updates import is_talk
from jobs.signals import Signals, wait
from jobs.transport import call
from jobs.watchdog import answers
from storage import Connection, inbox
from storage.database import Database
from storage.inbox import Received

log = logging.getLogger("intake")
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_SECONDS = 25
CONFLICT_SECONDS = 30.0  # longer means that a second process polls
CALM_SECONDS = 10.0  # two that poll in turns both get updates between their conflicts
LONGEST_BACK_OFF = 30.0
KNOCK_SECONDS = 15.0  # between looks whether our own webhook answers
BODY_LIMIT = 1024 * 1024  # bytes; an update of Telegram is far smaller
HEADER = "X-Telegram-Bot-Api-Secret-Token"
NO_UPDATE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
Poison = tuple[str, str]  # a body that is no update, and why


def received(update: dict[str, Any]) -> Received:
    """One raw update as it is kept.

    Raises:
        KeyError, TypeError, ValueError: it is none, or could not be stored.
    """
    update_id, chat_id = update["update_id"], chat_of(update)
    if not isinstance(update_id, int) or max(abs(update_id), abs(chat_id)) >= 2**63:
        raise TypeError("update_id")
    body = json.dumps(update, ensure_ascii=False)
    body.encode()  # half a character would fail in the database
    return Received(update_id, chat_id, body, sent_at(update))


def sent_at(update: dict[str, Any]) -> datetime | None:
    """When a message was sent: a backlog after a pause must not look like a flood."""
    message = update.get("message")
    date = message.get("date") if isinstance(message, dict) else None
    return datetime.fromtimestamp(date, UTC) if isinstance(date, int) and date > 0 else None


def chat_of(update: dict[str, Any]) -> int:
    """The chat whose order an update belongs to; the person's for a tap without message."""
    for value in update.values():
        if isinstance(value, dict):
            message = value.get("message")
            for holder in (value, message if isinstance(message, dict) else {}):
                chat = holder.get("chat")
                if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                    return int(chat["id"])
            person = value.get("from")
            if isinstance(person, dict) and isinstance(person.get("id"), int):
                return int(person["id"])
    return 0


def sorted_out(updates: list[dict[str, Any]]) -> tuple[list[Received], list[Poison]]:
    """A batch as it is kept; one that cannot be must not hold up the others."""
    good: list[Received] = []
    poison: list[Poison] = []
    for update in updates:
        try:
            if not is_talk(update):
                good.append(received(update))
        except NO_UPDATE as error:
            poison.append((json.dumps(update), type(error).__name__))
    return good, poison


class Rivalry:
    """Whether conflicts go on so long that a second process must be polling."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._last = 0.0

    def conflict(self, now: float) -> bool:
        """Telegram answered 409; True when it is time to stop."""
        if self._since is None:
            self._since = now
        self._last = now
        return now - self._since >= CONFLICT_SECONDS

    def answer(self, now: float) -> None:
        """Telegram answered as it should; only some time without conflict is peace."""
        if now - self._last > CALM_SECONDS:
            self._since = None


class Intake:
    """Polling or webhook; both end in the same table."""

    def __init__(self, database: Database, bot: Bot, settings: Telegram, signals: Signals) -> None:
        self._database = database
        self._bot = bot
        self._settings = settings
        self._signals = signals

    async def run(self, stop: asyncio.Event) -> None:
        """Take updates until told to stop.

        Raises:
            Stop: a second poller, or a token that Telegram does not know.
        """
        await (self._listen(stop) if self._settings.mode == "webhook" else self._poll(stop))

    async def _keep(self, updates: list[Received], poison: list[Poison]) -> None:
        now = datetime.now(UTC)

        def keep(db: Connection) -> None:
            inbox.add(db, updates, now)
            for body, reason in poison:
                inbox.add_poison(db, body, reason, now)

        await self._database.write(keep)
        for _, reason in poison:
            log.warning("something that came is no update (%s); kept aside", reason)
        self._signals.received.set()

    # --- polling ----------------------------------------------------------------------------

    async def _poll(self, stop: asyncio.Event) -> None:
        polling = asyncio.create_task(self._poll_forever())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        polling.cancel()  # an open getUpdates confirms nothing; a commit is never cancelled
        await asyncio.gather(stopping, return_exceptions=True)
        try:
            await polling
        except asyncio.CancelledError:
            return

    async def _poll_forever(self) -> None:
        """Each getUpdates confirms what the one before brought and what is committed by now.

        The first has no offset: update numbers may start anew after a quiet week.
        """
        offset: int | None = None
        rivalry = Rivalry()
        failures = 0
        webhook_gone = False
        while True:
            self._signals.pulse.beat("intake")
            try:
                if not webhook_gone:
                    await self._remove_webhook()
                    webhook_gone = True
                updates = await self._get_updates(offset)
                if updates:
                    await self._keep(*sorted_out(updates))
                    offset = updates[-1]["update_id"] + 1
                rivalry.answer(time.monotonic())
                failures = 0
            except InvalidToken:
                raise Stop("Telegram does not know this token; check telegram.token.") from None
            except Conflict as error:
                webhook_gone = "webhook" not in str(error).lower()
                if rivalry.conflict(time.monotonic()):
                    raise Stop(
                        "another process polls with this bot's token; stop one of the two."
                    ) from None
                await asyncio.sleep(1.0)
            except Exception as error:
                failures += 1
                await self._back_off(error, failures)

    async def _get_updates(self, offset: int | None) -> list[dict[str, Any]]:
        params: dict[str, Any] = {
            "timeout": POLL_SECONDS,
            "limit": 100,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            params["offset"] = offset
        updates: list[dict[str, Any]] = await call(
            self._bot, "getUpdates", params, read_timeout=POLL_SECONDS + 10
        )
        return updates

    async def _remove_webhook(self) -> None:
        """Polling needs the webhook gone; waiting updates stay."""
        info = await call(self._bot, "getWebhookInfo", {})
        if info.get("url"):
            await call(self._bot, "deleteWebhook", {"drop_pending_updates": False})

    async def _back_off(self, error: Exception, failures: int) -> None:
        seconds = min(2.0 ** (failures - 1), LONGEST_BACK_OFF) * random.uniform(0.5, 1.0)
        if isinstance(error, RetryAfter):
            seconds = max(seconds, 1.0)
        told = type(error).__name__ if isinstance(error, TelegramError) else describe(error)
        log.warning("no updates (%s), trying again in %.1f s", told, seconds)
        await asyncio.sleep(seconds)

    # --- webhook ----------------------------------------------------------------------------

    async def _listen(self, stop: asyncio.Event) -> None:
        hook = self._settings.webhook
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_post(urlsplit(hook.url).path or "/", self._receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, hook.listen, hook.port).start()
        except OSError as error:
            await runner.cleanup()
            raise Stop(f"cannot listen on {hook.listen}:{hook.port}: {error.strerror}.") from None
        try:
            await self._set_webhook(stop)
            while not stop.is_set():
                if await answers(runner.addresses[0][:2]):
                    self._signals.pulse.beat("intake")
                await wait(stop, KNOCK_SECONDS)
        finally:
            await runner.cleanup()  # requests that were begun are finished

    async def _set_webhook(self, stop: asyncio.Event) -> None:
        hook, failures = self._settings.webhook, 0
        params = {
            "url": hook.url,
            "secret_token": hook.secret.get_secret_value(),
            "allowed_updates": ALLOWED_UPDATES,
        }
        while not stop.is_set():
            self._signals.pulse.beat("intake")
            try:
                await call(self._bot, "setWebhook", params)
                return
            except InvalidToken:
                raise Stop("Telegram does not know this token; check telegram.token.") from None
            except BadRequest as error:
                raise Stop(f"Telegram refuses telegram.webhook.url: {error}.") from None
            except TelegramError as error:
                failures += 1
                await self._back_off(error, failures)

    async def _receive(self, request: web.Request) -> web.Response:
        """One update: 200 only once it is committed; a body that is none is kept aside."""
        given = request.headers.get(HEADER, "").encode(errors="surrogateescape")
        secret = self._settings.webhook.secret.get_secret_value()
        if not hmac.compare_digest(given, secret.encode()):
            return web.Response(status=401)
        body = await request.read()
        updates: list[Received] = []
        poison: list[Poison] = []
        try:
            updates, poison = sorted_out([json.loads(body)])
        except NO_UPDATE as error:  # not refused, or Telegram would send it for ever
            text = body.decode("utf-8", "replace").replace("\0", "")
            poison.append((text, type(error).__name__))
        try:
            await self._keep(updates, poison)
        except Exception as error:
            log.error("an update could not be kept: %s", describe(error))
            return web.Response(status=503)  # Telegram delivers it again
        return web.Response()
