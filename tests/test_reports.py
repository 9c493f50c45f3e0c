"""My reports: the list, one with its timeline, adding to it, withdrawing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Bot, Warga, agrees, complaint_in, files, picture, resident_in, writes
from sqlalchemy import select

from services import similar
from services import tickets as rules
from services.complaint_form import Complaint
from storage import tickets
from storage.tables import draft, participation, ticket, ticket_event, ticket_media


async def seeded(bot: Bot, person: Warga, **changes: Any) -> Any:
    """A report of a person who agreed, straight into the database."""
    name = person.person.human.name
    return await writes(
        bot, lambda db: complaint_in(db, resident_in(db, person.id, name), **changes)
    )


async def joined(bot: Bot, person: Warga, row: Any, words: str = "di sini juga") -> None:
    """A person joins a report, straight into the database."""
    own = Complaint("blocked", "03", None, None, words, (), ())
    actor_name = person.person.human.name
    await writes(
        bot,
        lambda db: similar.join(
            db,
            resident_in(db, person.id, actor_name),
            row.id,
            own,
            own.description or "",
            datetime.now(UTC),
        ),
    )


def line(bot: Bot, row: Any, state: str = "diterima") -> str:
    """A report's line in the list."""
    short = bot.phrase(f"short.state.{state}")
    return bot.phrase("report.button.line", number=row.number, state=short)


async def test_without_reports_the_list_says_how_to_begin(bot: Bot, siti: Warga):
    """By command, by menu, with consent and without."""
    await siti.sends("/laporan")
    assert siti.sees == bot.phrase("report.none")
    await agrees(siti)
    await siti.sends(bot.phrase("menu.reports"))
    assert siti.sees == bot.phrase("report.none")


async def test_the_list_has_own_and_joined_reports_newest_first(
    bot: Bot, siti: Warga, budi: Warga
):
    """Nothing of anybody else."""
    await siti.sends("/menu")
    own = await seeded(bot, siti)
    others = await seeded(bot, budi)
    foreign = await seeded(bot, budi)
    await joined(bot, siti, others)
    await siti.sends("/laporan")
    assert siti.sees.startswith(bot.phrase("report.list"))
    assert siti.buttons == [line(bot, others), line(bot, own)]
    assert foreign.number not in str(siti.person.from_bot)


async def test_a_long_list_has_pages(bot: Bot, siti: Warga):
    """Six a page; older and newer; beyond the end says that there is none."""
    await siti.sends("/menu")
    rows = [await seeded(bot, siti) for _ in range(13)]
    numbers = [line(bot, row) for row in reversed(rows)]
    older, newer = bot.phrase("report.button.older"), bot.phrase("report.button.newer")
    await siti.sends("/laporan")
    assert siti.buttons == [*numbers[:6], older]
    await siti.taps("report.button.older")
    assert siti.buttons == [*numbers[6:12], newer, older]
    await siti.taps("report.button.older")
    assert siti.buttons == [*numbers[12:], newer]
    await siti.taps("report.button.newer")
    assert siti.buttons == [*numbers[6:12], newer, older]
    for page, seen in (("9" * 20, "list"), ("99", "none"), ("-1", "list"), ("x", "list")):
        await siti.sends("/laporan")
        await siti.taps("report.button.older")
        await siti.taps_data(siti.person.from_bot[-1]["message_id"], f"report:page:{page}")
        assert siti.sees.startswith(bot.phrase(f"report.{seen}"))
    assert siti.person.unanswered == []


async def test_a_number_opens_a_report(bot: Bot, siti: Warga):
    """Also in small letters; with what was said, where, and its state."""
    await siti.sends("/menu")
    row = await seeded(bot, siti, description="parit <mampet> & bau", landmark="depan <masjid>")
    await siti.sends(f"/laporan {row.number.lower()}")
    head = bot.phrase(
        "report.one", number=row.number, title="@@", words="##",
        state=bot.phrase("report.state.diterima"),
    ).replace("@@", f"{bot.phrase('complaint.kind.choice.blocked')}, RT 03, depan <masjid>").replace("##", "parit <mampet> & bau")  # fmt: skip
    assert siti.sees.startswith(head)
    assert bot.phrase("report.event.filed.self", when="@", words="").split("@")[1] in siti.sees
    assert siti.buttons == [
        bot.phrase(key)
        for key in ("report.button.add", "report.button.withdraw", "report.button.list")
    ]


