"""Pages: how a file becomes a message, every mistake with its line, changes while the bot runs."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from conftest import TOKEN, Bot, settings_for
from test_content import ENGLISH

import bot as program
from config import Kelurahan
from content import examples, kosakata, page_source, pages, phrases
from content.page_source import GROUPS
from content.pages import Page, Shelf
from content.phrases import CONTENT, MAX_LABEL, ContentError, utf16_length
from handlers.table import world
from jobs.reload import Reload
from jobs.watchdog import Pulse
from services.learning import Learned
from services.tickets import State
from simulator import Simulator
from storage.database import Database

PLACE = Kelurahan()
REAL = pages.load(PLACE)
PHRASES = phrases.load()
GOLDEN = Path(__file__).parent / "golden"
TOPICS = {
    "apa-itu-bantar", "tujuan-bantar", "bersih", "aman", "pintar", "peran-warga", "gotong-royong",
    "drainase", "sampah", "kampung-bahagia", "nomor-darurat", "privasi-data", "sejarah-bantar",
    "dasar-hukum", "indikator-bantar", "penghargaan", "profil-beringin", "hambatan-partisipasi",
    "sosialisasi", "partisipasi", "kontribusi-swadaya", "peran-rt", "peran-lurah-camat",
    "kelembagaan", "musyawarah", "musrenbang", "dana-bantar", "pemantauan-evaluasi",
    "informasi-publik", "kanal-pengaduan", "alur-laporan", "tentang-bot", "kewenangan-drainase",
    "banjir", "sanksi-sampah", "pilah-sampah", "siskamling", "rawat-hasil",
}  # fmt: skip
IMPOLITE = re.compile(r"\b(kamu|kalian|lu|gue|gan|sis|anda|himbauan|germo)\b", re.IGNORECASE)
SENTENCE_WORDS = 20
FRONT = """\
+++
title = "Judul"
group = "bersih"
order = {order}
keywords = ["kata"]
questions = ["Apa itu?"]
sources = ["Sumbernya"]
reviewed = 2026-11-23
+++
"""
FIRST_LINE = 10  # of the body, below the front matter


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of pages."""
    monkeypatch.setattr(pages, "CONTENT", tmp_path)
    monkeypatch.setattr(examples, "CONTENT", tmp_path)
    made = tmp_path / "id" / "topik"
    made.mkdir(parents=True)
    return made


def write(folder: Path, slug: str, body: str = "Isi.\n", order: int = 1, front: str = "") -> Path:
    """A page as staff would save it."""
    path = folder / f"{slug}.md"
    path.write_text((front or FRONT.format(order=order)) + body, encoding="utf-8")
    return path


def told(kelurahan: Kelurahan = PLACE) -> list[str]:
    """The mistakes of all pages as `file:line: words`."""
    with pytest.raises(ContentError) as caught:
        pages.load(kelurahan)
    return [
        Path(one.partition(":")[0]).name + ":" + one.partition(":")[2]
        for one in caught.value.mistakes
    ]


# --- a page becomes a message -----------------------------------------------------------------


def test_a_page_is_read_with_both_parts(folder: Path):
    """The first part alone, and the whole with the rest below."""
    write(folder, "satu", "**Pokok.** Baris.\nBaris dua.\n\n---\n\n### Lagi\n- a\n- b\n")
    page = pages.load(PLACE).by_slug["satu"]
    assert page.first.text == "Pokok. Baris.\nBaris dua."
    assert page.first.entities == ({"type": "bold", "offset": 0, "length": 6},)
    assert page.whole.text == "Pokok. Baris.\nBaris dua.\n\nLagi\n• a\n• b"
    assert [e["type"] for e in page.whole.entities] == ["bold", "bold"]
    assert page.has_more
    assert (page.label, page.order, page.reviewed) == ("Judul", 1, date(2026, 11, 23))


def test_a_page_without_a_rest_has_no_more(folder: Path):
    """Nothing to tap for."""
    write(folder, "satu")
    assert not pages.load(PLACE).by_slug["satu"].has_more


