"""Announcements: what staff see is what residents get, once each, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import Connection, func, select, update

from content import phrases
from handlers import announcement_view as view
from jobs import broadcasts
from jobs.broadcasts import Broadcasts
from jobs.signals import Signals
from services import announcements as service
from services.markup import clean, visible, visible_length
from services.roles import PERMISSIONS, Actor, NotAllowed, Permission, Role
from simulator import Simulator
from simulator.entities import formatted
from simulator.incoming import receive
from storage import announcements, outbox, outbox_claims, outbox_upkeep, residents, roles
from storage.roles import Grant
from storage.tables import announcement, audit, inbox, resident
from storage.tables import draft as bot_draft
from storage.tables import outbox as messages
from tests.conftest import TOKEN, Bot, Warga, picture, settings_for, writes

FORM = "announcement"
WORDS = "Besok posyandu di balai RT pukul 08.00."
Running = Callable[..., Any]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job looks up often and tells at once; its pace has tests of its own."""
    monkeypatch.setattr(broadcasts, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(broadcasts, "PROGRESS", timedelta(0))


@asynccontextmanager
async def running(
    simulator: Simulator, folder: Path, template: Path, *, per_second: float = 1000, **changes: Any
) -> AsyncIterator[Bot]:
    """A bot that sends so many messages a second."""
    shutil.copy(template, folder / "bantar.db")
    telegram = {"token": TOKEN, "api_url": simulator.url, "messages_per_second": per_second}
    bot = Bot(simulator, settings_for(folder, simulator.url, telegram=telegram, **changes))
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()
        bot.engine.dispose()


@pytest.fixture
async def bot(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    async with running(simulator, tmp_path, empty_database) as bot:
        yield bot
    assert simulator.refusals == []


@pytest.fixture
async def slow(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A bot slow enough to be met in the middle of its work."""
    async with running(simulator, tmp_path, empty_database, per_second=25) as bot:
        yield bot
    assert simulator.refusals == []


async def residents_of(
    bot: Bot, count: int, rt: str | None = "03", first: int = 1000
) -> list[Warga]:
    """People who consented long ago."""
    people = [bot.person(first + n, f"Warga {first + n}") for n in range(count)]
    for person in people:
        person.person.chat.started = True

    def keep(db: Connection) -> None:
        for person in people:
            add_resident(db, person.id, rt)

    await writes(bot, keep)
    return people


def add_resident(db: Connection, telegram_id: int, rt: str | None = "03") -> int:
    """A resident straight into the table."""
    found = residents.add(
        db,
        telegram_id=telegram_id,
        name="Warga",
        pseudonym=f"p{telegram_id}",
        consent_version=2,
        now=datetime.now(UTC),
    )
    residents.set_home(db, found.id, rt, "rt" if rt else "unknown")
    return found.id


async def writes_formatted(person: Warga, text: str, *entities: dict[str, Any]) -> None:
    """Write with bold and the like, as the app does."""

    async def act() -> None:
        content = {"text": text, "entities": list(entities)}
        receive(person.bot.simulator.world, person.person.human, person.person.chat, content)

    await person._then(act())


async def begins(person: Warga) -> None:
    await person.sends("/pengumuman")
    await person.taps("announcement.button.new")


async def answers(person: Warga, *rts: str, photo: bool = False, when: str = "") -> None:
    """Everything after the words, up to Kirim."""
    if photo:
        await person.sends_photo(picture())
    else:
        await person.taps("form.button.skip")
    if not rts:
        await person.taps("form.choice.all_rt")
    for rt in rts:
        await person.taps("form.choice.rt", number=rt)
    if rts:
        await person.taps("form.button.continue")
    if when:
        await person.sends(when)
    else:
        await person.taps("announcement.when.choice.now")
    await person.taps("form.button.send")


async def writes_one(person: Warga, *rts: str, words: str = WORDS, **more: Any) -> None:
    """Fill the form in and leave it at the last question."""
    await begins(person)
    await person.sends(words)
    await answers(person, *rts, **more)


async def confirms(person: Warga, count: int) -> None:
    await person.taps("announcement.button.send", n=view.number(count))


async def finished(bot: Bot, seconds: float = 20.0) -> None:
    """Wait until nothing of any announcement is on its way and the result is told."""

    def over() -> bool:
        made = bot.rows(select(announcement.c.finished_at))
        return bool(made) and all(row.finished_at for row in made)

    await bot.until(over, seconds)
    await bot.settles()


def got(person: Warga) -> list[dict[str, Any]]:
    """The announcements in a chat."""
    head = person.bot.phrase("announcement.message", kelurahan="Beringin", text="").strip()
    return [
        m
        for m in person.person.from_bot
        if (m.get("text") or m.get("caption") or "").startswith(head)
    ]


def content(message: dict[str, Any]) -> dict[str, Any]:
    """What a message shows, whoever got it."""
    keys = ("text", "entities", "caption", "caption_entities", "photo", "link_preview_options")
    return {key: message[key] for key in keys if key in message}


def one(bot: Bot) -> Any:
    [row] = bot.rows(select(announcement))
    return row


# --- the whole way --------------------------------------------------------------------------


async def test_residents_get_exactly_what_the_sender_saw_before(bot: Bot, admin: Warga):
    """Words, bold and links; one message each; the result counts them."""
    people = await residents_of(bot, 12)
    await begins(admin)
    await writes_formatted(
        admin,
        "Penting: kerja bakti & senam <Minggu>",
        {"type": "bold", "offset": 0, "length": 8},
        {
            "type": "text_link",
            "offset": 9,
            "length": 11,
            "url": "https://jambikota.go.id/?a=1&b=2",
        },
        {"type": "spoiler", "offset": 23, "length": 5},
    )
    await answers(admin)
    [preview] = got(admin)
    assert bot.phrase("announcement.preview") in admin.texts
    assert "12 warga" in admin.sees
    assert bot.count(announcement) == 0
    await confirms(admin, 12)
    await finished(bot)
    for person in people:
        assert [content(m) for m in got(person)] == [content(preview)]
    kinds = [entity["type"] for entity in preview["entities"]]
    assert kinds == ["bold", "bold", "text_link", "spoiler"]
    assert preview["text"].endswith("Penting: kerja bakti & senam <Minggu>")
    assert admin.message["text"] == bot.phrase("announcement.done", number="12")
    assert one(bot).state == announcements.DONE
    [line] = bot.rows(select(audit.c.act, audit.c.subject, audit.c.detail))
    assert line[:2] == ("announcement.create", "1")
    assert "recipients=12 rts=all" in line.detail
    assert "Penting" not in line.detail


async def test_a_photo_goes_with_its_words(bot: Bot, admin: Warga):
    """Sent as a photo with caption, seen so before."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin, photo=True)
    await confirms(admin, 1)
    await finished(bot)
    assert [content(m) for m in got(siti)] == [content(m) for m in got(admin)]
    assert "photo" in got(siti)[0]


async def test_the_formatting_of_a_caption_stays(bot: Bot, admin: Warga):
    """Whoever begins with the photo and its words loses nothing."""
    [siti] = await residents_of(bot, 1)
    await begins(admin)

    async def act() -> None:
        bold = {"type": "bold", "offset": 0, "length": 5}
        photo = {"photo": bot.simulator.world.files.add_photo(picture())}
        caption = {"caption": "Besok posyandu", "caption_entities": [bold]}
        receive(bot.simulator.world, admin.person.human, admin.person.chat, photo | caption)

    await admin._then(act())
    await admin.taps("form.choice.all_rt")
    await admin.taps("announcement.when.choice.now")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)
    [message] = got(siti)
    last, units = message["caption_entities"][-1], message["caption"].encode("utf-16-le")
    bold = units[2 * last["offset"] :][: 2 * last["length"]]
    assert bold.decode("utf-16-le") == "Besok"


async def test_a_caption_after_the_words_is_added_to_them(bot: Bot, admin: Warga):
    """Both with their formatting, none lost."""
    [siti] = await residents_of(bot, 1)
    await begins(admin)
    await writes_formatted(admin, "Penting!", {"type": "bold", "offset": 0, "length": 7})
    await admin.sends_photo(picture(), "Bawa <cangkul> ya")
    await admin.taps("form.choice.all_rt")
    await admin.taps("announcement.when.choice.now")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)
    assert got(siti)[0]["caption"].endswith("Penting!\nBawa <cangkul> ya")
    assert one(bot).html == "<b>Penting</b>!\nBawa &lt;cangkul&gt; ya"


async def test_invited_staff_may_announce_and_stop_what_others_announced(
    bot: Bot, admin: Warga, budi: Warga
):
    """Not only administrators; the trail says who."""
    [siti] = await residents_of(bot, 1)
    grant = Grant(budi.id, "staff", [], "Budi")
    await writes(bot, lambda db: roles.put(db, grant, by=99, now=datetime.now(UTC)))
    await budi.sends("/start")
    await writes_one(budi)
    await confirms(budi, 1)
    await finished(bot)
    assert len(got(siti)) == 1
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 1)
    await budi.sends("/pengumuman")
    await budi.taps(budi.buttons[1])
    await budi.taps("announcement.button.stop")
    await budi.taps("announcement.button.stop_yes")
    await finished(bot)
    assert admin.message["text"] == bot.phrase("announcement.stopped", number="0")
    trail = bot.rows(select(audit.c.act, audit.c.actor).order_by(audit.c.id))
    assert [tuple(line) for line in trail] == [
        ("announcement.create", budi.id),
        ("announcement.create", 99),
        ("announcement.cancel", budi.id),
    ]


