"""What the clock does for deadlines: sets missing ones, tells staff and RT heads how it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from handlers import digests as view
from handlers import staff_group
from handlers.digests import Said
from handlers.unit import Unit
from handlers.world import World
from jobs.signals import Signals
from services import deadlines
from services import digests as rules
from services.deadlines import Deadlines
from storage import Connection, Row, digests, reminders
from storage.database import Database


class Digests:
    """Decides from rows what is due; whoever was told is known by the key of the message."""

    def __init__(self, database: Database, world: World, signals: Signals) -> None:
        self._database = database
        self._world = world
        self._signals = signals
        self._rules = Deadlines.of(world.settings)

    async def tick(self) -> None:
        """Do all that is due now; doing it twice is harmless."""
        await self._settle()
        await self._tell_late()
        await self._tell_weeks()

    async def _settle(self) -> None:
        """Deadlines of tickets that lack theirs, or that are owed none any more."""
        now = datetime.now(UTC)
        if await self._database.read(lambda db: deadlines.unsettled(db, self._rules, now)):
            await self._database.write(lambda db: deadlines.settle_all(db, self._rules, now))

    async def _tell_late(self) -> None:
        """In the morning of a working day: what is late, to everybody who handles tickets."""
        now, days = datetime.now(UTC), self._rules.workdays
        until = await self._database.read(
            lambda db: rules.told_until(db, rules.LATE_TOLD, days, now)
        )
        if until is not None:
            await self._database.write(lambda db: self._queue_late(db, now, until))
            self._signals.outgoing.set()

    def _queue_late(self, db: Connection, now: datetime, until: datetime) -> None:
        oldest, count = rules.overdue(db, now)
        if count:
            unit = Unit.of_bot(db, self._world, now)
            calls = [
                unit.message_to(chat, *view.overdue(unit, oldest, count, chat))
                for chat in staff_group.watchers(unit)
            ]
            self._queue(db, calls, rules.LATE_TOLD, now, until)
        rules.told(db, rules.LATE_TOLD, self._rules.workdays, now)

    async def _tell_weeks(self) -> None:
        """On the first working day of a week: the last one, to each RT head of his RTs."""
        now, days = datetime.now(UTC), self._rules.workdays
        until = await self._database.read(
            lambda db: rules.told_until(db, rules.WEEK_TOLD, days, now)
        )
        if until is None:
            return
        for head in await self._database.read(digests.heads):

            def tell(db: Connection, head: Row[Any] = head) -> None:
                self._queue_week(db, head, now, until)

            await self._database.write(tell)
            self._signals.pulse.beat("clock")
            self._signals.outgoing.set()
        await self._database.write(lambda db: rules.told(db, rules.WEEK_TOLD, days, now))

    def _queue_week(self, db: Connection, head: Row[Any], now: datetime, until: datetime) -> None:
        unit = Unit.of_bot(db, self._world, now)
        said = self._week(unit, head.rts)
        if said is not None:
            call = unit.message_to(head.telegram_id, *said)
            self._queue(db, [call], rules.WEEK_TOLD, now, until)

    def _week(self, unit: Unit, rts: list[str]) -> Said | None:
        """What an RT head is told; None where nothing happened for two weeks and nothing waits."""
        days = self._rules.workdays
        last = rules.week_of(unit.db, rts, days, unit.now)
        if last.matters:
            return view.week(unit, last)
        before = rules.week_of(unit.db, rts, days, unit.now, ago=2)
        return view.calm(unit, last) if before.happened else None

    def _queue(
        self,
        db: Connection,
        calls: list[dict[str, Any]],
        name: str,
        now: datetime,
        until: datetime,
    ) -> None:
        key = f"{name}:{self._rules.workdays.day_of(now)}"
        reminders.queue(db, calls, key=key, not_after=until, now=now)
