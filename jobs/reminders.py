"""What the clock does for gotong royong: makes occurrences, queues what is due to be told."""

from __future__ import annotations

from datetime import UTC, datetime

from handlers.gotong_royong import notice
from handlers.unit import Unit
from handlers.world import World
from jobs.due import drain
from jobs.signals import Signals
from services import gotong_royong
from services.quiet import QuietHours
from services.reminders import next_batch
from storage import Connection, reminders
from storage.database import Database


class Reminders:
    """Takes what is due from rows, chunk by chunk; each chunk is one transaction."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals
        self._quiet = QuietHours.of(world.settings)

    async def tick(self) -> None:
        """Do all that is due now; doing it twice is harmless."""
        now = datetime.now(UTC)
        await self._database.write(lambda db: gotong_royong.make_ahead(db, now, self._quiet))
        await drain(self._database, self._signals, self._tell_some)

    def _tell_some(self, db: Connection) -> bool:
        """Queue one chunk; whether there may be more."""
        now = datetime.now(UTC)
        batch = next_batch(db, now, self._quiet)
        if batch is None:
            return False
        unit = Unit.of_bot(db, self._world, now)
        told = {answer: notice(unit, batch, answer) for answer in set(batch.chats.values())}
        calls = [unit.message_to(chat, *told[answer]) for chat, answer in batch.chats.items()]
        reminders.queue(db, calls, key=batch.key, not_after=batch.not_after, now=now)
        return True
