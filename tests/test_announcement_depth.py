"""Announcements in depth: for whom, with what, paused, corrected, taken back, urgent, by a link."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import test_announcements
import time_machine
from calendar_rig import ZONE, wanted
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    complaint_in,
    resident_in,
    writes,
)
from sqlalchemy import Connection, event, func, insert, select, update
from test_announcements import (
    WORDS,
    begins,
    confirms,
    finished,
    got,
    one,
    residents_of,
    running,
    writes_one,
)

from handlers import announcement_view as view
from jobs import announcement_changes as change_job
from jobs import broadcasts
from services import announcement_changes, announcements, gotong_royong, participation, readers
from services.participation import WHATSAPP, Activity
from services.quiet import QuietHours
from services.roles import OPERATOR, PERMISSIONS, Actor, NotAllowed, Permission, Role
from simulator import Simulator
from storage import announcement_changes as changes
from storage import announcements as stored
from storage import audiences, outbox, outbox_claims, outbox_upkeep, readings, residents, roles
from storage.outbox_words import Lane
from storage.residents import Notice
from storage.roles import Grant
from storage.tables import announcement, announcement_change, attendance, audit, resident
from storage.tables import outbox as messages
from storage.tables import participation as log_table

NIGHT = datetime(2026, 11, 24, 16, 10, tzinfo=UTC)  # 23.10 WIB
MANY = 3
bot = test_announcements.bot
_quick = test_announcements._quick


@pytest.fixture
async def slow(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A bot slow enough to be met in the middle of its work."""
    async with running(simulator, tmp_path, empty_database, per_second=15) as bot:
        yield bot


async def fills_in(
    admin: Warga,
    *,
    rts: tuple[str, ...] = (),
    who: str = "",
    link: str = "",
    page: str = "",
    when: str = "now",
    words: str = WORDS,
    file: bytes | None = None,
) -> None:
    """The whole form up to the last question."""
    phrases = admin.bot.phrases
    await begins(admin)
    await admin.sends(words)
    if file is not None:
        await admin._then(admin.person.sends_document(file, "surat edaran.pdf"))
    else:
        await admin.taps("form.button.skip")
    for rt in rts:
        await admin.taps("form.choice.rt", number=rt)
    await admin.taps("form.button.continue" if rts else "form.choice.all_rt")
    await admin.taps(f"announcement.when.choice.{when}")
    if who or link:
        await admin.taps("form.button.details")
        await admin.taps(f"announcement.who.choice.{who or 'all'}")
        if who == "unread":
            await admin.taps(page or phrases.plain("announcement.unread.choice.earlier"))
        await admin.taps(f"announcement.link.choice.{link or 'none'}")
        if link == "page":
            await admin.taps(page)
    await admin.taps("form.button.send")


async def sends_one(admin: Warga, count: int, **more: Any) -> None:
    """An announcement to so many, until nothing of it is on its way."""
    await fills_in(admin, **more)
    await confirms(admin, count)
    await finished(admin.bot)


async def opens(admin: Warga, place: int = 1) -> None:
    """Look at one of the list, the newest first."""
    await admin.sends("/pengumuman")
    await admin.taps(admin.buttons[place])


async def changed(bot: Bot) -> None:
    """Wait until every correction and recall is through."""

    def over() -> bool:
        made = bot.rows(select(announcement_change.c.finished_at))
        return bool(made) and all(row.finished_at for row in made)

    await bot.until(over, 20.0)
    await bot.settles()


def shown(person: Warga) -> list[str]:
    return [m.get("text") or m.get("caption") or "" for m in got(person)]


def acts(bot: Bot) -> list[str]:
    return [row.act for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]


# --- files ----------------------------------------------------------------------------------


async def test_a_file_goes_with_its_words_as_its_caption(bot: Bot, admin: Warga):
    """A PDF is taken where the photo is asked, and arrives as a document."""
    [siti] = await residents_of(bot, 1)
    await fills_in(admin, file=b"%PDF-1.7")
    await confirms(admin, 1)
    await finished(bot)
    [message] = got(siti)
    assert message["document"]["file_name"] == "surat edaran.pdf"
    assert message["caption"].endswith(WORDS)
    assert got(admin)[0]["document"] == message["document"]
    said = [row.params for row in bot.rows(select(messages.c.params))]
    assert any(bot.phrase("form.answer.file", count=1) in params for params in said)


async def test_a_file_with_too_many_words_is_told_like_a_photo(bot: Bot, admin: Warga):
    """A caption holds 1,024 signs, whatever it stands under."""
    await residents_of(bot, 1)
    await fills_in(admin, file=b"%PDF-1.7", words="a" * 1024)
    assert (
        bot.phrase("announcement.too_long_with_photo", most="1.024", excess="").split("\n")[0]
        in admin.message["text"]
    )
    assert got(admin) == []


async def test_a_file_elsewhere_is_still_no_answer(bot: Bot, siti: Warga):
    """Only steps that say so take any file."""
    await siti.sends("/lapor")
    await siti._then(siti.person.sends_document(b"%PDF-1.7", "surat.pdf"))
    assert bot.phrase("kind.file") in siti.sees


# --- the button, and who read ---------------------------------------------------------------


async def test_the_button_opens_its_page_and_counts_a_reader_once(bot: Bot, admin: Warga):
    """Two taps of one resident are one reader; the announcement stays to be read."""
    siti = bot.person(301, "Siti")
    await agrees(siti)
    await sends_one(admin, 1, link="page", page=await _label(bot, "banjir"))
    [preview] = got(admin)
    await admin.taps_data(preview["message_id"], _data(preview))
    assert admin.notice == bot.phrase("news.example")
    [message] = got(siti)
    for _ in range(2):
        await siti.taps_data(message["message_id"], _data(message))
    assert [m["message_id"] for m in got(siti)] == [message["message_id"]]
    assert _title(bot, "banjir") in siti.sees
    logged = bot.rows(select(log_table).where(log_table.c.activity == "announcement_read"))
    assert [(row.reference, row.channel, row.rt) for row in logged] == [
        ("announcement:1", "direct", "03")
    ]
    await opens(admin)
    assert bot.phrase("announcement.readers", number="1") in admin.sees


