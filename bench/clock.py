"""Moves the clock of the real bot and kills it at random, and counts every reminder that came."""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.due import DAY, HOUR, LATE, MINUTE, Due, quiet_until, reminders
from bench.events import fill
from bench.processes import TOKEN, Process, migrate, write_config
from content import phrases
from simulator import Simulator

WEEK = datetime(2026, 11, 30, tzinfo=UTC) - timedelta(hours=7)  # a Monday, midnight in Jambi
PLANNED = 1 * DAY + 8 * HOUR  # when all events are planned
FIRST, SPREAD = 5 * DAY, 21 * DAY  # when they take place
PATIENCE = 180.0  # seconds until what had to come is missed
PATIENT = 0.7  # of the looks: wait for all that is due, then go on
SURE = 2.0  # seconds in which a running bot ticks for certain
ARRIVING = 2.0  # seconds from the queue to the person
ON_THEIR_WAY = 1.5  # seconds after a jump in which what was under way may still arrive
PERSON = 10_000
TITLE = re.compile(r"Acara (\d+)")
SENDING = "SELECT count(*) FROM outbox WHERE state = 'sending'"
LEFT = (
    "SELECT (SELECT count(*) FROM reminder WHERE done_at IS NULL"
    " AND kind NOT IN ('ask', 'nudge', 'thanks'))"
    " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))"
)


