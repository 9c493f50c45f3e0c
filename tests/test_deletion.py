"""/hapus_data: nothing of a person is left anywhere that the bot can reach."""

from __future__ import annotations

import asyncio
import json
import logging
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
from sqlalchemy import JSON, BigInteger, Column, Connection, String, select, update

from handlers import privacy
from jobs import erasure as slow_work
from jobs import tasks as loop
from jobs.failures import WithoutToken
from services import deletion as rules
from services.roles import Actor, Role
from simulator import Simulator
from storage import deletion, deletion_list, inbox, outbox, shown, tasks
from storage.database import open_reader
from storage.inbox import Received
from storage.outbox_words import Lane
from storage.tables import (
    audit,
    complaint,
    invite,
    metadata,
    occurrence,
    participation,
    resident,
    setting,
    task,
    ticket,
    ticket_event,
    ticket_media,
)
from storage.tables import inbox as updates_of
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
    "reply": "Walesanipun",
    "brought": "Gerobakanyar",
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
        await zul._then(zul.person.sends_document(picture(6), "IMG_6.png", ""))
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
        await self.zul.taps("contribution.button.mine")
        await self.zul.taps("aspiration.contributions.choice.tools")
        await self.zul.taps("form.button.continue")
        await self.zul.sends(WORDS["brought"])
        await self.zul.taps("form.button.send")
        await self.zul.taps("calendar.button.save")
        begun = update(occurrence).values(starts_at=datetime.now(UTC) - timedelta(hours=1))
        await writes(self.bot, lambda db: db.execute(begun))
        await self.zul.sends("/jadwal")
        await self.zul.taps("presence.button.claim")
        me = self.bot.rows(select(resident.c.id).where(resident.c.telegram_id == NUMBER))[0][0]
        for page in (f"claims:{number}:0", f"gifts:{number}:0", f"giver:{number}:{me}"):
            await self.clerk.sends("/kegiatan")
            open_ = self.clerk.person.from_bot[-1]["message_id"]
            await self.clerk.taps_data(open_, f"activity:{page}")
        await self.clerk.taps_data(open_, f"activity:give:{number}:{me}:tools:yes")
        await self.head.sends("/kegiatan")
        open_ = self.head.person.from_bot[-1]["message_id"]
        await self.head.taps_data(open_, f"activity:attend:{number}:0")
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
        await self._is_written_to(first.id)
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

    async def _is_written_to(self, ticket_id: int) -> None:
        """The clerk writes to him, he replies; his report is forwarded somewhere."""
        await self.clerk.taps_data(
            self.clerk.person.from_bot[-1]["message_id"], f"desk:write:{ticket_id}"
        )
        await self.clerk.sends(f"Bu {NAME}, kapan bisa ditemui?")
        await self.clerk.taps("form.button.send")
        await self.zul.taps("report.button.reply")
        await self.zul.sends(WORDS["reply"])
        await self.zul.sends_photo(picture(7))
        await self.zul.taps("form.button.continue")
        await self.zul.taps("form.button.send")
        await self.clerk.taps("desk.button.open")
        await self.clerk.taps("desk.button.move.diteruskan")
        await self.clerk.sends(f"Dinas, atas nama {NAME}")
        await self.clerk.sends(f"nomor {NAME}")
        await self.clerk.taps("form.button.skip")
        await self.clerk.taps("form.button.send")


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
        WORDS["answer"], WORDS["reply"], WORDS["wish"], WORDS["since"], WORDS["caption"],
        WORDS["brought"],
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


@pytest.mark.timeout(180)
async def test_nothing_is_left_in_postgresql(
    simulator: Simulator, tmp_path: Path, postgres_url: str, log: Path
):
    """The same where the database is a server: every column of every row."""
    url = {"database": {"url": postgres_url}, "limits": {"messages_per_minute": 1000}}
    running = Bot(simulator, settings_for(tmp_path, simulator.url, **url))
    await running.start()
    try:
        village = Village(running)
        await village.lives()
        assert {word for _, word in in_rows(postgres_url)} >= {NEW_NAME, WORDS["joined"]}
        await deletes(village.zul)
        await is_done(running)
        assert in_rows(postgres_url) == []
        assert in_chats(running, *village.others) == []
        assert photos_in(*village.others) == 0
        assert in_files(tmp_path) == []
    finally:
        await running.stop()
        running.engine.dispose()
    assert simulator.refusals == []


