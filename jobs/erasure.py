"""What follows when somebody deleted his data: slow work of the kind "erase".

Files go, the last answer is forgotten once it was sent, and the write-ahead log is cut. Every
part may be done twice, so that a process may die at any point.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers import erasure
from handlers.unit import Unit
from handlers.world import World
from jobs.downloads import remove_media
from jobs.signals import Signals
from jobs.uploads import below
from storage import Connection, deletion, shown, tasks
from storage.database import Database
from storage.shown import Showing
from storage.tasks import Task

AGAIN = timedelta(seconds=1)  # until something is looked at again


class Erasures:
    """Does what a transaction cannot do."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing
        self._folder = world.settings.media.folder

    async def do(self, task: Task) -> None:
        """All that is left to do; looked at again while messages are on their way."""
        await asyncio.to_thread(_remove_files, self._folder, task.payload)
        settled = await self._database.write(lambda db: self._forget(db, task))
        self._outgoing.set()
        if settled and await self._database.empty_wal():
            return await self._database.write(lambda db: tasks.remove(db, task.id))
        until = datetime.now(UTC) + AGAIN
        await self._database.write(lambda db: tasks.wait(db, task.id, until))

    def _forget(self, db: Connection, task: Task) -> bool:
        """Forget what was sent to the person and what showed him; False while some of it waits."""
        payload = task.payload
        moving = shown.rows_by_id(db, payload.get("rows", ()))
        if any(row.state == "sending" for row in moving):
            return False
        if moving:
            self._cover(db, moving, payload.get("until"))
            tasks.change(db, task.id, {**payload, "rows": []})
        if "telegram_id" not in payload:
            return True
        person = int(payload["telegram_id"])
        deletion.forget_received(db, person, int(payload["inbox_id"]))
        return deletion.forget_sent(db, person, datetime.fromisoformat(payload["until"]))

    def _cover(self, db: Connection, moving: list[Showing], until: str | None) -> None:
        """What was on its way has arrived, and is taken back like the rest.

        That belongs to the deletion, so in his own chat it is forgotten with all before `until`.
        """
        now = datetime.fromisoformat(until) if until else datetime.now(UTC)
        unit = Unit.of_bot(db, self._world, now)
        erasure.cover(unit, moving)


def _remove_files(folder: Path, payload: dict[str, Any]) -> None:
    """Photos and voice notes, and files that were to be sent."""
    remove_media(folder, payload.get("media", ()))
    for name in payload.get("files", ()):
        below(folder, name).unlink(missing_ok=True)