def _data(message: dict[str, Any]) -> str:
    return str(message["reply_markup"]["inline_keyboard"][0][0]["callback_data"])


def _world(bot: Bot) -> Any:
    from content import pages

    return pages.load(bot.settings.kelurahan)


async def _label(bot: Bot, slug: str) -> str:
    page = _world(bot).get(slug)
    return str(bot.phrases.plain("topic.button.page", topic=page.label))


def _title(bot: Bot, slug: str) -> str:
    return str(_world(bot).get(slug).title)


@pytest.mark.parametrize(
    ("link", "phrase"),
    [
        ("lapor", "complaint.kind.question"),
        ("aspirasi", "aspiration.idea.question"),
        ("jadwal", "gotong_royong.none"),
        ("petugas", "message.text.question"),
    ],
)
async def test_the_button_opens_a_form_or_the_schedule(
    bot: Bot, admin: Warga, link: str, phrase: str
):
    """As the menu would, in a new message."""
    siti = bot.person(301, "Siti")
    await agrees(siti)
    await sends_one(admin, 1, link=link)
    [message] = got(siti)
    before = len(siti.person.from_bot)
    await siti.taps_data(message["message_id"], _data(message))
    assert len(siti.person.from_bot) > before
    assert siti.notice == ""
    if phrase in bot.phrases:
        first = bot.phrase(phrase).split("\n")[0] if "{" not in bot.phrases._texts[phrase] else ""
        assert first in siti.sees


async def test_a_stranger_may_tap_and_nothing_is_kept_of_him(bot: Bot, admin: Warga, siti: Warga):
    """Who did not agree reads all the same."""
    await residents_of(bot, 1)
    await sends_one(admin, 1, link="jadwal")
    await siti.sends("/start")
    await siti.taps_data(siti.person.from_bot[-1]["message_id"], "news:open:1")
    assert bot.count(log_table) == 0
    assert siti.person.unanswered == []


# --- for whom -------------------------------------------------------------------------------


def everybody(db: Connection) -> dict[str, int]:
    """Residents who did this or that; gives their Telegram ids by what they did."""
    now = datetime.now(UTC)
    ids = {}
    doers = ("head", "clerk", "came", "came_long_ago", "filed", "wished", "read", "nothing")
    for number, name in enumerate(doers, start=1000):
        actor = resident_in(db, number, name, "03" if number % 2 else "05")
        ids[name] = number
        if name == "head":
            roles.put(db, Grant(number, "rt_head", ["05"], name), by=99, now=now)
        if name == "clerk":
            roles.put(db, Grant(number, "staff", [], name), by=99, now=now)
        if name.startswith("came"):
            _came(db, actor, now - timedelta(days=10 if name == "came" else 200))
        if name == "filed":
            complaint_in(db, actor)
        if name == "wished":
            aspiration_in(db, actor)
        if name == "read":
            resident_ = actor.resident
            assert resident_ is not None
            participation.log(db, resident_, Activity.TOPIC_READ, "banjir", now)
            participation.log(
                db, resident_, Activity.ANNOUNCEMENT_READ, "announcement:7", now, WHATSAPP
            )
    return ids


def _came(db: Connection, actor: Actor, at: datetime) -> None:
    quiet = QuietHours(None, None, ZONE)
    new = wanted(rts=None, starts_at=datetime.now(UTC) + timedelta(days=3))
    row = gotong_royong.plan(
        db, OPERATOR, new, draft_id=f"g{actor.telegram_id}", now=datetime.now(UTC), quiet=quiet
    )
    from storage.tables import occurrence

    db.execute(update(occurrence).where(occurrence.c.id == row.id).values(starts_at=at))
    assert actor.resident is not None
    who = {"occurrence_id": row.id, "resident_id": actor.resident.id}
    db.execute(insert(attendance).values(**who, marked_by=99, at=at))


@pytest.mark.parametrize(
    ("who", "unread", "rts", "expected"),
    [
        ("all", None, None, {"head", "clerk", "came", "came_long_ago", "filed", "wished", "read",
                             "nothing"}),
        ("rt_head", None, None, {"head"}),
        ("staff", None, None, {"clerk", "nothing"}),
        ("attended", None, None, {"came"}),
        ("filed", None, None, {"filed"}),
        ("proposed", None, None, {"wished"}),
        ("unread", "banjir", ["05"], {"head", "came", "filed"}),
        ("unread", "announcement:7", ["05"], {"head", "came", "filed"}),
        ("unread", "announcement:8", ["05"], {"head", "came", "filed", "read"}),
        ("attended", None, ["03"], set()),
        ("filed", None, ["05"], {"filed"}),
    ],
)  # fmt: skip
def test_an_audience_is_counted_and_queued_alike(
    db: Connection,
    who: str,
    unread: str | None,
    rts: list[str] | None,
    expected: set[str],
):
    """Both engines; the administrator of the settings is staff as well."""
    from services.audiences import audience_of

    ids, now = everybody(db), datetime.now(UTC)
    audience = audience_of(who, unread=unread, admins=(ids["nothing"],), now=now)
    assert audiences.count(db, rts, audience) == len(expected)
    params = outbox.as_json({"text": "x"})
    new = stored.New("d", "x", "sendMessage", params, rts, 99, now, 0, "", audience)
    row = stored.get(db, stored.add(db, new, now))
    while stored.queue_some(db, row, now, 3):
        row = stored.get(db, row.id)
    found = db.scalars(select(messages.c.chat_id).where(messages.c.announcement_id == row.id))
    assert set(found) == {ids[name] for name in expected}


