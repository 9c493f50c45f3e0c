"""Being noted as present: by link, by code, by one's own word, by the checklist, and all at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import (
    MANY_MESSAGES,
    START,
    SUNDAY,
    ZONE,
    Clock,
    bot_at_clock,
    clock_at,
    leads,
    lives_here,
    opens,
    planned,
    ticks,
    wanted,
    wib,
)
from conftest import Bot, Warga, resident_in, writes
from sqlalchemy import Connection, select

from config import Retention
from content import phrases
from jobs.made_files import picture_of
from services import attendance as rules
from services import claims, contributions, presence, retention
from services import gotong_royong as programme
from services.exports import local
from services.gotong_royong import Change
from services.my_data import Copy
from services.quiet import QuietHours
from services.roles import OPERATOR, Actor, Role
from storage import presence as stored
from storage import roles
from storage.tables import (
    attendance,
    audit,
    outbox,
    participation,
    presence_claim,
    presence_code,
    resident,
    task,
)

LINK = re.compile(r"https://t\.me/\S+\?start=(hadir_\S+)")
SHORT = re.compile(r"\b([A-Z]{3}\d{3})\b")
QUIET = QuietHours(None, None, ZONE)


clock = clock_at(START)
bot = bot_at_clock(rts=("03", "05", "07"), limits=MANY_MESSAGES)


async def makes_code(person: Warga, number: int) -> tuple[str, str]:
    """A new code; gives what its link starts the bot with, and the short code."""
    await opens(person, number)
    await person.taps("presence.button.code")
    if person.bot.phrase("presence.button.new_code") in person.message_buttons():
        await person.taps("presence.button.new_code")
    await person.bot.tasks_done()
    await person.bot.settles()
    return LINK.search(person.sees)[1], SHORT.search(person.sees)[1]


def came(bot: Bot) -> list[tuple[str, str]]:
    """Who was noted as present, and how."""
    query = select(resident.c.name, attendance.c.way).join_from(attendance, resident)
    return [tuple(row) for row in bot.rows(query.order_by(resident.c.name))]


def logged(bot: Bot) -> list[tuple[str, str]]:
    """Who is in the participation log as present."""
    c = participation.c
    query = select(c.person, c.reference).where(c.activity == "gotong_royong_attended")
    return [tuple(row) for row in bot.rows(query.order_by(c.person))]


def me(bot: Bot, person: Warga) -> int:
    return int(bot.rows(select(resident.c.id).where(resident.c.telegram_id == person.id))[0][0])


# --- the code ----------------------------------------------------------------------------------


async def test_a_code_is_shown_as_picture_link_and_word(bot: Bot, clock: Clock, admin: Warga):
    """The picture says the link; of its secret the database keeps only the hash."""
    number = await planned(bot)
    clock.to(SUNDAY - timedelta(minutes=59))
    payload, code = await makes_code(admin, number)
    message = admin.person.from_bot[-1]
    picture = bot.simulator.world.files.by_id[message["photo"][-1]["file_id"]].data
    link = f"https://t.me/{bot.simulator.world.bot['username']}?start={payload}"
    assert picture == picture_of(link)
    assert len(payload) <= 64
    [row] = bot.rows(select(presence_code))
    assert (row.code, row.created_by, row.ended_at) == (code, admin.id, None)
    assert not {*"01IO"} & {*code}
    secret = payload.removeprefix("hadir_")
    assert secret not in repr([tuple(row), bot.rows(select(task)), bot.rows(select(audit))])
    await writes(bot, lambda db: retention.tidy(db, Retention(), datetime.now(UTC)))
    assert secret not in repr(bot.rows(select(outbox)))
    folder = Path(bot.settings.media.folder) / "exports"
    await bot.until(lambda: list(folder.iterdir()) == [])  # it goes when it was sent
    assert ("gotong_royong.code",) in bot.rows(select(audit.c.act))


async def test_whoever_opens_the_link_is_present(bot: Bot, clock: Clock, admin: Warga):
    """Siti is thanked, by name of the event; opening it again is one presence."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    clock.to(SUNDAY)
    payload, _ = await makes_code(admin, number)
    await siti.sends(f"/start {payload}")
    where = {"title": "Bersih parit", "place": "depan masjid"}
    assert siti.sees == bot.phrase("presence.welcome", **where)
    await siti.sends(f"/start {payload}")
    assert siti.sees == bot.phrase("presence.known", **where)
    assert came(bot) == [("Siti", "code")]
    assert logged(bot) == [("p301", f"GR-{number}")]


