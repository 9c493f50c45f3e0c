"""CPU per update, time to the reply, start and memory: this bot beside two stock echo bots."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load import Telegram
from bench.processes import TOKEN, Process, free_port, migrate, start_bot, write_config

START_SECONDS = 15.0
WARM_UP = 200  # updates before the measured part
EACH = 3  # updates of one person in a burst: more would wait for the limit per chat
SETTLE_SECONDS = 0.4  # so that the last results are committed, too
ROUND_TRIP = 0.1
PEOPLE = 500
LATE_SECONDS = 15.0  # after the last update; what comes later counts as unanswered
OURS, OURS_WEBHOOK = "this bot, polling", "this bot, webhook"
PTB, PTB_AT_ONCE, AIOGRAM = "PTB echo, stock", "PTB echo, 256 at once", "aiogram echo, stock"
GOAL_CPU, GOAL_START, GOAL_MEMORY = 0.5, 2.0, 120.0
PROFILE_LINES = 40
GOAL_P95 = {OURS: 2.2, OURS_WEBHOOK: 1.5}


@dataclass
class Result:
    """What was seen of one kind of bot, over all its runs."""

    start: list[float] = field(default_factory=list)  # seconds
    burst_cpu: list[float] = field(default_factory=list)  # milliseconds per update
    burst_rate: list[float] = field(default_factory=list)  # replies per second
    steady_cpu: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)  # MB: now, peak
    delays: list[float] = field(default_factory=list)  # round trips
    unanswered: int = 0


Results = dict[str, Result]


def start(kind: str, telegram: Telegram, folder: Path, profile: Path | None = None) -> Process:
    """Start a bot of that kind."""
    log = folder / "bot.log"
    if kind in (OURS, OURS_WEBHOOK):
        mode = "webhook" if kind == OURS_WEBHOOK else "polling"
        config = write_config(folder, telegram.url, mode, free_port())
        migrate(config)
        return start_bot(config, log, profile=profile)
    if kind == AIOGRAM:
        return Process.start("-m", "bench.echo_aiogram", telegram.url, TOKEN, log=log)
    at_once = "256" if kind == PTB_AT_ONCE else "1"
    return Process.start("-m", "bench.echo_ptb", telegram.url, TOKEN, at_once, log=log)


class Run:
    """One bot in front of one simulator, both new."""

    def __init__(self, kind: str, result: Result, profile: Path | None = None) -> None:
        self.kind = kind
        self.result = result
        self._profile = profile

    async def __aenter__(self) -> Run:
        self._folder = tempfile.TemporaryDirectory(prefix="bantar-bench-")
        self.telegram = Telegram.start()
        await self.telegram.write([1])
        self.bot = start(self.kind, self.telegram, Path(self._folder.name), self._profile)
        self.answered = 0
        try:
            await self._warm_up()
        except BaseException:  # whoever cannot enter is not left either: end what was started
            await self.__aexit__()
            raise
        return self

    async def _warm_up(self) -> None:
        await self._answers(1, START_SECONDS)
        first = (await self.telegram.sent())[0]["time"]
        self.result.start.append(first - self.bot.started)
        await self.telegram.write(range(10_000, 10_000 + WARM_UP))
        await self._answers(WARM_UP, START_SECONDS)
        await asyncio.sleep(SETTLE_SECONDS)

    async def __aexit__(self, *_: object) -> None:
        if self.bot.runs:
            self.result.memory.append(self.bot.memory())
        self.bot.stop()
        await self.telegram.__aexit__(None, None, None)
        self._folder.cleanup()

    async def _answers(self, count: int, seconds: float) -> None:
        """Wait for so many more answers.

        Raises:
            RuntimeError: they did not come.
        """
        self.answered += count
        there = await self.telegram.waits_for_messages(
            self.answered, seconds, lambda: self.bot.runs
        )
        if there < self.answered:
            log = (Path(self._folder.name) / "bot.log").read_text()[-2000:]
            raise RuntimeError(f"{self.kind}: {there} of {self.answered} answers\n{log}")

    async def burst(self, updates: int) -> None:
        """All updates at once: CPU per update, and how many a second get their reply."""
        persons = range(100_000, 100_000 + updates // EACH)
        cpu, began = self.bot.cpu(), time.monotonic()
        for _ in range(EACH):
            await self.telegram.write(persons)
        count = EACH * len(persons)
        await self._answers(count, 120.0)
        self.result.burst_rate.append(count / (time.monotonic() - began))
        await asyncio.sleep(SETTLE_SECONDS)
        self.result.burst_cpu.append((self.bot.cpu() - cpu) / count * 1000)

    async def steady(self, per_second: int, seconds: float) -> None:
        """Updates at an even pace over a slow line: time from update to reply."""
        await self.telegram.set_latency(ROUND_TRIP)
        await asyncio.sleep(ROUND_TRIP)  # the open getUpdates knows nothing of it yet
        written: dict[int, list[float]] = defaultdict(list)
        cpu, began = self.bot.cpu(), time.monotonic()
        count = int(per_second * seconds)
        for number in range(count):
            await asyncio.sleep(max(began + number / per_second - time.monotonic(), 0))
            person = 200_000 + number % PEOPLE
            written[person].append(time.time())
            await self.telegram.write([person])
        await self.telegram.waits_for_messages(
            self.answered + count, LATE_SECONDS, lambda: self.bot.runs
        )
        await asyncio.sleep(SETTLE_SECONDS)
        answers = await self.telegram.sent(since=self.answered)
        self.result.steady_cpu.append((self.bot.cpu() - cpu) / max(len(answers), 1) * 1000)
        self._match(written, answers)

    def _match(self, written: dict[int, list[float]], answers: Iterable[dict[str, Any]]) -> None:
        """The n-th reply to a person answers his n-th text."""
        for answer in answers:
            times = written.get(answer["chat_id"])
            if times:
                self.result.delays.append((answer["time"] - times.pop(0)) / ROUND_TRIP)
        self.result.unanswered += sum(map(len, written.values()))


async def measure(options: argparse.Namespace) -> Results:
    """Alternate the bots, so that a busy machine hits all of them alike."""
    results: Results = defaultdict(Result)
    for number in range(options.rounds):
        for kind in (OURS, PTB, AIOGRAM):
            async with Run(kind, results[kind]) as run:
                await run.burst(options.updates)
            seen = results[kind]
            print(f"round {number + 1}, {kind}: {seen.burst_cpu[-1]:.2f} ms", flush=True)
    if options.seconds:
        for kind in (OURS_WEBHOOK, OURS, PTB, PTB_AT_ONCE, AIOGRAM):
            async with Run(kind, results[kind]) as run:
                await run.steady(options.rate, options.seconds)
            print(f"steady, {kind}: {len(results[kind].delays)} replies", flush=True)
    return results


def show(results: Results) -> bool:
    """Print the figures; whether every goal was met."""
    stock = _median(results[PTB].burst_cpu)
    print(f"\n{'':24}{'CPU per update, ms':>20}{'of PTB':>8}{'replies/s':>11}{'ms, steady':>12}")
    for kind, seen in results.items():
        ratio = _median(seen.burst_cpu) / stock
        print(
            f"{kind:24}{_median(seen.burst_cpu):20.2f}{ratio:8.2f}"
            f"{_median(seen.burst_rate):11.0f}{_median(seen.steady_cpu):12.2f}"
        )
    print(f"\n{'update to reply, round trips':24}{'p50':>8}{'p95':>8}{'p99':>8}{'unanswered':>12}")
    for kind, seen in results.items():
        if seen.delays:
            p50, p95, p99 = (percentile(seen.delays, share) for share in (0.5, 0.95, 0.99))
            print(f"{kind:28}{p50:8.2f}{p95:8.2f}{p99:8.2f}{seen.unanswered:12}")
    print(f"\n{'':24}{'start to reply, s':>20}{'memory, MB':>12}{'peak':>8}")
    for kind, seen in results.items():
        now, peak = (statistics.median(values) for values in zip(*seen.memory, strict=True))
        print(f"{kind:24}{_median(seen.start):20.2f}{now:12.0f}{peak:8.0f}")
    return _goals(results)


def _goals(results: Results) -> bool:
    ours = results[OURS]
    ratio = _median(ours.burst_cpu) / _median(results[PTB].burst_cpu)
    memory = max(peak for _now, peak in ours.memory)
    goals = [
        ("CPU per update, of stock PTB", ratio, GOAL_CPU),
        ("start to first reply, s", _median(ours.start), GOAL_START),
        ("resident memory at its peak, MB", memory, GOAL_MEMORY),
    ]
    for kind, goal in GOAL_P95.items():
        if results[kind].delays:
            goals.append(
                (f"p95 of {kind}, round trips", percentile(results[kind].delays, 0.95), goal)
            )
            goals.append((f"unanswered of {kind}", results[kind].unanswered, 0))
    print()
    for name, value, goal in goals:
        print(f"{name:40}{value:8.2f}  goal {goal:<6}  {'met' if value <= goal else 'MISSED'}")
    return all(value <= goal for _name, value, goal in goals)


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def profile(updates: int, kind: str, rate: int, seconds: float) -> None:
    """Say where this bot spends its CPU time: a burst, or a steady rate if `seconds` is given."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "profile.json"
        result = Result()
        async with Run(kind, result, profile=out) as run:
            run.bot.child.send_signal(signal.SIGUSR1)
            if seconds:
                await run.steady(rate, seconds)
            else:
                await run.burst(updates)
        rows = json.loads(out.read_text())
    whole = sum(used for _thread, _stack, used in rows)
    print(f"{whole:.2f} s of CPU sampled")
    for thread in sorted({row[0] for row in rows}):
        own = [(stack, used) for where, stack, used in rows if where == thread]
        print(f"\n{thread}: {sum(used for _stack, used in own) / whole:.1%} of it")
        with_callees: Counter[str] = Counter()
        itself: Counter[str] = Counter()
        for stack, used in own:
            itself[stack[0]] += used
            for name in set(stack):
                with_callees[name] += used
        for title, counted in (("with what it calls", with_callees), ("itself", itself)):
            print(f"\n  share  {title}")
            for name, used in counted.most_common(PROFILE_LINES):
                print(f"  {used / whole:6.1%}  {name}")


def main() -> int:
    """Measure, print, and fail if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.reply", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="bursts of every bot (default 3)")
    parser.add_argument("--updates", type=int, default=3000, help="in a burst (default 3000)")
    parser.add_argument("--rate", type=int, default=100, help="updates a second (default 100)")
    parser.add_argument("--seconds", type=float, default=20, help="of the steady part; 0: none")
    parser.add_argument(
        "--profile", choices=("burst", "polling", "webhook"), help="where the time goes instead"
    )
    options = parser.parse_args()
    if options.profile:
        kind = OURS_WEBHOOK if options.profile == "webhook" else OURS
        seconds = 0 if options.profile == "burst" else options.seconds
        asyncio.run(profile(options.updates, kind, options.rate, seconds))
        return 0
    return 0 if show(asyncio.run(measure(options))) else 1


if __name__ == "__main__":
    sys.exit(main())
