"""The clock: APScheduler only wakes it; what is due is decided from rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from config import Retention
from jobs import uploads
from jobs.failures import describe
from jobs.watchdog import Pulse
from services import retention
from storage.database import Database

log = logging.getLogger("clock")
TIDY_SECONDS = 600.0
DUE_SECONDS = 20.0
Tick = Callable[[], Awaitable[None]]


class Clock:
    """Wakes what is due, and removes what has had its time: updates, bodies, drafts and files."""

    def __init__(
        self,
        database: Database,
        due: Mapping[str, Tick],
        media_folder: Path,
        pulse: Pulse,
        keep: Retention,
    ) -> None:
        """`due`, by name, are woken every twenty seconds, in order; each decides from rows."""
        self._database = database
        self._due = due
        self._media_folder = media_folder
        self._pulse = pulse
        self._keep = keep
        self._ticking = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until told to stop."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        woken = [(name, tick, DUE_SECONDS) for name, tick in self._due.items()]
        for name, tick, seconds in [("tidying", self.tick, TIDY_SECONDS), *woken]:
            scheduler.add_job(
                self._alone,
                IntervalTrigger(seconds=seconds, timezone=UTC),
                args=(name, tick),
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        scheduler.start()
        try:
            await stop.wait()
        finally:
            scheduler.pause()
            async with self._ticking:  # a tick that was begun is finished, not cut off
                scheduler.shutdown(wait=False)

    async def _alone(self, name: str, tick: Tick) -> None:
        """One tick at a time; one that fails is tried again when it is woken next."""
        async with self._ticking:
            self._pulse.beat("clock")
            try:
                await tick()
            except Exception as error:
                log.error("%s failed, the next tick tries again: %s", name, describe(error))

    async def tick(self) -> None:
        """Remove what is to go now; doing it twice is harmless."""
        now = datetime.now(UTC)
        while await self._database.write(lambda db: retention.tidy(db, self._keep, now)):
            self._pulse.beat("clock")
        await asyncio.to_thread(uploads.tidy, self._media_folder, now)