DIES = """
import os, signal, sys
import bot
from jobs.erasure import Erasures

async def do(self, task):
    os.kill(os.getpid(), signal.SIGKILL)

Erasures.do = do
sys.exit(bot.main(["run", "--config", sys.argv[1]]))
"""


@pytest.mark.timeout(180)
async def test_a_kill_after_the_commit_loses_nothing_of_it(bot: Bot, tmp_path: Path):
    """Killed before files, last answer and log were tidied: the next process does all of it."""
    village = Village(bot)
    await village.lives()
    await bot.stop()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[telegram]\ntoken = "{TOKEN}"\napi_url = "{bot.simulator.url}"\n'
        f'[database]\nurl = "{bot.settings.database.url}"\n'
        f'[media]\nfolder = "{tmp_path / "media"}"\n'
        '[[rt]]\nnumber = "03"\n[[rt]]\nnumber = "05"\n[staff]\nadmins = [99]\n'
        '[quiet]\nnight = ""\nfriday = ""\n[limits]\nmessages_per_minute = 1000\n'
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, str(config), cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    zul = village.zul.person
    await zul.sends("/hapus_data")
    await zul.waits_for(lambda person: button_in(person.messages[-1], "privacy:sure"), 20)
    await zul.taps(bot.phrase("erase.button.next"))
    await zul.waits_for(lambda person: button_in(person.messages[-1], "privacy:erase"), 20)
    await zul.taps(bot.phrase("erase.button.yes"))
    async with asyncio.timeout(20):
        assert await child.wait() == -signal.SIGKILL
    assert left(bot) == 1
    assert bot.rows(select(resident.c.id).where(resident.c.telegram_id == NUMBER)) == []
    assert list((tmp_path / "media").rglob("*.png")) != []
    assert in_files(tmp_path) != []
    await bot.start()
    await is_done(bot)
    assert village.zul.sees == bot.phrase("erase.done")
    assert in_files(tmp_path) == []
    assert in_rows(bot.settings.database.url) == []
    assert in_chats(bot, *village.others) == []
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == []
    # what was on its way when the process died is sent again: Telegram knows it already
    again = ("message is not modified", "message to delete not found")
    refused = [one.description for one in bot.simulator.refusals]
    assert [words for words in refused if not any(known in words for known in again)] == []
    bot.simulator.refusals.clear()


