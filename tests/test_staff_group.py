"""The Telegram group of staff: cards go there, stay true there, and are never lost with it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import TOKEN, Bot, Warga, agrees, becomes, files, picture, settings_for, writes
from pydantic import ValidationError
from sqlalchemy import create_engine, select, update

from jobs.check import notes
from services.roles import Role
from services.tickets import State
from simulator import Simulator
from simulator.person import Group
from storage import groups
from storage.tables import outbox, ticket

GROUP = -700


@pytest.fixture
async def bot(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A bot whose settings name a group of staff."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    staff = {"admins": [99], "group": GROUP}
    running = Bot(simulator, settings_for(tmp_path, simulator.url, staff=staff))
    await running.start()
    yield running
    await running.stop()
    running.engine.dispose()


@pytest.fixture
async def group(bot: Bot, clerk: Warga) -> Group:
    """The group, with the clerk and the bot in it."""
    return bot.simulator.group(GROUP, "Petugas", [clerk.person])


def said(place: Group) -> list[str]:
    """What the bot says in a group."""
    return [str(m.get("text") or m.get("caption") or "") for m in place.from_bot]


def payload(place: Group) -> str:
    """Where the link below the newest message of the group leads."""
    [[button]] = place.from_bot[-1]["reply_markup"]["inline_keyboard"]
    return str(button["url"]).partition("?start=")[2]


async def asks(person: Warga, words: str = "kapan kantor buka?") -> str:
    """Send a message to staff and give its number."""
    await person.sends("/bantuan")
    await person.taps("message.button.ask")
    await person.sends(words)
    await person.taps("form.button.skip")
    await person.taps("form.button.send")
    return str(person.bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0])


async def test_cards_go_to_the_group_instead_of_to_each_of_the_staff(
    bot: Bot, group: Group, siti: Warga, clerk: Warga, admin: Warga
):
    """A complaint and a message; the link opens the ticket in the private chat."""
    await agrees(siti)
    before = len(clerk.texts), len(admin.texts)
    number = await files(siti)
    assert said(group)[-1].startswith(f"{number}:")
    row = bot.rows(select(ticket))[0]
    assert payload(group) == f"tiket_{row.id}"
    message = await asks(siti)
    assert said(group)[-1].startswith(f"{message}:")
    assert (len(clerk.texts), len(admin.texts)) == before
    await clerk.sends(f"/start tiket_{row.id}")
    assert len(clerk.texts) == before[0] + 1
    assert clerk.sees.startswith(f"{number}:")
    assert bot.phrase("desk.button.take") in clerk.buttons
    assert bot.simulator.refusals == []


async def test_the_link_opens_nothing_for_others(
    bot: Bot, group: Group, siti: Warga, budi: Warga, admin: Warga
):
    """A kind sentence; an RT head sees the tickets of his RTs alone."""
    await agrees(siti)
    await agrees(budi, "05")
    await files(siti)
    head = bot.person(55, "Pak RT")
    await head.sends("/start")
    await becomes(head, Role.RT_HEAD, "05")
    before = len(budi.texts)
    await budi.sends(f"/start {payload(group)}")
    assert budi.texts[before] == bot.phrase("desk.link_of_staff")
    assert "parit mampet" not in str(budi.texts)
    for link in (payload(group), "tiket_x", "tiket_"):
        await head.sends(f"/start {link}")
        assert head.sees == bot.phrase("desk.gone")


async def test_what_is_added_goes_to_the_group_and_to_who_took_it(
    bot: Bot, group: Group, siti: Warga, clerk: Warga, admin: Warga
):
    """Nobody else hears it privately."""
    await agrees(siti)
    number = await files(siti)
    before = len(admin.texts)
    for taken in (False, True):
        if taken:
            await clerk.sends(f"/start {payload(group)}")
            await clerk.taps("desk.button.take")
            assert bot.phrase("card.handled_by", name="Wati") in said(group)[0]
        seen = len(clerk.texts)
        await siti.sends(f"/laporan {number}")
        await siti.taps("report.button.add")
        await siti.sends("airnya makin tinggi")
        await siti.taps("form.button.skip")
        await siti.taps("form.button.send")
        told = bot.phrase("card.added", number=number, words="airnya makin tinggi", photos=0)
        assert said(group)[-1] == told
        assert (told in clerk.texts[seen:]) is taken
    assert len(admin.texts) == before
    await clerk.taps("desk.button.open")
    assert clerk.message["text"].startswith(f"{number}:")


async def test_a_card_in_the_group_follows_the_ticket_and_tells_no_hidden_name(
    bot: Bot, group: Group, siti: Warga, clerk: Warga
):
    """Edited in its place, the link below it stays."""
    await agrees(siti)
    number = await files(siti)
    await clerk.sends(f"/start {payload(group)}")
    await clerk.taps(f"desk.button.move.{State.IN_PROGRESS}")
    assert len(group.from_bot) == 1
    assert bot.phrase("report.state.diproses") in said(group)[0]
    assert bot.phrase("card.reporter.shown", name="Siti") in said(group)[0]
    assert payload(group).startswith("tiket_")
    await siti.sends("/aspirasi")
    await siti.sends("mohon lampu jalan")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan musala")
    await siti.taps("form.button.send")
    assert "Siti" not in said(group)[-1]
    assert number not in said(group)[-1]


async def test_who_deletes_his_data_is_gone_from_the_group(
    bot: Bot, group: Group, siti: Warga, clerk: Warga
):
    """Words, name and photo of the card, and what he added; the link stays."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet sekali")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.add")
    await siti.sends("airnya makin tinggi")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert "photo" in group.from_bot[0]
    assert "makin tinggi" in str(said(group))
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await bot.tasks_done()
    await bot.settles()
    shown = str(said(group))
    for word in ("Siti", "parit mampet sekali", "masjid", "makin tinggi"):
        assert word not in shown
    assert not any("photo" in message for message in group.from_bot)
    assert number in shown


