"""What the tests of gotong royong share: a clock that can be moved, people, and plans."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from conftest import Bot, Warga, resident_in, settings_for, writes
from sqlalchemy import select

from jobs.reminders import Reminders
from services import gotong_royong
from services.gotong_royong import Plan
from services.quiet import QuietHours
from services.roles import OPERATOR
from simulator import Simulator
from storage import residents, roles
from storage.gotong_royong import Place
from storage.roles import Grant
from storage.tables import occurrence, outbox

ZONE = ZoneInfo("Asia/Jakarta")


def wib(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    """A moment by the clock of the kelurahan."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


START = wib(11, 19, 9)  # a Thursday
SUNDAY = wib(11, 29, 7)
MANY_MESSAGES = {"messages_per_minute": 1000}  # for people who write faster than people can


class Clock:
    """The time of the test: moves when told to, and ticks on."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def to(self, moment: datetime) -> None:
        self._traveller.move_to(moment.astimezone(UTC))


async def starts(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot runs, and its clock has ticked once: from now on it ticks when a test says so."""
    ticked, tick = asyncio.Event(), Reminders.tick

    async def first_tick(reminders: Reminders) -> None:
        await tick(reminders)
        ticked.set()

    with monkeypatch.context() as patched:
        patched.setattr(Reminders, "tick", first_tick)
        await bot.start()
        async with asyncio.timeout(10.0):
            await ticked.wait()


def clock_at(moment: datetime) -> Any:
    """A fixture `clock`: the test begins at that moment and moves on."""

    @pytest.fixture
    def clock() -> Iterator[Clock]:
        with time_machine.travel(moment.astimezone(UTC), tick=True) as traveller:
            yield Clock(traveller)

    return clock


def bot_at_clock(
    *,
    rts: Sequence[str] = ("03", "05"),
    group: int | None = None,
    admin_started: bool = False,
    **changes: Any,
) -> Any:
    """A fixture `bot` on the clock of the test, with these RTs; `group` is that of the first.

    `changes` are other settings, as in `settings_for`.
    """

    @pytest.fixture
    async def bot(
        clock: Clock,
        simulator: Simulator,
        tmp_path: Path,
        empty_database: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> AsyncIterator[Bot]:
        shutil.copy(empty_database, tmp_path / "bantar.db")
        known: list[dict[str, Any]] = [{"number": rt} for rt in rts]
        if group is not None:
            known[0]["group"] = group
            simulator.group(group, f"RT {rts[0]}")
        running = Bot(simulator, settings_for(tmp_path, simulator.url, rt=known, **changes))
        if admin_started:
            running.person(99, "Admin").person.chat.started = True
        await starts(running, monkeypatch)
        yield running
        await running.stop()
        running.engine.dispose()
        assert simulator.refusals == []

    return bot


async def at(bot: Bot, clock: Clock, moment: datetime, *, held: bool = False) -> None:
    """It is that moment, and the clock of the bot has ticked; `held`: it is quiet then."""
    clock.to(moment)
    await ticks(bot, held=held)


async def ticks(bot: Bot, *, held: bool = False) -> None:
    """The clock of the bot does what is due."""
    assert bot._runtime is not None
    for tick in bot._runtime.due.values():
        await tick()
    if not held:
        await bot.settles()


async def lives_here(bot: Bot, number: int, name: str, rt: str | None = "03") -> Warga:
    """A person who agreed and pressed Start."""
    person = bot.person(number, name)
    person.person.chat.started = True

    def work(db: Any) -> None:
        resident_in(db, number, name, rt or "03")
        if rt is None:
            known = residents.by_telegram_id(db, number)
            residents.set_home(db, known.id, None, "unknown")

    await writes(bot, work)
    return person


async def leads(bot: Bot, number: int, *rts: str) -> Warga:
    """An RT head of these RTs."""
    person = bot.person(number, "Pak RT")
    person.person.chat.started = True
    grant = Grant(number, "rt_head", list(rts), "Pak RT")
    await writes(bot, lambda db: roles.put(db, grant, by=99, now=datetime.now(UTC)))
    return person


def wanted(**changes: Any) -> Plan:
    """A plan: Sunday at seven, RT 03, once."""
    values: dict[str, Any] = {
        "title": "Bersih parit",
        "starts_at": SUNDAY.astimezone(UTC),
        "where": Place("depan masjid", None, None),
        "bring": "cangkul",
        "rts": ("03",),
        "repeat": "once",
    }
    return Plan(**{**values, **changes})


async def planned(bot: Bot, draft_id: str = "d1", **changes: Any) -> int:
    """Something was planned, straight into the database; gives the id of its first occurrence."""
    quiet, now = QuietHours.of(bot.settings), datetime.now(UTC)
    row = await writes(
        bot,
        lambda db: gotong_royong.plan(
            db, OPERATOR, wanted(**changes), draft_id=draft_id, now=now, quiet=quiet
        ),
    )
    return int(row.id)


async def opens(person: Warga, number: int) -> None:
    """Open one activity, as its button in the list would."""
    await person.sends("/kegiatan")
    await person.taps_data(person.person.from_bot[-1]["message_id"], f"activity:open:{number}")


def occurrences(bot: Bot) -> list[Any]:
    return bot.rows(select(occurrence).order_by(occurrence.c.id))


def kinds_to(bot: Bot, person: Warga) -> list[str]:
    """What a person was told, as kinds, in order; only what went out."""
    query = select(outbox.c.key).where(
        outbox.c.chat_id == person.id,
        outbox.c.key.startswith("reminder:"),
        outbox.c.state == "sent",
    )
    return [str(key).split(":")[2] for (key,) in bot.rows(query.order_by(outbox.c.id))]
