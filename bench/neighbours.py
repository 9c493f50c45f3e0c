"""Residents who do other things between two reports: read, answer invitations, mind tickets."""

from __future__ import annotations

import asyncio

from bench.people import Resident
from bench.someone import ANSWER_SECONDS, Writer

ANSWERED = "gotong_royong.answered."
SUPPORT = {"support": "thanks", "unsupport": "unsupported"}  # button → what its tap is answered
ADDITION = (r"^form:.*:send$", r"^form:.*:resume$", r"^form:.*:skip$")


class Neighbour(Writer, Resident):
    """A resident who does not only report."""

    async def _pauses(self) -> None:
        """Some other things, most of which no one else hears of, then a rest."""
        things = (
            self._reads_topic, self._answers_schedule, self._supports, self._minds_ticket,
        )  # fmt: skip
        for _ in range(self._random.randint(2, 4)):
            await self._random.choices(things, (3, 3, 2, 1))[0]()
        await asyncio.sleep(self._random.uniform(0, self.rest))

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
                self._mixed.support[self.person.id, int(ticket)] = act == "support"

    async def _minds_ticket(self) -> None:
        """Open one of the own tickets; add words to it, or now and then withdraw it."""
        await self._acts(lambda: self.person.sends("/laporan"))
        opened = await self._taps("report:open:")
        if opened is None:
            return
        number = opened[0].rpartition(":")[2]
        if self._random.random() < 0.2:
            await self._withdraws(number)
        elif number not in self._mixed.added.values():
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

    async def _adds(self, number: str) -> None:
        offered = await self._finds(f"report:add:{number}")
        marker = self._word(12)

        def refused() -> bool:
            return self._told("report.closed", number=number) or self._told(
                "addition.too_late", number=number, words=marker
            )

        async def begin() -> None:
            for data, message_id in offered.items():
                await self._presses(message_id, data)

        if not offered:
            return
        await self._fills(
            begin,
            {"addition.words.question": marker},
            ADDITION,
            lambda: refused() or self._told("addition.done", number=number),
        )
        if refused():
            self._mixed.too_late.add(marker)
        else:
            self._mixed.added[marker] = number

    def _told(self, key: str, **values: str) -> bool:
        """Whether the chat shows that phrase."""
        return self._any(lambda m: self._says(m.get("text", ""), key, **values))
