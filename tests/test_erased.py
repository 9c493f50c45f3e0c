"""After /hapus_data: neighbours' and colleagues' chats, in whatever order and way it came there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import (
    KIND,
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    files,
    fills_in,
    picture,
    proposes,
    resident_in,
    writes,
)
from sqlalchemy import Connection, Engine, create_engine, make_url, select, update
from test_aspirations import begins_to_change, sent_in_full
from test_deletion import deletes, is_done

from handlers import erasure
from jobs import erasure as slow_work
from jobs import my_data as copies
from jobs import tasks as loop
from services import deletion
from services.my_data import Copy
from services.roles import Role
from storage import outbox, outbox_claims, roles, shown
from storage import tickets as stored
from storage.outbox import Message
from storage.outbox_words import COVER, NOBODY, Lane
from storage.tables import (
    aspiration,
    draft,
    resident,
    setting,
    ticket,
    ticket_event,
    ticket_follower,
)
from storage.tables import outbox as messages


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(slow_work, "AGAIN", timedelta(seconds=0.02))


@pytest.fixture
async def clerk(bot: Bot) -> Warga:
    """A colleague who agreed like everybody."""
    person = bot.person(610, "Rahmat")
    await agrees(person)
    await becomes(person, Role.STAFF)
    return person


def in_media(folder: Path) -> list[str]:
    return [path.name for path in (folder / "media").rglob("*") if path.is_file()]


def saying(person: Warga, word: str) -> list[str]:
    return [text for text in person.texts if word in text]


async def joins(bot: Bot, person: Warga, ticket_id: int) -> None:
    """A person follows a ticket."""
    query = select(resident.c.id).where(resident.c.telegram_id == person.id)
    me = bot.rows(query)[0][0]
    await writes(bot, lambda db: stored.follow(db, ticket_id, me, datetime.now(UTC)))


async def moves(person: Warga, state: str, *words: str) -> None:
    """A colleague moves the only ticket, and says why."""
    row = person.bot.rows(select(ticket))[0]
    await person.sends("/staf")
    at = person.person.from_bot[-1]["message_id"]
    await person.taps_data(at, f"desk:move:{row.id}:{row.version}:{state}")
    for one in words:
        await person.sends(one)


# --- words that staff wrote -------------------------------------------------------------------


async def test_a_reason_that_names_him_leaves_every_chat(
    bot: Bot, admin: Warga, clerk: Warga, siti: Warga, budi: Warga
):
    """Typed and sent in words, where the form stays above; told to who joined, without a place."""
    await agrees(siti)
    await agrees(budi)
    await files(siti)
    row = bot.rows(select(ticket))[0]
    await joins(bot, budi, row.id)
    await writes(bot, lambda db: db.execute(update(ticket).values(landmark=None)))
    await moves(clerk, "perlu-data", "Bu Sitiaminah, di sebelah mana?", "kirim")
    assert saying(clerk, "Sitiaminah")
    assert saying(budi, "Sitiaminah")
    await deletes(siti)
    await is_done(bot)
    assert saying(clerk, "Sitiaminah") == []
    assert saying(budi, "Sitiaminah") == []


async def test_to_whom_it_was_forwarded_goes_with_its_words(bot: Bot, admin: Warga, siti: Warga):
    """Staff may have written his name there."""
    await agrees(siti)
    await files(siti)
    await moves(
        admin,
        "diteruskan",
        "Dinas Sosial, atas nama Bu Sitiaminah",
        "12/Sitiaminah",
        "Bu Sitiaminah sudah dihubungi.",
    )
    await admin.taps("form.button.send")
    await deletes(siti)
    await is_done(bot)
    assert bot.rows(select(ticket_event.c.text).where(ticket_event.c.text.is_not(None))) == []
    assert bot.rows(select(ticket.c.authority, ticket.c.outside_number)) == [(None, None)]


async def test_the_number_of_households_goes(bot: Bot, siti: Warga):
    """It is his estimate."""
    await agrees(siti)
    await writes(bot, lambda db: aspiration_in(db, resident_in(db, 301), households=23))
    await deletes(siti)
    await is_done(bot)
    assert bot.rows(select(aspiration.c.households)) == [(None,)]


# --- what others see, and hear ----------------------------------------------------------------


async def test_only_what_shows_him_is_covered(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """A question that came after a list with his words stays."""
    await agrees(siti)
    await proposes(siti)
    await budi.sends("/usulan")
    await budi.taps("proposal.button.open", n=1)
    await budi.taps("proposal.button.support")
    await budi.taps("consent.button.yes")
    question = bot.phrase("home.question")
    assert question in budi.texts
    await deletes(siti)
    await is_done(bot)
    assert question in budi.texts
    assert bot.phrase("erase.covered") in budi.texts


async def test_a_voice_is_heard_by_staff_and_its_owner_alone(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """A neighbour who joined would know it again; he is not even offered it."""
    await agrees(siti)
    await agrees(budi)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends_voice()
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    row = bot.rows(select(ticket))[0]
    await joins(bot, budi, row.id)
    await budi.sends(f"/laporan {row.number}")
    assert bot.phrase("report.button.photos") not in budi.message_buttons()
    await budi.taps_data(budi.message["message_id"], f"report:photos:{row.number}")
    assert not any("voice" in m for m in budi.person.from_bot)
    await siti.sends(f"/laporan {row.number}")
    await siti.taps("report.button.photos")
    assert any("voice" in m for m in siti.person.from_bot)
    await admin.taps_data(admin.person.from_bot[-1]["message_id"], f"desk:photos:{row.id}")
    assert any("voice" in m for m in admin.person.from_bot)


async def test_who_cannot_be_reached_hears_of_no_withdrawal(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """As with all other news."""
    await agrees(siti)
    await agrees(budi)
    number = await files(siti)
    await joins(bot, budi, bot.rows(select(ticket.c.id))[0][0])
    gone = update(resident).where(resident.c.telegram_id == budi.id).values(inactive="blocked")
    await writes(bot, lambda db: db.execute(gone))
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    query = select(messages.c.id).where(messages.c.chat_id == budi.id, messages.c.lane == 1)
    assert bot.rows(query) == []


# --- aspirations ------------------------------------------------------------------------------


async def test_support_can_be_taken_back_before_the_new_text(bot: Bot, admin: Warga, siti: Warga):
    """Less is kept by that, not more."""
    await agrees(siti)
    await writes(bot, lambda db: aspiration_in(db, resident_in(db, 777)))
    await siti.sends("/usulan")
    await siti.taps("proposal.button.open", n=1)
    await siti.taps("proposal.button.support")
    await writes(bot, lambda db: db.execute(update(resident).values(consent_version=1)))
    await siti.taps("proposal.button.unsupport")
    assert bot.count(ticket_follower) == 0
    assert siti.notice == bot.phrase("proposal.unsupported")


async def test_the_same_again_is_no_change(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Nobody hears of it, nothing is written, staff's buttons stay good."""
    await agrees(siti)
    number = await proposes(siti)
    await agrees(budi)
    await joins(bot, budi, bot.rows(select(ticket.c.id))[0][0])
    before, seen = bot.rows(select(ticket)), len(budi.texts)
    for _ in range(2):
        await siti.sends(f"/laporan {number}")
        await siti.taps("aspiration.button.edit")
        await siti.taps("form.button.send")
        assert siti.message["text"] == bot.phrase("aspiration.unchanged", number=number)
    assert len(budi.texts) == seen
    assert bot.rows(select(ticket)) == before
    assert bot.rows(select(ticket_event.c.kind)) == [("filed",)]


