"""One's own data: the screen, the name, the copy, no more news, a new consent text, retention."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import planned, ticks
from conftest import (
    KIND,
    Bot,
    Warga,
    agrees,
    complaint_in,
    files,
    picture,
    proposes,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import Connection, func, select, update

from config import Retention
from jobs import tasks as loop
from services import retention
from services.residents import BadName, rename
from services.roles import CONSENT_VERSION
from storage import audiences, inbox, outbox, participation
from storage.inbox import Received
from storage.outbox_words import Lane
from storage.residents import Notice, count_wanting
from storage.tables import (
    audit,
    draft,
    resident,
    rsvp,
    task,
    ticket,
    ticket_event,
    ticket_media,
)
from storage.tables import outbox as messages
from storage.tables import participation as log

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.02)


async def older_consent(bot: Bot) -> None:
    """Everybody agreed to the text before the present one."""
    old = update(resident).values(consent_version=CONSENT_VERSION - 1)
    await writes(bot, lambda db: db.execute(old))


# --- the screen -------------------------------------------------------------------------------


async def test_a_person_sees_his_data_and_corrects_them(bot: Bot, siti: Warga):
    """From the command or from the help; name and RT each with a button."""
    await agrees(siti)
    await siti.sends("/bantuan")
    await siti.taps("mydata.button.mine")
    assert "Siti" in siti.sees
    assert bot.phrase("form.choice.rt", number="03") in siti.sees
    await siti.taps("mydata.button.name")
    await siti.sends("Siti\nAminah")
    await siti.taps("form.button.send")
    assert bot.phrase("rename.bad") in siti.message["text"]
    await siti.sends("Siti <Aminah>")
    await siti.taps("form.button.send")
    assert bot.rows(select(resident.c.name)) == [("Siti <Aminah>",)]
    await siti.sends("/data_saya")
    await siti.taps("mydata.button.home")
    await siti.taps("form.choice.rt", number="05")
    assert bot.rows(select(resident.c.rt)) == [("05",)]
    await siti.sends("/data_saya")
    assert "Siti <Aminah>" in siti.sees
    assert bot.phrase("form.choice.rt", number="05") in siti.sees


async def test_of_somebody_unknown_there_is_nothing_to_see(bot: Bot, siti: Warga):
    """No button of the screen does anything for him."""
    await siti.sends("/data_saya")
    assert siti.sees == bot.phrase("mydata.none")
    last = siti.person.from_bot[-1]["message_id"]
    for name in ("name", "download", "unmute"):
        await siti.taps_data(last, f"privacy:{name}")
        assert siti.notice == bot.phrase("form.old_button")
    assert bot.count(draft) == 0
    assert bot.count(resident) == 0


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\rb", "x" * 65, "a\u2028b", "\u202eabc"])
def test_what_is_no_name(db: Connection, name: str):
    """One line of 1 to 64 characters, and nothing that turns the text around it."""
    actor = resident_in(db, 5)
    with pytest.raises(BadName):
        rename(db, actor, name)


def test_the_longest_name_fits(db: Connection):
    """Spaces around it do not count, and signs that join others are no harm."""
    assert rename(db, resident_in(db, 5), "Siti\u00a0\U0001f469\u200d\U0001f467").name
    assert rename(db, resident_in(db, 5), f" {'é' * 64} ").name == "é" * 64


# --- the copy ---------------------------------------------------------------------------------


async def test_the_copy_holds_everything(bot: Bot, siti: Warga, budi: Warga, admin: Warga):
    """Own words and files, nothing of others; readable keys; one at a time."""
    await agrees(siti)
    await agrees(budi)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("parit mampet")
    await siti.sends_photo(picture(7))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    [number] = bot.rows(select(ticket.c.number))[0]
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.add")
    await siti.sends("air naik lagi")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await proposes(siti, "lampu jalan")
    other = await files(budi, kind="complaint.kind.choice.smell", words="rahasia Budi")
    await planned(bot, starts_at=datetime.now(UTC) + timedelta(days=3))
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.help")
    await siti.sends("/aspirasi")
    await siti.sends("belum jadi dikirim")
    await bot.tasks_done()
    await siti.sends("/data_saya")
    await siti.taps("mydata.button.download")
    await bot.tasks_done()
    await bot.settles()
    await bot.until(lambda: any("document" in m for m in siti.person.from_bot))
    [document] = [m["document"] for m in siti.person.from_bot if "document" in m]
    assert document["file_name"].endswith(".json")
    raw = bot.simulator.world.files.by_id[document["file_id"]].data.decode()
    copy = json.loads(raw)
    assert "\n  " in raw
    assert copy["profil"]["nama"] == "Siti"
    assert copy["profil"]["nomor_akun_telegram"] == siti.id
    assert copy["persetujuan"]["versi"] == CONSENT_VERSION
    first, second = copy["kiriman"]
    assert first["nomor"] == number
    assert (first["keterangan"], first["patokan"]) == ("parit mampet", "depan masjid")
    assert [line["tulisan"] for line in first["perjalanan"]] == [None, "air naik lagi"]
    [photo] = first["berkas"]
    assert photo["sidik_sha256"] == hashlib.sha256(picture(7)).hexdigest()
    assert photo["ukuran_bita"] == len(picture(7))
    assert photo["nama_berkas"].startswith(number)
    assert second["keterangan"] == "lampu jalan"
    assert len(copy["jawaban"]) == 1
    assert len(copy["partisipasi"]) == 4
    assert "belum jadi dikirim" in json.dumps(copy["isian_belum_dikirim"], ensure_ascii=False)
    assert "Budi" not in raw
    assert other not in raw
    await bot.until(lambda: list((bot.settings.media.folder / "exports").iterdir()) == [])


async def test_two_copies_at_once_are_one(bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch):
    """A double tap while it is made; the next one after it came."""
    await agrees(siti)
    monkeypatch.setattr(loop.Tasks, "_round", lambda self: nothing())
    await siti.sends("/data_saya")
    for _ in range(2):
        await siti.taps("mydata.button.download")
    assert siti.notice == bot.phrase("mydata.running")
    assert len(bot.rows(select(task.c.id).where(task.c.kind == "my_data"))) == 1


async def nothing() -> int:
    return 0


# --- no more news -----------------------------------------------------------------------------


async def test_who_wants_no_news_gets_none_and_still_an_answer(
    bot: Bot, admin: Warga, siti: Warga
):
    """Announcements, reminders and news of tickets leave him out; what he asks for comes."""
    await agrees(siti)
    number = await files(siti)
    await siti.sends("/berhenti")
    assert siti.sees == bot.phrase("mute.done")
    assert bot.phrase("mydata.button.unmute") in siti.buttons
    await siti.sends("/laporan")
    assert siti.sees.startswith(bot.phrase("report.list"))
    seen = len(siti.texts)

    def count(db: Connection) -> tuple[int, int]:
        return audiences.count(db, None, None), count_wanting(db, Notice.GOTONG_ROYONG, ["03"])

    assert await writes(bot, count) == (0, 0)
    await planned(bot, starts_at=datetime.now(UTC) + timedelta(days=2))
    await ticks(bot)
    row = bot.rows(select(ticket))[0]
    await admin.sends("/staf")
    last = admin.person.from_bot[-1]["message_id"]
    await admin.taps_data(last, f"desk:move:{row.id}:{row.version}:diproses")
    assert len(siti.texts) == seen
    await siti.sends(f"/laporan {number}")
    assert bot.phrase("report.state.diproses") in siti.sees
    await siti.taps("mydata.button.unmute")
    assert await writes(bot, count) == (1, 1)


async def test_start_brings_news_back(bot: Bot, siti: Warga):
    """Writing alone does not; the command does, and it is said."""
    await agrees(siti)
    await siti.sends("/berhenti")
    await siti.sends("halo")
    await siti.person.blocks()
    await siti.person.unblocks()
    await bot.settles()
    assert bot.rows(select(resident.c.wants_follow_ups)) == [(False,)]
    await siti.sends("/start")
    assert bot.rows(select(resident.c.wants_follow_ups)) == [(True,)]
    assert bot.phrase("mute.undone") in siti.texts


async def test_what_waits_unasked_is_given_up(bot: Bot, siti: Warga):
    """What was queued already does not arrive any more."""
    await agrees(siti)
    later = datetime.now(UTC) + timedelta(hours=1)

    def wait(db: Connection) -> None:
        for lane, key in ((Lane.NOTICE, None), (Lane.BROADCAST, f"lesson:1:{siti.id}")):
            params = {"chat_id": siti.id, "text": lane.name}
            message = outbox.Message(siti.id, "sendMessage", params, lane, key=key)
            message = message._replace(not_before=later)
            outbox.add(db, message, datetime.now(UTC))

    await writes(bot, wait)
    await siti.sends("/berhenti")
    query = select(messages.c.lane, messages.c.error).where(messages.c.not_before == later)
    assert [tuple(row) for row in bot.rows(query.order_by(messages.c.lane))] == [
        (1, "muted"),
        (2, "muted"),
    ]


async def test_work_goes_on_for_staff_who_want_no_news(bot: Bot, admin: Warga, siti: Warga):
    """Cards are no news."""
    await agrees(admin)
    await admin.sends("/berhenti")
    await agrees(siti)
    number = await files(siti)
    assert number in admin.sees


async def test_somebody_unknown_hears_that_nothing_comes(bot: Bot, siti: Warga):
    """Nothing is kept for that."""
    await siti.sends("/berhenti")
    assert siti.sees == bot.phrase("mute.nothing")
    assert bot.count(resident) == 0


# --- a new consent text -----------------------------------------------------------------------


async def test_a_new_text_asks_again_before_anything_is_kept(bot: Bot, admin: Warga, siti: Warga):
    """The words wait as for a new person, and are sent after "Setuju"."""
    await agrees(siti)
    number = await files(siti)
    await older_consent(bot)
    await siti.sends("/laporan")
    assert siti.sees.startswith(bot.phrase("report.list"))
    await siti.sends("/bantar")
    await siti.taps("topic.button.bersih")
    before = bot.count(log)
    await files(siti, kind="complaint.kind.choice.smell", words="bau sekali")
    assert bot.count(ticket) == 1
    assert bot.phrase("consent.new_text") in siti.message["text"]
    assert bot.count(draft) == 1
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 2
    assert bot.count(log) == before + 1
    assert bot.rows(select(resident.c.consent_version)) == [(CONSENT_VERSION,)]
    await older_consent(bot)
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.add")
    await siti.sends("tambah lagi")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.rows(select(ticket_event.c.kind).where(ticket_event.c.kind == "added")) == []
    await siti.taps("consent.button.yes")
    assert bot.rows(select(ticket_event.c.text).where(ticket_event.c.kind == "added")) == [
        ("tambah lagi",)
    ]


async def test_the_new_text_can_be_declined(bot: Bot, siti: Warga):
    """Nothing new is kept; what was stays, and deleting it is one tap away."""
    await agrees(siti)
    await older_consent(bot)
    await siti.sends("/aspirasi")
    await siti.sends("mohon lampu jalan")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan musala")
    await siti.taps("form.button.send")
    assert bot.count(ticket) == 0
    await siti.taps("consent.button.no")
    assert siti.message["text"] == bot.phrase("consent.declined_again")
    assert siti.message_buttons() == [bot.phrase("mydata.button.delete")]
    assert bot.rows(select(resident.c.consent_version)) == [(CONSENT_VERSION - 1,)]
    await siti.taps("mydata.button.delete")
    assert bot.phrase("erase.button.next") in siti.buttons


async def test_an_answer_and_a_verdict_wait_for_the_new_text(bot: Bot, admin: Warga, siti: Warga):
    """Neither is kept before."""
    await agrees(siti)
    number = await files(siti)
    await planned(bot, starts_at=datetime.now(UTC) + timedelta(days=2))
    done = update(ticket).values(state="selesai")
    await writes(bot, lambda db: db.execute(done))
    await older_consent(bot)
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.come")
    assert bot.count(rsvp) == 0
    await siti.taps("consent.button.yes")
    assert bot.count(rsvp) == 1
    await older_consent(bot)
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.fixed")
    confirmed = select(ticket_event.c.id).where(ticket_event.c.kind == "confirmed")
    assert bot.rows(confirmed) == []
    await siti.taps("consent.button.yes")
    await siti.taps("report.button.fixed")
    assert len(bot.rows(confirmed)) == 1


# --- what has had its time --------------------------------------------------------------------


def test_photos_of_closed_tickets_go_after_their_time(db: Connection):
    """The ticket says so; open ones keep theirs; without the setting all stay."""
    actor, old = resident_in(db, 5), NOW - timedelta(days=31)
    rows = [complaint_in(db, actor, photos=("a", "b"), now=old) for _ in range(3)]
    for row, moved in zip(rows[:2], (old, NOW - timedelta(days=29)), strict=True):
        change = update(ticket).where(ticket.c.id == row.id)
        db.execute(change.values(state="selesai", updated_at=moved))
    assert not retention.tidy(db, Retention(), NOW)
    assert count(db, ticket_media) == 6
    assert not retention.tidy(db, Retention(media_days=30), NOW)
    kept = set(db.scalars(select(ticket_media.c.ticket_id)))
    assert kept == {rows[1].id, rows[2].id}
    expired = select(ticket_event.c.ticket_id).where(ticket_event.c.kind == "expired")
    assert list(db.scalars(expired)) == [rows[0].id]
    [payload] = db.scalars(select(task.c.payload).where(task.c.kind == "erase"))
    assert len(payload["media"]) == 2
    retention.tidy(db, Retention(media_days=30), NOW)
    assert len(list(db.scalars(expired))) == 1


def count(db: Connection, table: Any) -> int:
    return db.scalar(select(func.count()).select_from(table)) or 0


def test_old_lines_of_both_logs_go_after_their_years(
    db: Connection, monkeypatch: pytest.MonkeyPatch
):
    """Some at a time; 0 keeps them for ever."""
    monkeypatch.setattr(retention, "PIECE", 2)
    for days in (10, 400, 800, 900, 1000):
        at_ = NOW - timedelta(days=days)
        participation.add(
            db, at=at_, stage="planning", activity="x", rt=None, person="p", channel="direct",
            reference=None,
        )  # fmt: skip
        db.execute(audit.insert().values(at=at_, actor=1, role="staff", act="x"))
    assert not retention.tidy(db, Retention(), NOW)
    assert (count(db, log), count(db, audit)) == (5, 5)
    keep = Retention(participation_years=2, audit_years=1)
    assert retention.tidy(db, keep, NOW)
    while retention.tidy(db, keep, NOW):
        pass
    assert (count(db, log), count(db, audit)) == (2, 1)


def test_updates_and_words_go_after_the_hours_of_the_settings(db: Connection):
    """A handled update has no words from the start."""
    inbox.add(db, [Received(1, 5, "words")], NOW)
    [head] = inbox.heads(db, now=NOW)
    inbox.finish(db, head.id)
    row = outbox.add(db, outbox.Message(5, "sendMessage", {"text": "words"}), NOW)
    outbox.sent(db, [outbox.Result(row, (1,))], NOW)
    keep = Retention(inbox_hours=30, sent_hours=10)
    retention.tidy(db, keep, NOW + timedelta(hours=11))
    assert (inbox.count(db, "done"), db.scalar(select(messages.c.params))) == (1, "")
    retention.tidy(db, keep, NOW + timedelta(hours=31))
    assert inbox.count(db, "done") == 0


async def test_a_draft_waits_as_long_as_the_settings_say(bot: Bot, siti: Warga):
    """Seven days unless changed; a day without consent."""
    for asked, days in ((False, 1), (True, 7)):
        if asked:
            await agrees(siti)
        await siti.sends("/lapor")
        await siti.taps(KIND)
        [(until,)] = bot.rows(select(draft.c.expires_at))
        assert abs(until - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=5)
        await siti.sends("/batal")
        await siti.taps("form.button.discard")
    assert settings_for(
        Path("x"), "http://x.y", retention={"drafts_days": 3}
    ).retention.drafts == (timedelta(days=3))