async def test_the_preview_counts_an_audience_and_says_who_it_is(bot: Bot, admin: Warga):
    """RT and what somebody did, together."""
    await residents_of(bot, 4, "03")
    await residents_of(bot, 2, "05", 2000)

    def filed(db: Connection) -> None:
        for number in (1000, 1001, 2000):
            complaint_in(db, resident_in(db, number))

    await writes(bot, filed)
    await fills_in(admin, rts=("03",), who="filed")
    assert bot.phrase("announcement.whom.filed") in admin.sees
    await confirms(admin, 2)
    await finished(bot)
    assert [len(got(bot.person(n))) for n in (1000, 1001, 1002, 2000)] == [1, 1, 0, 0]
    assert "who=filed" in bot.rows(select(audit.c.detail))[0][0]
    await opens(admin)
    assert bot.phrase("announcement.whom.filed") in admin.sees


async def test_nobody_of_an_audience_is_said_before_sending(bot: Bot, admin: Warga):
    """The answer can be changed."""
    await residents_of(bot, 1)
    await fills_in(admin, who="proposed")
    assert admin.message["text"] == bot.phrase("announcement.nobody_of_them")
    await admin.taps("announcement.who.button.edit")
    await admin.taps("announcement.who.choice.all")
    await admin.taps("form.button.send")
    await confirms(admin, 1)
    await finished(bot)


async def test_those_who_have_not_read_are_reminded(bot: Bot, admin: Warga):
    """From the announcement itself: who tapped its button hears nothing more."""
    siti, budi = bot.person(301, "Siti"), bot.person(501, "Budi")
    for person in (siti, budi):
        await agrees(person)
    await sends_one(admin, 2, link="jadwal")
    [message] = got(siti)
    await siti.taps_data(message["message_id"], _data(message))
    await opens(admin)
    await admin.taps("announcement.button.remind")
    await admin.sends("Sekali lagi: besok posyandu.")
    await admin.taps("form.button.skip")
    await admin.taps("form.choice.all_rt")
    await admin.taps("announcement.when.choice.now")
    await admin.taps("form.button.send")
    what = bot.phrase(
        "announcement.whom.announcement",
        when=view.day_and_time(one(bot).send_at, bot.settings.kelurahan.zone),
    )
    assert what in admin.sees
    await confirms(admin, 1)
    await finished(bot)
    assert [len(got(person)) for person in (siti, budi)] == [1, 2]


# --- many -----------------------------------------------------------------------------------


async def test_of_many_the_number_is_typed(
    bot: Bot, admin: Warga, monkeypatch: pytest.MonkeyPatch
):
    """No button sends it; another number sends nothing and asks again."""
    monkeypatch.setattr(announcements, "SURE_ABOVE", MANY)
    people = await residents_of(bot, 4)
    await fills_in(admin)
    label = bot.phrases.plain("announcement.button.send", n="4")
    assert label not in admin.buttons
    draft = bot.rows(select(_draft.c.id, _draft.c.version))[0]
    number = admin.person.from_bot[-1]["message_id"]
    await admin.taps_data(number, f"announcement:send:{draft.id}:{draft.version}")
    assert bot.count(announcement) == 0
    await admin.sends("5")
    assert bot.phrase("announcement.number_wrong") in admin.texts
    assert bot.count(announcement) == 0
    assert bot.rows(select(_draft.c.version))[0].version == draft.version
    await admin.sends("4")
    await finished(bot)
    assert [len(got(person)) for person in people] == [1] * 4


async def test_the_number_is_typed_as_it_is_read(
    bot: Bot, admin: Warga, monkeypatch: pytest.MonkeyPatch
):
    """With or without the dot; while nothing but words sends nothing."""
    monkeypatch.setattr(announcements, "SURE_ABOVE", MANY)
    await residents_of(bot, 4)
    await fills_in(admin)
    await admin.sends("iya kirim saja")
    await admin.sends("004")
    await finished(bot)
    assert bot.count(announcement) == 1


from storage.tables import draft as _draft  # noqa: E402


def test_five_hundred_need_no_number_and_one_more_does():
    """The limit is a constant, not a setting."""
    now = datetime.now(UTC)
    plans = [announcements.Plan("x", None, None, now, now, False, number) for number in (500, 501)]
    assert [plan.needs_number for plan in plans] == [False, True]


# --- pause ----------------------------------------------------------------------------------


async def test_while_it_pauses_nothing_of_it_leaves_also_after_a_restart(slow: Bot):
    """What waited in the queue waits on, is not given up, and goes when it is resumed."""
    people = await residents_of(slow, 30)
    admin = slow.person(99, "Admin")
    await fills_in(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="30"))
    await slow.until(lambda: any(got(person) for person in people))
    await admin.person.taps(slow.phrases.plain("announcement.button.pause"))
    await slow.until(lambda: one(slow).state == stored.PAUSED)
    await slow.until(lambda: not _count(slow, "queued", "sending"))
    arrived = sum(len(got(person)) for person in people)
    assert 0 < arrived < 30
    await slow.stop()
    await slow.start()
    await slow.settles()
    other = await residents_of(slow, 1, first=5000)
    await writes(slow, lambda db: _say(db, people[-1].id))
    await slow.until(lambda: "lewat" in people[-1].texts)  # what is held holds nobody else up
    assert sum(len(got(person)) for person in people) == arrived
    assert _count(slow, "held") == 30 - arrived
    head = slow.phrase("announcement.paused", bar="", percent="", done="", of="").split("\n")[0]
    assert any(head in text for text in admin.texts)
    await turns(admin, "resume")
    await finished(slow)
    assert [len(got(person)) for person in people] == [1] * 30
    assert got(other[0]) == []
    assert acts(slow) == ["announcement.create", "announcement.pause", "announcement.resume"]
    assert slow.simulator.refusals == []


