"""A fortnight in the kelurahan, on a clock that is moved: who hears what, in which order.

Two residents, an RT head, a clerk and a planner; from the first topic to the planner's file.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

import pytest
from calendar_rig import ZONE, Clock, at, bot_at_clock, clock_at, ticks, wib
from conftest import Bot, Warga, agrees, picture, proposes, says_done
from sqlalchemy import select

from jobs import broadcasts
from jobs import tasks as slow_work
from services.quiet import QuietHours
from services.tickets import REASONED, State
from storage.tables import attendance, audit, participation, role_grant

MONDAY = wib(11, 16, 9)
LINK = re.compile(r"start=(undang_[\w-]+)")
TITLE = "Membersihkan parit pasar"


clock = clock_at(MONDAY)
bot = bot_at_clock(quiet={})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow work and broadcasts are looked up often."""
    monkeypatch.setattr(slow_work, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(broadcasts, "IDLE_SECONDS", 0.02)


def heads(person: Warga, since: int = 0) -> list[str]:
    """The first lines of what the bot has said to a person, in order."""
    return [text.split("\n")[0] for text in person.texts[since:]]


def head(bot: Bot, key: str, **values: str) -> str:
    """The first line of a phrase as a person sees it."""
    return bot.phrase(key, **values).split("\n")[0]


def title(bot: Bot, kind: str, rt: str, landmark: str) -> str:
    """By which a person knows a ticket again."""
    place = f"{bot.phrase('form.choice.rt', number=rt)}, {landmark}"
    return bot.phrase("ticket.title", kind=kind, place=place)


async def is_invited(admin: Warga, person: Warga, role: str, rt: str = "") -> None:
    """The administrator makes a link; the person taps it."""
    await admin.sends("/peran")
    await admin.taps("role.button.invite")
    await admin.sends(person.person.human.name)
    await admin.taps(f"role.choice.{role}")
    if rt:
        await admin.taps("form.choice.rt", number=rt)
        await admin.taps("form.button.continue")
    await admin.taps("form.button.send")
    link = next(m[1] for text in reversed(admin.texts) if (m := LINK.search(text)))
    await person.sends(f"/start {link}")


async def moves(clerk: Warga, number: str, was: State, to: State, reason: str = "") -> None:
    """The clerk opens a ticket and moves it."""
    await clerk.sends("/staf")
    await clerk.taps("desk.button.group.open")
    await clerk.taps(f"{number} {clerk.bot.phrase(f'short.state.{was}')}")
    of = "aspiration" if number.startswith("ASP") else "desk"
    await clerk.taps(f"{of}.button.move.{to}")
    if to is State.DONE:
        await says_done(clerk)
    if to in REASONED:
        await clerk.sends(reason)
        if to is State.FORWARDED:  # no number there, no sentence
            await clerk.taps("form.button.skip")
            await clerk.taps("form.button.skip")
        await clerk.taps("form.button.send")


async def announces(clerk: Warga, words: str) -> None:
    """To both RTs, at once."""
    await clerk.sends("/pengumuman")
    await clerk.taps("announcement.button.new")
    await clerk.sends(words)
    await clerk.taps("form.button.skip")
    for rt in ("03", "05"):
        await clerk.taps("form.choice.rt", number=rt)
    await clerk.taps("form.button.continue")
    await clerk.taps("announcement.when.choice.now")
    await clerk.taps("form.button.send")
    label = clerk.bot.phrase("announcement.button.send", n="2")
    await clerk.person.taps(label)


async def plans(rt_head: Warga) -> None:
    """Every Sunday at seven, for his own RT."""
    await rt_head.sends("/kegiatan")
    await rt_head.taps("activity.button.new")
    await rt_head.sends(TITLE)
    await rt_head.sends("29 November jam 7 pagi")
    await rt_head.sends("pos ronda")
    await rt_head.sends("cangkul")
    await rt_head.taps("activity.repeat.choice.weekly")
    await rt_head.taps("form.button.send")
    await ticks(rt_head.bot)


async def exported(planner: Warga, what: str) -> list[dict[str, str]]:
    """The planner asks for everything and opens the file."""
    bot, before = planner.bot, len(planner.person.from_bot)
    await planner.sends("/ekspor")
    await planner.taps(f"export.choice.{what}")
    for stage in ("year", "rt", "state"):
        if what != "participation" or stage != "state":
            await planner.taps(f"export.choice.all.{stage}")
    await planner.taps("export.button.send")
    await bot.tasks_done()
    await bot.settles()
    [document] = [m["document"] for m in planner.person.from_bot[before:] if "document" in m]
    stored = bot.simulator.world.files.find(document["file_id"])
    assert stored is not None
    return list(csv.DictReader(io.StringIO(stored.data.decode("utf-8-sig"))))


@pytest.mark.timeout(120)
async def test_a_fortnight_in_the_kelurahan(bot: Bot, clock: Clock):
    """Everybody hears what he should, once, in order, and nothing in quiet hours."""
    admin, clerk, planner = (
        bot.person(n, name) for n, name in ((99, "Admin"), (77, "Wati"), (88, "Dewi"))
    )
    rt_head, siti, budi = (
        bot.person(n, name) for n, name in ((55, "Rahman"), (301, "Siti"), (501, "Budi"))
    )

    # Monday: the house is set up, the residents come.
    await admin.sends("/start")
    await is_invited(admin, clerk, "staff")
    await is_invited(admin, planner, "planner")
    await is_invited(admin, rt_head, "rt_head", "05")
    roles = {r.telegram_id: (r.role, r.rts) for r in bot.rows(select(role_grant))}
    assert roles == {77: ("staff", []), 88: ("planner", []), 55: ("rt_head", ["05"])}
    await agrees(siti, "03")
    await agrees(budi, "05")
    for person in (siti, budi):
        await person.sends("/bantar")
        await person.taps("topic.button.umum")
        await person.taps("Apa itu BANTAR?")

    # A complaint with a photo, and a wish.
    await at(bot, clock, wib(11, 16, 19))
    clerk_saw, siti_saw, budi_saw = len(clerk.texts), len(siti.texts), len(budi.texts)
    await siti.sends_photo(picture(), "parit mampet total")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.taps("form.button.send")
    drain = next(m[0] for m in [re.search(r"DRN-\d{4}-\d+", siti.message["text"])] if m)
    wish = await proposes(budi, "mohon lampu jalan", rt="05")
    blocked = bot.phrase("complaint.kind.choice.blocked")
    drain_title = title(bot, blocked, "03", "depan masjid")
    wish_title = title(bot, bot.phrase("ticket.type.aspiration"), "05", "depan musala")
    cards = [
        text for text in clerk.texts[clerk_saw:] if "parit mampet total" in text or "lampu" in text
    ]
    assert [card.split(":")[0] for card in cards] == [drain, wish]

    # At night nobody is woken: what the clerk does late is heard in the morning.
    clock.to(wib(11, 16, 22))
    siti_saw, budi_saw = len(siti.texts), len(budi.texts)
    await clerk.person.sends("/staf")
    await clerk.person.waits_for(lambda p: drain in p.from_bot[-1].get("text", ""))
    await clerk.person.taps(f"{drain} {bot.phrase('short.state.diterima')}")
    verify = bot.phrase(f"desk.button.move.{State.VERIFIED}")
    await clerk.person.waits_for(lambda p: verify in str(p.from_bot[-1].get("reply_markup")))
    await clerk.person.taps(verify)
    await clerk.person.waits_for(
        lambda p: any(
            bot.phrase("desk.moved", state=bot.phrase("report.state.diverifikasi")) == n["text"]
            for n in p.notices
        )
    )
    await announces_at_night(clerk)
    assert (len(siti.texts), len(budi.texts)) == (siti_saw, budi_saw)
    await at(bot, clock, wib(11, 17, 6, 1))
    await bot.until(
        lambda: "posyandu" in budi.texts[-1] and "posyandu" in str(siti.texts[siti_saw:])
    )
    await bot.settles()
    assert heads(siti, siti_saw) == [
        head(bot, "ticket.moved.diverifikasi", number=drain, title=drain_title, reason=""),
        head(bot, "announcement.message", kelurahan="Beringin", text=""),
    ]
    assert heads(budi, budi_saw) == [
        head(bot, "announcement.message", kelurahan="Beringin", text="")
    ]

    # Tuesday to Friday: handled to the end, with the reason where it is due, and a verdict.
    await at(bot, clock, wib(11, 17, 10))
    siti_saw, budi_saw = len(siti.texts), len(budi.texts)
    await moves(clerk, drain, State.VERIFIED, State.FORWARDED, "Dinas PUPR Kota Jambi")
    assert "Dinas PUPR Kota Jambi" in siti.sees
    await at(bot, clock, wib(11, 20, 10))
    await moves(clerk, drain, State.FORWARDED, State.DONE)
    await siti.taps("report.button.fixed")
    await moves(clerk, wish, State.RECEIVED, State.IN_PROGRESS)
    await moves(clerk, wish, State.IN_PROGRESS, State.ARCHIVED, "lampu sudah terpasang")
    assert "lampu sudah terpasang" in budi.sees
    told = ("diteruskan", "selesai")
    expected = [
        head(bot, f"ticket.moved.{s}", number=drain, title=drain_title, reason="") for s in told
    ]
    expected[1] = head(bot, "report.confirmed", number=drain)  # his answer took its place
    assert heads(siti, siti_saw) == expected
    told = ("diproses", "diarsipkan")
    assert heads(budi, budi_saw) == [
        head(bot, f"aspiration.moved.{s}", number=wish, title=wish_title, reason="") for s in told
    ]

    # Gotong royong of RT 05 every Sunday: invitation, three reminders, attendance.
    siti_saw, budi_saw = len(siti.texts), len(budi.texts)
    await plans(rt_head)
    await budi.taps("gotong_royong.button.come")
    for moment in (wib(11, 26, 7), wib(11, 28, 18, 30), wib(11, 29, 6)):
        before = len(budi.texts)
        await at(bot, clock, moment)
        assert len(budi.texts) == before + 1
        assert TITLE in budi.sees
        assert "Minggu, 29 November 2026 pukul 07.00 WIB" in budi.sees
        await at(bot, clock, moment)  # a second tick tells nothing again
        assert len(budi.texts) == before + 1
    assert siti.texts[siti_saw:] == []
    await at(bot, clock, wib(11, 29, 7, 30))
    await rt_head.sends("/kegiatan")
    [begun] = [label for label in rt_head.buttons if label.startswith("✅")]
    await rt_head.taps(begun)
    await rt_head.taps("activity.button.attend")
    [name] = [label for label in rt_head.buttons if "Budi" in label]
    await rt_head.taps(name)
    assert bot.count(attendance) == 1

    # The second Sunday of the series is on its way already.
    await at(bot, clock, wib(12, 3, 7, 1))
    assert "Minggu, 6 Desember 2026 pukul 07.00 WIB" in budi.sees

    # The planner has it all, without names.
    [complaint] = await exported(planner, "complaints")
    [aspiration] = await exported(planner, "aspirations")
    log = await exported(planner, "participation")
    status, number = bot.phrase("export.column.state"), bot.phrase("export.column.number")
    assert (complaint[number], complaint[status]) == (drain, "selesai")
    assert (aspiration[number], aspiration[status]) == (wish, "diarsipkan")
    acts = [row[bot.phrase("export.column.activity")] for row in log]
    assert sorted(acts) == sorted(
        bot.phrase(f"export.activity.{act}")
        for act in (
            "topic_read", "topic_read", "complaint_filed", "aspiration_filed", "verdict_given",
            "gotong_royong_joining", "gotong_royong_attended",
        )
    )  # fmt: skip
    assert not re.search("Siti|Budi", str([complaint, aspiration, log]))
    assert len(bot.rows(select(participation.c.person).distinct())) == 2
    trail = {row.act for row in bot.rows(select(audit))}
    assert {"role.invite", "ticket.move", "announcement.create", "export"} <= trail

    nobody_was_woken(bot, [siti, budi, rt_head, planner])


async def announces_at_night(clerk: Warga) -> None:
    """The same as by day; the confirmation says when it goes out."""
    bot, person = clerk.bot, clerk.person

    async def says(text: str, key: str) -> None:
        await person.sends(text)
        await person.waits_for(lambda p: head(bot, key) in str(p.from_bot[-1].get("text")))

    async def taps(label: str, shown: str) -> None:
        await person.taps(label)
        await person.waits_for(lambda p: shown in str([p.from_bot[-1]]))

    await says("/pengumuman", "announcement.none")
    await taps(bot.phrase("announcement.button.new"), head(bot, "announcement.text.question"))
    await says("Besok ada posyandu.", "announcement.photo.question")
    await taps(bot.phrase("form.button.skip"), head(bot, "announcement.to.question"))
    for rt in ("03", "05"):
        await taps(f"RT {rt}", f"✅ RT {rt}")
    await taps(bot.phrase("form.button.continue"), head(bot, "announcement.when.question"))
    await taps(bot.phrase("announcement.when.choice.now"), head(bot, "announcement.summary"))
    send = bot.phrase("announcement.button.send", n="2")
    await taps(bot.phrase("announcement.button.preview"), send)
    assert "17 November 2026 pukul 06.00 WIB" in str(person.from_bot[-1])
    await taps(send, "06.00")
    await person.waits_for(lambda p: not p.unanswered)


def nobody_was_woken(bot: Bot, people: list[Warga]) -> None:
    """No message that these people did not ask for came in quiet hours."""
    quiet = QuietHours.of(bot.settings)
    for person in people:
        for message in person.person.from_bot:
            moment = datetime.fromtimestamp(message["date"], ZONE)
            assert quiet.until(moment) is None, (person.person.human.name, moment, message)
