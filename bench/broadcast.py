"""One announcement to thousands under Telegram's limits: nobody missed, nobody held up, kills."""

from __future__ import annotations

import argparse
import asyncio
import html
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.audience import PATIENCE, WORDS, announce, write
from bench.crash import MODES, SENDING
from bench.processes import TOKEN, free_port, migrate, start_bot, write_config
from bench.reply import percentile
from bench.verdict import EXPECTED, FAILURE, Promise
from content import phrases
from handlers import announcement_view as view
from simulator import Simulator
from simulator.faults import Faults
from simulator.limits import Limits
from storage.announcements import DONE, Tally

LATENCY = 0.1  # seconds of a round trip
ADMIN, FIRST, FIRST_WRITER = 99, 10_000, 900_000
BLOCKED = 0.03  # of the recipients
SETTLE = 5.0  # seconds after a start that are not measured
WRITERS, CALM_REPLIES = 5, 40
QUIET_PART = (0.02, 0.45)  # shares sent; between them nobody kills, and it is measured
KILLED_PART = (0.45, 0.9)
GOAL_RATE, GOAL_P95 = 27.0, 2.0


@dataclass
class Seen:
    """What was measured."""

    sends_in_flight: int = 0  # rows in state "sending" right after the kills
    kills: int = 0
    rate: float = 0.0  # send and edit requests a second in the part without kills
    delivered_rate: float = 0.0
    cpu: float = 0.0  # milliseconds of the bot per message in that part
    calm: list[float] = field(default_factory=list)  # replies before it all, round trips
    delays: list[float] = field(default_factory=list)  # replies meanwhile, round trips
    others: int = 0
    deaths: list[str] = field(default_factory=list)
    memory: float = 0.0  # MB, at its peak
    seconds: float = 0.0  # from the confirmation to the result


