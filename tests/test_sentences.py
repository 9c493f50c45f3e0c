"""Answers inside sentences, as people type them who never tap: understood, and no word is lost."""

from __future__ import annotations

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    complaint_in,
    fills_in,
    picture,
    proposes,
    resident_in,
    writes,
)
from sqlalchemy import select
from test_deletion import is_done

from storage.tables import (
    aspiration,
    draft,
    resident,
    ticket,
    ticket_event,
    ticket_follower,
)


@pytest.fixture(autouse=True)
async def _admin(admin: Warga) -> None:
    """Somebody gets the cards."""


@pytest.fixture
async def reporter(bot: Bot, siti: Warga, clerk: Warga) -> Warga:
    """Siti, who was just asked whether her drain is right now."""
    await agrees(siti)
    await writes(bot, lambda db: complaint_in(db, resident_in(db, siti.id, "Siti")))
    for words in ("meja petugas", "1", "sedang ditangani", "selesai", "lewati", "lewati", "kirim"):
        await clerk.sends(words)
    assert bot.phrase("report.button.not_fixed") in siti.buttons
    return siti


def state(bot: Bot) -> str:
    [found] = bot.rows(select(ticket.c.state))
    return str(found[0])


def added(bot: Bot) -> list[str]:
    kind = ticket_event.c.kind == "added"
    return [row.text for row in bot.rows(select(ticket_event.c.text).where(kind))]


def verdicts(bot: Bot) -> list[str]:
    given = ticket_event.c.kind.in_(("confirmed", "reopened"))
    return [row.kind for row in bot.rows(select(ticket_event.c.kind).where(given))]


@pytest.mark.parametrize(
    "said",
    [
        "belum nak, masih tesumbat parit tu",
        "masih mampet pak",
        "Bukan, airnya dak jalan",
        "belum pak, yang di ujung lorong dekat rumah Bu Ani itu masih penuh lumpur dan bau",
    ],
)
async def test_a_no_with_its_reason_opens_the_report_again(
    bot: Bot, reporter: Warga, clerk: Warga, said: str
):
    """And the reason is with staff at once."""
    await reporter.sends(said)
    assert state(bot) == "dibuka-lagi"
    assert added(bot) == [said]
    assert said in clerk.sees
    assert bot.phrase("report.reopened_told", number="DRN-2026-0001") in reporter.texts
    assert (bot.count(ticket), bot.count(draft)) == (1, 0)


@pytest.mark.parametrize("said", ["belum", "2", "nomor 2", "belum pak"])
async def test_a_mere_no_is_asked_for_its_reason(bot: Bot, reporter: Warga, said: str):
    """The number of a button is no reason."""
    await reporter.sends(said)
    assert (state(bot), added(bot)) == ("dibuka-lagi", [])
    asked = bot.phrase("lacking.what.question", number="DRN-2026-0001")
    assert any(text.startswith(asked) for text in reporter.texts)


@pytest.mark.parametrize("said", ["iyo lah beres", "sudah bu, terima kasih banyak", "lancar nian"])
async def test_a_yes_with_thanks_is_a_yes(bot: Bot, reporter: Warga, said: str):
    """Noted as the verdict."""
    await reporter.sends(said)
    assert verdicts(bot) == ["confirmed"]


@pytest.mark.parametrize(
    "said",
    [
        "sudah, tapi masih bau",
        "sudah 3 hari mampet lagi pak",
        "sama aja kayak kemaren, airnya tergenang",
        "mau lapor parit depan mesjid mampet",
        "mau tanya pak itu kapan dikerjakan",
        "sudah sampai mana pak",
        "kalau sudah selesai kabari saya",
        "oke saya cek dulu",
        "nanti saya cek dulu pak",
        "belum saya lihat",
        "tidak tau pak saya di luar kota",
        "sudah beres?",
        "terima kasih",
    ],
)
async def test_no_verdict_is_guessed(bot: Bot, reporter: Warga, said: str):
    """What says neither presses neither."""
    await reporter.sends(said)
    assert (verdicts(bot), state(bot)) == ([], "selesai")


