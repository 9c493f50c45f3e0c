"""What the clock does for closed complaints: asks weeks later whether it is still good."""

from __future__ import annotations

from datetime import UTC, datetime

from handlers.unit import Unit
from handlers.verdicts import later_question
from handlers.world import World
from jobs.due import drain
from jobs.signals import Signals
from services.verdicts import next_batch
from storage import Connection, outbox, shown
from storage.database import Database
from storage.outbox import Message
from storage.outbox_words import Lane


class LaterQuestions:
    """Takes what is due from rows, chunk by chunk; each chunk is one transaction."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals

    async def tick(self) -> None:
        """Ask all that is due now; doing it twice is harmless."""
        await drain(self._database, self._signals, self._ask_some)

    def _ask_some(self, db: Connection) -> bool:
        """Queue one chunk; whether there may be more."""
        now = datetime.now(UTC)
        batch = next_batch(db, now)
        if batch is None:
            return False
        unit = Unit.of_bot(db, self._world, now)
        html, buttons = later_question(unit, batch)
        for chat, resident_id in batch.chats.items():
            params = unit.message_to(chat, html, buttons)
            key = f"{batch.key}:{chat}"
            message = Message(chat, "sendMessage", params, Lane.NOTICE, key=key)
            shown.note(db, outbox.add(db, message, now), unit.shown - {resident_id})
        return True
