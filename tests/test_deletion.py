"""/hapus_data: nothing of a person is left anywhere that the bot can reach."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import planned
from conftest import (
    KIND,
    TOKEN,
    Bot,
    Warga,
    agrees,
    becomes,
    complaint_in,
    files,
    fills_in,
    picture,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import JSON, BigInteger, Column, Connection, String, select, text, update

from handlers import erasure, privacy
from jobs import erasure as slow_work
from jobs import tasks as loop
from jobs.failures import WithoutToken
from services import deletion as rules
from services.roles import CONSENT_VERSION, Actor, Role
from simulator import Simulator
from storage import deletion, outbox, shown, tickets
from storage.database import open_reader
from storage.tables import (
    attendance,
    audit,
    complaint,
    inbox,
    invite,
    metadata,
    occurrence,
    participation,
    resident,
    rsvp,
    setting,
    task,
    ticket,
    ticket_event,
    ticket_media,
)
from storage.tables import outbox as messages

ROOT = Path(__file__).parent.parent
NUMBER = 7_301_234_567  # Telegram id of the person who goes
NAME, NEW_NAME = "Zulkarnaenah", "Qomariyyatun"
WORDS = {
    "landmark": "Grompolsari",
    "description": "Blekutukwati",
    "caption": "Njeblugwarna",
    "since": "Sakdurungelara",
    "added": "Tambahpranata",
    "wish": "Lampugemerlap",
    "wish_landmark": "Pojokanpeteng",
    "joined": "Podowaeaku",
    "question": "Pitakonanku",
    "answer": "Jawabanlengkap",
}
GONE = (NAME, NEW_NAME, *WORDS.values())


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(slow_work, "AGAIN", timedelta(seconds=0.02))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Everything that is logged, in a file."""
    path, root = tmp_path / "bot.log", logging.getLogger()
    handler, level = logging.FileHandler(path), root.level
    handler.addFilter(WithoutToken())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield path
    root.setLevel(level)
    root.removeHandler(handler)
    handler.close()


