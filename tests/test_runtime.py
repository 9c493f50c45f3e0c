"""The process itself: how it starts, what it refuses, how it stops, what it leaves in the log."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from conftest import TOKEN, Bot, Warga, picture, settings_for
from rig import another_bot, put_in_place, queue, row, stranger_to_nobody, text_to
from sqlalchemy import select

from jobs import clock, runtime, sender
from jobs.failures import WithoutToken
from jobs.lessons import Lessons
from jobs.reminders import Reminders
from simulator import Simulator
from storage.tables import inbox, outbox, task

ROOT = Path(__file__).resolve().parent.parent
WORDS = "rahasia-dari-siti"
LISTING = """
import sys
import bot
status = bot.main(sys.argv[1:])
print("\\n".join(sorted(sys.modules)))
sys.exit(status)
"""


class Process:
    """A bot as an operator runs it: `python bot.py …`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.id = process.pid

    @property
    def said(self) -> str:
        """Everything it wrote, on standard error and standard output."""
        return self._log.read_text()

    @property
    def sentences(self) -> list[str]:
        """What it wrote for the operator, without the log."""
        return [line for line in self.said.splitlines() if not line[:4].isdigit()]

    async def runs(self, seconds: float = 15.0) -> None:
        await self.until(lambda: "is running" in self.said, seconds)

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                assert self._process.returncode is None, self.said
                await asyncio.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ends(self, seconds: float = 20.0) -> int:
        """Wait for its end; gives the exit status."""
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def killed(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def started(folder: Path, *arguments: str, program: tuple[str, ...] = ("bot.py",)):
    """Start a program of the bot; it is gone afterwards."""
    log = folder / f"log-{time.monotonic_ns()}.txt"
    with log.open("w") as out:
        made = await asyncio.create_subprocess_exec(
            sys.executable, *program, *arguments, cwd=ROOT, stdout=out, stderr=out
        )
    process = Process(made, log)
    try:
        yield process
    finally:
        await process.killed()


def config(folder: Path, url: str, more: str = "", token: str = TOKEN) -> str:
    """A configuration file; gives its path."""
    path = folder / "config.toml"
    path.write_text(
        f"""
[telegram]
token = "{token}"
api_url = "{url}"
[database]
url = "sqlite:///{folder / "bantar.db"}"
[media]
folder = "{folder / "media"}"
{more}
"""
    )
    return str(path)


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path, lessons: Path) -> Path:
    """A folder with an empty, migrated database, and a bot that has learned to read."""
    put_in_place(tmp_path, empty_database)
    shutil.copytree(lessons, tmp_path / "media")
    return tmp_path


@pytest.fixture
async def plain() -> AsyncIterator[Simulator]:
    """A simulated Telegram for processes."""
    async with Simulator(token=TOKEN) as running:
        yield running


@pytest.fixture
def looker(plain: Simulator, folder: Path):
    """Looks into the database of a bot that runs in another process."""
    bot = Bot(plain, settings_for(folder, plain.url))
    yield bot
    bot.engine.dispose()


# --- starting and stopping --------------------------------------------------------------------


async def test_a_bot_stops_in_order_and_tells_no_secrets(
    plain: Simulator, looker: Bot, folder: Path
):
    """SIGTERM: what is in flight is finished; the log holds no token and nobody's words."""
    siti = looker.person(301)
    async with started(folder, "run", "--config", config(folder, plain.url)) as process:
        await process.runs()
        await siti.sends("/start")
        plain.faults.next("getUpdates", "status", code=502)
        plain.faults.next("sendMessage", "html")
        await siti.sends(f"/{WORDS}")
        plain.faults.next("sendMessage", "reset_after")
        await siti.sends(WORDS)

        plain.faults.next("sendMessage", "delay", seconds=1.0)
        before = len(siti.texts)
        await siti.person.sends("/bantuan")
        await looker.until(lambda: plain.faults.injected.get("delay") == 1)
        began = time.monotonic()
        process.send(signal.SIGTERM)
        assert await process.ends() == 0
        assert time.monotonic() - began < 5
        assert len(siti.texts) == before + 1
        last = looker.rows(select(outbox).order_by(outbox.c.id))[-1]
        assert (last.state, last.possibly_repeated) == ("sent", False)
        assert {r.state for r in looker.rows(select(inbox))} == {"done"}
        for secret in (TOKEN, TOKEN.split(":")[1], WORDS, "Traceback"):
            assert secret not in process.said
        assert "will be sent again: Unknown" in process.said  # it does say what happened


