"""What gotong royong achieved comes back: asked, kept, thanked for, told to the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calendar_rig import (
    MANY_MESSAGES,
    START,
    SUNDAY,
    ZONE,
    Clock,
    at,
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
from conftest import Bot, Warga, picture, resident_in, writes
from sqlalchemy import select, update

from config import Retention
from services import attendance, outcome, retention
from services import gotong_royong as rules
from services.attendance import TICKING
from services.outcome import Kind, Moment
from services.quiet import QuietHours
from services.roles import OPERATOR
from simulator import Simulator
from storage import gotong_royong, residents
from storage.residents import Notice
from storage.tables import audit, occurrence, occurrence_media, reminder
from storage.tables import outbox as outbox_table

GROUP = -1003
EVENING, MORNING = wib(11, 29, 18, 31), wib(11, 30, 9, 1)
RESULT = "parit 40 m bersih, 12 karung sampah"


clock = clock_at(START)
bot = bot_at_clock(group=GROUP, quiet={}, limits=MANY_MESSAGES)


@pytest.fixture
async def head(bot: Bot) -> Warga:
    """The RT head who plans."""
    return await leads(bot, 700, "03")


async def plans(head: Warga, **answers: str) -> int:
    """The RT head plans gotong royong for Sunday at seven; gives the occurrence."""
    await head.sends("/kegiatan")
    await head.taps("activity.button.new")
    await head.sends("Bersih parit")
    await head.sends("29 November jam 7 pagi")
    await head.sends("depan masjid")
    await head.taps("form.button.skip")
    await head.taps(f"activity.repeat.choice.{answers.get('repeat', 'once')}")
    await head.taps("form.button.send")
    return int(head.bot.rows(select(occurrence.c.id).order_by(occurrence.c.starts_at))[0][0])


async def came(bot: Bot, number: int, *people: Warga) -> None:
    """An organiser ticked them."""

    def work(db: Any) -> None:
        for person in people:
            known = residents.by_telegram_id(db, person.id)
            attendance.mark(db, OPERATOR, number, known.id, True, datetime.now(UTC))

    await writes(bot, work)


async def says_result(head: Warga, number: int, words: str = RESULT) -> None:
    await opens(head, number)
    await head.taps("outcome.button.result")
    await head.sends(words)
    await head.taps("form.button.send")


async def sends_photo(head: Warga, number: int, moment: str, shade: int = 200) -> None:
    await opens(head, number)
    await head.taps(f"outcome.button.{moment}")
    await head.sends_photo(picture(shade))
    await head.taps("form.button.continue")
    if bot_asks_result(head):
        await head.taps("form.button.skip")
    await head.taps("form.button.send")


def bot_asks_result(head: Warga) -> bool:
    return head.bot.phrase("form.button.skip") in head.message_buttons()


def told(bot: Bot, person: Warga | int) -> list[str]:
    """What a chat was told of outcomes, as kinds; only what went out."""
    chat = person if isinstance(person, int) else person.id
    c = outbox_table.c
    query = select(c.key).where(c.chat_id == chat, c.key.startswith("outcome:"), c.state == "sent")
    return [str(key).split(":")[2] for (key,) in bot.rows(query.order_by(c.id))]


def acts(bot: Bot) -> list[str]:
    return [row.act for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]


# --- photos and result ------------------------------------------------------------------------


async def test_photos_before_and_after_and_the_result_are_kept(
    bot: Bot, clock: Clock, head: Warga
):
    """With their files; the card counts them, and each is an act in the trail."""
    number = await plans(head)
    await sends_photo(head, number, "before", 100)
    await opens(head, number)
    assert bot.phrase("outcome.button.after") not in head.message_buttons()
    clock.to(wib(11, 29, 9))
    await sends_photo(head, number, "after")
    await says_result(head, number)
    await bot.tasks_done()
    rows = bot.rows(select(occurrence_media).order_by(occurrence_media.c.id))
    assert [(row.moment, row.added_by) for row in rows] == [("before", 700), ("after", 700)]
    for row in rows:
        assert (bot.settings.media.folder / row.path).stat().st_size == row.size > 0
    await opens(head, number)
    text = str(head.message["text"])
    assert bot.phrase("outcome.result", result=RESULT) in text
    assert bot.phrase("outcome.photos", before=1, after=1) in text
    assert acts(bot)[-3:] == [
        "gotong_royong.photos", "gotong_royong.photos", "gotong_royong.result",
    ]  # fmt: skip


async def test_a_caption_below_the_photo_is_the_result(bot: Bot, clock: Clock, head: Warga):
    """One message says both; a caption of a photo from before is no result."""
    number = await plans(head)
    clock.to(wib(11, 29, 9))
    for moment, caption in (("before", "penuh lumpur"), ("after", RESULT)):
        await opens(head, number)
        await head.taps(f"outcome.button.{moment}")
        await head.sends_photo(picture(), caption)
        await head.taps("form.button.continue")
        await head.taps("form.button.send")
    assert len(bot.rows(select(occurrence_media))) == 2
    assert bot.rows(select(occurrence.c.result)) == [(RESULT,)]


async def test_a_photo_that_was_a_mistake_is_taken_back(bot: Bot, clock: Clock, head: Warga):
    """Its file as well; the photos from before stay."""
    number = await plans(head)
    await sends_photo(head, number, "before", 100)
    clock.to(wib(11, 29, 9))
    await sends_photo(head, number, "after")
    await bot.tasks_done()
    paths = [row.path for row in bot.rows(select(occurrence_media).order_by("id"))]
    await opens(head, number)
    await head.taps("outcome.button.photos")
    await head.taps("outcome.button.remove.after")
    await bot.tasks_done()
    assert [row.moment for row in bot.rows(select(occurrence_media))] == ["before"]
    assert [(bot.settings.media.folder / path).exists() for path in paths] == [True, False]


async def test_an_organiser_of_another_rt_enters_nothing(bot: Bot, clock: Clock, head: Warga):
    """Neither by a forged button nor by a form that was opened before."""
    number = await plans(head)
    clock.to(wib(11, 29, 9))
    other = await leads(bot, 701, "05")
    await other.sends("/kegiatan")
    message = other.person.from_bot[-1]["message_id"]
    for data in (f"activity:photo:{number}:after", f"activity:result:{number}",
                 f"activity:photos:{number}", f"activity:unphoto:{number}:after"):  # fmt: skip
        await other.taps_data(message, data)
    assert bot.phrase("outcome_result.words.question", title="Bersih parit") not in (
        "\n".join(other.texts)
    )
    assert bot.rows(select(occurrence_media)) == []


async def test_what_is_long_over_takes_no_result(bot: Bot, clock: Clock, head: Warga):
    """After a week; the form that is still open says so."""
    number = await plans(head)
    clock.to(SUNDAY + TICKING - timedelta(minutes=5))
    await opens(head, number)
    await head.taps("outcome.button.result")
    await head.sends(RESULT)
    clock.to(SUNDAY + TICKING + timedelta(minutes=5))
    await head.taps("form.button.send")
    assert head.message["text"] == bot.phrase("outcome.too_late")
    assert bot.rows(select(occurrence.c.result)) == [(None,)]


# --- the organiser is asked -------------------------------------------------------------------


async def test_the_organiser_is_asked_in_the_evening(bot: Bot, clock: Clock, head: Warga):
    """Once, with the ways to answer; nobody else."""
    siti = await lives_here(bot, 301, "Siti")
    number = await plans(head)
    await at(bot, clock, wib(11, 29, 12))
    assert told(bot, head) == []
    await at(bot, clock, EVENING)
    await ticks(bot)
    assert told(bot, head) == ["ask"]
    assert head.buttons == [
        bot.phrase(key)
        for key in ("activity.button.attend", "outcome.button.after", "outcome.button.result")
    ]
    await head.taps("outcome.button.result")
    await head.sends(RESULT)
    await head.taps("form.button.send")
    assert bot.rows(select(occurrence.c.result).where(occurrence.c.id == number)) == [(RESULT,)]
    assert told(bot, siti) == []


@pytest.mark.parametrize("entered", ["result", "photo", "ticks"])
async def test_who_entered_something_is_not_asked(
    bot: Bot, clock: Clock, head: Warga, entered: str
):
    """He knows already."""
    siti = await lives_here(bot, 301, "Siti")
    number = await plans(head)
    clock.to(wib(11, 29, 10))
    if entered == "result":
        await says_result(head, number)
    elif entered == "photo":
        await sends_photo(head, number, "after")
    else:
        await came(bot, number, siti)
    await at(bot, clock, EVENING)
    assert told(bot, head) == []


async def test_an_evening_event_is_asked_about_after_the_night(
    bot: Bot, clock: Clock, head: Warga
):
    """Neither while it goes on nor in quiet hours."""
    quiet = QuietHours.of(bot.settings)
    late = outcome.moments(wib(11, 28, 19, 30).astimezone(UTC), quiet)
    assert late[Kind.ASK] == wib(11, 29, 6)
    assert late[Kind.THANKS] == wib(11, 29, 9)
    assert outcome.moments(SUNDAY.astimezone(UTC), quiet)[Kind.ASK] == wib(11, 29, 18, 30)


async def test_without_anything_entered_residents_hear_nothing(
    bot: Bot, clock: Clock, head: Warga
):
    """The organiser is reminded once; when he enters it, they hear of it half an hour later."""
    siti, budi = await lives_here(bot, 301, "Siti"), await lives_here(bot, 302, "Budi")
    number = await plans(head)
    await at(bot, clock, MORNING)
    await at(bot, clock, wib(11, 30, 10))
    assert told(bot, head) == ["nudge"]
    assert told(bot, siti) == told(bot, budi) == told(bot, GROUP) == []
    await came(bot, number, siti)
    await at(bot, clock, wib(11, 30, 10, 20))
    assert told(bot, siti) == []  # he may be ticking others
    await at(bot, clock, wib(11, 30, 10, 40))
    assert (told(bot, siti), told(bot, budi)) == (["thanks"], ["recap"])
    await at(bot, clock, wib(12, 1, 9))
    assert (told(bot, head), told(bot, siti)) == (["nudge"], ["thanks"])


async def test_whoever_may_organise_is_asked_when_the_planner_has_left(
    bot: Bot, clock: Clock, head: Warga, admin: Warga
):
    """A plan of somebody without a role any more; an RT head of another RT is left alone."""
    other = await leads(bot, 701, "05")
    await planned(bot)  # from the command line
    await at(bot, clock, EVENING)
    assert (told(bot, head), told(bot, admin), told(bot, other)) == (["ask"], ["ask"], [])


# --- thanks and recap -------------------------------------------------------------------------


async def test_the_day_after_those_who_came_are_thanked_and_the_others_told(
    bot: Bot, clock: Clock, simulator: Simulator, head: Warga
):
    """With result, number and photo; who said no, who wants no news and RT 05 hear nothing."""
    siti, budi = await lives_here(bot, 301, "Siti"), await lives_here(bot, 302, "Budi")
    cannot = await lives_here(bot, 303, "Ani")
    muted, blocked = await lives_here(bot, 304, "Muti"), await lives_here(bot, 305, "Bodi")
    far, gone = await lives_here(bot, 501, "Tono", "05"), await lives_here(bot, 306, "Pergi")

    def quieten(db: Any) -> None:
        residents.set_wants(db, residents.by_telegram_id(db, muted.id).id, list(Notice), False)
        residents.set_blocked(db, residents.by_telegram_id(db, blocked.id).id, True)
        residents.set_inactive(db, gone.id, "blocked")

    number = await plans(head, repeat="weekly")
    await ticks(bot)
    await cannot.taps("gotong_royong.button.cannot")
    await writes(bot, quieten)
    clock.to(wib(11, 29, 10))
    await came(bot, number, siti)
    await says_result(head, number)
    await sends_photo(head, number, "after")
    await at(bot, clock, wib(11, 30, 8, 59))
    assert told(bot, siti) == []
    await at(bot, clock, MORNING)
    await ticks(bot)
    assert (told(bot, siti), told(bot, budi)) == (["thanks"], ["recap"])
    for person in (cannot, muted, blocked, far, gone):
        assert told(bot, person) == []
    thanks, recap = siti.person.from_bot[-1], budi.sees
    when = bot.phrase("outcome.yesterday")
    assert "photo" in thanks
    for phrase in (
        bot.phrase("outcome.thanks", title="Bersih parit", when=when),
        bot.phrase("outcome.result", result=RESULT),
        bot.phrase("outcome.present", count=1),
        bot.phrase("outcome.next", when="Minggu, 6 Desember 2026 pukul 07.00 WIB"),
    ):
        assert phrase in thanks["caption"]
    assert bot.phrase("outcome.recap", title="Bersih parit", when=when, count=1) in recap
    assert "Minggu, 6 Desember 2026" in recap
    await budi.taps("gotong_royong.button.come")  # the answer is for the next time
    following = bot.rows(select(occurrence.c.id).order_by(occurrence.c.starts_at))[1][0]
    await writes(bot, lambda db: _said_come(db, following, budi.id))


def _said_come(db: Any, number: int, telegram_id: int) -> None:
    known = residents.by_telegram_id(db, telegram_id)
    assert gotong_royong.answer_of(db, number, known.id) == "come"


async def test_the_group_of_the_rt_gets_counts_and_photo_once(
    bot: Bot, clock: Clock, simulator: Simulator, head: Warga
):
    """No names, and nothing that a tap would answer."""
    siti = await lives_here(bot, 301, "Siti")
    group = simulator.group(GROUP)
    number = await plans(head)
    clock.to(wib(11, 29, 10))
    await came(bot, number, siti)
    await sends_photo(head, number, "after")
    await at(bot, clock, MORNING)
    await ticks(bot)
    assert told(bot, GROUP) == ["group"]
    message = group.from_bot[-1]
    when = bot.phrase("outcome.yesterday")
    assert message["caption"] == bot.phrase(
        "outcome.recap", title="Bersih parit", when=when, count=1
    )
    assert "photo" in message
    assert "reply_markup" not in message
    assert "Siti" not in str(message)


async def test_what_was_called_off_is_followed_by_nothing(bot: Bot, clock: Clock, head: Warga):
    """No question, no thanks; what was moved has its own day."""
    await lives_here(bot, 301, "Siti")
    await plans(head)
    await opens(head, 1)
    await head.taps("activity.button.cancel")
    await head.sends("hujan deras")
    await head.taps("form.button.send")
    await at(bot, clock, EVENING)
    await at(bot, clock, MORNING)
    assert told(bot, head) == []
    kinds = select(reminder.c.kind).where(reminder.c.kind.in_([*Kind]))
    assert bot.rows(kinds) == []


@pytest.mark.parametrize(("hours", "hears"), [(47, ["recap"]), (49, [])])
async def test_what_downtime_delayed_is_told_up_to_two_days_later(
    bot: Bot, clock: Clock, head: Warga, hours: int, hears: list[str]
):
    """With the day instead of "yesterday"; later nobody wants to hear it."""
    siti = await lives_here(bot, 301, "Siti")
    number = await plans(head)
    clock.to(wib(11, 29, 10))
    await says_result(head, number)
    await at(bot, clock, wib(11, 30, 9) + timedelta(hours=hours))
    assert told(bot, siti) == hears
    assert told(bot, head) == ([] if not hears else told(bot, head))
    if hears:
        when = "Minggu, 29 November 2026"
        assert siti.sees.startswith(
            bot.phrase("outcome.recap_uncounted", title="Bersih parit", when=when)
        )


async def test_nobody_is_told_twice_or_left_out_by_a_kill_between_chunks(
    bot: Bot, clock: Clock, head: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Chunk and cursor are one transaction; the group hears with the first chunk only."""
    people = [await lives_here(bot, 300 + n, f"Warga {n}") for n in range(5)]
    number = await plans(head)
    clock.to(wib(11, 29, 10))
    await came(bot, number, *people[:2])
    monkeypatch.setattr(outcome, "CHUNK", 2)
    clock.to(MORNING)
    quiet = QuietHours.of(bot.settings)
    await writes(bot, lambda db: outcome.schedule(db, datetime.now(UTC), quiet))
    assert bot._runtime is not None
    killed = bot._runtime.due["outcomes"].__self__  # type: ignore[attr-defined]
    assert await writes(bot, killed._tell_some)
    await bot.stop()
    await bot.start()
    await ticks(bot)
    assert [told(bot, person) for person in people] == [["thanks"]] * 2 + [["recap"]] * 3
    assert len(bot.rows(select(outbox_table.c.id).where(outbox_table.c.chat_id == GROUP))) == 1


