"""Aspirations: sent in a few answers, made stronger, changed, found again, exported."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    picture,
    proposes,
    resident_in,
    writes,
)  # fmt: skip
from sqlalchemy import Connection, select

from content import kosakata
from content.phrases import utf16_length
from services import aspirations as rules
from services import coach, tickets
from services.amounts import amount_in, count_in
from services.aspiration_form import CONTRIBUTIONS, Aspiration
from services.desk import Outdated
from services.exports import Filter, write_csv
from services.places import Place, read_place, write_place
from services.roles import OPERATOR
from services.tickets import NotYours
from storage import tickets as stored
from storage.tables import (
    aspiration,
    draft,
    participation,
    ticket,
    ticket_event,
    ticket_follower,
    ticket_media,
)  # fmt: skip


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


# --- details --------------------------------------------------------------------------------


async def goes_to_details(person: Warga, words: str = "mohon lampu jalan") -> None:
    """The three answers of every aspiration, then "Tambah rincian"."""
    await person.sends("/aspirasi")
    await person.sends(words)
    await person.taps("form.choice.rt", number="03")
    await person.sends("depan musala")
    await person.taps("form.button.details")


async def test_details_are_given_with_typed_words_alone(bot: Bot, admin: Warga, siti: Warga):
    """Each answer is understood, shown to staff, and exported."""
    await agrees(siti)
    await goes_to_details(siti)
    for words in (
        "malam gelap & sepi", "aman", "lampu", "kira-kira dua puluh rumah", "tenaga, alat",
        "lanjut", "3 titik", "lewati",
    ):  # fmt: skip
        await siti.sends(words)
    assert bot.phrase("aspiration.title.new") in siti.sees
    await siti.sends("kirim")
    [row] = bot.rows(select(aspiration))
    assert row[1:] == (
        "malam gelap & sepi", "aman", "lamp", 20, ["labour", "tools"], 3.0, "titik",
    )  # fmt: skip
    for words in ("malam gelap & sepi", "Lampu jalan", "20", "Tenaga, Alat", "3 titik"):
        assert words in admin.sees
    [line] = exported(bot)
    assert [line[bot.phrase(f"export.column.{column}")] for column in DETAILS] == [
        "malam gelap & sepi", "Aman", "Lampu jalan", "20", "3.0", "titik", "Tenaga, Alat", "0",
    ]  # fmt: skip


DETAILS = (
    "problem", "pillar", "field", "households", "volume", "unit", "contributions", "supporters",
)  # fmt: skip


def exported(bot: Bot) -> list[dict[str, str]]:
    """The export of aspirations by the heading of the column."""
    out = io.StringIO()
    zone = bot.settings.kelurahan.zone
    with bot.engine.connect() as db:
        write_csv(out, db, OPERATOR, bot.phrases, zone, what="aspirations", wanted=Filter())
    return list(csv.DictReader(io.StringIO(out.getvalue())))


async def test_every_detail_may_be_skipped(bot: Bot, admin: Warga, siti: Warga):
    """What nobody knows is not asked twice, and is empty, not nought."""
    await agrees(siti)
    await goes_to_details(siti)
    for _ in range(7):
        await siti.sends("tidak tahu")
    assert bot.phrase("coach.details") not in siti.sees
    await siti.taps("form.button.send")
    assert bot.rows(select(aspiration))[0][1:] == (None, None, None, None, [], None, None)


async def test_what_is_no_number_is_asked_again(bot: Bot, admin: Warga, siti: Warga):
    """With an example, and the question once more."""
    await agrees(siti)
    await goes_to_details(siti)
    for _ in range(3):
        await siti.taps("form.button.skip")
    await siti.sends("banyak")
    assert siti.sees.startswith(bot.phrase("aspiration.no_count"))
    await siti.sends("20")
    await siti.taps("form.button.skip")
    await siti.sends("panjang sekali")
    assert siti.sees.startswith(bot.phrase("aspiration.no_amount"))
    assert bot.phrase("aspiration.volume.question") in siti.sees


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("200 meter", "200 meter"), ("dua titik", "2 titik"), ("1.500 m", "1500 m"),
        ("1.5 km", "1,5 km"), ("2,5 km", "2,5 km"), ("sekitar 20-an meter", "20 meter"),
        ("seratus dua puluh lima meter", "125 meter"), ("60 m2", "60 m2"),
        ("3 titik lampu.", "3 titik lampu"), ("Lima belas UNIT", "15 unit"),
        ("seribu lima ratus m²", "1500 m²"), ("200", None), ("meter", None), ("", None),
        ("20x3 meter", None), ("panjang 200 m, lebar 2 m", None), ("0 meter", None),
        ("9999999 meter", None), ("1.5.3 m", None), ("0.125 ha", "0,125 ha"), ("3 " + "x" * 41, None),
    ],
)  # fmt: skip
def test_amounts_in_words(text: str, amount: str | None):
    """One number with its unit; what could be two things is asked again."""
    found = amount_in(text)
    assert (str(found) if found else None) == amount
    assert found is None or amount_in(str(found)) == found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("20", 20), ("kira-kira 20 KK", 20), ("sepuluh rumah", 10), ("1.200 KK", 1200),
        ("rt 5, 12 rumah", 12), ("semua rumah di RT 05", None), ("10-15 KK", None),
        ("2,5", None), ("0", None), ("banyak", None), ("sembilan belas", 19),
    ],
)  # fmt: skip
def test_numbers_of_houses_in_words(text: str, count: int | None):
    """One whole number; the number of an RT is none."""
    assert count_in(text) == count


@pytest.mark.parametrize(
    "place",
    [
        Place("03", None, "depan musala"), Place("03", None, "dekat rt 5"),
        Place("03", (-1.6, 103.6), None), Place("03", (-1.6, 103.6), "lorong"),
        Place(None, (-1.6, 103.6), None), Place(None, (-1.6, 103.6), "lorong"),
        Place(None, None, "semua"), Place(None, None, "rt 99"),
    ],
)  # fmt: skip
def test_a_place_is_read_as_it_was_written(place: Place):
    """What its author sees when he changes an aspiration is what he said."""
    assert read_place(write_place(place), ("03", "05")) == place


async def test_the_longest_card_fits_under_a_photo(bot: Bot, admin: Warga):
    """Telegram refuses a caption of more than 1,024 characters; the simulator does as well."""
    person = bot.person(302, "N" * 64)
    await agrees(person)
    await person.sends("/aspirasi")
    await person.sends("y" * 2000)
    await person.sends_location(-1.612345, 103.612345)
    await person.taps("aspiration.place.button.edit")
    await person.taps("form.choice.rt", number="03")
    await person.taps("aspiration.place.button.edit")
    await person.sends(f"rt 3 {'x' * 1900}")
    await person.taps("form.button.details")
    for words in ("z" * 500, "bersih", "taman", "1000000"):
        await person.sends(words)
    for choice in CONTRIBUTIONS:
        await person.taps(f"aspiration.contributions.choice.{choice}")
    await person.taps("form.button.continue")
    await person.sends(f"999999,125 {'u' * 40}")
    await person.sends_photo(picture())
    await person.taps("form.button.continue")
    await person.taps("form.button.send")
    await admin.taps("desk.button.open")
    for key in ("desk.button.moderate", "desk.button.block"):
        await admin.taps(key)
    for key in ("desk.button.moderate", "desk.button.hide"):
        await admin.taps(key)
    await admin.taps("aspiration.button.move.diteruskan")
    await admin.sends("<" * 80)
    await admin.sends("9" * 40)
    await admin.taps("form.button.skip")
    await admin.taps("form.button.send")
    card = next(m["caption"] for m in admin.person.from_bot if "caption" in m)
    assert 700 < utf16_length(card) <= 1024
    assert "9" * 40 in card
    assert "⛔" in card
    assert "🙈" in card


# --- hints ----------------------------------------------------------------------------------


def wish(**changes: Any) -> Aspiration:
    """An aspiration that staff could follow up."""
    values: dict[str, Any] = {
        "rt": "03", "point": None, "landmark": "lorong samping musala",
        "description": "mohon lampu jalan", "voices": (), "households": 20,
    }  # fmt: skip
    return Aspiration(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "hints"),
    [
        ({}, ()),
        ({"landmark": "Semua"}, ("place",)),
        ({"landmark": "dak tau"}, ("place",)),
        ({"landmark": "di RT kami"}, ("place",)),
        ({"landmark": "semua", "point": (-1.6, 103.6)}, ()),
        ({"landmark": None, "rt": None, "point": (-1.6, 103.6)}, ()),
        ({"description": "tolong perhatikan"}, ("general",)),
        ({"description": "Mohon lingkungan kami lebih bersih & aman"}, ("general",)),
        ({"description": "lampu"}, ("general",)),
        ({"description": "tempat sampah"}, ()),
        ({"description": "gorong-gorong baru"}, ()),
        ({"description": "perhatikan kami", "problem": "parit meluap"}, ()),
        ({"description": None, "voices": ("v",)}, ()),
        ({"households": None}, ("details",)),
        ({"households": None, "photos": ("p",)}, ()),
        ({"landmark": "semua", "description": "tolong", "households": None}, ("place", "general")),
    ],
)
def test_hints_say_what_staff_would_ask(changes: dict[str, Any], hints: tuple[str, ...]):
    """At most two, the most important first; nothing where nothing is missing."""
    assert coach.hints(wish(**changes), kosakata.load()) == tuple(f"coach.{h}" for h in hints)


async def test_hints_stand_on_the_summary_and_forbid_nothing(bot: Bot, admin: Warga, siti: Warga):
    """They are gone once the words are better; without that it is sent all the same."""
    await agrees(siti)
    await siti.sends("/aspirasi")
    await siti.sends("tolong perhatikan")
    await siti.sends("semua")
    await siti.sends("tidak tahu")
    for key in ("coach.place", "coach.general", "aspiration.public"):
        assert bot.phrase(key) in siti.sees
    assert bot.phrase("coach.details") not in siti.sees
    await siti.taps("aspiration.place.button.edit")
    await siti.sends("rt 3, lorong samping musala")
    assert bot.phrase("coach.place") not in siti.sees
    await siti.taps("form.button.send")
    assert bot.count(ticket) == 1


async def test_who_only_speaks_hears_that_neighbours_do_not(bot: Bot, siti: Warga):
    """A voice would be known again."""
    await agrees(siti)
    await siti.sends("/aspirasi")
    await siti.sends_voice()
    await siti.sends_location(-1.6, 103.6)
    assert bot.phrase("aspiration.voice_for_staff") in siti.sees


# --- similar ones ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "mine", "alike"),
    [
        ("mohon lampu jalan", "Lampu jalan di lorong samping musala, gelap", True),
        ("tempat sampah umum dekat pasar", "mohon disediakan bak sampah dekat pasar", True),
        ("perbaikan jalan berlubang", "jalan berlubang mohon diperbaiki", True),
        ("lampu jln mati", "lampu jalan mati", True),
        ("lampu jalan", "jalan rusak", False),
        ("mohon lampu jalan", "mohon tempat sampah", False),
        ("jalan berlubang depan sekolah", "zebra cross depan sekolah", False),
        ("taman bermain anak", "pelatihan komputer anak", False),
        ("pos ronda", "posyandu", False),
        (None, "lampu jalan", False),
        ("tolong perhatikan", "tolong perhatikan kami", False),
    ],
)
def test_what_wishes_for_the_same(db: Connection, theirs: str | None, mine: str, alike: bool):
    """Words that say what it is about; "mohon" and "kami" are in all of them."""
    voices = () if theirs else ("v",)
    aspiration_in(db, resident_in(db, 1), description=theirs, voices=voices)
    assert bool(rules.similar(db, wish(description=mine), kosakata.load().telling)) is alike


def test_only_what_is_open_shown_and_not_far_is_similar(db: Connection):
    """Same RT, or within 250 m; not what staff hid, what was withdrawn, or from before."""
    me, telling = resident_in(db, 1), kosakata.load().telling
    rows = [aspiration_in(db, me) for _ in range(4)]
    aspiration_in(db, me, rt="05")
    near = aspiration_in(db, me, rt=None, point=(-1.6, 103.6))
    tickets.withdraw(db, me, rows[0].number, rows[0].created_at)
    stored.set_hidden(db, rows[1].id, True)
    db.execute(aspiration.delete().where(aspiration.c.ticket_id == rows[2].id))
    own = wish(description="lampu jalan")
    assert [row.id for row in rules.similar(db, own, telling)] == [rows[3].id]
    own = wish(description="lampu jalan", rt=None, point=(-1.6005, 103.6))
    assert [row.id for row in rules.similar(db, own, telling)] == [near.id]


async def meets_similar(person: Warga, words: str = "lampu jalan tolong dipasang") -> None:
    """File something like what is there already; the answer is the question."""
    await agrees(person)
    await goes_to_details(person, words)
    await person.sends("anak sering jatuh")
    for _ in range(5):
        await person.taps("form.button.skip")
    await person.sends_photo(picture())
    await person.taps("form.button.continue")
    await person.taps("form.button.send")


async def test_supporting_a_similar_one_keeps_the_words(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """Shown with words and photo and no name; the words and the photo go there, counted once."""
    await agrees(siti)
    await goes_to_details(siti, "mohon lampu <jalan> di lorong")
    for _ in range(6):
        await siti.taps("form.button.skip")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await meets_similar(budi)
    assert bot.phrase("aspiration.similar", count=1) in budi.texts
    shown = budi.person.from_bot[-1]
    assert "photo" in shown
    assert "mohon lampu <jalan> di lorong" in shown["caption"]
    assert "Siti" not in "".join(budi.texts)
    await budi.taps("proposal.button.this")
    await budi.taps("proposal.button.this")
    [row] = bot.rows(select(ticket))
    assert budi.sees == bot.phrase("aspiration.joined", number=row.number)
    assert (bot.count(ticket_follower), bot.count(draft), bot.count(ticket_media)) == (1, 0, 2)
    said = (
        "lampu jalan tolong dipasang\nTempat: RT 03\nPatokan: depan musala\n"
        "Masalah: anak sering jatuh"
    )
    events = [(e.kind, e.text) for e in bot.rows(select(ticket_event).order_by(ticket_event.c.id))]
    assert events == [("filed", None), ("supported", said)]
    assert admin.sees == bot.phrase("card.supported", number=row.number, words=said, photos=1)
    assert "Budi" not in "".join(siti.texts)
    logged = bot.rows(select(participation.c.activity).order_by(participation.c.id))
    assert logged == [("aspiration_filed",), ("aspiration_supported",)]


async def test_a_different_one_is_filed(bot: Bot, admin: Warga, budi: Warga):
    """ "Usulan saya beda"."""
    await writes(bot, lambda db: aspiration_in(db, resident_in(db, 777)))
    await meets_similar(budi)
    await budi.taps("proposal.button.different")
    assert bot.count(ticket) == 2
    assert bot.count(ticket_follower) == 0


async def test_ones_own_gets_the_words_and_no_support(bot: Bot, admin: Warga, siti: Warga):
    """Nobody is his own supporter; what he wrote is added."""
    await agrees(siti)
    number = await proposes(siti)
    await goes_to_details(siti)
    await siti.sends("anak sering jatuh")
    for _ in range(6):
        await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await siti.taps("proposal.button.this")
    assert siti.sees == bot.phrase("addition.done", number=number)
    assert (bot.count(ticket), bot.count(ticket_follower)) == (1, 0)


async def test_what_closed_meanwhile_is_not_supported(bot: Bot, admin: Warga, budi: Warga):
    """Said so, and the summary comes back with everything in it."""
    row = await writes(bot, lambda db: aspiration_in(db, resident_in(db, 777)))
    await meets_similar(budi)
    await writes(
        bot, lambda db: tickets.withdraw(db, resident_in(db, 777), row.number, row.created_at)
    )
    await budi.taps("proposal.button.this")
    assert budi.notice == bot.phrase("similar.gone")
    await budi.taps("form.button.send")
    assert bot.count(ticket) == 2


# --- changing one's own ---------------------------------------------------------------------


async def sent_in_full(bot: Bot, person: Warga) -> str:
    """An aspiration with everything in it; gives its number."""
    await agrees(person)
    await goes_to_details(person)
    for words in ("malam gelap", "aman", "lampu", "20", "tenaga", "lanjut", "3 titik"):
        await person.sends(words)
    await person.sends_photo(picture())
    await person.taps("form.button.continue")
    await person.taps("form.button.send")
    await bot.tasks_done()
    return str(bot.rows(select(ticket.c.number))[0][0])


async def begins_to_change(person: Warga, number: str) -> None:
    """Kiriman saya, the aspiration, Ubah."""
    await person.sends(f"/laporan {number}")
    await person.taps("aspiration.button.edit")


async def test_it_is_changed_until_it_is_taken_up(bot: Bot, admin: Warga, siti: Warga):
    """All answers stand there; what is changed replaces what was; the card of staff follows."""
    number = await sent_in_full(bot, siti)
    before = bot.rows(select(aspiration))
    await begins_to_change(siti, number)
    assert bot.phrase("aspiration.title.edit", number=number) in siti.sees
    for words in ("malam gelap", "20", "Tenaga", "3 titik", "1 foto", "depan musala"):
        assert words in siti.sees
    await siti.taps("form.button.send")
    assert bot.rows(select(aspiration)) == before  # sent as it is, it stays as it is
    await begins_to_change(siti, number)
    await siti.taps("aspiration.volume.button.edit")
    await siti.sends("4 titik")
    await siti.taps("aspiration.description.button.edit")
    await siti.sends("mohon lampu di lorong")
    await siti.taps("aspiration.place.button.edit")
    await siti.taps("form.choice.rt", number="05")
    await siti.taps("form.button.send")
    assert siti.sees == bot.phrase("aspiration.edited", number=number)
    [row] = bot.rows(select(ticket))
    assert (row.number, row.rt, row.description, row.state, row.version) == (
        number, "05", "mohon lampu di lorong", "diterima", 1,
    )  # fmt: skip
    assert bot.rows(select(aspiration.c.volume, aspiration.c.unit)) == [(4.0, "titik")]
    card = next(m for m in admin.person.from_bot if m.get("caption", "").startswith(number))
    assert "mohon lampu di lorong" in card["caption"]
    assert "4 titik" in card["caption"]
    kinds = [row[0] for row in bot.rows(select(ticket_event.c.kind))]
    assert kinds == ["filed", "edited"]
    logged = bot.rows(select(participation.c.activity))
    assert logged == [("aspiration_filed",)]


async def test_a_photo_that_is_taken_out_is_gone(bot: Bot, admin: Warga, siti: Warga):
    """Its row and its file; another one can come in its place."""
    number = await sent_in_full(bot, siti)
    [old] = bot.rows(select(ticket_media))
    assert (bot.settings.media.folder / old.path).exists()
    await begins_to_change(siti, number)
    await siti.taps("aspiration.photos.button.edit")
    await siti.taps("form.button.clear_photos")
    await siti.sends_photo(picture(90))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await bot.tasks_done()
    [new] = bot.rows(select(ticket_media))
    assert new.file_id != old.file_id
    assert (bot.settings.media.folder / new.path).exists()
    assert not (bot.settings.media.folder / old.path).exists()


async def test_what_staff_took_up_meanwhile_gets_an_addition(bot: Bot, admin: Warga, siti: Warga):
    """Nothing that was written is lost, and nothing that staff looked at changes."""
    number = await sent_in_full(bot, siti)
    await begins_to_change(siti, number)
    await siti.taps("aspiration.volume.button.edit")
    await siti.sends("4 titik")
    await admin.taps("desk.button.open")
    await admin.taps("aspiration.button.move.diverifikasi")
    await siti.taps("form.button.send")
    assert bot.phrase("aspiration.added_instead", number=number) in siti.texts
    assert bot.rows(select(aspiration.c.volume)) == [(3.0,)]
    event = bot.rows(select(ticket_event).order_by(ticket_event.c.id.desc()))[0]
    assert (event.kind, event.text) == ("added", "Ukuran: 4 titik")
    told = bot.phrase("card.added", number=number, words="Ukuran: 4 titik", photos=0)
    assert told in admin.texts
    await siti.sends(f"/laporan {number}")
    assert bot.phrase("aspiration.button.edit") not in siti.buttons


async def test_what_was_closed_meanwhile_gives_the_words_back(bot: Bot, admin: Warga, siti: Warga):
    """They can be copied and sent anew."""
    number = await sent_in_full(bot, siti)
    await begins_to_change(siti, number)
    await siti.taps("aspiration.volume.button.edit")
    await siti.sends("4 titik")
    await writes(
        bot, lambda db: tickets.withdraw(db, resident_in(db, siti.id), number, datetime.now(UTC))
    )
    await siti.taps("form.button.send")
    assert siti.sees == bot.phrase("addition.too_late", number=number, words="Ukuran: 4 titik")
    assert bot.count(draft) == 0


async def test_staff_act_on_what_it_says_now(bot: Bot, admin: Warga, siti: Warga):
    """A button from before the change is an old one."""
    number = await sent_in_full(bot, siti)
    await admin.taps("desk.button.open")
    await begins_to_change(siti, number)
    await siti.taps("aspiration.volume.button.edit")
    await siti.sends("4 titik")
    await siti.taps("form.button.send")
    await admin.taps("aspiration.button.move.diverifikasi")
    assert admin.notice == bot.phrase("desk.outdated")
    assert bot.rows(select(ticket.c.state)) == [("diterima",)]


async def test_another_form_in_between_keeps_the_answers(bot: Bot, admin: Warga, siti: Warga):
    """ "Mulai dari awal" begins the change anew, with what is stored."""
    number = await sent_in_full(bot, siti)
    await siti.sends("/lapor")
    await siti.taps("complaint.kind.choice.blocked")
    await begins_to_change(siti, number)
    assert siti.sees == bot.phrase("form.open_already")
    await siti.taps("form.button.restart")
    assert "3 titik" in siti.message["text"]
    assert bot.phrase("aspiration.title.edit", number=number) in siti.message["text"]


async def test_nobody_changes_what_is_not_his(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Neither with a forged button nor with a forged beginning of the form."""
    number = await sent_in_full(bot, siti)
    await agrees(budi)
    message = budi.person.from_bot[-1]["message_id"]
    await budi.taps_data(message, f"aspiration:edit:{number}")
    assert budi.notice == bot.phrase("aspiration.not_editable")
    await budi.sends("/aspirasi")
    await budi.sends("punya saya saja")
    [open_] = bot.rows(select(draft))
    forged = f"form:{open_.id}:{open_.version}:restart:aspiration:{number}.0"
    await budi.taps_data(budi.person.from_bot[-1]["message_id"], forged)
    await budi.sends("punya saya saja")
    await budi.taps("form.choice.rt", number="05")
    await budi.sends("depan pasar")
    await budi.taps("form.button.send")
    assert budi.sees == bot.phrase("report.not_yours", number=number)
    assert bot.rows(select(ticket.c.description)) == [("mohon lampu jalan",)]


def test_only_ones_own_at_its_version_can_be_changed(db: Connection):
    """On both engines: the wrong person, the wrong version, the wrong state."""
    me, other = resident_in(db, 1), resident_in(db, 2)
    row = aspiration_in(db, me)
    now = row.created_at
    rules.support(db, other, row.id, now)
    for actor in (other, resident_in(db, 3)):
        with pytest.raises(NotYours):
            rules.edit(db, actor, row.number, wish(), version=0, now=now)
    with pytest.raises(Outdated):
        rules.edit(db, me, row.number, wish(), version=1, now=now)
    changed = rules.edit(db, me, row.number, wish(rt="05", pillar="aman"), version=0, now=now)
    assert (changed.version, changed.rt, changed.pillar, changed.households) == (
        1,
        "05",
        "aman",
        20,
    )
    stored.move(db, row.id, version=1, state="diverifikasi", now=now)
    with pytest.raises(Outdated):
        rules.edit(db, me, row.number, wish(), version=2, now=now)