@pytest.mark.parametrize(
    "name",
    [
        "Beringin",
        "A*b*_c_ <b>x</b> [y](https://z.id) `q`",
        "1. # - ~~x~~ ||s||",
        r"\(\frac{1}{2}\) $x$ &amp;",
    ],
)
def test_configured_names_are_shown_as_they_are(folder: Path, name: str):
    """Whatever stands in the configuration means nothing in Markdown, and moves no entity."""
    write(folder, "satu", "{kelurahan} **tebal**\n")
    page = pages.load(Kelurahan(name=name)).by_slug["satu"]
    assert page.first.text == f"{name} tebal"
    wanted = {"type": "bold", "offset": utf16_length(name) + 1, "length": 5}
    assert page.first.entities == (wanted,)


def test_all_places_are_filled_in(folder: Path):
    """Another kelurahan runs the same pages."""
    write(folder, "satu", "{kelurahan}, {kecamatan}, {kota}\n")
    place = Kelurahan(name="Satu", kecamatan="Dua", kota="Tiga")
    assert pages.load(place).by_slug["satu"].first.text == "Satu, Dua, Tiga"


OFFICE = {"address": "Jalan *A* 1", "hours": "Senin–Jumat 08.00–15.30", "phone": "0741 <1>"}


@pytest.mark.parametrize("known", [(), ("address",), ("hours", "phone"), tuple(OFFICE)])
def test_a_line_about_the_office_is_left_out_if_nothing_is_known(
    folder: Path, known: tuple[str, ...]
):
    """As a whole, in both parts; what is known is shown as it was written."""
    places = {"alamat": "address", "jam": "hours", "telepon": "phone"}
    lines = "\n".join(f"- Ini: {{{place}}}, {{kota}}" for place in places)
    write(
        folder,
        "satu",
        f"**Ada.** {{kota}}\n{lines}\nTetap.\n\n---\n\n### Lagi\n{lines}\n\nSisa.\n",
    )
    page = pages.load(Kelurahan(**{name: OFFICE[name] for name in known})).by_slug["satu"]
    shown = [f"• Ini: {OFFICE[name]}, Jambi" for name in places.values() if name in known]
    assert [line for line in page.whole.text.split("\n") if line.startswith("•")] == shown * 2
    assert page.first.text.startswith("Ada. Jambi")
    assert page.whole.text.endswith("Sisa.")
    assert "{" not in page.whole.text


def test_a_line_with_two_facts_needs_both(folder: Path):
    """Half a sentence helps nobody; spaces are nothing."""
    write(folder, "satu", "Satu.\n{alamat}, {jam}\n")
    place = Kelurahan(address="Jalan A 1", hours=" ")
    assert pages.load(place).by_slug["satu"].first.text == "Satu."
    place = Kelurahan(address="Jalan A 1", hours="08.00")
    assert pages.load(place).by_slug["satu"].first.text == "Satu.\nJalan A 1, 08.00"


def test_links_between_pages_are_plain_words_and_others_stay(folder: Path):
    """Telegram knows no topik:…; a web address may be tapped."""
    write(folder, "satu", "[dua](topik:dua) [luar](https://x.id)\n")
    write(folder, "dua", order=2)
    page = pages.load(PLACE).by_slug["satu"]
    assert page.first.text == "dua luar"
    assert [e["url"] for e in page.first.entities] == ["https://x.id"]


def test_a_file_from_another_editor_is_read(folder: Path):
    """Windows ends lines differently and may begin a file with a mark of its own."""
    text = FRONT.format(order=1) + "Satu.\n\n---\n\nDua.\n"
    (folder / "satu.md").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    page = pages.load(PLACE).by_slug["satu"]
    assert (page.first.text, page.whole.text) == ("Satu.", "Satu.\n\nDua.")


