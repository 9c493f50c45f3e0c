"""Deadlines: working days, what is owed until when, who reads it, what the clock tells."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import (
    ZONE,
    Clock,
    at,
    bot_at_clock,
    clock_at,
    leads,
    lives_here,
    planned,
    ticks,
    wib,
)
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    complaint_in,
    files,
    proposes,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import Connection, select, update
from test_messages import asks

from services import attendance, desk, digests, messages, verdicts
from services import deadlines as rules
from services.deadlines import OWED, Deadlines, Owed
from services.messages import StaffMessage
from services.roles import Actor, Role
from services.tickets import (
    ASPIRATION,
    COMPLAINT,
    MESSAGE,
    OPEN_STATES,
    TYPES,
    State,
    add_to,
    again,
)
from services.workdays import Workdays, public_holidays
from storage import desk as lists
from storage import gotong_royong, residents, tickets
from storage.desk import Pile
from storage.residents import Notice
from storage.tables import outbox, ticket

THURSDAY = wib(11, 26, 9)
MONDAY = wib(11, 30, 8)
DAYS = Workdays(ZONE)
THREE_FIVE = Deadlines(DAYS, verify=3, answer=5, news=5)
STAFF = Actor(77, Role.STAFF)


clock = clock_at(THURSDAY)
bot = bot_at_clock(admin_started=True, quiet={}, deadlines={})


# --- working days ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 27), True),  # a Friday
        (date(2026, 11, 28), False),
        (date(2026, 11, 29), False),
        (date(2026, 12, 25), False),  # Christmas, a Friday
        (date(2027, 1, 1), False),
        (date(2027, 3, 10), False),  # Eid al-Fitr, as it is estimated
        (date(2027, 1, 4), True),
    ],
)
def test_weekends_and_public_holidays_are_no_working_days(day: date, works: bool):
    """As the library of holidays knows them."""
    assert DAYS.is_workday(day) is works


def test_days_off_of_the_kelurahan_come_from_the_settings(tmp_path: Path):
    """Joint leave, which the library does not know, and days of the city."""
    of = {"deadlines": {"holidays": ["2026-12-24"]}}
    days = Workdays.of(settings_for(tmp_path, "http://127.0.0.1:1", **of))
    assert not days.is_workday(date(2026, 12, 24))
    assert days.end_of(wib(12, 23, 9), 1) == wib(12, 28, 23, 59) + timedelta(seconds=59)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (wib(11, 25, 9), 1, wib(11, 26, 23, 59)),
        (wib(11, 26, 23, 30), 3, wib(12, 1, 23, 59)),  # over a weekend
        (wib(11, 28, 9), 1, wib(11, 30, 23, 59)),  # from a Saturday
        (wib(12, 24, 9), 1, wib(12, 28, 23, 59)),  # over Christmas
        (wib(12, 30, 9), 3, wib(1, 6, 23, 59, 2027)),  # over New Year and Isra' Mi'raj
        (wib(11, 27, 0, 30), 1, wib(11, 30, 23, 59)),  # Friday in Jambi, Thursday in UTC
    ],
)
def test_a_deadline_is_the_end_of_a_working_day(start: datetime, days: int, end: datetime):
    """Counted from the day after, by the calendar of the kelurahan."""
    assert DAYS.end_of(start.astimezone(UTC), days) == end + timedelta(seconds=59)


def test_days_late_are_working_days():
    """Saturday and Sunday make nobody later."""
    friday = wib(11, 27, 23, 59)
    found = [DAYS.between(friday, wib(11, 28, 9) + timedelta(days=n)) for n in range(4)]
    assert found == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (date(2026, 11, 30), True),
        (date(2026, 12, 1), False),
        (date(2026, 6, 1), False),  # a Monday, Pancasila Day
        (date(2026, 6, 2), True),
    ],
)
def test_the_first_working_day_opens_the_week(day: date, opens: bool):
    """Monday, or what comes after a holiday."""
    assert DAYS.opens_week(day) is opens


def test_a_broken_day_off_is_told_by_its_key(tmp_path: Path):
    """With all other mistakes of the file."""
    with pytest.raises(ValueError, match=r"deadlines\.holidays\.0"):
        settings_for(tmp_path, "http://127.0.0.1:1", deadlines={"holidays": ["2027-13-01"]})


def test_holidays_are_looked_up_once_a_year():
    """The library is slow beside everything else here."""
    assert public_holidays(2027) is public_holidays(2027)


# --- what is owed ----------------------------------------------------------------------------


def test_every_type_has_its_deadlines_in_open_states_only():
    """Nothing is owed while a resident is asked, and nothing once it is closed."""
    assert set(OWED) == set(TYPES)
    for type_, states in OWED.items():
        assert set(states) <= set(OPEN_STATES) - {State.NEEDS_DATA}, type_
    assert {what for states in OWED.values() for what in states.values()} == set(Owed)


@pytest.mark.parametrize(
    ("type_", "state", "day"),
    [
        (COMPLAINT, State.RECEIVED, 1),
        (COMPLAINT, State.REOPENED, 1),
        (COMPLAINT, State.VERIFIED, 3),
        (COMPLAINT, State.FORWARDED, 3),
        (COMPLAINT, State.NEEDS_DATA, None),
        (MESSAGE, State.RECEIVED, 3),
        (ASPIRATION, State.RECEIVED, 3),
        (ASPIRATION, State.FORWARDED, None),
        (COMPLAINT, State.DONE, None),
    ],
)
def test_each_state_has_its_days(type_: str, state: State, day: int | None):
    """Three working days to check, five to act or answer; from a Thursday to December."""
    due = THREE_FIVE.due_at(type_, state, THURSDAY)
    assert due == (wib(12, day, 23, 59) + timedelta(seconds=59) if day else None)


def test_zero_days_are_no_deadline():
    """For a kelurahan that promises nothing."""
    none = Deadlines(DAYS, verify=0, answer=0, news=0)
    assert not any(none.due_at(type_, state, THURSDAY) for type_ in TYPES for state in State)


def moved(db: Connection, row: Any, state: State, now: datetime, reason: str | None = None) -> Any:
    """Staff moved a ticket, and its deadline is settled."""
    row = desk.move(db, STAFF, row.id, version=row.version, state=state, reason=reason, now=now)
    return rules.settle(db, row, THREE_FIVE, now)


def due_day(row: Any) -> date | None:
    """The day of a deadline in the kelurahan."""
    return row.due_at and row.due_at.astimezone(ZONE).date()


def test_a_move_sets_the_deadline_of_the_new_state(db: Connection):
    """Received, verified, asked, woken, in progress, done, reopened."""
    me = resident_in(db, 301)
    row = complaint_in(db, me, now=THURSDAY)
    row = rules.settle(db, row, THREE_FIVE, THURSDAY)
    assert due_day(row) == date(2026, 12, 1)
    row = moved(db, row, State.VERIFIED, wib(11, 27, 9))
    assert due_day(row) == date(2026, 12, 4)
    row = moved(db, row, State.NEEDS_DATA, wib(11, 30, 9), "di mana?")
    assert row.due_at is None
    now = wib(12, 10, 9)
    row = add_to(db, me, row.number, words="di sini", voices=(), photos=(), now=now)
    row = rules.settle(db, row, THREE_FIVE, now)
    assert (row.state, due_day(row)) == (State.RECEIVED, date(2026, 12, 15))
    row = moved(db, row, State.IN_PROGRESS, wib(12, 11, 9))
    assert due_day(row) == date(2026, 12, 18)
    row = moved(db, row, State.DONE, wib(12, 14, 9))
    assert row.due_at is None
    row = verdicts.give(db, me, row.number, good=False, now=wib(12, 15, 9)).ticket
    assert due_day(rules.settle(db, row, THREE_FIVE, wib(12, 15, 9))) == date(2026, 12, 18)


def test_words_of_staff_renew_news_and_nothing_else(db: Connection):
    """A check that is owed stays owed, whatever is written meanwhile; so it does when a resident
    adds to what waits."""
    me = resident_in(db, 301)
    row = rules.settle(db, complaint_in(db, me, now=THURSDAY), THREE_FIVE, THURSDAY)
    later = wib(11, 30, 9)
    assert due_day(rules.renew(db, row, THREE_FIVE, later)) == date(2026, 12, 1)
    row = add_to(db, me, row.number, words="lagi", voices=(), photos=(), now=later)
    assert due_day(rules.settle(db, row, THREE_FIVE, later)) == date(2026, 12, 1)
    row = moved(db, row, State.IN_PROGRESS, THURSDAY)
    assert due_day(row) == date(2026, 12, 3)
    assert due_day(rules.renew(db, row, THREE_FIVE, later)) == date(2026, 12, 7)


def test_tickets_from_before_get_their_deadline_from_now_on(db: Connection):
    """Nothing is late at once, and who has one keeps it; closed ones and those that wait for the
    resident get none."""
    me, long_ago = resident_in(db, 301), wib(3, 2, 9)
    old, asked, done = (complaint_in(db, me, now=long_ago) for _ in range(3))
    wish = aspiration_in(db, me, now=long_ago)
    tickets.move(db, asked.id, version=0, state=State.NEEDS_DATA, now=long_ago)
    tickets.move(db, done.id, version=0, state=State.DONE, now=long_ago)
    promised = rules.settle(db, complaint_in(db, me, now=long_ago), THREE_FIVE, long_ago)
    assert rules.unsettled(db, THREE_FIVE, THURSDAY)
    rules.settle_all(db, THREE_FIVE, THURSDAY)
    assert rules.unsettled(db, THREE_FIVE, THURSDAY) == []
    found = [due_day(again(db, row.id)) for row in (old, asked, done, wish, promised)]
    assert found == [date(2026, 12, 1), None, None, date(2026, 12, 3), date(2026, 3, 5)]


def test_deadlines_that_were_switched_off_are_taken_away(db: Connection):
    """Of those states only."""
    me = resident_in(db, 301)
    row = rules.settle(db, complaint_in(db, me, now=THURSDAY), THREE_FIVE, THURSDAY)
    wish = rules.settle(db, aspiration_in(db, me, now=THURSDAY), THREE_FIVE, THURSDAY)
    rules.settle_all(db, Deadlines(DAYS, verify=0, answer=5, news=5), THURSDAY)
    assert again(db, row.id).due_at is None
    assert again(db, wish.id).due_at == wish.due_at


def test_the_pile_of_what_is_late(db: Connection):
    """Open and past its deadline, the longest overdue first; by type and RT like every other."""
    me = resident_in(db, 301)
    ids = {}
    for name, day, rt in (("first", 24, "03"), ("second", 23, "05"), ("fine", 30, "03")):
        row = complaint_in(db, me, now=THURSDAY, rt=rt)
        db.execute(update(ticket).where(ticket.c.id == row.id).values(due_at=wib(11, day, 12)))
        ids[name] = row.id
    complaint_in(db, me, now=THURSDAY)  # without a deadline
    closed = complaint_in(db, me, now=THURSDAY)
    db.execute(update(ticket).where(ticket.c.id == closed.id).values(due_at=wib(11, 2, 12)))
    tickets.move(db, closed.id, version=0, state=State.WITHDRAWN, now=THURSDAY)
    pile = Pile(OPEN_STATES, late_at=THURSDAY)
    found = lists.at_desk(db, pile, types=TYPES, rts=None, limit=9)
    assert [row.id for row in found] == [ids["second"], ids["first"]]
    assert lists.count_at_desk(db, pile, types=TYPES, rts=["03"]) == 1


# --- what a resident reads -------------------------------------------------------------------


async def test_a_resident_is_told_until_when(bot: Bot, siti: Warga):
    """Under the confirmation and in the list of his own, in full; a proposal and a message too."""
    await agrees(siti)
    await files(siti)
    check = bot.phrase("deadline.target.check", day="Selasa, 1 Desember 2026")
    assert siti.message["text"].endswith(check)
    await siti.taps("report.button.open")
    assert check in siti.message["text"]
    await proposes(siti)
    read = bot.phrase("deadline.target.read", day="Kamis, 3 Desember 2026")
    assert siti.message["text"].endswith(read)
    await asks(siti, "kapan kantor buka?")
    answer = bot.phrase("deadline.target.answer", day="Kamis, 3 Desember 2026")
    assert siti.message["text"].endswith(answer)


async def test_what_was_promised_and_missed_is_said(bot: Bot, clock: Clock, siti: Warga):
    """With the way to ask; the day itself is not late yet."""
    await agrees(siti)
    number = await files(siti)
    missed = bot.phrase("deadline.missed", day="Selasa, 1 Desember 2026")
    ask = bot.phrase("message.button.ask")
    clock.to(wib(12, 1, 23, 30))
    await siti.sends(f"/laporan {number}")
    assert missed not in siti.sees
    assert ask not in siti.buttons
    clock.to(wib(12, 2, 7))
    await siti.sends(f"/laporan {number}")
    assert missed in siti.sees
    assert ask in siti.buttons
    await siti.taps("message.button.ask")
    assert siti.sees.startswith(bot.phrase("message.words.question", about=""))


async def staff_moved(bot: Bot, number: str, state: State, reason: str | None = None) -> None:
    """Staff moved a ticket, and its deadline was settled."""

    def work(db: Connection) -> None:
        row = tickets.by_number(db, number)
        assert row is not None
        moved(db, row, state, datetime.now(UTC), reason)

    await writes(bot, work)


async def test_what_a_resident_completes_is_due_again(bot: Bot, clock: Clock, siti: Warga):
    """It waits to be checked from then on; while it waited for him nothing was owed."""
    await agrees(siti)
    number = await files(siti)
    await staff_moved(bot, number, State.NEEDS_DATA, "di mana?")
    assert bot.rows(select(ticket.c.due_at)) == [(None,)]
    clock.to(wib(12, 14, 9))
    await siti.sends("di depan masjid")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await siti.taps("report.button.open")
    assert (
        bot.phrase("deadline.target.check", day="Kamis, 17 Desember 2026") in siti.message["text"]
    )


async def test_who_says_that_it_is_not_fixed_hears_until_when(bot: Bot, clock: Clock, siti: Warga):
    """It is checked again, and the day stands under the answer."""
    await agrees(siti)
    number = await files(siti)
    await staff_moved(bot, number, State.IN_PROGRESS)
    await staff_moved(bot, number, State.DONE)
    clock.to(wib(12, 14, 9))
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.not_fixed")
    await siti.taps("form.button.skip")
    check = bot.phrase("deadline.target.check", day="Kamis, 17 Desember 2026")
    assert siti.message["text"].endswith(check)


async def test_a_changed_proposal_is_read_anew(bot: Bot, clock: Clock, siti: Warga):
    """Staff have all their days for what it says now."""
    await agrees(siti)
    number = await proposes(siti)
    clock.to(wib(12, 1, 9))
    await siti.sends(f"/laporan {number}")
    await siti.taps("aspiration.button.edit")
    await siti.taps("aspiration.description.button.edit")
    await siti.sends("mohon dua lampu jalan")
    await siti.taps("form.button.send")
    read = bot.phrase("deadline.target.read", day="Selasa, 8 Desember 2026")
    assert siti.message["text"].endswith(read)


# --- what staff read -------------------------------------------------------------------------


async def staff(bot: Bot, number: int = 77, name: str = "Wati") -> Warga:
    """A clerk who has pressed Start."""
    person = bot.person(number, name)
    await person.sends("/start")
    await becomes(person, Role.STAFF)
    return person


async def test_staff_see_until_when_and_how_late(bot: Bot, clock: Clock, siti: Warga):
    """On the card that was sent, in the list and on the ticket; a move counts anew."""
    wati = await staff(bot)
    await agrees(siti)
    number = await files(siti)
    until = bot.phrase("deadline.until", day="Sel, 1 Des")
    assert until in wati.sees
    await wati.sends("/staf")
    assert wati.sees.splitlines()[-1].endswith(bot.phrase("deadline.in_line", said=until))
    clock.to(wib(12, 3, 9))
    late = bot.phrase("deadline.late", days=2)
    await wati.sends("/staf")
    assert wati.sees.splitlines()[-1].endswith(bot.phrase("deadline.in_line", said=late))
    await wati.taps("desk.button.group.late")
    assert bot.phrase("desk.group.late") in wati.message["text"]
    await wati.taps(f"{number} {bot.phrase('short.state.diterima')}")
    assert {until, late} <= set(wati.message["text"].splitlines())
    await wati.taps(f"desk.button.move.{State.VERIFIED}")
    assert late not in wati.message["text"]
    assert bot.phrase("deadline.until", day="Kam, 10 Des") in wati.message["text"]
    await wati.taps("desk.button.list")
    assert number not in wati.message["text"]


async def test_a_weekend_is_late_without_days(bot: Bot, clock: Clock, siti: Warga):
    """Due on Friday: on Saturday there is nothing to count yet."""
    wati = await staff(bot)
    await agrees(siti)
    await files(siti)
    await writes(bot, lambda db: db.execute(update(ticket).values(due_at=wib(11, 27, 23, 59))))
    clock.to(wib(11, 28, 9))
    await wati.sends("/staf")
    just = bot.phrase("deadline.just_late")
    assert wati.sees.splitlines()[-1].endswith(bot.phrase("deadline.in_line", said=just))


# --- the morning -----------------------------------------------------------------------------


def told(bot: Bot, name: str) -> list[tuple[int, str]]:
    """To whom the clock told something, and in which state it is."""
    query = select(outbox.c.chat_id, outbox.c.state).where(outbox.c.key.startswith(name))
    return [(chat, state) for chat, state in bot.rows(query.order_by(outbox.c.id))]


async def late_ones(bot: Bot, count: int, due: datetime) -> None:
    """So many complaints of RT 03, each due a minute after the other."""

    def work(db: Connection) -> None:
        me = resident_in(db, 301, "Siti")
        for number in range(count):
            row = complaint_in(db, me, description="rahasia", landmark="rumah Pak Dul")
            due_at = due + timedelta(minutes=number)
            db.execute(update(ticket).where(ticket.c.id == row.id).values(due_at=due_at))

    await writes(bot, work)


async def test_what_is_late_is_told_each_morning_once(bot: Bot, clock: Clock):
    """Eight o'clock, to all who handle tickets, the oldest five; nobody's words; it opens them."""
    wati, dewi = await staff(bot), await staff(bot, 78, "Dewi")
    await leads(bot, 55, "03")
    await late_ones(bot, 6, wib(11, 26, 9))
    await at(bot, clock, wib(11, 27, 7, 59))
    assert told(bot, "digest:late") == []
    await at(bot, clock, wib(11, 27, 8))
    await ticks(bot)
    assert told(bot, "digest:late") == [(99, "sent"), (77, "sent"), (78, "sent")]
    kind = bot.phrase("complaint.kind.choice.blocked")
    lines = [
        bot.phrase("digest.late_one", number=f"DRN-2026-000{n}", kind=kind, place="RT 03", days=1)
        for n in range(1, 6)
    ]
    assert wati.sees == "\n".join([bot.phrase("digest.late", count=6), "", *lines])
    assert dewi.sees == wati.sees
    await wati.taps("digest.button.all_late")
    assert bot.phrase("desk.list", group=bot.phrase("desk.group.late"), count=6,
                      type=bot.phrase("desk.type.x"), rt=bot.phrase("desk.all_rts"),
                      ).splitlines()[0] in wati.message["text"]  # fmt: skip
    await dewi.taps("digest.button.late_one", number="DRN-2026-0002", n=1)
    assert "rumah Pak Dul" in dewi.message["text"]
    await at(bot, clock, wib(11, 28, 8))  # Saturday
    await at(bot, clock, MONDAY)
    assert [chat for chat, _ in told(bot, "digest:late")].count(77) == 2


async def test_no_morning_over_christmas(bot: Bot, clock: Clock):
    """A Friday that is a holiday is no working day."""
    await staff(bot)
    await late_ones(bot, 1, wib(12, 22, 9))
    await at(bot, clock, wib(12, 25, 8))
    assert told(bot, "digest:late") == []
    await at(bot, clock, wib(12, 28, 8))
    assert (77, "sent") in told(bot, "digest:late")


async def test_nothing_late_is_nothing_said(bot: Bot, clock: Clock):
    """And what becomes late during the day waits for the next morning."""
    await staff(bot)
    await late_ones(bot, 1, wib(11, 27, 9))
    await at(bot, clock, wib(11, 27, 8, 1))
    await at(bot, clock, wib(11, 27, 11))
    assert told(bot, "digest:late") == []


@pytest.mark.parametrize(("minute", "comes"), [(59, True), (0, False)])
async def test_a_morning_that_was_missed_is_told_until_noon(
    bot: Bot, clock: Clock, minute: int, comes: bool
):
    """After downtime; later it is dropped."""
    await staff(bot)
    await late_ones(bot, 1, wib(11, 25, 9))
    await at(bot, clock, wib(11, 30, 11 if comes else 12, minute))
    assert ((77, "sent") in told(bot, "digest:late")) is comes


async def test_the_clock_gives_deadlines_to_old_tickets(bot: Bot, clock: Clock):
    """Filed before there were any, they are not late at once."""
    await staff(bot)
    await writes(bot, lambda db: complaint_in(db, resident_in(db, 301), now=wib(3, 2, 9)))
    await at(bot, clock, wib(11, 27, 8))
    [(due_at,)] = bot.rows(select(ticket.c.due_at))
    assert due_at == wib(12, 2, 23, 59) + timedelta(seconds=59)
    assert told(bot, "digest:late") == []


# --- the week of an RT head ------------------------------------------------------------------


async def test_an_rt_head_reads_his_week(bot: Bot, clock: Clock, siti: Warga, budi: Warga):
    """What came, was closed, judged, waits and is late; gotong royong past and ahead; his RT."""
    head = await leads(bot, 55, "03")
    await lives_here(bot, 301, "Siti", "03")
    await lives_here(bot, 501, "Budi", "05")

    def work(db: Connection) -> None:
        me, other = resident_in(db, 301), resident_in(db, 501, rt="05")
        done, late = complaint_in(db, me, now=THURSDAY), complaint_in(db, me, now=THURSDAY)
        aspiration_in(db, me, now=wib(11, 23, 0, 1))
        complaint_in(db, me, now=wib(11, 22, 23))  # the week before
        complaint_in(db, other, now=THURSDAY, rt="05")
        told = StaffMessage(rt="03", description="halo", voices=(), photos=())
        messages.file(db, me, told, draft_id="m1", year=2026, now=THURSDAY)
        done = moved(db, done, State.IN_PROGRESS, THURSDAY)
        moved(db, done, State.DONE, THURSDAY)
        verdicts.give(db, me, done.number, good=True, now=THURSDAY)
        db.execute(update(ticket).where(ticket.c.id == late.id).values(due_at=THURSDAY))

    await writes(bot, work)
    past = await planned(bot, "g1", starts_at=wib(11, 29, 7).astimezone(UTC))
    ahead = await planned(
        bot, "g2", starts_at=wib(12, 6, 7).astimezone(UTC), rts=None, title="Jumat"
    )
    await planned(bot, "g3", starts_at=wib(12, 6, 7).astimezone(UTC), rts=("05",), title="Lain")

    def answers(db: Connection) -> None:
        for number, rt in ((301, "03"), (501, "05")):
            attendance.answer(db, resident_in(db, number, rt=rt), ahead, "come", THURSDAY)
        resident = residents.by_telegram_id(db, 301)
        assert resident is not None
        gotong_royong.tick(db, past, resident.id, by=55, way="checklist", now=THURSDAY)

    await writes(bot, answers)
    await at(bot, clock, wib(11, 30, 7, 59))
    assert told(bot, "digest:week") == []
    await at(bot, clock, MONDAY)
    await ticks(bot)
    assert told(bot, "digest:week") == [(55, "sent")]
    p = bot.phrase
    assert head.sees.split("\n\n") == [
        p("digest.week", rts="RT 03", first="Sen, 23 Nov", last="Min, 29 Nov"),
        "\n".join(
            [p("digest.week.new", reports=2, wishes=1), p("digest.week.closed", count=1),
             p("digest.week.judged", fixed=1, not_fixed=0)]
        ),
        "\n".join([p("digest.week.open", count=3), p("digest.week.late", count=1)]),
        "\n".join(
            [p("digest.week.past"),
             p("digest.week.past_one", title="Bersih parit", day="Min, 29 Nov", count=1)]
        ),
        "\n".join(
            [p("digest.week.ahead"),
             p("digest.week.ahead_one", title="Jumat", day="Min, 6 Des", count=1)]
        ),
        p("digest.week.thanks"),
    ]  # fmt: skip
    await head.taps("digest.button.rt", number="03")
    assert len(re.findall(r"(DRN|ASP)-2026", head.message["text"])) == 3
    await at(bot, clock, wib(12, 1, 8))
    assert len(told(bot, "digest:week")) == 1


async def test_a_week_begins_after_its_holidays(bot: Bot, clock: Clock):
    """Monday the first of June 2026 is Pancasila Day: Tuesday it is."""
    await leads(bot, 55, "03")
    clock.to(wib(5, 28, 9))
    await writes(bot, lambda db: complaint_in(db, resident_in(db, 301)))
    await at(bot, clock, wib(6, 1, 8))
    assert told(bot, "digest:week") == []
    await at(bot, clock, wib(6, 2, 17, 30))
    assert told(bot, "digest:week") == [(55, "sent")]


async def test_a_calm_week_is_said_once(bot: Bot, clock: Clock):
    """Then it is quiet until there is something again; a new kelurahan hears nothing at all."""
    head = await leads(bot, 55, "03")
    await at(bot, clock, MONDAY)
    assert told(bot, "digest:week") == []

    def work(db: Connection) -> None:
        me = resident_in(db, 301)
        row = complaint_in(db, me)
        tickets.move(db, row.id, version=0, state=State.WITHDRAWN, now=row.created_at)

    await writes(bot, work)
    await at(bot, clock, wib(12, 7, 8))
    assert bot.phrase("digest.week.new", reports=1, wishes=0) in head.sees
    await at(bot, clock, wib(12, 14, 8))
    assert head.sees == bot.phrase("digest.calm", rts="RT 03")
    await at(bot, clock, wib(12, 21, 8))
    assert len(told(bot, "digest:week")) == 2


@pytest.mark.parametrize("why", ["muted", "inactive"])
async def test_an_rt_head_who_wants_no_news_gets_none(bot: Bot, clock: Clock, why: str):
    """Nor one who blocked the bot."""
    await leads(bot, 55, "03")

    def work(db: Connection) -> None:
        complaint_in(db, resident_in(db, 301), now=THURSDAY)
        me = resident_in(db, 55).resident
        assert me is not None
        if why == "muted":
            residents.set_wants(db, me.id, list(Notice), False)
        else:
            residents.set_inactive(db, 55, "blocked")

    await writes(bot, work)
    await at(bot, clock, MONDAY)
    assert told(bot, "digest:week") == []


def test_weeks_are_those_of_the_kelurahan(db: Connection):
    """Sunday at 23.59 in Jambi is last week; on both engines."""
    me = resident_in(db, 301)
    for moment in (wib(11, 22, 23, 59), wib(11, 23, 0), wib(11, 29, 23, 59), wib(11, 30, 0)):
        complaint_in(db, me, now=moment)
    last = digests.week_of(db, ("03",), DAYS, MONDAY)
    assert (last.reports, last.open, last.matters) == (2, 4, True)
    assert digests.week_of(db, ("03",), DAYS, MONDAY, ago=2).reports == 1
    assert not digests.week_of(db, ("05",), DAYS, MONDAY).matters