class Bench:
    """The simulator with its people in this process, the bot in another one."""

    def __init__(self, options: argparse.Namespace, folder: Path, simulator: Simulator) -> None:
        self.options = options
        self.simulator = simulator
        self.random = random.Random(options.seed)
        self.words = phrases.load()
        self.seen = Seen()
        self.log = folder / "bot.log"
        self.database = folder / "bantar.db"
        self.config = write_config(folder, simulator.url, options.mode, free_port(), admin=ADMIN)
        self.measuring: list[float] | None = self.seen.calm
        migrate(self.config)
        self.people = [
            simulator.person(FIRST + n, f"Warga {n}") for n in range(options.recipients)
        ]
        for person in self.people:
            person.chat.started = True
        self.blocked = set(self.random.sample(self.people, int(options.recipients * BLOCKED)))
        for person in self.blocked:
            person.chat.blocked = True
        self._add_residents()
        self.bot = start_bot(self.config, self.log)

    def _add_residents(self) -> None:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        rows = [(p.id, "Warga", "03", "rt", f"p{p.id}", 2, now, False) for p in self.people]
        columns = "telegram_id, name, rt, home, pseudonym, consent_version, consent_at, blocked"
        with closing(sqlite3.connect(self.database)) as db, db:
            db.executemany(f"INSERT INTO resident ({columns}) VALUES (?,?,?,?,?,?,?,?)", rows)

    def ask(self, query: str) -> Any:
        """The only row of a query, from a connection that cannot write."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchone()

    def tell(self, seconds: float, was_killed: bool) -> None:
        """A writer got his answer."""
        if self.measuring is not None and not was_killed:
            self.measuring.append(seconds / LATENCY)
        else:
            self.seen.others += 1

    def writer(self, number: int) -> Coroutine[Any, Any, None]:
        """One person who writes now and then."""
        person = self.simulator.person(FIRST_WRITER + number, f"Penulis {number}")
        chance = random.Random(f"{self.options.seed}-{number}")
        return write(person, chance, lambda: self.seen.kills, self.tell)

    # Kills

    def kill(self) -> None:
        """SIGKILL, count what was in flight, start again."""
        if not self.bot.runs:
            self.seen.deaths.append(f"exit status {self.bot.child.returncode}")
        self.seen.memory = max(self.seen.memory, self.bot.memory()[1] if self.bot.runs else 0)
        self.bot.kill()
        self.seen.kills += 1
        self.seen.sends_in_flight += self.ask(SENDING)[1]
        self.bot = start_bot(self.config, self.log)

    async def until(self, condition: Callable[[], bool], pause: float = 0.02) -> None:
        """Look until it is so."""
        until = time.monotonic() + PATIENCE + self.options.recipients / 10
        while not condition():
            if time.monotonic() > until or not self.bot.runs:
                raise TimeoutError(f"the bot does not go on; see {self.log}")
            await asyncio.sleep(pause)

    def requests(self, *kinds: str) -> int:
        """Requests so far of methods that begin so."""
        counted = self.simulator.stats.requests
        return sum(count for method, count in counted.items() if method.startswith(kinds))

    async def kill_while_queueing(self) -> None:
        """The first kill: some recipients are in the outbox, others are not."""
        query = "SELECT cursor, queued_at FROM announcement"
        await self.until(lambda: bool((self.ask(query) or (0,))[0]), 0.001)
        cursor, queued_at = self.ask(query)
        print(f"first kill: queued up to resident {cursor}, all queued: {queued_at is not None}")
        self.kill()

    async def measure(self) -> None:
        """The part without kills: messages a second, and how long replies take."""
        await asyncio.sleep(SETTLE)
        start, end = (share * self.options.recipients for share in QUIET_PART)
        await self.until(lambda: self.requests("send") >= start)
        self.measuring, began = self.seen.delays, time.monotonic()
        requests, sent = self.requests("send", "edit"), self.simulator.stats.messages
        cpu = self.bot.cpu()
        await self.until(lambda: self.requests("send") >= end)
        self.measuring, seconds = None, time.monotonic() - began
        requests = self.requests("send", "edit") - requests
        self.seen.rate, self.seen.cpu = (
            requests / seconds,
            (self.bot.cpu() - cpu) / requests * 1000,
        )
        self.seen.delivered_rate = (self.simulator.stats.messages - sent) / seconds
        print(f"without kills: {self.seen.rate:.2f} messages/s for {seconds:.0f} s", flush=True)

    async def run(self) -> None:
        """Announce, kill, measure, kill, and wait for the result."""
        self.simulator.faults.latency = LATENCY
        writing = [asyncio.create_task(self.writer(number)) for number in range(WRITERS)]
        admin = self.simulator.person(ADMIN, "Admin")
        await asyncio.sleep(SETTLE)  # the first answers wait for the bot to start
        self.seen.calm.clear()
        await self.until(lambda: len(self.seen.calm) >= CALM_REPLIES)
        self.measuring = None
        await announce(admin, self.words, len(self.people))
        began = time.monotonic()
        if self.options.kills:
            await self.kill_while_queueing()
        await self.measure()
        low, high = (share * self.options.recipients for share in KILLED_PART)
        for at in sorted(self.random.uniform(low, high) for _ in range(self.options.kills - 1)):
            await self.until(lambda at=at: self.requests("send") >= at)
            self.kill()
        await self.until(lambda: self.ask("SELECT finished_at FROM announcement")[0] is not None)
        self.seen.seconds = time.monotonic() - began
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"
        await self.until(lambda: self.ask(waiting)[0] == 0)
        self.seen.memory = max(self.seen.memory, self.bot.memory()[1])
        self.bot.stop()
        if self.bot.child.returncode:
            self.seen.deaths.append(f"exit status {self.bot.child.returncode}")

    # Promises

    def promises(self) -> list[Promise]:
        """What must hold at the end."""
        head = html_free(self.words.text("announcement.message", kelurahan="Beringin", text=WORDS))
        got = Counter(
            person for person in self.people for m in person.from_bot if m.get("text") == head
        )
        reachable = [person for person in self.people if person not in self.blocked]
        doubled = sum(count - 1 for count in got.values())
        allowed, stats = self.seen.sends_in_flight, self.simulator.stats
        p95 = percentile(self.seen.delays, 0.95) if self.seen.delays else float("nan")
        failed = {"bot was blocked by the user": len(self.blocked)} if self.blocked else {}
        report = view.result(self.words, DONE, Tally(0, len(reachable), failed))
        shown = [m.get("text") for m in self.simulator.person(ADMIN).from_bot]
        counted = self.ask(
            "SELECT coalesce(sum(state = 'sent'), 0), coalesce(sum(error LIKE '%blocked%'), 0)"
            " FROM outbox WHERE announcement_id = 1"
        )
        away = self.ask("SELECT count(*) FROM resident WHERE inactive IS NOT NULL")[0]
        refused = [
            r for r in self.simulator.refusals
            if r.code != 403 and not EXPECTED.search(r.description)
        ]  # fmt: skip
        expected = (len(reachable), len(self.blocked))
        return [
            _none(f"missed, of {len(reachable)}", sum(got[p] == 0 for p in reachable)),
            (f"doubled, allowed {allowed}", doubled, doubled <= allowed),
            _none("sent to those who blocked the bot", sum(got[p] for p in self.blocked)),
            ("counted as sent, as blocked", counted, tuple(counted) == expected),
            ("made inactive", away, away == len(self.blocked)),
            ("report to the sender", "right", html_free(report) in shown),
            (f"messages/s without kills, goal {GOAL_RATE}", f"{self.seen.rate:.2f}",
             self.seen.rate >= GOAL_RATE),
            _none("429", stats.too_many),
            (f"reply p95, round trips, goal {GOAL_P95}", f"{p95:.2f}", p95 <= GOAL_P95),
            _none("requests that Telegram refuses", len(refused)),
            _none("starts and ends with an error", len(self.seen.deaths)),
            _none("failures in the log", len(FAILURE.findall(self.log.read_text()))),
        ]  # fmt: skip

    def show(self) -> bool:
        """Print the figures; whether every promise was kept."""
        seen, delays = self.seen, self.seen.delays
        p50, p99 = (percentile(delays, s) if delays else float("nan") for s in (0.5, 0.99))
        rows = [
            ("recipients, of these blocked", f"{len(self.people)}, {len(self.blocked)}"),
            ("kills, sends in flight at them", f"{seen.kills}, {seen.sends_in_flight}"),
            ("confirmation to result, s", f"{seen.seconds:.0f}"),
            ("delivered messages/s without kills", f"{seen.delivered_rate:.2f}"),
            ("CPU per message, ms", f"{seen.cpu:.1f}"),
            ("most messages in a second", self.simulator.stats.max_per_second),
            ("replies measured, others", f"{len(delays)}, {seen.others}"),
            ("reply p50, p99, round trips", f"{p50:.2f}, {p99:.2f}"),
            ("reply p95 before it all, round trips", f"{percentile(self.seen.calm, 0.95):.2f}"),
            ("changes of the progress message", self.requests("editMessage")),
            ("resident memory at its peak, MB", f"{seen.memory:.0f}"),
        ]
        print()
        for name, value in rows:
            print(f"{name:45}{value}")
        print()
        kept = self.promises()
        for name, value, good in kept:
            print(f"{name:45}{value!s:>14}  {'kept' if good else 'BROKEN'}")
        for death in seen.deaths:
            print("  ", death)
        return all(good for _name, _value, good in kept)


def html_free(text: str) -> str:
    """Telegram HTML as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def _none(name: str, count: int) -> Promise:
    return name, count, count == 0


async def bench(options: argparse.Namespace, folder: Path) -> bool:
    """Run it all in a folder, under Telegram's limits."""
    faults = Faults(seed=options.seed)
    async with Simulator(TOKEN, limits=Limits(), faults=faults) as simulator:
        whole = Bench(options, folder, simulator)
        try:
            await whole.run()
        finally:
            whole.bot.kill()
        return whole.show()


def main() -> int:
    """Measure, print, and fail if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.broadcast", description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--mode", choices=MODES, default=MODES[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep database and log there (must be new)")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True)
        return 0 if asyncio.run(bench(options, options.folder.absolute())) else 1
    with tempfile.TemporaryDirectory(prefix="bantar-broadcast-") as folder:
        return 0 if asyncio.run(bench(options, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
