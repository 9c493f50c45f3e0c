"""People who report drains, one complaint after the other, whatever the bot shows them."""

from __future__ import annotations

import asyncio
import random
import re
import struct
import zlib
from typing import Any

from bench.someone import Act, Message, Someone, Tally
from content.phrases import Phrases
from simulator import Person

NUMBER = re.compile(r"(?:DRN|ASP|PSN)-\d{4}-\d{4,}")
FORMS = ("complaint", "aspiration")
FILED = ("complaint.filed", "aspiration.filed", "message.filed")
RTS = ("01", "02", "03", "04")


class Resident(Someone):
    """Somebody who reports drains and sends wishes, one after the other, and judges repairs."""

    def __init__(
        self, person: Person, phrases: Phrases, tally: Tally, choices: random.Random
    ) -> None:
        super().__init__(person, phrases, tally, choices)
        self._marker = ""
        self._command = "/lapor"
        self._judged: set[str] = set()
        self._photo = False
        self._numbers: set[str] = set()  # of what he sent
        self._markers: set[str] = set()  # all words that are his alone
        self.rest = 0.0  # seconds between two of them, at most
        self.wishes = 0.0  # share of them that are aspirations

    async def lives(self, stopping: asyncio.Event) -> None:
        """Report until told to stop; what was begun is finished."""
        await self._arrives()
        while not stopping.is_set():
            await self._sends_one()
            await self._judges()
            await self._pauses()

    async def _sends_one(self) -> None:
        """A complaint, or a wish; the first one asks for consent."""
        self._marker = self._mark()
        self._command = "/aspirasi" if self._random.random() < self.wishes else "/lapor"
        self._photo = self._command == "/lapor" and self._random.random() < 0.25
        await self._acts(lambda: self.person.sends(self._command))
        while self._marker not in self._tally.confirmed:
            await self._goes_on()

    async def _arrives(self) -> None:
        """Begin with the bot."""
        self._marker = ""
        await self._acts(lambda: self.person.sends("/start"))
        while self._choice(self._screen()):
            await self._goes_on()

    def _mark(self) -> str:
        """A word that nobody else writes."""
        marker = self._word(12)
        self._markers.add(marker)
        return marker

    async def _pauses(self) -> None:
        """What comes between two of them."""
        await asyncio.sleep(self._random.uniform(0, self.rest))

    # Seeing

    def _screen(self) -> Message | None:
        """The newest thing the bot said that asks for something."""
        asking = [m for m in self._recent() if self._choice(m)]
        fresh = [m for m in asking if self._known.get(m["message_id"]) is not m]
        return fresh[-1] if fresh else None

    def _reads(self, notices: int) -> None:
        """Look for the number of the complaint in what was just said."""
        words = [m.get("text", "") for m in self._changes()]
        words += [notice["text"] or "" for notice in self.person.notices[notices:]]
        for number in self._filed(words):
            if self._marker in self._tally.sent and self._marker not in self._tally.confirmed:
                self._takes(number)
                self._tally.confirmed[self._marker] = number

    def _filed(self, texts: list[str]) -> list[str]:
        """Numbers under which something of his was just filed."""
        return [
            number
            for text in texts
            for number in NUMBER.findall(text)
            if number not in self._numbers
            and (
                any(self._says(text, key, number=number) for key in FILED)
                or text == self._phrases.plain("form.sent_already", number=number)
            )
        ]

    def _takes(self, number: str) -> None:
        """That number is his."""
        self._numbers.add(number)
        self._tally.own.numbers.append(number)

    # Doing

    async def _judges(self) -> None:
        """Answer "Sudah benar?" once for each ticket that is said to be done."""
        for message in self._recent():
            for data in self._buttons(message).values():
                kind, _, number = data.rpartition(":")
                wanted = "report:fixed" if self._random.random() < 0.7 else "report:unfixed"
                if kind == wanted and number not in self._judged:
                    self._judged.add(number)
                    await self._acts(
                        lambda m=message["message_id"], d=data: self.person.taps_raw(m, d)
                    )

    async def _goes_on(self) -> None:
        """Do what the screen asks for; if nothing is asked, wait, then ask for the form."""
        notices = len(self.person.notices)
        if self._screen() is None and self._marker not in self._tally.confirmed:
            self._tally.strays += 1
            waiting = self.person.waits_for(
                lambda _p: self._screen() or self._confirmed_now(notices), 3.0
            )
            try:
                await waiting
            except TimeoutError:
                return await self._acts(lambda: self.person.sends(self._command))
        act = self._choice(self._screen())
        if act is not None:
            await self._acts(act)

    def _confirmed_now(self, notices: int) -> bool:
        self._reads(notices)
        return self._marker in self._tally.confirmed

    def _choice(self, message: Message | None) -> Act | None:
        """What a message asks this person to do."""
        if message is None:
            return None
        number = int(message["message_id"])
        data = self._buttons(message)
        for label in self._wanted():
            if label in data:
                return self._tap(number, label, data[label])
        text = message.get("text", "")
        if any(self._says(text, f"{form}.landmark.question") for form in FORMS):
            return lambda: self.person.sends(f"{self._marker} {self._word(9)}")
        if any(self._says(text, f"{form}.description.question") for form in FORMS):
            words = [self._marker, *(self._word(self._random.randint(5, 11)) for _ in range(3))]
            return lambda: self.person.sends(" ".join(words))
        skip = self._phrases.plain("form.button.skip")
        if skip in data:  # the question for photos
            return self._send_photo if self._photo else self._tap(number, skip, data[skip])
        return None

    def _wanted(self) -> list[str]:
        """Labels this person taps when he sees them, the most pressing first."""
        plain = self._phrases.plain
        kinds = [plain(key) for key in self._phrases.keys("complaint.kind.choice.")]
        rts = [plain("form.choice.rt", number=rt) for rt in RTS]
        return [
            plain("consent.button.yes"),
            plain("similar.button.different"),
            plain("proposal.button.different"),
            plain("form.button.send"),
            plain("form.button.continue"),
            *self._random.sample(kinds, len(kinds)),
            *self._random.sample(rts, len(rts)),
            plain("form.button.resume"),
        ]

    def _tap(self, message_id: int, label: str, data: str) -> Act:
        sends = label in (
            self._phrases.plain("form.button.send"),
            self._phrases.plain("similar.button.different"),
            self._phrases.plain("proposal.button.different"),
        )

        async def act() -> str:
            if sends:
                self._tally.sent.add(self._marker)
            return await self.person.taps_raw(message_id, data)

        return act

    async def _send_photo(self) -> Any:
        self._photo = False
        self._tally.photos += 1
        return await self.person.sends_photo(picture(self._random))


def picture(choices: random.Random) -> bytes:
    """A small PNG that no other person has."""
    rows = b"".join(b"\0" + choices.randbytes(24) for _ in range(8))

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")
