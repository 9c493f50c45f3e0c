"""Small files that people ask for: the picture of a presence code, a calendar file. Slow work.

Each try writes a file of its own name, so that two processes that do the same task cannot send
the picture of one code with the words of another.
"""

from __future__ import annotations

import asyncio
import io
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import segno

from handlers import calendar_view, presence_desk
from handlers.world import World
from jobs.downloads import keep_file
from jobs.signals import Signals
from jobs.uploads import FOLDER
from services import calendar_file, presence
from services.calendar_file import NotOpen
from services.gotong_royong import Unknown
from services.quiet import QuietHours
from services.roles import Actor, NotAllowed, actor_behind
from storage import Connection, outbox, tasks
from storage.database import Database
from storage.outbox import Message
from storage.outbox_words import CONFIDENTIAL
from storage.tasks import Task

DOT, BORDER = 12, 4  # pixels of a dot; dots of white around, as readers need it
Queue = Callable[[Connection, str], tuple[Message, bool]]


def picture_of(link: str) -> bytes:
    """A link as a QR picture (PNG); a quarter of it may be dirty or bent."""
    out = io.BytesIO()
    segno.make(link, error="q").save(out, kind="png", scale=DOT, border=BORDER)
    return out.getvalue()


def name_of(task: Task, suffix: str) -> str:
    """A name below the media folder for the file that one try at a task makes."""
    return f"{FOLDER}/{task.id}.{secrets.token_hex(4)}.{suffix}"


class MadeFiles:
    """Makes them and queues them. Doing a task twice is harmless."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing
        self._folder = world.settings.media.folder
        self._zone = world.settings.kelurahan.zone

    async def code(self, task: Task) -> None:
        """A new presence code: it works from the commit on that queues its picture."""
        number = int(task.payload["occurrence_id"])
        code = presence.new_code()
        link = presence_desk.link(self._world, code)
        content = await asyncio.to_thread(picture_of, link)

        def queue(db: Connection, name: str) -> tuple[Message, bool]:
            now, actor = datetime.now(UTC), self._actor(db, task)
            try:
                row = presence.put_code(db, actor, number, code, now=now, zone=self._zone)
            except (Unknown, NotAllowed):  # called off meanwhile, or the role was taken away
                return presence_desk.no_picture(self._world, actor.telegram_id), False
            message = presence_desk.picture(self._world, actor.telegram_id, row, code, name)
            return message, True

        await self._send(task, "png", content, queue)

    async def calendar(self, task: Task) -> None:
        """The calendar file of an occurrence as it stands now."""
        content = await self._database.read(lambda db: self._calendar(db, task))

        def queue(db: Connection, name: str) -> tuple[Message, bool]:
            person = int(task.payload["telegram_id"])
            if content is None:
                return calendar_view.sorry(self._world, person), False
            return calendar_view.document(self._world, person, name), True

        await self._send(task, "ics", content or b"", queue)

    def _calendar(self, db: Connection, task: Task) -> bytes | None:
        """What the file holds; None if the occurrence is off or begun by now."""
        now, number = datetime.now(UTC), int(task.payload["occurrence_id"])
        try:
            row = calendar_file.require_open(db, self._actor(db, task), number, now)
        except NotOpen:
            return None
        return calendar_file.file_of(
            row,
            calendar_view.words(self._world, row),
            host=self._world.username,
            quiet=QuietHours.of(self._world.settings),
            now=now,
        )

    def _actor(self, db: Connection, task: Task) -> Actor:
        """Who asked, with the role that he has now."""
        admins = self._world.settings.staff.admins
        return actor_behind(db, admins, int(task.payload["telegram_id"]))

    async def _send(self, task: Task, suffix: str, content: bytes, queue: Queue) -> None:
        """Keep the file, then in one transaction: queue it, be done; else it goes again."""
        name = name_of(task, suffix)
        path = self._folder / name
        await asyncio.to_thread(keep_file, path, content)

        def finish(db: Connection) -> bool:
            if not tasks.finish(db, task.id):  # done elsewhere, or its owner deleted his data
                return False
            message, needs_file = queue(db, name)
            key = f"{CONFIDENTIAL}{task.kind}:{task.id}"
            outbox.add(db, message._replace(key=key), datetime.now(UTC))
            return needs_file

        if not await self._database.write(finish):
            path.unlink(missing_ok=True)
        self._outgoing.set()