@pytest.mark.parametrize(
    "way",
    [
        "/laporan {}",
        "open",
        "photos",
        "add",
        "withdraw",
        "withdrawn",
        "fixed",
        "unfixed",
    ],
)
async def test_reports_of_others_cannot_be_guessed(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga, way: str
):
    """A number that exists reads like one that does not, whichever way it is tried."""
    await siti.sends("/menu")
    await agrees(budi)
    row = await seeded(bot, siti, description="rahasia siti")
    replies = []
    for number in (row.number, "DRN-2026-9999"):
        if way.startswith("/"):
            await budi.sends(way.format(number))
        else:
            await budi.taps_data(budi.person.from_bot[-1]["message_id"], f"report:{way}:{number}")
        replies.append(budi.message["text"].replace(number, "?"))
    assert replies[0] == replies[1] == bot.phrase("report.not_yours", number="?")
    assert "rahasia" not in str(budi.person.from_bot)
    assert bot.rows(select(ticket.c.state)) == [("diterima",)]
    assert bot.count(draft) == 0


async def test_without_consent_no_report_opens(bot: Bot, siti: Warga, budi: Warga):
    """Also not by forged taps."""
    await siti.sends("/menu")
    row = await seeded(bot, siti)
    await budi.sends(f"/laporan {row.number}")
    assert budi.sees == bot.phrase("report.not_yours", number=row.number)
    await budi.taps_data(budi.person.from_bot[-1]["message_id"], f"report:open:{row.number}")
    assert budi.sees == bot.phrase("report.none")


async def test_the_timeline_tells_who_without_names(bot: Bot, siti: Warga, budi: Warga):
    """ "You" and "a neighbour", in order, with words and the time in the zone."""
    await siti.sends("/menu")
    await budi.sends("/menu")
    at = datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
    row = await seeded(bot, siti, now=at)
    await joined(bot, budi, row, "air <hitam> & bau")
    await siti.sends(f"/laporan {row.number}")
    lines = siti.sees.split("\n")
    filed = bot.phrase("report.event.filed.self", when="Min, 29 Nov 2026 07.00", words="")
    assert filed in lines
    words = bot.phrase("report.event.words", words="@").replace("@", "air <hitam> & bau")
    ending = bot.phrase("report.event.joined.other", when="@", words=words).split("@")[1]
    assert lines[lines.index(filed) + 1].endswith(ending)
    assert bot.phrase("report.followers", count=1) in siti.sees
    await budi.sends(f"/laporan {row.number}")
    filed_by_other = bot.phrase(
        "report.event.filed.other", when="Min, 29 Nov 2026 07.00", words=""
    )
    assert filed_by_other in budi.sees
    assert bot.phrase("report.button.withdraw") not in budi.buttons
    assert "Siti" not in budi.sees


async def test_the_longest_report_fits_one_message(bot: Bot, siti: Warga):
    """Long words, a long place and many additions, in signs that count double."""
    await siti.sends("/menu")
    long = "\U0001f4a7" * 2000
    row = await seeded(bot, siti, description=long, landmark=long)
    for _ in range(20):
        await joined(bot, siti, row, long)
    await siti.sends(f"/laporan {row.number}")
    assert siti.sees.startswith(row.number)


async def test_photos_and_voice_are_shown_again(bot: Bot, admin: Warga, siti: Warga):
    """One photo alone, several as an album, a voice note by itself."""
    await agrees(siti)
    await siti.sends_voice()
    await siti.taps("complaint.kind.choice.blocked")
    await siti.sends_location(-1.6, 103.6)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await siti.taps("report.button.open")
    await siti.taps("report.button.photos")
    assert "voice" in siti.person.from_bot[-1]

    number = bot.rows(select(ticket.c.number))[0][0]
    for shade in (1, 2):
        await siti.sends(f"/laporan {number}")
        await siti.taps("report.button.add")
        await siti.sends_photo(picture(shade))
        await siti.sends("lewati")
        await siti.taps("form.button.send")
        await siti.taps("report.button.open")
        before = len(siti.person.from_bot)
        await siti.taps("report.button.photos")
        shown = siti.person.from_bot[before:]
        assert ["photo" in m for m in shown] == [True] * shade + [False]


async def test_words_and_photos_can_be_added(bot: Bot, admin: Warga, siti: Warga):
    """Kept at the report, told to staff, counted as an act."""
    await agrees(siti)
    number = await files(siti)
    await siti.taps("report.button.open")
    await siti.taps("report.button.add")
    assert siti.sees.startswith(bot.phrase("addition.words.question"))
    await siti.sends("masih <mampet>")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    assert siti.sees.startswith(bot.phrase("addition.summary", subject=number))
    await siti.taps("form.button.send")
    assert siti.sees == bot.phrase("addition.done", number=number)
    assert admin.sees == bot.phrase("card.added", number=number, words="@", photos=1).replace(
        "@", "masih <mampet>"
    )
    events = bot.rows(select(ticket_event.c.kind, ticket_event.c.text).order_by("id"))
    assert events == [("filed", None), ("added", "masih <mampet>")]
    assert bot.count(ticket_media) == 1
    activities = bot.rows(select(participation.c.activity).order_by("id"))
    assert activities == [("complaint_filed",), ("complaint_added_to",)]


