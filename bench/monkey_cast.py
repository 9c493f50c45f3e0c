"""Who takes part in the monkey bench, and what each has seen so far."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.mix import occurrence
from bench.monkey_words import Words, name_of
from services.invites import PAYLOAD
from simulator import Group, Person, Simulator

RESIDENTS = range(301, 325)
HEADS = range(401, 404)
STAFF = range(501, 504)
PLANNERS = range(601, 603)
ADMINS = (701, 702)  # the first stands in the settings, the second has a grant
BARRED = range(801, 804)  # whom staff blocked
LIMITED = (901, 902)  # held to the limit of messages
GROUPS = (-1001, -1002)  # of the first two RTs
STAFF_GROUP = -1003  # where cards of tickets go
SUPERGROUP = -1_000_000_001_001  # what the first group becomes
AHEAD = 30  # gotong royong to come, one every other day
EXPIRED = "expired-invite-of-the-monkey"
LOG_KEPT = 20  # acts of a chat that a failure shows
SEEN_KEPT = 300  # buttons of a chat, whatever became of them

Button = tuple[int, str]  # message id, callback data


@dataclass
class Visitor:
    """A person and what he can press: the newest buttons, and any that ever were."""

    person: Person
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    fresh: deque[tuple[int, list[str]]] = field(default_factory=lambda: deque(maxlen=12))
    labels: list[str] = field(default_factory=list)
    ever: list[Button] = field(default_factory=list)
    own: deque[int] = field(default_factory=lambda: deque(maxlen=50))  # texts that he wrote
    commands: Counter[str] = field(default_factory=Counter)  # that he gave
    live: list[int] = field(default_factory=list)  # messages that share where he is
    wanted: int = 0  # answers that must come in this round
    earnest: int = 0  # acts that he still wants to get somewhere
    silent: bool = False  # may be left without answers: he sends too much

    @property
    def number(self) -> int:
        """His Telegram id."""
        return self.person.id

    def did(self, what: str) -> None:
        """Note an act for the report of a failure."""
        self.log.append(what if len(what) <= 160 else what[:160] + "…")

    def sees(self, message: dict[str, Any], chance: random.Random) -> None:
        """Remember the buttons of a message of the bot that is new or changed."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [b for row in rows for b in row if "callback_data" in b]
        number = int(message["message_id"])
        kept = [pair for pair in self.fresh if pair[0] != number]
        if buttons:
            kept.append((number, [str(b["callback_data"]) for b in buttons]))
            self.labels = [str(b["text"]) for b in buttons]
        self.fresh.clear()
        self.fresh.extend(kept)
        for b in buttons:
            pair = (number, str(b["callback_data"]))
            if len(self.ever) < SEEN_KEPT:
                self.ever.append(pair)
            else:
                self.ever[chance.randrange(SEEN_KEPT)] = pair


@dataclass
class Play:
    """All that the acts draw from."""

    simulator: Simulator
    chance: random.Random
    words: Words
    visitors: list[Visitor]
    groups: list[Group]
    links: list[str] = field(default_factory=list)  # payloads that were seen, and an old one
    codes: list[str] = field(default_factory=list)  # of presence, as they are read aloud
    taps: list[str] = field(default_factory=list)  # of this round
    tapped: Counter[str] = field(default_factory=Counter)  # sorts of buttons
    owners: dict[str, int] = field(default_factory=dict)  # file → who sent it
    db: sqlite3.Connection | None = None  # of the bot, read only
    called: int = 0  # commands for this bot in groups in this round
    moved: bool = False  # the first group became a supergroup


def cast(simulator: Simulator, chance: random.Random) -> Play:
    """Everybody, in front of a bot that knows none of them but by what `prepare` wrote."""
    numbers = (*RESIDENTS, *HEADS, *STAFF, *PLANNERS, *ADMINS, *BARRED, *LIMITED)
    people = [Visitor(simulator.person(number, name_of(number))) for number in numbers]
    for visitor in people:
        visitor.silent = visitor.number in LIMITED
    groups = [
        simulator.group(number, f"RT 0{at + 1} zn999q", [v.person for v in people[at::3]])
        for at, number in enumerate(GROUPS)
    ]
    own = [v.person for v in people if v.number in STAFF or v.number in ADMINS]
    groups.append(simulator.group(STAFF_GROUP, "Petugas zn999q", own))
    return Play(simulator, chance, Words(chance), people, groups, [f"{PAYLOAD}{EXPIRED}"])


def prepare(database: Path, simulator: Simulator) -> None:
    """Give the roles, bar some residents, and make an invite that has expired."""
    now = datetime.now(UTC)
    at = f"{now:%Y-%m-%d %H:%M:%S.%f}"
    grants = [(n, "rt_head", f'["0{1 + i}"]') for i, n in enumerate(HEADS)]
    grants += [(n, "staff", "[]") for n in STAFF] + [(n, "planner", "[]") for n in PLANNERS]
    grants.append((ADMINS[1], "admin", "[]"))
    hashed = hashlib.sha256(EXPIRED.encode()).hexdigest()
    with closing(sqlite3.connect(database)) as db, db:
        db.executemany(
            "INSERT INTO role_grant (telegram_id, role, rts, name, granted_by, granted_at)"
            f" VALUES (?, ?, ?, ?, {ADMINS[0]}, '{at}')",
            [(*grant, name_of(grant[0])) for grant in grants],
        )
        db.executemany(
            "INSERT INTO resident (telegram_id, name, home, pseudonym, consent_version,"
            f" consent_at, blocked) VALUES (?, ?, 'unknown', ?, 1, '{at}', 1)",
            [(number, name_of(number), f"barred{number}") for number in BARRED],
        )
        db.execute(
            "INSERT INTO invite (secret_hash, role, rts, created_by, created_at, expires_at)"
            f" VALUES (?, 'staff', '[]', {ADMINS[0]}, ?, ?)",
            (hashed, at, f"{now - timedelta(hours=1):%Y-%m-%d %H:%M:%S.%f}"),
        )
        for n in range(3):
            occurrence(db, f"begun{n}", f'["0{1 + n}"]', now - timedelta(minutes=30))
        for n in range(AHEAD):  # some of everybody, some of one RT
            rts = "null" if n % 2 else f'["0{1 + n % 3}"]'
            occurrence(db, f"ahead{n}", rts, now + timedelta(days=2 + 2 * n))
    for number, *_ in grants:
        simulator.person(number, name_of(number)).chat.started = True