async def test_only_the_chosen_rts_get_it(bot: Bot, admin: Warga):
    """And those who are away, blocked or never agreed are not counted."""
    [in_03] = await residents_of(bot, 1, "03", 1000)
    [in_05] = await residents_of(bot, 1, "05", 2000)
    [without] = await residents_of(bot, 1, None, 3000)
    away, out = await residents_of(bot, 2, "05", 4000)
    stranger = bot.person(5000)
    await stranger.sends("/start")

    def leave(db: Connection) -> None:
        residents.set_inactive(db, away.id, "blocked")
        residents.set_blocked(db, residents.by_telegram_id(db, out.id).id, True)

    await writes(bot, leave)
    await writes_one(admin, "05")
    await confirms(admin, 1)
    await finished(bot)
    people = (in_03, in_05, without, away, out, stranger)
    assert [len(got(person)) for person in people] == [0, 1, 0, 0, 0, 0]
    await writes_one(admin, words="Untuk semua warga")
    await confirms(admin, 3)
    await finished(bot)
    assert [len(got(person)) for person in people] == [1, 2, 1, 0, 0, 0]


async def test_an_rt_without_anybody_is_said_before_sending(bot: Bot, admin: Warga):
    """The form stays open to choose another."""
    await residents_of(bot, 1, "03")
    await writes_one(admin, "05")
    assert admin.message["text"] == bot.phrase("announcement.nobody")
    await admin.taps("announcement.to.button.edit")
    await admin.taps("form.choice.rt", number="03")
    await admin.taps("form.button.continue")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)


