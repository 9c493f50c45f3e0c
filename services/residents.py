"""Consent and home of residents: nothing about a person is kept before he agrees."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from services import blocked
from services.roles import CONSENT_VERSION, Actor, Permission, Role
from storage import Connection, outbox_upkeep, residents
from storage.residents import Notice, Resident

MAX_NAME = 64  # characters
HOME_RT, HOME_OUTSIDE, HOME_UNKNOWN, HOME_UNASKED = "rt", "outside", "unknown", "unasked"


class BadName(Exception):
    """A name that is empty, too long, or more than one line."""


class UnknownRt(Exception):
    """An RT that the configuration does not know."""


def consent(db: Connection, actor: Actor, name: str, now: datetime) -> Resident:
    """Remember a person who agreed; one who did before agreed to the present text now."""
    actor.require(Permission.USE)
    if actor.resident is not None:
        if not actor.agreed:
            residents.set_consent(db, actor.resident.id, CONSENT_VERSION, now)
        return residents.get(db, actor.resident.id)
    resident = residents.add(
        db,
        telegram_id=actor.telegram_id,
        name=name.strip()[:MAX_NAME] or "Warga",
        pseudonym=secrets.token_hex(8),
        consent_version=CONSENT_VERSION,
        now=now,
    )
    if not blocked.comes_back(db, actor.telegram_id):
        return resident
    residents.set_blocked(db, resident.id, True)
    return residents.get(db, resident.id)


def set_home(db: Connection, resident: Resident, home: str, rts: tuple[str, ...]) -> Resident:
    """Set where a resident lives: an RT number, "outside" or "unknown".

    Raises:
        UnknownRt: `home` is none of these.
    """
    if home in (HOME_OUTSIDE, HOME_UNKNOWN):
        residents.set_home(db, resident.id, None, home)
    elif home in rts:
        residents.set_home(db, resident.id, home, HOME_RT)
    else:
        raise UnknownRt(home)
    return residents.get(db, resident.id)


def rename(db: Connection, actor: Actor, name: str) -> Resident:
    """Correct one's name: one line, 1 to 64 characters.

    Raises:
        BadName: it is none.
    """
    actor.require(Permission.READ)
    assert actor.resident is not None, "somebody of whom nothing is kept has no name to correct"
    name = name.replace("\N{NO-BREAK SPACE}", " ").strip()
    shown = name.replace("\N{ZERO WIDTH JOINER}", "")  # joins signs of an emoji
    if not 0 < len(name) <= MAX_NAME or not shown.isprintable():
        raise BadName
    residents.set_name(db, actor.resident.id, name)
    return residents.get(db, actor.resident.id)


def choose(
    db: Connection, actor: Actor, notices: Collection[Notice], wanted: bool
) -> Resident | None:
    """Send these unasked, or do so no more; None if nothing is kept of the person.

    What waits for him of what he turns off is given up. Cards and the like are work of whoever
    has a role: they go on.
    """
    actor.require(Permission.READ)
    if actor.resident is None:
        return None
    works = actor.role not in (Role.RESIDENT, Role.BLOCKED)
    changed = [notice for notice in notices if actor.resident.wants(notice) is not wanted]
    for notice in changed:
        if not wanted and not (works and notice is Notice.FOLLOW_UPS):
            outbox_upkeep.fail_unwanted(db, actor.telegram_id, notice, "muted")
    residents.set_wants(db, actor.resident.id, changed, wanted)
    return residents.get(db, actor.resident.id)
