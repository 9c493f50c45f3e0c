"""Starts all loops of a bot, and stops them in order: intake first, the sender last."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from typing import Any

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from config import Settings
from content import examples, kosakata, pages, phrases, replies
from handlers.table import ROUTES, world
from handlers.world import World
from jobs.broadcasts import Broadcasts
from jobs.clock import Clock, Tick
from jobs.digests import Digests
from jobs.dispatch import application
from jobs.downloads import Downloads
from jobs.erasure import Erasures
from jobs.exports import Exports
from jobs.failures import Stop
from jobs.intake import Intake
from jobs.lessons import Lessons
from jobs.made_files import MadeFiles
from jobs.my_data import MyData
from jobs.outcome import Outcomes
from jobs.photo_hashes import PhotoHashes
from jobs.prints import Prints
from jobs.profile import MenuTask, set_profile
from jobs.reload import Reload
from jobs.reminders import Reminders
from jobs.sender import Sender
from jobs.signals import Signals, wait
from jobs.tasks import Doer, Tasks
from jobs.transport import AiohttpRequest
from jobs.unreached import Unreached
from jobs.uploads import Uploads
from jobs.verdicts import LaterQuestions
from jobs.watchdog import connecting, notify, watch
from jobs.worker import Worker
from services import outcome, ready
from services.learning import Learned
from services.quiet import QuietHours
from storage import groups
from storage.database import Database, open_database, sqlite_warning
from storage.schema import require_head

log = logging.getLogger("bot")
RECONNECT_SECONDS = 5.0
os.environ.setdefault("PTB_TIMEDELTA", "1")  # retry_after as a timedelta, without a warning


class Runtime:
    """One running bot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._phrases = phrases.load()
        self._vocabulary = kosakata.load()
        self._pages = pages.Shelf(pages.load(settings.kelurahan))
        self._replies = replies.Rack(replies.load(ready.PURPOSES))
        examples.load()  # what is broken is told at the start, not while people wait
        self._understanding = Learned(settings.media.folder)
        self._stop_intake = asyncio.Event()
        self.database: Database | None = None
        self.due: dict[str, Tick] = {}  # what the clock wakes

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Run until `stop`; sets `ready` once the loops are running.

        Raises:
            Stop, DatabaseBusy, SchemaError: each with one sentence for the operator.
        """
        require_head(self._settings.database.url)
        warning = sqlite_warning()
        if warning and self._settings.database.url.startswith("sqlite"):
            log.warning(warning)
        self.database = await open_database(self._settings.database.url)
        bot = make_bot(self._settings)
        try:
            await self._connect(bot)
            if not self._stop_intake.is_set():
                await self._run_loops(bot, self.database, ready)
        finally:
            await bot.shutdown()
            await self.database.close()

    def stop(self) -> None:
        """Stop taking updates; the loops finish what they began."""
        self._stop_intake.set()

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT stop the bot."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _connect(self, bot: Bot) -> None:
        """Learn the bot's name; without network keep trying and say so."""
        while not self._stop_intake.is_set():
            try:
                return await bot.initialize()
            except InvalidToken:
                raise Stop("Telegram does not know this token; check telegram.token.") from None
            except TelegramError as error:
                log.warning("no connection to Telegram (%s), trying again", type(error).__name__)
                connecting()
                await wait(self._stop_intake, RECONNECT_SECONDS)

    async def _run_loops(self, bot: Bot, database: Database, ready: asyncio.Event | None) -> None:
        shared = self._world(bot)
        signals = Signals()
        app = application(bot, ROUTES, shared, database)
        await app.initialize()
        intake = Intake(database, bot, self._settings.telegram, signals)
        worker = Worker(database, bot, app, shared, signals)
        pace = self._settings.telegram.messages_per_second
        self.due = ticks(database, shared, signals)
        quiet = QuietHours.of(self._settings)
        media = self._settings.media.folder
        sender = Sender(
            database, bot, signals, per_second=pace, quiet=quiet, uploads=Uploads(media)
        )
        tasks = Tasks(database, signals, doers(database, bot, shared, signals))
        stop_worker, stop_sender = asyncio.Event(), asyncio.Event()
        loops: dict[str, Coroutine[Any, Any, None]] = {
            "intake": intake.run(self._stop_intake),
            "worker": worker.run(stop_worker),
            "tasks": tasks.run(stop_worker),
            "clock": Clock(database, self.due, media, signals.pulse, self._settings.retention).run(
                stop_worker
            ),
            "reload": Reload(shared, database, signals.pulse).run(stop_worker),
            "broadcasts": Broadcasts(database, signals, self._phrases).run(stop_worker),
            "sender": sender.run(stop_sender),
        }
        running = {asyncio.create_task(loop, name=name) for name, loop in loops.items()}
        aside = (
            asyncio.create_task(set_profile(database, bot, ROUTES, shared)),
            asyncio.create_task(watch(database, signals.pulse, tuple(loops))),
        )
        if ready is not None:
            ready.set()
        log.info("%s is running", bot.username)
        try:
            await self._until_stopped(running)
        finally:
            notify("STOPPING=1")
            await self._stop_in_order(running, stop_worker, stop_sender, signals)
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)
        for task in running:
            task.result()  # a loop that failed says why

    def _world(self, bot: Bot) -> World:
        return world(
            self._settings,
            self._phrases,
            self._vocabulary,
            self._pages,
            self._understanding,
            bot.username,
            self._replies,
        )

    async def _stop_in_order(
        self,
        running: set[asyncio.Task[None]],
        stop_worker: asyncio.Event,
        stop_sender: asyncio.Event,
        signals: Signals,
    ) -> None:
        """Nothing new comes in, what came is handled, what was said is sent."""
        for stop, names in (
            (self._stop_intake, {"intake"}),
            (stop_worker, {"worker", "tasks", "clock", "reload", "broadcasts"}),
            (stop_sender, {"sender"}),
        ):
            stop.set()
            signals.wake_all()
            own = {task for task in running if task.get_name() in names}
            await asyncio.gather(*own, return_exceptions=True)

    async def _until_stopped(self, running: set[asyncio.Task[None]]) -> None:
        """Until a stop signal, or until a loop ends by itself: then all must end."""
        stopping = asyncio.create_task(self._stop_intake.wait())
        await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def ticks(database: Database, shared: World, signals: Signals) -> dict[str, Tick]:
    """What the clock wakes, by name."""
    return {
        "reminders": Reminders(database, shared, signals).tick,
        "outcomes": Outcomes(database, shared, signals).tick,
        "asking again": LaterQuestions(database, shared, signals).tick,
        "lessons": Lessons(database, shared, signals).tick,
        "digests": Digests(database, shared, signals).tick,
    }


def doers(database: Database, bot: Bot, shared: World, signals: Signals) -> dict[str, Doer]:
    """Who does the slow work of which kind."""
    files = Downloads(database, bot, shared.settings.media.folder)
    made = MadeFiles(database, shared, signals)
    return {
        "download": files.do,
        "discard": files.discard,
        "photo_hash": PhotoHashes(database, shared, signals).do,
        outcome.DOWNLOAD: files.do_outcome,
        outcome.DISCARD: files.discard_outcome,
        "menu": MenuTask(database, bot, ROUTES, shared).do,
        "export": Exports(database, shared, signals).do,
        "print": Prints(database, shared, signals).do,
        "my_data": MyData(database, shared, signals).do,
        "presence_code": made.code,
        "calendar": made.calendar,
        "erase": Erasures(database, shared, signals).do,
        groups.UNREACHED: Unreached(database, shared, signals).do,
    }


def make_bot(settings: Settings) -> Bot:
    """python-telegram-bot's Bot over aiohttp, for polling and sending alike."""
    request = AiohttpRequest()
    root = settings.telegram.api_url
    return Bot(
        settings.telegram.token.get_secret_value(),
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=request,
        get_updates_request=request,
    )
