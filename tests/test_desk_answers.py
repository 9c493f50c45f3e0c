"""What staff answer on a ticket: forwarding, ready answers, letters, aspirations at the desk."""

from __future__ import annotations

import csv
import io
import logging
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    complaint_in,
    files,
    picture,
    proposes,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import Connection, select, update
from test_messages import asks

from config import Kelurahan
from content import kosakata, pages, phrases, replies
from content.phrases import CONTENT, ContentError
from content.replies import Rack
from handlers.table import world
from jobs.check import _content_mistakes
from jobs.reload import Reload
from jobs.watchdog import Pulse
from services import correspondence, desk, exports, forwarding, messages, my_data, ready, tickets
from services.desk import NoReason
from services.learning import Learned
from services.messages import StaffMessage
from services.roles import OPERATOR, Actor, NotAllowed, Role
from services.tickets import NotOpen, NotYours, State
from storage import residents
from storage import tickets as stored
from storage.database import Database
from storage.residents import Notice
from storage.tables import audit, ticket, ticket_event

CLERK = Actor(77, Role.STAFF)
PHRASES = phrases.load()
ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
CITY = "Dinas PUPR Kota Jambi"


def row_of(bot: Bot, number: str) -> Any:
    """A ticket by its number."""
    return bot.rows(select(ticket).where(ticket.c.number == number))[0]


async def opens(clerk: Warga, number: str) -> None:
    """Open a ticket at the desk."""
    await clerk.sends("/staf")
    at = clerk.person.from_bot[-1]["message_id"]
    await clerk.taps_data(at, f"desk:open:{row_of(clerk.bot, number).id}")


async def forwards(clerk: Warga, number: str, to: str, outside: str = "", words: str = "") -> None:
    """Forward a ticket; what is empty is left out."""
    await opens(clerk, number)
    await clerk.taps("desk.button.move.diteruskan")
    await clerk.taps(f"authority.choice.{to}")
    for one in (outside, words):
        await (clerk.sends(one) if one else clerk.taps("form.button.skip"))
    await clerk.taps("form.button.send")


async def joins(bot: Bot, person: Warga, number: str) -> None:
    """A neighbour follows a ticket."""
    ticket_id = row_of(bot, number).id
    await writes(
        bot,
        lambda db: stored.follow(
            db, ticket_id, resident_in(db, person.id).resident.id, datetime.now(UTC)
        ),
    )


async def letters(clerk: Warga, number: str, words: str) -> None:
    """Write to the reporter of a ticket."""
    await opens(clerk, number)
    await clerk.taps("desk.button.write")
    await clerk.sends(words)
    await clerk.taps("form.button.send")


def events(bot: Bot, kind: str) -> list[Any]:
    """Lines of a kind in the timeline."""
    return bot.rows(select(ticket_event).where(ticket_event.c.kind == kind))


# --- forwarding -----------------------------------------------------------------------------


