"""How the loops of one process wake each other; all of them look by themselves as well."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from jobs.watchdog import Pulse


@dataclass(frozen=True)
class Signals:
    """Set when there may be something to do; a lost signal only costs the loop's idle time."""

    received: asyncio.Event = field(default_factory=asyncio.Event)  # for the worker
    outgoing: asyncio.Event = field(default_factory=asyncio.Event)  # for the sender
    tasks: asyncio.Event = field(default_factory=asyncio.Event)  # for the tasks job
    broadcasts: asyncio.Event = field(default_factory=asyncio.Event)  # for the broadcasts job
    pulse: Pulse = field(default_factory=Pulse)  # every loop tells it that it goes round

    def wake_all(self) -> None:
        """Let every loop look up, such as to see that it is to stop."""
        for event in (self.received, self.outgoing, self.tasks, self.broadcasts):
            event.set()


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for a signal, at most so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
