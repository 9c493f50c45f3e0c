"""What the clock does for lessons: queues those that are due."""

from __future__ import annotations

from datetime import UTC, datetime

from handlers.lessons import framed, message, question_buttons
from handlers.unit import Unit
from handlers.world import World
from jobs.due import drain
from jobs.signals import Signals
from services.lessons import next_batch
from storage import Connection, reminders
from storage.database import Database
from storage.outbox_words import Lane


class Lessons:
    """Takes lessons that are due, chunk by chunk; each chunk is one transaction."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals

    async def tick(self) -> None:
        """Do all that is due now; doing it twice is harmless."""
        await drain(self._database, self._signals, self._send_some)

    def _send_some(self, db: Connection) -> bool:
        """Queue one chunk; whether there may be more."""
        now = datetime.now(UTC)
        batch = next_batch(db, self._world.pages.current.lessons, now)
        if batch is None:
            return False
        unit = Unit.of_bot(db, self._world, now)
        text = framed(unit, batch.lesson)
        call = message(unit, text, question_buttons(batch.plan_id, batch.lesson))
        calls = [{"chat_id": chat, **call} for chat in batch.chats]
        reminders.queue(
            db, calls, key=batch.key, not_after=batch.not_after, now=now, lane=Lane.BROADCAST
        )
        return True