async def test_changing_after_the_preview_makes_the_old_confirmation_void(bot: Bot, admin: Warga):
    """What is sent is what was seen last."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin)
    asked = admin.person.from_bot[-1]
    old = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await admin.taps("announcement.button.change")
    await admin.taps("announcement.text.button.edit")
    await admin.sends("Posyandu pindah ke hari Rabu.")
    await admin.taps_data(asked["message_id"], old)
    await admin.taps("form.button.send")
    await admin.taps_data(asked["message_id"], old)
    assert bot.count(announcement) == 0
    await admin.taps("announcement.button.change")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)
    assert [m["text"].endswith("hari Rabu.") for m in got(siti)] == [True]


async def test_a_confirmation_tapped_twice_makes_one(bot: Bot, admin: Warga):
    """Also when both taps come together, and when the update is delivered again."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin)
    asked = admin.person.from_bot[-1]
    data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await asyncio.gather(*(admin.person.taps_raw(asked["message_id"], data) for _ in range(3)))
    await admin.person.sends_update_again()
    await finished(bot)
    assert bot.count(announcement) == 1
    assert len(got(siti)) == 1
    assert admin.notice == bot.phrase("announcement.sent_already")
    assert admin.person.unanswered == []


async def test_cancelling_at_the_last_question_sends_nothing(bot: Bot, admin: Warga):
    """Batal, Ya, batalkan."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin)
    await admin.taps("form.button.cancel")
    await admin.taps("form.button.discard")
    assert bot.count(announcement) == 0
    assert got(siti) == []


# --- time -----------------------------------------------------------------------------------


async def test_quiet_hours_hold_it_and_say_so(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """At ten in the evening: it goes out at six."""
    quiet = {"night": "21.00-06.00", "friday": ""}
    with time_machine.travel(datetime(2026, 11, 24, 15, 0, tzinfo=UTC)) as clock:  # 22.00 WIB
        async with running(simulator, tmp_path, empty_database, quiet=quiet) as bot:
            [siti] = await residents_of(bot, 1)
            admin = bot.person(99, "Admin")
            await writes_one(admin)
            moment = "Rabu, 25 November 2026 pukul 06.00 WIB"
            assert bot.phrase("announcement.when_held", moment=moment) in admin.sees
            await confirms(admin, 1)
            said = bot.phrase("announcement.scheduled", moment=moment, number="1")
            assert admin.message["text"] == said
            assert got(siti) == []
            clock.move_to(datetime(2026, 11, 24, 22, 59, 58, tzinfo=UTC))
            await writes(bot, lambda db: None)
            assert one(bot).state == announcements.SCHEDULED
            clock.move_to(datetime(2026, 11, 24, 23, 0, 1, tzinfo=UTC))
            await finished(bot)
            assert len(got(siti)) == 1
            assert admin.message["text"] == bot.phrase("announcement.done", number="1")


async def test_a_planned_one_goes_at_its_time_also_after_a_downtime(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """Typed as people type; the bot was down at that time and sends when it is back."""
    with time_machine.travel(datetime(2026, 11, 24, 3, 0, tzinfo=UTC)) as clock:  # 10.00 WIB
        async with running(simulator, tmp_path, empty_database) as bot:
            [siti] = await residents_of(bot, 1)
            admin = bot.person(99, "Admin")
            await writes_one(admin, when="besok jam 7 pagi")
            moment = "Rabu, 25 November 2026 pukul 07.00 WIB"
            assert bot.phrase("announcement.when_at", moment=moment) in admin.sees
            await confirms(admin, 1)
            await bot.stop()
            assert one(bot).state == announcements.SCHEDULED
            clock.move_to(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))
            await bot.start()
            await finished(bot)
            assert len(got(siti)) == 1


async def test_a_planned_one_can_be_stopped_before(bot: Bot, admin: Warga):
    """Asked once; then it is over, and stopping it again says so."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 1)
    await admin.taps("announcement.button.stop")
    question = admin.person.from_bot[-1]
    await admin.taps("announcement.button.go_on")
    assert one(bot).state == announcements.SCHEDULED
    await admin.taps("announcement.button.stop")
    await admin.taps("announcement.button.stop_yes")
    await finished(bot)
    assert one(bot).state == announcements.CANCELLED
    assert bot.phrase("announcement.stopped", number="0") in admin.texts
    assert [row[0] for row in bot.rows(select(audit.c.act))][-1] == "announcement.cancel"
    await admin.taps_data(question["message_id"], "announcement:stop:1")
    assert admin.notice == bot.phrase("announcement.over")
    assert got(siti) == []


