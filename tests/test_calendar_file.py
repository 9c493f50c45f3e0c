"""Gotong royong in one's own calendar; one of a series that moved, and one that was called off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calendar_rig import (
    START,
    SUNDAY,
    ZONE,
    Clock,
    at,
    bot_at_clock,
    clock_at,
    kinds_to,
    lives_here,
    occurrences,
    planned,
    ticks,
    wib,
)
from conftest import Bot, Warga, writes
from icalendar import Calendar
from sqlalchemy import select

from services import gotong_royong as rules
from services.gotong_royong import Change
from services.quiet import QuietHours
from services.roles import OPERATOR
from storage.gotong_royong import Place
from storage.tables import task

clock = clock_at(START)
bot = bot_at_clock(quiet={})


async def saves(person: Warga) -> Any:
    """Tap the newest button that saves; gives the event that the file holds."""
    await person.taps("calendar.button.save")
    assert person.notice == person.bot.phrase("calendar.coming")
    await person.bot.tasks_done()
    await person.bot.settles()
    return event_in(person)


def event_in(person: Warga) -> Any:
    """The event of the newest document."""
    document = next(m for m in reversed(person.person.from_bot) if "document" in m)["document"]
    assert document["file_name"] == "gotong-royong.ics"
    content = person.bot.simulator.world.files.by_id[document["file_id"]].data
    [event] = Calendar.from_ical(content.decode()).walk("VEVENT")
    assert b"BEGIN:VTIMEZONE" in content
    assert b"TZID:Asia/Jakarta" in content
    return event


async def changes(bot: Bot, number: int, wanted: Change, draft_id: str = "c1") -> None:
    quiet, now = QuietHours.of(bot.settings), datetime.now(UTC)
    await writes(
        bot,
        lambda db: rules.change(
            db, OPERATOR, number, wanted, whole=False, draft_id=draft_id, now=now, quiet=quiet
        ),
    )


async def calls_off(bot: Bot, number: int) -> None:
    now = datetime.now(UTC)
    await writes(
        bot,
        lambda db: rules.cancel(db, OPERATOR, number, reason="hujan", whole=False, now=now),
    )


async def test_an_occurrence_is_saved_with_all_that_counts(bot: Bot, clock: Clock):
    """When, where, the point, what to bring, two hours, an alarm on the evening before."""
    siti = await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot, where=Place("depan masjid", -1.59, 103.61))
    await siti.sends("/jadwal")
    event = await saves(siti)
    assert event["uid"] == f"gotong-royong-{number}@{bot.simulator.world.bot['username']}"
    assert event["sequence"] == 0
    assert event["dtstart"].dt == SUNDAY
    assert str(event["dtstart"].params["TZID"]) == "Asia/Jakarta"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=2)
    assert event["summary"] == bot.phrase("calendar.title", title="Bersih parit")
    assert event["location"] == "depan masjid"
    assert (event["geo"].latitude, event["geo"].longitude) == (-1.59, 103.61)
    assert "cangkul" in event["description"]
    [alarm] = event.walk("VALARM")
    assert SUNDAY + alarm["trigger"].dt == wib(11, 28, 18, 30)
    folder = Path(bot.settings.media.folder) / "exports"
    await bot.until(lambda: list(folder.iterdir()) == [])  # it goes when it was sent


async def test_one_that_moved_keeps_its_name_and_counts_up(bot: Bot, clock: Clock):
    """The news of the change brings the button, and the new file replaces the old entry."""
    siti = await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot)
    await ticks(bot)
    old = await saves(siti)
    later = SUNDAY + timedelta(days=1, hours=1)
    await changes(bot, number, Change(later.astimezone(UTC), Place("lapangan", None, None)))
    await ticks(bot)
    new = await saves(siti)
    assert new["uid"] == old["uid"]
    assert (old["sequence"], new["sequence"]) == (0, 1)
    assert (new["dtstart"].dt, new["location"]) == (later, "lapangan")
    assert "geo" not in new


async def test_one_that_was_called_off_is_said_in_the_chat(bot: Bot, clock: Clock):
    """From an old button, and when it is called off between the tap and the file."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await siti.sends("/jadwal")
    await calls_off(bot, number)
    await siti.taps("calendar.button.save")
    assert siti.notice == bot.phrase("gotong_royong.is_off")
    assert not any("document" in m for m in siti.person.from_bot)
    other = await planned(bot, "d2")
    queued = {"telegram_id": siti.id, "occurrence_id": other}

    def asks_and_is_late(db: Any) -> None:
        now = datetime.now(UTC)
        db.execute(task.insert().values(
            kind="calendar", payload=queued, state="queued", attempts=0, created_at=now,
            not_before=now,
        ))  # fmt: skip
        rules.cancel(db, OPERATOR, other, reason="hujan", whole=False, now=now)

    await writes(bot, asks_and_is_late)
    await bot.tasks_done()
    await bot.settles()
    assert siti.sees == bot.phrase("calendar.sorry")