async def test_a_photo_that_was_taken_out_leaves_the_card(bot: Bot, admin: Warga, siti: Warga):
    """A card with the next photo comes instead, or one in words."""
    await agrees(siti)
    await siti.sends("/aspirasi")
    await siti.sends("mohon lampu jalan")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan musala")
    await siti.sends_photo(picture(2))
    await siti.taps("form.button.send")
    await bot.tasks_done()
    [card] = [m for m in admin.person.from_bot if "photo" in m]
    number = bot.rows(select(ticket.c.number))[0][0]

    async def changes(*photos: bytes) -> None:
        await siti.sends(f"/laporan {number}")
        await siti.taps("aspiration.button.edit")
        await siti.taps("aspiration.photos.button.edit")
        await siti.taps("form.button.clear_photos")
        for photo in photos:
            await siti.sends_photo(photo)
        await siti.taps("form.button.continue" if photos else "form.button.skip")
        await siti.taps("form.button.send")
        await bot.tasks_done()
        await bot.settles()

    await changes(picture(3))
    [second] = [m for m in admin.person.from_bot if "photo" in m]
    assert second["photo"][0]["file_id"] != card["photo"][0]["file_id"]
    assert bot.phrase("desk.button.open") in admin.buttons
    await changes()
    assert not any("photo" in m for m in admin.person.from_bot)
    assert number in admin.texts[-1]
    assert bot.phrase("desk.button.open") in admin.buttons


