"""Residents who do other things between two reports: read, answer invitations, mind tickets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bench.leavers import Leaver
from bench.someone import ANSWER_SECONDS

ANSWERED = "gotong_royong.answered."
Thing = Callable[[], Awaitable[None]]
SUPPORT = {"support": "thanks", "unsupport": "unsupported"}  # button → what its tap is answered


class Neighbour(Leaver):
    """A resident who does not only report."""

    async def _pauses(self) -> None:
        """Some other things, most of which no one else hears of, then a rest."""
        for _ in range(self._random.randint(2, 4)):
            await self._random.choices(*self._things())[0]()
        await asyncio.sleep(self._random.uniform(0, self.rest))

    def _things(self) -> tuple[list[Thing], list[int]]:
        """What such a person does, with how often."""
        often = {
            self._reads_topic: 3, self._answers_schedule: 3, self._supports: 3,
            self._minds_ticket: 2, self._wishes: 4, self._changes_wish: 3,
            self._writes_to_staff: 2, self._asks_again: 2, self._tells_a_wish: 1,
            self._asks_in_vain: 2, self._renames: 2, self._stops_or_starts: 2, self._leaves: 2,
        }  # fmt: skip
        return list(often), list(often.values())

    async def _reads_topic(self) -> None:
        """A group, one of its pages, and sometimes all of it."""
        await self._acts(lambda: self.person.sends("/bantar"))
        if await self._taps("topic:group:") is None:
            return
        opened = await self._taps("topic:open:")
        if opened is None:
            return
        data, answered = opened
        if not answered:  # else the button was old
            self._mixed.read.add((self.person.id, data.rpartition(":")[2]))
        if self._random.random() < 0.5:
            await self._taps("topic:more:")

    async def _answers_schedule(self) -> None:
        """Ikut, Tidak bisa or Bantu, at times a second thought."""
        await self._acts(lambda: self.person.sends("/jadwal"))
        for _ in range(self._random.choice((1, 1, 2))):
            given = await self._taps("gotong:answer:")
            if given is None:
                return
            data, answered = given
            _, _, occurrence, answer = data.split(":")
            if answered == self._phrases.plain(f"{ANSWERED}{answer}"):
                self._mixed.answers[self.person.id, int(occurrence)] = answer
            if answer == "help":  # what exactly is asked in a form, which he leaves
                await self._acts(lambda: self.person.sends("/batal"))

    async def _supports(self) -> None:
        """Open an aspiration of somebody; support it, or support it no more."""
        await self._acts(lambda: self.person.sends("/usulan"))
        if await self._taps("proposal:open:") is None:
            return
        for _ in range(self._random.choice((1, 1, 2))):
            offered = await self._finds("proposal:")
            found = [data for data in offered if data.split(":")[1] in SUPPORT]
            if not found:
                return  # it is one's own, or closed
            _, act, ticket, *_view = found[0].split(":")
            answered = await self._presses(offered[found[0]], found[0])
            if answered == self._phrases.plain(f"proposal.{SUPPORT[act]}"):
                self._mixed.support.append((self.person.id, int(ticket), act == "support"))

    async def _minds_ticket(self) -> None:
        """Open one of the own tickets; add words to it, or now and then withdraw it."""
        await self._acts(lambda: self.person.sends("/laporan"))
        opened = await self._taps("report:open:")
        if opened is None:
            return
        number = opened[0].rpartition(":")[2]
        if self._random.random() < 0.2:
            await self._withdraws(number)
        else:
            await self._adds(number)

    async def _withdraws(self, number: str) -> None:
        if await self._taps("report:withdraw:") is None:
            return
        if await self._taps("report:withdrawn:") is None:
            return

        try:
            await self.person.waits_for(
                lambda _p: (
                    self._told("report.withdrawn", number=number)
                    or self._told("report.closed", number=number)
                ),
                ANSWER_SECONDS,
            )
        except TimeoutError:
            return
        if self._told("report.withdrawn", number=number):
            self._mixed.withdrawn.add(number)

    def _told(self, key: str, **values: str) -> bool:
        """Whether the chat shows that phrase."""
        return self._any(lambda m: self._says(m.get("text", ""), key, **values))
