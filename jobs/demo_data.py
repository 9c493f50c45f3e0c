"""The made-up people of the demo and what they did before the page was opened."""

from __future__ import annotations

import asyncio
import struct
import zlib
from datetime import UTC, datetime

from content import phrases
from simulator import Person, Simulator
from storage import Connection, roles
from storage.roles import Grant

PEOPLE = (
    (301, "Siti", "penjual ikan, RT 03"),
    (302, "Pak Darmo", "warga RT 03"),
    (501, "Budi", "warga RT 05"),
    (502, "Bu Ani", "warung RT 05"),
    (550, "Pak Rahman", "ketua RT 05"),
    (700, "Wati", "petugas kelurahan"),
    (800, "Dewi", "perencana"),
    (900, "Admin", "admin kelurahan"),
)
ROLES: tuple[tuple[int, str, list[str]], ...] = (
    (550, "rt_head", ["05"]),
    (700, "staff", []),
    (800, "planner", []),
)
ANSWER_SECONDS = 15.0
PLAIN = phrases.load().plain


def give_roles(db: Connection) -> None:
    """As if the admin's invites had been accepted."""
    names = {number: name for number, name, _ in PEOPLE}
    for number, role, rts in ROLES:
        grant = Grant(number, role, list(rts), names[number])
        roles.put(db, grant, by=900, now=datetime.now(UTC))


async def fill(simulator: Simulator) -> None:
    """Let everybody but Siti and Budi, who are yours, do something; the admin only says hello."""
    for number in (900, 800, 700, 550):
        await _says(_person(simulator, number), "/start")
    await asyncio.gather(
        _reports(
            _person(simulator, 302), "RT 03", "Penuh sampah", "samping musala",
            "Parit penuh plastik dan daun, air tidak jalan.", photo=True,
        ),
        _proposes(_person(simulator, 502), "RT 05", "Mohon lampu jalan di lorong warung."),
    )  # fmt: skip
    await _plans(_person(simulator, 550))


def _person(simulator: Simulator, number: int) -> Person:
    return simulator.person(number, next(name for n, name, _ in PEOPLE if n == number))


async def _agrees(person: Person, rt: str) -> None:
    """First contact."""
    await _says(person, "/start")
    await _taps(person, PLAIN("consent.button.yes"))
    await _taps(person, rt)


async def _reports(
    person: Person, rt: str, kind: str, landmark: str, words: str, *, photo: bool
) -> None:
    """First contact and a complaint, tapped and typed like anybody would."""
    await _agrees(person, rt)
    await _says(person, "/lapor")
    await _taps(person, kind)
    await _taps(person, rt)
    await _says(person, landmark)
    await _says(person, words)
    if photo:
        await person.sends_photo(_picture())
        await _taps(person, PLAIN("form.button.continue"))
    else:
        await _taps(person, PLAIN("form.button.skip"))
    await _sends(person, "DRN-")


async def _proposes(person: Person, rt: str, words: str) -> None:
    """First contact and an aspiration."""
    await _agrees(person, rt)
    await _says(person, "/aspirasi")
    await _says(person, words)
    await _taps(person, rt)
    await _says(person, "depan warung")
    await _sends(person, "ASP-")


async def _plans(person: Person) -> None:
    """A gotong royong on the next Sunday morning."""
    await _says(person, "/kegiatan")
    await _taps(person, PLAIN("activity.button.new"))
    await _says(person, "Membersihkan parit pasar")
    await _says(person, "Minggu jam 7 pagi")
    await _says(person, "depan pos ronda RT 05")
    await _says(person, "cangkul, sekop, karung")
    await _taps(person, PLAIN("activity.repeat.choice.once"))
    await _taps(person, PLAIN("activity.button.send"))


async def _sends(person: Person, prefix: str) -> None:
    """Kirim, and wait for the number."""
    await _taps(person, PLAIN("form.button.send"))
    await person.waits_for(lambda p: prefix in p.from_bot[-1].get("text", ""), ANSWER_SECONDS)


async def _says(person: Person, text: str) -> None:
    before = len(person.from_bot)
    await person.sends(text)
    await person.waits_for(lambda p: len(p.from_bot) > before, ANSWER_SECONDS)


async def _taps(person: Person, label: str) -> None:
    """Tap once the button is there, and wait for the answer to the tap."""
    await person.waits_for(lambda p: label in _labels(p), ANSWER_SECONDS)
    notices = len(person.notices)
    await person.taps(label)
    await person.waits_for(lambda p: len(p.notices) > notices, ANSWER_SECONDS)


def _labels(person: Person) -> set[str]:
    rows = [
        row
        for message in person.from_bot
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
    ]
    return {button["text"] for row in rows for button in row}


def _picture(width: int = 320, height: int = 200) -> bytes:
    """A picture of a drain, as good as zlib alone can paint it: banks, water, rubbish."""
    rows = []
    for y in range(height):
        row = bytearray([0])
        for x in range(width):
            row += bytes(_colour(x / width, y / height))
        rows.append(bytes(row))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def _colour(x: float, y: float) -> tuple[int, int, int]:
    edge = abs(x - 0.5) - 0.12 - 0.2 * y
    if y < 0.3:
        return 150, 190, 215
    if edge > 0:
        return 110, 140, 80
    if (int(x * 37) * 7 + int(y * 23) * 11) % 9 == 0:
        return 225, 220, 205
    return 84, 96, 82