class Bench:
    """The simulator and the model in this process, the bot in another one."""

    def __init__(self, options: argparse.Namespace, folder: Path, simulator: Simulator) -> None:
        self.options, self.folder, self.simulator = options, folder, simulator
        self.random = random.Random(options.seed)
        self.config = write_config(folder, simulator.url, "polling", 1, admin=None)
        text = self.config.read_text()
        text = text.replace('night = ""', 'night = "21.00-06.00"')
        text = text.replace('friday = ""', 'friday = "11.30-13.15"')
        text = text.replace('mode = "polling"', 'mode = "polling"\nmessages_per_second = 1000')
        self.config.write_text(text)
        self.log, self.file = folder / "bot.log", folder / "ahead"
        self.ahead = 0.0
        self.jumped = 0.0  # monotonic
        self.found: dict[tuple[int, str], Due] = {}
        self.counts: Counter[str] = Counter()
        self.troubles: list[str] = []
        words = phrases.load()
        self.kinds = {
            seen(words.text(f"reminder.{kind}", title="")): kind
            for kind in ("days3", "evening", "hours2")
        }
        self.late = seen(words.text("reminder.late"))

    @property
    def now(self) -> float:
        """The bot's time, in seconds since the Monday."""
        return time.time() + self.ahead - WEEK.timestamp()

    def jump_to(self, moment: float) -> None:
        """Move the clock, also of a bot that runs."""
        self.ahead += moment - self.now
        new = self.file.with_suffix(".new")
        new.write_text(repr(self.ahead))
        new.replace(self.file)
        self.jumped = time.monotonic()

    # What arrives

    def arrived(self, _method: str, message: dict[str, Any]) -> None:
        """Note a message of the bot."""
        text, at = message.get("text", ""), self.now
        kind = self.kinds.get(text.split("\n")[0])
        title = TITLE.search(text)
        if kind is None or title is None:
            self.troubles.append(f"unknown message: {text[:40]!r}")
            return
        due = self.found.get((int(title[1]), kind))
        if due is None:
            self.troubles.append(f"never planned: {title[0]} {kind}")
            return
        due.seen.setdefault(message["chat"]["id"], []).append((at, self.late in text))
        self.counts["messages"] += 1
        if at >= due.start or quiet_until(at) is not None:
            on_its_way = due.start <= at < due.start + ARRIVING
            if on_its_way or time.monotonic() - self.jumped < ON_THEIR_WAY:
                self.counts["on their way at a jump, or as the event began"] += 1
            else:
                wrong = "after its event" if at >= due.start else "in quiet hours"
                self.counts[wrong] += 1

    def complete(self, due: Due) -> bool:
        """Whether everybody has it."""
        return len(due.seen) == self.options.people

    # The bot's life

    def start(self) -> Process:
        """Start the bot on the bench's clock."""
        arguments = (str(self.file), "run", "--config", str(self.config))
        return Process.start("-m", "bench.travelling", *arguments, log=self.log)

    async def look(self, began: float, *, patient: bool) -> None:
        """Let the bot run for a while, then say what of the due had to come meanwhile."""
        if patient:
            await asyncio.sleep(max(began + SURE - self.now, 0.0))  # what is to be dropped is
            until = time.monotonic() + PATIENCE
            while self.missing(began) and time.monotonic() < until:
                await asyncio.sleep(0.02)
            for due in self.missing(began):
                self.troubles.append(f"not there in time: {due.event} {due.kind}")
                due.close("all")
        else:
            await asyncio.sleep(self.random.uniform(0.0, 4.0))
        self.settle(began, self.now)

    def missing(self, began: float) -> list[Due]:
        """What must come now and is not there yet."""
        found = []
        for due in self.found.values():
            if due.open and due.due <= self.now and not self.complete(due):
                at = due.allowed_at(began)
                if at is not None and at <= self.now and due.certain(at):
                    found.append(due)
        return found

    def settle(self, began: float, ended: float) -> None:
        """What the rules say of everything that was due while the bot ran from then to then."""
        for due in self.found.values():
            if not due.open or due.due > ended:
                continue
            due.window = (began, ended)
            at = due.allowed_at(began)
            if at is not None and at <= ended:
                if not due.cut and due.said_late is None:
                    due.said_late = at - due.due > LATE if due.certain(at) else None
                if self.complete(due):
                    due.close("all")
                else:
                    due.cut, due.said_late = True, None
            elif at is None:
                # a bot that was killed before its first tick may not have dropped it
                due.cut = due.cut or due.at_the_edge(began) or ended - began < SURE
                due.close("none")

    def next_moment(self) -> float:
        """Where the clock jumps to: anywhere within a day, or just before something is due."""
        if self.random.random() < 0.4:
            soon = [d.due for d in self.found.values() if d.open and d.due > self.now + MINUTE]
            if soon:
                return min(soon) - self.random.uniform(0.5, 3.0)
        return self.now + self.random.uniform(MINUTE, DAY) ** self.random.choice((1.0, 0.8))

    async def run(self) -> None:
        """Kill, jump, look; then let everything end."""
        plan(self)
        self.simulator.world.log_sent = self.arrived  # type: ignore[method-assign]
        last = max(due.start for due in self.found.values())
        bot, began = self.start(), self.now
        try:
            await self._first_look(bot)
            while self.now < last:
                await self.look(began, patient=self.random.random() < PATIENT)
                if not bot.runs:
                    self.troubles.append("the bot ended by itself")
                if self.random.random() < 0.5 or not bot.runs:
                    bot.kill()
                    self.counts["kills"] += 1
                    self.counts["in flight at kills"] += self.ask(SENDING)
                    self.jump_to(self.next_moment())
                    bot, began = self.start(), self.now
                    await self._first_look(bot)
                else:
                    self.jump_to(self.next_moment())
                    began = self.now
                self.counts["jumps"] += 1
                if self.counts["jumps"] % 20 == 0:
                    days = (self.now - PLANNED) / DAY
                    print(f"day {days:.1f}, {self.counts['messages']} messages", flush=True)
            self.jump_to(last + DAY)
            began = self.now
            until = time.monotonic() + PATIENCE
            while self.ask(LEFT) and time.monotonic() < until:
                await asyncio.sleep(0.1)
            self.settle(began, self.now)
        finally:
            bot.stop()

    async def _first_look(self, bot: Process) -> None:
        """A bot that was just started needs a moment, unless it is to be killed in it."""
        polls, until = self.simulator.stats.requests, time.monotonic() + 20
        before = polls["getUpdates"]
        while polls["getUpdates"] == before and bot.runs and time.monotonic() < until:
            await asyncio.sleep(0.01)
            if self.random.random() < 0.002:
                return

    def ask(self, query: str) -> int:
        """The only number of a query."""
        path = self.folder / "bantar.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return int(db.execute(query).fetchone()[0])