# --- messages that cannot be taken back as usual ----------------------------------------------


async def test_an_old_photo_loses_the_words_below_it(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """In a neighbour's chat too; he is not asked to delete it where he wants no news."""
    await agrees(siti)
    await fills_in(siti, words="parit mampet blekutuk")
    await siti.taps("complaint.photos.button.edit")
    await siti.sends_photo(picture(3))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await agrees(budi)
    await fills_in(budi, words="parit mampet blekutuk")
    await budi.taps("form.button.send")
    assert saying(budi, "blekutuk")
    await budi.sends("/berhenti")
    await bot.tasks_done()
    long_ago = update(messages).values(sent_at=datetime.now(UTC) - timedelta(days=5))
    await writes(bot, lambda db: db.execute(long_ago))
    seen = len(budi.texts)
    await deletes(siti)
    await is_done(bot)
    [photo] = [m for m in budi.person.from_bot if "photo" in m]
    assert photo["caption"] == bot.phrase("erase.covered")
    assert budi.texts[seen:] == []
    assert bot.phrase("erase.by_hand") in admin.texts


async def test_what_is_covered_is_covered_once(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Two in one message delete their data one after the other: Telegram refuses nothing."""
    ani = bot.person(502, "Ani")
    for number, person in enumerate((siti, ani)):
        await agrees(person)
        await fills_in(person, words="parit mampet blekutuk")
        await person.taps("complaint.photos.button.edit")
        await person.sends_photo(picture(number + 1))
        await person.taps("form.button.continue")
        await person.taps("form.button.send")
    await ani.taps("similar.button.same")
    await agrees(budi)
    await fills_in(budi, words="parit mampet blekutuk")
    await budi.taps("form.button.send")
    assert saying(budi, "blekutuk")
    for person in (siti, ani):
        await deletes(person)
        await is_done(bot)
    assert [m for m in budi.person.from_bot if "photo" in m] == []
    assert bot.simulator.refusals == []


async def test_what_is_being_covered_is_not_covered_again(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """He turned a page while she deleted her data, over a slow line: Telegram refuses nothing."""
    await agrees(siti)
    await proposes(siti, "parit mampet blekutuk")
    await agrees(budi)
    await budi.sends("/usulan")
    await budi.taps("proposal.button.open", n=1)
    assert saying(budi, "blekutuk")
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    bot.simulator.faults.set("editMessageText", "delay", seconds=0.3)
    turning = asyncio.create_task(budi.taps("proposal.button.list"))
    here = messages.c.chat_id == budi.id
    moving = select(messages.c.id).where(here, messages.c.state == "sending")
    await bot.until(lambda: bot.rows(moving) != [])
    await siti.taps("erase.button.yes")
    await turning
    await is_done(bot)
    assert saying(budi, "blekutuk") == []
    assert bot.simulator.refusals == []


async def test_what_changed_since_is_not_covered(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Of many messages the last waits longest; who turns a page in it meanwhile sees that page."""
    monkeypatch.setattr(erasure, "PER_SECOND", 0.05)
    ani = bot.person(502, "Ani")
    for person, words in ((siti, "parit mampet blekutuk"), (ani, "mohon lampu gentayu")):
        await agrees(person)
        await proposes(person, words)
    await agrees(budi)
    for _ in range(2):
        await budi.sends("/usulan")
    await deletes(siti)
    await budi.taps("proposal.button.open", n=1)
    await budi.taps("proposal.button.list")
    await is_done(bot)
    covers = messages.c.key.startswith(COVER) & (messages.c.state == "queued")
    await bot.until(lambda: bot.rows(select(messages.c.id).where(covers)) == [])
    assert [bot.phrase("erase.covered"), "gentayu" in budi.sees] == [budi.texts[-2], True]
    await deletes(ani)
    await is_done(bot)
    assert saying(budi, "gentayu") == []
    assert bot.simulator.refusals == []


@pytest.mark.parametrize("in_place", [True, False])
async def test_an_answer_that_waits_is_an_answer_all_the_same(
    bot: Bot,
    admin: Warga,
    siti: Warga,
    budi: Warga,
    monkeypatch: pytest.MonkeyPatch,
    in_place: bool,
):
    """She deleted her data before it was on its way: its reader is told, and sees none of it."""
    await agrees(siti)
    await proposes(siti, "parit mampet blekutuk")
    await agrees(budi)
    await budi.sends("/usulan" if in_place else "/menu")
    later = datetime.now(UTC) + timedelta(hours=1)
    real = outbox.add

    def add(db: Connection, message: Message, now: datetime) -> int:
        late = message.chat_id == budi.id and message.method in erasure.TEXTS
        return real(db, message._replace(not_before=later) if late else message, now)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "add", add)
        if in_place:
            await budi.taps("proposal.button.open", n=1)
        else:
            await budi.sends("/usulan")
    waits = (messages.c.chat_id == budi.id) & (messages.c.state == "queued")
    assert "blekutuk" in bot.rows(select(messages.c.params).where(waits))[0].params
    await deletes(siti)
    now = update(messages).where(waits).values(not_before=datetime.now(UTC))
    await writes(bot, lambda db: db.execute(now))
    await budi.sends("/batal")
    await is_done(bot)
    assert bot.phrase("erase.covered") in budi.texts
    assert saying(budi, "blekutuk") == []
    assert bot.simulator.refusals == []


async def test_a_message_that_is_gone_is_not_sent_again(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """Its reader deleted it for both: nothing is left to be covered."""
    await agrees(siti)
    await proposes(siti)
    await agrees(budi)
    await budi.sends("/usulan")
    last, seen = budi.person.from_bot[-1]["message_id"], len(budi.texts)
    del bot.simulator.world.chats[budi.id].messages[last]
    await deletes(siti)
    await is_done(bot)
    assert len(budi.texts) == seen - 1
    assert bot.phrase("erase.covered") not in budi.texts
    [refused] = bot.simulator.refusals
    assert "not found" in refused.description
    bot.simulator.refusals.clear()


def test_many_covers_leave_room_for_replies(db: Connection):
    """Twenty a second, and what is said to a chat meanwhile does not wait for its turn."""
    now = datetime.now(UTC)
    for number in range(1, 3):
        params = {"chat_id": 8, "message_id": number}
        key, later = f"{COVER}{number}", now + timedelta(minutes=number)
        cover = Message(8, "editMessageText", params, not_before=later, key=key)
        outbox.add(db, cover, now)
    reply = outbox.add(db, Message(8, "sendMessage", {"chat_id": 8, "text": "x"}), now)
    [claimed] = outbox_claims.claim(db, now=now, limit=9, paced=9)
    assert claimed.id == reply


async def test_many_covers_are_spread(bot: Bot, admin: Warga, siti: Warga):
    """Forty chats that saw him: twenty a second, so that Telegram does not stop the bot."""
    await agrees(siti)
    [(me,)] = bot.rows(select(resident.c.id).where(resident.c.telegram_id == siti.id))

    def saw(db: Connection) -> None:
        for chat in range(40):
            now, params = datetime.now(UTC), {"chat_id": 10_000 + chat, "text": "x"}
            row = outbox.add(db, Message(10_000 + chat, "sendMessage", params), now)
            outbox.sent(db, [outbox.Result(row, (1,))], now)
            shown.note(db, row, [me])

    await writes(bot, saw)
    await deletes(siti)
    moments = select(messages.c.not_before).where(messages.c.chat_id >= 10_000)
    covers = moments.where(messages.c.key.startswith(COVER)).order_by(messages.c.id)
    first, *_, last = [row[0] for row in bot.rows(covers)]
    assert timedelta(seconds=1.5) < last - first < timedelta(seconds=2.5)
    await is_done(bot)
    bot.simulator.refusals.clear()  # nobody lives there


# --- who deletes his data first ----------------------------------------------------------------


async def test_a_neighbour_who_went_first_keeps_no_words_of_others(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """His chat is forgotten with him, so what it shows of others goes at once."""
    await agrees(siti)
    await proposes(siti, words="mohon lampu blekutuk")
    await agrees(budi)
    await budi.sends("/usulan")
    assert saying(budi, "blekutuk")
    await deletes(budi)
    await is_done(bot)
    assert saying(budi, "blekutuk") == []
    await deletes(siti)
    await is_done(bot)
    assert not re.search(rf"\b{budi.id}\b", str(bot.rows(select(messages))))


async def test_a_colleague_who_went_first_keeps_no_cards(
    bot: Bot, admin: Warga, clerk: Warga, siti: Warga
):
    """And none is sent into nowhere when the reporter follows."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet blekutuk di ujung gang")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("pojok pasar")
    await siti.taps("form.button.send")
    await files(siti, words="tembok blekutuk", kind="complaint.kind.choice.broken")
    assert len(saying(clerk, "blekutuk")) > 1
    await writes(bot, lambda db: roles.remove(db, clerk.id))
    await deletes(clerk)
    await is_done(bot)
    assert saying(clerk, "blekutuk") == []
    assert not any("photo" in m for m in clerk.person.from_bot)
    await deletes(siti)
    await is_done(bot)
    lost = select(messages.c.method, messages.c.error).where(
        messages.c.chat_id == NOBODY, messages.c.state != "sent"
    )
    assert bot.rows(lost) == []


async def test_a_colleague_who_lost_his_role_reads_no_new_words(
    bot: Bot, admin: Warga, clerk: Warga, siti: Warga
):
    """An old photo cannot be deleted; the words that stand below it now are not for him."""
    number = await sent_in_full(bot, siti)
    await writes(bot, lambda db: roles.remove(db, clerk.id))
    old = datetime.now(UTC) - timedelta(days=3)
    await writes(bot, lambda db: db.execute(update(messages).values(sent_at=old)))
    await begins_to_change(siti, number)
    await siti.taps("aspiration.description.button.edit")
    await siti.sends("mohon lampu blekutuk")
    await siti.taps("aspiration.photos.button.edit")
    await siti.taps("form.button.clear_photos")
    await siti.sends_photo(picture(90))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await bot.settles()
    [theirs] = [m for m in clerk.person.from_bot if "photo" in m]
    [ours] = [m for m in admin.person.from_bot if "photo" in m]
    assert theirs["caption"] == bot.phrase("erase.covered")
    assert "reply_markup" not in theirs
    assert "blekutuk" in ours["caption"]


# --- at the same moment, where the database is a server ----------------------------------------


@pytest.fixture
def server(postgres_url: str) -> Iterator[Engine]:
    """An engine of a fresh PostgreSQL database."""
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def test_what_the_sender_would_take_meanwhile_stays(
    server: Engine, monkeypatch: pytest.MonkeyPatch
):
    """A message that waits when it is found is given up, not on its way unseen."""
    now = datetime.now(UTC)
    with server.begin() as db:
        actor = resident_in(db, 5)
        assert actor.resident is not None
        params = {"chat_id": 777, "text": "Blekutukwati"}
        row = outbox.add(db, Message(777, "sendMessage", params), now)
        shown.note(db, row, [actor.resident.id])
    real, claimed = shown.rows_of, []

    def rows_of(*args: Any) -> Any:
        found = real(*args)
        with server.begin() as other:
            claimed.extend(outbox_claims.claim(other, now=now, limit=5, paced=5))
        return found

    monkeypatch.setattr(shown, "rows_of", rows_of)
    with server.begin() as db:
        traces = deletion.erase(db, actor, now)
        shown.give_up(db, [one.id for one in traces.messages])
    assert claimed == []
    with server.connect() as db:
        assert db.execute(select(messages.c.state, messages.c.params)).all() == [("failed", "")]


def test_an_export_that_ends_waits_for_a_deletion(server: Engine):
    """It sees then that somebody was deleted since it was written, also the very first one."""
    now = datetime.now(UTC)
    with server.begin() as db:
        actor = resident_in(db, 5)
    with ThreadPoolExecutor(1) as pool:
        with server.begin() as db:
            deletion.erase(db, actor, now)

            def finish() -> int:
                with server.begin() as other:
                    return deletion.locked_count(other)

            found = pool.submit(finish)
            with pytest.raises(TimeoutError):
                found.result(0.5)
        assert found.result(10) == 1


# --- blocked, muted, the copy -------------------------------------------------------------------


async def test_a_file_whose_owner_went_is_removed(
    bot: Bot, siti: Warga, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """His copy was written while he deleted his data, and he came back at once."""
    await agrees(siti)
    gate, held = asyncio.Event(), asyncio.Event()
    real = asyncio.to_thread

    async def to_thread(work: Any, *args: Any) -> Any:
        made = await real(work, *args)
        held.set()
        await gate.wait()
        return made

    monkeypatch.setattr(copies, "asyncio", SimpleNamespace(to_thread=to_thread))
    await siti.sends("/data_saya")
    await siti.taps("mydata.button.download")
    await bot.until(held.is_set)
    await deletes(siti)
    await agrees(siti)
    assert len(in_media(tmp_path)) == 1
    gate.set()
    await bot.until(lambda: in_media(tmp_path) == [])
    assert not any("document" in m for m in siti.person.from_bot)


async def test_who_was_blocked_stays_blocked(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Told so; all that is kept is a salted hash, and that goes when he comes back."""
    await agrees(budi)
    await agrees(siti)
    mine = update(resident).where(resident.c.telegram_id == siti.id)
    await writes(bot, lambda db: db.execute(mine.values(blocked=True)))
    await budi.sends("/hapus_data")
    assert bot.phrase("erase.stays_blocked") not in budi.sees
    await siti.sends("/hapus_data")
    assert bot.phrase("erase.stays_blocked") in siti.sees
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await is_done(bot)
    query = select(setting).where(setting.c.name.startswith("blocked:"))
    [kept] = bot.rows(query)
    assert not re.search(rf"\b{siti.id}\b", str(bot.rows(select(setting))))
    assert kept.value == ""
    await fills_in(siti)
    await siti.taps("form.button.send")
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 0
    assert siti.message["text"] == bot.phrase("role.blocked")
    assert bot.count(draft) == 0
    await siti.sends("/lapor")
    assert siti.sees == bot.phrase("role.blocked")
    assert bot.rows(query) == []
    await agrees(bot.person(777, "Tono"))
    everybody = select(resident.c.telegram_id).where(resident.c.blocked)
    assert bot.rows(everybody) == [(siti.id,)]


async def test_a_muted_colleague_gets_no_announcement(bot: Bot, admin: Warga, clerk: Warga):
    """Cards still come."""
    later = datetime.now(UTC) + timedelta(hours=1)

    def wait(db: Connection) -> None:
        for lane, key in ((Lane.NOTICE, None), (Lane.BROADCAST, f"lesson:1:{clerk.id}")):
            params = {"chat_id": clerk.id, "text": lane.name}
            one = Message(clerk.id, "sendMessage", params, lane, key=key, not_before=later)
            outbox.add(db, one, datetime.now(UTC))

    await writes(bot, wait)
    await clerk.sends("/berhenti")
    query = select(messages.c.lane, messages.c.error).where(messages.c.not_before == later)
    assert bot.rows(query.order_by(messages.c.lane)) == [(1, None), (2, "muted")]


async def test_a_copy_holds_what_staff_wrote_and_the_page(bot: Bot, admin: Warga, siti: Warga):
    """On his own tickets; of which page a message came."""
    await agrees(siti)
    await siti.sends("/start topik_sampah")
    await siti.taps("message.button.ask")
    await siti.sends("Kapan truk sampah lewat?")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await moves(admin, "selesai", "Setiap hari Senin, Bu.")
    await admin.taps("form.button.send")
    with bot.engine.connect() as db:
        zone = bot.settings.kelurahan.zone
        copy = Copy(db, bot.phrases, zone).of(siti.id, datetime.now(UTC))
    [one] = copy["kiriman"]
    assert [line["tulisan"] for line in one["perjalanan"]] == [None, "Setiap hari Senin, Bu."]
    assert one["halaman"] == "sampah"
