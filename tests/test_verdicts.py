"""Done is done when it is: proof, what residents say of it, and what they say weeks later."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from calendar_rig import START, Clock, at, bot_at_clock, clock_at, lives_here, ticks
from conftest import Bot, Warga, complaint_in, resident_in, seen, settings_for, writes
from PIL import Image, ImageEnhance
from sqlalchemy import Connection, delete, select, text, update
from test_exports import exported
from test_photo_hashes import scene

from content import kosakata, phrases
from handlers import ticket_view
from handlers.table import world
from handlers.unit import Unit
from services import desk, verdicts
from services.roles import OPERATOR
from services.tickets import NotOpen, State
from services.verdicts import ASKED_AGAIN, CHUNK, CLOSING, LATER, LATEST
from storage import photo_hashes, residents, tickets
from storage import verdicts as stored
from storage.residents import Notice
from storage.tables import (
    audit,
    closing,
    outbox,
    participation,
    ticket,
    ticket_event,
    ticket_media,
    verdict,
)
from storage.verdicts import Counts

NOW = START.astimezone(UTC)
DAY = timedelta(days=1)


clock = clock_at(NOW)
bot = bot_at_clock()


@pytest.fixture
async def siti(bot: Bot) -> Warga:
    """Who reports."""
    return await lives_here(bot, 301, "Siti")


@pytest.fixture
async def budi(bot: Bot) -> Warga:
    """Who joins."""
    return await lives_here(bot, 501, "Budi")


def photo(seed: int = 1) -> bytes:
    """A made street as a telephone sends it."""
    out = io.BytesIO()
    scene(seed).save(out, "JPEG", quality=85)
    return out.getvalue()


def copied(content: bytes) -> bytes:
    """The same, smaller and a little brighter."""
    out = io.BytesIO()
    small = Image.open(io.BytesIO(content)).resize((480, 360))
    ImageEnhance.Brightness(small).enhance(1.1).save(out, "JPEG", quality=70)
    return out.getvalue()


async def filed(bot: Bot, person: Warga, *joined: Warga, **changes: Any) -> Any:
    """A complaint of a person that others joined, and staff have looked at; gives its row."""

    def work(db: Connection) -> Any:
        row = complaint_in(db, resident_in(db, person.id), **changes)
        for one in joined:
            resident = resident_in(db, one.id).resident
            assert resident is not None
            tickets.follow(db, row.id, resident.id, datetime.now(UTC))
        tickets.move(db, row.id, version=0, state=State.VERIFIED, now=datetime.now(UTC))
        return tickets.get(db, row.id)

    return await writes(bot, work)


async def reports(bot: Bot, person: Warga, content: bytes) -> str:
    """A complaint with a photo, sent by its reporter; gives its number."""
    await person.sends_photo(content, "parit mampet total di sini")
    await person.taps("form.choice.rt", number="03")
    await person.sends("depan masjid")
    await person.taps("form.button.send")
    different = bot.phrase("similar.button.different")
    if different in person.message_buttons():
        await person.taps(different)
    await bot.tasks_done()
    row = bot.rows(select(ticket).order_by(ticket.c.id.desc()))[0]
    earlier = update(ticket).where(ticket.c.id == row.id).values(state="diverifikasi")
    await writes(bot, lambda db: db.execute(earlier))
    return str(row.number)


async def closes(clerk: Warga, number: str, *photos: bytes, words: str = "") -> None:
    """Open a ticket, tap "Selesai", send the proof, send the form."""
    await clerk.sends("/staf")
    await clerk.sends(number)
    await clerk.taps("desk.button.move.selesai")
    if len(photos) > 1:
        await clerk.sends_album(list(photos))
    elif photos:
        await clerk.sends_photo(photos[0])
    await clerk.taps("form.button.continue" if photos else "form.button.skip")
    if words:
        await clerk.sends(words)
    else:
        await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")
    await clerk.bot.tasks_done()
    await clerk.bot.settles()


async def closed(bot: Bot, row: Any) -> None:
    """A complaint was closed at the desk, straight in the database."""

    def work(db: Connection) -> None:
        now = tickets.get(db, row.id)
        assert now is not None
        desk.move(
            db, OPERATOR, row.id, version=now.version, state=State.DONE, reason=None,
            now=datetime.now(UTC),
        )  # fmt: skip

    await writes(bot, work)


def state(bot: Bot) -> str:
    return str(bot.rows(select(ticket.c.state).order_by(ticket.c.id))[0][0])


def kinds(bot: Bot) -> list[str]:
    """The timeline, without what was reported."""
    lines = bot.rows(select(ticket_event.c.kind).order_by(ticket_event.c.id))
    return [row.kind for row in lines if row.kind != "filed"]


def acts(bot: Bot) -> list[tuple[str, str]]:
    found = select(participation.c.stage, participation.c.activity)
    given = participation.c.activity.startswith("verdict")
    return [tuple(row) for row in bot.rows(found.where(given).order_by(participation.c.id))]


# --- done with proof --------------------------------------------------------------------------


async def test_who_reported_and_who_joined_see_the_proof_and_are_asked(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """One message: the photo, what staff wrote, Ya and Belum under it."""
    row = await filed(bot, siti, budi)
    await closes(clerk, row.number, photo(), words="Parit <dikeruk> hari ini")
    for person in (siti, budi):
        shown = person.person.from_bot[-1]
        assert shown["photo"]
        assert "“Parit <dikeruk> hari ini”" in shown["caption"]
        assert bot.phrase("report.button.fixed") in person.buttons
        assert bot.phrase("report.button.not_fixed") in person.buttons
    [medium] = bot.rows(select(ticket_media))
    [moved] = bot.rows(select(ticket_event).where(ticket_event.c.kind == "moved"))
    assert (medium.event_id, moved.state, moved.staff_id) == (moved.id, "selesai", 77)
    assert (bot.settings.media.folder / medium.path).is_file()
    await budi.taps("report.button.fixed")
    assert budi.sees == bot.phrase("report.confirmed", number=row.number)


async def test_an_album_is_kept_whole(bot: Bot, siti: Warga, clerk: Warga):
    """The first photo asks; the others are one tap away."""
    row = await filed(bot, siti)
    await closes(clerk, row.number, photo(1), photo(2), photo(3))
    assert len(bot.rows(select(ticket_media))) == 3
    assert siti.person.from_bot[-1]["photo"]
    await siti.taps("report.button.photos")
    assert len([m for m in siti.person.from_bot if m.get("photo")]) == 4


async def test_without_a_photo_residents_are_asked_all_the_same(
    bot: Bot, siti: Warga, clerk: Warga
):
    """The summary says so before it is sent."""
    row = await filed(bot, siti)
    await clerk.sends("/staf")
    await clerk.sends(row.number)
    await clerk.taps("desk.button.move.selesai")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.skip")
    assert bot.phrase("proof.no_photo") in clerk.message["text"]
    assert state(bot) == "diverifikasi"
    await clerk.taps("form.button.send")
    title = "Mampet / tersumbat, RT 03, depan masjid"
    asked = bot.phrase("ticket.moved.selesai", number=row.number, title=title, reason="")
    assert siti.sees == asked
    assert bot.phrase("report.button.not_fixed") in siti.buttons


async def test_the_proof_of_a_ticket_that_moved_on_changes_nothing(
    bot: Bot, siti: Warga, clerk: Warga
):
    """Somebody was faster while the photo was sought."""
    row = await filed(bot, siti)
    await clerk.sends("/staf")
    await clerk.sends(row.number)
    await clerk.taps("desk.button.move.selesai")
    assert bot.phrase("proof.photos.question", number="@", title="@").split("@")[0] in clerk.sees
    await clerk.sends_photo(photo())
    await clerk.taps("form.button.continue")
    await clerk.taps("form.button.skip")
    assert bot.phrase("proof.no_photo") not in clerk.message["text"]
    await writes(bot, lambda db: desk.move(
        db, OPERATOR, row.id, version=row.version, state=State.IN_PROGRESS, reason=None,
        now=datetime.now(UTC),
    ))  # fmt: skip
    told = len(siti.texts)
    await clerk.taps("form.button.send")
    assert clerk.notice == bot.phrase("desk.outdated")
    assert (state(bot), bot.count(ticket_media), bot.count(closing)) == ("diproses", 0, 0)
    assert len(siti.texts) == told


# --- the same photo ---------------------------------------------------------------------------


async def test_a_proof_that_was_seen_on_another_ticket_is_told_once(
    bot: Bot, siti: Warga, budi: Warga, admin: Warga, clerk: Warga
):
    """Smaller and brighter; to who closed it and to the admin, with both tickets to open."""
    first, second = await reports(bot, siti, photo(1)), await reports(bot, budi, photo(2))
    assert [row.phash is not None for row in bot.rows(select(ticket_media))] == [True, True]
    await closes(clerk, second, copied(photo(1)), copied(photo(1)))
    said = bot.phrase("alike.other", number=second, other=first)
    for person in (clerk, admin):
        assert person.texts.count(said) == 1
    await clerk.taps("alike.button.open", number=first)
    assert first in clerk.message["text"]
    await clerk.sends(second)
    assert bot.phrase("card.alike", number=first) in clerk.message["text"]
    card = next(text for text in admin.texts if text.startswith(second))
    assert bot.phrase("card.alike", number=first) in card
    [line] = bot.rows(select(audit).where(audit.c.act == "photo.alike"))
    assert (line.subject, line.detail) == (second, f"= {first}")
    assert said not in (*siti.texts, *budi.texts)


async def test_a_proof_that_is_the_photo_of_the_report_is_told(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """What was sent to show the problem does not show that it is gone."""
    number = await reports(bot, siti, photo(1))
    await closes(clerk, number, copied(photo(1)))
    said = bot.phrase("alike.report", number=number, other=number)
    assert (clerk.texts.count(said), admin.texts.count(said)) == (1, 1)
    await clerk.sends(number)
    assert bot.phrase("card.alike_report") in clerk.message["text"]


async def test_other_photos_and_broken_ones_are_told_nothing_of(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """A file that is no picture is kept and closes the ticket; so does a new photo."""
    number = await reports(bot, siti, photo(1))
    await clerk.sends("/staf")
    await clerk.sends(number)
    await clerk.taps("desk.button.move.selesai")
    await clerk.sends_photo(photo(2))
    broken = clerk.person.sends_document(b"\xff\xd8\xff\xe0 broken", "IMG_7.jpg", "")
    await clerk._then(broken)
    await clerk.taps("form.button.continue")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")
    await bot.tasks_done()
    media = bot.rows(select(ticket_media).order_by(ticket_media.c.id))
    assert [row.phash is not None for row in media] == [True, True, False]
    assert all(row.path for row in media)
    assert state(bot) == "selesai"
    assert bot.rows(select(audit).where(audit.c.act == "photo.alike")) == []


async def test_the_report_looked_at_late_is_compared_all_the_same(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """A photo from before photos were compared is looked at when its ticket is closed."""
    number = await reports(bot, siti, photo(1))
    unseen = update(ticket_media).values(phash=None)
    await writes(bot, lambda db: db.execute(unseen))
    await closes(clerk, number, copied(photo(1)))
    assert all(row.phash for row in bot.rows(select(ticket_media)))
    assert clerk.texts.count(bot.phrase("alike.report", number=number, other=number)) == 1


def test_earlier_photos_of_its_own_ticket_do_not_count(db: Connection):
    """But for the report itself: what was added, and an earlier proof, are about the same work."""
    row = complaint_in(db, resident_in(db, 1), photos=("a",))
    other = complaint_in(db, resident_in(db, 2), photos=("b",))
    now = datetime.now(UTC)
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=now)
    for number, version in enumerate((1, 3)):
        desk.move(
            db, OPERATOR, row.id, version=version, state=State.DONE, reason=None, now=now,
            photos=(f"proof{number}",),
        )  # fmt: skip
        if version == 1:
            tickets.move(db, row.id, version=2, state=State.REOPENED, now=now)
    ids = {m.file_id: m.id for m in db.execute(select(ticket_media))}
    for one in ids.values():
        photo_hashes.keep(db, one, "0" * 16)
    last = photo_hashes.get(db, ids["proof1"])
    assert last is not None
    assert last.is_proof
    assert {look.id for look in photo_hashes.comparable(db, last)} == {ids["a"], ids["b"]}
    late = photo_hashes.get(db, ids["b"])
    assert late is not None
    found = [look.id for look in photo_hashes.comparable(db, late)]
    assert found == [ids["proof0"], ids["proof1"]]
    assert other.id != row.id


# --- what residents say -----------------------------------------------------------------------


async def test_no_opens_it_again_and_asks_what_is_wrong(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """A photo and words in any order reach staff and the timeline."""
    row = await filed(bot, siti)
    await closes(clerk, row.number, photo())
    await siti.taps("report.button.not_fixed")
    assert state(bot) == "dibuka-lagi"
    assert bot.phrase("card.reopened", number=row.number) in clerk.texts
    assert siti.sees.startswith(bot.phrase("lacking.what.question", number=row.number))
    await siti.sends_photo(photo(3))
    await siti.sends("di ujung masih penuh lumpur")
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    assert siti.message["text"] == bot.phrase("addition.done", number=row.number)
    assert clerk.sees == bot.phrase(
        "card.added", number=row.number, words="di ujung masih penuh lumpur", photos=1
    )
    await clerk.sends(row.number)
    assert "di ujung masih penuh lumpur" in clerk.message["text"]
    assert kinds(bot) == ["moved", "reopened", "added"]


async def test_nobody_has_to_say_more(bot: Bot, siti: Warga, clerk: Warga):
    """Lewati is enough, and leaves no form open."""
    row = await filed(bot, siti)
    await closes(clerk, row.number)
    await siti.taps("report.button.not_fixed")
    await siti.taps("form.button.skip")
    assert siti.message["text"] == bot.phrase("lacking.nothing", number=row.number)
    assert (state(bot), kinds(bot)) == ("dibuka-lagi", ["moved", "reopened"])
    await siti.sends("/batal")
    assert siti.sees == bot.phrase("form.nothing_open")


async def test_a_form_that_is_open_is_not_pushed_aside(bot: Bot, siti: Warga, clerk: Warga):
    """The answer counts; what is wrong can be added with a button."""
    row = await filed(bot, siti)
    await siti.sends("/aspirasi")
    await siti.sends("mohon lampu jalan di lorong")
    await closes(clerk, row.number)
    await siti.taps("report.button.not_fixed")
    assert siti.message["text"] == bot.phrase("report.reopened", number=row.number)
    assert state(bot) == "dibuka-lagi"
    await siti.sends("/batal")
    assert bot.phrase("form.button.discard") in siti.message_buttons()


async def test_the_newest_answer_of_each_person_counts(
    bot: Bot, siti: Warga, budi: Warga, admin: Warga, clerk: Warga
):
    """Staff and residents are kept apart on the card, in the report, and in the export."""
    row = await filed(bot, siti, budi)
    await closes(clerk, row.number, photo())
    when = datetime.now(UTC).astimezone(bot.settings.kelurahan.zone)
    staff = bot.phrase("closing.staff", when=f"{when.day} November 2026")
    await siti.sends(row.number)
    assert staff in siti.message["text"]
    assert bot.phrase("closing.unsaid") in siti.message["text"]
    asked = [m["message_id"] for m in siti.person.from_bot if m.get("photo")][-1]
    await siti.taps_data(asked, f"report:fixed:{row.number}")
    await budi.taps("report.button.not_fixed")
    mixed = bot.phrase("closing.residents.bad", good=1, bad=1)
    for person in (siti, clerk):
        await person.sends(row.number)
        assert staff in person.message["text"]
        assert mixed in person.message["text"]
    await budi.taps("form.button.skip")
    asked = [m["message_id"] for m in budi.person.from_bot if m.get("photo")][-1]
    await budi.taps_data(asked, f"report:fixed:{row.number}")  # he looked again
    assert budi.sees == bot.phrase("report.confirmed_open", number=row.number)
    await siti.sends(row.number)
    assert bot.phrase("closing.residents.good", good=2, bad=0) in siti.message["text"]
    assert state(bot) == "dibuka-lagi"  # staff look again
    assert len(bot.rows(select(verdict))) == 2
    assert acts(bot) == [("monitoring", "verdict_given")] * 2


async def test_no_twice_is_one_no(bot: Bot, siti: Warga, budi: Warga, clerk: Warga):
    """Neither the same person again nor another one opens it a second time."""
    row = await filed(bot, siti, budi)
    await closes(clerk, row.number, photo())
    asked = siti.person.from_bot[-1]["message_id"]
    for _ in range(2):
        await siti.taps_data(asked, f"report:unfixed:{row.number}")
    assert siti.notice == bot.phrase("report.said_before", number=row.number)
    await budi.taps("report.button.not_fixed")
    [now] = bot.rows(select(ticket))
    assert (now.state, now.version) == ("dibuka-lagi", row.version + 2)
    assert clerk.texts.count(bot.phrase("card.reopened", number=row.number)) == 1
    assert len(bot.rows(select(verdict))) == 2


def test_another_closing_begins_anew(db: Connection):
    """What was said about the first work is not said about the second."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor)
    now = datetime.now(UTC)
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=now)

    def close(version: int) -> None:
        desk.move(db, OPERATOR, row.id, version=version, state=State.DONE, reason=None, now=now)

    def said() -> Counts:
        found = verdicts.of(db, row)
        assert found is not None
        return found.said.get(CLOSING, Counts())

    with pytest.raises(NotOpen):
        verdicts.give(db, actor, row.number, good=True, now=now)
    close(1)
    assert verdicts.give(db, actor, row.number, good=False, now=now).reopened
    assert said() == Counts(0, 1)
    close(3)
    assert said() == Counts(0, 0)
    assert verdicts.give(db, actor, row.number, good=True, now=now).is_new
    assert said() == Counts(1, 0)
    stranger = resident_in(db, 2)
    with pytest.raises(verdicts.NotOpen):  # asked about a closing that is over
        verdicts.give(db, actor, row.number, good=True, now=now, closing_id=1)
    assert stored.said(db, 1, LATER, stranger.resident.id if stranger.resident else 0) is None