def button_in(message: dict[str, Any], data: str) -> bool:
    """Whether a message has a button that leads there."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return any(b["callback_data"].startswith(data) for row in rows for b in row)


# --- the list ---------------------------------------------------------------------------------


def may_hold_a_person(column: Column[Any]) -> bool:
    """Words, JSON, whole numbers as long as a Telegram id, references to residents."""
    if column.foreign_keys:
        return any(key.target_fullname == "resident.id" for key in column.foreign_keys)
    if column.name == "id" and column.primary_key and not isinstance(column.type, String):
        return False
    return isinstance(column.type, String | JSON | BigInteger)


def test_every_column_that_may_hold_a_person_is_in_the_list():
    """A new one fails here until storage/deletion_list.py says what happens to it."""
    known = [column for table in metadata.sorted_tables for column in table.columns]
    columns = {str(column) for column in known if may_hold_a_person(column)}
    assert columns - set(deletion_list.COLUMNS) == set()
    assert set(deletion_list.COLUMNS) - {str(column) for column in known} == set()
    assert len(columns) > 90


def test_an_id_that_was_deleted_is_not_given_again(db: Connection):
    """Old buttons, and the names of files that are still to be removed, speak of it."""
    first = resident_in(db, 1)
    assert first.resident is not None
    deletion.remove_resident(db, first.resident.id)
    second = resident_in(db, 2)
    assert second.resident is not None
    assert second.resident.id > first.resident.id
    row = complaint_in(db, second, photos=("a",))
    one, piece = deletion.media_of(db, second.resident.id), max(tasks.numbered(db, "download"))
    deletion.remove_media(db, one)
    complaint_in(db, second, photos=("b",))
    assert min(tasks.numbered(db, "download")) > piece
    assert min(deletion.media_of(db, second.resident.id)) > max(one)
    assert row.id


# --- what stays, and who may ------------------------------------------------------------------


async def test_a_ticket_stays_as_number_kind_place_and_state(bot: Bot, admin: Warga, siti: Warga):
    """Staff go on with it; the card says that its words were deleted."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends_location(-1.6, 103.6)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("parit mampet")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    before = bot.rows(select(ticket))[0]
    me = bot.rows(select(resident))[0]
    await deletes(siti)
    await is_done(bot)
    after = bot.rows(select(ticket))[0]
    assert (after.reporter_id, after.description, after.landmark) == (None, None, None)
    same = ("number", "type", "state", "rt", "latitude", "longitude", "created_at")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert bot.rows(select(complaint.c.kind, complaint.c.since)) == [("blocked", None)]
    assert bot.rows(select(ticket_event.c.kind, ticket_event.c.text)) == [("filed", None)]
    assert bot.rows(select(participation.c.person)) == [(me.pseudonym,)]
    assert bot.count(resident) == 0
    card = admin.person.from_bot[-1]
    assert before.number in card["text"]
    assert bot.phrase("ticket.erased") in card["text"]
    await admin.taps_data(card["message_id"], f"desk:move:{after.id}:{after.version}:diproses")
    assert bot.rows(select(ticket.c.state)) == [("diproses",)]


async def test_a_card_with_a_photo_gives_way_to_one_in_words(bot: Bot, admin: Warga, siti: Warga):
    """Only where somebody still has to do something about it."""
    await agrees(siti)
    for _ in range(2):
        await siti.sends_photo(picture(), "parit mampet di ujung gang")
        await siti.sends("entah di mana")
        if bot_asks(siti, "complaint.rt.question"):
            await siti.taps("form.choice.rt", number="03")
        while bot.phrase("form.button.skip") in siti.message_buttons():
            await siti.taps("form.button.skip")
        await siti.taps("form.button.send")
        if bot.phrase("similar.button.different") in siti.buttons:
            await siti.taps("similar.button.different")
    first, second = bot.rows(select(ticket).order_by(ticket.c.id))
    await siti.sends(f"/laporan {first.number}")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    assert photos_in(admin) == 2
    await deletes(siti)
    await is_done(bot)
    assert photos_in(admin) == 0
    cards = [text for text in admin.texts if bot.phrase("ticket.erased") in text]
    assert len(cards) == 1
    assert second.number in cards[0]
    last = admin.person.from_bot[-1]["message_id"]
    await admin.taps_data(last, f"desk:move:{second.id}:{second.version}:diproses")
    assert len([text for text in admin.texts if bot.phrase("report.state.diproses") in text]) >= 1


async def test_an_old_button_or_a_late_word_deletes_nothing(bot: Bot, siti: Warga):
    """Only the last question counts, and only for an hour; "tidak jadi" is heard."""
    await agrees(siti)
    await siti.sends("HAPUS")
    long_ago = int((datetime.now(UTC) - privacy.SURE).timestamp()) - 60
    last = siti.person.from_bot[-1]["message_id"]
    for value in (str(long_ago), "x", "", str(long_ago + 10**7)):
        await siti.taps_data(last, f"privacy:erase:{value}")
    assert bot.count(resident) == 1
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.keep")
    await siti.sends("/menu")
    await siti.sends("HAPUS")
    assert bot.count(resident) == 1
    assert left(bot) == 0


async def test_who_has_a_role_gives_it_back_first(bot: Bot, admin: Warga, siti: Warga):
    """Said kindly, and nothing is deleted; afterwards it goes, but for what staff did."""
    await agrees(siti)
    await becomes(siti, Role.STAFF)
    await siti.sends("/hapus_data")
    assert siti.sees == bot.phrase("erase.has_role")
    await admin.sends("/hapus_data")
    assert admin.sees == bot.phrase("erase.admin")
    with pytest.raises(rules.HasRole):
        await writes(bot, lambda db: rules.erase(db, Actor(301, Role.STAFF), datetime.now(UTC)))
    assert bot.count(resident) == 1