async def test_in_quiet_hours_nothing_is_told(bot: Bot, clock: Clock, head: Warga):
    """What is entered at night waits for the morning."""
    siti = await lives_here(bot, 301, "Siti")
    number = await plans(head)
    clock.to(wib(11, 30, 21, 30))
    await says_result(head, number)
    await at(bot, clock, wib(11, 30, 23))
    assert told(bot, siti) == []
    await at(bot, clock, wib(12, 1, 6, 1))
    assert told(bot, siti) == ["recap"]


def test_storage_keeps_photos_and_tells_what_is_ready(db: Any):
    """On both engines: ids in order, rows once, old photos found."""
    now = datetime(2026, 11, 30, 3, tzinfo=UTC)
    quiet = QuietHours(None, None, ZONE)
    early = now - timedelta(days=3)
    row = rules.plan(db, OPERATOR, wanted(), draft_id="d", now=early, quiet=quiet)
    siti = resident_in(db, 301)
    outcome.schedule(db, now, quiet)
    outcome.schedule(db, now, quiet)
    assert outcome.next_batch(db, now, quiet) is None
    later = now - timedelta(hours=1)
    outcome.add_photos(db, OPERATOR, row.id, Moment.AFTER, ["one", "document:two"], later)
    outcome.put_result(db, OPERATOR, row.id, RESULT, later)
    attendance.mark(db, OPERATOR, row.id, siti.resident.id, True, later)
    batch = outcome.next_batch(db, now, quiet)
    assert batch is not None
    assert (batch.came, batch.others, batch.is_first) == ((301,), (), True)
    assert (batch.achieved.photo.kind, batch.achieved.photo.file_id) == ("document", "two")
    assert batch.achieved.row.result == RESULT
    assert outcome.next_batch(db, now, quiet) is None
    keep = Retention(media_days=10)
    while retention.tidy(db, keep, now + timedelta(days=8)):
        pass
    assert len(db.execute(select(occurrence_media)).all()) == 2
    while retention.tidy(db, keep, now + timedelta(days=12)):
        pass
    assert db.execute(select(occurrence_media)).all() == []
    db.execute(update(occurrence).values(state="cancelled"))
