"""A group that takes no messages: what staff would have read there goes to them one by one.

Slow work of the kind "unreached", which the sender queues. Doing it twice is harmless.
"""

from __future__ import annotations

from datetime import UTC, datetime

from handlers import staff_group, ticket_view
from handlers.unit import Unit
from handlers.world import World
from jobs.signals import Signals
from services.tickets import again
from storage import Connection, tasks
from storage.database import Database
from storage.tasks import Task


class Unreached:
    """Sends another way what a group did not take."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._outgoing = signals.outgoing

    async def do(self, task: Task) -> None:
        """In one transaction with the mark that it is done."""
        await self._database.write(lambda db: self._deliver(db, task))
        self._outgoing.set()

    def _deliver(self, db: Connection, task: Task) -> None:
        if not tasks.finish(db, task.id):
            return
        now = datetime.now(UTC)
        unit = Unit.of_bot(db, self._world, now)
        chat_id, first = int(task.payload["chat_id"]), bool(task.payload["first"])
        for ticket_id in staff_group.deliver_instead(unit, chat_id, first=first):
            ticket_view.send_cards(unit, again(db, ticket_id))