@pytest.mark.parametrize("words", ["hadir {}", "Hadir {} pak", "{}", " {} ", "kode hadir {}"])
async def test_the_code_can_be_typed(bot: Bot, clock: Clock, admin: Warga, words: str):
    """In small letters, with a space in it, alone or after a word."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    clock.to(SUNDAY)
    _, code = await makes_code(admin, number)
    await siti.sends(words.format(f"{code[:3].lower()} {code[3:]}"))
    assert bot.phrase("presence.welcome", title="Bersih parit", place="depan masjid") == siti.sees
    assert came(bot) == [("Siti", "code")]


async def test_all_ways_together_are_one_presence(bot: Bot, clock: Clock, admin: Warga):
    """Claimed, scanned, typed, ticked, confirmed: one row and one line of the log."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    clock.to(SUNDAY + timedelta(minutes=5))
    payload, code = await makes_code(admin, number)
    await siti.sends("/jadwal")
    await siti.taps("presence.button.claim")
    await opens(admin, number)
    await siti.sends(f"/start {payload}")
    await siti.sends(f"hadir {code}")
    await admin.taps("presence.button.waiting", count=1)  # an old page: nobody waits any more
    at = admin.message["message_id"]
    await admin.taps_data(at, f"activity:confirm:{number}:{me(bot, siti)}:0")
    await admin.taps_data(at, f"activity:confirmall:{number}:99")
    await admin.taps_data(at, f"activity:tick:{number}:{me(bot, siti)}:yes:0")
    await siti.sends("/jadwal")
    assert bot.phrase("presence.noted") in siti.sees
    assert came(bot) == [("Siti", "code")]
    assert logged(bot) == [("p301", f"GR-{number}")]
    await admin.taps_data(at, f"activity:tick:{number}:{me(bot, siti)}:no:0")
    assert (came(bot), logged(bot)) == ([], [])


async def test_codes_have_their_time(bot: Bot, clock: Clock, admin: Warga):
    """From an hour before the start until the end of that day; the organiser sees no button else."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    label = bot.phrase("presence.button.code")
    clock.to(SUNDAY - timedelta(minutes=61))
    await opens(admin, number)
    assert label not in admin.message_buttons()
    await admin.taps_data(admin.message["message_id"], f"activity:code:{number}")
    assert admin.notice == bot.phrase("form.old_button")
    await admin.taps_data(admin.message["message_id"], f"activity:newcode:{number}")
    assert bot.rows(select(task.c.id).where(task.c.kind == presence.KIND)) == []
    clock.to(SUNDAY - timedelta(minutes=59))
    payload, code = await makes_code(admin, number)
    clock.to(wib(11, 30, 0, 0))
    await opens(admin, number)
    assert label not in admin.message_buttons()
    await siti.sends(f"/start {payload}")
    assert siti.sees == bot.phrase("presence.wrong")
    await siti.sends(f"hadir {code}")
    assert siti.sees == bot.phrase("presence.wrong")
    clock.to(wib(11, 29, 23, 59))
    await siti.sends(f"hadir {code}")
    assert came(bot) == [("Siti", "code")]


async def test_a_new_code_ends_the_old_one(bot: Bot, clock: Clock, admin: Warga):
    """The page of the code offers it; both ways into the old one are shut."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    clock.to(SUNDAY)
    old_payload, old = await makes_code(admin, number)
    await opens(admin, number)
    await admin.taps("presence.button.code")
    assert admin.message["text"] == bot.phrase("presence.code", title="Bersih parit", code=old)
    payload, new = await makes_code(admin, number)
    assert (payload, new) != (old_payload, old)
    await siti.sends(f"/start {old_payload}")
    assert siti.sees == bot.phrase("presence.wrong")
    await siti.sends(f"hadir {old}")
    assert came(bot) == []
    await siti.sends(f"hadir {new}")
    assert came(bot) == [("Siti", "code")]


