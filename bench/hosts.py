"""Those who bring people together: a code at gotong royong, lessons, announcements minded."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.carers import Carer
from bench.organisers import RESUME, SEND, Announcer, RtHead
from bench.someone import Answer, Message

LESSONS = 2  # in a run: each is a message in every chat
AHEAD = timedelta(seconds=90)  # from planning a lesson to its minute
ZONE = ZoneInfo("Asia/Jakarta")
PICTURE_SECONDS = 20.0
CAME = re.compile(r"start=(hadir_[\w-]+)")
CODE = re.compile(r"\bhadir ([A-Z]{3}[2-9]{3})\b")
OLD = ("form.old_button", "form.noted")
MARKER = re.compile(r"\b[a-z]{12}\b")


class Host(RtHead):
    """An RT head who also shows a code, and confirms who says that he is there."""

    async def _ticks(self) -> None:
        """Tick names, or mind those who note themselves."""
        await super()._ticks()
        await (self._shows_code if self._random.random() < 0.5 else self._confirms)()

    async def _opens_hosted(self) -> bool:
        await self._acts(lambda: self.person.sends("/kegiatan"))
        ending = f":{self._deeds.hosted}"
        return await self._taps("activity:open:", ending=ending) is not None

    async def _shows_code(self) -> None:
        """The code that is there, or another one; a picture comes with it."""
        hosted = self._deeds.hosted
        if self._deeds.codes and self._random.random() < 0.7:
            return
        if not await self._opens_hosted() or await self._taps(f"activity:code:{hosted}") is None:
            return
        offered = await self._finds(f"activity:newcode:{hosted}") if self._deeds.codes else {}
        for data, message_id in offered.items():
            await self._presses(message_id, data)
        try:
            await self.person.waits_for(lambda _p: self._new_codes(), PICTURE_SECONDS)
        except TimeoutError:
            return
        self._deeds.codes += self._new_codes()

    def _new_codes(self) -> list[tuple[str, str]]:
        texts = [f"{m.get('caption', '')} {m.get('text', '')}" for m in self._recent()]
        found = [(link[1], code[1]) for text in texts
                 if (link := CAME.search(text)) and (code := CODE.search(text))]  # fmt: skip
        return [pair for pair in dict.fromkeys(found) if pair not in self._deeds.codes]

    async def _confirms(self) -> None:
        """One name of those who say so: he is there, or now and then he is not."""
        hosted = self._deeds.hosted
        if not await self._opens_hosted() or await self._taps(f"activity:claims:{hosted}") is None:
            return
        came = self._random.random() < 0.75
        act = "confirm" if came else "decline"
        tapped = await self._taps(f"activity:{act}:{hosted}:")
        if tapped is None or tapped[1] in [self._phrases.plain(key) for key in OLD]:
            return
        kept = self._deeds.confirmed if came else self._deeds.declined
        kept.add(int(tapped[0].split(":")[3]))


class Caller(Announcer, Carer):
    """The clerk who announces: also plans lessons, and minds what was announced."""

    async def _works(self) -> None:
        """A lesson while there are few; else as others, or something announced before."""
        if self._deeds.planned < LESSONS and self._random.random() < 0.5:
            return await self._plans_lesson()
        if self._mixed.announced and self._random.random() < 0.25:
            return await self._minds()
        await super()._works()

    async def _plans_lesson(self) -> None:
        known = dict(self.person.chat.messages)

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/pelajaran"))
            await self._taps("lesson:new:")
            await self._taps("lesson:pick:")

        def planned() -> bool:
            return self._any(
                lambda m: (
                    known.get(m["message_id"]) is not m
                    and "lesson:open:" in " ".join(self._buttons(m).values())
                    and len(self._buttons(m)) == 2  # it, and the plan
                )
            )

        words: dict[str, Answer] = {"lesson.when.question": lambda: self._say(_soon())}
        await self._fills(begin, words, (SEND, RESUME, r":choose:all$"), planned)
        self._deeds.planned += 1

    async def _minds(self) -> None:
        """Open an announcement; correct it, or pause it and let it go on."""
        await self._acts(lambda: self.person.sends("/pengumuman"))
        opened = await self._taps("announcement:open:")
        if opened is None:
            return
        number = int(opened[0].rpartition(":")[2])
        for act, key in (("pause", "is_paused"), ("resume", "goes_on")):
            offered = self._offered(f"announcement:{act}:", "")
            if offered and self._random.random() < 0.7:
                data = next(iter(offered))
                answered = await self._presses(offered[data], data)
                if answered == self._phrases.plain(f"announcement.{key}"):
                    self._deeds.paused[number] = act == "pause"
                    self._deeds.turns[act == "pause"] += 1
                return
        await self._corrects(number)

    async def _corrects(self, number: int) -> None:
        """Other words that keep the marker by which it is known."""
        text = " ".join(m.get("text", "") for m in self._changes())
        mine = [word for word in MARKER.findall(text) if word in self._mixed.announced]
        offered = await self._finds("announcement:fix:", f":{number}")
        if not mine or not offered:
            return
        fresh = self._word(12)
        fix = self._press(offered[f"announcement:fix:{number}"], f"announcement:fix:{number}")
        words: dict[str, Answer] = {
            "announcement_fix.text.question": f"Kerja bakti {mine[0]} {fresh}"
        }
        tries = 0

        async def begin() -> None:
            nonlocal tries
            tries += 1
            await fix()

        def corrected() -> list[str]:
            pressed = self._pressed.items()
            return [said for data, said in pressed if data.startswith("announcement:correct:")]

        buttons = (r"^announcement:correct:", SEND, RESUME)
        await self._fills(begin, words, buttons, lambda: tries > 3 or bool(corrected()))
        if corrected() and not corrected()[-1] and not self._any(self._says_over):
            self._deeds.corrected[mine[0]] = fresh
            self._deeds.corrections += 1
        else:
            await self._leaves()

    def _says_over(self, message: Message) -> bool:
        return self._asks(message.get("text", ""), "change.over")


def _soon() -> str:
    """A moment that comes within the run."""
    return f"{datetime.now(ZONE) + AHEAD:%d/%m/%Y jam %H.%M}"