async def test_somebody_who_never_agreed_can_delete_too(bot: Bot, siti: Warga):
    """A draft and what is on its way is all there is."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("dekat Grompolsari")
    await deletes(siti)
    await is_done(bot)
    assert siti.sees == bot.phrase("erase.done")
    assert "draft.answers" not in {where for where, _ in in_rows(bot.settings.database.url)}
    assert in_rows(bot.settings.database.url) == []


async def test_who_comes_back_is_somebody_new(bot: Bot, siti: Warga):
    """Asked for consent again, with another random id; the old one leads nowhere."""
    await agrees(siti)
    [(before,)] = bot.rows(select(resident.c.pseudonym))
    await siti.sends("/bantar")
    await deletes(siti)
    await agrees(siti)
    await is_done(bot)
    assert bot.rows(select(resident.c.pseudonym)) != [(before,)]
    assert siti.sees == bot.phrase("home.thanks.rt", rt="03")


def test_an_audit_line_forgets_a_resident_and_keeps_staff(db: Connection):
    """What he did without a role, and lines about him; his acts as staff stay."""
    now = datetime.now(UTC)
    actor = resident_in(db, 77)
    assert actor.resident is not None
    lines = [
        {"actor": 77, "role": "resident", "act": "role.accept", "subject": "77", "detail": "x"},
        {"actor": 77, "role": "staff", "act": "ticket.move", "subject": "DRN-2026-0001"},
        {"actor": 99, "role": "admin", "act": "role.remove", "subject": "77", "detail": "staff"},
        {"actor": 99, "role": "admin", "act": "person.block", "subject": "DRN-2026-0002",
         "detail": f"resident {actor.resident.id}"},
    ]  # fmt: skip
    for line in lines:
        db.execute(audit.insert().values(at=now, **{"detail": None, **line}))
    db.execute(
        invite.insert().values(
            secret_hash="h", role="staff", rts=[], created_by=99, created_at=now, expires_at=now,
            used_by=77, used_at=now,
        )
    )  # fmt: skip
    db.execute(setting.insert().values(name="menu:77", value="resident"))
    assert rules.summary(db, actor).was_staff
    rules.erase(db, actor, now)
    query = select(audit.c.actor, audit.c.subject, audit.c.detail).order_by(audit.c.id)
    assert [tuple(row) for row in db.execute(query)] == [
        (deletion.ANONYMOUS, None, "x"),
        (77, "DRN-2026-0001", None),
        (99, None, "staff"),
        (99, "DRN-2026-0002", None),
    ]
    assert list(db.scalars(select(invite.c.used_by))) == [None]
    assert "menu:77" not in list(db.scalars(select(setting.c.name)))


# --- messages in other chats ------------------------------------------------------------------


def test_only_what_a_message_shows_now_is_covered(db: Connection):
    """A screen that shows something else meanwhile is left alone; one on its way is done later."""
    now = datetime.now(UTC)
    me = resident_in(db, 5).resident
    assert me is not None

    def sent(
        chat: int, text_: str, message_id: int, *, him: bool, method: str = "sendMessage"
    ) -> int:
        params = {"chat_id": chat, "text": text_}
        row = outbox.add(db, outbox.Message(chat, method, params), now)
        outbox.sent(db, [outbox.Result(row, (message_id,))], now)
        if him:
            shown.note(db, row, [me.id])
        return row

    sent(8, "list with him", 1, him=True)
    sent(8, "another list", 1, him=False, method="editMessageText")
    current = sent(8, "ticket of him", 2, him=True)
    waiting = outbox.add(db, outbox.Message(9, "sendMessage", {"chat_id": 9, "text": "him"}), now)
    shown.note(db, waiting, [me.id, me.id])
    rows = shown.rows_of(db, me.id, [], 5)
    newest = shown.newest(db, 8, {1, 2}, since=rows[0].id)
    assert current in newest
    assert rows[0].id not in newest
    shown.give_up(db, [row.id for row in rows])
    shown.empty(db, [row.id for row in rows])
    bodies = dict(tuple(r) for r in db.execute(select(messages.c.id, messages.c.params)))
    assert [bodies[row.id] for row in rows] == ["", "", ""]
    states = dict(tuple(r) for r in db.execute(select(messages.c.id, messages.c.state)))
    assert states[waiting] == "failed"


async def test_an_export_in_the_making_is_begun_anew(
    bot: Bot, admin: Warga, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """What was read before somebody was deleted never leaves."""
    from jobs import exports as making

    await agrees(siti)
    await files(siti, words="parit Blekutukwati")
    gate, held = asyncio.Event(), asyncio.Event()
    real = making.Exports._write

    async def write(self: Any, request: Any, path: Path) -> Any:
        made = await real(self, request, path)
        held.set()
        await gate.wait()
        return made

    monkeypatch.setattr(making.Exports, "_write", write)
    monkeypatch.setattr(loop, "RETRY_AFTER", (timedelta(seconds=0.02),) * 5)
    monkeypatch.setattr(loop, "AT_ONCE", 4)
    await admin.sends("/ekspor")
    await admin.taps("export.choice.complaints")
    for stage in ("year", "rt", "state"):
        if bot.phrase(f"export.choice.all.{stage}") in admin.message_buttons():
            await admin.taps(f"export.choice.all.{stage}")
    await admin.taps("export.button.send")
    await bot.until(held.is_set)
    await deletes(siti)
    gate.set()
    await bot.tasks_done()
    await bot.settles()
    await bot.until(lambda: any("document" in m for m in admin.person.from_bot))
    assert in_chats(bot, admin) == []


async def test_an_export_is_taken_back_once(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Whoever deletes his data next finds it gone: nothing is deleted or told a second time."""
    for person, rt in ((siti, "03"), (budi, "05")):
        await agrees(person)
        await files(person, rt=rt)
    assert bot.count(ticket) == 2
    await admin.sends("/ekspor")
    await admin.taps("export.choice.complaints")
    for stage in ("year", "rt", "state"):
        if bot.phrase(f"export.choice.all.{stage}") in admin.message_buttons():
            await admin.taps(f"export.choice.all.{stage}")
    await admin.taps("export.button.send")
    await bot.until(lambda: any("document" in m for m in admin.person.from_bot))
    for person in (siti, budi):
        await deletes(person)
        await is_done(bot)
    gone = bot.phrase("erase.export_gone")
    assert sum(gone == m.get("text") for m in admin.person.from_bot) == 1
    taken_back = select(messages.c.id).where(messages.c.method == "deleteMessage")
    assert len(bot.rows(taken_back)) == 1