# --- on its way -----------------------------------------------------------------------------


async def test_stopping_in_the_middle_sends_no_more(slow: Bot):
    """What was sent stays, what waited never goes, and the numbers say both."""
    people = await residents_of(slow, 60)
    admin = slow.person(99, "Admin")
    await writes_one(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="60"))
    await slow.until(lambda: any(got(person) for person in people))
    await admin.person.taps(slow.phrases.plain("announcement.button.stop"))
    label = slow.phrases.plain("announcement.button.stop_yes")
    await slow.until(lambda: label in admin.buttons)
    await admin.person.taps(label)
    await finished(slow)
    arrived = sum(len(got(person)) for person in people)
    assert 0 < arrived < 60
    text = slow.phrase("announcement.stopped", number=arrived)
    text += "\n" + slow.phrase("announcement.failed.never", number=60 - arrived)
    assert text in admin.texts
    counted = slow.rows(
        select(messages.c.state, messages.c.error, func.count())
        .where(messages.c.announcement_id == 1)
        .group_by(messages.c.state, messages.c.error)
    )
    assert {tuple(row) for row in counted} == {
        ("sent", None, arrived), ("failed", announcements.NEVER_SENT, 60 - arrived),
    }  # fmt: skip


async def test_a_restart_in_the_middle_misses_and_doubles_nobody(
    slow: Bot, monkeypatch: pytest.MonkeyPatch
):
    """While recipients are queued, and while messages go out."""
    monkeypatch.setattr(broadcasts, "PIECE", 3)
    monkeypatch.setattr(broadcasts, "REST_SECONDS", 0.1)
    people = await residents_of(slow, 50)
    admin = slow.person(99, "Admin")
    await writes_one(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="50"))
    for sent in (5, 20, 35):
        await slow.until(lambda sent=sent: sum(len(got(p)) for p in people) >= sent)
        await slow.stop()
        assert sum(len(got(person)) for person in people) < 50
        await slow.start()
    await finished(slow)
    assert [len(got(person)) for person in people] == [1] * 50
    assert admin.message["text"] == slow.phrase("announcement.done", number="50")