@pytest.mark.parametrize(
    "said",
    [
        "Sudah lama kami minta lampu jalan di lorong depan masjid, gelap nian",
        "masih mampet parit kami yang di depan mesjid, tolong dibuatkan jalan air",
    ],
)
async def test_the_answer_to_an_open_form_is_no_verdict(
    bot: Bot, reporter: Warga, clerk: Warga, said: str
):
    """A notice that came in between does not take the words."""
    await reporter.sends("belum")
    await reporter.sends("/aspirasi")
    for words in ("/staf", "1", "selesai", "lewati", "lewati", "kirim"):
        await clerk.sends(words)
    assert state(bot) == "selesai"
    before = verdicts(bot)
    await reporter.sends(said)
    assert verdicts(bot) == before
    assert bot.rows(select(draft.c.answers))[0].answers["description"]["text"] == said


async def complains_at(siti: Warga) -> None:
    """A complaint up to the question which RT it is in."""
    for words in ("lapor", "mampet", "depan masjid besar"):
        await siti.sends(words)
    assert siti.bot.phrase("form.choice.rt", number="05") in siti.buttons


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("RT 5 kayaknyo", "05"),
        ("RT 03 kalau dak salah", "03"),
        ("rt limo nak", "05"),
        ("dak tau lah nak", "none"),
        ("kami di RT 03 nak, sudah lamo tinggal di sini", "03"),
    ],
)
async def test_an_rt_in_a_sentence(bot: Bot, siti: Warga, said: str, chosen: str):
    """Taken out of it."""
    await agrees(siti)
    await complains_at(siti)
    await siti.sends(said)
    [row] = bot.rows(select(draft.c.answers))
    assert row.answers["rt"] == {"choice": chosen}


@pytest.mark.parametrize(
    "said", ["sayo di RT 5 nak, kalau paritnyo di RT 3", "bukan RT 5 tapi RT 3", "RT 5 apo RT 3"]
)
async def test_of_two_rt_none_is_taken(bot: Bot, siti: Warga, said: str):
    """Asked again."""
    await agrees(siti)
    await complains_at(siti)
    await siti.sends(said)
    assert "rt" not in bot.rows(select(draft.c.answers))[0].answers


async def test_a_story_with_an_unknown_rt_is_kept(bot: Bot, siti: Warga):
    """It is more than an RT."""
    await agrees(siti)
    await complains_at(siti)
    said = "kami di RT 12, sudah tiga hari air masuk rumah dan bau nian pak"
    await siti.sends(said)
    assert bot.phrase("form.no_such_rt") in siti.sees
    assert bot.rows(select(draft.c.answers))[0].answers["description"] == {"text": said}


@pytest.mark.parametrize("said", ["rt 12", "rt duo belas", "kami di RT 12 nak"])
async def test_an_unknown_rt_shuts_nobody_out(bot: Bot, siti: Warga, said: str):
    """What to do instead is said; nothing is taken."""
    await agrees(siti)
    await complains_at(siti)
    await siti.sends(said)
    assert bot.phrase("form.no_such_rt") in siti.sees
    await siti.sends("tidak tahu")
    [row] = bot.rows(select(draft.c.answers))
    assert row.answers["rt"] == {"choice": "none"}


async def wants_to_send(siti: Warga) -> None:
    """A complaint up to the consent question."""
    await fills_in(siti)
    await siti.sends("kirim")
    assert siti.bot.phrase("consent.button.yes") in siti.buttons


@pytest.mark.parametrize("said", ["boleh", "yo boleh lah nak", "boleh be bu", "iyo"])
async def test_boleh_is_the_answer_to_boleh(bot: Bot, siti: Warga, said: str):
    """The report goes on its way."""
    await wants_to_send(siti)
    await siti.sends(said)
    assert bot.count(ticket) == 1


@pytest.mark.parametrize(
    "said",
    [
        "panjang nian",
        "boleh, tapi fotonya jangan",
        "apo maksudnyo tu",
        "boleh tanya pak?",
        "boleh numpang tanya",
        "sudah dulu ya pak makasih",
        "sudah, terima kasih",
        "kalau boleh",
        "mau tanya",
        "sama-sama",
        "boleh?",
        "ikut",
    ],
)
async def test_no_clear_yes_is_no_consent(bot: Bot, siti: Warga, said: str):
    """Asked again, with the two words that are clear."""
    await wants_to_send(siti)
    await siti.sends(said)
    assert bot.phrase("consent.unclear") in siti.sees
    assert bot.count(ticket) == bot.count(resident) == 0
    await siti.sends("ya")
    assert bot.count(ticket) == 1