async def test_it_says_who_owns_what_and_people_hear_to_whom_it_went(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Two lines of help, three questions; reporter and neighbour read the name and its number."""
    await agrees(siti)
    await agrees(budi)
    number = await files(siti)
    await joins(bot, budi, number)
    await opens(clerk, number)
    await clerk.taps("desk.button.move.diteruskan")
    for words in ("Saluran kota: Dinas PUPR", "Jalan provinsi: PUPR Provinsi", "BPJN"):
        assert words in clerk.sees
    await clerk.taps("authority.choice.city_works")
    assert bot.phrase("forward.number.question").split("\n")[0] in clerk.message["text"]
    await clerk.sends("PU/2026/<17>")
    await clerk.sends("Kami pantau bersama.")
    summary = clerk.sees
    assert all(words in summary for words in (CITY, "PU/2026/<17>", "Kami pantau bersama."))
    await clerk.taps("form.button.send")
    row = row_of(bot, number)
    assert (row.state, row.authority, row.outside_number) == (
        "diteruskan", "city_works", "PU/2026/<17>",
    )  # fmt: skip
    line = f"Diteruskan ke {CITY}, nomor di sana: PU/2026/<17>"
    for person in (siti, budi):
        assert f"{line}. Kami pantau bersama." in person.sees
        await person.sends(f"/laporan {number}")
        assert bot.phrase("forward.to", authority=line.removeprefix("Diteruskan ke ")) in (
            person.sees
        )
    assert line in clerk.message["text"]
    await clerk.sends("/staf")
    card = next(m for m in clerk.person.from_bot if m.get("text", "").startswith(f"{number}: "))
    assert line in card["text"]  # the card that was pushed when it came


async def test_another_authority_takes_over_with_a_typed_name(bot: Bot, siti: Warga, clerk: Warga):
    """The old number goes, it means nothing there; both stand in the timeline."""
    await agrees(siti)
    number = await files(siti)
    await forwards(clerk, number, "city_works", "17")
    await clerk.taps("desk.button.move.diteruskan")
    await clerk.sends("Balai Wilayah Sungai")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")
    row = row_of(bot, number)
    assert (row.state, row.authority, row.outside_number) == (
        "diteruskan", "Balai Wilayah Sungai", None,
    )  # fmt: skip
    assert "Diteruskan ke Balai Wilayah Sungai\n" in siti.sees
    said = [e.text for e in events(bot, "moved")]
    assert said == [f"{CITY}, nomor di sana: 17", "Balai Wilayah Sungai"]


async def test_the_number_comes_later_and_is_put_right(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """A button while it is forwarded; who follows hears it; the same number again tells nobody."""
    await agrees(siti)
    await agrees(budi)
    number = await files(siti)
    await joins(bot, budi, number)
    await opens(clerk, number)
    assert bot.phrase("desk.button.number") not in clerk.message_buttons()
    await forwards(clerk, number, "environment")
    for outside in ("DLH-9", "DLH-10"):
        await clerk.taps("desk.button.number")
        await clerk.sends("x" * 41)
        assert bot.phrase("form.text_too_long", longest=40) in clerk.sees
        await clerk.sends(outside)
        await clerk.taps("form.button.send")
        assert row_of(bot, number).outside_number == outside
        assert f"nomor di sana: {outside}" in siti.sees
        assert siti.sees == budi.sees
    heard = len(siti.texts)
    await clerk.taps("desk.button.number")
    await clerk.sends("DLH-10")
    await clerk.taps("form.button.send")
    assert len(siti.texts) == heard
    assert [e.text for e in events(bot, "numbered")] == ["DLH-9", "DLH-10"]
    await siti.sends(f"/laporan {number}")
    assert "DLH-10" in siti.sees
    assert "77" not in siti.sees
    await clerk.taps("desk.button.move.diproses")
    assert bot.phrase("desk.button.number") not in clerk.message_buttons()
    assert "DLH-10" in clerk.message["text"]  # it is still known where it went


async def test_a_message_is_forwarded_the_same_way(bot: Bot, siti: Warga, clerk: Warga):
    """Its sender reads to whom."""
    await agrees(siti)
    number = await asks(siti, "lampu jalan mati")
    await opens(clerk, number)
    await clerk.taps("message.button.move.diteruskan")
    await clerk.sends("pln")
    await clerk.sends("lewati")
    await clerk.sends("lewati")
    await clerk.sends("kirim")
    assert row_of(bot, number).authority == "power"
    assert "Diteruskan ke PLN" in siti.sees


def test_forwarding_needs_its_permission_and_its_state(db: Connection):
    """An RT head forwards nothing; a number is for a ticket that is forwarded."""
    row = complaint_in(db, resident_in(db, 1))
    head = Actor(5, Role.RT_HEAD, None, ("03",))
    sent: dict[str, Any] = {
        "version": 0, "authority": "power", "outside_number": None, "said": "PLN", "now": NOW,
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        forwarding.forward(db, head, row.id, **sent)
    with pytest.raises(NotOpen):
        forwarding.set_number(db, CLERK, row.id, "1", NOW)
    row = forwarding.forward(db, CLERK, row.id, **sent)
    with pytest.raises(NotAllowed):
        forwarding.set_number(db, head, row.id, "1", NOW)
    row, is_new = forwarding.set_number(db, CLERK, row.id, "1", NOW)
    assert (row.outside_number, is_new, row.version) == ("1", True, 1)
    acts = [line.act for line in db.execute(select(audit).order_by(audit.c.id))]
    assert acts == ["ticket.move", "ticket.number"]


def test_the_exports_tell_where_it_went(db: Connection):
    """A typed name as it stands, one like a formula defused."""
    actor = resident_in(db, 1)
    first, second, third = (complaint_in(db, actor) for _ in range(3))
    wish = aspiration_in(db, actor)
    for row, authority in ((first, "city_works"), (second, "=cmd()"), (wish, "environment")):
        forwarding.forward(
            db, CLERK, row.id, version=0, authority=authority, outside_number="7", said="x",
            now=NOW,
        )  # fmt: skip
    known = [PHRASES.plain(f"export.column.{name}") for name in ("authority", "outside_number")]

    def cells(what: str) -> list[list[str]]:
        out = io.StringIO()
        wanted = exports.Filter()
        exports.write_csv(out, db, OPERATOR, PHRASES, ZONE, what=what, wanted=wanted)
        head, *rows = csv.reader(io.StringIO(out.getvalue()))
        places = [head.index(name) for name in known]
        return [[row[place] for place in places] for row in (head, *rows)]

    assert cells("complaints") == [known, [CITY, "7"], ["'=cmd()", "7"], ["", ""]]
    assert cells("aspirations") == [known, ["DLH Kota Jambi", "7"]]
    copy = my_data.Copy(db, PHRASES, ZONE).of(1, NOW)
    own = copy[PHRASES.plain("mydata.key.tickets")][0]
    assert own[PHRASES.plain("mydata.key.authority")] == CITY
    assert third.authority is None


# --- ready answers --------------------------------------------------------------------------


async def test_a_ready_answer_is_one_tap_and_can_be_rewritten(bot: Bot, siti: Warga, clerk: Warga):
    """It stands at the summary before it is sent; Ubah takes the clerk's own words."""
    await agrees(siti)
    number = await files(siti)
    offered = replies.load(ready.PURPOSES).of("laporan", "perlu-data")
    await opens(clerk, number)
    await clerk.taps("desk.button.move.perlu-data")
    assert clerk.buttons[: len(offered)] == [reply.label for reply in offered]
    await clerk.taps(offered[0].label)
    assert offered[0].text in clerk.message["text"]
    assert row_of(bot, number).state == "diterima"  # nothing is sent yet
    await clerk.taps("reason.text.button.edit")
    await clerk.taps(offered[1].label)
    assert offered[1].text in clerk.message["text"]
    await clerk.taps("reason.text.button.edit")
    await clerk.sends("mohon foto malam hari")
    await clerk.taps("form.button.send")
    assert "mohon foto malam hari" in siti.sees
    assert offered[0].text not in siti.sees
    assert row_of(bot, number).state == "perlu-data"


async def test_a_ready_answer_can_be_typed(bot: Bot, siti: Warga, clerk: Warga):
    """By its label or its number; other words are the answer themselves."""
    await agrees(siti)
    offered = replies.load(ready.PURPOSES).of("laporan", "diarsipkan")
    for typed, sent in (
        (offered[1].label.lower(), offered[1].text), ("3", offered[2].text),
        ("sudah lewat", "sudah lewat"),
    ):  # fmt: skip
        number = await files(siti, landmark=f"lorong {len(siti.texts)}")
        if bot.phrase("similar.button.different") in siti.message_buttons():
            await siti.taps("similar.button.different")
            number = bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0]
        await opens(clerk, number)
        await clerk.taps("desk.button.move.diarsipkan")
        await clerk.sends(typed)
        await clerk.taps("form.button.send")
        assert sent in siti.sees, typed


