"""Thousands of random acts of residents and staff, and a look at everything that comes of them."""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.monkey_acts import AT_WORK, EARNEST, PRIVATE, Act, starts
from bench.monkey_cast import ADMINS, GROUPS, LIMITED, STAFF_GROUP, Play, Visitor, cast, prepare
from bench.monkey_clock import Ahead
from bench.monkey_groups import PUBLIC
from bench.monkey_reach import tell
from bench.monkey_watch import Watch
from bench.processes import TOKEN, Process, free_port, migrate, write_config
from bench.verdict import Promise, none
from simulator import Simulator

READY_SECONDS = 90.0  # it learns to read first
AT_ONCE = (1, 1, 1, 2, 3)  # acts of a person before the bot is waited for
TAKES_PART, WORKS = 0.5, 0.9  # chance of a person in a round, of one with a role
STAYS_AWAY = 0.8  # chance that who blocked the bot does nothing
BECOMES_EARNEST = 0.07  # chance that a person wants to get somewhere from now on
EARNEST_ACTS = 15
ROUNDS_A_JUMP = 8  # of the clock
IN_A_GROUP = 0.05  # chance that an act is one in a group
GROWTH = 1.1  # memory at the end, of what it was in the second quarter
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # waiting for a disk is no use here
MOST_FAILURES = 200


def start(folder: Path, simulator: Simulator) -> Process:
    """Make the database and start the bot."""
    config = write_config(folder, simulator.url, "polling", free_port(), admin=ADMINS[0])
    text = config.read_text().replace("messages_per_minute = 100000", "messages_per_minute = 40")
    text = text.replace("[telegram]\n", "[telegram]\nmessages_per_second = 1000\n")
    text = text.replace("[staff]\n", f"[staff]\ngroup = {STAFF_GROUP}\n")
    for rt, group in zip(("01", "02"), GROUPS, strict=True):
        text = text.replace(f'number = "{rt}"\n', f'number = "{rt}"\ngroup = {group}\n')
    config.write_text(text)
    migrate(config)
    prepare(folder / "bantar.db", simulator)
    limited = ",".join(map(str, LIMITED))
    files = (str(folder / "ahead"), str(folder / "reached.json"))
    run = ("run", "--config", str(config))
    return Process.start("-m", "bench.hasty", limited, *files, *run, log=folder / "bot.log")


class Monkey:
    """Rounds of acts; between two of them the bot is waited for and everything is looked at."""

    def __init__(self, play: Play, watch: Watch, bot: Process, ahead: Ahead, actions: int) -> None:
        self.play, self.watch, self.bot, self.actions = play, watch, bot, actions
        self.ahead = ahead
        self.done = 0
        self.memory: list[float] = []  # MB, after each round
        self.began = time.monotonic()

    async def plays(self) -> None:
        """Act until enough was done, the bot died, or too much broke."""
        told, rounds = 0, 0
        while self.done < self.actions and self.bot.runs:
            rounds += 1
            if rounds % ROUNDS_A_JUMP == 0 and self.play.db is not None:
                await self.ahead.jumps_on(self.play.chance, self.play.db)
                for who in self.play.visitors:  # Telegram gives up after a day
                    who.person.human.last_update = None
            else:
                await self._round()
            calm = await self.watch.settles(self.done)
            self.watch.looks(self.done)
            if not calm or len(self.watch.failures) > MOST_FAILURES:
                return
            if self.bot.runs:
                self.memory.append(self.bot.memory()[0])
            if self.done * 10 // self.actions > told:
                told = self.done * 10 // self.actions
                self._tells()

    def _tells(self) -> None:
        rate = self.done / (time.monotonic() - self.began)
        memory = self.memory[-1] if self.memory else 0
        print(f"{self.done} acts, {rate:.0f}/s, {memory:.0f} MB, "
              f"{len(self.watch.failures)} broken", flush=True)  # fmt: skip

    async def _round(self) -> None:
        """Some people do one thing or a few, before the bot has answered the first."""
        chance = self.play.chance
        for who in self.play.visitors:
            if chance.random() > (WORKS if self.watch.works(who) else TAKES_PART):
                continue
            if who.person.chat.blocked and chance.random() < STAYS_AWAY:
                continue
            for _ in range(1 if who.earnest else chance.choice(AT_ONCE)):
                await self._act(who)

    async def _act(self, who: Visitor) -> None:
        chance = self.play.chance
        more = 2 if self.watch.works(who) else 1  # few have work to do, and it is long
        if who.earnest == 0 and chance.random() < BECOMES_EARNEST * more:
            who.earnest = EARNEST_ACTS * more
        acts = PUBLIC if chance.random() < IN_A_GROUP else PRIVATE
        if who.earnest:
            acts = AT_WORK if more > 1 else EARNEST
        who.earnest = max(who.earnest - 1, 0)
        act: Act = chance.choices([act for act, _ in acts], [share for _, share in acts])[0]
        self.done += 1
        await (act if who.person.chat.started else starts)(self.play, who)


