"""The whole life of a complaint on a clock that is moved: two residents, a clerk, a planner.

From the report to the question four weeks after it was closed; nothing is put into the database
behind the bot's back but the clerk's role.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from calendar_rig import Clock, at, bot_at_clock, clock_at, ticks, wib
from conftest import Bot, Warga, agrees, becomes
from sqlalchemy import select
from test_verdicts import photo

from content import phrases
from services.exports import Filter, write_csv
from services.roles import OPERATOR, Role
from services.tickets import State
from storage.tables import outbox, participation, ticket, ticket_event

MONDAY = wib(11, 16, 9)
NUMBER_THERE = "SDA-77/2026"


clock = clock_at(MONDAY)
bot = bot_at_clock(admin_started=True, quiet={}, deadlines={})


async def lives(bot: Bot, number: int, name: str) -> Warga:
    """A resident who agreed."""
    person = bot.person(number, name)
    await agrees(person)
    return person


async def reports(person: Warga) -> None:
    """A complaint with a photo, in words."""
    await person.sends("/lapor")
    await person.taps("complaint.kind.choice.blocked")
    await person.taps("form.choice.rt", number="03")
    await person.sends("depan masjid raya")
    await person.sends("parit mampet penuh lumpur dan ranting")
    await person.sends_photo(photo(1))
    await person.taps("form.button.continue")
    await person.taps("form.button.send")


async def opens(clerk: Warga, number: str) -> None:
    """The clerk types the number at the desk."""
    await clerk.sends("/staf")
    await clerk.sends(number)


async def closes(clerk: Warga, number: str, proof: bytes, words: str) -> None:
    """Selesai, with a photo of the work and a sentence."""
    await opens(clerk, number)
    await clerk.taps("desk.button.move.selesai")
    await clerk.sends_photo(proof)
    await clerk.taps("form.button.continue")
    await clerk.sends(words)
    await clerk.taps("form.button.send")
    await clerk.bot.tasks_done()
    await clerk.bot.settles()


def state(bot: Bot) -> str:
    return str(bot.rows(select(ticket.c.state))[0][0])


def mornings(bot: Bot, clerk: Warga) -> int:
    """How many overdue lists the clerk got."""
    key = outbox.c.key.startswith("digest:late")
    return len(bot.rows(select(outbox.c.id).where(key, outbox.c.chat_id == clerk.id)))


def exported(bot: Bot) -> dict[str, str]:
    """The complaint as a planner gets it."""
    out, zone = io.StringIO(), bot.settings.kelurahan.zone
    with bot.engine.connect() as db:
        write_csv(out, db, OPERATOR, phrases.load(), zone, what="complaints", wanted=Filter())
    [row] = csv.DictReader(io.StringIO(out.getvalue()))
    return row


async def test_a_tickets_life(bot: Bot, clock: Clock):
    """Reported, checked, forwarded, late, done, not yet, done, yes, and still good weeks later."""
    wati = bot.person(77, "Wati")
    await wati.sends("/start")
    await becomes(wati, Role.STAFF)
    siti, budi = await lives(bot, 301, "Siti"), await lives(bot, 501, "Budi")
    both = (siti, budi)

    # Siti reports; Budi meets her report and joins it instead of filing another.
    await reports(siti)
    [row] = bot.rows(select(ticket))
    number = row.number
    assert bot.phrase("deadline.target.check", day="Kamis, 19 November 2026") in siti.sees
    assert number in wati.sees  # the card
    await reports(budi)
    await budi.taps("similar.button.same")
    assert bot.count(ticket) == 1
    title = bot.phrase("ticket.title", kind="Mampet / tersumbat", place="RT 03, depan masjid raya")

    # Checked on Tuesday, and forwarded with the number that it has there.
    clock.to(wib(11, 17, 9))
    await opens(wati, number)
    await wati.taps(f"desk.button.move.{State.VERIFIED}")
    for person in both:
        told = bot.phrase("ticket.moved.diverifikasi", number=number, title=title, reason="")
        assert person.sees == told
    await opens(wati, number)
    await wati.taps(f"desk.button.move.{State.FORWARDED}")
    await wati.taps("authority.choice.city_works")
    await wati.sends(NUMBER_THERE)
    await wati.taps("form.button.skip")
    await wati.taps("form.button.send")
    assert state(bot) == State.FORWARDED
    authority = bot.phrase("authority.name.city_works")
    for person in both:
        assert authority in person.sees
        assert NUMBER_THERE in person.sees
        await person.sends(f"/laporan {number}")
        assert NUMBER_THERE in person.sees

    # News are owed until Tuesday the 24th: told on working mornings after it, once each.
    await at(bot, clock, wib(11, 24, 8, 1))
    assert mornings(bot, wati) == 0
    for day, lists in ((25, 1), (26, 2), (27, 3), (28, 3), (29, 3), (30, 4)):
        await at(bot, clock, wib(11, day, 8, 1))
        await ticks(bot)
        assert mornings(bot, wati) == lists, day
    assert number in wati.sees

    # Done, with a photo: both see it and are asked. "Belum" opens it again, with a reason.
    clock.to(wib(11, 30, 9))
    await closes(wati, number, photo(2), "Parit sudah dikeruk tadi pagi.")
    assert state(bot) == State.DONE
    for person in both:
        shown = person.person.from_bot[-1]
        assert shown["photo"]
        assert "Parit sudah dikeruk tadi pagi." in shown["caption"]
    await siti.taps("report.button.not_fixed")
    assert state(bot) == State.REOPENED
    await siti.sends_photo(photo(3), "masih tersumbat di ujung")
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    assert "masih tersumbat di ujung" in wati.sees
    await at(bot, clock, wib(12, 1, 8, 1))
    assert mornings(bot, wati) == 4  # it is owed anew, and not late

    # Done again, and both say yes. What staff say and what residents say are kept apart.
    clock.to(wib(12, 1, 15))
    await closes(wati, number, photo(4), "Ujungnya sudah dibersihkan.")
    said = exported(bot)
    assert said[bot.phrase("export.column.verdict")] == bot.phrase("export.verdict.nothing")
    for person in both:
        assert "Ujungnya sudah dibersihkan." in person.person.from_bot[-1]["caption"]
        await person.taps("report.button.fixed")
        assert bot.phrase("report.confirmed", number=number) in person.texts
    said = exported(bot)
    assert said[bot.phrase("export.column.state")] == State.DONE
    assert said[bot.phrase("export.column.closed")].startswith("2026-12-01 15:")
    assert said[bot.phrase("export.column.verdict_yes")] == "2"
    assert said[bot.phrase("export.column.verdict_no")] == "0"
    assert said[bot.phrase("export.column.verdict")] == bot.phrase("export.verdict.good")
    assert said[bot.phrase("export.column.outside_number")] == NUMBER_THERE

    # Asked again after four weeks, once each; Christmas is no morning for lists either.
    await at(bot, clock, wib(12, 25, 8, 1))
    assert mornings(bot, wati) == 4
    await at(bot, clock, wib(12, 29, 8))
    heard = {person.id: len(person.texts) for person in both}
    await at(bot, clock, wib(12, 29, 16))
    await ticks(bot)
    for person in both:
        assert len(person.texts) == heard[person.id] + 1
        assert bot.phrase("later.button.yes") in person.buttons
    await siti.taps("later.button.yes")
    await at(bot, clock, wib(12, 30, 16))
    assert len(budi.texts) == heard[budi.id] + 1
    assert exported(bot)[bot.phrase("export.column.later_yes")] == "1"
    acts = [row.activity for row in bot.rows(select(participation).order_by(participation.c.id))]
    assert acts == [
        "complaint_filed", "complaint_joined", "verdict_given", "complaint_added_to",
        "verdict_given", "verdict_given", "verdict_later",
    ]  # fmt: skip
    kinds = [
        (row.kind, row.state) for row in bot.rows(select(ticket_event).order_by(ticket_event.c.id))
    ]
    assert kinds == [
        ("filed", None), ("joined", None), ("moved", State.VERIFIED), ("moved", State.FORWARDED),
        ("moved", State.DONE), ("reopened", None), ("added", None), ("moved", State.DONE),
        ("confirmed", None), ("confirmed", None), ("lasting", None),
    ]  # fmt: skip
    assert datetime.now(UTC) > wib(12, 30, 15)
