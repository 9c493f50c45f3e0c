"""Who takes part in the crash bench: residents alone, or everybody with them."""

from __future__ import annotations

import argparse
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bench.carers import Carer
from bench.doers import Doer
from bench.hosts import Caller, Host
from bench.organisers import Admin, Planner
from bench.people import Resident
from bench.someone import Someone, Tally
from content.phrases import Phrases
from simulator import Simulator

FIRST_RESIDENT = 1000  # Telegram ids
CLERKS, HEAD, ADMIN, PLANNER = 9000, 9100, 9200, 9300
HEADED = '["01", "02"]'
# With clerks, a card of each ticket and its changes go to each of them, and under kills a chat
# takes less than a message a second: residents rest, so that cards do not outrun it.
REST_SECONDS = 60.0
EVERYBODYS = 2  # occurrences to come for the whole kelurahan


Kind = TypeVar("Kind", bound=Someone)


def prepare(database: Path, simulator: Simulator, clerks: int) -> tuple[int, int]:
    """Give the roles, as if invites had been accepted, and put gotong royong into the database.

    Gives the occurrences that have begun, 0 without clerks: people are ticked at the first, and
    note themselves at the second.
    """
    if not clerks:
        return 0, 0
    staff = [(CLERKS + n, "staff", "[]", f"Petugas {n}") for n in range(clerks)]
    staff += [
        (HEAD, "rt_head", HEADED, "Ketua RT"),
        (ADMIN, "admin", "[]", "Admin"),
        (PLANNER, "planner", "[]", "Perencana"),
    ]
    with closing(sqlite3.connect(database)) as db, db:
        db.executemany(
            "INSERT INTO role_grant (telegram_id, role, rts, name, granted_by, granted_at)"
            " VALUES (?, ?, ?, ?, 0, '2026-01-01 00:00:00.000000')",
            staff,
        )
        now = datetime.now(UTC)
        for n in range(EVERYBODYS):
            occurrence(db, f"bersama{n}", "null", now + timedelta(days=20 + n))
        begun = occurrence(db, "begun", HEADED, now - timedelta(minutes=30))
        hosted = occurrence(db, "hosted", HEADED, now - timedelta(minutes=1))
    for number, _role, _rts, name in staff:  # the bot may write to them
        simulator.person(number, name).chat.started = True
    return begun, hosted


def occurrence(db: sqlite3.Connection, name: str, rts: str, starts_at: datetime) -> int:
    """Gotong royong without any reminder; gives its occurrence."""
    at = f"{starts_at:%Y-%m-%d %H:%M:%S.%f}"
    series = db.execute(
        "INSERT INTO gotong_royong (draft_id, title, place, rts, starts_at, created_by,"
        " created_at, made_until) VALUES (?, ?, 'balai RT', ?, ?, 0, ?, ?)",
        (name, f"{name.capitalize()}, kerja bakti", rts, at, at, at),
    ).lastrowid
    found = db.execute(
        "INSERT INTO occurrence (gotong_royong_id, planned_at, starts_at, place, state)"
        " VALUES (?, ?, ?, 'balai RT', 'planned')",
        (series, at, at),
    ).lastrowid
    assert found is not None
    return found


def people(
    simulator: Simulator,
    words: Phrases,
    tally: Tally,
    options: argparse.Namespace,
    begun: tuple[int, int],
) -> list[Resident | Carer | Host | Admin | Planner]:
    """Residents; with clerks also these, an RT head, an administrator and a planner."""

    def one(kind: type[Kind], number: int, name: str) -> Kind:
        choices = random.Random(f"{options.seed}-{number}")
        return kind(simulator.person(number, name), words, tally, choices)

    kind = Doer if options.clerks else Resident
    residents = [one(kind, FIRST_RESIDENT + n, f"Warga {n}") for n in range(options.persons)]
    if not options.clerks:
        return [*residents]
    for resident in residents:
        resident.rest, resident.wishes = REST_SECONDS, 0.3
    clerks = [
        one(Carer if n else Caller, CLERKS + n, f"Petugas {n}") for n in range(options.clerks)
    ]
    head, admin = one(Host, HEAD, "Ketua RT"), one(Admin, ADMIN, "Admin")
    head.occurrence, tally.deeds.hosted = begun
    admin.guest = simulator.person
    return [*residents, *clerks, head, admin, one(Planner, PLANNER, "Perencana")]
