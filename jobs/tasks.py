"""Slow work outside the units: downloads of photos and voice notes into the media folder."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from telegram import Bot
from telegram.error import BadRequest

from jobs.failures import describe
from jobs.signals import Signals, wait
from jobs.transport import call
from storage import Connection, tasks, tickets
from storage.database import Database
from storage.tasks import Task

log = logging.getLogger("tasks")
AT_ONCE = 4
IDLE_SECONDS = 2.0
RETRY_AFTER = tuple(
    timedelta(seconds=s) for s in (2, 10, 60, 300, 1800, 3600, 3600, 7200, 14400, 28800)
)  # about 17 hours in all: longer than any outage of Telegram so far
SUFFIX = re.compile(r"^\.[a-z0-9]{1,5}$")


class Tasks:
    """Does the work that units left in the task table. Doing a piece twice is harmless."""

    def __init__(self, database: Database, bot: Bot, signals: Signals, media_folder: Path) -> None:
        self._database = database
        self._bot = bot
        self._signals = signals
        self._folder = media_folder
        self._kinds: dict[str, Callable[[Task], Awaitable[None]]] = {"download": self._download}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; a piece that is not done by then is begun anew next time.

        A download that hangs must not hold up the end of the process.
        """
        working = asyncio.create_task(self._work())
        try:
            await stop.wait()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            self._signals.tasks.clear()
            self._signals.pulse.beat("tasks")
            try:
                done = await self._round()
            except Exception as error:
                log.error("cannot read the tasks: %s", describe(error))
                done = 0
            if not done:
                await wait(self._signals.tasks, IDLE_SECONDS)

    async def _round(self) -> int:
        now = datetime.now(UTC)
        due = await self._database.read(lambda db: tasks.due(db, now=now, limit=AT_ONCE))
        await asyncio.gather(*(self._do(task) for task in due))
        return len(due)

    async def _do(self, task: Task) -> None:
        try:
            await self._kinds[task.kind](task)
        except Exception as error:
            failure = error
            await self._database.write(lambda db: self._failed(db, task, failure))

    def _failed(self, db: Connection, task: Task, error: Exception) -> None:
        """Try again later; give up when Telegram says no, or after many tries."""
        refused = isinstance(error, BadRequest) and "temporarily" not in str(error).lower()
        if refused or isinstance(error, KeyError) or task.attempts >= len(RETRY_AFTER):
            log.error("task %s given up: %s", task.id, describe(error))
            return tasks.fail(db, task.id, type(error).__name__)
        until = datetime.now(UTC) + RETRY_AFTER[task.attempts]
        log.warning("task %s will be tried again: %s", task.id, type(error).__name__)
        tasks.postpone(db, task.id, until=until, error=type(error).__name__)

    async def _download(self, task: Task) -> None:
        """Keep one photo or voice note as a file with its checksum."""
        medium_id = int(task.payload["medium_id"])
        medium, number = await self._database.read(lambda db: _medium(db, medium_id))
        if medium is None:  # its ticket was removed meanwhile
            return await self._database.write(lambda db: tasks.finish(db, task.id))
        file = await call(self._bot, "getFile", {"file_id": medium.file_id})
        content = await self._bot.request.retrieve(
            f"{self._bot.base_file_url}/{file['file_path']}"
        )
        suffix = PurePosixPath(file["file_path"]).suffix.lower()
        suffix = suffix if SUFFIX.match(suffix) else ""
        path = f"{number[4:8]}/{number}-{medium.kind}-{medium_id}{suffix}"
        await asyncio.to_thread(keep_file, self._folder / path, content)

        def record(db: Connection) -> None:
            tickets.keep_medium(
                db,
                medium_id,
                path=path,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
            )
            tasks.finish(db, task.id)

        await self._database.write(record)


def _medium(db: Connection, medium_id: int) -> tuple[Any, str]:
    medium = tickets.medium(db, medium_id)
    if medium is None:
        return None, ""
    ticket = tickets.get(db, medium.ticket_id)
    assert ticket is not None
    return medium, ticket.number


def keep_file(path: Path, content: bytes) -> None:
    """Write a file so that it is either there whole, safe on the disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