async def test_only_a_few_wrong_codes_a_minute(bot: Bot, clock: Clock, admin: Warga):
    """After five the right one has to wait as well; a minute later it works."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    clock.to(SUNDAY)
    _, code = await makes_code(admin, number)
    for guess in range(5):
        await siti.sends(f"hadir {'ZZY' if code[:3] != 'ZZY' else 'ZZX'}{222 + guess}")
        assert siti.sees == bot.phrase("presence.wrong")
    await siti.sends(f"hadir {code}")
    assert siti.sees == bot.phrase("presence.wait")
    at = siti.person.from_bot[-1]["message_id"]
    await siti.taps_data(at, f"presence:agree:{code}")  # nor by a forged button
    assert came(bot) == []
    clock.to(SUNDAY + timedelta(minutes=2))
    await siti.sends(f"hadir {code}")
    assert came(bot) == [("Siti", "code")]


async def test_a_short_code_is_for_those_concerned(bot: Bot, clock: Clock, admin: Warga):
    """A guess of another RT hears what any wrong code hears; who answered, or scans, is there."""
    tono, dian = await lives_here(bot, 501, "Tono", "05"), await lives_here(bot, 502, "Dian", "05")
    number = await planned(bot)
    helper = await lives_here(bot, 503, "Edi", "05")

    def answered(db: Connection) -> None:
        programme.gotong_royong.put_answer(db, number, me(bot, helper), "come", datetime.now(UTC))

    await writes(bot, answered)
    clock.to(SUNDAY)
    payload, code = await makes_code(admin, number)
    await tono.sends(f"hadir {code}")
    assert tono.sees == bot.phrase("presence.wrong")
    await helper.sends(f"hadir {code}")
    await dian.sends(f"/start {payload}")
    assert came(bot) == [("Dian", "code"), ("Edi", "code")]
    await opens(admin, number)
    await admin.taps("activity.button.attend")  # and whoever is noted can be taken off the list
    assert any("Dian" in label for label in admin.message_buttons())


async def test_a_newcomer_agrees_first_and_then_counts(bot: Bot, clock: Clock, admin: Warga):
    """By the link: nothing is kept before, one presence after, and then the RT is asked."""
    number = await planned(bot)
    clock.to(SUNDAY)
    payload, _ = await makes_code(admin, number)
    eko = bot.person(801, "Eko")
    await eko.sends(f"/start {payload}")
    assert bot.phrase("presence.first") in eko.sees
    assert bot.count(resident) == 0
    await eko.taps("consent.button.whole")
    await eko.taps("consent.button.yes")
    assert came(bot) == [("Eko", "code")]
    assert eko.sees.startswith(bot.phrase("home.question").split("\n")[0])
    await eko.taps("form.choice.rt", number="03")
    assert len(logged(bot)) == 1


async def test_a_newcomer_types_the_code_and_yes(bot: Bot, clock: Clock, admin: Warga):
    """Of an RT's own event it must be known first that he lives there: asked, and gone on."""
    number = await planned(bot)
    clock.to(SUNDAY)
    _, code = await makes_code(admin, number)
    eko, fia = bot.person(801, "Eko"), bot.person(802, "Fia")
    for person in (eko, fia):
        await person.sends(f"hadir {code}")
        await person.sends("ya setuju")
    assert came(bot) == []
    await eko.sends("rt 3")
    await fia.taps("form.choice.rt", number="05")
    assert bot.phrase("presence.welcome", title="Bersih parit", place="depan masjid") == eko.sees
    assert fia.sees == bot.phrase("presence.wrong")
    assert came(bot) == [("Eko", "code")]