async def test_a_download_that_ends_too_late_leaves_no_file(
    bot: Bot, admin: Warga, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Its row is gone, so its file goes as well."""
    from jobs import downloads

    gate, held = asyncio.Event(), asyncio.Event()
    await agrees(siti)
    keep, written = downloads.keep_file, []

    def keep_file(path: Path, content: bytes) -> None:
        keep(path, content)
        written.append(path)
        asyncio.run_coroutine_threadsafe(pause(), main).result(20)

    main = asyncio.get_running_loop()

    async def pause() -> None:
        held.set()
        await gate.wait()

    monkeypatch.setattr(downloads, "keep_file", keep_file)
    await fills_in(siti)
    await siti.taps("complaint.photos.button.edit")
    await siti.sends_photo(picture(9))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await bot.until(held.is_set)
    await deletes(siti)
    assert bot.count(ticket_media) == 0
    gate.set()
    await is_done(bot)
    await bot.until(lambda: not any(path.exists() for path in written))


async def test_a_photo_that_is_too_old_to_delete(bot: Bot, admin: Warga, siti: Warga):
    """Its words go; whoever has it is asked to delete the picture by hand, once."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet di ujung gang")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("pojok Grompolsari")
    await siti.taps("form.button.send")
    [photo] = [m for m in admin.person.from_bot if "photo" in m]
    old = update(messages).where(messages.c.method == "sendPhoto")
    await writes(
        bot, lambda db: db.execute(old.values(sent_at=datetime.now(UTC) - timedelta(hours=50)))
    )
    await deletes(siti)
    await is_done(bot)
    [same] = [m for m in admin.person.from_bot if "photo" in m]
    assert same["message_id"] == photo["message_id"]
    assert bot.phrase("ticket.erased") in same["caption"]
    asked = [m for m in admin.person.from_bot if m.get("text") == bot.phrase("erase.by_hand")]
    assert [m["reply_to_message"]["message_id"] for m in asked] == [photo["message_id"]]
    assert in_chats(bot, admin) == []


