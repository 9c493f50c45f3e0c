"""People who never tap: everything is reached with words and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calendar_rig import planned
from conftest import Bot, Warga, agrees, becomes, complaint_in, files, resident_in, writes
from sqlalchemy import select

from services.roles import Role
from storage.outbox import Message
from storage.outbox import add as queue
from storage.outbox_words import Lane
from storage.tables import draft, resident, rsvp, ticket, ticket_event, ticket_follower


async def says(person: Warga, *texts: str) -> None:
    for text in texts:
        await person.sends(text)


def states(bot: Bot) -> dict[str, str]:
    return {row.number: row.state for row in bot.rows(select(ticket.c.number, ticket.c.state))}


def answers(bot: Bot) -> dict[str, Any]:
    return dict(bot.rows(select(draft.c.answers))[0][0])


async def test_a_resident_never_taps(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga, admin: Warga
):
    """From the greeting to the verdict, with a report, a wish, a neighbour's report, an event."""
    await says(siti, "mulai", "/start", "ya", "lima")
    assert bot.rows(select(resident.c.rt)) == [("05",)]
    await says(siti, "tentang bantar", "1", "2")  # topics: the first group, its second page
    assert bot.phrase("topic.menu") not in siti.sees

    # a complaint with all its details
    await says(siti, "lapor", "mampet", "rt lima", "depan masjid", "parit penuh lumpur", "lewati")
    assert bot.phrase("complaint.summary") in siti.sees
    await says(siti, "tambah rincian", "lutut", "kemarin", "tidak")
    assert bot.phrase("complaint.summary") in siti.sees
    await says(siti, "ubah patokan", "samping musala biru")
    assert bot.phrase("complaint.summary") in siti.sees
    assert answers(bot)["landmark"] == {"text": "samping musala biru"}
    await says(siti, "2", "rt 3")  # the second answer is the place
    assert answers(bot)["place"] == {"choice": "03"}
    await says(siti, "Kirim")
    assert states(bot) == {"DRN-2026-0001": "diterima"}
    assert not any(bot.phrase("complaint.summary") in text for text in siti.texts)

    # a wish
    await says(siti, "kirim usulan", "mohon lampu jalan di lorong", "rt 5", "depan pos ronda")
    await says(siti, "kirim")
    assert set(states(bot)) == {"DRN-2026-0001", "ASP-2026-0001"}

    # the list, a report by its number, its timeline, an addition
    await says(siti, "kiriman saya", "DRN-2026-0001")
    assert "DRN-2026-0001" in siti.sees
    assert bot.phrase("report.event.filed.self", when="", words="")[-20:] in siti.sees
    await says(siti, "tambah keterangan", "sekarang makin tinggi", "lewati", "kirim")
    assert [e.text for e in bot.rows(select(ticket_event)) if e.kind == "added"] == [
        "sekarang makin tinggi"
    ]

    # a neighbour has the same
    await says(budi, "/start", "setuju", "3", "lapor saluran air", "1", "3")
    await says(budi, "samping musala biru", "parit penuh lumpur", "lewati", "kirim")
    assert bot.phrase("similar.button.same") in budi.buttons
    await says(budi, "sama")
    assert bot.count(ticket_follower) == 1
    assert not any(bot.phrase("complaint.summary") in text for text in budi.texts)

    # done, and the verdict
    await says(clerk, "meja petugas", "1", "sedang ditangani", "selesai", "lewati")
    await says(clerk, "parit sudah dikeruk", "kirim")
    assert states(bot)["DRN-2026-0001"] == "selesai"
    await says(budi, "sudah")
    assert bot.phrase("report.confirmed", number="DRN-2026-0001") in budi.texts
    await says(siti, "belum, masih penuh lumpur")
    assert states(bot)["DRN-2026-0001"] == "dibuka-lagi"

    # gotong royong
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    await planned(bot, "d1", title="Bersih sungai", starts_at=at, rts=None)
    await says(siti, "gotong royong", "ikut")
    assert [row.answer for row in bot.rows(select(rsvp))] == ["come"]

    # and a change of mind
    await says(siti, "laporan", "1", "cabut", "ya")
    assert "dicabut" in states(bot).values()
    assert siti.person.notices == budi.person.notices == clerk.person.notices == []