@pytest.mark.parametrize(
    "said",
    [
        "sudah benar?",
        "kirim?",
        "betul kah",
        "kalau benar",
        "ya dulu tanya",
        "iya kalau semua benar",
    ],
)
async def test_a_question_at_the_summary_sends_nothing(bot: Bot, siti: Warga, said: str):
    """Only a clear word does."""
    await agrees(siti)
    await fills_in(siti)
    await siti.sends(said)
    assert bot.count(ticket) == 0
    await siti.sends("yo kirimkan pak")
    assert bot.count(ticket) == 1


async def test_the_whole_consent_text_is_one_tap_away(bot: Bot, siti: Warga):
    """With the same two answers below it."""
    await wants_to_send(siti)
    await siti.taps("consent.button.whole")
    assert siti.message["text"] == bot.phrase("consent.whole", kelurahan="Beringin")
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 1


async def test_the_whole_text_of_a_forged_button_is_not_shown(bot: Bot, siti: Warga):
    """Its yes would lead anywhere."""
    await siti.sends("/start")
    await siti.taps_data(siti.message["message_id"], "consent:whole:privacy:erase:1")
    assert siti.notice == bot.phrase("form.old_button")


async def test_words_at_the_photo_question_join_the_message(bot: Bot, siti: Warga):
    """What she really wanted to ask came a moment later."""
    await agrees(siti)
    for words in ("/petugas", "sayo nak betanyo samo urang kantor"):
        await siti.sends(words)
    await siti.sends("kapan mobil sampah lewat lorong kami")
    assert bot.phrase("form.kept.more") in siti.sees
    for words in ("lewati", "kirim"):
        await siti.sends(words)
    assert bot.rows(select(ticket.c.description)) == [
        ("sayo nak betanyo samo urang kantor\nkapan mobil sampah lewat lorong kami",)
    ]


@pytest.mark.parametrize(
    "said", ["tidak ada fotonya pak", "dak punyo foto nak", "kirim tanpa foto saja"]
)
async def test_no_photo_is_no_part_of_the_message(bot: Bot, siti: Warga, said: str):
    """A refusal goes on, or is asked about; it is never sent."""
    await agrees(siti)
    for words in ("/petugas", "lampu di lorong kami mati", said):
        await siti.sends(words)
    [row] = bot.rows(select(draft.c.answers))
    assert row.answers["words"] == {"text": "lampu di lorong kami mati"}


async def test_an_ok_after_a_photo_goes_on(bot: Bot, siti: Warga):
    """It is enough."""
    await agrees(siti)
    for words in ("/petugas", "lampu di lorong kami mati"):
        await siti.sends(words)
    await siti.sends_photo(picture())
    await siti.sends("ok pak")
    assert bot.phrase("message.summary") in siti.sees


async def test_yes_there_is_a_photo(bot: Bot, siti: Warga):
    """It leaves nothing out: the photo comes next."""
    await agrees(siti)
    for words in ("/petugas", "lampu di lorong kami mati"):
        await siti.sends(words)
    await siti.sends("iyo")
    assert bot.phrase("form.expects.photo") in siti.sees
    await siti.sends_photo(picture())
    assert len(bot.rows(select(draft.c.answers))[0].answers["photos"]["photos"]) == 1


async def meet(siti: Warga, budi: Warga) -> None:
    """Both propose the same; Budi is asked whether his is another."""
    for person in (siti, budi):
        await agrees(person)
        await proposes(person)


async def opens(siti: Warga, budi: Warga) -> None:
    """Budi reads what Siti proposes."""
    await agrees(siti)
    await proposes(siti)
    await agrees(budi)
    for words in ("/usulan", "1"):
        await budi.sends(words)


@pytest.mark.parametrize(
    "said", ["beda", "usulan saya beda", "bukan itu, punyo sayo beda lorong", "tidak"]
)
async def test_another_proposal_is_another(bot: Bot, siti: Warga, budi: Warga, said: str):
    """Said in her words."""
    await meet(siti, budi)
    assert bot.phrase("proposal.button.different") in budi.buttons
    await budi.sends(said)
    assert bot.count(aspiration) == 2