def promises(monkey: Monkey, folder: Path, status: int | None) -> list[Promise]:
    """What was promised, what came of it, and whether that is kept."""
    watch, figures = monkey.watch, []
    kinds = {failure.what for failure in watch.failures}
    for what in sorted({*kinds, *PROMISES}):
        figures.append(none(what, sum(f.what == what for f in watch.failures)))
    with closing(sqlite3.connect(folder / "bantar.db")) as db:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
        keys = len(db.execute("PRAGMA foreign_key_check").fetchall())
        waiting = db.execute("SELECT count(*) FROM inbox WHERE state NOT IN ('done', 'poison')")
        figures.append(none("updates that wait or were given up", waiting.fetchone()[0]))
        late = db.execute("SELECT count(*) FROM outbox WHERE state = 'sending'").fetchone()[0]
        figures.append(none("messages that hang", late))
        drafts = db.execute("SELECT count(*) FROM draft").fetchone()[0]
    figures.append(
        ("open forms, one a person at most", drafts, drafts <= len(monkey.play.visitors))
    )
    figures.append(("database", sound, sound == "ok" and keys == 0))
    figures.append(("exit status of the bot", status, status == 0))
    quarter = max(len(monkey.memory) // 4, 1)
    early = statistics.median(monkey.memory[quarter : 2 * quarter] or [0.0])
    late_mb = statistics.median(monkey.memory[-quarter:] or [0.0])
    figures.append(
        (f"memory, MB (second quarter {early:.0f})", round(late_mb), late_mb <= early * GROWTH)
    )
    return figures


PROMISES = (
    "no errors in the log", "no dead letters", "Telegram refuses nothing",
    "every tap is answered once", "every message is answered", "everything is handled",
    "nothing of another person is shown", "in groups only commands are answered",
)  # fmt: skip


def show(monkey: Monkey, folder: Path, status: int | None) -> bool:
    """Print it all; whether every promise was kept."""
    seconds = time.monotonic() - monkey.began
    world, watch = monkey.play.simulator.world, monkey.watch
    days = monkey.ahead.seconds / 86400
    print(f"\n{monkey.done} acts in {seconds:.0f} s and {days:.1f} days, {len(world.taps)} taps, "
          f"{watch.shown} messages and notices looked at")  # fmt: skip
    counts = {t: watch.ask(f"SELECT count(*) FROM {t}")[0][0] for t in
              ("inbox", "outbox", "draft", "ticket", "ticket_follower", "resident", "announcement",
               "occurrence", "rsvp", "attendance", "invite", "role_grant", "audit")}  # fmt: skip
    print("rows:", ", ".join(f"{name} {count}" for name, count in counts.items()))
    print("refused as it must be:", dict(watch.refused))
    for signature, count in watch.counts.most_common():
        print(f"  {count} × {signature}")
    figures = promises(monkey, folder, status)
    for name, figure, kept in figures:
        print(f"{'ok    ' if kept else 'BROKEN'} {name}: {figure}")
    return all(kept for _, _, kept in figures)


async def bench(options: argparse.Namespace, folder: Path) -> bool:
    """Run it all in a folder."""
    async with Simulator(TOKEN, strict=not options.lax) as simulator:
        play = cast(simulator, random.Random(options.seed))
        ahead = Ahead(folder / "ahead")
        simulator.clock = ahead.now
        bot = start(folder, simulator)
        try:
            await simulator.waits_for(lambda s: s.stats.requests["getUpdates"], READY_SECONDS)
            watch = Watch(play, folder / "bantar.db", folder / "bot.log", ahead.now)
            monkey = Monkey(play, watch, bot, ahead, options.actions)
            await monkey.plays()
        finally:
            await asyncio.to_thread(bot.stop)
        kept = show(monkey, folder, bot.child.returncode)
        if (folder / "reached.json").exists():
            tell(folder, verbose=options.verbose)
        return kept


def main() -> int:
    """Play, print, and fail if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.monkey", description=__doc__)
    parser.add_argument("--actions", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lax", action="store_true", help="without the strict models")
    parser.add_argument("--verbose", action="store_true", help="with how often each was reached")
    parser.add_argument("--folder", type=Path, help="keep database and log there (must be new)")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True)
        kept = asyncio.run(bench(options, options.folder.absolute()))
    else:
        with tempfile.TemporaryDirectory(prefix="bantar-monkey-", dir=MEMORY) as folder:
            kept = asyncio.run(bench(options, Path(folder)))
    print(f"replay with --seed {options.seed} --actions {options.actions}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
