"""Reminders: when they are due, whom they reach, what quiet hours, downtime and kills do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
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
    planned,
    ticks,
    wanted,
    wib,
)
from conftest import Bot, resident_in, settings_for, writes
from sqlalchemy import Connection, select

from config import Quiet
from services import gotong_royong as rules
from services import reminders as due
from services.attendance import ANSWERS, answer
from services.quiet import QuietHours
from services.reminders import CHUNK, Kind, moments, next_batch
from services.roles import OPERATOR
from storage import gotong_royong, reminders, residents
from storage.tables import outbox, reminder

QUIET = QuietHours(Quiet().night_span, Quiet().friday_span, ZONE)
NOW = START.astimezone(UTC)
EVENING = wib(11, 28, 18, 30)


clock = clock_at(NOW)
bot = bot_at_clock(quiet={})


# --- when ------------------------------------------------------------------------------------


def test_three_moments_by_the_local_clock():
    """Three days before at the same hour, the evening before at 18.30, two hours before."""
    found = {kind: at.astimezone(ZONE) for kind, at in moments(SUNDAY, QUIET).items()}
    assert found == {
        Kind.DAYS3: wib(11, 26, 7),
        Kind.EVENING: EVENING,
        Kind.HOURS2: wib(11, 29, 5),
    }


def scheduled(db: Connection, starts_at: datetime, now: datetime = NOW) -> dict[str, datetime]:
    """The reminders of an event that was planned just now, by the local clock."""
    new = wanted(starts_at=starts_at.astimezone(UTC))
    row = rules.plan(db, OPERATOR, new, draft_id="d1", now=now, quiet=QUIET)
    found = db.execute(select(reminder).where(reminder.c.occurrence_id == row.id))
    return {r.kind: r.due_at.astimezone(ZONE) for r in found if r.kind != Kind.INVITE}


@pytest.mark.parametrize(
    ("starts_at", "last"),
    [
        (wib(11, 29, 9), wib(11, 29, 7)),  # not quiet
        (wib(11, 29, 7), wib(11, 29, 6)),  # 5.00 is quiet: at its end
        (wib(11, 29, 6, 30), wib(11, 29, 6)),  # half an hour is enough
        (wib(11, 29, 6, 29), None),  # less is not
        (wib(11, 27, 13, 30), None),  # 11.30 on a Friday: 13.15 is too near
        (wib(11, 27, 13, 45), wib(11, 27, 13, 15)),
        (wib(11, 28, 13, 30), wib(11, 28, 11, 30)),  # no Friday
    ],
)
def test_quiet_hours_move_a_reminder_or_drop_it(
    db: Connection, starts_at: datetime, last: datetime | None
):
    """The one of two hours before; the others are not quiet here."""
    assert scheduled(db, starts_at).get(Kind.HOURS2) == last


def test_what_was_past_when_it_was_planned_is_not_reminded(db: Connection):
    """The invitation says it all."""
    assert set(scheduled(db, START + timedelta(days=2))) == {Kind.EVENING, Kind.HOURS2}


def test_an_event_in_an_hour_has_an_invitation_only(db: Connection):
    """All three moments went by."""
    assert scheduled(db, START + timedelta(hours=1)) == {}


# --- to whom ----------------------------------------------------------------------------------


async def test_each_reminder_reaches_those_it_concerns(bot: Bot, clock: Clock):
    """Not who cannot come, blocked the bot or was blocked; the last one only who takes part."""
    people = {
        name: await lives_here(bot, 301 + n, name, "03")
        for n, name in enumerate(("come", "help", "cannot", "silent", "inactive", "blocked"))
    }
    neighbour = await lives_here(bot, 501, "Tono", "05")

    def away(db: Connection) -> None:
        residents.set_inactive(db, people["inactive"].id, "blocked")
        residents.set_blocked(db, residents.by_telegram_id(db, people["blocked"].id).id, True)

    await writes(bot, away)
    await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    for name in ("come", "help", "cannot"):
        await people[name].taps(f"gotong_royong.button.{name}")
    for moment in (wib(11, 26, 9), EVENING, wib(11, 29, 7)):
        await at(bot, clock, moment - timedelta(seconds=30))
        before = kinds_to(bot, people["come"])
        await at(bot, clock, moment)
        assert len(kinds_to(bot, people["come"])) == len(before) + 1
        await ticks(bot)  # a second tick tells nobody twice
    all_ = ["invite", "days3", "evening", "hours2"]
    told = {name: kinds_to(bot, person) for name, person in people.items()}
    assert told == {
        "come": all_, "help": all_, "cannot": all_[:1], "silent": all_[:3],
        "inactive": [], "blocked": [],
    }  # fmt: skip
    assert kinds_to(bot, neighbour) == []
    assert bot.phrase("reminder.late") not in "".join(people["come"].texts)
    assert "Minggu, 29 November 2026 pukul 09.00 WIB" in people["come"].sees


async def test_who_answered_is_not_asked_again(bot: Bot, clock: Clock):
    """The reminder says what was answered and marks it; it can still be changed."""
    people = {a: await lives_here(bot, 301 + n, a, "03") for n, a in enumerate((*ANSWERS, "none"))}
    number = await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    for answer_ in ANSWERS:
        await people[answer_].taps(f"gotong_royong.button.{answer_}")
    await at(bot, clock, wib(11, 26, 9))
    for answer_ in ("come", "help"):
        said = bot.phrase(f"reminder.answered.{answer_}")
        assert people[answer_].sees.endswith(said)
        label = bot.phrase(f"gotong_royong.button.{answer_}")
        assert bot.phrase("form.choice.chosen", label=label) in people[answer_].buttons
        assert len(people[answer_].buttons) == len(ANSWERS) + 2  # what he brings, the calendar
    assert people["none"].sees.endswith(bot.phrase("reminder.ask"))
    assert not any("✅" in label for label in people["none"].buttons)
    await people["come"].taps("gotong_royong.button.help")
    assert people["come"].notice == bot.phrase("gotong_royong.answered.help")

    def moves(db: Connection) -> None:
        change, now = rules.Change(starts_at=wib(11, 30, 9).astimezone(UTC)), datetime.now(UTC)
        rules.change(
            db, OPERATOR, number, change, whole=False, draft_id="d2", now=now, quiet=QUIET
        )

    await writes(bot, moves)
    await ticks(bot)
    assert people["cannot"].sees.endswith(bot.phrase("reminder.answered.cannot"))
    assert people["none"].sees.endswith(bot.phrase("reminder.ask"))


# --- late --------------------------------------------------------------------------------------


async def test_a_late_reminder_says_so(bot: Bot, clock: Clock):
    """Down at half past six, up again at eight in the evening."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    await at(bot, clock, wib(11, 28, 20))
    assert kinds_to(bot, siti) == ["invite", "evening"]
    assert bot.phrase("reminder.late") in siti.sees