async def test_a_killed_bot_loses_and_doubles_nothing(plain: Simulator, looker: Bot, folder: Path):
    """kill -9 in the middle of work; the next process goes on."""
    people = [looker.person(300 + i) for i in range(15)]
    arguments = ("run", "--config", config(folder, plain.url))
    plain.faults.latency = 0.05
    async with started(folder, *arguments) as process:
        await process.runs()
        for person in people:
            await person.person.sends("/menu")
            await person.person.sends("/bantuan")
        await looker.until(lambda: sum(len(person.texts) for person in people) >= 5)
        process.send(signal.SIGKILL)
        assert await process.ends() == -signal.SIGKILL
    async with started(folder, *arguments) as process:
        await process.runs()
        await looker.until(lambda: looker.count(inbox) == 30)
        await looker.settles()
    assert [r.state for r in looker.rows(select(inbox))] == ["done"] * 30
    assert [r.state for r in looker.rows(select(outbox))] == ["sent"] * 30
    repeated = sum(r.possibly_repeated for r in looker.rows(select(outbox)))
    assert all(len(set(person.texts)) == 2 for person in people)
    assert sum(len(person.texts) for person in people) <= 30 + repeated


async def test_a_second_process_on_the_same_file_is_refused(plain: Simulator, folder: Path):
    """Two writers could damage the file: one sentence says so, for run and migrate alike."""
    path = config(folder, plain.url)
    async with started(folder, "run", "--config", path) as first:
        await first.runs()
        second = started(folder, "run", "--config", path)
        third = started(folder, "migrate", "--config", path)
        async with second as running, third as migrating:
            for late in (running, migrating):
                assert await late.ends() == 2
                (sentence,) = late.sentences
                assert sentence.startswith(f"{folder / 'bantar.db'} is in use by another")
        first.send(signal.SIGINT)
        assert await first.ends() == 0


async def test_a_running_bot_loads_only_what_it_needs(plain: Simulator, looker: Bot, folder: Path):
    """Migrations, PostgreSQL, charts and the simulator cost memory only where they are used."""
    siti = looker.person(301)
    arguments = ("run", "--config", config(folder, plain.url))
    async with started(folder, *arguments, program=("-c", LISTING)) as process:
        await process.runs()
        await siti.sends("/start")
        await siti.taps("consent.button.yes")
        process.send(signal.SIGTERM)
        assert await process.ends() == 0
        loaded = {line.split(".")[0] for line in process.sentences}
    assert {"aiohttp", "telegram", "sqlalchemy", "handlers"} <= loaded
    unwanted = {"alembic", "psycopg", "matplotlib", "numpy", "simulator", "aiogram", "tornado"}
    assert loaded & unwanted == set()


async def test_a_database_that_was_not_migrated_is_refused(plain: Simulator, tmp_path: Path):
    """No file, or a file of another shape: the sentence names the command that helps."""
    none, other = tmp_path / "none", tmp_path / "other"
    for folder in (none, other):
        folder.mkdir()
        config(folder, plain.url)
    with closing(sqlite3.connect(other / "bantar.db")) as db:
        db.execute("create table x (y)")
    first = started(none, "run", "--config", str(none / "config.toml"))
    second = started(other, "run", "--config", str(other / "config.toml"))
    async with first as without, second as strange:
        assert await without.ends() == 2
        (sentence,) = without.sentences
        assert sentence.endswith("bantar.db does not exist yet; run: python bot.py migrate")
        assert await strange.ends() == 2
        (sentence,) = strange.sentences
        assert sentence.startswith("the database is at revision none, this version needs ")
        assert sentence.endswith("; run: python bot.py migrate")


async def test_a_token_that_telegram_does_not_know_is_refused(plain: Simulator, folder: Path):
    """One sentence with the key to look at, nothing else, and not the token."""
    path = config(folder, plain.url, token="999999:WRONG-TOKEN")
    async with started(folder, "run", "--config", path) as process:
        assert await process.ends() == 2
        assert process.sentences == ["Telegram does not know this token; check telegram.token."]
        assert "WRONG" not in process.said


def test_a_token_in_a_log_record_is_removed():
    """Wherever it stands: libraries like to log whole addresses; an error is kind and place."""
    token = "123456789:AAE-fake_token_of_the_right_length"
    error = ValueError(f"cannot reach /bot{token}/getMe")
    record = logging.LogRecord(
        "x", logging.ERROR, __file__, 1, "GET %s", (f"/bot{token}/getMe",), (None, error, None)
    )
    assert WithoutToken().filter(record)
    told = logging.Formatter().format(record)
    assert told == "GET /bot<token>/getMe (ValueError)"


# --- check ------------------------------------------------------------------------------------


