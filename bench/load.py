"""What a bench asks of a simulator in another process: people who write, what they were sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from bench.processes import TOKEN, Process

LOOK_SECONDS = 0.05


class Telegram:
    """A simulator in a process of its own."""

    def __init__(self, process: Process, url: str) -> None:
        self.process = process
        self.url = url
        self._session = aiohttp.ClientSession(url)

    @classmethod
    def start(cls) -> Telegram:
        """Start one on a free port."""
        process = Process.start(
            "-m", "simulator", "--port", "0", "--token", TOKEN, wants_output=True
        )
        assert process.child.stdout is not None
        return cls(process, process.child.stdout.readline().strip())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        await self._session.close()
        self.process.stop()

    async def write(self, persons: Sequence[int]) -> None:
        """Each of these persons writes a text."""
        wishes = [{"person": person, "text": f"halo {person}"} for person in persons]
        async with self._session.post("/sim/updates", json=wishes) as answer:
            answer.raise_for_status()

    async def set_latency(self, seconds: float) -> None:
        """Let every round trip take so long."""
        async with self._session.post("/sim/faults", json={"latency": seconds}) as answer:
            answer.raise_for_status()

    async def stats(self) -> dict[str, Any]:
        """What the simulator counted."""
        async with self._session.get("/sim/stats") as answer:
            return dict(await answer.json())

    async def sent(self, since: int = 0) -> list[dict[str, Any]]:
        """Messages of the bot, oldest first."""
        async with self._session.get("/sim/sent", params={"since": since}) as answer:
            return list(await answer.json())

    async def waits_for_messages(
        self, count: int, seconds: float, still_runs: Callable[[], bool]
    ) -> int:
        """Wait until the bot has sent so many messages in all; gives how many there are."""
        until = time.monotonic() + seconds
        while True:
            messages = int((await self.stats())["messages"])
            if messages >= count or time.monotonic() > until or not still_runs():
                return messages
            await asyncio.sleep(LOOK_SECONDS)