def _count(bot: Bot, *states: str) -> int:
    query = select(func.count()).where(
        messages.c.announcement_id.is_not(None), messages.c.state.in_(states)
    )
    return int(bot.rows(query)[0][0])


def _say(db: Connection, chat_id: int) -> None:
    params = {"chat_id": chat_id, "text": "lewat"}
    lane = Lane.BROADCAST
    outbox.add(db, outbox.Message(chat_id, "sendMessage", params, lane), datetime.now(UTC))


async def turns(admin: Warga, act: str) -> None:
    """Pause or resume, once the button is there."""
    label = admin.bot.phrases.plain(f"announcement.button.{act}")
    await admin.bot.until(lambda: label in admin.message_buttons())
    await admin.taps(label)


async def test_a_paused_one_can_be_stopped_for_good(bot: Bot, admin: Warga):
    """Planned for later, paused, stopped: nobody gets it; resuming it afterwards is refused."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 1)
    await turns(admin, "pause")
    assert one(bot).state == stored.PAUSED
    await turns(admin, "resume")
    assert one(bot).state == stored.SCHEDULED
    await turns(admin, "pause")
    number = admin.message["message_id"]
    await admin.taps("announcement.button.stop")
    await admin.taps("announcement.button.stop_yes")
    await finished(bot)
    await admin.taps_data(number, "announcement:resume:1")
    assert admin.notice == bot.phrase("announcement.over")
    assert got(siti) == []


async def test_one_that_paused_before_its_day_begins_with_a_bar_that_is_said_once(
    slow: Bot, monkeypatch: pytest.MonkeyPatch
):
    """The message that it has begun shows the beginning: no edit says the same once more."""
    monkeypatch.setattr(broadcasts, "PROGRESS", timedelta(0))
    await residents_of(slow, 30)
    admin = slow.person(99, "Admin")
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 30)
    await turns(admin, "pause")
    await slow.until(lambda: one(slow).shown.startswith(stored.PAUSED))
    await turns(admin, "resume")
    now = update(announcement).values(send_at=datetime.now(UTC))
    await writes(slow, lambda db: db.execute(now))
    await finished(slow)
    assert slow.simulator.refusals == []


def test_what_is_held_goes_with_a_person_who_leaves(db: Connection):
    """Blocked, muted or deleted: held messages are given up as waiting ones are."""
    now = datetime.now(UTC)
    for number in (100, 101, 102):
        resident_in(db, number)
    new = stored.New("d", "x", "sendMessage", '{"text":"x"}', None, 99, now, 0, "")
    row = stored.get(db, stored.add(db, new, now))
    stored.queue_some(db, row, now, 10)
    assert stored.hold_some(db, row.id, 10) == 3
    assert outbox_claims.claim(db, now=now, limit=9, paced=9) == []
    outbox_upkeep.fail_chat(db, 100, "blocked")
    outbox_upkeep.fail_unwanted(db, 101, Notice.ANNOUNCEMENTS, "muted")
    from storage import deletion

    deletion.give_up_waiting(db, 102)
    assert stored.tally(db, row.id).waiting == 0


# --- corrections ----------------------------------------------------------------------------


async def corrects(admin: Warga, words: str, place: int = 1) -> None:
    await opens(admin, place)
    await admin.taps("announcement.button.fix")
    await admin.sends(words)
    await admin.taps("form.button.send")


async def test_a_correction_changes_every_message_that_was_sent(bot: Bot, admin: Warga):
    """In place, with head and button; nobody gets a second message."""
    people = await residents_of(bot, 5)
    await sends_one(admin, 5, link="jadwal")
    await corrects(admin, "Posyandu pindah ke hari <Rabu>.")
    assert bot.phrase("change.correct", number="5") in admin.sees
    assert all(text.endswith(WORDS) for person in people for text in shown(person))
    await admin.taps("change.button.correct")
    await changed(bot)
    for person in people:
        [message] = got(person)
        assert "hari <Rabu>." in message["text"]
        assert message["text"].split("\n")[-1].startswith("Diperbaiki ")
        assert _data(message) == "news:open:1"
    assert admin.message["text"] == bot.phrase("change.done.correct", number="5")
    assert acts(bot)[-1] == "announcement.correct"
    assert "Rabu" not in str(bot.rows(select(audit.c.detail)))
    await opens(admin)
    assert "Diperbaiki" in admin.sees
    assert "Rabu" in admin.sees


async def test_a_correction_of_a_photo_changes_its_caption(bot: Bot, admin: Warga):
    """The photo stays."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin, photo=True)
    await confirms(admin, 1)
    await finished(bot)
    await corrects(admin, "Besok pindah ke balai.")
    await admin.taps("change.button.correct")
    await changed(bot)
    [message] = got(siti)
    assert "pindah ke balai" in message["caption"]
    assert "photo" in message


async def test_a_correction_in_the_middle_reaches_those_who_wait_as_well(slow: Bot):
    """Half have it, half wait: all end with the new words, once."""
    people = await residents_of(slow, 30)
    admin = slow.person(99, "Admin")
    await fills_in(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="30"))
    await slow.until(lambda: sum(len(got(p)) for p in people) > 4)
    await admin.person.taps(slow.phrases.plain("announcement.button.pause"))
    await slow.until(lambda: not _count(slow, "queued", "sending"))
    await corrects(admin, "Posyandu batal besok.")
    await admin.taps("change.button.correct")
    await changed(slow)
    arrived = [person for person in people if got(person)]
    assert 0 < len(arrived) < 30
    await opens(admin)
    await admin.taps("announcement.button.resume")
    await finished(slow)
    assert [len(got(person)) for person in people] == [1] * 30
    assert all("batal besok" in text for person in people for text in shown(person))