async def test_on_postgresql_as_well(
    simulator: Simulator, tmp_path: Path, empty_database: Path, postgres_url: str
):
    """The whole way, with a restart and a stop."""
    database = {"url": postgres_url}
    changes = {"per_second": 25, "database": database}
    async with running(simulator, tmp_path, empty_database, **changes) as bot:
        people = await residents_of(bot, 30)
        admin = bot.person(99, "Admin")
        await writes_one(admin)
        await admin.person.taps(bot.phrases.plain("announcement.button.send", n="30"))
        await bot.until(lambda: any(got(person) for person in people))
        await bot.stop()
        await bot.start()
        await finished(bot)
        assert [len(got(person)) for person in people] == [1] * 30
        assert admin.message["text"] == bot.phrase("announcement.done", number="30")
        await writes_one(admin, when="besok jam 7 pagi")
        await confirms(admin, 30)
        await admin.taps("announcement.button.stop")
        await admin.taps("announcement.button.stop_yes")
        await finished(bot)
        assert bot.phrase("announcement.stopped", number="0") in admin.texts


async def test_the_sender_sees_how_far_it_is(slow: Bot, monkeypatch: pytest.MonkeyPatch):
    """One message with a bar that fills, seldom enough; never two changes of it in the queue."""
    monkeypatch.setattr(broadcasts, "PROGRESS", timedelta(seconds=0.3))
    await residents_of(slow, 50)
    admin = slow.person(99, "Admin")
    await writes_one(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="50"))
    target = select(messages.c.id).where(messages.c.key == announcements.progress_key(1))
    waiting = select(func.count()).where(
        messages.c.edits_id == target.scalar_subquery(), messages.c.state == "queued"
    )
    seen: set[str] = set()

    def over() -> bool:
        assert slow.rows(waiting)[0][0] <= 1
        seen.add(admin.message["text"])
        return bool(slow.count(announcement) and one(slow).finished_at)

    await slow.until(over, 20.0)
    bars = {text for text in seen if "▓" in text and "░" in text}
    assert len(bars) > 2
    assert all("dari 50" in text for text in bars)
    edits = slow.rows(select(func.count()).where(messages.c.edits_id.is_not(None)))[0][0]
    assert 2 < edits < 12


def test_the_bar_fills_from_none_to_all():
    """And survives nobody at all."""
    words = phrases.load()
    assert "░░░░░░░░ 0 % · 0 dari 10.000" in view.progress(words, 0, 10_000)
    assert "▓▓▓▓░░░░ 52 % · 5.200 dari 10.000" in view.progress(words, 5200, 10_000)
    assert "▓▓▓▓▓▓▓▓ 100 % · 7 dari 7" in view.progress(words, 7, 7)
    assert "0 % · 0 dari 0" in view.progress(words, 0, 0)


async def test_those_who_cannot_be_reached_are_counted_by_reason(bot: Bot, admin: Warga):
    """Blocked, gone; and they are not tried the next time."""
    people = await residents_of(bot, 8)
    for person in people[:2]:
        person.person.chat.blocked = True
    await people[2].person.deactivates()
    await writes_one(admin)
    await confirms(admin, 8)
    await finished(bot)
    lines = [
        bot.phrase("announcement.done", number="5"),
        bot.phrase("announcement.failed.blocked", number="2"),
        bot.phrase("announcement.failed.gone", number="1"),
    ]
    assert admin.message["text"] == "\n".join(lines)
    away = bot.rows(select(resident.c.telegram_id).where(resident.c.inactive.is_not(None)))
    assert {row[0] for row in away} == {person.id for person in people[:3]}
    await admin.sends("/pengumuman")
    assert "5 dari 8 warga" in admin.sees
    await admin.taps(admin.buttons[1])
    assert lines[1] in admin.sees
    assert WORDS in admin.sees
    bot.simulator.refusals.clear()  # Telegram refused those three, as it should
    await writes_one(admin)
    await confirms(admin, 5)
    await finished(bot)


async def test_results_can_be_read_when_the_words_are_forgotten(bot: Bot, admin: Warga):
    """Sent bodies are emptied after two days; the counts stay."""
    await residents_of(bot, 3)
    await writes_one(admin)
    await confirms(admin, 3)
    await finished(bot)
    later = datetime.now(UTC) + timedelta(days=3)
    await writes(bot, lambda db: outbox_upkeep.forget_bodies(db, later))
    assert bot.rows(select(func.max(messages.c.params)))[0][0] == ""
    await admin.sends("/pengumuman")
    await admin.taps(admin.buttons[1])
    assert bot.phrase("announcement.done", number="3") in admin.sees