async def test_what_the_bot_cannot_fill_is_not_offered(bot: Bot, siti: Warga, clerk: Warga):
    """The office has no address in the settings: no answer that names it."""
    await agrees(siti)
    number = await asks(siti, "kantor di mana?")
    await opens(clerk, number)
    await clerk.taps("message.button.move.selesai")
    all_ = replies.load(ready.PURPOSES).of("pesan", "selesai")
    gaps = [reply.label for reply in all_ if "{" in reply.text]
    assert gaps
    assert not set(gaps) & set(clerk.buttons)
    [plain] = [reply for reply in all_ if reply.label == "Lewat ketua RT"]
    await clerk.taps(plain.label)
    await clerk.taps("form.button.send")
    assert plain.text in siti.sees


def test_gaps_are_filled_with_what_is_known():
    """All of them, or the answer is not there."""
    reply = replies.Reply("x", "Nomor {nomor}, datang ke {alamat}.")
    assert reply.filled({"nomor": "DRN-1", "alamat": ""}) is None
    assert (
        reply.filled({"nomor": "DRN-1", "alamat": "Jalan A"}) == "Nomor DRN-1, datang ke Jalan A."
    )


def test_what_ships_fits_and_promises_nothing():
    """Every purpose is one that the bot asks for, and no sentence says more than can be kept."""
    shipped = replies.load(ready.PURPOSES)
    assert set(shipped.table) <= ready.PURPOSES
    said = [reply.text for found in shipped.table.values() for reply in found]
    assert len(said) > 20
    for text in said:
        assert not any(word in text.lower() for word in ("pasti", "dijamin", "kamu", "anda")), text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the content that may be broken."""
    shutil.copytree(CONTENT / "id", tmp_path / "id")
    monkeypatch.setattr(replies, "CONTENT", tmp_path)
    return tmp_path


def test_every_mistake_is_told_with_file_and_key(folder: Path):
    """At once, and by `bot.py check` as well."""
    path = folder / "id" / "balasan.toml"
    path.write_text(
        '[laporan.perlu-data]\n"x" = "Mohon {foto}"\n"' + "y" * 25 + '" = "a"\n"z" = ""\n'
        '"w" = "' + "a" * 301 + '"\n"v" = "<b>a</b>"\n"u" = "{nomor"\n'
        '[laporan.selesai]\n"x" = "a"\n[surat]\n"x" = "a"\n',
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as caught:
        replies.load(ready.PURPOSES)
    told = "\n".join(caught.value.mistakes)
    assert len(caught.value.mistakes) == 8
    assert all(line.startswith(str(path)) for line in caught.value.mistakes)
    for words in (
        "laporan.perlu-data: x: {foto} is not filled in", "25 characters", "z: is no sentence",
        "301 characters", "v: <", "u: has a broken placeholder", "laporan.selesai: the bot",
        "surat.x: the bot",
    ):  # fmt: skip
        assert words in told, words
    assert any("{foto}" in line for line in _content_mistakes(Kelurahan()))
    path.unlink()
    with pytest.raises(ContentError, match="cannot be read"):
        replies.load(ready.PURPOSES)


def test_changes_are_taken_while_the_bot_runs(folder: Path, caplog: pytest.LogCaptureFixture):
    """A broken file leaves the old ones and is told once."""
    rack = Rack(replies.load(ready.PURPOSES))
    settings = settings_for(folder, "http://127.0.0.1:1")
    shelf = pages.Shelf(pages.load(settings.kelurahan))
    shared = world(settings, PHRASES, kosakata.load(), shelf, Learned(Path()), "bot", rack)
    look = Reload(shared, cast(Database, None), Pulse()).look_at_replies
    path, old = folder / "id" / "balasan.toml", rack.current
    caplog.set_level(logging.INFO, "pages")

    def write(text: str, at: int) -> None:
        path.write_text(text, encoding="utf-8")
        os.utime(path, (at, at))

    look()
    assert rack.current is old
    write("[laporan.perlu-data]\n", 1)
    look()
    assert rack.current.of("laporan", "perlu-data") == ()
    write('[laporan.perlu-data]\n"Foto" = "Mohon fotonya, {nomor}."\n', 2)
    look()
    [reply] = shared.replies.current.of("laporan", "perlu-data")
    write("[laporan", 3)
    look()
    look()
    assert shared.replies.current.of("laporan", "perlu-data") == (reply,)
    assert sum("the old ones stay" in record.message for record in caplog.records) == 1


# --- letters --------------------------------------------------------------------------------


async def test_staff_and_reporter_write_to_each_other(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Both ways by buttons; the state stays; who joined sees none of it; no account is shown."""
    await agrees(siti)
    await agrees(budi)
    number = await files(siti)
    await joins(bot, budi, number)
    before, heard = row_of(bot, number), len(budi.texts)
    await letters(clerk, number, "Kapan bisa <ditemui>?")
    title = "Mampet / tersumbat, RT 03, depan masjid"
    assert siti.sees == bot.phrase(
        "ticket.written", number=number, title=title, words="Kapan bisa <ditemui>?"
    )
    assert siti.buttons[0] == bot.phrase("report.button.reply")
    await siti.taps("report.button.reply")
    assert bot.phrase("reply.words.question") in siti.sees
    await siti.sends("Besok sore, rumah nomor 12")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    assert siti.message["text"] == bot.phrase("reply.done", number=number)
    assert clerk.sees == bot.phrase(
        "card.replied", number=number, words="Besok sore, rumah nomor 12", photos=1
    )
    await clerk.taps("desk.button.reply")
    assert "Besok sore, rumah nomor 12" in clerk.sees
    await clerk.sends("Terima kasih, sampai besok.")
    await clerk.taps("form.button.send")
    assert "Terima kasih, sampai besok." in siti.sees
    after = row_of(bot, number)
    assert (after.state, after.version) == (before.state, before.version)
    await siti.sends(f"/laporan {number}")
    for key, words in (
        ("report.event.written.staff", "Kapan bisa <ditemui>?"),
        ("report.event.replied.self", "Besok sore, rumah nomor 12"),
    ):
        assert bot.phrase(key, when="@", words=f": “{words}”").split("@")[1] in siti.sees
    await opens(clerk, number)
    assert bot.phrase("desk.event.written", when="@", words="").split("@")[1] in clerk.sees
    assert len(budi.texts) == heard
    await budi.sends(f"/laporan {number}")
    assert budi.sees.startswith(f"{number}: ")
    for hidden in (
        "ditemui",
        "rumah nomor 12",
        "sampai besok",
        bot.phrase("report.button.photos"),
    ):
        assert hidden not in budi.sees + str(budi.message_buttons())
    for secret in ("Wati", "77"):
        assert secret not in str(siti.texts[2:])
    acts = [line.act for line in bot.rows(select(audit).order_by(audit.c.id))]
    assert acts == ["ticket.write", "ticket.write"]