def test_taps_that_failed_for_good_lose_their_words(db: Connection):
    """A tap brings the tapped text along, also in the dead letter of a colleague."""
    now = datetime.now(UTC)
    bodies = ['{"callback_query":{"message":{"text":"Blekutukwati"}}}', '{"message":{"text":"x"}}']
    updates = [Received(number, 8, body) for number, body in enumerate(bodies, start=1)]
    for update_ in updates:
        inbox.add(db, [update_], now)
        [head] = inbox.heads(db, now=now)
        inbox.bury(db, head.id, "KeyError")
    rules.erase(db, resident_in(db, 5), now)
    assert list(db.scalars(select(updates_of.c.body).order_by(updates_of.c.id))) == [
        "", bodies[1],
    ]  # fmt: skip


async def test_tidying_is_tried_until_it_is_done(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Other work is given up some day; this was promised."""
    monkeypatch.setattr(loop, "RETRY_AFTER", (timedelta(seconds=0.01),) * 3)
    failures = [OSError(5, "Input/output error")] * 6
    real = slow_work._remove_files

    def remove_files(folder: Path, payload: dict[str, Any]) -> None:
        if failures:
            raise failures.pop()
        real(folder, payload)

    monkeypatch.setattr(slow_work, "_remove_files", remove_files)
    await agrees(siti)
    await deletes(siti)
    await is_done(bot)
    assert failures == []


async def test_a_card_that_was_just_being_changed_is_emptied_afterwards(
    bot: Bot, admin: Warga, siti: Warga
):
    """A change with old words that was on its way may arrive last: the slow work comes after it."""
    await agrees(siti)
    await files(siti, words="parit Blekutukwati")
    [card] = bot.rows(select(messages.c.id, messages.c.message_id).where(messages.c.chat_id == 99)
                      .order_by(messages.c.id.desc()).limit(1))  # fmt: skip
    params = {"chat_id": 99, "text": "Blekutukwati", "message_id": card.message_id}

    def on_its_way(db: Connection) -> int:
        notice = Lane.NOTICE
        late = outbox.Message(99, "editMessageText", params, notice, edits_id=card.id)
        row = outbox.add(db, late, datetime.now(UTC))
        shown.note(db, row, list(db.scalars(select(resident.c.id))))
        db.execute(update(messages).where(messages.c.id == row).values(state="sending"))
        return row

    row = await writes(bot, on_its_way)
    await siti.person.sends("/hapus_data")
    await siti.person.waits_for(lambda p: button_in(p.messages[-1], "privacy:sure"))
    await siti.person.taps(bot.phrase("erase.button.next"))
    await siti.person.waits_for(lambda p: button_in(p.messages[-1], "privacy:erase"))
    await siti.person.taps(bot.phrase("erase.button.yes"))
    await siti.person.waits_for(lambda p: p.messages[-1]["text"] == bot.phrase("erase.done"))
    await bot.until(lambda: bot.phrase("ticket.erased") in admin.texts[-1])
    assert left(bot) == 1
    bot.simulator.world.chats[99].messages[card.message_id]["text"] = "Blekutukwati"
    arrived = update(messages).where(messages.c.id == row)
    sent = arrived.values(state="sent", message_id=card.message_id)
    await writes(bot, lambda db: db.execute(sent))
    await is_done(bot)
    assert in_chats(bot, admin) == []
    assert in_rows(bot.settings.database.url) == []
    assert bot.phrase("ticket.erased") in admin.texts[-1]
    assert bot.phrase("desk.button.open") in admin.buttons
