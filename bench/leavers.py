"""Residents who mind their own data: another name, no more news, deleting all and coming back."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.askers import Asker
from bench.authors import RESUME, SEND
from bench.someone import ANSWER_SECONDS, PATIENCE, Answer, Gone, Told
from bench.told import Gone as Deleted


class Leaver(Asker):
    """Somebody who comes and goes."""

    async def _renames(self) -> None:
        """Another name from /data_saya."""
        marker, told = self._mark(), self._news()
        name = f"Warga {marker}"

        async def begin() -> None:
            await self._acts(lambda: self.person.sends("/data_saya"))
            await self._taps("privacy:name")

        answers: dict[str, Answer] = {"rename.name.question": name}
        await self._fills(begin, answers, (SEND, RESUME), lambda: told("rename.done", name=name))
        self._tally.own.names[self.person.id] = name

    async def _stops_or_starts(self) -> None:
        """/berhenti; who did that before wants news again."""
        own, me = self._tally.own, self.person.id
        told = self._news()
        if not own.muted.get(me):
            own.quiet.setdefault(me, []).append([datetime.now(UTC)])
            await self._acts(lambda: self.person.sends("/berhenti"))
            await self._waits_for_phrase(told, "mute.done")
            own.muted[me] = True
        elif self._random.random() < 0.5:
            await self._acts(lambda: self.person.sends("/start"))
            await self._hears_again(told)
        else:
            await self._acts(lambda: self.person.sends("/data_saya"))
            await self._taps("privacy:notices")
            if await self._taps("privacy:unmute"):
                await self._hears_again(told)

    async def _hears_again(self, told: Told) -> None:
        await self._waits_for_phrase(told, "mute.undone")
        own = self._tally.own
        own.muted[self.person.id] = False
        own.quiet[self.person.id][-1].append(datetime.now(UTC))

    async def _leaves(self) -> None:
        """/hapus_data, twice asked, and back as somebody new; at times he thinks better of it."""
        told = self._news()
        await self._acts(lambda: self.person.sends("/hapus_data"))
        if await self._taps("privacy:sure") is None:
            return
        if self._random.random() < 0.2:
            await self._taps("privacy:keep")
            return
        if self._random.random() < 0.3:
            await self._acts(lambda: self.person.sends("HAPUS"))
        elif await self._taps("privacy:erase:") is None:
            return
        await self._waits_for_phrase(told, "erase.done")
        self._is_gone()
        await self._arrives()
        await self._sends_one()  # and agrees again

    async def _waits_for_phrase(self, told: Told, key: str) -> None:
        """Until it stands in the chat.

        Raises:
            Gone: it never does.
        """
        for _ in range(PATIENCE):
            try:
                await self.person.waits_for(lambda _p: told(key), ANSWER_SECONDS)
            except TimeoutError as error:
                self._tally.unanswered.append(f"{key}: {error}")
            else:
                return
        raise Gone(self.person.human.name)

    def _is_gone(self) -> None:
        """What he was told before does not bind any more; nothing of it may be there."""
        own, mixed, me = self._tally.own, self._mixed, self.person.id
        own.gone.append(Deleted(me, frozenset(self._markers), frozenset(self._numbers)))
        self._tally.sent -= self._markers
        mixed.too_late -= self._markers
        for of_marker in (self._tally.confirmed, mixed.added):
            for marker in self._markers & set(of_marker):
                del of_marker[marker]
        for of_number in (own.wishes, own.messages, own.edits):
            for number in self._numbers & set(of_number):
                del of_number[number]
        for key in [key for key in mixed.answers if key[0] == me]:
            del mixed.answers[key]
        mixed.support = [one for one in mixed.support if one[0] != me]
        mixed.read -= {key for key in mixed.read if key[0] == me}
        own.questions -= {key for key in own.questions if key[0] == me}
        own.names.pop(me, None)
        if own.muted.pop(me, False):
            own.quiet[me][-1].append(datetime.now(UTC))
        self._markers, self._numbers = set(), set()