async def test_an_answer_may_simply_be_typed_or_photographed(bot: Bot, siti: Warga, clerk: Warga):
    """Just after the letter; it is shown with the number before it goes; once it is answered, not."""
    await agrees(siti)
    number = await files(siti)
    await letters(clerk, number, "Mohon foto terbaru.")
    await siti.sends_photo(picture(9), "masih sama pak")
    assert bot.phrase("reply.continues", number=number) in siti.texts
    await siti.taps("form.button.send")
    [event] = events(bot, "replied")
    assert event.text == "masih sama pak"
    await siti.sends("parit di sebelah juga mampet")
    assert siti.texts.count(bot.phrase("reply.continues", number=number)) == 1
    assert len(events(bot, "replied")) == 1


async def test_a_question_or_an_old_letter_takes_no_words(bot: Bot, siti: Warga, clerk: Warga):
    """A question is for the bot; a day later words mean what they say."""
    await agrees(siti)
    number = await files(siti)
    await letters(clerk, number, "Bagaimana keadaannya?")
    await siti.sends("apa itu bantar?")
    continues = bot.phrase("reply.continues", number=number)
    assert continues not in siti.texts
    earlier = update(ticket_event).where(ticket_event.c.kind == "written")
    await writes(
        bot, lambda db: db.execute(earlier.values(at=datetime.now(UTC) - timedelta(hours=25)))
    )
    await siti.sends("parit depan rumah mampet")
    assert continues not in siti.texts