async def test_what_was_due_in_the_night_waits_for_the_morning(bot: Bot, clock: Clock):
    """Down until ten in the evening: nothing then, at six it comes, and says that it is late."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    await at(bot, clock, wib(11, 28, 22))
    assert kinds_to(bot, siti) == ["invite"]
    await at(bot, clock, wib(11, 29, 6, 1))
    assert kinds_to(bot, siti) == ["invite", "evening"]
    assert bot.phrase("reminder.late") in siti.sees


async def test_after_downtime_everybody_gets_one_reminder(bot: Bot, clock: Clock):
    """Down from Thursday to Sunday, when all three are due: the last for which one is meant."""
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 302, "Tono", "03")
    await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    await siti.taps("gotong_royong.button.come")
    await at(bot, clock, wib(11, 29, 7, 30))
    assert kinds_to(bot, siti) == ["invite", "hours2"]  # for those who take part
    assert kinds_to(bot, tono) == ["invite", "evening"]
    assert bot.rows(select(reminder).where(reminder.c.done_at.is_(None))) == []


async def test_what_is_too_near_by_the_morning_is_dropped(bot: Bot, clock: Clock):
    """An event at a quarter past six, and a night without the bot."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, starts_at=wib(11, 29, 6, 15).astimezone(UTC))
    await ticks(bot)
    await at(bot, clock, wib(11, 28, 22))
    await at(bot, clock, wib(11, 29, 6, 1))
    assert kinds_to(bot, siti) == ["invite"]


