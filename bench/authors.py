"""Residents who work on aspirations: with details, with similar ones met, changed afterwards."""

from __future__ import annotations

from bench.people import NUMBER, RTS, Resident
from bench.someone import Answer, Writer
from bench.told import Wish

SEND, RESUME, SKIP = r"^form:.*:send$", r"^form:.*:resume$", r"^form:.*:skip$"
DETAILS = r"^form:.*:details$"
SAME, DIFFERENT = r"^aspiration:similar:.*:same:", r"^aspiration:similar:.*:different$"
CHOICES = (r":choose:bersih$", r":choose:drain$")
PLACES = tuple(rf":choose:{rt}$" for rt in RTS)
EDIT = r"^form:.*:edit:description$"
# Of these there are soon some in every RT: who sends another one meets them.
SUBJECTS = (
    "pasang lampu jalan gang sempit belakang musala",
    "tempat sampah besar pinggir lapangan bola",
    "pagar jembatan kayu sungai kecil",
)
Finds = tuple[str, ...]


class Author(Writer, Resident):
    """Somebody who takes care of his aspirations."""

    async def _wishes(self) -> None:
        """An aspiration on one of the common subjects, details half of the time."""
        marker = self._mark()
        problem = self._mark() if self._random.random() < 0.6 else None
        words = f"{self._random.choice(SUBJECTS)} {marker}"
        await self._sends_wish(marker, problem, words, in_words=False)

    async def _sends_wish(
        self, marker: str, problem: str | None, words: str, *, in_words: bool
    ) -> None:
        """Fill the form; `in_words`: free words open it, else the command does."""
        told, known = self._news(), set(self._numbers)
        meeting = self._random.choice((SAME, DIFFERENT))
        opened = [in_words]

        async def begin() -> None:
            said, opened[0] = (words if opened[0] else "/aspirasi"), False
            await self._acts(lambda: self.person.sends(said))

        def outcome() -> tuple[str, str] | None:
            for key in ("aspiration.filed", "aspiration.joined", "addition.done", "reply.done"):
                for number in self._numbers_in_chat(known if key == "aspiration.filed" else set()):
                    if told(key, number=number):
                        return key, number
            return None

        answers: dict[str, Answer] = {
            "reply.words.question": words,
            "aspiration.description.question": words,
            "aspiration.landmark.question": f"lorong {marker}",
            "addition.words.question": words,
            "aspiration.problem.question": f"gelap {problem}",
            "aspiration.households.question": "20",
            "aspiration.volume.question": "200 meter",
        }
        details = (DETAILS,) if problem else ()
        meant = r"^meant:kirim-aspirasi$"
        buttons = (*details, meeting, SEND, RESUME, *CHOICES, *self._place(), SKIP, meant)
        await self._fills(begin, answers, buttons, lambda: outcome() is not None)
        found = outcome()
        assert found is not None
        self._notes_wish(marker, problem, *found, in_words)

    def _notes_wish(
        self, marker: str, problem: str | None, key: str, number: str, in_words: bool
    ) -> None:
        own = self._tally.own
        own.opened += in_words
        if key == "aspiration.filed":
            self._takes(number)
            own.wishes[number] = Wish(marker, problem)
            return
        for word in (marker, problem):  # what he wrote stands there now
            if word is not None:
                self._mixed.added[word] = number
        if key == "aspiration.joined":
            own.joined += 1
            # that of the answer: of several that were pressed while the bot died, one was joined
            self._mixed.support.append((self.person.id, number, True))

    async def _changes_wish(self) -> None:
        """Ubah: other words for one that staff have not taken up."""
        mine = [number for number in self._tally.own.wishes if number in self._numbers]
        if not mine:
            return await self._wishes()
        number, marker = self._random.choice(mine), self._mark()
        told = self._news()

        async def begin() -> None:
            await self._acts(lambda: self.person.sends(f"/laporan {number}"))
            await self._taps("aspiration:edit:")

        def outcome() -> str:
            keys = ("edited", "added_instead", "taken_up", "not_editable")
            found = [key for key in keys if told(f"aspiration.{key}", number=number)]
            if told("addition.too_late", number=number, words=marker):
                found.append("too_late")
            return found[0] if found else ""

        def written() -> bool:
            return self._any(lambda m: marker in m.get("text", "") and "edit:" in self._data(m))

        def buttons() -> Finds:
            return (SEND, RESUME) if written() else (EDIT, RESUME)

        await begin()
        if not await self._finds("form:"):  # it was taken up, or withdrawn; or it comes late
            return await self._leaves_form()
        words = f"{self._random.choice(SUBJECTS)} {marker}"
        answers: dict[str, Answer] = {"aspiration.description.question": words}
        await self._fills(begin, answers, buttons, lambda: bool(outcome()))
        self._notes_change(number, marker, outcome())

    def _notes_change(self, number: str, marker: str, outcome: str) -> None:
        own = self._tally.own
        if outcome == "edited":
            own.wishes[number].marker = marker
            own.edits[number] += 1
        elif outcome == "added_instead":
            self._mixed.added[marker] = number
        elif outcome == "too_late":
            self._mixed.too_late.add(marker)

    async def _leaves_form(self) -> None:
        """/batal, whatever is open."""
        told = self._news()
        await self._acts(lambda: self.person.sends("/batal"))
        if not (told("form.nothing_open") or told("form.cancelled")):
            await self._taps("form:", ending=":discard")

    def _place(self) -> Finds:
        """One of the RTs."""
        return (self._random.choice(PLACES),)

    def _data(self, message: dict[str, object]) -> str:
        return " ".join(self._buttons(message).values())

    def _numbers_in_chat(self, known: set[str]) -> list[str]:
        """Numbers that the chat names lately, but those that are known."""
        texts = " ".join(m.get("text", "") for m in self._recent())
        return [number for number in dict.fromkeys(NUMBER.findall(texts)) if number not in known]
