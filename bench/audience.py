"""Who takes part in the bench of a broadcast: the administrator, and people who write."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from content.phrases import Phrases
from handlers.announcement_view import number
from services.announcements import SURE_ABOVE
from simulator import Person

WRITES = ("/menu", "/bantuan", "halo", "/batal")
PAUSE = (1.0, 4.0)  # seconds between two messages of a writer
PATIENCE = 60.0  # seconds
WORDS = "Besok kerja bakti membersihkan parit, mulai pukul 07.00 di depan masjid."


async def announce(admin: Person, words: Phrases, recipients: int) -> None:
    """The administrator writes an announcement to everybody and confirms it."""
    said = words.plain
    await _acts(admin, lambda: admin.sends("/start"))
    await _acts(admin, lambda: admin.sends("/pengumuman"))
    await _acts(admin, lambda: admin.taps(said("announcement.button.new")))
    await _acts(admin, lambda: admin.sends(WORDS))
    await _acts(admin, lambda: admin.taps(said("form.button.skip")))
    await _acts(admin, lambda: admin.taps(said("form.choice.all_rt")))
    await _acts(admin, lambda: admin.taps(said("announcement.when.choice.now")))
    is_many = recipients > SURE_ABOVE
    send = said("announcement.button.send", n=number(recipients))
    label = said("announcement.button.change") if is_many else send
    await _acts(admin, lambda: admin.taps(said("announcement.button.preview")), waits_for=label)
    await (admin.sends(str(recipients)) if is_many else admin.taps(send))


async def _acts(person: Person, act: Callable[[], Awaitable[Any]], waits_for: str = "") -> None:
    """Do something and wait for what the bot shows next."""
    before = list(person.from_bot)

    def answered(who: Person) -> bool:
        fresh = [m for m in who.from_bot if not any(m is old for old in before)]
        return any(waits_for in str(m.get("reply_markup", "")) for m in fresh)

    await act()
    await person.waits_for(answered, PATIENCE)
    await asyncio.sleep(1.0)  # people read; and their chats take one message a second


async def write(
    person: Person,
    chance: random.Random,
    kills: Callable[[], int],
    tell: Callable[[float, bool], None],
) -> None:
    """Write now and then and wait for each answer; tells its seconds, and if a kill came between.

    `kills` gives how many there were so far.
    """
    while True:
        newest = max((m["message_id"] for m in person.from_bot), default=0)
        before, began = kills(), time.monotonic()

        def answered(who: Person, newest: int = newest) -> bool:
            return any(m["message_id"] > newest for m in who.from_bot)

        await person.sends(chance.choice(WRITES))
        await person.waits_for(answered, PATIENCE)
        tell(time.monotonic() - began, before != kills())
        await asyncio.sleep(chance.uniform(*PAUSE))
