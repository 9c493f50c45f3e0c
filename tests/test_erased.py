"""After /hapus_data: neighbours' and colleagues' chats, in whatever order and way it came there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import (
    KIND,
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    files,
    picture,
    proposes,
    resident_in,
    writes,
)
from sqlalchemy import select, update
from test_deletion import deletes, is_done

from jobs import erasure as slow_work
from jobs import tasks as loop
from services.roles import Role
from storage import tickets as stored
from storage.tables import aspiration, resident, ticket, ticket_event, ticket_follower
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
    await moves(admin, "diteruskan", "Dinas Sosial, atas nama Bu Sitiaminah")
    await admin.taps("form.button.send")
    await deletes(siti)
    await is_done(bot)
    assert bot.rows(select(ticket_event.c.text).where(ticket_event.c.text.is_not(None))) == []


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
