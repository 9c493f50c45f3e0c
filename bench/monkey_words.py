"""What the people of the monkey bench write: sense, answers, questions, and malice."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

from config import Kelurahan
from content import pages
from content.phrases import CONTENT

LONGEST = 4096  # Bot API: a message of a person
OVERLONG = 5000  # characters that somebody writes; Telegram makes two messages of them
MARKER = re.compile(r"z([nw])(\d{3,})q", re.IGNORECASE)  # whose name, or whose words
SENSE = (
    "parit mampet penuh sampah", "depan masjid Al-Falah", "air meluap kalau hujan", "samping pos",
    "gorong-gorong rusak sejak bulan lalu", "mohon lampu jalan di lorong warung", "Jalan Melati 4",
    "mohon pelatihan menjahit untuk ibu-ibu", "tembok parit ambruk", "bau menyengat",
    "Kerja bakti",
    "Membersihkan parit pasar bersama warga", "terima kasih", "cangkul, sekop, karung", "dua hari",
    "parit mampet nian di depan rumah, aeknyo dak ngalir", "usul bangku di taman bermain anak",
    "banjir masuk rumah", "tolong ada kebakaran", "kapan jadwal gotong royong berikutnya",
)  # fmt: skip
ANSWERS = (
    "ya", "tidak", "iyo", "dak", "ok", "lewati", "kembali", "batal", "kirim", "lanjut", "1", "2",
    "3", "7", "12", "99", "-1", "0", "rt 1", "RT 03", "rt.04", "rt 9", "rt 1 dan rt 2", "semua",
    "besok jam 7 pagi", "Minggu jam 7 pagi", "sabtu sore", "tanggal 31 Februari", "jam 25.00",
    "minggu depan jam 8", "31/12/2027 06.30", "kemarin", "tidak tahu", "luar kelurahan", "sama",
    "DRN-2026-0001", "asp-2026-0002", "PSN-2026-0001", "nomor 2", "setuju", "hapus", "berhenti",
)  # fmt: skip
MOMENTS = (
    "besok jam 7 pagi", "Minggu jam 7 pagi", "lusa jam 16.00", "sabtu depan jam 8",
    "senin jam 5 sore",
)  # fmt: skip
MALICE = (
    "<b>tebal", "</b></i>", "<a href='tg://user?id=1'>x</a>", "<script>alert(1)</script>",
    "&lt;b&",
    "&amp;&#0;&#x110000;", "<tg-spoiler>", "*_`[](){}~>#+-=|.!", "[x](http://x",
    "'; DROP TABLE t;--",
    "\" OR 1=1 --", "%s %d %(a)s {0} {x} {}", "{name}", "${7*7}", "=cmd|'/C calc'!A0", "+1+1",
    "@SUM(1)",
    "-2+3", "=HYPERLINK(\"http://x\")", "\t=1+1", "../../etc/passwd", "‮kaynab gnay‬", "שלום עולם",
    "مرحبا بالجميع", "👨‍👩‍👧‍👦" * 30, "🏳️‍🌈🇮🇩", "e\u0301" * 50, "Z\u0351\u0352\u0353" * 40,
    "\u200b\u200b", "\u2060",
    "\ufeff", "   ", "\n\n\n", "\t", "\u00a0", "\u3164", "\u2028\u2029", ".", "/", "//", "/ ", "@",
    "a",
    "\x01\x02\x7f", "A" * 300, "parit " * 60, "1" * 40, "٣", "³", "Ⅷ", "１２", "rt ٠٣", "NULL",
    "None", "undefined",
    "-0", "1e309", "NaN", "/lapor@", "http://evil.example/?a=<b>&c",
    "https://t.me/x?start=undang_x",
    "t.me/bantar_demo_bot", "#tagar @siapa +62811740000 a@b.id", "‏", "İıſß", "ﷺ" * 20, "𝕻𝖆𝖗𝖎𝖙",
    "\U000e0041",
)  # fmt: skip
NAMES = (
    "{0} <b>Siti</b>", "{0}", "{0} & Ani", "{0} \u202eitis", "{0} =1+1", "{0} 👩‍👩‍👧", "{0}\u200b",
    "{0} " + "x" * 50,
    "{0} {{name}}", "{0} 'Budi'", "{0} *Rahman*", "{0} \n Dua",
)  # fmt: skip


def name_of(number: int) -> str:
    """The first name of a person, with his marker; many are hostile."""
    return NAMES[number % len(NAMES)].format(f"zn{number}q")[:64]


class Words:
    """Texts drawn from one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.questions = _questions()

    def marked(self, number: int) -> str:
        """Something sensible with the marker of its writer."""
        some = self._chance.sample(SENSE, self._chance.randint(1, 3))
        some.insert(self._chance.randint(0, len(some)), f"zw{number}q")
        return " ".join(some)

    def answer(self) -> str:
        """What answers some question."""
        return self._chance.choice(ANSWERS)

    def moment(self) -> str:
        """A day and a time to come."""
        return self._chance.choice(MOMENTS)

    def question(self) -> str:
        """What residents ask."""
        return self._chance.choice(self.questions)

    def malice(self, number: int) -> str:
        """Hostile or odd text, half of the time with the writer's marker around it."""
        text = "".join(self._chance.sample(MALICE, self._chance.choice((1, 1, 1, 2, 4))))
        return f"{text} zw{number}q {text}" if self._chance.random() < 0.5 else text

    def long(self, number: int) -> list[str]:
        """Five thousand characters, as Telegram splits them."""
        piece = self._chance.choice((*SENSE, "👩‍🚒", "<b>&", "kata\n", "ﷺ"))
        text = f"zw{number}q " + piece * OVERLONG
        text = text[:OVERLONG]
        most = LONGEST if text.isascii() else LONGEST // 2  # Telegram counts UTF-16 units
        return [text[at : at + most] for at in range(0, len(text), most)]


def _questions() -> list[str]:
    found = [q for page in pages.load(Kelurahan()).by_slug.values() for q in page.questions]
    path = CONTENT / "id" / "maksud.toml"
    return found + (_strings(path) if path.exists() else [])


def _strings(path: Path) -> list[str]:
    """All texts in a file of intents, whatever its shape."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(tomllib.loads(path.read_text(encoding="utf-8")))
    return found
