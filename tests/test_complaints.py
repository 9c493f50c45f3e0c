"""A drainage complaint, from the first tap to the export, as the people meet it."""

from __future__ import annotations

import csv
import io

from conftest import Bot, Warga, picture
from sqlalchemy import select

from services.exports import Filter, write_csv
from services.roles import OPERATOR
from storage.tables import participation, ticket

KIND = "complaint.kind.choice.blocked"


async def agrees(person: Warga, rt: str = "03") -> None:
    """First contact: consent and RT."""
    await person.sends("/start")
    await person.taps("consent.button.yes")
    await person.taps("form.choice.rt", number=rt)


async def fills_in(
    person: Warga, *, rt: str = "03", landmark: str = "depan masjid", words: str = "parit mampet"
) -> None:
    """Answer the form in words and leave it at its summary."""
    await person.sends("/lapor")
    await person.taps(KIND)
    await person.taps("form.choice.rt", number=rt)
    await person.sends(landmark)
    await person.sends(words)
    await person.taps("form.button.skip")


async def test_a_complaint_reaches_admin_list_and_export(bot: Bot, admin: Warga, siti: Warga):
    """The whole path: four answers, a number, a card for staff, a row for the planner."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("parit <mampet> & bau")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")

    number = bot.rows(select(ticket.c.number))[0][0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert number in admin.sees
    assert "parit <mampet> & bau" in admin.sees
    assert "photo" in admin.person.from_bot[-1]

    out = io.StringIO()
    with bot.engine.connect() as db:
        zone = bot.settings.kelurahan.zone
        write_csv(out, db, OPERATOR, bot.phrases, zone, what="complaints", wanted=Filter())
    row = next(iter(csv.DictReader(io.StringIO(out.getvalue()))))
    assert row[bot.phrase("export.column.number")] == number
    assert row[bot.phrase("export.column.description")] == "parit <mampet> & bau"
    assert row[bot.phrase("export.column.rt")] == "03"
    assert "Siti" not in out.getvalue()
    assert bot.count(participation) == 1
