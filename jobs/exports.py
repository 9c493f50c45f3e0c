"""Exports for the chat: slow work of the kind "export", from a connection that cannot write."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from telegram.constants import FileSizeLimit

from handlers import exports as shown
from handlers.world import World
from jobs.downloads import put_in_place
from jobs.signals import Signals
from jobs.uploads import FOLDER
from services import deletion, export_requests
from services.export_requests import Request
from services.exports import ENCODING, Sink, write_csv
from services.roles import Actor, NotAllowed, Permission, actor_behind
from storage import Connection, outbox, tasks
from storage.database import Database, in_transaction, open_reader
from storage.tasks import Task

GONE = "gone"  # a task whose owner deleted his data meanwhile
MAX_BYTES = int(FileSizeLimit.FILESIZE_UPLOAD)  # Bot API, files that a bot sends


class TooLarge(Exception):
    """More than Telegram takes."""


class Outdated(Exception):
    """Somebody deleted his data while it was written: it is begun anew."""


class Stopped(Exception):
    """The process ends; the export is begun anew next time."""


class Guarded:
    """A file that takes no more than Telegram would, and nothing once the process ends."""

    def __init__(self, out: Sink, stop: threading.Event) -> None:
        self._out = out
        self._stop = stop
        self._size = 0

    def write(self, text: str, /) -> object:
        """Pass some text on.

        Raises:
            TooLarge, Stopped: as the names say.
        """
        self._size += len(text.encode())
        if self._size > MAX_BYTES:
            raise TooLarge
        if self._stop.is_set():
            raise Stopped
        return self._out.write(text)


class Exports:
    """Writes what was asked for, one at a time. Doing a task twice is harmless."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing
        self._folder = world.settings.media.folder
        self._one = asyncio.Lock()

    async def do(self, task: Task) -> None:
        """Write the file, then in one transaction: queue it, note it, be done.

        The permission is looked up when the file is written and again when it leaves: a role may
        be taken away meanwhile.
        """
        request = Request.of(task.payload)
        path = self._folder / FOLDER / f"{task.id}.csv"
        rows, seen, sorry = 0, -1, None
        async with self._one:
            try:
                rows, seen = await self._write(request, path)
            except NotAllowed:
                sorry = "export.not_allowed"
            except TooLarge:
                sorry = "export.too_large"
        sorry = await self._database.write(
            lambda db: self._finish(db, task, request, rows, seen, sorry)
        )
        if sorry is not None:
            path.unlink(missing_ok=True)
        self._outgoing.set()

    async def _write(self, request: Request, path: Path) -> tuple[int, int]:
        """Write the file in a thread of its own; gives the number of its rows, and see there."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._write_file, request, path, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    def _write_file(self, request: Request, path: Path, stop: threading.Event) -> tuple[int, int]:
        """Gives the number of rows, and how many people had deleted their data by then."""
        settings = self._world.settings
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.stem}.{os.getpid()}.part")
        engine = open_reader(settings.database.url)
        try:
            with part.open("w", encoding=ENCODING, newline="") as out:

                def work(db: Connection) -> tuple[int, int]:
                    seen, actor = deletion.count(db), self._actor(db, request)
                    rows = write_csv(
                        Guarded(out, stop), db, actor, self._world.phrases,
                        settings.kelurahan.zone, what=request.what, wanted=request.wanted,
                    )  # fmt: skip
                    return rows, seen

                made = in_transaction(engine, work)
                out.flush()
                os.fsync(out.fileno())
            put_in_place(part, path)
            return made
        finally:
            engine.dispose()
            part.unlink(missing_ok=True)

    def _actor(self, db: Connection, request: Request) -> Actor:
        """Who asked, with the role that he has now."""
        return actor_behind(db, self._world.settings.staff.admins, request.telegram_id)

    def _finish(
        self,
        db: Connection,
        task: Task,
        request: Request,
        rows: int,
        seen: int,
        sorry: str | None,
    ) -> str | None:
        """Queue the document, or say why none comes; gives why the file is not needed.

        Raises:
            Outdated: see there.
        """
        deleted = deletion.locked_count(db)  # first, like a deletion
        if not tasks.finish(db, task.id):  # another process was faster: its message is on its way
            return None if tasks.is_known(db, task.id) else GONE
        now, actor = datetime.now(UTC), self._actor(db, request)
        if not actor.may(Permission.EXPORT):
            sorry = "export.not_allowed"
        if sorry is None and seen != deleted:
            raise Outdated
        if sorry is not None:
            message = shown.sorry(self._world, request, sorry)
        else:
            name = f"{FOLDER}/{task.id}.csv"
            message = shown.document(self._world, request, name, rows, now)
            export_requests.made(db, actor, request, rows, now)
        outbox.add(db, message._replace(key=f"export:{task.id}"), now)
        return sorry