async def test_only_what_concerns_a_person_and_is_to_come_is_saved(bot: Bot, clock: Clock):
    """Forged and late buttons make no file; a double tap makes one."""
    tono, number = await lives_here(bot, 501, "Tono", "05"), await planned(bot)
    siti = await lives_here(bot, 301, "Siti", "03")
    await tono.sends("/jadwal")
    shown = tono.person.from_bot[-1]["message_id"]
    for value in (str(number), "x", "99999", ""):
        await tono.taps_data(shown, f"calendar:{value}")
        assert tono.notice == bot.phrase("form.old_button")
    await siti.sends("/jadwal")
    shown = siti.person.from_bot[-1]["message_id"]
    clock.to(SUNDAY)
    await siti.taps_data(shown, f"calendar:{number}")
    assert siti.notice == bot.phrase("gotong_royong.has_begun")
    assert bot.rows(select(task.c.id).where(task.c.kind == "calendar")) == []


async def test_one_of_a_series_moves_and_one_is_called_off(bot: Bot, clock: Clock):
    """Schedule, calendar and reminders follow each of them, and leave the others alone."""
    siti = await lives_here(bot, 301, "Siti", "03")
    bot.person(99, "Admin").person.chat.started = True
    await planned(bot, repeat="weekly")
    first, second, third, *_ = occurrences(bot)
    await ticks(bot)
    await siti.sends("/jadwal")
    saturday = wib(12, 5, 16)
    await changes(bot, second.id, Change(saturday.astimezone(UTC)))
    await calls_off(bot, first.id)
    await ticks(bot)
    assert kinds_to(bot, siti) == ["invite", "moved", "cancelled"]
    before = len(siti.texts)
    await siti.sends("/jadwal")
    cards = siti.texts[before:]
    when = [card.split("\n")[1] for card in cards]
    assert "5 Desember 2026 pukul 16.00" in when[0]
    assert "13 Desember 2026 pukul 07.00" in when[1]
    assert "29 November" not in "".join(cards)
    moved = [m for m in siti.person.from_bot if f"calendar:{second.id}" in str(m)][-1]
    await siti.taps_data(moved["message_id"], f"calendar:{second.id}")
    await bot.tasks_done()
    await bot.settles()
    event = event_in(siti)
    assert (event["dtstart"].dt, event["sequence"]) == (saturday, 1)
    await siti.taps_data(moved["message_id"], f"calendar:{third.id}")
    await bot.tasks_done()
    await bot.settles()
    assert (event_in(siti)["dtstart"].dt, event_in(siti)["sequence"]) == (wib(12, 13, 7), 0)
    told = {}
    for name, moment in (
        ("evening of the first", wib(11, 28, 18, 30)),
        ("three days before the second", wib(12, 2, 16)),
        ("evening before the second", wib(12, 4, 18, 30)),
        ("its old evening", wib(12, 5, 18, 30)),
        ("three days before the third", wib(12, 10, 7)),
        ("evening before the third", wib(12, 12, 18, 30)),
    ):
        so_far = len(kinds_to(bot, siti))
        await at(bot, clock, moment)
        told[name] = kinds_to(bot, siti)[so_far:]
    assert told == {
        "evening of the first": [],
        "three days before the second": ["days3"],
        "evening before the second": ["evening"],
        "its old evening": [],
        "three days before the third": ["days3"],
        "evening before the third": ["evening"],
    }
    assert ZONE.key == "Asia/Jakarta"
