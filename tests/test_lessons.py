"""Lessons: their files, the plan of staff, sending, answers, results, and who wants no more."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import Clock, at, bot_at_clock, clock_at, lives_here, wib
from conftest import Bot, Warga, agrees, resident_in, writes
from sqlalchemy import Connection, delete, select, update

from config import Kelurahan
from content import lessons as files
from content import pages
from content.lessons import Lesson, in_order, name_of
from content.phrases import MAX_TEXT, ContentError
from services import audit as trail
from services import exports, participation
from services import lessons as rules
from services.lessons import RIGHT, WRONG, Cell, Past
from services.roles import OPERATOR
from storage import lessons as stored
from storage.lessons import CANCELLED, DONE, DROPPED, PLANNED
from storage.outbox_words import Lane
from storage.residents import Notice
from storage.tables import audit, lesson, outbox, resident
from storage.tables import participation as log

NOW = wib(11, 26, 9)  # a Thursday
MONDAY = wib(11, 30, 9)
REAL = pages.load(Kelurahan())
ORGANIC = REAL.lessons["pilah-organik"]


clock = clock_at(NOW)
bot = bot_at_clock(quiet={})


async def plans(bot: Bot, one: Lesson = ORGANIC, rts: tuple[str, ...] | None = None) -> int:
    """A lesson for Monday at nine, straight into the database; gives the plan's id."""

    def work(db: Connection) -> int:
        return rules.plan(db, OPERATOR, one, rts, MONDAY.astimezone(UTC), datetime.now(UTC))

    return await writes(bot, work)


def planned(bot: Bot) -> list[tuple[str, str, datetime, Any]]:
    """Slug, state, moment and RTs of every plan, by moment."""
    rows = bot.rows(select(lesson).order_by(lesson.c.send_at, lesson.c.id))
    return [(row.slug, row.state, row.send_at, row.rts) for row in rows]


def lessons_of(person: Warga) -> list[str]:
    """The texts of the lessons in a chat, as they are now."""
    return [text for text in person.texts if text.startswith("📚 Pelajaran BANTAR")]


def answers(bot: Bot) -> list[tuple[Any, ...]]:
    """What the participation log says of lessons."""
    query = select(log.c.activity, log.c.stage, log.c.rt, log.c.person, log.c.reference)
    words = log.c.activity.in_(rules.WORDS)
    return [tuple(row) for row in bot.rows(query.where(words).order_by(log.c.id))]


# --- files -----------------------------------------------------------------------------------


def test_there_are_lessons_for_half_a_year():
    """Each short enough for a message, about a page that is there, with its sources."""
    assert len(REAL.lessons) >= 20
    assert len({one.question for one in REAL.lessons.values()}) == len(REAL.lessons)
    for one in REAL.lessons.values():
        assert one.topic in REAL.by_slug
        assert len(f"lesson:answer:{2**31}:{name_of(one.right)}".encode()) <= 64
        assert len(f"consent:whole:lesson:agree:{2**31}:{name_of(one.right)}".encode()) <= 64
        assert len(f"{one.slug}:{2**31}") <= 40


def test_the_right_choice_is_not_always_the_same():
    """Whoever always taps the first one would learn nothing."""
    places = [one.choices.index(one.right) for one in REAL.lessons.values()]
    assert {places.count(place) > 3 for place in range(3)} == {True}


GOOD = """title = "Judul"
topic = "sampah"
order = 10
question = "Tanya?"
choices = ["Satu", "Dua", "Tiga"]
right = "Dua"
explanation = "Sebab."
sources = ["Sumber"]
reviewed = 2026-11-26
"""


def read(folder: Path, **written: str) -> tuple[dict[str, Lesson], dict[str, list[str]]]:
    """What is read of files with these names and texts."""
    (folder / files.FOLDER).mkdir()
    for name, text in written.items():
        (folder / files.FOLDER / f"{name}.toml").write_text(text, encoding="utf-8")
    return files.read(folder, {"sampah"})