# --- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.RT_HEAD, Role.PLANNER])
async def test_others_are_refused_at_every_door(bot: Bot, admin: Warga, role: Role):
    """The command, and every button that they make up themselves."""
    [siti] = await residents_of(bot, 1)
    if role is not Role.RESIDENT:
        grant = Grant(siti.id, role.value, ["03"], "Siti")
        await writes(bot, lambda db: roles.put(db, grant, by=99, now=datetime.now(UTC)))
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 1)
    await siti.sends("/pengumuman")
    assert siti.sees == bot.phrase("role.not_allowed")
    number = siti.person.from_bot[-1]["message_id"]
    for act in ("new", "send:aaaa:1", "open:1", "cancel:1", "stop:1", "goon:1"):
        await siti.taps_data(number, f"announcement:{act}")
        assert siti.notice == bot.phrase("role.not_allowed")
    assert one(bot).state == announcements.SCHEDULED
    await siti.sends("/lapor")  # the form itself can be reached by a made-up button
    await siti.taps("complaint.kind.choice.blocked")
    [draft] = bot.rows(select(*[bot_draft.c[n] for n in ("id", "version")]))
    number = siti.person.from_bot[-1]["message_id"]
    await siti.taps_data(number, f"form:{draft.id}:{draft.version}:restart:announcement")
    assert siti.notice == bot.phrase("role.not_allowed")
    assert got(siti) == []
    assert bot.count(announcement) == 1


def test_every_change_needs_the_permission(db: Connection):
    """The rules ask first, whoever calls them."""
    now = datetime.now(UTC)
    for role in set(Role) - {Role.STAFF, Role.ADMIN}:
        actor = Actor(1, role)
        assert Permission.ANNOUNCE not in PERMISSIONS[role]
        for act in (
            lambda a=actor: service.plan(db, a, {}, None, now),
            lambda a=actor: service.create(
                db, a, None, draft_id="x", method="", params="", now=now
            ),
            lambda a=actor: service.open_one(db, a, 1),
            lambda a=actor: service.cancel(db, a, 1, now),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize("data", ["open", "open:", "open:x", "open:²", "open:99", "stop:99",
                                  "stop:99999999999999999999999", "cancel:0", "send", "send:a",
                                  "goon", "goon:7"])  # fmt: skip
async def test_made_up_buttons_change_nothing(bot: Bot, admin: Warga, data: str):
    """Each gets an answer, none an error."""
    await admin.taps_data(admin.person.from_bot[-1]["message_id"], f"announcement:{data}")
    assert admin.person.unanswered == []
    assert bot.rows(select(func.count()).where(inbox.c.state != "done"))[0][0] == 0
    assert bot.count(announcement) == 0


# --- what is written ------------------------------------------------------------------------


async def test_a_caption_that_is_too_long_is_told_and_nothing_lost(bot: Bot, admin: Warga):
    """With a photo Telegram shows 1,024 signs; without it the same words go out."""
    [siti] = await residents_of(bot, 1)
    words = "💧" * 500 + "a" * 20  # 1,020 units without the header
    await writes_one(admin, words=words, photo=True)
    head = visible_length(view.call_of(bot.phrases, "Beringin", "", None)[1]["text"])
    excess = str(head + 1020 - 1024)
    expected = bot.phrase("announcement.too_long_with_photo", most="1.024", excess=excess)
    assert admin.message["text"] == expected
    assert got(admin) == []
    await admin.taps("announcement.photo.button.edit")
    await admin.taps("form.button.clear_photos")
    await admin.taps("form.button.skip")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)
    assert got(siti)[0]["text"].endswith(words)


async def test_a_text_of_double_signs_that_is_too_long_is_told(bot: Bot, admin: Warga):
    """3,000 letters fit, 2,048 water drops with the header do not."""
    await residents_of(bot, 1)
    await writes_one(admin, words="💧" * 2048)
    head = visible_length(view.call_of(bot.phrases, "Beringin", "", None)[1]["text"])
    expected = bot.phrase("announcement.too_long", most="4.096", excess=str(head))
    assert admin.message["text"] == expected