async def test_words_are_no_code_while_there_is_none(bot: Bot, clock: Clock, admin: Warga):
    """ "abc 234" is a code only while one works; a form takes it as its answer."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await siti.sends("abc234")
    assert bot.phrase("presence.wrong") not in siti.texts
    await siti.sends("hadir abc234")
    assert siti.sees == bot.phrase("presence.wrong")
    clock.to(SUNDAY)
    _, code = await makes_code(admin, number)
    await siti.sends("/aspirasi")
    await siti.sends(code)
    assert came(bot) == []
    await siti.sends(f"hadir {code}")  # with the word in front it is nothing else
    assert came(bot) == [("Siti", "code")]


async def test_forged_buttons_make_nobody_present(bot: Bot, clock: Clock, admin: Warga):
    """What "Setuju" carries is looked at again; numbers of occurrences are no codes."""
    siti, number = await lives_here(bot, 301, "Siti", "05"), await planned(bot)
    clock.to(SUNDAY)
    await makes_code(admin, number)
    await siti.sends("/jadwal")
    at = siti.person.from_bot[-1]["message_id"]
    for data in (
        f"agree:{number}", "agree:", "agree", f"agree:claim:{number}", "agree:claim:x",
        f"home:03:{number}", "home:03", "home:x:ABC234", f"claim:{number}", "claim:x",
    ):  # fmt: skip
        await siti.taps_data(at, f"presence:{data}")
    assert (came(bot), bot.count(presence_claim)) == ([], 0)
    assert siti.person.unanswered == []


async def test_who_only_ticks_there_cannot_replace_the_code(bot: Bot, clock: Clock, admin: Warga):
    """The head of one RT at an event of all sees the code of staff, and no way to end it."""
    head, number = await leads(bot, 700, "05"), await planned(bot, rts=None)
    clock.to(SUNDAY)
    await opens(head, number)
    assert bot.phrase("presence.button.code") not in head.message_buttons()
    _, code = await makes_code(admin, number)
    await opens(head, number)
    await head.taps("presence.button.code")
    assert code in head.message["text"]
    assert bot.phrase("presence.button.new_code") not in head.message_buttons()
    await head.taps_data(head.message["message_id"], f"activity:newcode:{number}")
    assert head.notice == bot.phrase("role.not_allowed")
    assert bot.rows(select(presence_code.c.code)) == [(code,)]


async def test_a_role_that_was_taken_away_makes_no_code(bot: Bot, clock: Clock):
    """Between the tap and the picture: it says so, and nothing works."""
    head, number = await leads(bot, 700, "03"), await planned(bot)
    clock.to(SUNDAY)

    def asks(db: Connection) -> None:
        actor = Actor(head.id, Role.RT_HEAD, rts=("03",))
        presence.ask_code(db, actor, number, datetime.now(UTC), ZONE)
        presence.ask_code(db, actor, number, datetime.now(UTC), ZONE)  # a double tap is one task
        roles.remove(db, head.id)

    await writes(bot, asks)
    await bot.tasks_done()
    await bot.settles()
    assert head.texts == [bot.phrase("presence.no_code")]
    assert bot.count(presence_code) == 0


def test_what_was_noted_before_a_start_that_moves_is_taken_back(db: Connection):
    """Siti came early, then it is next week: nobody has been there, and the code is void."""
    now = SUNDAY.astimezone(UTC) - timedelta(minutes=30)
    for number, act in enumerate(("move", "place", "cancel")):
        siti = resident_in(db, 301 + number)
        row = _plan(db, f"d{number}")
        code = presence.new_code()
        presence.put_code(db, OPERATOR, row.id, code, now=now, zone=ZONE)
        assert presence.enter(db, siti, code.code, now, ZONE)[1]
        if act == "cancel":
            programme.cancel(db, OPERATOR, row.id, reason="hujan", whole=False, now=now)
        else:
            later = row.starts_at + timedelta(days=7) if act == "move" else None
            there = programme.Place("lapangan", None, None) if act == "place" else None
            programme.change(
                db, OPERATOR, row.id, Change(later, there),
                whole=False, draft_id=f"c{number}", now=now, quiet=QUIET,
            )  # fmt: skip
        kept = act == "place"
        assert stored.came(db, row.id, siti.resident.id) is kept
        assert (stored.code_of(db, row.id) is not None) is kept
        acts = participation.c.reference == programme.reference(row.id)
        attended = participation.c.activity == "gotong_royong_attended"
        assert len(db.execute(select(participation).where(acts, attended)).all()) == int(kept)


def _plan(db: Connection, draft_id: str) -> Any:
    now = START.astimezone(UTC)
    return programme.plan(db, OPERATOR, wanted(), draft_id=draft_id, now=now, quiet=QUIET)


# --- one's own word ----------------------------------------------------------------------------


async def test_who_says_that_he_is_there_waits_for_one_tap(bot: Bot, clock: Clock, admin: Warga):
    """Three wait; one is confirmed and thanked, one is declined and hears nothing, then all."""
    people = [
        await lives_here(bot, 301 + n, name) for n, name in enumerate(("Ani", "Beni", "Cici"))
    ]
    number = await planned(bot)
    clock.to(SUNDAY + timedelta(minutes=10))
    for person in people:
        await person.sends("/jadwal")
        await person.taps("presence.button.claim")
        assert person.notice == bot.phrase("presence.claimed")
        assert bot.phrase("presence.claimed") in person.sees
    assert came(bot) == []
    await opens(admin, number)
    assert bot.phrase("presence.waiting", count=3) in admin.message["text"]
    await admin.taps("presence.button.waiting", count=3)
    await admin.taps("presence.button.confirm", label="Ani")
    assert came(bot) == [("Ani", "confirmed")]
    assert people[0].sees == bot.phrase("presence.confirmed", title="Bersih parit")
    heard = len(people[1].texts)
    at = admin.message["message_id"]
    await admin.taps_data(at, f"activity:decline:{number}:{me(bot, people[1])}:0")
    await people[1].taps_data(
        people[1].message["message_id"], f"presence:claim:{number}"
    )  # saying it again does not put him back in the line
    assert len(people[1].texts) == heard
    await opens(admin, number)
    assert bot.phrase("presence.waiting", count=1) in admin.message["text"]
    await admin.taps("presence.button.waiting", count=1)
    await admin.taps("presence.button.confirm", label="Cici")
    assert bot.phrase("presence.no_claims", title="Bersih parit") == admin.message["text"]
    assert came(bot) == [("Ani", "confirmed"), ("Cici", "confirmed")]
    assert [person for person, _ in logged(bot)] == ["p301", "p303"]
    acts = [row.act for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]
    assert acts[1:] == [
        "gotong_royong.attended", "gotong_royong.claim_declined", "gotong_royong.attended",
    ]  # fmt: skip


async def test_all_means_those_who_were_on_the_list(bot: Bot, clock: Clock, admin: Warga):
    """Who says it after the list was opened waits for another look."""
    ani, beni, cici = [
        await lives_here(bot, 301 + n, name) for n, name in enumerate(("Ani", "Beni", "Cici"))
    ]
    number = await planned(bot)
    clock.to(SUNDAY + timedelta(minutes=10))
    for person in (ani, beni):
        await person.sends("/jadwal")
        await person.taps("presence.button.claim")
    await opens(admin, number)
    await admin.taps("presence.button.waiting", count=2)
    await cici.sends("/jadwal")
    await cici.taps("presence.button.claim")
    await admin.taps("presence.button.all", count=2)
    assert came(bot) == [("Ani", "confirmed"), ("Beni", "confirmed")]
    assert bot.phrase("presence.button.confirm", label="Cici") in admin.message_buttons()
    for person in (ani, beni):
        assert person.sees == bot.phrase("presence.confirmed", title="Bersih parit")


async def test_an_rt_head_confirms_his_own_residents_only(bot: Bot, clock: Clock):
    """At an event of all; the other RT's he neither sees, confirms nor declines."""
    head, number = await leads(bot, 700, "05"), await planned(bot, rts=None)
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "05")
    clock.to(SUNDAY + timedelta(minutes=10))
    for person in (siti, tono):
        await person.sends("/jadwal")
        await person.taps("presence.button.claim")
    await opens(head, number)
    await head.taps("presence.button.waiting", count=1)
    assert not any("Siti" in label for label in head.message_buttons())
    at = head.message["message_id"]
    for act in ("confirm", "decline"):
        await head.taps_data(at, f"activity:{act}:{number}:{me(bot, siti)}:0")
    await head.taps_data(at, f"activity:confirmall:{number}:{10**9}")
    assert came(bot) == [("Tono", "confirmed")]
    await head.taps_data(at, f"activity:claims:{number}:0")
    assert bot.rows(select(presence_claim.c.settled_at).where(
        presence_claim.c.resident_id == me(bot, siti)
    )) == [(None,)]  # fmt: skip


