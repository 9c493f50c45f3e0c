"""The sign of life: given while the loops get on with their work, and not a moment longer."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Bot, settings_for
from rig import another_bot, put_in_place

from jobs import dispatch, runtime, watchdog
from jobs.worker import Worker
from simulator import Simulator

ALIVE, READY = "WATCHDOG=1\nSTATUS=running", "READY=1\nSTATUS=running"
LOOK = 0.05  # seconds between the looks, here
MANY = 4  # signs of life that show that it goes on


class Systemd:
    """The other end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listens(self) -> list[str]:
        """Everything that was said so far."""
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def alive(self) -> int:
        """How many signs of life were given."""
        return self.listens().count(ALIVE)

    async def hears(self, signs: int = MANY) -> None:
        """Wait for so many more signs of life."""
        wanted = self.alive() + signs
        async with asyncio.timeout(10):
            while self.alive() < wanted:
                await asyncio.sleep(0.01)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Systemd]:
    """systemd with a socket that has a file or not; it wants a sign every 0.2 seconds."""
    kind = getattr(request, "param", "file")
    address = f"@bantar-{tmp_path.name}" if kind == "abstract" else str(tmp_path / "notify")
    made = Systemd(address.replace("@", "\0", 1))
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", str(int(LOOK * watchdog.ROUNDS * 1e6)))
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path) -> Path:
    put_in_place(tmp_path, empty_database)
    return tmp_path


async def falls_silent(caplog: pytest.LogCaptureFixture, systemd: Systemd, cause: str) -> None:
    """Wait until the bot says in its log why it gives no sign; then no sign comes any more."""
    async with asyncio.timeout(10):
        while f"no sign of life is given, because of: {cause}" not in caplog.text:
            await asyncio.sleep(0.01)
    before, looks = systemd.alive(), caplog.text.count("no sign of life")
    async with asyncio.timeout(10):
        while caplog.text.count("no sign of life") < looks + MANY:
            await asyncio.sleep(0.01)
    assert systemd.alive() == before


@pytest.mark.parametrize("systemd", ["file", "abstract"], indirect=True)
async def test_a_bot_that_works_says_so_from_its_start_to_its_end(
    simulator: Simulator, folder: Path, systemd: Systemd
):
    """First that it is ready, then signs of life, at last that it stops; nothing else."""
    async with another_bot(simulator, folder) as bot:
        await bot.start()
        siti = bot.person(301)
        await siti.sends("/start")
        await systemd.hears()
        await bot.stop()
        heard = systemd.listens()
    assert heard[0] == READY
    assert heard[-1] == "STOPPING=1"
    assert set(heard[1:-1]) == {ALIVE}


async def test_a_bot_that_listens_to_a_webhook_says_so_too(
    simulator: Simulator, folder: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
):
    """Its intake goes round as long as its own web server answers."""
    monkeypatch.setattr("jobs.intake.KNOCK_SECONDS", LOOK)
    monkeypatch.setitem(watchdog.SECONDS, "intake", 20 * LOOK)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    telegram = {
        "token": "123456:TEST",
        "api_url": simulator.url,
        "mode": "webhook",
        "webhook": {"url": f"http://127.0.0.1:{port}/t", "secret": "x" * 20, "port": port},
    }
    async with another_bot(simulator, folder, telegram=telegram) as bot:
        await bot.start()
        await systemd.hears(40)  # longer than the intake may be silent
        await bot.stop()
    assert not await watchdog.answers(("127.0.0.1", port))


async def test_a_handler_that_hangs_ends_the_signs_of_life(
    simulator: Simulator, folder: Path, systemd: Systemd,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    """It holds the only thread that writes: nothing can be answered; then it goes on."""
    release = threading.Event()
    handles = dispatch.run_unit

    def hangs(*arguments: Any) -> None:
        release.wait(30)
        handles(*arguments)

    async with another_bot(simulator, folder) as bot:
        await bot.start()
        await systemd.hears()
        monkeypatch.setattr(dispatch, "run_unit", hangs)
        await bot.person(301).person.sends("/start")
        try:
            await falls_silent(caplog, systemd, "the database")
        finally:
            release.set()
        await systemd.hears()


async def test_a_loop_that_hangs_ends_the_signs_of_life(
    simulator: Simulator, folder: Path, systemd: Systemd,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    """The database answers, but the worker does not come back from a look into the inbox."""
    release = asyncio.Event()
    look = Worker._begin

    async def hangs(self: Worker) -> bool:
        await release.wait()
        return await look(self)

    async with another_bot(simulator, folder) as bot:
        await bot.start()
        await systemd.hears()
        monkeypatch.setitem(watchdog.SECONDS, "worker", 2.0)
        monkeypatch.setattr(Worker, "_begin", hangs)
        try:
            await falls_silent(caplog, systemd, "worker")
        finally:
            release.set()
        await systemd.hears()


async def test_an_outage_of_the_network_is_no_stall(
    simulator: Simulator, folder: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
):
    """Starting a process anew brings no network back."""
    monkeypatch.setattr("jobs.intake.LONGEST_BACK_OFF", LOOK)
    async with another_bot(simulator, folder) as bot:
        await bot.start()
        await systemd.hears()
        await simulator.stop()  # which ends the long poll: only now is so short a limit right
        monkeypatch.setitem(watchdog.SECONDS, "intake", 20 * LOOK)
        await systemd.hears(40)  # longer than the intake may be silent


async def test_a_database_that_refuses_is_no_stall_and_is_told(
    simulator: Simulator, folder: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
):
    """A full disk: a new process would do no better, and might give up for good."""

    def refuses(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    told = "WATCHDOG=1\nSTATUS=the database refuses to work (OperationalError)"
    async with another_bot(simulator, folder) as bot:
        await bot.start()
        await systemd.hears()
        with monkeypatch.context() as full:
            full.setattr(watchdog.settings, "put", refuses)
            async with asyncio.timeout(10):
                while systemd.listens().count(told) < MANY:
                    await asyncio.sleep(0.01)
        await systemd.hears()


async def test_a_start_without_network_asks_for_time(
    simulator: Simulator, folder: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
):
    """systemd must not give up on a bot that waits for its router."""
    monkeypatch.setattr(runtime, "RECONNECT_SECONDS", 0.05)
    await simulator.stop()
    waiting = runtime.Runtime(settings_for(folder, simulator.url))
    running = asyncio.create_task(waiting.run())
    async with asyncio.timeout(10):
        while len(systemd.listens()) < 2:
            await asyncio.sleep(0.01)
    waiting.stop()
    await running
    assert all("EXTEND_TIMEOUT_USEC=60000000" in words for words in systemd.heard)


async def test_without_systemd_nothing_is_written_for_it(bot: Bot):
    """Neither a row nor a word, and no loop that wakes for nobody."""
    await bot.person(301).sends("/start")
    names = {task.get_coro().__name__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert "watch" not in names


def test_work_that_never_ends_is_a_stall(monkeypatch: pytest.MonkeyPatch):
    """On PostgreSQL a unit that hangs leaves all loops running."""
    now = 1000.0
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: now)
    pulse = watchdog.Pulse()
    assert not pulse.have_begun(["worker"])
    pulse.beat("worker")
    assert pulse.have_begun(["worker"])
    with pulse.busy():
        now += watchdog.UNIT_SECONDS - 1
        pulse.beat("worker")
        assert pulse.stalled(["worker"]) == []
        now += 1
        assert pulse.stalled(["worker"]) == ["a unit of work"]
    assert pulse.stalled(["worker"]) == []
    now += watchdog.SECONDS["worker"]
    assert pulse.stalled(["worker"]) == ["worker"]
