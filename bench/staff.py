"""Clerks who take tickets from the desk and move them on, two at a time on the same ones."""

from __future__ import annotations

import asyncio

from bench.someone import Writer
from services.tickets import REASONED, State

REST_SECONDS = 12.0  # at most: what a clerk is answered goes before the cards, in the same chat


class Clerk(Writer):
    """Looks at the list, opens a ticket and moves it, with a reason where one is due."""

    async def lives(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._acts(lambda: self.person.sends("/start"))
        while not stopping.is_set():
            await self._works()
            await asyncio.sleep(self._random.uniform(0, REST_SECONDS))

    async def _works(self) -> None:
        """One ticket."""
        await self._acts(lambda: self.person.sends("/staf"))
        await self._opens()

    async def _opens(self) -> None:
        """Another list now and then, then one of its tickets."""
        if self._random.random() < 0.5:
            await self._taps("desk:list:open:")
        if await self._taps("desk:open:"):
            await self._moves()

    async def _moves(self) -> None:
        """Tap one of the states; write why, where it is asked."""
        moved = await self._taps("desk:move:")
        if moved is not None and moved[0].endswith(State.DONE):
            await self._taps("desk:done:")
        if moved is None or moved[0].rpartition(":")[2] not in REASONED:
            return
        await self._acts(lambda: self.person.sends("karena " + self._word(8)))
        sent = await self._taps("form:", ending=":send")
        if sent is None:  # the question came late, or another form was open: begin anew
            await self._acts(lambda: self.person.sends("/batal"))
            await self._taps("form:", ending=":discard")