async def test_who_cannot_read_it_is_not_written_to(bot: Bot, siti: Warga, clerk: Warga):
    """No button on a closed ticket, nor where the reporter wants no news; a forged one says so."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    assert bot.phrase("desk.button.write") in clerk.message_buttons()
    await clerk.taps("desk.button.write")
    await clerk.sends("Halo")
    me = await writes(bot, lambda db: resident_in(db, siti.id).resident)
    await writes(bot, lambda db: residents.set_wants(db, me.id, list(Notice), False))
    await clerk.taps("form.button.send")
    assert clerk.notice == bot.phrase("desk.not_writable")
    assert bot.phrase("desk.button.write") not in clerk.message_buttons()
    await clerk.taps_data(
        clerk.person.from_bot[-1]["message_id"], f"desk:write:{row_of(bot, number).id}"
    )
    assert clerk.notice == bot.phrase("desk.not_writable")
    assert events(bot, "written") == []


async def test_a_letter_on_a_wish_reaches_its_author_alone(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """A supporter neither reads it nor replies, whatever he taps."""
    await agrees(siti)
    await agrees(budi)
    number = await proposes(siti)
    await joins(bot, budi, number)
    heard = len(budi.texts)
    await letters(clerk, number, "Berapa titik lampunya?")
    assert "Berapa titik lampunya?" in siti.sees
    assert len(budi.texts) == heard
    await budi.sends("/usulan")
    await budi.taps_data(budi.person.from_bot[-1]["message_id"], f"report:reply:{number}")
    assert budi.sees == bot.phrase("report.closed", number=number)
    await siti.sends("empat")
    await siti.sends("lewati")
    await siti.sends("kirim")
    assert [e.text for e in events(bot, "replied")] == ["empat"]


async def test_an_rt_head_and_a_planner_see_no_letters(bot: Bot, siti: Warga, clerk: Warga):
    """The reply was for the kelurahan: not on the head's page of the ticket, not in an export."""
    await agrees(siti)
    number = await files(siti)
    await letters(clerk, number, "Nomor rumahnya?")
    await siti.taps("report.button.reply")
    await siti.sends("nomor dua belas")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    head = bot.person(55, "Pak RT")
    await head.sends("/start")
    await becomes(head, Role.RT_HEAD, "03")
    await opens(head, number)
    assert "depan masjid" in head.sees
    assert "Nomor rumahnya?" not in head.sees
    assert "nomor dua belas" not in head.sees
    assert bot.phrase("report.button.photos") not in head.message_buttons()
    assert bot.phrase("desk.button.write") not in head.message_buttons()
    at = head.person.from_bot[-1]["message_id"]
    await head.taps_data(at, f"desk:photos:{row_of(bot, number).id}")
    assert not any("photo" in message for message in head.person.from_bot)
    await opens(clerk, number)
    await clerk.taps("report.button.photos")
    assert "photo" in clerk.person.from_bot[-1]

    def export(db: Connection) -> str:
        out, wanted = io.StringIO(), exports.Filter()
        exports.write_csv(out, db, OPERATOR, PHRASES, ZONE, what="complaints", wanted=wanted)
        return out.getvalue()

    assert "dua belas" not in await writes(bot, export)


