"""Sheets and posters to be printed: slow work of the kind "print"."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from handlers import prints as shown
from handlers.world import World
from jobs.downloads import keep_file
from jobs.made_files import name_of
from jobs.signals import Signals
from services import paper
from services.roles import Permission, actor_behind
from storage import Connection, outbox, tasks
from storage.database import Database
from storage.tasks import Task


class Prints:
    """Draws what was asked for, one at a time. Doing a task twice is harmless."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing
        self._one = asyncio.Lock()

    async def do(self, task: Task) -> None:
        """Draw the file, then in one transaction: queue it, be done."""
        name = name_of(task, "pdf")
        path = self._world.settings.media.folder / name
        pages = shown.pages(self._world, task.payload["what"], task.payload["rts"])
        async with self._one:
            content = await asyncio.to_thread(paper.make, pages)
        await asyncio.to_thread(keep_file, path, content)
        if not await self._database.write(lambda db: self._queue(db, task, name)):
            path.unlink(missing_ok=True)
        self._outgoing.set()

    def _queue(self, db: Connection, task: Task, name: str) -> bool:
        """Queue the document, or say why none comes; whether the file is needed."""
        if not tasks.finish(db, task.id):  # another process was faster: it is on its way
            return False
        admins = self._world.settings.staff.admins
        actor = actor_behind(db, admins, int(task.payload["telegram_id"]))
        may = actor.may(Permission.ASSIST)  # the role may be gone by now
        message = (
            shown.document(self._world, task.payload, name)
            if may
            else shown.sorry(self._world, task.payload)
        )
        outbox.add(db, message._replace(key=f"print:{task.id}"), datetime.now(UTC))
        return may
