"""Residents who write to staff, tell the bot in free words what they want, and ask what it cannot
answer."""

from __future__ import annotations

from bench.authors import RESUME, SEND, SKIP, SUBJECTS, Author
from bench.people import RTS
from bench.someone import ANSWER_SECONDS, Answer, Told

TO_STAFF = "saya mau kirim pesan ke petugas"  # free words that open the form of a message
NOT_OURS = (  # what the bot cannot answer; everybody asks the same
    "resep rendang daging sapi", "skor pertandingan bola tadi malam", "siapa presiden amerika",
)  # fmt: skip


class Asker(Author):
    """Somebody who asks."""

    async def _writes_to_staff(self) -> None:
        """/petugas, or free words that say the same."""
        marker, in_words = self._mark(), self._random.random() < 0.4
        words = f"{TO_STAFF} {marker}" if in_words else f"kapan jadwalnya {marker}"
        told, known, first = self._news(), set(self._numbers), [in_words]

        async def begin() -> None:
            said, first[0] = (words if first[0] else "/petugas"), False
            await self._acts(lambda: self.person.sends(said))

        def outcome() -> tuple[str, str] | None:
            for number in self._numbers_in_chat(set()):
                if number not in known and told("message.filed", number=number):
                    return "message.filed", number
                for key in ("addition.done", "reply.done"):
                    if told(key, number=number):
                        return key, number
            return None

        questions = (f"{form}.words.question" for form in ("message", "addition", "reply"))
        answers: dict[str, Answer] = dict.fromkeys(questions, words)
        buttons = (SEND, RESUME, SKIP, r"^meant:hubungi-staf$")
        await self._fills(begin, answers, buttons, lambda: outcome() is not None)
        found = outcome()
        assert found is not None
        key, number = found
        self._tally.own.opened += in_words
        if key == "message.filed":
            self._takes(number)
            self._tally.own.messages[number] = marker
        else:  # a ticket waited for words, or a letter of staff for an answer
            self._mixed.added[marker] = number

    async def _asks_again(self) -> None:
        """ "Tanya lagi" under an answer, or a word more to a message that waits for one."""
        mine = [number for number in self._tally.own.messages if number in self._numbers]
        if not mine:
            return await self._writes_to_staff()
        number = self._random.choice(mine)
        await self._acts(lambda: self.person.sends(f"/laporan {number}"))
        await self._adds(number)

    async def _tells_a_wish(self) -> None:
        """Free words that open the form of an aspiration, with place and words in it."""
        marker, rt = self._mark(), self._random.choice(RTS)
        words = f"usul {self._random.choice(SUBJECTS)} di rt {rt} {marker}"
        await self._sends_wish(marker, None, words, in_words=True)

    async def _asks_in_vain(self) -> None:
        """A question without an answer, twice at times; some words are this person's alone."""
        words = self._random.choice((*NOT_OURS, f"{NOT_OURS[0]} {self._mark()}"))
        for _ in range(self._random.choice((1, 1, 2))):
            told = self._news()
            await self._acts(lambda: self.person.sends(words))
            try:
                await self.person.waits_for(
                    lambda _p, now=told: self._reply(now, words), ANSWER_SECONDS
                )
            except TimeoutError:  # a form that came late took the words
                return await self._leaves_form()
            if self._reply(told, words) == "an open form":
                return await self._leaves_form()
            self._tally.own.questions.add((self.person.id, words))
            self._tally.own.asked += 1

    def _reply(self, told: Told, words: str) -> str:
        """What became of a question; "" while nothing did."""
        if told("fallback.text") or told("understanding.which", words=words):
            return "counted"
        continues = [self._opening(f"{form}.continues") for form in ("addition", "reply")]
        texts = [m.get("text", "") for m in self._changes()]
        changed = any(opening in text for text in texts for opening in continues)
        return "an open form" if changed else ""

    async def _adds(self, number: str) -> None:
        """Add words to the ticket that the chat shows."""
        offered = await self._finds(f"report:add:{number}")
        marker, told = self._mark(), self._news()

        def refused() -> bool:
            return told("report.closed", number=number) or told(
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
            (SEND, RESUME, SKIP),
            lambda: refused() or told("addition.done", number=number),
        )
        if refused():
            self._mixed.too_late.add(marker)
        else:
            self._mixed.added[marker] = number
