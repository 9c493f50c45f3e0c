"""What the clock does once gotong royong is over: asks its organiser, thanks those who came."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from handlers import outcome_view as view
from handlers.unit import Unit
from handlers.world import World
from jobs.due import drain
from jobs.signals import Signals
from services import outcome
from services.outcome import Batch
from services.quiet import QuietHours
from storage import Connection, groups, reminders
from storage.database import Database


class Outcomes:
    """Takes what is due from rows, chunk by chunk; each chunk is one transaction."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals
        self._quiet = QuietHours.of(world.settings)

    async def tick(self) -> None:
        """Do all that is due now; doing it twice is harmless."""
        now = datetime.now(UTC)
        await self._database.write(lambda db: outcome.schedule(db, now, self._quiet))
        for some in (self._ask_one, self._tell_some):
            await drain(self._database, self._signals, some)

    def _ask_one(self, db: Connection) -> bool:
        """Ask the organiser of one occurrence; whether there may be more."""
        now = datetime.now(UTC)
        asked = outcome.next_question(db, now, self._quiet, self._world.settings.staff.admins)
        if asked is None:
            return False
        unit = Unit.of_bot(db, self._world, now)
        html, rows = view.question(unit, asked)
        calls = [unit.message_to(chat, html, rows) for chat in asked.chats]
        key = view.key_of(asked.row, asked.kind)
        reminders.queue(db, calls, key=key, not_after=asked.not_after, now=now)
        return True

    def _tell_some(self, db: Connection) -> bool:
        """Tell one chunk what was achieved; whether there may be more."""
        now = datetime.now(UTC)
        batch = outcome.next_batch(db, now, self._quiet)
        if batch is None:
            return False
        unit, found = Unit.of_bot(db, self._world, now), batch.achieved
        _queue(unit, batch, "thanks", [view.thanks(unit, chat, found) for chat in batch.came])
        _queue(unit, batch, "recap", [view.recap(unit, chat, found) for chat in batch.others])
        if batch.is_first:
            chats = self._groups(db, found.row.rts)
            _queue(unit, batch, "group", [view.for_group(unit, chat, found) for chat in chats])
        return True

    def _groups(self, db: Connection, rts: Collection[str] | None) -> list[int]:
        """The groups of these RTs (None: of all), each once."""
        known = [rt for rt in self._world.settings.rt if rts is None or rt.number in rts]
        found = [groups.id_now(db, rt.group) for rt in known if rt.group is not None]
        return list(dict.fromkeys(found))


def _queue(unit: Unit, batch: Batch, kind: str, calls: list[view.Call]) -> None:
    """Queue calls of one kind, which are all of one method."""
    if calls:
        reminders.queue(
            unit.db,
            [params for _, params in calls],
            key=view.key_of(batch.achieved.row, kind),
            not_after=batch.not_after,
            now=unit.now,
            method=calls[0][0],
        )
