"""Kills the real bot at random moments while people report, and looks for anything lost."""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import mix, questions
from bench.processes import TOKEN, Process, free_port, migrate, start_bot, write_config
from bench.promises import show
from bench.someone import Gone, Tally
from content import kosakata, phrases
from services import learning
from simulator import Simulator
from simulator.faults import Faults, Plan
from simulator.limits import Limits

AFTER_READY = (0.6, 2.5)  # seconds from the first contact to the kill
WHILE_STARTING = (0.0, 1.2)  # seconds from the start to the kill, one time in ten
NORMAL_START = 1.0  # seconds to the first contact; on a busy machine a life lasts longer, too
READY_SECONDS = 30.0
LATENCY = 0.1  # seconds of a round trip: a kill finds requests on their way
QUIET_SECONDS = 300.0
FINISH_SECONDS = 90.0
MODES = ("polling", "webhook")
FAULTS: tuple[
    tuple[str, str, float, dict[str, int]], ...
] = (  # method, kind, probability, details
    ("send*", "status", 0.01, {"code": 502}),
    ("send*", "reset_before", 0.01, {}),
    ("send*", "reset_after", 0.01, {}),
    ("send*", "too_many", 0.005, {"retry_after": 1}),
    ("edit*", "html", 0.01, {}),
    ("edit*", "reset_after", 0.01, {}),
    ("answer*", "status", 0.01, {"code": 500}),
    ("answer*", "reset_after", 0.01, {}),
    ("getUpdates", "status", 0.02, {"code": 502}),
    ("getUpdates", "reset_after", 0.02, {}),
    ("getFile", "status", 0.03, {"code": 500}),
    ("*Webhook", "reset_after", 0.02, {}),
    ("file", "reset_before", 0.03, {}),
)
QUIET = (
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'new')"
    " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))"
    " + (SELECT count(*) FROM task WHERE state = 'queued')"
)
SENDING = (
    "SELECT count(*), coalesce(sum(method LIKE 'send%'), 0) FROM outbox WHERE state = 'sending'"
)