@pytest.mark.parametrize(
    "said",
    [
        "tidak jadi",
        "dak jadi",
        "tidak usah pak",
        "jangan dikirim dulu",
        "tidak tahu nak",
        "tidak jadi kirim",
        "sudah saya baca, punya saya di lorong lain",
        "boleh tanya pak, ini maksudnya apa",
    ],
)
async def test_nothing_is_sent_or_joined_unasked(bot: Bot, siti: Warga, budi: Warga, said: str):
    """At the question whether it is the same."""
    await meet(siti, budi)
    await budi.sends(said)
    assert (bot.count(aspiration), bot.count(ticket_follower)) == (1, 0)
    assert bot.count(draft) == 1


@pytest.mark.parametrize(
    "said",
    ["ok", "oke makasih", "boleh lihat yang lain", "mau tanya ini kapan dikerjakan",
     "mau usul juga pak, lampu jalan di lorong kami", "dak dukung sayo"],
)  # fmt: skip
async def test_nothing_is_supported_unasked(bot: Bot, siti: Warga, budi: Warga, said: str):
    """Under an open proposal."""
    await opens(siti, budi)
    await budi.sends(said)
    assert bot.count(ticket_follower) == 0


@pytest.mark.parametrize("said", ["yo sayo dukung", "dukung", "sayo mendukung usulan ini pak"])
async def test_a_proposal_is_supported_in_words(bot: Bot, siti: Warga, budi: Warga, said: str):
    """The one that is open."""
    await opens(siti, budi)
    await budi.sends(said)
    assert bot.count(ticket_follower) == 1


async def test_leaving_a_form_in_words(bot: Bot, siti: Warga):
    """Asked once, then left."""
    await agrees(siti)
    for words in ("lapor", "mampet", "dak jadi berenti dulu"):
        await siti.sends(words)
    assert siti.message["text"] == bot.phrase("form.cancel_question")
    await siti.sends("iyo batalkan")
    assert bot.count(draft) == 0


@pytest.mark.parametrize("said", ["jangan batalkan", "tidak mau batal", "dak jadi batal"])
async def test_a_form_is_not_thrown_away_against_a_no(bot: Bot, siti: Warga, said: str):
    """ "Batalkan isian ini?" """
    await agrees(siti)
    for words in ("lapor", "mampet", "batal", said):
        await siti.sends(words)
    assert bot.count(draft) == 1


async def asked_to_delete(siti: Warga) -> None:
    """At the last question."""
    await agrees(siti)
    for words in ("/hapus_data", "iyo hapuslah"):
        await siti.sends(words)
    assert siti.sees == siti.bot.phrase("erase.sure", word="HAPUS")


async def test_the_last_question_swallows_nothing(bot: Bot, admin: Warga, siti: Warga):
    """What is sent meanwhile begins its form."""
    await asked_to_delete(siti)
    await siti.sends_photo(picture(), "mau lapor parit mampet depan masjid")
    assert bot.count(draft) == 1
    await siti.sends("iya")
    assert bot.phrase("erase.type_word", word="HAPUS") not in siti.texts


async def test_the_last_question_can_be_left_in_words(bot: Bot, siti: Warga):
    """Also after a yes that was not enough."""
    await asked_to_delete(siti)
    for words in ("iya", "ya pak", "tidak jadi"):
        await siti.sends(words)
    assert bot.phrase("erase.kept") in siti.texts
    assert bot.count(resident) == 1


async def test_deleting_in_words(bot: Bot, admin: Warga, siti: Warga):
    """From a wish in one's own words; a mere yes deletes nothing."""
    await agrees(siti)
    await siti.sends("/start topik_privasi-data")
    await siti.sends("hapus data saya")
    await siti.sends("iyo hapuslah")
    assert bot.phrase("erase.sure", word="HAPUS") in siti.texts
    for words in ("iyo", "iya", "ya pak"):
        await siti.sends(words)
    assert siti.sees == bot.phrase("erase.type_word", word="HAPUS")
    assert bot.count(resident) == 1
    await siti.sends("hapus")
    await is_done(bot)
    assert bot.count(resident) == 0
