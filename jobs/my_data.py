"""The copy of one's data for /data_saya: slow work of the kind "my_data"."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from handlers import privacy as shown
from handlers.world import World
from jobs.downloads import keep_file
from jobs.signals import Signals
from jobs.uploads import FOLDER
from services.my_data import Copy, Nothing
from storage import Connection, outbox, residents, tasks
from storage.database import Database
from storage.tasks import Task


class MyData:
    """Writes the copy and queues it. Doing a task twice is harmless."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing

    async def do(self, task: Task) -> None:
        """Read on a connection that cannot write, then in one transaction: queue it, be done."""
        person = int(task.payload["telegram_id"])
        zone, now = self._world.settings.kelurahan.zone, datetime.now(UTC)
        name = f"{FOLDER}/{task.id}.json"
        path = self._world.settings.media.folder / name

        def copy(db: Connection) -> bytes:
            content = Copy(db, self._world.phrases, zone).of(person, now)
            return json.dumps(content, ensure_ascii=False, indent=2).encode()

        try:
            await asyncio.to_thread(keep_file, path, await self._database.read(copy))
        except Nothing:
            await self._database.write(lambda db: tasks.remove(db, task.id))
            return

        def queue(db: Connection) -> bool:
            if residents.by_telegram_id(db, person) is None:
                return False  # he deleted everything meanwhile
            if not tasks.finish(db, task.id):  # another process was faster: it is on its way
                return tasks.is_known(db, task.id)
            message = shown.document(self._world, person, name, now)
            outbox.add(db, message._replace(key=f"my_data:{task.id}"), now)
            return True

        if not await self._database.write(queue):
            path.unlink(missing_ok=True)
        self._outgoing.set()
