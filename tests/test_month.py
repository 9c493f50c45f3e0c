"""A month of gotong royong on a clock that is moved: an RT head, five residents, the RT's group.

A series of Sundays: one moved to Saturday, one called off, answers that change, people who are
noted as present in all three ways, what they bring, and what everybody hears the day after.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from calendar_rig import (
    MANY_MESSAGES,
    Clock,
    at,
    bot_at_clock,
    clock_at,
    leads,
    lives_here,
    opens,
    ticks,
    wib,
)
from conftest import Bot, Warga, picture
from icalendar import Calendar
from sqlalchemy import select

from simulator import Simulator
from storage.tables import (
    attendance,
    contribution,
    occurrence,
    outbox,
    participation,
    resident,
    rsvp,
)

MONDAY = wib(11, 30, 9)
GROUP = -1003
TITLE, RESULT = "Membersihkan parit", "parit 40 m bersih, 12 karung sampah"
LINK = re.compile(r"\?start=(hadir_\S+)")


clock = clock_at(MONDAY)
bot = bot_at_clock(group=GROUP, quiet={}, limits=MANY_MESSAGES)


async def plans(head: Warga) -> None:
    """Every Sunday at seven, from the sixth of December on."""
    await head.sends("/kegiatan")
    await head.taps("activity.button.new")
    await head.sends(TITLE)
    await head.sends("6 Desember jam 7 pagi")
    await head.sends("depan pos ronda")
    await head.sends("cangkul, karung")
    await head.taps("activity.repeat.choice.weekly")
    await head.taps("form.button.send")


def days(bot: Bot) -> dict[int, int]:
    """The occurrences of December by their day, as planned."""
    rows = bot.rows(select(occurrence.c.id, occurrence.c.planned_at))
    local = [(row.id, row.planned_at.astimezone(bot.settings.kelurahan.zone)) for row in rows]
    return {moment.day: number for number, moment in local if moment.month == 12}


async def answers(person: Warga, number: int, answer: str) -> None:
    """Tap an answer under the newest message about that occurrence."""
    data = f"gotong:answer:{number}:{answer}"
    for message in reversed(person.person.from_bot):
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if any(button.get("callback_data") == data for row in rows for button in row):
            return await person.taps_data(message["message_id"], data)
    raise LookupError(data)


def told(bot: Bot, chat: int, *beginnings: str) -> list[str]:
    """What a chat was told of gotong royong by itself, as kinds; only what went out."""
    query = select(outbox.c.key).where(outbox.c.chat_id == chat, outbox.c.state == "sent")
    keys = [str(row.key).split(":") for row in bot.rows(query.order_by(outbox.c.id)) if row.key]
    return [key[2] for key in keys if key[0] in (beginnings or ("reminder", "outcome"))]


def said(bot: Bot, number: int) -> dict[str, str]:
    """Who answered what, by name."""
    query = select(resident.c.name, rsvp.c.answer).join_from(rsvp, resident)
    return dict(bot.rows(query.where(rsvp.c.occurrence_id == number)))


def present(bot: Bot, number: int) -> dict[str, str]:
    """Who was there, and how that is known, by name."""
    query = select(resident.c.name, attendance.c.way).join_from(attendance, resident)
    return dict(bot.rows(query.where(attendance.c.occurrence_id == number)))


async def gets_calendar(person: Warga, number: int) -> Calendar:
    """The calendar file of an occurrence."""
    at_ = person.person.from_bot[-1]["message_id"]
    await person.taps_data(at_, f"calendar:{number}")
    await person.bot.tasks_done()
    await person.bot.settles()
    document = next(m for m in reversed(person.person.from_bot) if "document" in m)["document"]
    stored = person.bot.simulator.world.files.by_id[document["file_id"]]
    return Calendar.from_ical(stored.data.decode())


async def test_a_month_of_gotong_royong(bot: Bot, clock: Clock, simulator: Simulator):
    """Four Sundays: held, moved, called off, and the one that is still to come."""
    head = await leads(bot, 700, "03")
    siti, budi, ani, cici = [
        await lives_here(bot, 301 + n, name)
        for n, name in enumerate(("Siti", "Budi", "Ani", "Cici"))
    ]
    tono = await lives_here(bot, 501, "Tono", "05")

    # Planned on Monday: everybody of RT 03 is invited once, nobody of RT 05.
    await plans(head)
    await ticks(bot)
    first, second, third, fourth = [days(bot)[day] for day in (6, 13, 20, 27)]
    for person in (siti, budi, ani, cici):
        assert told(bot, person.id) == ["invite"]
    assert told(bot, tono.id) == []

    # Answers, and some change: Budi cannot after all, Cici can.
    await answers(siti, first, "come")
    await answers(budi, first, "come")
    await answers(cici, first, "cannot")
    await answers(ani, first, "help")
    await ani.taps("aspiration.contributions.choice.tools")
    await ani.taps("aspiration.contributions.choice.food")
    await ani.taps("form.button.continue")
    await ani.sends("gerobak satu, teh manis")
    await ani.taps("form.button.send")
    await answers(budi, first, "cannot")
    await answers(cici, first, "come")
    assert said(bot, first) == {"Siti": "come", "Budi": "cannot", "Ani": "help", "Cici": "come"}
    await opens(head, first)
    assert (
        bot.phrase("activity.answers", whom="RT 03", come=2, help=1, cannot=1)
        in head.message["text"]
    )
    [event] = (await gets_calendar(siti, first)).walk("VEVENT")
    assert event.decoded("dtstart") == wib(12, 6, 7)

    # Reminded three days before, in the evening and two hours before; Budi is left alone.
    await at(bot, clock, wib(12, 3, 7))
    await at(bot, clock, wib(12, 5, 18, 30))
    await at(bot, clock, wib(12, 6, 6))
    assert told(bot, siti.id) == ["invite", "days3", "evening", "hours2"]
    assert told(bot, budi.id) == ["invite"]

    # On the day: Siti scans the code, Cici says that she is there, Ani is ticked by the head.
    clock.to(wib(12, 6, 7, 5))
    await opens(head, first)
    await head.taps("presence.button.code")
    await bot.tasks_done()
    await bot.settles()
    link = LINK.search(head.sees)
    assert link is not None
    await siti.sends(f"/start {link[1]}")
    await cici.sends("/jadwal")
    await cici.taps("presence.button.claim")
    assert present(bot, first) == {"Siti": "code"}
    await opens(head, first)
    await head.taps("presence.button.waiting", count=1)
    await head.taps("presence.button.confirm", label="Cici")
    await opens(head, first)
    await head.taps("activity.button.attend")
    await head.taps("activity.button.person", label="Ani")
    assert present(bot, first) == {"Siti": "code", "Cici": "confirmed", "Ani": "checklist"}
    await siti.sends(f"/start {link[1]}")  # once more changes nothing
    assert bot.count(attendance) == 3

    # The head sends the photo and the result; the next morning everybody hears what was achieved.
    clock.to(wib(12, 6, 10))
    await opens(head, first)
    await head.taps("outcome.button.after")
    await head.sends_photo(picture(90))
    await head.taps("form.button.continue")
    await head.sends(RESULT)
    await head.taps("form.button.send")
    await at(bot, clock, wib(12, 7, 9, 1))
    await ticks(bot)
    for person in (siti, cici, ani):
        assert told(bot, person.id, "outcome") == ["thanks"]
        caption = person.person.from_bot[-1]["caption"]
        assert RESULT in caption
        assert bot.phrase("outcome.present", count=3) in caption
    assert told(bot, budi.id, "outcome") == []  # he said that he could not
    assert told(bot, tono.id) == []
    [post] = simulator.group(GROUP).from_bot
    assert bot.phrase("outcome.recap", title=TITLE, when="kemarin", count=3) in post["caption"]
    assert not any(name in str(post) for name in ("Siti", "Cici", "Ani"))

    # The second Sunday moves to Saturday: told at once, and its calendar file moves with it.
    await opens(head, second)
    await head.taps("activity.button.change")
    await head.taps("activity.button.one")
    await head.sends("12 Desember jam 16.00")
    await head.taps("form.button.skip")
    await head.taps("form.button.send")
    await ticks(bot)
    for person in (siti, budi, ani, cici):
        assert told(bot, person.id, "reminder")[-1] == "moved"
    [event] = (await gets_calendar(siti, second)).walk("VEVENT")
    assert (event.decoded("dtstart"), int(event["sequence"])) == (wib(12, 12, 16), 1)
    await answers(budi, second, "come")
    await at(bot, clock, wib(12, 12, 16, 5))
    await budi.sends("/jadwal")
    await budi.taps("presence.button.claim")
    await opens(head, second)
    await head.taps("presence.button.waiting", count=1)
    await head.taps("presence.button.confirm", label="Budi")
    await at(bot, clock, wib(12, 13, 9, 1))
    await ticks(bot)
    assert told(bot, budi.id, "outcome") == ["thanks"]
    assert told(bot, siti.id, "outcome") == ["thanks", "recap"]
    assert "1" in siti.sees

    # The third is called off: told once with the reason, and nothing follows it.
    clock.to(wib(12, 18, 9))
    await opens(head, third)
    await head.taps("activity.button.cancel")
    await head.taps("activity.button.one")
    await head.sends("ada hajatan di gang itu")
    await head.taps("form.button.send")
    await ticks(bot)
    assert "ada hajatan di gang itu" in siti.sees
    heard = {person.id: len(told(bot, person.id)) for person in (siti, budi, ani, cici)}
    for moment in (wib(12, 19, 18, 30), wib(12, 20, 6), wib(12, 20, 18, 30), wib(12, 21, 9, 1)):
        await at(bot, clock, moment)
    assert heard == {person.id: len(told(bot, person.id)) for person in (siti, budi, ani, cici)}
    await siti.sends("/jadwal")
    assert "Minggu, 27 Desember 2026" in " ".join(siti.texts[-3:])

    # What the log holds in the end: intentions, deeds, and who they were, once each.
    c = participation.c
    rows = bot.rows(select(c.person, c.activity, c.reference, c.stage).order_by(c.id))
    came = {(r.person, r.reference) for r in rows if r.activity == "gotong_royong_attended"}
    assert came == {
        ("p301", f"GR-{first}"), ("p304", f"GR-{first}"), ("p303", f"GR-{first}"),
        ("p302", f"GR-{second}"),
    }  # fmt: skip
    assert len([r for r in rows if r.activity == "gotong_royong_attended"]) == 4
    assert {r.stage for r in rows if r.activity in ("tools_offered", "food_offered")} == {
        "planning"
    }
    assert bot.count(contribution) == 2
    assert said(bot, fourth) == {}
    assert datetime.now(UTC) > wib(12, 21, 9)
