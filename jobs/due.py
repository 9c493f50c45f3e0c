"""What jobs of the clock share: taking what is due chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable

from jobs.signals import Signals
from storage import Connection
from storage.database import Database


async def drain(database: Database, signals: Signals, some: Callable[[Connection], bool]) -> None:
    """Do a chunk, each in a transaction of its own, as long as `some` says there may be more."""
    while await database.write(some):
        signals.pulse.beat("clock")
        signals.outgoing.set()