def seen(markup: str) -> str:
    """A phrase as a person sees it."""
    return re.sub(r"<[^>]*>", "", markup)


def plan(bench: Bench) -> None:
    """Put the people, their events and their answers into the database, and into the model."""
    migrate(bench.config)
    bench.jump_to(PLANNED)
    starts = []
    for number in range(bench.options.events):
        day = FIRST + bench.random.randrange(int(SPREAD / DAY)) * DAY
        hour = bench.random.choice((5, 6, 6.25, 7, 7, 8, 9, 13, 13.5, 16, 16, 19))
        starts.append(day + hour * HOUR)
        for due in reminders(number, starts[-1], PLANNED):
            bench.found[number, due.kind] = due
    people = [PERSON + n for n in range(bench.options.people)]
    for person in people:
        bench.simulator.person(person, "Warga").chat.started = True
    moments = [WEEK + timedelta(seconds=start) for start in starts]
    now = WEEK + timedelta(seconds=PLANNED)
    fill(bench.folder / "bantar.db", people, moments, now)


def show(bench: Bench, seconds: float) -> bool:
    """Compare what came with what had to; whether every promise was kept."""
    counts, people = bench.counts, bench.options.people
    for due in bench.found.values():
        times = [len(seen) for seen in due.seen.values()]
        counts["repeats"] += sum(times) - len(times)
        counts[f"reminders for {due.verdict or 'undecided'}"] += 1
        if due.verdict == "all" and len(times) != people:
            counts["lost"] += people - len(times)
        if due.verdict == "none":
            counts["not due, yet sent"] += len(times)
            if times:
                print(f"not due, yet sent: {due.told()}")
        if due.said_late is not None and due.verdict == "all":
            wrong = [
                late for seen in due.seen.values() for _, late in seen if late != due.said_late
            ]
            counts["wrong about being late"] += len(wrong)
            counts["late" if due.said_late else "in time"] += len(times)
    left = bench.ask(LEFT)
    for name, count in sorted(counts.items()):
        print(f"{name:46}{count:10}")
    print(f"{'left in the database':46}{left:10}\n{'seconds':46}{seconds:10.0f}")
    promises = {
        "every reminder that was due came to everybody": counts["lost"] == 0,
        "nobody was reminded of what was to be dropped": counts["not due, yet sent"] == 0,
        "repeats only of what was in flight at a kill": counts["repeats"]
        <= counts["in flight at kills"],
        "nothing in quiet hours": counts["in quiet hours"] == 0,
        "nothing after its event": counts["after its event"] == 0,
        "late ones say so, others do not": counts["wrong about being late"] == 0,
        "nothing is undecided or left": left == 0 and counts["reminders for undecided"] == 0,
        "no trouble": not bench.troubles,
    }
    for promise, kept in promises.items():
        print(f"{'kept  ' if kept else 'BROKEN'} {promise}")
    for trouble in bench.troubles[:20]:
        print(f"  {trouble}")
    return all(promises.values())


async def measure(options: argparse.Namespace, folder: Path) -> bool:
    """Run it all in a folder."""
    began = time.monotonic()
    async with Simulator(TOKEN, keep_messages=5) as simulator:
        bench = Bench(options, folder, simulator)
        simulator.clock = lambda: WEEK + timedelta(seconds=bench.now)
        await bench.run()
        return show(bench, time.monotonic() - began)


def main() -> int:
    """Measure, print, and fail if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.clock", description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep database and log there (must be new)")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True)
        return 0 if asyncio.run(measure(options, options.folder.absolute())) else 1
    with tempfile.TemporaryDirectory(prefix="bantar-clock-") as folder:
        return 0 if asyncio.run(measure(options, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