def test_one_no_among_many_is_a_no():
    """A complaint is done when nobody says that it is not."""
    said = [verdicts.together(Counts(*counts)) for counts in ((3, 0), (3, 1), (0, 0))]
    assert said == ["good", "bad", "nothing"]


def test_the_export_keeps_staff_and_residents_apart(db: Connection):
    """When staff closed it, how many say yes and no, and a word; weeks later the same again."""
    now = NOW - 30 * DAY
    people = [resident_in(db, number) for number in (1, 2)]
    row = complaint_in(db, people[0], now=now)
    complaint_in(db, people[0], now=now)
    assert people[1].resident is not None
    tickets.follow(db, row.id, people[1].resident.id, now)
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=now)
    desk.move(db, OPERATOR, row.id, version=1, state=State.DONE, reason=None, now=now)
    columns = (
        "closed", "verdict_yes", "verdict_no", "verdict", "later_yes", "later_no", "later",
    )  # fmt: skip

    def cells(number: int) -> list[str]:
        return [exported(db)[number][column] for column in columns]

    local = now.astimezone(START.tzinfo).strftime("%Y-%m-%d %H:%M:%S")
    assert cells(0) == [local, "0", "0", "belum ada jawaban", "", "", ""]
    assert cells(1) == [""] * 7
    for actor, good in zip(people, (True, False), strict=True):
        verdicts.give(db, actor, row.number, good=good, now=now)
    desk.move(db, OPERATOR, row.id, version=3, state=State.DONE, reason=None, now=now)
    verdicts.give(db, people[0], row.number, good=True, now=now)
    assert cells(0) == [local, "1", "0", "ya", "", "", ""]
    batch = verdicts.next_batch(db, NOW)
    assert batch is not None
    assert cells(0)[4:] == ["0", "0", "belum ada jawaban"]
    verdicts.give(db, people[1], row.number, good=False, now=NOW, closing_id=batch.closing_id)
    assert cells(0) == [local, "1", "0", "ya", "0", "1", "belum"]


