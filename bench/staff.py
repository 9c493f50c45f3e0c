"""Clerks who take tickets from the desk and move them on, two at a time on the same ones."""

from __future__ import annotations

import asyncio

from bench.people import Someone
from services.tickets import REASONED

WAIT_SECONDS = 6.0  # for a question or a list that is on its way


class Clerk(Someone):
    """Looks at the list, opens a ticket and moves it, with a reason where one is due."""

    async def lives(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._acts(lambda: self.person.sends("/start"))
        while not stopping.is_set():
            await self._acts(lambda: self.person.sends("/staf"))
            await self._opens()
            await asyncio.sleep(self._random.uniform(0.2, 1.0))

    async def _opens(self) -> None:
        """Another list now and then, then one of its tickets."""
        if self._random.random() < 0.5:
            await self._taps("desk:list:open:")
        if await self._taps("desk:open:"):
            await self._moves()

    async def _moves(self) -> None:
        """Tap one of the states; write why, where it is asked."""
        moved = await self._taps("desk:move:")
        if moved is None or moved.rpartition(":")[2] not in REASONED:
            return
        await self._acts(lambda: self.person.sends("karena " + self._word(8)))
        sent = await self._taps("form:", ending=":send")
        if sent is None:  # the question came late, or another form was open: begin anew
            await self._acts(lambda: self.person.sends("/batal"))
            await self._taps("form:", ending=":discard")

    async def _taps(self, beginning: str, ending: str = "") -> str | None:
        """Tap a button of what is shown in answer; gives its data, None if none such comes."""
        try:
            data: dict[str, int] = await self.person.waits_for(
                lambda _p: self._offered(beginning, ending), WAIT_SECONDS
            )
        except TimeoutError:
            return None
        chosen = self._random.choice(sorted(data))
        await self._acts(lambda: self.person.taps_raw(data[chosen], chosen))
        return chosen

    def _offered(self, beginning: str, ending: str) -> dict[str, int]:
        """Fitting buttons with their messages, new since the last act; pushed cards excepted."""
        found = {}
        for message in self._changes():
            buttons = list(self._buttons(message).values())
            if len(buttons) > 1 or not buttons[0:1] or not buttons[0].startswith("desk:open:"):
                found |= {data: int(message["message_id"]) for data in buttons}
        return {d: m for d, m in found.items() if d.startswith(beginning) and d.endswith(ending)}
