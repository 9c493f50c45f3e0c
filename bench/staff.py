"""Clerks who take tickets from the desk and move them on, two at a time on the same ones."""

from __future__ import annotations

import asyncio
from functools import partial

from bench.people import NUMBER
from bench.someone import WAIT_SECONDS, Writer
from services.tickets import REASONED, State

ANSWERED = ("message", "aspiration")  # types whose end is an answer in words
REST_SECONDS = 12.0  # at most: what a clerk is answered goes before the cards, in the same chat


class Clerk(Writer):
    """Looks at the list, opens a ticket and moves it, with a reason where one is due."""

    _ticket = 0  # that was moved last

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
        """Tap one of the states; write why or the answer, where it is asked."""
        moved = await self._taps("desk:move:", self._wanted_state())
        if moved is None:
            return
        self._ticket, state = int(moved[0].split(":")[2]), moved[0].rpartition(":")[2]
        if state == State.DONE:
            await self._is_done()
        elif state == State.FORWARDED:
            await self._forwards()
        elif state in REASONED:
            await self._writes("karena " + self._word(8))

    def _wanted_state(self) -> str:
        """With which state the button has to end; any will do."""
        return ""

    async def _forwards(self) -> None:
        """No number there, no sentence."""
        await self._writes("dinas " + self._word(8), "lewati", "lewati")

    async def _is_done(self) -> None:
        """Done is asked once more, of a complaint with proof; of others for the answer."""

        def asked() -> bool:
            return bool(
                self._offered("desk:done:", "")
                or self._offered("form:", ":skip")
                or self._asks_answer(*ANSWERED)
            )

        try:
            await self.person.waits_for(lambda _p: asked(), WAIT_SECONDS)
        except TimeoutError:
            return await self._leaves()
        if self._offered("form:", ":skip"):
            return await self._is_done_without_proof()
        if self._asks_answer("aspiration"):
            await self._writes("jawaban " + self._word(8))
            return
        if not self._asks_answer("message"):
            await self._taps("desk:done:")
            return
        marker = self._word(12)
        number = self._number_of_answer()
        sent = await self._writes(f"jawaban {marker}")
        state = self._phrases.plain("message.state.selesai")
        if sent == self._phrases.plain("desk.moved", state=state):
            self._tally.own.replies[marker] = number

    async def _is_done_without_proof(self) -> None:
        """Neither photo nor words, then sent."""
        for ending in (":skip", ":skip", ":send"):
            if await self._taps("form:", ending=ending) is None:
                return await self._leaves()

    def _asks_answer(self, *types: str) -> bool:
        keys = [f"{type_}.ask.selesai" for type_ in types]
        texts = [message.get("text", "") for message in self._changes()]
        return any(self._says(text, key) for text in texts for key in keys)

    def _number_of_answer(self) -> str:
        """Of the message that is being answered."""
        for message in self._changes():
            text = message.get("text", "")
            if self._says(text, "message.ask.selesai"):
                return next(iter(NUMBER.findall(text)), "")
        return ""

    async def _writes(self, *answers: str) -> str | None:
        """Answer the open questions and send it; gives what the last tap was answered."""
        for words in answers:
            await self._acts(partial(self.person.sends, words))
        sent = await self._taps("form:", ending=":send")
        if sent is not None and sent[1] != self._phrases.plain("reason.no_ticket"):
            return sent[1]
        # the question came late, another form was open, or these words name no ticket to merge
        await self._leaves()
        return None

    async def _leaves(self) -> None:
        await self._acts(lambda: self.person.sends("/batal"))
        await self._taps("form:", ending=":discard")