async def test_an_empty_addition_is_not_sent(bot: Bot, siti: Warga):
    """Both questions left: said so, nothing stored."""
    await siti.sends("/menu")
    row = await seeded(bot, siti)
    await siti.sends(f"/laporan {row.number}")
    await siti.taps("report.button.add")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert siti.notice == bot.phrase("addition.empty")
    assert siti.person.notices[-1]["show_alert"]
    await siti.sends("kirim")
    assert siti.texts[-2] == bot.phrase("addition.empty")
    assert siti.sees.startswith(bot.phrase("addition.summary", subject=row.number))
    assert len(bot.rows(select(ticket_event.c.id))) == 1


async def test_withdrawing_asks_tells_and_edits_the_card(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """One question; those who joined hear it; staff see it on the card; then it is closed."""
    await agrees(siti)
    await budi.sends("/menu")
    number = await files(siti)
    row = bot.rows(select(ticket))[0]
    await joined(bot, budi, row)
    await siti.taps("report.button.open")
    await siti.taps("report.button.withdraw")
    assert siti.message["text"] == bot.phrase("report.withdraw_question", number=number)
    await siti.taps("report.button.keep")
    assert bot.rows(select(ticket.c.state)) == [("diterima",)]
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    assert siti.message["text"] == bot.phrase("report.withdrawn", number=number)
    assert budi.sees == bot.phrase("report.withdrawn_by_other", number=number)
    card = next(m for m in admin.person.from_bot if number in m.get("text", ""))
    assert bot.phrase("report.state.dicabut") in card["text"]
    assert "edit_date" in card

    for action in ("add", "withdrawn"):
        await siti.sends(f"/laporan {number}")
        assert siti.buttons == [bot.phrase("report.button.list")]
        await siti.taps_data(siti.person.from_bot[-1]["message_id"], f"report:{action}:{number}")
        assert siti.message["text"] == bot.phrase("report.closed", number=number)
    assert len([t for t in budi.texts if number in t]) == 1


async def test_a_card_with_photo_is_edited_too(bot: Bot, admin: Warga, siti: Warga):
    """Its caption shows that the report was withdrawn."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet")
    await siti.sends_location(-1.6, 103.6)
    await siti.taps("form.button.send")
    await siti.taps("report.button.open")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    card = admin.person.from_bot[-1]
    assert "photo" in card
    assert bot.phrase("report.state.dicabut") in card["caption"]


async def test_an_addition_to_a_report_that_closed_meanwhile(bot: Bot, siti: Warga, budi: Warga):
    """Withdrawn by its reporter while a neighbour was writing: said so, form closed."""
    await siti.sends("/menu")
    await budi.sends("/menu")
    row = await seeded(bot, siti)
    await joined(bot, budi, row)
    await budi.sends(f"/laporan {row.number}")
    await budi.taps("report.button.add")
    await budi.sends("masih mampet")
    await budi.taps("form.button.skip")
    later = row.created_at + timedelta(minutes=1)
    await writes(
        bot,
        lambda db: rules.withdraw(db, resident_in(db, siti.id), row.number, later),
    )
    await budi.taps("form.button.send")
    late = bot.phrase("addition.too_late", number=row.number, words="masih mampet")
    assert budi.message["text"] == late
    assert bot.count(draft) == 0


async def test_what_was_asked_for_may_simply_be_written(bot: Bot, admin: Warga, siti: Warga):
    """Words or a photo while a report waits for them are added to it, and start no new one."""
    await agrees(siti)
    number = await files(siti)
    row = bot.rows(select(ticket))[0]
    await writes(
        bot,
        lambda db: tickets.move(db, row.id, version=0, state="perlu-data", now=row.created_at),
    )
    await siti.sends("mesjid Al Ikhlas")
    assert bot.phrase("addition.continues", number=number) in siti.texts
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    assert siti.message["text"].startswith(bot.phrase("addition.summary", subject=number))
    await siti.taps("form.button.send")
    assert bot.rows(select(ticket.c.state)) == [("diterima",)]
    assert "mesjid Al Ikhlas" in admin.sees
    await siti.sends("resep rendang")
    assert siti.sees == bot.phrase("fallback.text")
