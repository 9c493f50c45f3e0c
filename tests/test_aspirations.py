"""Aspirations: sent in a few answers, numbered, found again, exported."""

from __future__ import annotations

from conftest import Bot, Warga, agrees, proposes
from sqlalchemy import select

from storage.tables import draft, participation, ticket


async def test_a_wish_is_sent_in_three_answers(bot: Bot, admin: Warga, siti: Warga):
    """Words, RT, landmark, Kirim: a number, a card for staff, a row in the log."""
    await agrees(siti)
    number = await proposes(siti, "mohon <lampu> jalan & tiang")
    assert number.startswith("ASP-2")
    assert siti.message["text"] == bot.phrase("aspiration.filed", number=number)
    assert admin.sees.startswith(f"{number}: {bot.phrase('ticket.type.aspiration')}")
    assert "mohon <lampu> jalan & tiang" in admin.sees
    [row] = bot.rows(select(ticket))
    assert (row.type, row.state, row.rt, row.landmark) == (
        "aspiration", "diterima", "03", "depan musala",
    )  # fmt: skip
    logged = bot.rows(select(participation.c.stage, participation.c.activity))
    assert logged == [("planning", "aspiration_filed")]
    assert bot.count(draft) == 0


async def test_a_spoken_wish_with_a_point(bot: Bot, admin: Warga, siti: Warga):
    """A voice note and a place on the map are enough."""
    await agrees(siti)
    await siti.sends("/aspirasi")
    await siti.sends_voice()
    await siti.sends_location(-1.6, 103.6)
    await siti.taps("form.button.send")
    [row] = bot.rows(select(ticket))
    assert (row.description, row.latitude, row.rt) == (None, -1.6, None)


async def test_the_link_and_the_menu_open_the_form(bot: Bot, admin: Warga, siti: Warga):
    """/start aspirasi, and the button of the main menu."""
    await agrees(siti)
    for way in ("/start aspirasi", bot.phrase("menu.aspiration")):
        await siti.sends(way)
        assert siti.sees.startswith(bot.phrase("aspiration.description.question"))


async def test_without_consent_the_wish_waits(bot: Bot, admin: Warga, siti: Warga):
    """Nothing is kept before; after it the wish is filed without another question."""
    await siti.sends("/start")
    await siti.sends("/aspirasi")
    await siti.sends("mohon lampu jalan")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan musala")
    await siti.taps("form.button.send")
    assert bot.count(ticket) == 0
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 1


async def test_a_second_kirim_sends_no_second_wish(bot: Bot, admin: Warga, siti: Warga):
    """Telegram may deliver a tap twice, and a finger may tap twice."""
    await agrees(siti)
    number = await proposes(siti)
    await siti.person.sends_update_again()
    await bot.settles()
    await siti.sends("/laporan")
    assert siti.buttons == [f"{number} {bot.phrase('short.state.diterima')}"]
    assert bot.count(ticket) == 1


async def test_it_is_followed_and_withdrawn_like_a_report(bot: Bot, admin: Warga, siti: Warga):
    """In /laporan, with its timeline; additions reach staff; withdrawn on request."""
    await agrees(siti)
    number = await proposes(siti)
    await siti.sends(f"/laporan {number}")
    assert f"{bot.phrase('ticket.type.aspiration')}, RT 03, depan musala" in siti.sees
    await siti.taps("report.button.add")
    await siti.sends("tiangnya sudah ada")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert "tiangnya sudah ada" in admin.sees
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    assert bot.rows(select(ticket.c.state)) == [("dicabut",)]
    activities = [row[0] for row in bot.rows(select(participation.c.activity).order_by("id"))]
    assert activities == ["aspiration_filed", "aspiration_added_to"]
