"""Residents who take part in what staff begin: they judge work, write back, come, bring, learn."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.carers import file_of
from bench.neighbours import Neighbour, Thing
from bench.organisers import RESUME, SEND, SKIP
from bench.people import picture
from bench.someone import ANSWER_SECONDS, Act, Answer, Told
from services.contributions import KINDS
from services.reminders import CANNOT, HELP
from storage.residents import Notice

FOLLOWED = (Notice.ANNOUNCEMENTS, Notice.FOLLOW_UPS)  # who turns these off may miss what came
WHICH_RT = "presence:home:"


class Doer(Neighbour):
    """A neighbour who takes part."""

    async def _pauses(self) -> None:
        """What was said to be done meanwhile is judged, too."""
        await super()._pauses()
        await self._judges()

    def _things(self) -> tuple[list[Thing], list[int]]:
        things, often = super()._things()
        more: dict[Thing, int] = {
            self._writes_back: 6, self._comes: 3, self._says_present: 2, self._brings: 3,
            self._learns: 8, self._turns_notice: 3,
        }  # fmt: skip
        return [*things, *more], [*often, *more.values()]

    async def _taps(self, beginning: str, ending: str = "") -> tuple[str, str] | None:
        """Who cannot come after all brings nothing."""
        tapped = await super()._taps(beginning, ending)
        cannot = self._phrases.plain(f"gotong_royong.answered.{CANNOT}")
        if tapped is not None and tapped[0].endswith(f":{CANNOT}") and tapped[1] == cannot:
            self._deeds.brought.pop((self.person.id, int(tapped[0].split(":")[2])), None)
        return tapped

    async def _judges(self) -> None:
        """Each time that something is said to be done: right, or not, and then what is lacking."""
        for message in self._recent():
            for data in list(self._buttons(message).values()):
                kind, _, number = data.rpartition(":")
                key = f"{message['message_id']} {number}"
                if kind == "report:fixed" and key not in self._judged:
                    self._judged.add(key)
                    good = self._random.random() < 0.6
                    act = "fixed" if good else "unfixed"
                    await self._judges_one(int(message["message_id"]), act, number)

    async def _judges_one(self, message_id: int, act: str, number: str) -> None:
        told = self._news()
        answered = await self._presses(message_id, f"report:{act}:{number}")
        again = answered == self._phrases.plain("report.said_before", number=number)
        if (answered and not again) or told("report.not_yours", number=number):
            return
        self._deeds.verdicts[self.person.id, number] = act == "fixed"
        self._deeds.judged += 1
        if act == "unfixed" and not again:
            await self._says_what_lacks(number, told)

    async def _says_what_lacks(self, number: str, told: Told) -> None:
        """Words, a photo, or nothing; the form is open unless another one was."""
        if not await self._finds("form:"):
            return
        marker, photos = self._mark(), list[str]()
        how = self._random.choice(("words", "photo", "nothing"))

        async def sends() -> None:
            photos.append(file_of(await self.person.sends_photo(picture(self._random))))

        def answer() -> Act | None:
            if how == "words":
                return self._say(f"belum {marker}")
            return (lambda: self._acts(sends)) if how == "photo" and not photos else None

        begun = 0

        async def begin() -> None:
            nonlocal begun
            begun += 1

        def done() -> bool:
            over = ("addition.done", "lacking.nothing", "report.closed")
            return begun > 3 or too_late() or any(told(key, number=number) for key in over)

        def too_late() -> bool:
            return told("addition.too_late", number=number, words=f"belum {marker}")

        words: dict[str, Answer] = {"lacking.what.question": answer}
        await self._fills(begin, words, (SEND, RESUME, SKIP), done)
        if told("addition.done", number=number):
            if how == "words":
                self._mixed.added[marker] = number
            elif photos:
                self._deeds.lacking_photos[photos[-1]] = (self.person.id, number)
        elif how == "words" and too_late():
            self._mixed.too_late.add(marker)
        else:
            await self._leaves_form()

    async def _writes_back(self) -> None:
        """ "Balas" under a letter of staff."""
        letters = [
            (int(message["message_id"]), data)
            for message in self._recent()
            for data in self._buttons(message).values()
            if data.startswith("report:reply:")
        ]
        if not letters:
            return
        message_id, data = self._random.choice(letters)
        number, marker, told = data.rpartition(":")[2], self._mark(), self._news()
        said = f"baik {marker}"
        begun = 0

        async def begin() -> None:
            nonlocal begun
            begun += 1
            await self._presses(message_id, data)

        def done() -> bool:
            over = told("report.closed", number=number) or told("report.not_yours", number=number)
            return begun > 3 or over or too_late() or told("reply.done", number=number)

        def too_late() -> bool:
            return told("addition.too_late", number=number, words=said)

        words: dict[str, Answer] = {"reply.words.question": said}
        await self._fills(begin, words, (SEND, RESUME, SKIP), done)
        if told("reply.done", number=number):
            self._mixed.added[marker] = number
            self._deeds.replies += 1
        elif too_late():
            self._mixed.too_late.add(marker)
        else:
            await self._leaves_form()

    async def _comes(self) -> None:
        """The link of the picture, or the code read aloud: the newest, or an older one."""
        if not self._deeds.codes:
            return
        codes = self._deeds.codes
        payload, code = codes[-1] if self._random.random() < 0.8 else self._random.choice(codes)
        said = f"/start {payload}" if self._random.random() < 0.5 else f"hadir {code}"
        before = dict(self.person.chat.messages)
        await self._acts(lambda: self.person.sends(said))
        asked = self._offered(WHICH_RT, "")
        if asked:
            data = self._random.choice(sorted(asked))
            await self._presses(asked[data], data)

        def came() -> bool:
            return any(
                before.get(m["message_id"]) is not m and self._asks(m.get("text", ""), key)
                for m in self._recent()
                for key in ("presence.welcome", "presence.known")
            )

        try:
            await self.person.waits_for(
                lambda _p: came() or self._told("presence.wrong"), ANSWER_SECONDS
            )
        except TimeoutError:
            return
        if came():
            self._deeds.came.add(self.person.id)

    async def _says_present(self) -> None:
        """ "Saya hadir" in the schedule."""
        await self._acts(lambda: self.person.sends("/jadwal"))
        tapped = await self._taps("presence:claim:", ending=f":{self._deeds.hosted}")
        if tapped is None:
            return
        if tapped[1] == self._phrases.plain("presence.claimed"):
            self._deeds.claims.add(self.person.id)
        elif tapped[1] == self._phrases.plain("presence.noted"):
            self._deeds.came.add(self.person.id)

    async def _brings(self) -> None:
        """ "Bantu cara lain", and what: one kind more, or one less, than said before."""
        await self._acts(lambda: self.person.sends("/jadwal"))
        given = await self._taps("gotong:answer:", ending=f":{HELP}")
        if given is None or given[1] != self._phrases.plain(f"gotong_royong.answered.{HELP}"):
            return
        occurrence, marker = int(given[0].split(":")[2]), self._mark()
        self._mixed.answers[self.person.id, occurrence] = HELP
        before, kind = dict(self.person.chat.messages), self._random.choice(KINDS)
        begun, typed = 0, False

        async def begin() -> None:
            nonlocal begun
            begun += 1

        def says() -> Act:
            nonlocal typed
            typed = True
            return self._say(f"dua {marker}")

        def kept() -> list[str]:
            return [
                m["text"]
                for m in self._recent()
                if before.get(m["message_id"]) is not m
                and self._asks(m.get("text", ""), "contribution.kept")
            ]

        def buttons() -> tuple[str, ...]:
            """A kind, then go on; where none is chosen by that, a kind again."""
            chosen = sum(":choose:" in data for data in self._pressed)
            passed = sum(data.endswith(":skip") for data in self._pressed)
            return (SEND, RESUME, SKIP if chosen > passed else rf":choose:{kind}$", SKIP)

        words: dict[str, Answer] = {"contribution.words.question": says}
        await self._fills(begin, words, buttons, lambda: begun > 3 or bool(kept()))
        if not kept():
            return await self._leaves_form()
        listed = kept()[-1].splitlines()[1]
        label = "aspiration.contributions.choice."
        kinds = frozenset(k for k in KINDS if self._phrases.plain(f"{label}{k}") in listed)
        key = self.person.id, occurrence  # what was said before stands in the form
        words_now = marker if typed else self._deeds.brought.get(key, (kinds, ""))[1]
        self._deeds.brought[key] = (kinds, words_now)

    async def _learns(self) -> None:
        """Answer a lesson that came, at times another one than before: the first counts."""
        found = [
            (int(message["message_id"]), data)
            for message in self._recent()
            for data in self._buttons(message).values()
            if data.startswith("lesson:answer:")
        ]
        if not found:
            return
        message_id, data = self._random.choice(found)
        key = self.person.id, int(data.split(":")[2])
        answered = await self._presses(message_id, data)
        for is_right, how in ((True, "right"), (False, "wrong")):
            if answered == self._phrases.plain(f"lesson.noticed.{how}"):
                self._deeds.lesson_answers.append((*key, is_right))

    async def _turns_notice(self) -> None:
        """One kind of notice off, or on again."""
        me, own = self.person.id, self._tally.own
        if own.muted.get(me):
            return
        await self._acts(lambda: self.person.sends("/data_saya"))
        if await self._taps("privacy:notices") is None:
            return
        offered = await self._finds("privacy:notice:")
        if not offered:
            return
        data = self._random.choice(sorted(offered))
        kind, how = data.split(":")[2:]
        if how == "off" and kind in FOLLOWED:
            own.quiet.setdefault(me, []).append([datetime.now(UTC)])
        answered = await self._presses(offered[data], data)
        if self._asks(answered, f"notice.turned.{how}"):
            self._deeds.notices[me, kind] = how == "on"
            if all(self._deeds.notices.get((me, one)) is False for one in Notice):
                await self._wants_all()

    async def _wants_all(self) -> None:
        """With nothing on it is as if he had said /berhenti: /start turns all on again."""
        told = self._news()
        await self._acts(lambda: self.person.sends("/start"))
        await self._hears_again(told)

    async def _hears_again(self, told: Told) -> None:
        await self._waits_for_phrase(told, "mute.undone")
        me = self.person.id
        self._tally.own.muted[me] = False
        self._ends_quiet()
        for kind in Notice:
            self._deeds.notices[me, kind] = True

    async def _stops_or_starts(self) -> None:
        await super()._stops_or_starts()
        if self._tally.own.muted.get(self.person.id):
            for kind in Notice:
                self._deeds.notices[self.person.id, kind] = False

    def _ends_quiet(self) -> None:
        for span in self._tally.own.quiet.get(self.person.id, []):
            if len(span) == 1:
                span.append(datetime.now(UTC))

    def _is_gone(self) -> None:
        super()._is_gone()
        self._ends_quiet()
        self._deeds.forget(self.person.id)