async def test_a_photo_that_is_too_old_to_delete_is_asked_for_in_the_group(
    bot: Bot, group: Group, siti: Warga, clerk: Warga
):
    """Telegram lets a bot delete for two days: then somebody of the group may do it by hand."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet sekali")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.taps("form.button.send")
    old = datetime.now(UTC) - timedelta(days=3)
    await writes(bot, lambda db: db.execute(update(outbox).values(sent_at=old)))
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await bot.tasks_done()
    await bot.settles()
    assert said(group)[-1] == bot.phrase("erase.by_hand")
    assert "parit mampet sekali" not in str(said(group))


async def test_a_group_that_threw_the_bot_out_loses_nothing(
    bot: Bot, group: Group, siti: Warga, clerk: Warga, admin: Warga
):
    """The card goes to the staff, the admin hears it once; let in again, it goes there again."""
    await agrees(siti)
    await siti._then(done(group.kicks_bot(clerk.person)))
    await bot.tasks_done()
    for n in range(2):
        number = await files(siti, landmark=f"gang {'ab'[n]}", rt=("03", "05")[n])
        await bot.tasks_done()
        await bot.settles()
        assert clerk.sees.startswith(f"{number}:")
        assert bot.phrase("desk.button.open") in clerk.buttons
    assert admin.texts.count(bot.phrase("operator.group_lost")) == 1
    assert clerk.texts.count(bot.phrase("operator.group_lost")) == 0
    assert said(group) == []
    await clerk.taps("desk.button.open")
    await clerk.taps("desk.button.take")
    await siti._then(done(group.adds_bot(clerk.person)))
    number = await files(siti, landmark="pasar", kind="complaint.kind.choice.smell")
    assert said(group)[-1].startswith(f"{number}:")
    assert not clerk.sees.startswith(f"{number}:")


async def test_cards_that_a_group_did_not_take_are_sent_again_to_the_staff(
    bot: Bot, group: Group, siti: Warga, clerk: Warga, admin: Warga
):
    """The bot may not write there, and nobody told it: what was lost, and what came with it."""
    await agrees(siti)
    await files(siti)
    row = bot.rows(select(ticket))[0]
    group.chat.muted = True
    await siti.sends(f"/laporan {row.number}")
    await siti.taps("report.button.add")
    await siti.sends("airnya makin tinggi")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await bot.tasks_done()
    await bot.settles()
    told = bot.phrase("card.added", number=row.number, words="airnya makin tinggi", photos=0)
    assert clerk.texts.count(told) == admin.texts.count(told) == 1
    assert admin.texts.count(bot.phrase("operator.group_lost")) == 1
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await bot.tasks_done()
    await bot.settles()
    assert "makin tinggi" not in str(clerk.texts)


async def test_a_group_that_let_the_bot_in_again_at_once_gets_what_it_missed(
    bot: Bot, group: Group, siti: Warga, clerk: Warga, admin: Warga
):
    """Out and in before anybody noticed: the next card goes there."""
    await agrees(siti)
    group.kicks_bot(clerk.person)
    group.adds_bot(clerk.person)
    await bot.settles()
    await bot.tasks_done()
    number = await files(siti)
    assert said(group)[-1].startswith(f"{number}:")


async def done(value: Any) -> Any:
    """What a person did in a group, as an act that is waited for."""
    return value


async def test_another_group_gets_nothing(bot: Bot, group: Group, siti: Warga, clerk: Warga):
    """Only the one of the settings, also after it became a supergroup."""
    other = bot.simulator.group(-800, "RT 03", [siti.person])
    await agrees(siti)
    await siti._then(done(other.adds_bot(siti.person)))
    seen = len(said(other))
    large = group.upgrades(clerk.person, -1000000000700)
    await bot.settles()
    number = await files(siti)
    assert said(large)[-1].startswith(f"{number}:")
    assert len(said(other)) == seen
    await writes(bot, lambda db: groups.lose(db, -800, bot.rows(select(ticket))[0].created_at))
    assert bot.rows(select(outbox.c.id).where(outbox.c.chat_id == -800, outbox.c.lane > 0)) == []


@pytest.mark.parametrize("value", [700, 0, "Petugas"])
def test_the_group_of_the_settings_is_the_id_of_a_group(tmp_path: Path, value: Any):
    """A person's id, or a name, is told when the bot starts."""
    with pytest.raises(ValidationError):
        settings_for(tmp_path, "http://127.0.0.1:1", staff={"admins": [99], "group": value})


def test_the_operator_hears_the_ids_of_groups_that_no_setting_names(
    tmp_path: Path, empty_database: Path
):
    """From `bot.py check`: Telegram shows them nowhere."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    (tmp_path / "config.toml").write_text(
        f"""
        [telegram]
        token = "{TOKEN}"
        [database]
        url = "sqlite:///{tmp_path}/bantar.db"
        [staff]
        admins = [1]
        group = {GROUP}
        """
    )
    engine = create_engine(f"sqlite:///{tmp_path}/bantar.db")
    with engine.begin() as db:
        groups.join(db, GROUP)
        groups.join(db, -800)
    assert [note for note in notes(tmp_path / "config.toml") if "group" in note] == [
        "group -800: the bot is in it; no setting names it."
    ]
    with engine.begin() as db:
        groups.move(db, GROUP, -1000000000700)
    engine.dispose()
    told = [note for note in notes(tmp_path / "config.toml") if note.startswith("staff: group")]
    assert len(told) == 1
