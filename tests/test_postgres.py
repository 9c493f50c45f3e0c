"""The whole bot on PostgreSQL: from the first tap to the export."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Bot, agrees, fills_in, picture, settings_for
from sqlalchemy import select

from services.exports import Filter, write_csv
from services.roles import OPERATOR
from simulator import Simulator
from storage.tables import participation, ticket, ticket_event, ticket_follower, ticket_media


@pytest.fixture
async def pg_bot(simulator: Simulator, tmp_path: Path, postgres_url: str) -> AsyncIterator[Bot]:
    """A running bot on a fresh PostgreSQL database."""
    settings = settings_for(tmp_path, simulator.url, database={"url": postgres_url})
    running = Bot(simulator, settings)
    await running.start()
    yield running
    await running.stop()
    running.engine.dispose()
    assert simulator.refusals == []


async def test_one_complaint_from_the_chat_to_the_export(pg_bot: Bot):
    """Form, photo, card, a neighbour who joins, a restart, the withdrawal, the sheet."""
    bot = pg_bot
    admin, siti, budi = bot.person(99, "Admin"), bot.person(301, "Siti"), bot.person(501, "Budi")
    await admin.sends("/start")
    await agrees(siti)
    await siti.sends_photo(picture(), "parit <mampet> & bau")
    await siti.taps("form.choice.rt", number="03")
    await bot.stop()
    await bot.start()
    await siti.sends("depan masjid")
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert number in admin.sees
    assert "photo" in admin.person.from_bot[-1]
    await bot.tasks_done()
    assert bot.rows(select(ticket_media.c.size)) == [(len(picture()),)]

    await agrees(budi)
    await fills_in(budi, words="parit mampet bau")
    await budi.taps("form.button.send")
    await budi.taps("similar.button.same")
    assert bot.count(ticket_follower) == 1
    kinds = bot.rows(select(ticket_event.c.kind).order_by(ticket_event.c.id))
    assert kinds == [("filed",), ("joined",)]

    await siti.taps("report.button.open")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    assert budi.sees == bot.phrase("report.withdrawn_by_other", number=number)

    out = io.StringIO()
    zone = bot.settings.kelurahan.zone
    with bot.engine.connect() as db:
        write_csv(out, db, OPERATOR, bot.phrases, zone, what="complaints", wanted=Filter())
    [row] = csv.DictReader(io.StringIO(out.getvalue()))
    assert row[bot.phrase("export.column.number")] == number
    assert row[bot.phrase("export.column.description")] == "parit <mampet> & bau"
    assert row[bot.phrase("export.column.state")] == "dicabut"
    assert bot.count(participation) == 2


async def test_many_people_at_once_get_numbers_of_their_own(pg_bot: Bot):
    """Six people file at the same time, in transactions of their own."""
    admin = pg_bot.person(99, "Admin")
    await admin.sends("/start")
    people = [pg_bot.person(600 + n, f"Warga {n}") for n in range(6)]
    for n, person in enumerate(people):
        await agrees(person)
        await fills_in(person, kind=f"complaint.kind.choice.{KINDS[n]}")
    label = pg_bot.phrase("form.button.send")
    for person in people:
        await person.person.taps(label)
    await pg_bot.settles()
    numbers = [row[0] for row in pg_bot.rows(select(ticket.c.number).order_by(ticket.c.number))]
    assert len(set(numbers)) == 6
    for person in people:
        assert any(number in person.sees for number in numbers)


KINDS = ("blocked", "flooding", "broken", "rubbish", "cover", "smell")