async def test_hostile_words_arrive_as_words(bot: Bot, admin: Warga):
    """Tags that were typed, entities that were typed, links that lead elsewhere."""
    [siti] = await residents_of(bot, 1)
    words = '<b>tebal</b> &lt;i&gt; </b></a> <a href="tg://user?id=1">x</a> {text} {0} % \\n'
    await begins(admin)
    await writes_formatted(
        admin,
        f"{words} klik",
        {"type": "text_link", "offset": len(words) + 1, "length": 4,
         "url": 'javascript:alert(1)"><b>'},
    )  # fmt: skip
    await answers(admin)
    await confirms(admin, 1)
    await finished(bot)
    [message] = got(siti)
    assert message["text"].endswith(f'{words} ">klik')  # the rest of a link that is no link
    assert {e["type"] for e in message["entities"]} <= {"bold"}
    assert json.loads(one(bot).params)["text"].count("<a ") == 0


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("<b>a</b> <i>b</i> <u>c</u> <s>d</s>", "<b>a</b> <i>b</i> <u>c</u> <s>d</s>"),
        ('<pre><code class="language-py">x</code></pre>', "<pre><code>x</code></pre>"),
        ("<blockquote expandable>x</blockquote>", "<blockquote expandable>x</blockquote>"),
        ('<span class="tg-spoiler">x</span>', '<span class="tg-spoiler">x</span>'),
        ('<span style="x">x</span>', "x"),
        ('<a href="https://a.id/?b=1&amp;c=2">x</a>', '<a href="https://a.id/?b=1&amp;c=2">x</a>'),
        ('<a href="tg://user?id=7">x</a>', '<a href="tg://user?id=7">x</a>'),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href=" https://a.id">x</a>', "x"),
        ("<a>x</a>", "x"),
        ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<!-- x -->y", "y"),
        ("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c"),
        ("</b>a<b>", "a<b></b>"),
        ("a < b & c > d &#x27;", "a &lt; b &amp; c &gt; d '"),
    ],
)
def test_only_what_telegram_knows_passes(html: str, cleaned: str):
    """Everything else becomes words, and every tag is closed."""
    assert clean(html) == cleaned
    assert visible_length(html) == len(visible(html).encode("utf-16-le")) // 2


def test_whatever_is_thrown_at_it_telegram_can_read():
    """Random pieces of markup: the result is always valid and means the same when cleaned again."""
    chance = random.Random(5)
    pieces = ["<", ">", "</", "b", "<b>", "</b>", "<i", "<a href=", '"', "'", "https://x", "&lt;",
              "&", ";", "<!--", "-->", "<![CDATA[", "<?", "<script>", "</script>", " ", "💧", "=",
              "<pre>", "</pre>", '<span class="tg-spoiler">', "</span>", "<textarea>", "#x0;"]  # fmt: skip
    for _ in range(3000):
        html = clean("".join(chance.choices(pieces, k=chance.randint(1, 12))))
        text, _entities = formatted(html, "HTML", None)
        assert clean(html) == html
        assert text.strip() == visible(html).strip()


# --- rows -----------------------------------------------------------------------------------


def make(db: Connection, rts: list[str] | None = None, draft_id: str = "d") -> int:
    """An announcement that is due."""
    now = datetime.now(UTC)
    params = outbox.as_json({"text": 'Halo "warga" \\ 💧', "parse_mode": "HTML"})
    new = announcements.New(draft_id, "Halo", "sendMessage", params, rts, 99, now, 0, "0/0")
    return announcements.add(db, new, now)


def queued(db: Connection, announcement_id: int) -> list[int]:
    rows = db.execute(
        select(messages.c.chat_id, messages.c.params)
        .where(messages.c.announcement_id == announcement_id)
        .order_by(messages.c.id)
    ).all()
    assert all(json.loads(r.params)["chat_id"] == r.chat_id for r in rows)
    assert all(json.loads(r.params)["text"] == 'Halo "warga" \\ 💧' for r in rows)
    return [row.chat_id for row in rows]


def test_recipients_are_queued_in_pieces_each_once(db: Connection):
    """A job that begins anew at any piece goes on where the last one stopped."""
    ids = [add_resident(db, 100 + n, "03" if n % 2 else None) for n in range(9)]
    number = make(db)
    announcements.change(db, number, state=announcements.SENDING)
    now = datetime.now(UTC)
    for _ in range(5):
        row = announcements.get(db, number)
        if not announcements.queue_some(db, row, now, 4):
            break
    assert queued(db, number) == [100 + n for n in range(9)]
    row = announcements.get(db, number)
    assert (row.cursor, row.recipients) == (max(ids), 9)
    assert row.queued_at is not None
    only = make(db, ["03"], "e")
    assert announcements.queue_some(db, announcements.get(db, only), now, 100)
    assert queued(db, only) == [101, 103, 105, 107]