async def test_nothing_reminds_of_what_has_begun(bot: Bot, clock: Clock):
    """Downtime from Thursday to Sunday noon."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot)
    await ticks(bot)
    await at(bot, clock, SUNDAY + timedelta(hours=5))
    assert kinds_to(bot, siti) == ["invite"]
    ours = reminder.c.kind.in_([*Kind])
    assert bot.rows(select(reminder).where(reminder.c.done_at.is_(None), ours)) == []


async def test_what_waits_too_long_in_the_outbox_is_not_sent(bot: Bot, clock: Clock):
    """Queued before a stop, found after the event: given up, and it blocks nothing behind it."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot)
    await ticks(bot)
    await bot.stop()
    with_rows = settings_for(Path(bot.settings.media.folder).parent, bot.simulator.url)
    call = {"chat_id": siti.id, "text": "basi"}
    next_one = {"chat_id": siti.id, "text": "segar"}

    def queue(db: Connection) -> None:
        now, start = datetime.now(UTC), SUNDAY.astimezone(UTC)
        reminders.queue(db, [call], key="reminder:1:x:0", not_after=start, now=now)
        reminders.queue(db, [next_one], key="reminder:1:y:0", not_after=None, now=now)

    clock.to(SUNDAY - timedelta(hours=9))  # Saturday at ten: quiet
    bot.settings = with_rows.model_copy(update={"quiet": Quiet()})
    await bot.start()
    await writes(bot, queue)
    clock.to(SUNDAY + timedelta(seconds=1))
    await bot.settles()
    assert "segar" in siti.texts
    assert "basi" not in siti.texts
    row = bot.rows(select(outbox).where(outbox.c.key.startswith("reminder:1:x")))[0]
    assert (row.state, row.error) == ("failed", "too late")


# --- on both engines: chunks, kills, versions -------------------------------------------------


def many(db: Connection, count: int, rt: str = "03") -> list[int]:
    """So many residents; their Telegram ids."""
    ids = [10_000 + n for n in range(count)]
    for number in ids:
        resident_in(db, number, f"Warga {number}", rt)
    return ids


def plan(db: Connection, **changes: Any) -> Any:
    """An event in ten days."""
    return rules.plan(db, OPERATOR, wanted(**changes), draft_id="d1", now=NOW, quiet=QUIET)


def put(db: Connection, batch: due.Batch, now: datetime) -> None:
    """Queue a chunk, as the clock does."""
    calls = [{"chat_id": chat, "text": batch.kind} for chat in batch.chats]
    reminders.queue(db, calls, key=batch.key, not_after=batch.not_after, now=now)


def chats(db: Connection, kind: str) -> list[int]:
    """Who has something of that kind in the outbox."""
    query = select(outbox.c.chat_id).where(outbox.c.key.contains(f":{kind}:"))
    return sorted(db.scalars(query))


def test_many_are_told_in_chunks_each_once(db: Connection):
    """Also if the process dies between a chunk and its commit, and whatever is repeated."""
    ids = many(db, 2 * CHUNK + 7)
    plan(db)
    sizes = []
    for number in range(9):
        died = db.begin_nested()
        batch = next_batch(db, NOW, QUIET)
        if batch is None:
            break
        put(db, batch, NOW)
        if number == 1:
            died.rollback()
            continue
        died.commit()
        sizes.append(len(batch.chats))
        put(db, batch, NOW)  # a second time: nothing is added
    assert sizes == [CHUNK, CHUNK, 7]
    assert chats(db, "invite") == ids
    assert next_batch(db, NOW, QUIET) is None


def test_a_whole_chunk_is_not_the_end(db: Connection):
    """The chunk after it is empty and closes the reminder."""
    many(db, CHUNK)
    plan(db)
    first, second = next_batch(db, NOW, QUIET), next_batch(db, NOW, QUIET)
    assert first is not None
    assert second is not None
    assert (len(first.chats), len(second.chats)) == (CHUNK, 0)
    assert next_batch(db, NOW, QUIET) is None


def test_a_reminder_is_noted_once_per_version(db: Connection):
    """The database sees to it."""
    row = plan(db)
    with pytest.raises(Exception, match=r"(?i)unique"), db.begin_nested():
        due.tell(db, row.id, 0, Kind.INVITE, NOW)
    due.tell(db, row.id, 1, Kind.INVITE, NOW)


