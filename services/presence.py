"""Being noted as present by a code that is shown on site.

A code is a long secret in a link (its hash is stored, as of invites) and a short one to read
aloud. Whoever has the link stands before it; the short one can be guessed, so it works only at an
occurrence that concerns the person or that he answered, and handlers/presence.py counts the
tries. Who has no code at hand can say that he is there: services/claims.py.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services import audit
from services.attendance import CODE, arrive, is_for, overlook
from services.audit import Act
from services.gotong_royong import Unknown, organise, reference
from services.residents import HOME_UNASKED
from services.roles import Actor, Permission
from storage import Connection, Row, gotong_royong, presence, tasks
from storage.gotong_royong import PLANNED
from storage.residents import Resident

KIND = "presence_code"  # of the slow work that makes the picture
PAYLOAD = "hadir_"  # what a start link carries before the secret
EARLY = timedelta(hours=1)  # before the start: people come early, and the picture must hang
SECRET_BYTES = 24  # 32 signs: with the words around it a button carries at most 64 bytes
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"  # no I or O, no 0 or 1
HALF = 3  # of each: seven million codes, and none of them is a word
LENGTH = 2 * HALF
TRIES_WITHIN = timedelta(minutes=1)


class NotValid(Exception):
    """A code that is unknown, was replaced, is out of its time, or is not for this person."""


class WhichRt(Exception):
    """A short code that may be for the person, once it is known where he lives."""


@dataclass(frozen=True)
class Code:
    """A fresh code; `secret` is for its link only, and is kept nowhere."""

    code: str
    secret: str


def closes_at(row: Row[Any], zone: ZoneInfo) -> datetime:
    """Until when people can note themselves: the end of the day of the start."""
    day = row.starts_at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def is_code_time(row: Row[Any], now: datetime, zone: ZoneInfo) -> bool:
    """Whether codes work: from an hour before the start until the end of that day."""
    return row.state == PLANNED and bool(row.starts_at - EARLY <= now < closes_at(row, zone))


# --- codes ------------------------------------------------------------------------------------


def code_shown(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime, zone: ZoneInfo
) -> tuple[Row[Any], str | None]:
    """An occurrence at which codes work now, and its short code if there is one.

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row = overlook(db, actor, occurrence_id, now)
    if not is_code_time(row, now, zone):
        raise Unknown(occurrence_id)
    return row, presence.code_of(db, row.id)


def ask_code(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime, zone: ZoneInfo
) -> None:
    """Queue a new code with its picture, if the actor does not wait for one already.

    Only who organises all of it: a second organiser must not end the code that hangs there.

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row = organise(db, actor, occurrence_id)
    if not is_code_time(row, now, zone):
        raise Unknown(occurrence_id)
    payload = {"telegram_id": actor.telegram_id, "occurrence_id": row.id}
    if ("queued", payload) not in tasks.of_kind(db, KIND):
        tasks.add(db, KIND, payload, now)


def new_code() -> Code:
    """Three letters and three digits to read aloud, and a secret."""
    parts = [secrets.choice(signs) for signs in (LETTERS, DIGITS) for _ in range(HALF)]
    return Code("".join(parts), secrets.token_urlsafe(SECRET_BYTES))


def put_code(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    code: Code,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Row[Any]:
    """The picture is made: from now on its code works, and the ones before it stop.

    Raises:
        Unknown: there is none, or it is not the time. NotAllowed: it is not the actor's.
    """
    row = organise(db, actor, occurrence_id, lock=True)
    if not is_code_time(row, now, zone):
        raise Unknown(occurrence_id)
    presence.add_code(
        db,
        row.id,
        secret_hash=_hashed(code.secret),
        code=code.code,
        by=actor.telegram_id,
        now=now,
    )
    audit.note(db, actor, Act.GOTONG_ROYONG_CODE, reference(row.id), now)
    return row


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def any_code_works(db: Connection, now: datetime, zone: ZoneInfo) -> bool:
    """Whether there is a code anywhere now, so that words may be one."""
    ids = presence.with_codes(db, now - timedelta(days=1) - EARLY)
    rows = (gotong_royong.get(db, number) for number in ids)
    return any(row is not None and is_code_time(row, now, zone) for row in rows)


def find(
    db: Connection, resident: Resident | None, token: str, now: datetime, zone: ZoneInfo
) -> Row[Any]:
    """The occurrence that a secret or a short code stands for.

    Of somebody who did not agree yet it is not known where he lives: he is asked afterwards.

    Raises:
        NotValid, WhichRt: see there.
    """
    short = len(token) == LENGTH
    number = presence.with_secret(db, _hashed(token))
    ids = presence.with_code(db, token) if short else [] if number is None else [number]
    rows = [row for one in ids if (row := gotong_royong.get(db, one)) is not None]
    rows = [row for row in rows if is_code_time(row, now, zone)]
    fitting = [row for row in rows if not short or resident is None or is_for(db, row, resident)]
    if fitting:
        return fitting[0]
    if rows and resident is not None and resident.home == HOME_UNASKED:
        raise WhichRt
    raise NotValid


def enter(
    db: Connection, actor: Actor, token: str, now: datetime, zone: ZoneInfo
) -> tuple[Row[Any], bool]:
    """Note the actor as present; gives the occurrence, and whether that was not known before.

    Raises:
        NotValid, WhichRt: see there.
    """
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent is asked before anything is kept"
    assert actor.agreed, "and again when its text changes"
    found = find(db, actor.resident, token, now, zone)
    row = gotong_royong.get(db, found.id, lock=True)  # it may have been called off meanwhile
    if row is None or not is_code_time(row, now, zone):
        raise NotValid
    is_new = arrive(db, actor.resident, row, way=CODE, by=actor.telegram_id, now=now)
    return row, is_new
