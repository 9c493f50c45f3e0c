"""Tells systemd that the bot lives, and only as long as it gets on with its work.

Every loop reports when it goes round. systemd hears of it only if all of them did in time, and
if the database answered a write; else it ends the process and starts a new one. An outage of the
network, a full disk or a database server that is away are no reasons: the loops go round when
requests fail, and a new process would do no better.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from storage import Connection, settings
from storage.database import Database

log = logging.getLogger("watchdog")
SECONDS = {  # the longest that a loop may take for a round, with everything slow but well
    "intake": 120.0,  # a long poll of 25 + 10, a pause of 30 after a failure
    "worker": 60.0,
    "sender": 60.0,
    "tasks": 1800.0,  # a round ends with its slowest download
    "clock": 300.0,  # it ticks every twenty seconds; tidying up may take its time
    "reload": 60.0,  # it reads a few small files
    "broadcasts": 60.0,
}
UNIT_SECONDS = 60.0  # for one update
ROUNDS = 4  # looks within the time that systemd allows
DEFAULT_USEC = 120_000_000
CONNECTING_SECONDS = 60  # systemd waits so much longer after each try to reach Telegram


class Pulse:
    """When each loop last went round, and what is being worked on since when."""

    def __init__(self) -> None:
        self._beats: dict[str, float] = {}
        self._begun: dict[object, float] = {}

    def beat(self, loop: str) -> None:
        """A loop goes round."""
        self._beats[loop] = time.monotonic()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A unit of work is under way; one that never ends is a stall."""
        mark = object()
        self._begun[mark] = time.monotonic()
        try:
            yield
        finally:
            del self._begun[mark]

    def have_begun(self, loops: Collection[str]) -> bool:
        """Whether each of the loops has gone round at least once."""
        return self._beats.keys() >= set(loops)

    def stalled(self, loops: Collection[str]) -> list[str]:
        """Names of the loops that have not gone round in their time."""
        now = time.monotonic()
        late = [n for n in loops if now - self._beats.get(n, -SECONDS[n]) >= SECONDS[n]]
        hangs = any(now - begun >= UNIT_SECONDS for begun in self._begun.values())
        return [*late, "a unit of work"] if hangs else late


async def watch(database: Database, pulse: Pulse, loops: Collection[str]) -> None:
    """Tell systemd once that all loops run, then again and again as long as they do."""
    if "NOTIFY_SOCKET" not in os.environ:
        return
    seconds = int(os.environ.get("WATCHDOG_USEC", DEFAULT_USEC)) / 1e6 / ROUNDS
    while not pulse.have_begun(loops):
        await asyncio.sleep(0.05)
    word = "READY=1"
    while True:
        status, late = "running", pulse.stalled(loops)
        try:
            async with asyncio.timeout(seconds):
                await _touch(database)
        except TimeoutError:
            late.append("the database")
        except Exception as error:  # full, or away: a new process would find it no better
            status = f"the database refuses to work ({type(error).__name__})"
            log.error(status)
        if late:
            log.error("no sign of life is given, because of: %s", ", ".join(late))
        else:
            notify(f"{word}\nSTATUS={status}")
            word = "WATCHDOG=1"
        await asyncio.sleep(seconds)


async def _touch(database: Database) -> None:
    """Write the time and read it back."""
    now = datetime.now(UTC).isoformat()

    def put(db: Connection) -> None:
        settings.put(db, "pulse", now)

    await database.write(put)
    if await database.read(lambda db: settings.get(db, "pulse")) != now:
        raise LookupError("what was written cannot be read")


def connecting() -> None:
    """Tell systemd that the start takes longer because Telegram cannot be reached."""
    notify(
        "STATUS=no connection to Telegram, trying again\n"
        f"EXTEND_TIMEOUT_USEC={CONNECTING_SECONDS * 1_000_000}"
    )


def notify(state: str) -> None:
    """Send a word to systemd, if it started us; a failure is logged and harmless."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a socket without a file
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            sock.sendto(state.encode(), address)
    except OSError as error:
        log.warning("systemd cannot be told: %s", error.strerror)


async def answers(address: tuple[str, int]) -> bool:
    """Whether our own web server answers a request, in a few seconds."""
    try:
        async with asyncio.timeout(5.0):
            reader, writer = await asyncio.open_connection(*address)
            try:
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                return (await reader.readline()).startswith(b"HTTP/")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