# --- asked again ------------------------------------------------------------------------------


async def test_four_weeks_later_all_are_asked_once_whether_it_is_still_good(
    bot: Bot, clock: Clock, siti: Warga, budi: Warga, clerk: Warga
):
    """Not a day before, not twice; yes is logged as use of what was done."""
    row = await filed(bot, siti, budi)
    await closes(clerk, row.number, photo())
    begun = datetime.now(UTC)
    before = len(siti.texts)
    await at(bot, clock, begun + ASKED_AGAIN - DAY)
    assert len(siti.texts) == before
    await at(bot, clock, begun + ASKED_AGAIN + timedelta(minutes=1))
    await ticks(bot)
    for person in (siti, budi):
        assert person.sees.startswith(
            bot.phrase(
                "later.question", number=row.number, when="19 November 2026",
                title="Mampet / tersumbat, RT 03, depan masjid",
            )
        )  # fmt: skip
        assert len([text for text in person.texts if text == person.sees]) == 1
    await siti.taps("later.button.yes")
    assert siti.message["text"] == bot.phrase("report.confirmed", number=row.number)
    assert acts(bot) == [("benefit", "verdict_later")]
    await siti.sends(row.number)
    assert bot.phrase("closing.later.good", good=1, bad=0) in siti.message["text"]
    assert state(bot) == "selesai"