async def test_a_clerk_never_taps(bot: Bot, siti: Warga, clerk: Warga, admin: Warga):
    """Desk, filters, pages, asking back, taking, done."""
    await writes(bot, lambda db: [
        complaint_in(db, resident_in(db, siti.id, "Siti"), landmark=f"lorong {n}",
                     rt="05" if n > 7 else "03")
        for n in range(1, 10)
    ])  # fmt: skip
    siti.person.chat.started = True
    await says(clerk, "meja petugas")
    assert "DRN-2026-0001" in clerk.sees
    await says(clerk, "berikutnya")
    assert "DRN-2026-0007" in clerk.sees
    assert "DRN-2026-0001" not in clerk.sees
    await says(clerk, "sebelumnya")
    assert "DRN-2026-0001" in clerk.sees
    await says(clerk, "saring", "pilih rt", "rt lima")
    assert "DRN-2026-0008" in clerk.sees
    assert "DRN-2026-0001" not in clerk.sees
    await says(clerk, "saring", "usulan")
    assert clerk.sees.startswith(bot.phrase("desk.group.new"))
    await says(clerk, "saring", "semua", "9", "ke daftar")  # back to the same list
    assert bot.phrase("form.choice.rt", number="05") in clerk.sees
    await says(clerk, "9", "minta dilengkapi", "mohon foto dari dekat", "kirim")
    assert states(bot)["DRN-2026-0009"] == "perlu-data"
    await says(siti, "airnya hitam pekat", "lewati", "kirim")
    assert states(bot)["DRN-2026-0009"] == "diterima"
    await says(clerk, "DRN-2026-0009", "sudah diperiksa")
    assert states(bot)["DRN-2026-0009"] == "diverifikasi"
    await says(clerk, "teruskan", "dinas pupr kota jambi", "lewati", "lewati", "kirim")
    assert states(bot)["DRN-2026-0009"] == "diteruskan"
    await says(clerk, "drn 2026 9", "selesai", "tidak jadi")
    assert states(bot)["DRN-2026-0009"] == "diteruskan"
    await says(clerk, "drn 2026 9", "selesai", "lewati", "lewati", "kirim")
    assert states(bot)["DRN-2026-0009"] == "selesai"
    await says(clerk, "/staf", "cari", "lorong 3")
    assert "DRN-2026-0003" in clerk.sees
    assert "DRN-2026-0001" not in clerk.sees
    await says(clerk, "3", "saya tangani")
    assert bot.phrase("card.handled_by", name="Wati") in clerk.texts[-2]
    assert clerk.person.notices == []


async def test_no_is_no_to_cancelling(bot: Bot, siti: Warga):
    """ "tidak" keeps the answers, "ya" lets them go."""
    await agrees(siti)
    await says(siti, "lapor", "1", "batal", "tidak")
    assert bot.phrase("complaint.place.question") in siti.sees
    await says(siti, "batal", "iya")
    assert siti.sees == bot.phrase("form.cancelled")
    assert bot.count(draft) == 0


async def test_at_a_summary_a_number_never_sends(bot: Bot, siti: Warga, admin: Warga):
    """It asks that answer again; words that fit nothing are told what can be typed."""
    await agrees(siti)
    await says(siti, "lapor", "1", "rt 5", "depan masjid", "parit penuh lumpur", "lewati", "1")
    assert bot.phrase("complaint.kind.question") in siti.sees
    await says(siti, "2")
    assert bot.phrase("complaint.summary") in siti.sees
    for said in ("99", "ubah", "ubah semuanya", "entahlah"):
        await says(siti, said)
        assert siti.sees.startswith(bot.phrase("form.use_buttons"))
    assert bot.count(ticket) == 0


async def test_which_of_several_is_asked(bot: Bot, siti: Warga):
    """ "ikut" under three invitations: which one, by its name."""
    await agrees(siti)
    for days, title in enumerate(("Bersih parit", "Bersih sungai & taman", "Cat pos"), start=2):
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        await planned(bot, title, title=title, starts_at=at, rts=None)
    await says(siti, "jadwal", "ikut")
    assert siti.sees == bot.phrase("typed.which")
    assert siti.buttons == ["1. Bersih parit", "2. Bersih sungai & taman"[:24], "3. Cat pos"]
    assert bot.count(rsvp) == 0
    await says(siti, "2")
    [row] = bot.rows(select(rsvp))
    assert (row.answer, row.occurrence_id) == ("come", 2)


