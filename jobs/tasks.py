"""Slow work outside the units: rows of the task table, each done by the worker of its kind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from telegram.error import BadRequest

from jobs.failures import describe
from jobs.signals import Signals, wait
from storage import Connection, tasks
from storage.database import Database
from storage.tasks import Task

log = logging.getLogger("tasks")
AT_ONCE = 4
IDLE_SECONDS = 2.0
RETRY_AFTER = tuple(
    timedelta(seconds=s) for s in (2, 10, 60, 300, 1800, 3600, 3600, 7200, 14400, 28800)
)  # about 17 hours in all: longer than any outage of Telegram so far
UNENDING = frozenset({"erase"})  # a promise to somebody: tried until it is done
Doer = Callable[[Task], Awaitable[None]]


class Tasks:
    """Does the work that units left in the task table. Doing a piece twice is harmless."""

    def __init__(self, database: Database, signals: Signals, kinds: dict[str, Doer]) -> None:
        """`kinds` says who does a task of which kind, and marks it as done."""
        self._database = database
        self._signals = signals
        self._kinds = kinds

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
        hopeless = refused or isinstance(error, KeyError) or task.attempts >= len(RETRY_AFTER)
        if hopeless and task.kind not in UNENDING:
            log.error("task %s given up: %s", task.id, describe(error))
            return tasks.fail(db, task.id, type(error).__name__)
        until = datetime.now(UTC) + RETRY_AFTER[min(task.attempts, len(RETRY_AFTER) - 1)]
        log.warning("task %s will be tried again: %s", task.id, type(error).__name__)
        tasks.postpone(db, task.id, until=until, error=type(error).__name__)