def test_pages_are_ordered_within_their_group(folder: Path):
    """By order, not by name; a group without pages is left out."""
    write(folder, "a", order=2)
    write(folder, "b", order=1)
    found = pages.load(PLACE)
    assert [page.slug for page in found.of("bersih")] == ["b", "a"]
    assert found.groups() == ["bersih"]


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('title = "Judul"\n', "", 1, "title: is missing"),
        ('sources = ["Sumbernya"]\n', "", 1, "sources: is missing"),
        ("reviewed = 2026-11-23\n", "", 1, "reviewed: is missing"),
        ('["Sumbernya"]', "[]", 7, "sources: is empty"),
        ('["Sumbernya"]', '[" "]', 7, "sources: is empty"),
        ('["Sumbernya"]', '"Sumbernya"', 7, "sources: must be a list of texts"),
        ('["kata"]', "[1]", 5, "keywords: must be a list of texts"),
        ("2026-11-23", '"kemarin"', 8, "reviewed: must be a date"),
        ("2026-11-23", "2026-11-23T10:00:00", 8, "reviewed: must be a date"),
        ('"bersih"', '"indah"', 3, "group: must be one of umum, bersih, aman, pintar, warga, rencana, laporan"),
        ("order = 1", 'order = "1"', 4, "order: must be a number"),
        ("order = 1", "order = true", 4, "order: must be a number"),
        ("order = 1", "order = 1\nurutan = 2", 5, "urutan: is not a key of a page"),
        ('"Judul"', '"Judul yang terlalu panjang"', 2, "title: is 26 characters long"),
        ('"Judul"', '"Judul"\nlabel = "Tombol yang terlalu panjang"', 3, "label: is 27 characters"),
        ('"Judul"', '"Judul {kota}"', 2, "title: may have no { }"),
        ("order = 1", 'order = 1\nrelated = ["hilang"]', 5, "related: there is no other page hilang"),
        ("order = 1", 'order = 1\nrelated = ["satu"]', 5, "related: there is no other page satu"),
        ("order = 1", "order =", 4, "front matter is not valid TOML"),
        ("+++\ntitle", "title", 1, "must begin with lines between two lines +++"),
        ("reviewed = 2026-11-23\n+++\n", "reviewed = 2026-11-23\n", 1, "must begin with lines"),
    ],
)  # fmt: skip
def test_mistakes_in_the_front_matter(folder: Path, old: str, new: str, line: int, words: str):
    """Each with its line, in words for the person who edits it."""
    front = FRONT.format(order=1)
    assert old in front
    write(folder, "satu", front=front.replace(old, new, 1))
    (mistake,) = told()
    assert mistake.startswith(f"satu.md:{line}: {words}")


def test_a_long_title_is_fine_with_a_short_label(folder: Path):
    """The page shows the one, the button the other."""
    long = 'title = "Judul yang terlalu panjang"\nlabel = "Judul"'
    write(folder, "satu", front=FRONT.format(order=1).replace('title = "Judul"', long))
    assert pages.load(PLACE).by_slug["satu"].label == "Judul"


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("", 0, "the first part is empty"),
        ("\n---\nDua.\n", 0, "the first part is empty"),
        ("1\n2\n\n3\n4\n5\n6\n7\n", 6, "the first part has more than 5 lines"),
        ("x" * 121 + "\n", 0, "is 121 characters long"),
        ("Satu.\n---\n\n", 1, "there is nothing below ---"),
        ("Satu.\n---\nDua.\n---\nTiga.\n", 3, "only one line ---"),
        ("Satu.\n---\nDua.\n\n***\n", 4, "only one line ---"),
        ("Satu.\nDua <b>x.\n", 1, "HTML is not shown"),
        ("Satu.\n\n<div>x</div>\n", 2, "HTML is not shown"),
        ("Satu.\n---\nDua <script>\n", 2, "HTML is not shown"),
        ("Satu ![x](https://x.id/x.png)\n", 0, "an image cannot be shown"),
        ("Satu.\n\n|a|b|\n|-|-|\n|1|2|\n", 2, "a table cannot be shown"),
        ("Satu.\n#### Dua\n", 1, "a heading has at most 3 signs #"),
        ("Satu.\n\n    kode\n", 2, "a line that begins with four spaces"),
        ("Satu `kode`.\n", 0, "signs like ` mean program code"),
        ("- [ ] satu\n", 0, "a list with boxes cannot be shown"),
        ("Satu $$x$$.\n", 0, "DisplayMath cannot be shown"),
        ("[x](topik:hilang)\n", 0, "there is no page topik:hilang"),
        ("Satu.\n[x](javascript:x)\n", 1, "a link leads to https://"),
        ("Satu {rt}.\n", 0, "{rt} is not filled in by the bot"),
        ("Satu {.\n", 0, "has a single { or }"),
        ("{alamat}\n{jam}\n", 0, "every line here may be left out"),
        ("Satu.\n---\n\n{alamat}\n", 3, "every line here may be left out"),
        ("Satu.\n---\n### Dua\n{jam}\n### Tiga\nEmpat.\n", 3, "every line here may be left out"),
        ("Satu.\n---\n" + "kata " * 900, None, "characters too long for one message"),
        ("Satu.\n---\n" + "**a** b " * 120, None, "bold words, links and the like too many"),
    ],
)
def test_mistakes_in_the_text(folder: Path, body: str, line: int | None, words: str):
    """What Telegram could not show, and what nobody would read; each with its line."""
    write(folder, "satu", body)
    found = told()
    assert len({one.split(" ")[0] for one in found}) == 1
    assert found[0].startswith(f"satu.md:{1 if line is None else FIRST_LINE + line}: ")
    assert words in found[0]


