"""Clerks who carry tickets to their end: proof, authorities, letters, and help on the spot."""

from __future__ import annotations

from typing import Any

from bench.people import NUMBER, RTS, picture
from bench.someone import Answer
from bench.staff import Clerk
from services.tickets import State

SEND, RESUME, SKIP = r"^form:.*:send$", r"^form:.*:resume$", r"^form:.*:skip$"
WITH_PROOF, WITH_NUMBER, HELPS, ONWARD = 0.8, 0.6, 0.1, 0.65  # chances


class Carer(Clerk):
    """Takes tickets and gives them back, writes to who sent them, proves what was done."""

    async def _works(self) -> None:
        """One ticket, or one for somebody without Telegram."""
        if self._random.random() < HELPS:
            return await self._helps()
        await super()._works()

    async def _opens(self) -> None:
        """Open a ticket and do one of the things that can be done with it."""
        if self._random.random() < 0.5:
            await self._taps("desk:list:open:")
        if await self._taps("desk:open:") is None:
            return
        offered = await self._finds("desk:")
        kinds = ("move", "move", "take", "release", "write", "number")
        wanted = self._random.choice(kinds)
        fitting = {d: m for d, m in offered.items() if d.startswith(f"desk:{wanted}:")}
        if wanted == "move" or not fitting:
            return await self._carries_on()
        data = self._random.choice(sorted(fitting))
        ticket = int(data.split(":")[2])
        if wanted == "write":
            await self._writes_letter(ticket, data, fitting[data])
        elif wanted == "number":
            await self._numbers(ticket, data, fitting[data])
        else:
            await self._takes(ticket, data, fitting[data])

    async def _carries_on(self) -> None:
        """Move it, and as it stands there then mostly further."""
        await self._moves()
        while self._random.random() < ONWARD and self._offered("desk:move:", ""):
            await self._moves()

    def _wanted_state(self) -> str:
        """Mostly the one that is nearest to the end."""
        if self._random.random() < ONWARD:
            for state in (State.DONE, State.IN_PROGRESS, State.VERIFIED):
                if self._offered("desk:move:", f":{state}"):
                    return f":{state}"
        return ""

    async def _takes(self, ticket: int, data: str, message_id: int) -> None:
        answered = await self._presses(message_id, data)
        if self._asks(answered, "desk.taken"):
            self._deeds.taken[self.person.id, ticket] += 1
        elif self._asks(answered, "desk.released"):
            self._deeds.released[self.person.id, ticket] += 1

    async def _writes_letter(self, ticket: int, data: str, message_id: int) -> None:
        marker = self._word(12)
        words: dict[str, Answer] = {"write.text.question": f"mohon kabar {marker}"}
        sent = await self._sends(self._press(message_id, data), words, (SEND, RESUME))
        if sent == self._phrases.plain("desk.written"):
            self._deeds.letters[marker] = ticket
        else:
            await self._leaves()

    async def _numbers(self, ticket: int, data: str, message_id: int) -> None:
        """Say which number it has elsewhere, or another one."""
        number = f"N-{self._word(10)}"
        words: dict[str, Answer] = {"outside.number.question": number}
        sent = await self._sends(self._press(message_id, data), words, (SEND, RESUME))
        if sent == self._phrases.plain("desk.numbered"):
            self._deeds.outside[number] = ticket
        else:
            await self._leaves()

    async def _forwards(self) -> None:
        """To whom, mostly with a number there; the form is open."""
        number = f"N-{self._word(10)}" if self._random.random() < WITH_NUMBER else ""
        words: dict[str, Answer] = {"forward.authority.question": f"dinas {self._word(8)}"}
        if number:
            words["forward.number.question"] = number
        sent = await self._sends(_nothing, words, (SEND, RESUME, SKIP))
        if sent is None or not self._asks(sent, "desk.moved"):
            await self._leaves()
        elif number:
            self._deeds.outside[number] = self._ticket

    async def _is_done_without_proof(self) -> None:
        """With a photo of the work, mostly."""
        if self._random.random() > WITH_PROOF:
            return await super()._is_done_without_proof()
        photos: list[str] = []

        async def shows() -> None:
            await self._acts(sends)

        async def sends() -> None:
            update = await self.person.sends_photo(picture(self._random))
            photos.append(file_of(update))

        words: dict[str, Answer] = {
            "proof.photos.question": lambda: shows,
            "proof.words.question": f"sudah dikeruk {self._word(8)}",
        }
        sent = await self._sends(_nothing, words, (SEND, RESUME, SKIP))
        if sent is None or not self._asks(sent, "desk.moved"):
            return await self._leaves()
        if photos:  # of a form that was begun anew the last ones count
            self._deeds.proofs[photos[-1]] = self._ticket

    async def _helps(self) -> None:
        """/bantu: a complaint for somebody without Telegram."""
        marker, told = self._word(12), self._news_like("assisted.filed")

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/bantu"))
            await self._taps("assisted:file:assisted_complaint")

        words: dict[str, Answer] = {
            "complaint.on_behalf.question": f"Nek {self._word(6)}",
            "complaint.landmark.question": f"{marker} {self._word(9)}",
            "complaint.description.question": f"{marker} tersumbat {self._word(7)}",
        }
        buttons = (
            r"^assisted:agree$", r"^similar:.*:different", SEND, RESUME, r":choose:yes$",
            rf":choose:{self._random.choice(RTS)}$", r":choose:(blocked|broken|smell|flood)",
            SKIP, r":choose:(?!outside|elsewhere|other)",
        )  # fmt: skip
        await self._fills(begin, words, buttons, lambda: bool(told()))
        number = told()[0]
        self._tally.own.numbers.append(number)
        self._deeds.assisted[number] = marker

    def _news_like(self, key: str) -> Any:
        """From now on: the numbers in what is new in the chat and says that phrase."""
        before = dict(self.person.chat.messages)

        def told() -> list[str]:
            return [
                number
                for m in self._recent()
                if before.get(m["message_id"]) is not m and self._asks(m.get("text", ""), key)
                for number in NUMBER.findall(m["text"])
            ]

        return told


async def _nothing() -> None:
    """The form is open already."""


def file_of(update: dict[str, Any]) -> str:
    """The file of a photo that was sent, as Telegram names it."""
    return str(update["message"]["photo"][-1]["file_id"])