async def test_a_correction_goes_on_after_a_restart(slow: Bot, monkeypatch: pytest.MonkeyPatch):
    """Nobody is left with the old words, nobody is sent a second message."""
    monkeypatch.setattr(change_job, "PIECE", 4)
    people = await residents_of(slow, 30)
    admin = slow.person(99, "Admin")
    await fills_in(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="30"))
    await finished(slow)
    await corrects(admin, "Posyandu batal besok.")
    await admin.person.taps(slow.phrases.plain("change.button.correct"))

    def new() -> int:
        return sum("batal besok" in text for person in people for text in shown(person))

    await slow.until(lambda: new() > 5)
    await slow.stop()
    assert new() < 30
    await slow.start()
    await changed(slow)
    assert new() == 30
    assert [len(got(person)) for person in people] == [1] * 30


async def test_who_deleted_the_message_gets_no_new_one(bot: Bot, admin: Warga):
    """A correction that finds no message is counted, not said again."""
    people = await residents_of(bot, 3)
    await sends_one(admin, 3)
    gone = got(people[0])[0]["message_id"]
    bot.simulator.world.forget(people[0].person.chat, gone)
    people[1].person.chat.blocked = True
    await corrects(admin, "Posyandu batal besok.")
    await admin.taps("change.button.correct")
    await changed(bot)
    assert got(people[0]) == []
    assert "batal besok" in shown(people[2])[0]
    lines = [
        bot.phrase("change.done.correct", number="1"),
        bot.phrase("change.failed", number="2"),
    ]
    assert admin.message["text"] == "\n".join(lines)
    bot.simulator.refusals.clear()  # Telegram refused those two, as it should


async def test_a_correction_twice_tapped_is_one_and_an_old_question_is_void(
    bot: Bot, admin: Warga
):
    """The button carries the draft and its version."""
    await residents_of(bot, 1)
    await sends_one(admin, 1)
    await corrects(admin, "Posyandu batal besok.")
    number, data = admin.person.from_bot[-1]["message_id"], _data(admin.person.from_bot[-1])
    await admin.taps_data(number, data)
    await admin.taps_data(number, data)
    await changed(bot)
    assert bot.count(announcement_change) == 1
    assert admin.person.unanswered == []


async def test_a_planned_one_is_corrected_before_it_goes(bot: Bot, admin: Warga):
    """Nobody was told the old words, so the new ones do not say that they are new."""
    [siti] = await residents_of(bot, 1)
    await writes_one(admin, when="besok jam 7 pagi")
    await confirms(admin, 1)
    await corrects(admin, "Posyandu batal besok.")
    await admin.taps("change.button.correct")
    await changed(bot)
    assert admin.message["text"] == bot.phrase("change.done.correct_early")
    now = update(announcement).values(send_at=datetime.now(UTC))
    await writes(bot, lambda db: db.execute(now))
    await finished(bot)
    assert [text.endswith("Posyandu batal besok.") for text in shown(siti)] == [True]


async def test_a_second_correction_takes_the_place_of_the_first(bot: Bot, admin: Warga):
    """The newest words stand everywhere."""
    people = await residents_of(bot, 3)
    await sends_one(admin, 3)
    for words in ("Jadinya hari Kamis.", "Jadinya hari Jumat."):
        await corrects(admin, words)
        await admin.taps("change.button.correct")
        await changed(bot)
    assert all("Jumat" in text for person in people for text in shown(person))
    assert len(got(people[0])) == 1


# --- recalls --------------------------------------------------------------------------------


async def test_a_recall_deletes_it_everywhere(bot: Bot, admin: Warga):
    """Asked once more, audited, and the list says so; nothing more can be done with it."""
    people = await residents_of(bot, 4)
    await sends_one(admin, 4, link="jadwal")
    tapped = got(people[0])[0]["message_id"]
    await opens(admin)
    await admin.taps("announcement.button.withdraw")
    assert bot.phrase("change.delete", number="4") in admin.sees
    await admin.taps("change.button.keep")
    assert len(got(people[0])) == 1
    await opens(admin)
    await admin.taps("announcement.button.withdraw")
    await admin.taps("change.button.recall")
    await changed(bot)
    assert [got(person) for person in people] == [[]] * 4
    assert admin.message["text"] == bot.phrase("change.done.recall", number="4")
    assert acts(bot)[-1] == "announcement.recall"
    await people[0].taps_data(tapped, "news:open:1")
    assert people[0].notice == bot.phrase("form.old_button")
    await opens(admin)
    assert bot.phrases.plain("announcement.button.fix") not in admin.buttons
    await admin.taps_data(admin.message["message_id"], "announcement:recall:1")
    assert admin.notice == bot.phrase("change.over")
    assert bot.count(announcement_change) == 1


async def test_what_waits_is_not_sent_after_a_recall(slow: Bot):
    """In the middle: those who have it lose it, the others never get it."""
    people = await residents_of(slow, 30)
    admin = slow.person(99, "Admin")
    await fills_in(admin)
    await admin.person.taps(slow.phrases.plain("announcement.button.send", n="30"))
    await slow.until(lambda: sum(len(got(p)) for p in people) > 3)
    await admin.person.sends("/pengumuman")
    head = slow.phrase("announcement.list").split("\n")[0]
    await slow.until(lambda: admin.sees.startswith(head))
    label = admin.buttons[1]
    await admin.person.taps(label)
    withdraw = slow.phrases.plain("announcement.button.withdraw")
    await slow.until(lambda: withdraw in admin.buttons)
    await admin.person.taps(withdraw)
    sure = slow.phrases.plain("change.button.recall")
    await slow.until(lambda: sure in admin.buttons)
    await admin.person.taps(sure)
    await slow.until(lambda: one(slow).state == stored.RECALLED)
    await changed(slow)
    await finished(slow)
    assert [got(person) for person in people] == [[]] * 30
    assert one(slow).state == stored.RECALLED
    assert slow.simulator.world.sent_count > 0