def test_a_lesson_is_read(tmp_path: Path):
    """As it is written."""
    found, mistakes = read(tmp_path, satu=GOOD)
    assert mistakes == {}
    assert found["satu"] == Lesson(
        "satu", "Judul", "sampah", 10, "Tanya?", ("Satu", "Dua", "Tiga"), "Dua", "Sebab."
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("order = 10\n", "", "order: is missing"),
        ("order = 10", 'order = "x"', "order: must be a number"),
        ("order = 10", "order = true", "order: must be a number"),
        ('title = "Judul"', 'title = " "', "title: is empty"),
        ('title = "Judul"', f'title = "{"x" * 25}"', "25 characters long, 24 fit"),
        ('"Dua", "Tiga"]', '"Dua"]', "there are 2, a question has 3 to 4"),
        ('"Tiga"]', '"Tiga", "A", "B"]', "there are 5"),
        ('"Tiga"]', '"dua"]', "one is there twice"),
        ('"Tiga"]', f'"{"x" * 25}"]', "a button shows 24"),
        ('right = "Dua"', 'right = "Empat"', "right: is none of the choices"),
        ('"Sebab."', '"Sebab {x}."', "may have no { }"),
        ('"sampah"', '"pasar"', "there is no page pasar"),
        ("reviewed = 2026-11-26", 'reviewed = "hari ini"', "reviewed: must be a date"),
        ('sources = ["Sumber"]', "sources = []", "sources: is empty"),
        ('title = "Judul"', 'title = "Judul"\nlevel = 3', "level: is not a key of a lesson"),
        ('title = "Judul"', "title = ", "cannot be read"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, old: str, new: str, words: str):
    """With the file, in words for whoever edits it; the lesson is left out."""
    assert old in GOOD
    found, mistakes = read(tmp_path, satu=GOOD.replace(old, new))
    assert found == {}
    [sentence] = mistakes["satu"]
    assert sentence.startswith(str(tmp_path / files.FOLDER / "satu.toml"))
    assert words in sentence


def test_an_order_belongs_to_one_and_names_are_short(tmp_path: Path):
    """Both are told; the others are read."""
    found, mistakes = read(tmp_path, satu=GOOD, tiga=GOOD, **{"X" * 3: GOOD})
    assert set(found) == {"XXX", "satu", "tiga"} - set(mistakes)
    assert "order: 10 is taken by" in str(mistakes)
    assert "a file name has a-z" in str(mistakes["XXX"])


def test_the_check_names_them_and_the_running_bot_keeps_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A change is taken while it runs; a broken file changes nothing."""
    shutil.copytree(pages.CONTENT / "id", tmp_path / "id")
    monkeypatch.setattr(pages, "CONTENT", tmp_path)
    place = Kelurahan()
    old = pages.load(place)
    path = tmp_path / "id" / files.FOLDER / "jam-sampah.toml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("Kapan sampah", "Jam berapa sampah"), encoding="utf-8")
    assert pages.stamp() != old.stamp
    new, mistakes = pages.reload(old, place)
    assert mistakes == []
    assert new.lessons["jam-sampah"].question.startswith("Jam berapa")
    path.write_text(whole.replace("right =", "left ="), encoding="utf-8")
    kept, mistakes = pages.reload(new, place)
    assert kept.lessons == new.lessons
    assert all(str(path) in one for one in mistakes)
    with pytest.raises(ContentError) as caught:
        pages.load(place)
    assert caught.value.mistakes == mistakes
    path.unlink()
    assert "jam-sampah" not in pages.reload(new, place)[0].lessons


def test_a_choice_is_known_by_its_words():
    """Another order of the choices does not make a button mean another one."""
    assert ORGANIC.choice(name_of("Organik")) == "Organik"
    assert ORGANIC.choice("x") is None
    assert len({name_of(c) for one in REAL.lessons.values() for c in one.choices}) > 60


# --- the plan ---------------------------------------------------------------------------------


async def test_staff_plan_a_lesson(bot: Bot, admin: Warga):
    """From the announcements; which one, for whom, when; the next Monday at nine is offered."""
    await lives_here(bot, 11, "Ani")
    await admin.sends("/pengumuman")
    await admin.taps("lesson.button.plan")
    assert bot.phrase("lesson.plan.nothing") in admin.message["text"]
    await admin.taps("lesson.button.new")
    first = in_order(REAL.lessons)[0]
    await admin.taps("lesson.button.fresh", label=first.title)
    assert first.title in admin.sees
    await admin.taps("form.choice.rt", number="03")
    await admin.taps("form.button.continue")
    assert "Senin, 30 November 2026 pukul 09.00" in admin.sees
    await admin.taps("lesson.when.choice.monday")
    await admin.taps("form.button.send")
    assert planned(bot) == [(first.slug, PLANNED, MONDAY, ["03"])]
    assert "Senin, 30 November 2026 pukul 09.00" in admin.message["text"]
    await admin.taps("lesson.button.open")
    assert first.question in admin.message["text"]
    assert bot.phrase("lesson.one.planned", count=1) in admin.message["text"]
    await admin.taps("lesson.button.plan")
    assert bot.phrase("form.choice.rt", number="03") in admin.message["text"]
    [(act, detail)] = bot.rows(select(audit.c.act, audit.c.detail))
    assert (act, detail) == (
        trail.Act.LESSON_PLAN, f"{first.slug} rts=03 at=2026-11-30T02:00Z",
    )  # fmt: skip


async def test_four_weeks_at_once(bot: Bot, admin: Warga):
    """Those not given yet, one each Monday; an old button plans nothing more."""
    order = in_order(REAL.lessons)
    await plans(bot, order[0])
    await admin.sends("/pelajaran")
    await admin.taps("lesson.button.weeks")
    weeks = [MONDAY + timedelta(weeks=number) for number in range(5)]
    expected = [(one.slug, PLANNED, week, None) for one, week in zip(order, weeks, strict=False)]
    assert planned(bot) == expected
    assert admin.notice == bot.phrase("lesson.weeks_planned", count=4)
    await admin.taps_data(admin.message["message_id"], "lesson:weeks:1")
    assert len(planned(bot)) == 5
    await admin.taps("lesson.button.weeks")
    assert len(planned(bot)) == 9
    await admin.taps("lesson.button.new")
    assert bot.phrase("lesson.button.fresh", label=order[9].title) in admin.message_buttons()
    assert bot.phrase("lesson.button.again", label=order[0].title) not in admin.message_buttons()


async def test_when_all_were_given_one_is_chosen_by_hand(bot: Bot, admin: Warga):
    """Nothing is planned twice by itself; the one of longest ago is offered first."""
    order = in_order(REAL.lessons)

    def give(db: Connection) -> None:
        for number, one in enumerate(order):
            when = NOW - timedelta(weeks=len(order) - number)
            plan = stored.add(db, slug=one.slug, rts=None, created_by=1, send_at=when, now=NOW)
            stored.change(db, plan, state=DONE)

    await writes(bot, give)
    await admin.sends("/pelajaran")
    await admin.taps("lesson.button.weeks")
    assert admin.notice == bot.phrase("lesson.all_given")
    assert len(planned(bot)) == len(order)
    await admin.taps("lesson.button.new")
    assert admin.message_buttons()[0] == bot.phrase("lesson.button.again", label=order[0].title)
    await admin.taps("desk.button.after")
    assert len(admin.message_buttons()) > 8


async def test_a_planned_lesson_is_moved_or_removed(bot: Bot, clock: Clock, admin: Warga):
    """To a moment in words, out of the quiet; not once it was sent. Both stand in the trail."""
    plan = await plans(bot)
    await lives_here(bot, 11, "Ani")
    await admin.sends("/pelajaran")
    await admin.taps_data(admin.message["message_id"], f"lesson:move:{plan}")
    await admin.sends("Selasa jam 11 malam")
    await admin.taps("form.button.send")
    assert planned(bot)[0][2] == wib(12, 2, 6)  # the end of the quiet
    await admin.sends("/pelajaran")
    last = admin.message["message_id"]
    await admin.taps_data(last, f"lesson:open:{plan}")
    await admin.taps("lesson.button.remove")
    assert planned(bot)[0][1] == CANCELLED
    assert bot.phrase("lesson.plan.nothing") in admin.message["text"]
    for name in ("open", "move", "remove"):
        await admin.taps_data(last, f"lesson:{name}:{plan}")
        assert admin.notice == bot.phrase("form.old_button")
    acts = [act for (act,) in bot.rows(select(audit.c.act).order_by(audit.c.id))]
    assert acts == [trail.Act.LESSON_PLAN, trail.Act.LESSON_MOVE, trail.Act.LESSON_CANCEL]
    await at(bot, clock, wib(12, 2, 8))
    assert bot.rows(select(outbox.c.id).where(outbox.c.lane == int(Lane.BROADCAST))) == []


async def test_what_was_sent_meanwhile_is_not_moved(bot: Bot, clock: Clock, admin: Warga):
    """It is said; nothing changes."""
    await agrees(admin)  # else his form would not wait so long
    plan = await plans(bot)
    await admin.sends("/pelajaran")
    await admin.taps_data(admin.message["message_id"], f"lesson:move:{plan}")
    await at(bot, clock, MONDAY)
    await admin.sends("besok jam 7 pagi")
    await admin.taps("form.button.send")
    assert admin.message["text"] == bot.phrase("lesson.too_late")
    assert planned(bot) == [(ORGANIC.slug, DONE, MONDAY, None)]


async def test_a_moment_that_went_by_is_asked_again(bot: Bot, clock: Clock, admin: Warga):
    """The form waited too long."""
    await agrees(admin)
    await admin.sends("/pelajaran")
    await admin.taps("lesson.button.new")
    await admin.taps("lesson.button.fresh", label=in_order(REAL.lessons)[0].title)
    await admin.taps("form.choice.all_rt")
    await admin.sends("besok jam 9 pagi")
    clock.to(wib(11, 28, 9))
    await admin.taps("form.button.send")
    assert planned(bot) == []
    assert bot.phrase("form.moment_past") in admin.message["text"]
    await admin.sends("besok jam 9 pagi")
    await admin.taps("form.button.send")
    assert [row[2] for row in planned(bot)] == [wib(11, 29, 9)]


def test_the_past_is_no_time_to_plan_for(db: Connection):
    """Nor to move to."""
    now = NOW.astimezone(UTC)
    with pytest.raises(Past):
        rules.plan(db, OPERATOR, ORGANIC, None, now, now)
    plan = rules.plan(db, OPERATOR, ORGANIC, None, now + timedelta(days=1), now)
    with pytest.raises(Past):
        rules.move(db, OPERATOR, plan, now, now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (wib(11, 26, 9), MONDAY),
        (wib(11, 30, 8, 59), MONDAY),
        (wib(11, 30, 9), MONDAY + timedelta(weeks=1)),
    ],
)
def test_the_next_free_monday(db: Connection, now: datetime, expected: datetime):
    """By the local clock, and not one that has a lesson."""
    zone = MONDAY.tzinfo
    assert rules.next_free(db, now.astimezone(UTC), zone) == expected
    rules.plan(db, OPERATOR, ORGANIC, None, expected.astimezone(UTC), now.astimezone(UTC))
    assert rules.next_free(db, now.astimezone(UTC), zone) == expected + timedelta(weeks=1)


# --- sending ---------------------------------------------------------------------------------


async def test_a_due_lesson_goes_to_those_who_want_it(
    bot: Bot, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """Once each, in chunks, whatever the ticks; of these RTs only."""
    monkeypatch.setattr(rules, "CHUNK", 2)
    people = [await lives_here(bot, 11 + n, f"Warga {n}") for n in range(5)]
    elsewhere = await lives_here(bot, 30, "Budi", "05")
    off = update(resident).where(resident.c.telegram_id == people[1].id)
    await writes(bot, lambda db: db.execute(off.values(wants_lessons=False)))
    await plans(bot, rts=("03",))
    await at(bot, clock, MONDAY - timedelta(minutes=1))
    assert [lessons_of(person) for person in people] == [[]] * 5
    for _ in range(3):
        await at(bot, clock, MONDAY)
    assert [len(lessons_of(person)) for person in people] == [1, 0, 1, 1, 1]
    assert lessons_of(elsewhere) == []
    [text] = lessons_of(people[0])
    assert REAL.by_slug[ORGANIC.topic].first.text in text
    assert ORGANIC.question in text
    assert ORGANIC.explanation not in text
    assert people[0].buttons == [
        *ORGANIC.choices, bot.phrase("lesson.button.page"), bot.phrase("lesson.button.stop"),
    ]  # fmt: skip
    [row] = bot.rows(select(lesson))
    assert (row.state, row.recipients) == (DONE, 4)
    keys = [key for (key,) in bot.rows(select(outbox.c.key).where(outbox.c.lane == 2))]
    assert sorted(keys) == [
        f"lesson:{row.id}:{person.id}" for person in people if person is not people[1]
    ]


def test_a_chunk_and_how_far_it_came_are_one(db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Whoever dies in between goes on where he was."""
    monkeypatch.setattr(rules, "CHUNK", 2)
    for number in range(1, 6):
        resident_in(db, number)
    due = NOW + timedelta(hours=1)
    plan = rules.plan(db, OPERATOR, ORGANIC, None, due.astimezone(UTC), NOW)
    assert rules.next_batch(db, REAL.lessons, NOW) is None
    chats = []
    while (batch := rules.next_batch(db, REAL.lessons, due)) is not None:
        chats.append(batch.chats)
        assert batch.not_after == due + timedelta(days=3)
    assert chats == [(1, 2), (3, 4), (5,)]
    row = stored.get(db, plan)
    assert row is not None
    assert (row.state, row.recipients) == (DONE, 5)


async def test_quiet_hours_hold_it(bot: Bot, clock: Clock):
    """The sender keeps them, as for announcements."""
    ani = await lives_here(bot, 11, "Ani")
    plan = await plans(bot)
    late = update(lesson).where(lesson.c.id == plan)
    await writes(bot, lambda db: db.execute(late.values(send_at=wib(11, 30, 23))))
    await at(bot, clock, wib(11, 30, 23), held=True)
    waiting = select(outbox.c.lane, outbox.c.state).where(outbox.c.key.startswith("lesson:"))
    assert bot.rows(waiting) == [(int(Lane.BROADCAST), "queued")]
    await at(bot, clock, wib(12, 1, 6))
    assert len(lessons_of(ani)) == 1


@pytest.mark.parametrize(("days", "state"), [(2, DONE), (3, DROPPED)])
async def test_after_downtime(bot: Bot, clock: Clock, admin: Warga, days: int, state: str):
    """Less than three days late it still goes; else it is dropped, and staff see that."""
    ani = await lives_here(bot, 11, "Ani")
    plan = await plans(bot)
    await at(bot, clock, MONDAY + timedelta(days=days))
    assert planned(bot)[0][1] == state
    assert len(lessons_of(ani)) == (1 if state == DONE else 0)
    await admin.sends("/pelajaran")
    line = bot.phrase("lesson.plan.dropped", when="Sen, 30 Nov 2026 09.00", title=ORGANIC.title)
    assert (line in admin.sees) is (state == DROPPED)
    await admin.taps_data(admin.message["message_id"], f"lesson:open:{plan}")
    assert (bot.phrase("lesson.one.dropped") in admin.message["text"]) is (state == DROPPED)
    assert (ORGANIC.slug in stored_given(bot)) is (state == DONE)


def stored_given(bot: Bot) -> dict[str, datetime]:
    with bot.engine.connect() as db:
        return stored.last_given(db)


def test_a_lesson_whose_file_is_gone_is_dropped(db: Connection):
    """The next one goes all the same."""
    resident_in(db, 1)
    due = (NOW + timedelta(hours=1)).astimezone(UTC)
    gone = stored.add(db, slug="hilang", rts=None, created_by=1, send_at=due, now=NOW)
    rules.plan(db, OPERATOR, ORGANIC, None, due, NOW)
    batch = rules.next_batch(db, REAL.lessons, due)
    assert batch is not None
    assert batch.lesson == ORGANIC
    assert stored.get(db, gone).state == DROPPED


async def test_every_lesson_fits_a_message(bot: Bot, clock: Clock):
    """With its answer; Telegram takes each of them."""
    ani = await lives_here(bot, 11, "Ani")
    order = in_order(REAL.lessons)

    def plan_all(db: Connection) -> None:
        for one in order:
            rules.plan(db, OPERATOR, one, None, MONDAY.astimezone(UTC), datetime.now(UTC))

    await writes(bot, plan_all)
    await at(bot, clock, MONDAY)
    assert len(lessons_of(ani)) == len(order)
    assert max(len(text) for text in lessons_of(ani)) + files.MAX_EXPLANATION < MAX_TEXT
    message = ani.person.from_bot[-1]
    bold = [e for e in message["entities"] if e["type"] == "bold"]
    words = message["text"].encode("utf-16-le")
    ends = [
        words[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in bold
    ]
    assert ends[0] == bot.phrase("lesson.head", title=order[-1].title)
    assert ends[-1] == bot.phrase("lesson.question", question=order[-1].question)


# --- answers ---------------------------------------------------------------------------------


async def given(bot: Bot, clock: Clock) -> int:
    """The lesson has arrived on Monday; gives the plan's id."""
    plan = await plans(bot)
    await at(bot, clock, MONDAY)
    return plan


async def test_the_first_answer_counts(bot: Bot, clock: Clock):
    """Right or wrong is said kindly, with why; another tap changes nothing."""
    ani, budi = await lives_here(bot, 11, "Ani"), await lives_here(bot, 12, "Budi", "05")
    plan = await given(bot, clock)
    reference = f"{ORGANIC.slug}:{plan}"
    await ani.taps("Organik")
    assert ani.notice == bot.phrase("lesson.noticed.right")
    assert bot.phrase("lesson.right", right="Organik") in ani.sees
    assert ORGANIC.explanation in ani.sees
    assert ani.buttons == [bot.phrase("lesson.button.page"), bot.phrase("lesson.button.stop")]
    last = budi.message["message_id"]
    await budi.taps("Anorganik")
    assert budi.notice == bot.phrase("lesson.noticed.wrong")
    assert bot.phrase("lesson.wrong", right="Organik") in budi.sees
    for name in ("Organik", "Anorganik"):
        await budi.taps_data(last, f"lesson:answer:{plan}:{name_of(name)}")
    assert bot.phrase("lesson.wrong", right="Organik") in budi.sees
    assert len(lessons_of(budi)) == 1
    assert answers(bot) == [
        ("lesson_right", "understanding", "03", "p11", reference),
        ("lesson_wrong", "understanding", "05", "p12", reference),
    ]


async def test_the_same_lesson_given_again_counts_again(bot: Bot, clock: Clock):
    """It may have been learned meanwhile."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await ani.taps("Anorganik")
    later = (MONDAY + timedelta(weeks=1)).astimezone(UTC)
    await writes(bot, lambda db: rules.plan(db, OPERATOR, ORGANIC, None, later, MONDAY))
    await at(bot, clock, later)
    await ani.taps("Organik")
    assert [row[0] for row in answers(bot)] == ["lesson_wrong", "lesson_right"]


async def test_a_double_tap_and_a_typed_answer(bot: Bot, clock: Clock):
    """Two taps at once are one answer; words stand for a tap."""
    ani, budi = await lives_here(bot, 11, "Ani"), await lives_here(bot, 12, "Budi")
    plan = await given(bot, clock)
    last = ani.message["message_id"]
    data = f"lesson:answer:{plan}:{name_of('Organik')}"
    await ani.person.taps_raw(last, data)
    await ani.taps_data(last, data)
    await budi.sends("organik")
    assert [row[3] for row in answers(bot)] == ["p11", "p12"]
    assert bot.phrase("lesson.right", right="Organik") in budi.sees
    assert ORGANIC.explanation in budi.sees


async def test_who_deleted_his_data_is_asked_first(bot: Bot, clock: Clock):
    """His answer waits for the consent; then it counts for who he is now."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await writes(bot, lambda db: db.execute(delete(resident)))
    await ani.taps("Organik")
    assert answers(bot) == []
    await ani.taps("consent.button.no")
    assert answers(bot) == []
    await ani.taps("Organik")
    await ani.taps("consent.button.yes")
    [(activity, _, rt, person, _)] = answers(bot)
    assert (activity, rt) == ("lesson_right", None)
    assert person != "p11"
    assert any(ORGANIC.explanation in text for text in ani.texts)
    assert bot.phrase("home.question") in ani.texts


async def test_a_typed_yes_to_the_consent_takes_the_answer(bot: Bot, clock: Clock):
    """Only a clear one."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await writes(bot, lambda db: db.execute(delete(resident)))
    await ani.taps("Organik")
    await ani.sends("betul")
    assert answers(bot) == []
    await ani.taps("Organik")
    await ani.sends("boleh")
    assert len(answers(bot)) == 1


async def test_a_blocked_person_may_only_read(bot: Bot, clock: Clock):
    """His answer is refused; the page opens."""
    ani = await lives_here(bot, 11, "Ani")
    plan = await given(bot, clock)
    await writes(bot, lambda db: db.execute(update(resident).values(blocked=True)))
    last = ani.message["message_id"]
    await ani.taps_data(last, f"lesson:answer:{plan}:{name_of('Organik')}")
    assert ani.notice == bot.phrase("role.blocked")
    assert answers(bot) == []
    await ani.taps("lesson.button.page")
    assert ani.sees.startswith(REAL.by_slug[ORGANIC.topic].title)


async def test_old_and_forged_buttons_do_nothing(bot: Bot, clock: Clock, monkeypatch: Any):
    """Of a lesson to come, of none, of a choice or a file that is no more."""
    ani = await lives_here(bot, 11, "Ani")
    plan = await given(bot, clock)
    last = ani.message["message_id"]
    later = (MONDAY + timedelta(weeks=1)).astimezone(UTC)
    coming = await writes(bot, lambda db: rules.plan(db, OPERATOR, ORGANIC, None, later, MONDAY))
    right = name_of("Organik")
    forged = ("", ":", ":x:y", f":{plan}", f":{plan}:x", f":{coming}:{right}", f":999:{right}")
    for name in ("answer", "agree"):
        for value in forged:
            await ani.taps_data(last, f"lesson:{name}{value}")
            assert ani.notice == bot.phrase("form.old_button")
    await ani.taps_data(last, "lesson:page:hilang")
    assert ani.notice == bot.phrase("form.old_button")
    assert answers(bot) == []


async def test_the_page_opens_below_and_the_question_stays(bot: Bot, clock: Clock):
    """Reading first and answering then is fine."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await ani.taps("lesson.button.page")
    assert ani.sees.startswith(REAL.by_slug[ORGANIC.topic].title)
    assert len(lessons_of(ani)) == 1
    await ani.taps("Organik")
    assert len(answers(bot)) == 1


async def test_no_more_lessons_with_one_tap(bot: Bot, clock: Clock):
    """Only lessons; how they come back is said; what waits already does not come."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await ani.taps("lesson.button.stop")
    assert ani.sees == bot.phrase("lesson.stopped")
    [row] = bot.rows(select(*(resident.c[notice.column] for notice in Notice)))
    assert list(row) == [True, True, True, False]
    await writes(bot, lambda db: rules.plan(
        db, OPERATOR, ORGANIC, None, (MONDAY + timedelta(weeks=1)).astimezone(UTC), MONDAY
    ))  # fmt: skip
    await at(bot, clock, MONDAY + timedelta(weeks=1))
    assert len(lessons_of(ani)) == 1
    await ani.taps("notice.button.open")
    label = bot.phrase("notice.short.lessons")
    await ani.taps("notice.button.off", label=label)
    later = (MONDAY + timedelta(weeks=2)).astimezone(UTC)
    await writes(bot, lambda db: rules.plan(db, OPERATOR, ORGANIC, None, later, MONDAY))
    await at(bot, clock, later)
    assert len(lessons_of(ani)) == 2


async def test_somebody_unknown_may_stop_too(bot: Bot, clock: Clock):
    """He deleted his data: nothing is kept, nothing comes."""
    ani = await lives_here(bot, 11, "Ani")
    await given(bot, clock)
    await writes(bot, lambda db: db.execute(delete(resident)))
    await ani.taps("lesson.button.stop")
    assert ani.sees == bot.phrase("mute.nothing")


# --- results ---------------------------------------------------------------------------------


def answered(
    db: Connection, plan: int, first: int, rt: str | None, right: int, wrong: int
) -> None:
    """So many residents of an RT answered."""
    row = stored.get(db, plan)
    assert row is not None
    for number in range(right + wrong):
        actor = resident_in(db, first + number, rt=rt or "03")
        person = actor.resident._replace(rt=rt)
        activity = RIGHT if number < right else WRONG
        participation.log(db, person, activity, rules.reference(row), MONDAY.astimezone(UTC))


def sent(db: Connection, one: Lesson = ORGANIC) -> int:
    """A lesson that went out on Monday."""
    now = MONDAY.astimezone(UTC)
    plan = rules.plan(db, OPERATOR, one, None, now, now - timedelta(days=1))
    stored.change(db, plan, state=DONE, recipients=50)
    return plan


def results_of(db: Connection, plan: int) -> rules.Results:
    row = stored.get(db, plan)
    assert row is not None
    return rules.results(db, OPERATOR, row)


def test_results_hide_what_few_persons_make_up(db: Connection):
    """RTs with fewer than five answers, and what could be reckoned from the total."""
    plan = sent(db)
    answered(db, plan, 100, "03", 6, 2)
    answered(db, plan, 200, "05", 3, 1)
    found = results_of(db, plan)
    assert found.cells == (Cell("03", 8, 6),)
    assert [cell.rt for cell in found.small] == ["05"]
    assert found.rest is None
    assert found.total == Cell(None, 8, 6)  # not 12 of 9: that would tell of RT 05
    answered(db, plan, 300, None, 1, 0)
    found = results_of(db, plan)
    assert found.rest == Cell(None, 5, 4)
    assert found.total == Cell(None, 13, 10)
    other = sent(db)
    assert results_of(db, other).total is None
    answered(db, other, 400, "03", 5, 0)
    assert results_of(db, other).cells == (Cell("03", 5, 5),)


def test_what_the_fewest_knew_is_to_be_explained(db: Connection):
    """Of those with enough answers; nothing where all knew it."""
    known, half, few = (sent(db, one) for one in in_order(REAL.lessons)[:3])
    answered(db, known, 100, "03", 6, 0)
    rows = [stored.get(db, plan) for plan in (known, half, few)]

    def explained() -> Any:
        found = [(row, rules.results(db, OPERATOR, row)) for row in rows if row is not None]
        chosen = rules.to_explain(found)
        return chosen[0].id if chosen else None

    assert explained() is None
    answered(db, few, 200, "03", 0, 4)
    assert explained() is None
    answered(db, half, 300, "03", 3, 3)
    assert explained() == half
    answered(db, few, 400, "03", 0, 1)
    assert explained() == few


async def test_staff_see_how_it_was_answered(bot: Bot, clock: Clock, admin: Warga):
    """RT by RT in the lesson's view, in short in the list, and what to explain next."""
    plan = await writes(bot, sent)
    clock.to(MONDAY + timedelta(hours=1))
    await writes(bot, lambda db: answered(db, plan, 100, "03", 3, 3))
    await writes(bot, lambda db: answered(db, plan, 200, "05", 1, 1))
    await admin.sends("/pelajaran")
    assert bot.phrase("lesson.result.total", right=3, answered=6) in admin.sees
    page = REAL.by_slug[ORGANIC.topic].title
    assert bot.phrase("lesson.explain", page=page, percent=50) in admin.sees
    label = f"30 Nov · {ORGANIC.title}"
    [button] = [one for one in admin.buttons if one.startswith("📊")]
    assert bot.phrase("lesson.button.past", label=label).startswith(button[:12])
    await admin.taps(button)
    text = admin.message["text"]
    third = bot.phrase("form.choice.rt", number="03")
    line = bot.phrase("lesson.result.line", who=third, right=3, answered=6, percent=50)
    assert line in text
    fifth = bot.phrase("form.choice.rt", number="05")
    assert bot.phrase("lesson.result.small", rt=fifth, few=5) in text
    assert bot.phrase("lesson.one.sent", count=50) in text


async def test_staff_look_at_a_lesson_first(bot: Bot, clock: Clock, admin: Warga):
    """As residents will see it, with the answer; nothing is counted."""
    plan = await plans(bot)
    await admin.sends("/pelajaran")
    await admin.taps_data(admin.message["message_id"], f"lesson:open:{plan}")
    await admin.taps("lesson.button.preview")
    assert ORGANIC.explanation in admin.sees
    assert answers(bot) == []


async def test_residents_have_no_plan(bot: Bot, siti: Warga):
    """The command and its buttons are for staff."""
    await agrees(siti)
    await siti.sends("/pelajaran")
    assert siti.sees == bot.phrase("role.not_allowed")


async def test_answers_are_in_the_export(bot: Bot, clock: Clock):
    """With their stage and the lesson."""
    ani = await lives_here(bot, 11, "Ani")
    plan = await given(bot, clock)
    await ani.taps("Organik")
    out = io.StringIO()
    with bot.engine.connect() as db:
        exports.write_csv(
            out, db, OPERATOR, bot.phrases, bot.settings.kelurahan.zone,
            what="participation", wanted=exports.Filter(),
        )  # fmt: skip
    assert bot.phrase("export.activity.lesson_right") in out.getvalue()
    assert f"{ORGANIC.slug}:{plan}" in out.getvalue()