async def test_check_names_every_mistake_at_once(tmp_path: Path):
    """All keys in one run, with exit status 2; a secret is never repeated."""
    wrong = '[kelurahan]\ntimezone = "Jambi"\ncolour = "red"\n[[rt]]\nnumber = "5"\n'
    path = config(tmp_path, "not-a-url", wrong, token="no-token-at-all")
    async with started(tmp_path, "check", "--config", path) as process:
        assert await process.ends() == 2
        keys = [line.split(":")[0] for line in process.sentences]
        assert sorted(keys) == [
            "kelurahan.colour",
            "kelurahan.timezone",
            "rt.0.number",
            "telegram.api_url",
            "telegram.token",
        ]
        assert "no-token" not in process.said


async def test_check_of_a_good_installation_says_so(plain: Simulator, folder: Path):
    """Before the first start the database is no mistake: `run` says what makes it."""
    bare = folder / "bare"
    bare.mkdir()
    admins = "[staff]\nadmins = [99]"
    first = started(folder, "check", "--config", config(folder, plain.url, admins))
    second = started(bare, "check", "--config", config(bare, plain.url, admins))
    async with first as good, second as lacking:
        assert await good.ends() == 0
        assert good.sentences[-1] == "Everything is in order."
        assert await lacking.ends() == 0
        assert any("does not exist yet" in sentence for sentence in lacking.sentences)


# --- the same, inside one process -------------------------------------------------------------


async def test_no_network_at_the_start_is_waited_out(
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    """After a power cut the router comes back later than the computer."""
    monkeypatch.setattr(runtime, "RECONNECT_SECONDS", 0.05)
    port = int(simulator.url.rsplit(":", 1)[1])
    siti = simulator.person(301)
    await siti.sends("/menu")
    await simulator.stop()
    async with another_bot(simulator, folder) as bot:
        starting = asyncio.create_task(bot.start())
        await bot.until(lambda: caplog.text.count("no connection to Telegram (NotSent)") > 2)
        assert not starting.done()
        await simulator.start(port=port)
        await starting
        await bot.settles()
        assert len(siti.from_bot) == 1


async def test_a_bot_without_network_can_be_stopped(
    simulator: Simulator, folder: Path, caplog: pytest.LogCaptureFixture
):
    """It ends at once, not after the next try."""
    await simulator.stop()
    waiting = runtime.Runtime(settings_for(folder, simulator.url))
    running = asyncio.create_task(waiting.run())
    async with asyncio.timeout(5):
        while "no connection to Telegram" not in caplog.text:
            await asyncio.sleep(0.01)
    waiting.stop()
    await asyncio.wait_for(running, 2)


async def test_requests_that_hang_do_not_hold_up_the_end(
    simulator: Simulator, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """A download is begun anew, and a message whose outcome is unknown is sent again, marked."""
    monkeypatch.setattr(sender, "FINISH_SECONDS", 0.3)
    async with another_bot(simulator, folder) as bot:
        await bot.start()
        ani = stranger_to_nobody(bot, 701)
        siti = await _with_a_photo(bot)
        (only,) = await queue(bot, text_to(ani.id, "satu"))
        await bot.until(lambda: simulator.stats.requests["getFile"] >= 1)
        await bot.until(lambda: row(bot, only).state == "sending")
        began = time.monotonic()
        await bot.stop()
        assert time.monotonic() - began < 3.0
        assert row(bot, only).state in ("queued", "sending")
        assert [r.state for r in bot.rows(select(task))] == ["queued"]

        simulator.faults.clear()
        await bot.start()
        await bot.settles()
        await bot.tasks_done()
        assert ani.texts == ["satu"]
        assert row(bot, only).possibly_repeated is True
        assert siti.person.unanswered == []


async def test_a_tick_that_fails_is_named_and_tried_again(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The other ticks go on meanwhile, and the log has nobody's words."""
    tried, others = asyncio.Event(), asyncio.Event()
    times: list[int] = []

    async def fails(_: Reminders) -> None:
        times.append(1)
        if len(times) > 2:
            tried.set()
        raise ValueError(WORDS)

    async def goes_on(_: Lessons) -> None:
        if times:
            others.set()

    monkeypatch.setattr(clock, "DUE_SECONDS", 0.02)
    monkeypatch.setattr(Reminders, "tick", fails)
    monkeypatch.setattr(Lessons, "tick", goes_on)
    await bot.stop()
    await bot.start()
    async with asyncio.timeout(10.0):
        await tried.wait()
        await others.wait()
    assert "reminders failed, the next tick tries again: ValueError" in caplog.text
    assert WORDS not in caplog.text


async def _with_a_photo(bot: Bot) -> Warga:
    """A complaint whose photo hangs on its way into the media folder."""
    siti = bot.person(301)
    await siti.sends("/start")
    await siti.taps("consent.button.yes")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("/lapor")
    await siti.taps("complaint.kind.choice.blocked")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("parit mampet")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    bot.simulator.faults.next("getFile", "hang", times=9)
    await siti.taps("form.button.send")
    bot.simulator.faults.next("sendMessage", "hang", times=9)
    return siti