async def test_what_is_too_old_to_be_deleted_says_that_it_was_recalled(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """Telegram deletes for 48 hours; and the question says so before."""
    with time_machine.travel(datetime(2026, 11, 24, 3, 0, tzinfo=UTC)) as clock:
        async with running(simulator, tmp_path, empty_database) as bot:
            [siti] = await residents_of(bot, 1)
            admin = bot.person(99, "Admin")
            await sends_one(admin, 1)
            clock.move_to(datetime(2026, 11, 27, 3, 0, tzinfo=UTC))
            await writes(bot, lambda db: outbox_upkeep.forget_bodies(db, datetime.now(UTC)))
            await opens(admin)
            await admin.taps("announcement.button.withdraw")
            assert bot.phrase("change.replace", number="1") in admin.sees
            await admin.taps("change.button.recall")
            await changed(bot)
            assert got(siti) == []
            assert siti.sees == bot.phrase("change.withdrawn", kelurahan="Beringin")
    assert simulator.refusals == []


async def test_what_became_too_old_while_it_waited_is_edited_after_all(
    bot: Bot, admin: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Telegram's refusal to delete is answered with an edit."""
    [siti] = await residents_of(bot, 1)
    await sends_one(admin, 1)
    [message] = got(siti)
    monkeypatch.setattr("simulator.methods.editing.DELETABLE_FOR", -1)
    await opens(admin)
    await admin.taps("announcement.button.withdraw")
    await admin.taps("change.button.recall")
    await changed(bot)
    assert siti.sees == bot.phrase("change.withdrawn", kelurahan="Beringin")
    assert siti.person.from_bot[-1]["message_id"] == message["message_id"]
    bot.simulator.refusals.clear()


def test_who_deleted_his_data_is_said_to_be_out_of_reach(db: Connection):
    """Honest numbers: sent, reachable, deletable."""
    now = datetime.now(UTC)
    for number in (100, 101, 102, 103):
        resident_in(db, number)
    new = stored.New("d", "x", "sendMessage", '{"text":"x"}', None, 99, now, 0, "")
    row = stored.get(db, stored.add(db, new, now))
    stored.queue_some(db, row, now, 10)
    ids = list(db.scalars(select(messages.c.id).order_by(messages.c.id)))
    outbox.sent(db, [outbox.Result(i, (7,)) for i in ids[:3]], now)
    old = update(messages).where(messages.c.id == ids[0])
    db.execute(old.values(sent_at=now - timedelta(days=3)))
    residents.set_inactive(db, 101, "blocked")
    from storage import deletion

    deletion.forget_sent(db, 102, now)
    found = announcement_changes.reach(db, OPERATOR, row.id, now)
    assert found == changes.Reach(waiting=1, sent=3, reachable=1, fresh=0)


@pytest.mark.parametrize("kind", [changes.CORRECT, changes.RECALL])
def test_a_change_takes_every_message_as_it_is(db: Connection, kind: str):
    """Both engines: sent, old, on its way, waiting, held, failed; each edited at most once."""
    now, day = datetime.now(UTC), timedelta(days=1)
    for number in range(100, 107):
        resident_in(db, number)
    new = stored.New("d", "x", "sendMessage", '{"text":"lama"}', None, 99, now, 0, "")
    one_ = stored.get(db, stored.add(db, new, now))
    while stored.queue_some(db, one_, now, 3):
        one_ = stored.get(db, one_.id)
    ids = list(db.scalars(select(messages.c.id).order_by(messages.c.id)))
    outbox.sent(db, [outbox.Result(i, (7,)) for i in ids[:2]], now)
    turned = {1: {"sent_at": now - 3 * day}, 2: {"state": "sending"}, 4: {"state": "held"},
              5: {"state": "failed"}, 6: {"state": "sent", "message_id": None}}  # fmt: skip
    for place, values in turned.items():
        db.execute(update(messages).where(messages.c.id == ids[place]).values(**values))
    stored.change(db, one_.id, params='{"text":"baru"}')
    edit = ("editMessageText", '{"text":"baru"}')
    for again in ("a", "b"):  # the second takes the place of the first, which did half of it
        params = (one_.id, again, kind, *edit, 99, 3, "0/3")
        row = changes.get(db, changes.add(db, changes.NewChange(*params), now + day))
        one_ = stored.get(db, one_.id)
        while changes.change_some(db, one_, row, fresh_since=now - day, now=now + day, most=2):
            row = changes.get(db, row.id)
    edits = db.execute(
        select(messages.c.edits_id, messages.c.method, messages.c.chat_id, messages.c.params)
        .where(messages.c.edits_id.is_not(None), messages.c.state == "queued")
        .order_by(messages.c.edits_id)
    ).all()
    young = "deleteMessage" if kind == changes.RECALL else "editMessageText"
    methods = [young, "editMessageText", young]
    assert [(e.edits_id, e.method) for e in edits] == list(zip(ids[:3], methods, strict=True))
    assert all(json.loads(e.params)["chat_id"] == e.chat_id for e in edits)
    waiting = db.execute(
        select(messages.c.state, messages.c.params).where(messages.c.id.in_(ids[3:5]))
    ).all()
    if kind == changes.RECALL:
        assert [w.state for w in waiting] == ["failed"] * 2
    else:
        assert [json.loads(w.params)["text"] for w in waiting] == ["baru"] * 2
        assert [w.state for w in waiting] == ["queued", "held"]
    given_up = select(func.count()).where(messages.c.error == changes.OUTDATED)
    assert db.scalar(given_up) == 3


# --- urgent ---------------------------------------------------------------------------------


QUIET = {"night": "21.00-06.00", "friday": ""}


async def test_an_urgent_one_wakes_people_only_after_a_second_question(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """The question names the hour; the trail notes it; ordinary ones wait for the morning."""
    with time_machine.travel(NIGHT) as clock:
        async with running(simulator, tmp_path, empty_database, quiet=QUIET) as bot:
            people = await residents_of(bot, 3)
            admin = bot.person(99, "Admin")
            await fills_in(admin, when="urgent", words="Air parit naik, segera naik ke balai.")
            await confirms(admin, 3)
            assert admin.message["text"] == bot.phrase("announcement.wake", hour="23.10")
            assert bot.count(announcement) == 0
            await writes(bot, lambda db: _say(db, people[0].id))
            await writes(bot, lambda db: _notice(db, people[0].id))
            await admin.person.taps(bot.phrases.plain("announcement.button.wake"))
            head = bot.phrase("announcement.message_urgent", kelurahan="Beringin", text="").split(
                "\n"
            )[0]
            await bot.until(lambda: all(head in "".join(p.texts) for p in people))
            assert "112" in people[0].sees
            assert people[0].texts.count("lewat") == 0
            [detail] = [row.detail for row in bot.rows(select(audit.c.detail))]
            assert detail.endswith("urgent quiet=23.10")
            clock.move_to(datetime(2026, 11, 24, 23, 0, 1, tzinfo=UTC))
            await bot.settles()
            assert people[0].texts.count("lewat") == 2


def _notice(db: Connection, chat_id: int) -> None:
    params = {"chat_id": chat_id, "text": "lewat"}
    lane = Lane.NOTICE
    outbox.add(db, outbox.Message(chat_id, "sendMessage", params, lane), datetime.now(UTC))


async def test_an_urgent_one_by_day_asks_once(bot: Bot, admin: Warga):
    """Nobody sleeps: no second question."""
    [siti] = await residents_of(bot, 1)
    await fills_in(admin, when="urgent")
    assert bot.phrase("announcement.when_urgent") in admin.sees
    await confirms(admin, 1)
    await finished(bot)
    assert WORDS in siti.sees
    assert "MENDESAK" in siti.sees


def test_an_urgent_one_goes_before_other_broadcasts_and_alone_in_quiet_hours(db: Connection):
    """Of one chat it does not wait for what quiet hours hold, only for what is on its way."""
    now = datetime.now(UTC)
    for number in (100, 101):
        resident_in(db, number)
    _notice(db, 100)
    _say(db, 100)
    rows = {}
    for name, urgent in (("later", False), ("now", True)):
        new = stored.New(
            name, "x", "sendMessage", '{"text":"x"}', None, 99, now, 0, "", None, None, urgent
        )
        row = stored.get(db, stored.add(db, new, now))
        stored.queue_some(db, row, now, 10)
        rows[name] = row.id
    query = select(messages.c.announcement_id)

    def of(claimed: list[Any]) -> list[Any]:
        return [db.scalar(query.where(messages.c.id == one_.id)) for one_ in claimed]

    now = datetime.now(UTC)
    assert outbox_claims.claim(db, now=now, limit=9, paced=0, quiet=True) == []
    night = outbox_claims.claim(db, now=now, limit=9, paced=1, quiet=True)
    assert of(night) == [rows["now"]]
    outbox.requeue(db, night[0].id, until=now, error="pause")
    night = outbox_claims.claim(db, now=now, limit=9, paced=9, quiet=True)
    assert of(night) == [rows["now"]] * 2
    for row in night:
        outbox.requeue(db, row.id, until=now, error="pause")
    day = outbox_claims.claim(db, now=now, limit=9, paced=9)
    assert of(day)[:3] == [None, rows["now"], None]  # notice of 100, urgent of 101, news of 100


def test_the_queries_of_the_sender_use_their_indexes(db: Connection):
    """In quiet hours thousands of notices may wait: urgent ones are found without reading them."""
    if db.dialect.name != "sqlite":
        return
    said: list[Any] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    event.listen(db, "before_cursor_execute", note)
    outbox_claims.claim(db, now=datetime.now(UTC), limit=9, paced=9, quiet=True)
    event.remove(db, "before_cursor_execute", note)
    statement, parameters = next(one_ for one_ in said if "urgent" in one_[0])
    plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    assert any("ix_outbox_urgent_state_id" in str(line) for line in plan), plan


async def test_the_whole_of_it_on_postgresql_as_well(
    simulator: Simulator, tmp_path: Path, empty_database: Path, postgres_url: str
):
    """Audience, button, link, pause, correction, reach and recall."""
    database = {"url": postgres_url}
    async with running(simulator, tmp_path, empty_database, database=database) as bot:
        people = await residents_of(bot, 5)
        admin = bot.person(99, "Admin")
        await fills_in(admin, rts=("03",), who="unread", page=await _label(bot, "banjir"))
        await confirms(admin, 5)
        await finished(bot)
        await opens(admin)
        await admin.taps("announcement.button.reach")
        assert bot.phrase("reach.line", rt="03", got="5", of="5") in admin.sees
        await sends_one(admin, 5, link="jadwal", words="Kerja bakti hari Minggu.")
        for person in (people[0], people[0], bot.person(301)):
            await person.sends("/start kabar_2_03")
        await people[1].taps_data(got(people[1])[-1]["message_id"], "news:open:2")
        await corrects(admin, "Kerja bakti hari Senin.")
        await admin.taps("change.button.correct")
        await changed(bot)
        assert all("Senin" in shown(person)[1] for person in people)
        await opens(admin)
        counts = bot.phrase("announcement.opened_in", rt="03", number="2")
        assert bot.phrase("announcement.opened", counts=counts) in admin.sees
        await admin.taps("announcement.button.withdraw")
        await admin.taps("change.button.recall")
        await changed(bot)
        assert [len(got(person)) for person in people[1:]] == [1] * 4
    assert simulator.refusals == []


# --- where it arrived -----------------------------------------------------------------------


async def test_the_reach_names_rts_that_nobody_got_it_in(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """Counts per RT, with the households where they are known; blocked is not reached."""
    rts = [{"number": "03", "households": 40}, {"number": "05"}, {"number": "07"}]
    async with running(simulator, tmp_path, empty_database, rt=rts) as bot:
        await residents_of(bot, 2, "03")
        [blocked] = await residents_of(bot, 1, "05", 2000)
        await residents_of(bot, 1, None, 3000)
        blocked.person.chat.blocked = True
        admin = bot.person(99, "Admin")
        await sends_one(admin, 4)
        await admin.taps("announcement.button.reach")
        lines = [
            bot.phrase("reach.line_of", rt="03", got="2", of="2", households="40"),
            bot.phrase("reach.line", rt="05", got="0", of="1"),
            bot.phrase("reach.line", rt="07", got="0", of="0"),
            bot.phrase("reach.elsewhere", got="1"),
            bot.phrase("reach.missed", rts="05, 07"),
        ]
        assert "\n".join(lines) in admin.sees
        assert "Warga 2000" not in admin.sees


# --- WhatsApp -------------------------------------------------------------------------------


async def test_a_copy_for_whatsapp_is_plain_and_carries_the_link_of_its_rt(bot: Bot, admin: Warga):
    """One message per RT, to be copied whole, or the link alone."""
    await residents_of(bot, 1)
    await sends_one(admin, 1, words="Besok <posyandu> & senam")
    await opens(admin)
    await admin.taps("whatsapp.button.text")
    await admin.taps("form.choice.all_rt")
    sent = admin.person.from_bot[-2:]
    name = bot.simulator.world.bot["username"]
    for message, rt in zip(sent, ("03", "05"), strict=True):
        link = f"https://t.me/{name}?start=kabar_1_{rt}"
        text = bot.phrase("whatsapp.text", kelurahan="Beringin", words="", link="").split("\n")[0]
        [entity] = [e for e in message["entities"] if e["type"] == "pre"]
        units = message["text"].encode("utf-16-le")
        copied = units[2 * entity["offset"] :][: 2 * entity["length"]].decode("utf-16-le")
        assert copied.startswith(text)
        assert "Besok <posyandu> & senam" in copied
        assert copied.endswith(link)
        [[button]] = message["reply_markup"]["inline_keyboard"]
        assert button["copy_text"] == {"text": link}


async def test_who_opens_the_link_sees_it_and_is_counted_for_that_rt(bot: Bot, admin: Warga):
    """A resident once and in the log; others as a number, with no trace of who they are."""
    siti, budi = bot.person(301, "Siti"), bot.person(501, "Budi")
    await agrees(siti)
    await sends_one(admin, 1)
    before = len(got(siti))
    for _ in range(2):
        await siti.sends("/start kabar_1_05")
    assert len(got(siti)) == before + 2
    await budi.sends("/start kabar_1_05")
    assert len(got(budi)) == 1
    assert bot.phrases.plain("consent.button.yes") in budi.buttons
    assert bot.count(resident) == 1
    logged = bot.rows(select(log_table).where(log_table.c.activity == "announcement_read"))
    assert [(row.channel, row.rt, row.reference) for row in logged] == [
        ("whatsapp", "03", "announcement:1")
    ]
    await opens(admin)
    counts = bot.phrase("announcement.opened_in", rt="05", number="2")
    assert bot.phrase("announcement.opened", counts=counts) in admin.sees


@pytest.mark.parametrize("payload", ["kabar_1_03", "kabar_9_03", "kabar_1_99", "kabar_", "kabar_x",
                                     "kabar_1", "kabar_²_03", "kabar_99999999999999_03"])  # fmt: skip
async def test_a_link_to_what_is_not_for_everybody_shows_nothing(
    bot: Bot, admin: Warga, siti: Warga, payload: str
):
    """Planned, for some people only, unknown, or made up."""
    await residents_of(bot, 1)
    await becomes(bot.person(1000), Role.RT_HEAD, "03")
    await sends_one(admin, 1, who="rt_head")
    await siti.sends(f"/start {payload}")
    assert got(siti) == []
    assert bot.phrase("news.gone") in siti.texts
    assert readings.openings(_reader(bot), 1) == {}


def _reader(bot: Bot) -> Connection:
    return bot.engine.connect()


# --- who may --------------------------------------------------------------------------------


def test_every_change_needs_the_permission(db: Connection):
    """The rules ask first, whoever calls them."""
    now, edit = datetime.now(UTC), ("editMessageText", "{}")
    for role in set(Role) - {Role.STAFF, Role.ADMIN}:
        actor = Actor(1, role)
        assert Permission.ANNOUNCE not in PERMISSIONS[role]
        tries: tuple[Callable[[], Any], ...] = (
            lambda a=actor: announcements.pause(db, a, 1, now),
            lambda a=actor: announcements.resume(db, a, 1, now),
            lambda a=actor: announcement_changes.reach(db, a, 1, now),
            lambda a=actor: announcement_changes.changeable(db, a, 1, now),
            lambda a=actor: announcement_changes.correct(
                db, a, 1, draft_id="d", html="x", params="{}", edit=edit, now=now
            ),
            lambda a=actor: announcement_changes.recall(db, a, 1, edit=edit, now=now),
        )
        for act in tries:
            with pytest.raises(NotAllowed):
                act()
    readers.read(db, Actor(1, Role.BLOCKED), 1, now)
    assert db.scalar(select(func.count()).select_from(log_table)) == 0