async def test_similar_reports_are_chosen_by_number(
    bot: Bot, siti: Warga, budi: Warga, admin: Warga
):
    """Two that may be the same: the second; or none of them."""

    def work(db: Any) -> None:
        for n in (1, 2):
            complaint_in(db, resident_in(db, siti.id, "Siti"), landmark=f"depan masjid {n}")

    await writes(bot, work)
    siti.person.chat.started = True
    await agrees(budi)
    told = ("lapor", "1", "rt 3", "depan masjid", "parit mampet penuh lumpur", "lewati", "kirim")
    await says(budi, *told, "2")
    shown = [text for text in budi.texts if "depan masjid" in text][-2:]
    [followed] = bot.rows(select(ticket_follower.c.ticket_id))
    joined = bot.rows(select(ticket.c.landmark).where(ticket.c.id == followed.ticket_id))[0][0]
    assert joined in shown[1]
    await says(budi, *told, "beda")
    assert len(states(bot)) == 3


async def test_a_notice_that_waits_for_the_morning_was_not_seen_yet(bot: Bot, siti: Warga):
    """Its buttons are not meant by what is typed in the evening."""
    await says(siti, "/bantar")
    markup = {"inline_keyboard": [[{"text": "Ya", "callback_data": "topic:group:pintar"}]]}
    params = {"chat_id": siti.id, "text": "x", "reply_markup": markup}
    later = datetime.now(UTC) + timedelta(hours=9)
    notice = Message(siti.id, "sendMessage", params, Lane.NOTICE, not_before=later)
    await writes(bot, lambda db: queue(db, notice, datetime.now(UTC)))
    await says(siti, "3")
    assert siti.sees == bot.phrase("topic.group.aman")


@pytest.mark.parametrize("said", ["bantuan", "menu", "Lapor saluran air", "GOTONG ROYONG!"])
async def test_commands_and_menu_labels_are_words_too(bot: Bot, siti: Warga, said: str):
    """Without slash and without sign."""
    await agrees(siti)
    before = len(siti.texts)
    await says(siti, said)
    assert len(siti.texts) > before
    assert siti.sees != bot.phrase("fallback.text")


async def test_in_a_form_command_words_are_answers(bot: Bot, siti: Warga):
    """ "gotong royong" is what somebody wants; the button itself leaves the question."""
    await agrees(siti)
    await says(siti, "/aspirasi", "gotong royong")
    assert answers(bot)["description"] == {"text": "gotong royong"}
    await siti.sends(bot.phrase("menu.reports"))
    assert bot.phrase("report.none") in siti.texts
    assert siti.sees == bot.phrase("form.resume_question")


async def test_a_resident_may_not_speak_a_commands_name_that_is_not_his(bot: Bot, siti: Warga):
    """ "staf" is a word like any other for him."""
    await agrees(siti)
    await says(siti, "ekspor")
    assert bot.phrase("export.question.what") not in siti.texts
    await becomes(siti, Role.PLANNER)
    await says(siti, "ekspor")
    assert siti.sees == bot.phrase("export.question.what")


async def test_staff_reach_any_ticket_by_its_number_and_residents_their_own(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga, admin: Warga
):
    """Somebody else's is not shown."""
    await agrees(siti)
    await agrees(budi)
    number = await files(siti)
    await says(budi, number)
    assert siti.person.human.name not in budi.sees
    assert bot.phrase("report.not_yours", number=number) in budi.texts
    await says(siti, number.lower().replace("-", " "))
    assert siti.sees.startswith(number)
    await says(clerk, number)
    assert bot.phrase("desk.button.list") in clerk.buttons


async def test_a_summary_that_was_sent_by_typing_does_not_say_that_it_waits(
    bot: Bot, siti: Warga, admin: Warga
):
    """It keeps the answers and loses its buttons; one that was replaced says so."""
    await agrees(siti)
    await says(siti, "lapor", "1", "rt 5", "depan masjid", "parit penuh lumpur", "lewati")
    await says(siti, "ubah patokan", "samping musala", "kirim")
    above = [m for m in siti.person.from_bot if "samping musala" in m.get("text", "")]
    assert above[-1]["text"].startswith(bot.phrase("form.summary_closed"))
    assert "parit penuh lumpur" in above[-1]["text"]
    assert "reply_markup" not in above[-1]
    assert siti.texts.count(bot.phrase("form.summary_replaced")) == 1
    assert siti.sees == bot.phrase("complaint.filed", number="DRN-2026-0001")


async def test_a_summary_that_was_sent_by_a_tap_becomes_what_was_sent(
    bot: Bot, siti: Warga, admin: Warga
):
    """Nothing else is changed."""
    await agrees(siti)
    await files(siti)
    assert bot.phrase("form.summary_closed") not in " ".join(siti.texts)
    assert bot.phrase("complaint.summary") not in " ".join(siti.texts)