def test_letters_are_for_staff_and_the_reporter(db: Connection):
    """Not for RT heads, not for messages, not for tickets that are closed or without author."""
    me, other = resident_in(db, 1), resident_in(db, 2)
    row = complaint_in(db, me)
    stored.follow(db, row.id, other.resident.id, NOW)
    with pytest.raises(NotAllowed):
        correspondence.write(db, Actor(5, Role.RT_HEAD, None, ("03",)), row.id, "x", NOW)
    reply: dict[str, Any] = {"words": "x", "voices": (), "photos": ("p",), "now": NOW}
    with pytest.raises(NotYours):
        correspondence.reply(db, other, row.number, **reply)
    correspondence.write(db, CLERK, row.id, "x", NOW)
    assert correspondence.awaits_reply(db, me, NOW) == row.number
    assert correspondence.awaits_reply(db, other, NOW) is None
    correspondence.reply(db, me, row.number, **reply)
    assert correspondence.awaits_reply(db, me, NOW) is None
    tickets.withdraw(db, me, row.number, NOW)
    told = StaffMessage(rt="03", description="x?", voices=(), photos=())
    asked = messages.file(db, me, told, draft_id="m", year=2026, now=NOW)
    for closed in (row, asked):
        with pytest.raises(NotOpen):
            correspondence.write(db, CLERK, closed.id, "x", NOW)
    with pytest.raises(NotOpen):
        correspondence.reply(db, me, row.number, **reply)


# --- aspirations at the desk ----------------------------------------------------------------


async def carries(clerk: Warga, number: str, to: State, *words: str) -> None:
    """Open an aspiration and move it."""
    await opens(clerk, number)
    await clerk.taps(f"aspiration.button.move.{to}")
    for one in words:
        await clerk.sends(one)
    if words:
        await clerk.taps("form.button.send")