async def test_no_after_four_weeks_opens_it_again(
    bot: Bot, clock: Clock, siti: Warga, budi: Warga, admin: Warga, clerk: Warga
):
    """Said in words too; staff read that it broke again, and the reason with its photo."""
    row = await filed(bot, siti)
    await closed(bot, row)
    await at(bot, clock, datetime.now(UTC) + ASKED_AGAIN + timedelta(minutes=1))
    await siti.sends("belum")
    assert state(bot) == "dibuka-lagi"
    assert bot.phrase("card.broken", number=row.number) in clerk.texts
    await siti.sends_photo(photo(), "mampet lagi")
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    assert kinds(bot) == ["moved", "broken", "added"]
    assert acts(bot) == [("benefit", "verdict_later")]
    await clerk.sends(row.number)
    assert bot.phrase("closing.later.bad", good=0, bad=1) in clerk.message["text"]
    await at(bot, clock, datetime.now(UTC) + 30 * DAY)
    assert len([text for text in siti.texts if "Masih baik?" in text]) == 1


async def test_only_the_last_closing_of_what_is_still_closed_is_asked_about(
    bot: Bot, clock: Clock, siti: Warga, clerk: Warga
):
    """The four weeks begin anew when it is closed again."""
    row = await filed(bot, siti)
    await closed(bot, row)
    await at(bot, clock, NOW + 10 * DAY)
    await siti.sends(row.number)
    await siti.taps("report.button.not_fixed")
    await siti.taps("form.button.skip")
    await at(bot, clock, NOW + ASKED_AGAIN + DAY)
    asked = [text for text in siti.texts if "Masih baik?" in text]
    assert asked == []
    await closed(bot, row)
    await at(bot, clock, NOW + 2 * ASKED_AGAIN)
    assert not any("Masih baik?" in text for text in siti.texts)
    await at(bot, clock, NOW + 2 * ASKED_AGAIN + 2 * DAY)
    assert len([text for text in siti.texts if "Masih baik?" in text]) == 1