def test_the_first_part_with_its_marks_may_be_full(folder: Path):
    """Five lines of 120 characters are fine."""
    write(folder, "satu", "\n".join(["x" * 120] * 5) + "\n")
    assert pages.load(PLACE).by_slug["satu"].first.text.count("\n") == 4


def test_an_order_given_twice_is_told_at_the_later_page(folder: Path):
    """Else the order of the buttons would be chance; another group may have the same."""
    write(folder, "a", order=3)
    write(folder, "b", order=3)
    write(folder, "c", front=FRONT.format(order=3).replace("bersih", "aman"))
    assert told() == ["b.md:4: order: 3 in bersih is taken by a.md"]


def test_every_mistake_of_every_page_is_told_at_once(folder: Path):
    """Sorted by file and line."""
    front = FRONT.format(order=1).replace('"bersih"', '"indah"').replace('["kata"]', "[]")
    write(folder, "b", "<b>x</b>\n", front=front)
    write(folder, "a", "{x}\n", order=2)
    places = [":".join(one.split(":")[:2]) for one in told()]
    assert places == ["a.md:10", "b.md:3", "b.md:5", "b.md:10"]


def test_names_of_files_are_checked(folder: Path):
    """They go into buttons and links."""
    write(folder, "Dua Kata")
    write(folder, "x" * 41, order=2)
    assert [one.partition(": ")[2][:21] for one in told()] == ["a file name has a-z, "] * 2


def test_a_file_that_is_no_text_and_no_file_at_all(folder: Path):
    """Both are sentences, not crashes."""
    assert "there are no pages" in told()[0]
    (folder / "satu.md").write_bytes(b"\xff\xfe\x00")
    assert "satu.md:1: cannot be read" in told()[0]


# --- check and start --------------------------------------------------------------------------