def test_a_change_gives_up_what_is_queued_of_that_occurrence_only(db: Connection):
    """What was sent stays sent; what waits of another one goes out."""
    ids = many(db, 3)
    row, other = plan(db), None
    other = rules.plan(db, OPERATOR, wanted(), draft_id="d2", now=NOW, quiet=QUIET)
    for _ in range(2):
        batch = next_batch(db, NOW, QUIET)
        assert batch is not None
        put(db, batch, NOW)
    first = select(outbox.c.id).where(outbox.c.chat_id == ids[0]).order_by(outbox.c.id).limit(1)
    db.execute(outbox.update().where(outbox.c.id == db.scalar(first)).values(state="sent"))
    change = rules.Change(starts_at=wib(11, 30, 7).astimezone(UTC))
    rules.change(db, OPERATOR, row.id, change, whole=False, draft_id="d3", now=NOW, quiet=QUIET)
    states = {(str(r.key).split(":")[1], r.chat_id): r.state for r in db.execute(select(outbox))}
    assert [states[str(row.id), chat] for chat in ids] == ["sent", "failed", "failed"]
    assert [states[str(other.id), chat] for chat in ids] == ["queued"] * 3
    batch = next_batch(db, NOW, QUIET)
    assert batch is not None
    assert (batch.kind, len(batch.chats)) == (Kind.MOVED, 3)


def test_what_speaks_of_an_older_version_is_told_to_nobody(db: Connection):
    """Even if its row was left open."""
    many(db, 3)
    row = plan(db)
    gotong_royong.cancel(db, row, "hujan")
    batch = next_batch(db, NOW, QUIET)
    assert batch is not None
    assert not batch.chats


def test_changes_are_queued_in_quiet_hours_too(db: Connection):
    """The sender holds them; the invitation waits for the end."""
    many(db, 3)
    row = plan(db)
    night = wib(11, 19, 22).astimezone(UTC)
    assert next_batch(db, night, QUIET) is None
    rules.cancel(db, OPERATOR, row.id, reason="hujan", whole=False, now=night)
    batch = next_batch(db, night, QUIET)
    assert batch is not None
    assert (batch.kind, len(batch.chats), batch.not_after) == (Kind.CANCELLED, 3, None)


@pytest.mark.parametrize(
    ("starts_at", "now", "minutes"),
    [
        (wib(11, 29, 9), wib(11, 28, 20, 59), 0),  # it may wait until six
        (wib(11, 29, 6, 30), wib(11, 28, 20, 59), 0),
        (wib(11, 29, 6, 29), wib(11, 28, 20, 59), 30),  # at six it would be too near
        (wib(11, 29, 5), wib(11, 28, 20, 59), 30),
        (wib(11, 29, 6, 29), wib(11, 29, 6, 1), 0),  # late, and it has not to wait
    ],
)
def test_what_quiet_hours_hold_too_long_is_given_up(
    db: Connection, starts_at: datetime, now: datetime, minutes: int
):
    """A reminder that was queued in the last minute of the evening."""
    many(db, 1)
    plan(db, starts_at=starts_at.astimezone(UTC))
    db.execute(reminder.update().where(reminder.c.kind != Kind.EVENING).values(done_at=NOW))
    batch = next_batch(db, now.astimezone(UTC), QUIET)
    assert batch is not None
    assert batch.not_after == starts_at - timedelta(minutes=minutes)


def test_an_answer_between_two_chunks_counts(db: Connection):
    """Who says no while others are being told is not reminded."""
    ids = many(db, CHUNK + 1)
    row = plan(db)
    assert next_batch(db, NOW, QUIET) is not None
    last = resident_in(db, ids[-1])
    answer(db, last, row.id, "cannot", NOW)
    batch = next_batch(db, NOW, QUIET)
    assert batch is not None
    assert not batch.chats


def test_a_plan_of_one_draft_is_one_plan(db: Connection):
    """And invites once."""
    many(db, 1)
    assert plan(db).id == plan(db).id
    assert next_batch(db, NOW, QUIET) is not None
    assert next_batch(db, NOW, QUIET) is None
