"""Words and numbers typed instead of taps: everything works without touching a button."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from calendar_rig import planned
from conftest import Bot, Warga, agrees, files, writes
from sqlalchemy import select

from content.kosakata import load
from storage import outbox
from storage.outbox import Message
from storage.outbox_words import Lane
from storage.tables import draft, occurrence, resident, rsvp, ticket

VOCABULARY = load()


def state(bot: Bot) -> str:
    return str(bot.rows(select(ticket.c.state))[0][0])


async def test_consent_and_home_are_answered_in_words(bot: Bot, siti: Warga):
    """ "setuju", then the number of the RT."""
    await siti.sends("/start")
    await siti.sends("Setuju")
    assert bot.count(resident) == 1
    await siti.sends("5")
    assert bot.rows(select(resident.c.rt)) == [("05",)]


async def test_no_is_no(bot: Bot, siti: Warga):
    """ "dak" declines, and nothing is kept."""
    await siti.sends("/start")
    await siti.sends("dak")
    assert siti.sees == bot.phrase("consent.declined")
    assert bot.count(resident) == 0


async def test_topics_are_walked_by_number_and_by_label(bot: Bot, siti: Warga):
    """The third group, the first page, the rest of it, and back."""
    await siti.sends("/bantar")
    await siti.sends("3")
    assert siti.sees == bot.phrase("topic.group.aman")
    await siti.sends("no 1")
    first = siti.sees
    await siti.sends("baca lagi")
    assert siti.sees.startswith(first[:20])
    assert len(siti.sees) > len(first)
    await siti.sends(bot.phrase("topic.button.all"))
    assert siti.sees == bot.phrase("topic.menu")


async def test_an_open_form_reads_its_own_answers(bot: Bot, siti: Warga, admin: Warga):
    """A number at a question is a choice of the form; the summary's buttons can be typed."""
    await agrees(siti)
    await siti.sends("/lapor")
    for said in ("1", "rt 5", "depan masjid", "parit penuh lumpur", "lewati"):
        await siti.sends(said)
    assert bot.phrase("complaint.summary") in siti.sees
    await siti.sends("tambah rincian")
    assert bot.phrase("complaint.depth.question") in siti.sees
    for said in ("lutut", "lewati", "tidak", "kirim"):
        await siti.sends(said)
    assert bot.count(ticket) == 1


async def test_a_question_about_an_open_form_is_answered_in_words(bot: Bot, siti: Warga):
    """ "lanjutkan" after a command goes on; it is no answer to the form's question."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.sends("1")
    await siti.sends("/bantuan")
    assert siti.buttons == [bot.phrase("form.button.resume")]
    await siti.sends("Lanjutkan")
    assert bot.phrase("complaint.place.question") in siti.sees
    assert set(bot.rows(select(draft.c.answers))[0][0]) == {"kind"}


async def test_a_report_is_opened_and_withdrawn_in_words(bot: Bot, siti: Warga, admin: Warga):
    """From the list by its place, then by the words of the buttons."""
    await agrees(siti)
    await files(siti)
    await siti.sends("/laporan")
    await siti.sends("1")
    await siti.sends("cabut")
    await siti.sends("ya")
    assert state(bot) == "dicabut"


@pytest.mark.parametrize("said", ["99", "0", "ya tidak", "x" * 60])
async def test_other_words_press_nothing(bot: Bot, siti: Warga, said: str):
    """A number without a button, and words that are none."""
    await siti.sends("/bantar")
    await siti.sends(said)
    assert siti.sees != bot.phrase("topic.menu")
    assert not any(siti.sees == bot.phrase(f"topic.group.{group}") for group in ("umum", "aman"))


async def test_buttons_of_an_earlier_message_are_not_meant(bot: Bot, siti: Warga):
    """Only what was shown last counts."""
    await siti.sends("/bantar")
    await siti.sends("/menu")
    await siti.sends("1")
    assert siti.sees != bot.phrase("topic.group.umum")


@pytest.mark.parametrize(
    ("said", "answer"), [("Iyo", "ya"), ("YA!", "ya"), ("gak", "tidak"), ("parit", None)]
)
def test_yes_and_no_are_content(said: str, answer: Any):
    """As people type them."""
    assert VOCABULARY.answer(said) == answer


async def test_typing_twice_deletes_nothing(bot: Bot, siti: Warga):
    """The last question was not seen yet, and is answered by its whole label or by the word."""
    await agrees(siti)
    await siti.person.sends("/hapus_data")
    await siti.person.sends("1")
    await siti.person.sends("1")
    await bot.settles()
    await siti.sends("ok")
    assert bot.count(resident) == 1


@pytest.mark.parametrize("said", ["ok", "sip", "sudah", "tidak", "lanjut"])
async def test_a_word_of_staff_moves_no_ticket(bot: Bot, siti: Warga, admin: Warga, said: str):
    """Buttons that are no question have no yes and no no."""
    await agrees(siti)
    await files(siti)
    await admin.taps("📂 Buka")
    await admin.sends(said)
    assert state(bot) == "diterima"


async def test_an_invitation_in_the_middle_of_a_form_takes_no_answers(bot: Bot, siti: Warga):
    """The number is the form's."""
    await agrees(siti)
    await siti.sends("/lapor")
    await planned(bot)
    now = datetime.now(UTC)
    row = bot.rows(select(occurrence))[0]
    params = {"chat_id": siti.id, "text": "Ayo", "reply_markup": {"inline_keyboard": [[
        {"text": "Ikut", "callback_data": f"gotong:answer:{row.id}:come"}]]}}  # fmt: skip
    call = Message(siti.id, "sendMessage", params, Lane.NOTICE)
    await writes(bot, lambda db: outbox.add(db, call, now))
    await bot.settles()
    await siti.sends("1")
    assert bot.count(rsvp) == 0
    assert bot.phrase("complaint.place.question") in siti.sees


@pytest.mark.parametrize("said", ["batal", "iyo", "ya", "dak jadilah"])
async def test_whether_a_form_may_go_is_answered_in_words(bot: Bot, siti: Warga, said: str):
    """ "batal" to "Batalkan isian ini?" means it."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.sends("1")
    await siti.sends("batal")
    await siti.sends(said)
    assert bot.count(draft) == 0
    assert bot.phrase("form.cancelled") in siti.texts


async def test_consent_that_is_awaited_is_asked_again(bot: Bot, siti: Warga, admin: Warga):
    """Words that are no answer do not lead back to the summary; "iyo setuju" agrees."""
    await siti.sends("/lapor")
    for said in ("1", "rt 5", "depan masjid", "parit penuh lumpur", "lewati", "iyo kirimlah"):
        await siti.sends(said)
    await siti.sends("apo ni maksudnyo")
    assert bot.count(ticket) == 0
    await siti.sends("iyo setuju")
    assert bot.count(ticket) == 1


async def test_a_new_place_takes_the_old_point_away(bot: Bot, siti: Warga):
    """Staff would go to the wrong place."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.sends("1")
    await siti.sends_location(-1.6, 103.6)
    for said in ("parit penuh lumpur", "lewati", "ubah tempat", "simpang pasar dekat tukang ayam"):
        await siti.sends(said)
    assert bot.rows(select(draft.c.answers))[0][0]["place"] == {
        "text": "simpang pasar dekat tukang ayam"
    }
