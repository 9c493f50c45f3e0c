"""People with a role: an RT head, a clerk who announces, an administrator, a planner, guests."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import date, timedelta

from bench.someone import Answer, Gone, Message, Writer
from bench.staff import Clerk
from simulator import Person

SEND, RESUME, SKIP = r"^form:.*:send$", r"^form:.*:resume$", r"^form:.*:skip$"
LINK = re.compile(r"start=(undang_[\w-]+)")
FIRST_ANNOUNCEMENT = 8.0  # seconds after the clerk's first look at the desk
ANNOUNCEMENT_EACH = 60.0  # seconds: each is a message more in every chat
DAYS_AHEAD = (25, 55)  # of what is planned: far enough that nobody is reminded
PATIENT_SECONDS = 60.0  # for what has to come: a document, what becomes of a link
FIRST_GUEST = 20_000  # Telegram id


class RtHead(Writer):
    """Plans gotong royong for his RTs, and ticks who came to one that has begun."""

    occurrence = 0  # the one that has begun

    async def lives(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._acts(lambda: self.person.sends("/start"))
        while not stopping.is_set():
            await self._plans()
            for _ in range(self._random.randint(1, 3)):
                await self._ticks()
            await asyncio.sleep(self._random.uniform(2.0, 8.0))

    async def _plans(self) -> None:
        marker = self._word(12)
        when = date.today() + timedelta(days=self._random.randint(*DAYS_AHEAD))

        def planned(message: Message) -> bool:
            buttons = [*self._buttons(message).values(), ""]
            back = len(buttons) == 2 and buttons[0].startswith("activity:open:")
            return back and marker in message.get("text", "")

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/kegiatan"))
            await self._taps("activity:new")

        words: dict[str, Answer] = {
            "activity.title.question": f"Membersihkan parit {marker}",
            "activity.when.question": f"{when:%d/%m/%Y} jam 7 pagi {marker}",
            "activity.place.question": f"simpang empat {marker}",
        }
        buttons = (SEND, RESUME, SKIP, r":choose:0[12]$", r":choose:once$")
        await self._fills(begin, words, buttons, lambda: self._any(planned))
        self._mixed.planned.add(marker)

    async def _ticks(self) -> None:
        """Tap some names: there, or not there after all."""
        await self._acts(lambda: self.person.sends("/kegiatan"))
        if await self._taps("activity:open:", ending=f":{self.occurrence}") is None:
            return
        if await self._taps(f"activity:attend:{self.occurrence}:") is None:
            return
        for _ in range(self._random.randint(1, 4)):
            ticked = await self._taps(f"activity:tick:{self.occurrence}:")
            if ticked is None:
                return
            _, _, _, resident, wanted, _ = ticked[0].split(":")
            old = ("form.old_button", "form.noted")  # or he deleted his data meanwhile
            if ticked[1] not in [self._phrases.plain(key) for key in old]:
                self._mixed.tick_acts += 1
                self._mixed.ticks[self.occurrence, int(resident)] = wanted == "yes"


class Announcer(Clerk):
    """A clerk who also writes to everybody, once in a while."""

    _next_at = 0.0

    async def _works(self) -> None:
        """One ticket, or an announcement when it is time for one."""
        now = time.monotonic()
        if not self._next_at:
            self._next_at = now + FIRST_ANNOUNCEMENT
        if now < self._next_at:
            return await super()._works()
        await self._announces()
        self._next_at = now + ANNOUNCEMENT_EACH

    async def _announces(self) -> None:
        marker = self._word(12)

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/pengumuman"))
            await self._taps("announcement:new")

        def confirmed() -> bool:
            good = ("", self._phrases.plain("announcement.sent_already"))
            return any(
                data.startswith("announcement:send:") and answered in good
                for data, answered in self._pressed.items()
            )

        words: dict[str, Answer] = {"announcement.text.question": f"Kerja bakti {marker}"}
        send = r"^announcement:send:"
        buttons = (send, SEND, RESUME, SKIP, r":choose:all$", r":choose:now$")
        await self._fills(begin, words, buttons, confirmed)
        self._mixed.announced.add(marker)


class Guest(Writer):
    """Somebody who got a link, like another one: only one of them can use it."""

    async def redeems(self, payload: str) -> None:
        """Open the link and see what comes of it."""
        await self._acts(lambda: self.person.sends(f"/start {payload}"))
        accepted = self._phrases.text("role.accepted", role="\0", name="\0", kelurahan="\0")
        beginning = re.sub(r"<[^>]*>", "", accepted).partition("\0")[0]

        def was(found: str) -> bool:
            return self._any(lambda m: found in m.get("text", ""))

        used = re.sub(r"<[^>]*>", "", self._phrases.text("role.invite_used"))
        try:
            await self.person.waits_for(lambda _p: was(beginning) or was(used), PATIENT_SECONDS)
        except TimeoutError as error:
            raise Gone(self.person.human.name) from error
        if was(beginning):
            self._mixed.accepted.setdefault(payload, []).append(self.person.id)
        else:
            self._mixed.refused += 1


class Admin(Writer):
    """Invites people; each link goes to two of them."""

    guest: Callable[[int, str], Person]

    async def lives(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._acts(lambda: self.person.sends("/start"))
        while not stopping.is_set():
            payload = await self._invites()
            await asyncio.gather(*(guest.redeems(payload) for guest in self._guests()))
            await asyncio.sleep(self._random.uniform(10.0, 20.0))

    async def _invites(self) -> str:
        known, role = set(self._mixed.links), self._random.choice(("planner", "rt_head"))

        def fresh() -> list[str]:
            texts = " ".join(m.get("text", "") for m in self._recent())
            return [link for link in LINK.findall(texts) if link not in known]

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/peran"))
            await self._taps("role:invite")

        words: dict[str, Answer] = {"invite.name.question": self._word(8)}
        buttons = (SEND, RESUME, SKIP, rf":choose:{role}$", r":choose:03$")
        await self._fills(begin, words, buttons, lambda: bool(fresh()))
        self._mixed.links.append(fresh()[0])
        return self._mixed.links[-1]

    def _guests(self) -> list[Guest]:
        first = FIRST_GUEST + 2 * len(self._mixed.links)
        people = [self.guest(first + n, f"Tamu {first + n}") for n in range(2)]
        return [Guest(one, self._phrases, self._tally, self._random) for one in people]


class Planner(Writer):
    """Takes data out, with names and without."""

    async def lives(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await self._acts(lambda: self.person.sends("/start"))
        while not stopping.is_set():
            await self._exports()
            await asyncio.sleep(self._random.uniform(5.0, 15.0))

    async def _exports(self) -> None:
        """Answer what is asked, whatever it is; then wait for the document."""
        newest = self._newest_document()
        await self._acts(lambda: self.person.sends("/ekspor"))
        for _ in range(8):
            tapped = await self._answers()
            if tapped is None:
                return
            data, answered = tapped
            if data.endswith((":send", ":named")):
                if not answered:  # else one is on its way already
                    self._mixed.exports.append((self.person.id, data.endswith(":named")))
                break
        try:
            await self.person.waits_for(
                lambda _p: self._newest_document() > newest, PATIENT_SECONDS
            )
        except TimeoutError:
            return

    async def _answers(self) -> tuple[str, str] | None:
        """Tap one of the answers: not the way out, and not back to the start."""
        offered = await self._finds("export:")
        good = sorted(data for data in offered if data != "export:stop")
        if not good:
            return None
        chosen = self._random.choice(good)
        return chosen, await self._presses(offered[chosen], chosen)

    def _newest_document(self) -> int:
        found = [int(m["message_id"]) for m in self._recent() if "document" in m]
        return max(found, default=0)