def test_check_and_run_refuse_broken_pages(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """As they do with broken phrases: exit status 2, each mistake in a line."""
    broken = write(folder, "satu", "<b>x</b>\n")
    config = tmp_path / "config.toml"
    database = f'[database]\nurl = "sqlite:///{tmp_path / "none.db"}"\n'
    config.write_text(f'[telegram]\ntoken = "{TOKEN}"\n{database}')
    monkeypatch.setattr(program, "set_up_logging", lambda: None)
    for command in ("check", "run"):
        assert program.main([command, "--config", str(config)]) == 2
        assert f"{broken}:10: HTML is not shown" in capsys.readouterr().err
    write(folder, "satu")
    assert program.main(["check", "--config", str(config)]) == 0


# --- changes while the bot runs ---------------------------------------------------------------


def saved(path: Path, text: str, *, at: int) -> None:
    """Change a file as an editor does, at a time of its own."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))


@pytest.fixture
def watched(folder: Path, caplog: pytest.LogCaptureFixture) -> tuple[Path, Shelf, Reload]:
    """Two pages, and who looks after them."""
    write(folder, "satu")
    write(folder, "dua", order=2)
    caplog.set_level(logging.INFO, "pages")
    shelf = Shelf(pages.load(PLACE))
    settings = settings_for(folder, "http://127.0.0.1:1")
    shared = world(settings, PHRASES, kosakata.load(), shelf, Learned(Path()), "bot")
    return folder, shelf, Reload(shared, cast(Database, None), Pulse())


def test_a_valid_change_is_taken(
    watched: tuple[Path, Shelf, Reload], caplog: pytest.LogCaptureFixture
):
    """Also a new page and one that is gone; what did not change is not read again."""
    folder, shelf, reload = watched
    before = shelf.current
    reload.look()
    assert shelf.current is before
    saved(folder / "satu.md", FRONT.format(order=1) + "Baru.\n", at=1)
    write(folder, "tiga", order=3)
    (folder / "dua.md").unlink()
    reload.look()
    assert shelf.current.by_slug["satu"].first.text == "Baru."
    assert set(shelf.current.by_slug) == {"satu", "tiga"}
    assert caplog.messages == ["pages changed: dua, satu, tiga"]


def test_a_broken_page_stays_as_it_was_and_is_told_once(
    watched: tuple[Path, Shelf, Reload], caplog: pytest.LogCaptureFixture
):
    """Others change meanwhile; mended, it is taken."""
    folder, shelf, reload = watched
    path = folder / "satu.md"
    saved(path, FRONT.format(order=1) + "<b>Baru.</b>\n", at=1)
    reload.look()
    reload.look()
    saved(folder / "dua.md", FRONT.format(order=2) + "Lain.\n", at=2)
    reload.look()
    assert shelf.current.by_slug["satu"].first.text == "Isi."
    assert shelf.current.by_slug["dua"].first.text == "Lain."
    sentence = f"page not taken, the old one stays: {path}:10: HTML is not shown"
    assert caplog.messages.count(sentence) == 1
    saved(path, FRONT.format(order=1) + "Baru.\n", at=3)
    reload.look()
    assert shelf.current.by_slug["satu"].first.text == "Baru."
    assert caplog.messages[-1] == "pages changed: satu"


def test_the_folder_may_be_away_for_a_moment(watched: tuple[Path, Shelf, Reload]):
    """Somebody replaces it as a whole: the pages stay until new ones are there."""
    folder, shelf, reload = watched
    shutil.rmtree(folder)
    reload.look()
    assert set(shelf.current.by_slug) == {"satu", "dua"}


async def test_a_running_bot_shows_the_changed_page(
    simulator: Simulator, tmp_path: Path, empty_database: Path, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Without a restart; with a broken one it goes on as before."""
    monkeypatch.setattr("jobs.reload.SECONDS", 0.02)
    shutil.copy(empty_database, tmp_path / "bantar.db")
    path = write(folder, "satu", "Lama.\n")
    running = Bot(simulator, settings_for(tmp_path, simulator.url))
    await running.start()
    siti = running.person(301)
    shelf = running._runtime._pages  # type: ignore[union-attr]
    try:
        await siti.sends("/bantar")
        await siti.taps("topic.button.bersih")
        await siti.taps("Judul")
        assert "Lama." in siti.sees
        saved(path, FRONT.format(order=1) + "Baru.\n", at=1)
        await running.until(lambda: shelf.current.by_slug["satu"].first.text == "Baru.")
        saved(path, FRONT.format(order=1) + "<b>Rusak.\n", at=2)
        await running.until(lambda: shelf.current.stamp == pages.stamp())
        await siti.taps("topic.button.all")
        await siti.taps("topic.button.bersih")
        await siti.taps("Judul")
        assert "Baru." in siti.sees
    finally:
        await running.stop()
        running.engine.dispose()


# --- the pages that residents read ------------------------------------------------------------


every = pytest.mark.parametrize("page", REAL.by_slug.values(), ids=lambda page: page.slug)


def written(page: Page) -> str:
    """All words of a page."""
    return "\n".join((page.title, page.label, *page.sources, page.whole.text))


def test_every_topic_has_its_page():
    """In every group."""
    assert set(REAL.by_slug) == TOPICS
    assert REAL.groups() == list(GROUPS)


@every
def test_a_page_is_complete(page: Page):
    """Sources, words to find it by, questions as people ask them, and something to read next."""
    assert page.sources
    assert len(page.keywords) >= 4
    assert len(page.questions) >= 4
    assert 1 <= len(REAL.related(page)) <= 3
    assert page.has_more
    assert len(page.label) <= MAX_LABEL


@every
def test_a_page_speaks_plainly_and_politely(page: Page):
    """Bapak/Ibu, no English, sentences that can be read aloud in one breath."""
    text = written(page)
    assert IMPOLITE.findall(text) == []
    assert ENGLISH.findall(text) == []
    assert "{" not in text
    sentences = re.split(r"[.!?]\s|[.!?:]?\n", page.whole.text)
    assert [one for one in sentences if len(one.split()) > SENTENCE_WORDS] == []


@every
def test_entities_lie_within_their_text(page: Page):
    """Telegram drops what does not, and counts in UTF-16 units."""
    for part in (page.first, page.whole):
        for entity in part.entities:
            assert 0 <= entity["offset"] < entity["offset"] + entity["length"]
            assert entity["offset"] + entity["length"] <= utf16_length(part.text)


@every
def test_a_page_is_converted_as_before(page: Page):
    """A new version of the converter must not change what residents see.

    After a wanted change: BANTAR_GOLDEN=1 pytest tests/test_pages.py
    """
    path = GOLDEN / f"{page.slug}.json"
    entities = [[e["type"], e["offset"], e["length"]] for e in page.whole.entities]
    now = {"text": page.whole.text.split("\n"), "entities": [json.dumps(e) for e in entities]}
    if os.environ.get("BANTAR_GOLDEN"):
        path.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == now


def text_of(slug: str) -> str:
    """A page as it is read to the end."""
    return REAL.by_slug[slug].whole.text


def test_what_must_not_be_wrong():
    """Emergency numbers, waste hours, and what is not known for sure."""
    for number in ("112", "110", "113", "119", "0811-7877-2112"):
        assert number in REAL.by_slug["nomor-darurat"].first.text
    assert "mulai pukul 18.00, paling aman selesai sebelum pukul 06.00 WIB" in text_of("sampah")
    for slug in ("apa-itu-bantar", "kampung-bahagia"):
        assert "Status BANTAR tahun ini perlu dipastikan ke" in text_of(slug)
    assert "3×24 jam" in text_of("privasi-data")
    assert "Pelindungan Data Pribadi" in text_of("privasi-data")
    assert "Jadwal tahun ini belum dapat dipastikan" in text_of("musrenbang")
    assert "Apakah masih aktif belum dapat dipastikan" in text_of("kanal-pengaduan")
    assert "10 hari kerja, dan dapat ditambah 7 hari kerja" in text_of("informasi-publik")


def test_the_way_of_a_report_explains_every_word_the_bot_uses_for_it():
    """A resident who sees "dialihkan" on a button finds here what it means."""
    shown = {line[2:].partition(":")[0] for line in text_of("alur-laporan").split("\n")}
    assert {PHRASES.plain(f"short.state.{state}") for state in State} - shown == set()


def test_the_page_on_data_names_every_way_out():
    """What residents may ask for by law they can do in the chat, or in the office."""
    for words in ("/data_saya", "/hapus_data", "/berhenti", "kantor kelurahan", "luar negeri"):
        assert words in text_of("privasi-data")


def test_the_page_of_the_kelurahan_tells_what_is_known_of_the_office():
    """And, with or without, where to ask for the rest."""
    known = Kelurahan(address="Jalan A 1", hours="08.00–15.30", phone="0741 1")
    with_all = pages.load(known).by_slug["profil-beringin"]
    without = REAL.by_slug["profil-beringin"]
    for page in (with_all, without):
        assert page.first.text.startswith("Kelurahan Beringin berada di Kecamatan Pasar Jambi")
        rest = "Yang tidak tertulis di sini, mohon tanyakan ke ketua RT atau kantor kelurahan."
        assert page.first.text.endswith(rest)
        assert "kantor yang tidak tertulis di atas juga belum tersedia" in page.whole.text
    for value in (known.address, known.hours, known.phone):
        assert value in with_all.first.text
    assert len(with_all.first.text.splitlines()) == 5
    assert len(without.first.text.splitlines()) == 2


def test_only_the_topics_lie_in_the_folder():
    """A file that is no page would never be seen."""
    files = {path.name for path in (CONTENT / "id" / pages.FOLDER).iterdir()}
    assert files == {f"{slug}.md" for slug in TOPICS}
    assert all(len(slug) <= page_source.MAX_SLUG for slug in TOPICS)
