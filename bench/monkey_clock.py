"""The clock of the monkey bench: now and then it jumps, so that what waits for its day comes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOURS = (1.0, 28.0)  # of a jump
TO_AN_EVENT = 0.5  # chance that it goes to the start of gotong royong instead
NEAR = timedelta(days=4)  # how far ahead such a one may be
AROUND = (-50.0, 240.0)  # minutes from its start: codes work, people are ticked
TICKED_SECONDS = 2.5  # in which a running bot has ticked for certain
STARTS = (
    "SELECT starts_at FROM occurrence WHERE state = 'planned' AND starts_at BETWEEN ? AND ?"
    " ORDER BY starts_at LIMIT 5"
)


class Ahead:
    """How far the bot and its Telegram are ahead of the machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.seconds = 0.0
        self.jumps = 0
        self._write()

    def now(self) -> datetime:
        """The time there."""
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    async def jumps_on(self, chance: random.Random, db: sqlite3.Connection) -> None:
        """Some hours forward, or to gotong royong; then the bot ticks."""
        now, by = self.now(), 3600 * chance.uniform(*HOURS)
        rows = db.execute(STARTS, (_at(now), _at(now + NEAR))).fetchall()
        if rows and chance.random() < TO_AN_EVENT:
            start = datetime.fromisoformat(chance.choice(rows)[0]).replace(tzinfo=UTC)
            by = (start - now).total_seconds() + 60 * chance.uniform(*AROUND)
        self.seconds += max(by, 60.0)
        self.jumps += 1
        self._write()
        await asyncio.sleep(TICKED_SECONDS)

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(repr(self.seconds))
        new.replace(self._file)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
