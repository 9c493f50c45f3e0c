"""Residents without Telegram: an RT head or staff file for them, and print paper for them."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import Bot, Warga, agrees, becomes, files, resident_in, settings_for, writes
from sqlalchemy import select

from content import phrases
from handlers.prints import pages
from services import aspirations, complaints, paper
from services.aspiration_form import Aspiration
from services.complaint_form import Complaint
from services.exports import Filter, complaint_rows
from services.roles import OPERATOR, NotAllowed, Role
from services.tickets import Helped
from storage import roles
from storage.tables import audit, participation, task, ticket

ZONE = ZoneInfo("Asia/Jakarta")


@pytest.fixture
async def head(bot: Bot, admin: Warga) -> Warga:
    """The head of RT 05, who lives there."""
    person = bot.person(550, "Pak Rahman")
    await agrees(person, "05")
    await becomes(person, Role.RT_HEAD, "05")
    return person


async def fills_in_for(head: Warga, *, name: str | None = "Bu Minah") -> None:
    """Answer the form for somebody else, up to its summary."""
    await head.sends("/bantu")
    await head.taps("assisted.button.complaint")
    await head.taps("assisted.choice.yes")
    if name is None:
        await head.taps("form.button.skip")
    else:
        await head.sends(name)
    await head.taps("complaint.kind.choice.blocked")
    await head.taps("form.choice.rt", number="05")
    await head.sends("belakang langgar")
    await head.sends("parit mampet sejak hujan")
    await head.taps("form.button.skip")


def logged(bot: Bot) -> list[Any]:
    columns = [participation.c[name] for name in ("activity", "channel", "rt", "person")]
    return bot.rows(select(*columns).order_by(participation.c.id))


async def test_a_report_for_somebody_without_telegram(bot: Bot, head: Warga, clerk: Warga):
    """It is filed with the spoken consent, counted as assisted, and its news come to who helped."""
    await fills_in_for(head)
    assert "Bu Minah" in head.sees
    await head.taps("form.button.send")
    row = bot.rows(select(ticket))[0]
    told = bot.phrase("assisted.filed", number=row.number, whom="Bu Minah")
    assert head.message["text"] == told
    [one] = logged(bot)
    assert (one.activity, one.channel, one.rt) == ("complaint_filed", "assisted", "05")
    assert one.person == row.assisted_as
    assert bot.rows(select(audit.c.act, audit.c.subject, audit.c.actor)) == [
        ("ticket.assist", row.number, head.id)
    ]
    assert bot.phrase("card.assisted", whom="Bu Minah") in clerk.sees
    await clerk.taps("desk.button.open")
    await clerk.taps("desk.button.move.diverifikasi")
    assert row.number in head.sees
    assert bot.phrase("assisted.pass_on", whom="Bu Minah") in head.sees
    await head.taps("report.button.open")
    assert bot.phrase("card.assisted", whom="Bu Minah") in head.message["text"]


async def test_without_spoken_consent_nothing_is_filed(bot: Bot, head: Warga):
    """The first question cannot be skipped; Batal leaves nothing."""
    await head.sends("/bantu")
    await head.taps("assisted.button.complaint")
    assert bot.phrase("complaint.spoken.question") in head.sees
    assert bot.phrase("form.button.skip") not in head.buttons
    await head.sends("parit mampet di depan rumah beliau")
    assert bot.phrase("complaint.spoken.question") in head.sees
    await head.taps("form.button.cancel")
    await head.taps("form.button.discard")
    assert bot.count(ticket) == 0


async def test_no_name_is_needed(bot: Bot, head: Warga):
    """Who helps may leave it out."""
    await fills_in_for(head, name=None)
    await head.taps("form.button.send")
    row = bot.rows(select(ticket))[0]
    assert row.on_behalf is None
    assert row.assisted_as is not None
    assert bot.phrase("assisted.somebody") in head.sees


async def test_an_aspiration_for_somebody(bot: Bot, head: Warga):
    """As a report."""
    await head.sends("/bantu")
    await head.taps("assisted.button.aspiration")
    await head.taps("assisted.choice.yes")
    await head.sends("Kakek Darmo")
    await head.sends("mohon lampu jalan di lorong belakang")
    await head.taps("form.choice.rt", number="05")
    await head.sends("lorong belakang langgar")
    await head.taps("form.button.send")
    row = bot.rows(select(ticket))[0]
    assert (row.type, row.on_behalf) == ("aspiration", "Kakek Darmo")
    assert [(one.activity, one.channel) for one in logged(bot)] == [
        ("aspiration_filed", "assisted")
    ]


async def test_a_report_of_ones_own_stays_direct(bot: Bot, head: Warga):
    """What an RT head files for himself is his; the two forms do not mix."""
    await files(head, rt="05")
    assert bot.rows(select(ticket.c.assisted_as, ticket.c.on_behalf)) == [(None, None)]
    assert [one.channel for one in logged(bot)] == ["direct"]


async def test_the_open_form_keeps_for_whom_it_is(bot: Bot, head: Warga):
    """Starting over after another form was open asks for the consent again."""
    await head.sends("/lapor")
    await head.taps("complaint.kind.choice.blocked")
    await head.sends("/bantu")
    await head.taps("assisted.button.complaint")
    await head.taps("form.button.restart")
    assert bot.phrase("complaint.spoken.question") in head.sees


async def test_who_is_helped_is_gone_when_who_helped_deletes_his_data(bot: Bot, clerk: Warga):
    """The name he typed goes with him; that it was assisted stays."""
    other = bot.person(551, "Kader Ani")
    await agrees(other, "05")
    await becomes(other, Role.STAFF)
    await fills_in_for(other)
    await other.taps("form.button.send")
    await writes(bot, lambda db: roles.remove(db, other.id))
    await other.sends("/hapus_data")
    await other.taps("erase.button.next")
    await other.taps("erase.button.yes")
    row = bot.rows(select(ticket))[0]
    assert row.on_behalf is None
    assert row.reporter_id is None
    assert row.assisted_as is not None


def test_no_resident_files_for_others(db: Any):
    """Neither a complaint nor an aspiration."""
    me, now = resident_in(db, 301), datetime.now(UTC)
    new = Complaint("blocked", "03", None, "depan masjid", "parit mampet", (), ())
    wish = Aspiration("03", None, "depan masjid", "lampu jalan", ())
    how: dict[str, Any] = {"draft_id": "d", "year": 2026, "now": now, "helped": Helped("Bu Minah")}
    with pytest.raises(NotAllowed):
        complaints.file(db, me, new, **how)
    with pytest.raises(NotAllowed):
        aspirations.file(db, me, wish, **how)


def test_the_export_says_that_it_was_assisted(db: Any):
    """In the last column; the name of the person never leaves."""
    helper = replace(resident_in(db, 550), role=Role.STAFF)
    now = datetime.now(UTC)
    new = Complaint("blocked", "03", None, "depan masjid", "parit mampet", (), ())
    complaints.file(db, helper, new, draft_id="d", year=2026, now=now, helped=Helped("Bu Minah"))
    say = phrases.load()
    [row] = complaint_rows(db, OPERATOR, say, ZONE, Filter(names=True))
    assert row["channel"] == say.plain("export.channel.assisted")
    assert "Bu Minah" not in str(row)


# --- paper -----------------------------------------------------------------------------------


def prints_of(bot: Bot) -> int:
    """How many files were asked for."""
    return len(bot.rows(select(task.c.id).where(task.c.kind == "print")))


async def gets_a_file(person: Warga) -> tuple[str, bytes]:
    """Wait for the next document; gives its name and its bytes."""
    bot = person.bot
    await bot.until(lambda: any("document" in m for m in person.person.from_bot), 30.0)
    document = next(m for m in reversed(person.person.from_bot) if "document" in m)["document"]
    return document["file_name"], bot.simulator.world.files.by_id[document["file_id"]].data


@pytest.mark.parametrize("what", ["sheet", "poster"])
async def test_an_rt_head_prints_for_his_rt(bot: Bot, head: Warga, what: str):
    """One RT is not asked; the file comes as a PDF of one page."""
    await head.sends("/bantu")
    await head.taps(f"assisted.button.{what}")
    name, content = await gets_a_file(head)
    assert name == bot.phrase(f"assisted.file.{what}") + "-rt05.pdf"
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 1
    assert bot.rows(select(audit.c.act, audit.c.subject, audit.c.detail)) == [
        ("print", what, "05")
    ]


async def test_staff_choose_the_rt_or_all(bot: Bot, clerk: Warga):
    """A page for each; a second tap makes no second file."""
    await clerk.sends("/bantu")
    await clerk.taps("assisted.button.poster")
    await clerk.taps("desk.button.all_rts")
    name, content = await gets_a_file(clerk)
    assert name == bot.phrase("assisted.file.poster") + ".pdf"
    assert content.count(b"/Type /Page\n") == 2
    asked = next(
        m for m in clerk.person.from_bot if m["text"] == bot.phrase("assisted.coming.poster")
    )
    await clerk.taps_data(asked["message_id"], "assisted:print:poster:all")
    assert clerk.notice == bot.phrase("assisted.running")
    assert prints_of(bot) == 1


async def test_another_rt_is_not_printed_by_its_neighbour(bot: Bot, head: Warga):
    """A forged button is an old one."""
    await head.sends("/bantu")
    await head.taps_data(head.person.from_bot[-1]["message_id"], "assisted:print:poster:03")
    assert head.notice == bot.phrase("form.old_button")
    assert prints_of(bot) == 0


async def test_a_role_that_is_gone_by_then_gets_no_file(bot: Bot, head: Warga, monkeypatch: Any):
    """The permission is looked up again when the file leaves."""
    make, begun = paper.make, threading.Event()
    taken = threading.Event()

    def slow(pages: Any) -> bytes:
        begun.set()
        taken.wait(10)
        return make(pages)

    monkeypatch.setattr(paper, "make", slow)
    await head.sends("/bantu")
    await head.taps("assisted.button.poster")
    await bot.until(begun.is_set)
    await writes(bot, lambda db: roles.remove(db, head.id))
    taken.set()
    await bot.until(lambda: bot.phrase("assisted.not_allowed") in head.texts, 30.0)
    assert not any("document" in message for message in head.person.from_bot)
    assert list((bot.settings.media.folder / "exports").glob("*.pdf")) == []


def test_a_poster_leads_to_its_rt():
    """The code and the line below it name the bot and the RT; odd letters break nothing."""
    settings = settings_for(
        Path("/nowhere"), "http://127.0.0.1", kelurahan={"name": "Beringin – ł"}
    )
    world: Any = SimpleNamespace(phrases=phrases.load(), username="ContohBot", settings=settings)
    [poster] = pages(world, "poster", ["05"])
    assert poster.address == "https://t.me/ContohBot?start=rt05"
    assert "t.me/ContohBot?start=rt05" in poster.link
    assert paper.draw([poster, *pages(world, "sheet", ["05"])]).startswith(b"%PDF-")