@pytest.fixture
async def bot(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A running bot; nothing that it sent may have been refused."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    more = {"limits": {"messages_per_minute": 1000}}
    running = Bot(simulator, settings_for(tmp_path, simulator.url, **more))
    await running.start()
    yield running
    await running.stop()
    running.engine.dispose()
    assert simulator.refusals == []


class Village:
    """The people around somebody who goes, and all that he does before."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.zul = bot.person(NUMBER, NAME)
        self.budi = bot.person(501, "Budi")
        self.admin = bot.person(99, "Admin")
        self.clerk = bot.person(610, "Rahmat")
        self.head = bot.person(620, "Pak RT")
        self.planner = bot.person(630, "Rina")
        self.others = (self.budi, self.admin, self.clerk, self.head, self.planner)

    async def lives(self) -> None:
        """Everything that a resident can do, and that others see of it."""
        await self._moves_in()
        await self._reports()
        await self._meets_neighbours()
        await self._takes_part()
        await self._is_looked_at()
        await self.bot.tasks_done()
        await self.bot.settles()

    async def _moves_in(self) -> None:
        for person in self.others:
            await person.sends("/start")
        await becomes(self.clerk, Role.STAFF)
        await becomes(self.head, Role.RT_HEAD, "03")
        await becomes(self.planner, Role.PLANNER)
        await self.budi.taps("consent.button.yes")
        await self.budi.taps("form.choice.rt", number="03")
        await agrees(self.zul)
        await self.zul.sends(WORDS["question"])

    async def _reports(self) -> None:
        zul = self.zul
        await zul.sends("/lapor")
        await zul.taps(KIND)
        await zul.taps("form.choice.rt", number="03")
        await zul.sends(f"{WORDS['landmark']} depan masjid besar")
        await zul.sends(f"{WORDS['description']} parit mampet penuh lumpur")
        await zul.sends_photo(picture(1))
        await zul.sends_photo(picture(2))
        await zul.taps("form.button.continue")
        await zul.taps("form.button.details")
        await zul.taps("form.button.skip")
        await zul.sends(WORDS["since"])
        await zul.taps("form.button.skip")
        await zul.taps("form.button.send")
        await zul.taps("report.button.open")
        await zul.taps("report.button.add")
        await zul.sends(WORDS["added"])
        await zul.sends_photo(picture(3))
        await zul.taps("form.button.continue")
        await zul.taps("form.button.send")
        await zul.sends_photo(picture(4), WORDS["caption"])
        await zul.taps("complaint.kind.choice.flooding")
        await zul.taps("form.choice.rt", number="05")
        await zul.sends("depan pasar")
        if bot_asks(zul, "complaint.description.question"):
            await zul.sends_voice()
        await zul.taps("form.button.send")
        await zul.sends("/lapor")
        await zul.taps("complaint.kind.choice.smell")
        await zul.taps("form.choice.rt", number="05")
        await zul.sends("pojok lapangan")
        await zul.sends_voice()
        await zul.taps("form.button.skip")
        await zul.taps("form.button.send")
        await zul.sends("/aspirasi")
        await zul.sends(WORDS["wish"])
        await zul.taps("form.choice.rt", number="03")
        await zul.sends(WORDS["wish_landmark"])
        await zul.taps("form.button.send")

    async def _meets_neighbours(self) -> None:
        """Budi joins his report; he joins one of Budi's, with words and a photo."""
        await fills_in(self.budi, landmark="depan masjid besar", words="parit mampet penuh lumpur")
        await self.budi.taps("form.button.send")
        await self.budi.taps("similar.button.same")
        await files(self.budi, kind="complaint.kind.choice.broken", words="tembok parit ambruk")
        zul = self.zul
        await zul.sends("/lapor")
        await zul.taps("complaint.kind.choice.broken")
        await zul.taps("form.choice.rt", number="03")
        await zul.sends("depan masjid")
        await zul.sends(f"tembok parit ambruk {WORDS['joined']}")
        await zul.sends_photo(picture(5))
        await zul.taps("form.button.continue")
        await zul.taps("form.button.send")
        await zul.taps("similar.button.same")

    async def _takes_part(self) -> None:
        """Gotong royong with attendance, an announcement, a new name."""
        soon = datetime.now(UTC) + timedelta(days=2)
        number = await planned(self.bot, starts_at=soon)
        await self.zul.sends("/jadwal")
        await self.zul.taps("gotong_royong.button.come")
        begun = update(occurrence).values(starts_at=datetime.now(UTC) - timedelta(hours=1))
        await writes(self.bot, lambda db: db.execute(begun))
        await self.head.sends("/kegiatan")
        open_ = self.head.person.from_bot[-1]["message_id"]
        await self.head.taps_data(open_, f"activity:attend:{number}:0")
        me = self.bot.rows(select(resident.c.id).where(resident.c.telegram_id == NUMBER))[0][0]
        await self.head.taps_data(open_, f"activity:tick:{number}:{me}:yes:0")
        await self.clerk.sends("/pengumuman")
        await self.clerk.taps("announcement.button.new")
        await self.clerk.sends("Besok air mati.")
        await self.clerk.taps("form.button.skip")
        await self.clerk.taps("form.choice.all_rt")
        await self.clerk.taps("announcement.when.choice.now")
        await self.clerk.taps("form.button.send")
        await self.clerk.taps_data(*self._send_button())
        await self.bot.until(lambda: any("air mati" in text for text in self.zul.texts))
        await self.zul.sends("/bantar")
        await self.zul.sends("/data_saya")
        await self.zul.taps("mydata.button.name")
        await self.zul.sends(NEW_NAME)
        await self.zul.taps("form.button.send")

    def _send_button(self) -> tuple[int, str]:
        """The button that sends the announcement."""
        for message in reversed(self.clerk.person.from_bot):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button["callback_data"].startswith("announcement:send"):
                        return message["message_id"], button["callback_data"]
        raise LookupError("no button that sends the announcement")

    async def _is_looked_at(self) -> None:
        """Staff open desk and tickets, ask him something; a planner and an admin export."""
        for person in (self.clerk, self.head):
            await person.sends("/staf")
            for row in self.bot.rows(select(ticket.c.id).order_by(ticket.c.id)):
                await person.sends("/staf")
                await person.taps_data(
                    person.person.from_bot[-1]["message_id"], f"desk:open:{row.id}"
                )
                await person.taps_data(
                    person.person.from_bot[-1]["message_id"], f"desk:photos:{row.id}"
                )
            await person.sends("/staf")
        first = self.bot.rows(select(ticket).order_by(ticket.c.id))[0]
        at = self.clerk.person.from_bot[-1]["message_id"]
        await self.clerk.taps_data(at, f"desk:move:{first.id}:{first.version}:perlu-data")
        await self.clerk.sends(f"Bu {NAME}, di sebelah mana?")
        await self.clerk.taps("form.button.send")
        await self.zul.sends(WORDS["answer"])
        await self.zul.taps("form.button.skip")
        await self.zul.taps("form.button.send")
        for person, send in ((self.planner, "export.button.send"), (self.admin, None)):
            await person.sends("/ekspor")
            await person.taps("export.choice.complaints")
            for stage in ("year", "rt", "state"):
                if self.bot.phrase(f"export.choice.all.{stage}") in person.message_buttons():
                    await person.taps(f"export.choice.all.{stage}")
            if send is None:
                await person.taps("export.button.names")
                await person.taps("export.button.named")
            else:
                await person.taps(send)
            await self.bot.tasks_done()
            await self.bot.settles()


def bot_asks(person: Warga, key: str) -> bool:
    """Whether the last message asks that."""
    return person.bot.phrase(key).split("\n")[0] in person.sees


async def deletes(person: Warga, *, by_word: bool = False) -> None:
    """Ask for it, and say yes twice."""
    await person.sends("/hapus_data")
    await person.taps("erase.button.next")
    if by_word:
        await person.sends(" hapus ")
    else:
        await person.taps("erase.button.yes")


def left(bot: Bot) -> int:
    return len(bot.rows(select(task.c.id).where(task.c.kind == "erase")))


async def is_done(bot: Bot) -> None:
    """Wait until the slow work of the deletion is over."""
    await bot.until(lambda: left(bot) == 0, 20.0)
    await bot.settles()


def in_files(folder: Path) -> list[tuple[str, str]]:
    """Where one of the words still stands in a file of the bot: database, log, media, all."""
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found += [(path.name, word) for word in GONE if word.encode() in content]
    return found


def in_chats(bot: Bot, *people: Warga) -> list[tuple[str, str]]:
    """What people can still see of the bot's messages, buttons and files included."""
    found = []
    for person in people:
        for message in person.person.from_bot:
            said = json.dumps(message, ensure_ascii=False)
            for key in ("document", "voice"):
                if key in message:
                    stored = bot.simulator.world.files.by_id[message[key]["file_id"]]
                    said += stored.data.decode(errors="replace")
            found += [(person.person.human.name, word) for word in GONE if word in said]
    return found


def photos_in(*people: Warga) -> int:
    return sum("photo" in m or "voice" in m for p in people for m in p.person.from_bot)


def in_rows(url: str) -> list[tuple[str, str]]:
    """Every column that holds one of the words or the Telegram id."""
    engine, found = open_reader(url), []
    with engine.connect() as db:
        for table in metadata.sorted_tables:
            for row in db.execute(select(table)):
                for name, value in row._mapping.items():
                    said = json.dumps(value, default=str, ensure_ascii=False)
                    found += [
                        (f"{table.name}.{name}", word)
                        for word in (*GONE, str(NUMBER))
                        if word in said
                    ]
    engine.dispose()
    return found


# --- the promise ------------------------------------------------------------------------------


@pytest.mark.timeout(180)
@pytest.mark.parametrize("by_word", [True, False])
async def test_nothing_is_left_of_a_person(bot: Bot, log: Path, tmp_path: Path, by_word: bool):
    """Raw bytes of database and log, media, exports, and every chat but his own."""
    village = Village(bot)
    await village.lives()
    rows = in_rows(bot.settings.database.url)
    assert {word for _, word in rows} >= {*GONE, str(NUMBER)} - {WORDS["question"]}
    assert {word for _, word in in_chats(bot, *village.others)} >= {
        NAME, NEW_NAME, WORDS["landmark"], WORDS["description"], WORDS["added"], WORDS["joined"],
        WORDS["answer"], WORDS["wish"], WORDS["since"], WORDS["caption"],
    }  # fmt: skip
    assert photos_in(*village.others) > 5
    kept = len([p for p in (tmp_path / "media").rglob("*") if p.is_file()])
    assert kept >= 6
    await deletes(village.zul, by_word=by_word)
    assert village.zul.sees == bot.phrase("erase.done")
    await is_done(bot)
    assert in_rows(bot.settings.database.url) == []
    assert in_chats(bot, *village.others) == []
    assert photos_in(*village.others) == 0
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == []
    assert in_files(tmp_path) == []
    assert log.stat().st_size > 0