def test_whoever_leaves_and_comes_back_meanwhile_gets_no_second(db: Connection):
    """His new row lies behind the point that was reached."""
    add_resident(db, 100)
    number, now = make(db), datetime.now(UTC)
    assert announcements.queue_some(db, announcements.get(db, number), now, 4)
    db.execute(update(resident).values(telegram_id=7, pseudonym="gone"))
    add_resident(db, 100)
    add_resident(db, 101)
    while announcements.queue_some(db, announcements.get(db, number), now, 4):
        pass
    assert queued(db, number) == [100, 101]


def test_a_stopped_one_gives_up_what_comes_back_into_the_queue(db: Connection):
    """A message that Telegram asked to send later is not sent after the stop."""
    job = Broadcasts(None, Signals(), phrases.load())
    for n in range(3):
        add_resident(db, 100 + n)
    number, now = make(db), datetime.now(UTC)
    while job.step(db, number, now):
        pass
    rows = outbox_claims.claim(db, now=now, limit=1, paced=1)
    service.cancel(db, Actor(99, Role.ADMIN), number, now)
    assert announcements.tally(db, number).waiting == 1  # at once, but for what is in flight
    job.step(db, number, now)
    assert announcements.get(db, number).finished_at is None
    outbox.requeue(db, rows[0].id, until=now, error="too many requests")
    while job.step(db, number, now):
        pass
    counted = announcements.tally(db, number)
    assert counted == announcements.Tally(0, 0, {announcements.NEVER_SENT: 3})
    assert announcements.get(db, number).finished_at is not None
    with pytest.raises(service.NotOpen):
        service.cancel(db, Actor(99, Role.ADMIN), number, now)


def test_one_resumed_while_the_job_looks_still_waits_for_its_time(db: Connection):
    """Planned for later, paused, found by the job, resumed before the job takes it."""
    add_resident(db, 100)
    number, now = make(db), datetime.now(UTC)
    later = now + timedelta(hours=20)
    db.execute(update(announcement).values(send_at=later))
    service.pause(db, Actor(99, Role.ADMIN), number, now)
    assert announcements.active(db, now) == [number]
    service.resume(db, Actor(99, Role.ADMIN), number, now)
    job = Broadcasts(None, Signals(), phrases.load())
    assert not job.step(db, number, now)
    assert announcements.get(db, number).state == announcements.SCHEDULED
    assert job.step(db, number, later)
    assert announcements.get(db, number).state == announcements.SENDING


def test_reasons_are_told_apart():
    """In Telegram's words and in ours."""
    assert service.reason("bot was blocked by the user") == service.BLOCKED
    assert service.reason("user is deactivated") == service.GONE
    assert service.reason("chat not found") == service.GONE
    assert service.reason(announcements.NEVER_SENT) == service.NEVER
    assert service.reason("outcome unknown") == service.OTHER


def test_one_change_of_the_progress_message_waits_at_a_time(db: Connection):
    """Without connection they would pile up; the next one says the newest number."""
    job = Broadcasts(None, Signals(), phrases.load())
    for n in range(4):
        add_resident(db, 100 + n)
    number, now = make(db), datetime.now(UTC)
    first = outbox.Message(99, "sendMessage", {}, key=announcements.progress_key(number))
    told = outbox.add(db, first, now)
    while job.step(db, number, now):
        pass
    rows = db.scalars(select(messages.c.id).where(messages.c.announcement_id == number)).all()
    changes = select(messages.c.id, messages.c.params).where(messages.c.edits_id == told)

    def goes_on(*sent: int) -> list[Any]:
        outbox.sent(db, [outbox.Result(row, (7,)) for row in sent], now)
        job.step(db, number, now)
        return list(db.execute(changes.order_by(messages.c.id)))

    assert goes_on(rows[0]) == []  # the message itself is not sent yet
    [change] = goes_on(told)
    assert "1 dari 4" in change.params
    assert goes_on(rows[1]) == [change]
    assert "3 dari 4" in goes_on(change.id, rows[2])[1].params
    assert len(goes_on(rows[3])) == 2
    assert announcements.get(db, number).state == announcements.SENDING  # the result waits, too
    assert len(goes_on(goes_on()[1].id)) == 3
    assert announcements.get(db, number).state == announcements.DONE