@pytest.mark.parametrize("late", [LATEST - DAY, LATEST + DAY])
async def test_after_downtime_it_is_asked_late_or_not_at_all(
    bot: Bot, clock: Clock, siti: Warga, late: timedelta
):
    """Two weeks late is still a question, more is none."""
    row = await filed(bot, siti)
    await closed(bot, row)
    await at(bot, clock, datetime.now(UTC) + ASKED_AGAIN + late)
    asked = len([text for text in siti.texts if "Masih baik?" in text])
    assert asked == (1 if late < LATEST else 0)
    await ticks(bot)
    assert bot.rows(select(closing.c.asked_at).where(closing.c.asked_at.is_(None))) == []


async def test_who_wants_no_news_is_not_asked_again(
    bot: Bot, clock: Clock, siti: Warga, budi: Warga
):
    """Nor who blocked the bot, or was blocked; a hidden ticket is its reporter's alone."""
    people = [await lives_here(bot, 600 + n, f"Warga {n}") for n in range(3)]
    row = await filed(bot, siti, budi, *people)
    hidden = await filed(bot, siti, budi, landmark="pasar")

    def work(db: Connection) -> None:
        ids = [resident_in(db, person.id).resident for person in people]
        one, two, three = [found.id for found in ids if found is not None]
        residents.set_wants(db, one, list(Notice), False)
        residents.set_blocked(db, two, True)
        residents.set_inactive(db, people[2].id, "blocked")
        assert three
        tickets.set_hidden(db, hidden.id, True)

    await writes(bot, work)
    await closed(bot, row)
    await closed(bot, hidden)
    await at(bot, clock, datetime.now(UTC) + ASKED_AGAIN + timedelta(minutes=1))
    asked = select(outbox.c.chat_id).where(outbox.c.key.startswith("later:"))
    assert sorted(r.chat_id for r in bot.rows(asked)) == sorted([siti.id, siti.id, budi.id])