async def test_author_and_supporters_hear_each_step_in_fitting_words(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Studied, asked back, followed up, answered: never in the words of a complaint."""
    await agrees(siti)
    await agrees(budi)
    number = await proposes(siti)
    await joins(bot, budi, number)
    title = f"{bot.phrase('ticket.type.aspiration')}, RT 03, depan musala"
    for to, reason in (
        (State.VERIFIED, ""), (State.NEEDS_DATA, "berapa titik?"), (State.VERIFIED, ""),
        (State.IN_PROGRESS, ""), (State.DONE, "Dibahas pada musyawarah."),
    ):  # fmt: skip
        await carries(clerk, number, to, *([reason] if reason else []))
        values = {"number": number, "title": title, "reason": reason}
        assert siti.sees == bot.phrase(f"aspiration.moved.{to}", **values)
        assert budi.sees == bot.phrase(f"proposal.moved.{to}", **values)
        assert budi.buttons == [bot.phrase("report.button.open")]
        assert clerk.notice == bot.phrase("desk.moved", state=state_in(bot, to))
    await siti.sends(f"/laporan {number}")
    assert bot.phrase("aspiration.state.selesai") in siti.sees
    assert bot.phrase("message.answer", words="Dibahas pada musyawarah.") in siti.sees
    await siti.sends("/usulan")
    assert bot.phrase("report.state.selesai") not in siti.sees


def state_in(bot: Bot, state: State) -> str:
    """A state of an aspiration in words."""
    own = f"aspiration.state.{state}"
    return bot.phrase(own if own in bot.phrases else f"report.state.{state}")


@pytest.mark.parametrize("end", [State.NOT_OURS, State.ARCHIVED])
async def test_a_wish_ends_with_a_reason_that_both_read(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga, end: State
):
    """Also by a ready answer."""
    await agrees(siti)
    await agrees(budi)
    number = await proposes(siti)
    await joins(bot, budi, number)
    await opens(clerk, number)
    await clerk.taps(f"aspiration.button.move.{end}")
    [reply, *_] = replies.load(ready.PURPOSES).of("usulan", end)
    await clerk.taps(reply.label)
    await clerk.taps("form.button.send")
    assert reply.text in siti.sees
    assert reply.text in budi.sees
    await siti.sends(f"/laporan {number}")
    assert bot.phrase("message.answer", words=reply.text) in siti.sees


async def test_an_answered_wish_can_be_taken_up_again_by_its_author(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """ "Belum" opens it."""
    await agrees(siti)
    number = await proposes(siti)
    await carries(clerk, number, State.VERIFIED)
    await carries(clerk, number, State.DONE, "Sudah ada di ujung lorong.")
    await siti.taps("report.button.not_fixed")
    assert row_of(bot, number).state == State.REOPENED


async def test_merged_wishes_take_their_people_along(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Author and supporters follow the other one, and are told so in words that fit."""
    tono = bot.person(601, "Tono")
    for person in (siti, budi, tono):
        await agrees(person)
    first = await proposes(siti)
    second = await writes(bot, lambda db: aspiration_in(db, resident_in(db, budi.id)).number)
    await joins(bot, tono, second)
    await carries(clerk, second, State.MERGED, first)
    title = f"{bot.phrase('ticket.type.aspiration')}, RT 03, depan musala"
    values = {"number": second, "title": title, "reason": first}
    assert budi.sees == bot.phrase("aspiration.moved.digabung", **values)
    assert tono.sees == bot.phrase("proposal.moved.digabung", **values)
    await carries(clerk, first, State.VERIFIED)
    for person in (budi, tono):
        assert person.sees == bot.phrase(
            "proposal.moved.diverifikasi", number=first, title=title, reason=""
        )
    await opens(clerk, first)
    assert bot.phrase("proposal.supporters", count=2) in clerk.sees


def test_every_end_of_a_wish_owes_a_reason(db: Connection):
    """Done as well, which of a complaint owes none."""
    me = resident_in(db, 1)

    def act(row: Any, reason: str | None) -> Any:
        return desk.move(db, CLERK, row.id, version=1, state=State.DONE, reason=reason, now=NOW)

    wish, drain = aspiration_in(db, me), complaint_in(db, me)
    for row in (wish, drain):
        desk.move(db, CLERK, row.id, version=0, state=State.VERIFIED, reason=None, now=NOW)
    with pytest.raises(NoReason):
        act(wish, None)
    assert act(wish, "Sudah ada.").state == State.DONE
    assert act(drain, None).state == State.DONE