async def test_the_last_reminder_has_the_button_for_later(bot: Bot, clock: Clock, admin: Warga):
    """Two hours before it is too early and says so; once it began the same button works."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await ticks(bot)
    await siti.taps("gotong_royong.button.come")
    clock.to(SUNDAY - timedelta(hours=2))
    await ticks(bot)
    assert bot.phrase("reminder.hours2").split("\n")[0] in siti.sees
    await siti.taps("presence.button.claim")
    assert siti.notice == bot.phrase("presence.too_early")
    assert bot.count(presence_claim) == 0
    clock.to(SUNDAY)
    await siti.taps("presence.button.claim")
    assert bot.count(presence_claim) == 1
    await admin.sends("/kegiatan")
    await opens(admin, number)
    assert bot.phrase("presence.waiting", count=1) in admin.message["text"]


async def test_a_guest_says_it_after_he_agreed(bot: Bot, clock: Clock):
    """At an event of all; the claim is kept with his consent, not before."""
    await planned(bot, rts=None)
    clock.to(SUNDAY)
    eko = bot.person(801, "Eko")
    await eko.sends("/jadwal")
    await eko.taps("presence.button.claim")
    assert (bot.count(resident), bot.count(presence_claim)) == (0, 0)
    await eko.taps("consent.button.yes")
    assert bot.count(presence_claim) == 1


async def test_the_time_of_ones_own_word_ends_with_the_day(bot: Bot, clock: Clock):
    """The schedule shows what began today, to those it concerns, and nothing of yesterday."""
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "05")
    number = await planned(bot)
    clock.to(wib(11, 29, 23, 59))
    await tono.sends("/jadwal")
    await siti.sends("/jadwal")
    label = bot.phrase("presence.button.claim")
    shown = [m for m in siti.person.from_bot if label in str(m.get("reply_markup"))]
    assert len(shown) == 1
    assert label not in str([m.get("reply_markup") for m in tono.person.from_bot])
    clock.to(wib(11, 30, 0))
    await siti.taps_data(shown[0]["message_id"], f"presence:claim:{number}")
    assert siti.notice == bot.phrase("form.old_button")
    before = len(siti.texts)
    await siti.sends("/jadwal")
    assert siti.texts[before:] == [bot.phrase("gotong_royong.none")]


def test_a_claim_and_the_checklist_at_the_same_moment_are_one_presence(db: Connection):
    """Whichever comes first settles the other; taking the tick back leaves nothing."""
    now = SUNDAY.astimezone(UTC) + timedelta(minutes=5)
    siti, row = resident_in(db, 301), _plan(db, "d1")
    assert claims.claim(db, siti, row.id, now, ZONE) == (row, False)
    assert rules.mark(db, OPERATOR, row.id, siti.resident.id, True, now)
    assert claims.waiting(db, OPERATOR, row.id, now)[1] == []
    assert claims.confirm_all(db, OPERATOR, row.id, 10**6, now)[1] == []
    assert claims.claim(db, siti, row.id, now, ZONE)[1]
    rows = db.execute(select(attendance.c.way)).all()
    assert [way for (way,) in rows] == ["checklist"]
    assert rules.mark(db, OPERATOR, row.id, siti.resident.id, False, now)
    assert db.execute(select(attendance)).all() == []


def test_the_copy_of_ones_data_tells_all_of_it(db: Connection):
    """How somebody was noted, what he said of himself, what he brings and gave."""
    now = SUNDAY.astimezone(UTC) + timedelta(minutes=5)
    siti, row, other = resident_in(db, 301), _plan(db, "d1"), _plan(db, "d2")
    before = now - timedelta(days=1)
    answers = {"kinds": {"choices": ["tools", "food"]}, "words": {"text": "gerobak 1"}}
    contributions.offer(db, siti, row.id, answers, before)
    contributions.tick(db, OPERATOR, row.id, siti.resident.id, "tools", given=True, now=now)
    code = presence.new_code()
    presence.put_code(db, OPERATOR, row.id, code, now=now, zone=ZONE)
    presence.enter(db, siti, code.secret, now, ZONE)
    claims.claim(db, siti, other.id, now, ZONE)
    say = phrases.load()
    copy = Copy(db, say, ZONE).of(siti.telegram_id, now)

    def key(name: str) -> str:
        return say.plain(f"mydata.key.{name}")

    [came_to] = copy[key("came")]
    assert came_to[key("way")] == say.plain("mydata.way.code")
    [claimed] = copy[key("claims")]
    assert claimed[key("title")] == "Bersih parit"
    food, tools = copy[key("brought")]
    assert (food[key("words")], tools[key("words")]) == ("gerobak 1", "gerobak 1")
    assert (food[key("given")], tools[key("given")]) == (None, local(now, ZONE))
    words = [act[key("activity")] for act in copy[key("participation")]]
    assert words == [
        say.plain(f"export.activity.{name}")
        for name in ("tools_offered", "food_offered", "tools_given", "gotong_royong_attended")
    ]