class CountedFaults(Faults):
    """Faults that also remember which methods they hit."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.hits: Counter[tuple[str, str]] = Counter()

    def plan(self, method: str) -> Plan:
        """See `Faults.plan`."""
        plan = super().plan(method)
        if plan.fault is not None:
            self.hits[method, plan.fault.kind] += 1
        return plan

    def lost_answers(self) -> int:
        """New messages that arrived while their answer did not: the bot must send them again."""
        return sum(
            count
            for (method, kind), count in self.hits.items()
            if kind == "reset_after" and method.startswith("send")
        )


@dataclass
class Seen:
    """What the killer saw."""

    kills: Counter[str] = field(default_factory=Counter)  # by mode
    in_flight: int = 0  # rows in state "sending" right after the kills
    sends_in_flight: int = 0  # of these, new messages
    starts: list[float] = field(default_factory=list)  # seconds from start to first reply
    deaths: list[str] = field(default_factory=list)  # starts that ended by themselves


def _learn(media: Path) -> None:
    """As after any first start: nobody kills a bot ten times before it has learned to read."""
    learning.understand(questions.shipped(), kosakata.load(), media)


class Bench:
    """The simulator with its people in this process, the bot in another one."""

    def __init__(
        self,
        options: argparse.Namespace,
        folder: Path,
        simulator: Simulator,
        faults: CountedFaults,
    ) -> None:
        self.options = options
        self.folder = folder
        self.simulator = simulator
        self.faults = faults
        self.random = random.Random(options.seed)
        self.tally, self.seen = Tally(), Seen()
        self.troubles: list[str] = []
        self.left_over: list[str] = []  # of people who deleted their data
        self.status = -1
        self.database = folder / "bantar.db"
        self.log = folder / "bot.log"
        port = free_port()
        self.configs = {
            mode: write_config(folder, simulator.url, mode, port, admin=None) for mode in MODES
        }
        migrate(self.configs["polling"])
        _learn(folder / "media")
        self.begun = mix.prepare(self.database, simulator, options.clerks)

    def rows(self, query: str) -> list[Any]:
        """All rows of a query, from a connection that cannot write."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def ask(self, query: str) -> Any:
        """The only row of a query."""
        return self.rows(query)[0]

    # Killing

    async def kill_all(self) -> None:
        """Start and kill, first in one mode, then in the other."""
        modes = MODES if self.options.mode == "both" else (self.options.mode,)
        for number in range(self.options.kills):
            mode = modes[number * len(modes) // self.options.kills]
            bot = start_bot(self.configs[mode], self.log)
            try:
                await self._let_live(bot, mode)
                if not bot.runs:
                    self.seen.deaths.append(f"kill {number}, {mode}: {bot.child.returncode}")
            finally:
                bot.kill()
            self.seen.kills[mode] += 1
            rows, sends = self.ask(SENDING)
            self.seen.in_flight += rows
            self.seen.sends_in_flight += sends
            if (number + 1) % 20 == 0:
                print(f"{number + 1} kills, {len(self.tally.confirmed)} complaints", flush=True)

    async def _let_live(self, bot: Process, mode: str) -> None:
        """Leave the bot alone until its moment has come."""
        if self.random.random() < 0.1:
            return await asyncio.sleep(self.random.uniform(*WHILE_STARTING))
        began = time.monotonic()
        watching = asyncio.create_task(self._watch_first_reply(began))
        contact = "setWebhook" if mode == "webhook" else "getUpdates"
        requests = self.simulator.stats.requests
        before, until = requests[contact], began + READY_SECONDS
        while requests[contact] == before and bot.runs and time.monotonic() < until:
            await asyncio.sleep(0.01)
        slow = max((time.monotonic() - began) / NORMAL_START, 1.0)
        await asyncio.sleep(slow * self.random.uniform(*AFTER_READY))
        watching.cancel()

    async def _watch_first_reply(self, started: float) -> None:
        before = self._replies()
        while self._replies() == before:
            await asyncio.sleep(0.01)
        self.seen.starts.append(time.monotonic() - started)

    def _replies(self) -> int:
        return sum(
            count
            for method, count in self.simulator.stats.requests.items()
            if method.startswith(("send", "edit", "answer"))
        )

    # The whole

    async def run(self) -> None:
        """People report under kills and faults; then everything calms down and is finished."""
        stopping = asyncio.Event()
        people = mix.people(self.simulator, phrases.load(), self.tally, self.options, self.begun)
        self.faults.latency = LATENCY
        for method, kind, probability, details in FAULTS:
            self.faults.set(method, kind, probability, **details)
        living = [
            asyncio.create_task(person.lives(stopping), name=person.person.human.name)
            for person in people
        ]
        await self.kill_all()
        stopping.set()
        self.faults.clear()
        mode = "polling" if self.options.mode == "polling" else "webhook"
        last = start_bot(self.configs[mode], self.log)
        try:
            await self._see_off(living)
            await self._quiet()
        finally:
            last.stop()
        self.status = last.child.returncode

    async def _see_off(self, living: list[asyncio.Task[None]]) -> None:
        """Let everybody finish; who cannot is a trouble."""
        _done, pending = await asyncio.wait(living, timeout=FINISH_SECONDS)
        for task in pending:
            task.cancel()
        outcomes = await asyncio.gather(*living, return_exceptions=True)
        for task, outcome in zip(living, outcomes, strict=True):
            if isinstance(outcome, Gone | asyncio.CancelledError):
                self.troubles.append(f"did not finish: {task.get_name()} {outcome}".strip())
            elif outcome is not None:
                raise outcome

    async def _quiet(self) -> None:
        until = time.monotonic() + QUIET_SECONDS
        while self.simulator.updates_unconfirmed or self.ask(QUIET)[0]:
            if time.monotonic() > until:
                return
            await asyncio.sleep(0.1)


async def bench(options: argparse.Namespace, folder: Path) -> bool:
    """Run it all in a folder."""
    limits = Limits(per_second=10_000)  # the limit per chat is Telegram's
    faults, began = CountedFaults(seed=options.seed), time.monotonic()
    async with Simulator(TOKEN, limits=limits, faults=faults) as simulator:
        whole = Bench(options, folder, simulator, faults)
        await whole.run()
        return show(whole, time.monotonic() - began)


def main() -> int:
    """Measure, print, and fail if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--persons", type=int, default=40)
    parser.add_argument(
        "--clerks", type=int, default=0, help="staff who move tickets, and the others with them"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=("both", *MODES), default="both")
    parser.add_argument("--folder", type=Path, help="keep database and log there (must be new)")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True)
        return 0 if asyncio.run(bench(options, options.folder.absolute())) else 1
    with tempfile.TemporaryDirectory(prefix="bantar-crash-") as folder:
        return 0 if asyncio.run(bench(options, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