def test_many_are_asked_in_pieces(db: Connection):
    """A piece and how far it came are one transaction."""
    row = complaint_in(db, resident_in(db, 1))
    for number in range(2, CHUNK + 3):
        follower = resident_in(db, number).resident
        assert follower is not None
        tickets.follow(db, row.id, follower.id, NOW)
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=NOW)
    desk.move(db, OPERATOR, row.id, version=1, state=State.DONE, reason=None, now=NOW)
    later = NOW + ASKED_AGAIN
    found = [verdicts.next_batch(db, later) for _ in range(3)]
    assert [len(batch.chats) if batch else 0 for batch in found] == [CHUNK, 2, 0]
    assert found[0] is not None
    assert found[1] is not None
    assert not found[0].chats.keys() & found[1].chats.keys()


def test_nobody_answers_what_was_not_asked(db: Connection):
    """A made-up button about weeks that have not passed."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor)
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=NOW)
    desk.move(db, OPERATOR, row.id, version=1, state=State.DONE, reason=None, now=NOW)
    last = stored.last(db, row.id)
    assert last is not None
    with pytest.raises(NotOpen):
        verdicts.give(db, actor, row.number, good=True, now=NOW, closing_id=last.event_id)


# --- what else must go on ---------------------------------------------------------------------


async def test_deleting_takes_the_proof_along_and_leaves_the_count(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """The photo may show him: it goes from the folder and from the chats of others."""
    row = await filed(bot, siti, budi)
    await closes(clerk, row.number, photo())
    await siti.taps("report.button.fixed")
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await bot.tasks_done()
    await bot.settles()
    assert bot.count(ticket_media) == 0
    assert [p for p in bot.settings.media.folder.rglob("*") if p.is_file()] == []
    assert not any(message.get("photo") for message in budi.person.from_bot)
    assert [(r.resident_id, r.good) for r in bot.rows(select(verdict))] == [(None, True)]
    await clerk.sends(row.number)
    assert bot.phrase("closing.residents.good", good=1, bad=0) in clerk.message["text"]


def test_the_fullest_card_still_fits_a_caption(db: Connection, tmp_path: Path):
    """Telegram takes 1024 characters under a photo; this one has all that a card can have."""
    texts = phrases.load()
    settings = settings_for(tmp_path, "http://localhost")
    no_pages: Any = SimpleNamespace(current={})
    shared = world(settings, texts, kosakata.load(), no_pages, None, "bot")
    actor = resident_in(db, 1, "n" * 60)
    row = complaint_in(
        db, actor, landmark="y" * 300, description="x" * 900, depth="above", since="s" * 90,
        point=(-1.61234, 103.61234), hide_name=True, now=NOW,
    )  # fmt: skip
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=NOW)
    desk.move(
        db, OPERATOR, row.id, version=1, state=State.DONE, reason=None, now=NOW, photos=("p",)
    )
    batch = verdicts.next_batch(db, NOW + ASKED_AGAIN)
    assert batch is not None
    for closing_id in (None, batch.closing_id):
        verdicts.give(db, actor, row.number, good=False, now=NOW, closing_id=closing_id)
    [medium] = db.execute(select(ticket_media))
    photo_hashes.mark_alike(db, medium.id, row.id)
    tickets.set_hidden(db, row.id, True)
    assert actor.resident is not None
    residents.set_blocked(db, actor.resident.id, True)
    now = tickets.get(db, row.id)
    assert now is not None
    unit = Unit.of_bot(db, shared, NOW)
    card = seen(ticket_view.card(unit, now))
    assert texts.plain("card.alike_report") in card
    assert 900 < len(card.encode("utf-16-le")) // 2 <= 1024


def test_what_was_closed_before_is_judged_and_asked_about_too(db: Connection):
    """The migration makes a closing of each "selesai" and keeps the newest word of each person."""
    people = [resident_in(db, number) for number in (1, 2)]
    row = complaint_in(db, people[0])
    tickets.move(db, row.id, version=0, state=State.VERIFIED, now=NOW)

    def close(version: int) -> None:
        desk.move(db, OPERATOR, row.id, version=version, state=State.DONE, reason=None, now=NOW)

    def say(person: int | None, good: bool) -> None:
        kind = "confirmed" if good else "reopened"
        who = people[person].resident if person is not None else None
        tickets.add_event(db, row.id, kind, resident_id=who.id if who else None, now=NOW)

    close(1)
    say(0, False)
    tickets.move(db, row.id, version=2, state=State.REOPENED, now=NOW)
    close(3)
    for person, good in ((0, True), (1, True), (1, False), (None, True)):
        say(person, good)
    before = [tuple(one) for one in db.execute(select(closing).order_by(closing.c.event_id))]
    db.execute(delete(closing))
    module = import_module("storage.migrations.versions.0008_verdicts")
    db.execute(text(module.CLOSINGS))
    db.execute(text(module.VERDICTS))
    after = [tuple(one) for one in db.execute(select(closing).order_by(closing.c.event_id))]
    assert [one[:2] for one in after] == [one[:2] for one in before]
    assert [one[2] for one in after] == [-1, 4]  # only the last one may still be asked about
    query = select(verdict.c.closing_id, verdict.c.resident_id, verdict.c.good)
    ids = [actor.resident.id for actor in people if actor.resident is not None]
    first, last = after[0][0], after[1][0]
    assert {tuple(one) for one in db.execute(query)} == {
        (first, ids[0], False),
        (last, ids[0], True),
        (last, ids[1], False),
        (last, None, True),
    }
    assert verdicts.next_batch(db, NOW + ASKED_AGAIN) is not None
