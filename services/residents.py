"""Consent and home of residents: nothing about a person is kept before he agrees."""

from __future__ import annotations

import secrets
from datetime import datetime

from services.roles import Actor, Permission
from storage import Connection, residents
from storage.residents import Resident

CONSENT_VERSION = 1  # counts up when the consent text changes its meaning
MAX_NAME = 64  # characters
HOME_RT, HOME_OUTSIDE, HOME_UNKNOWN, HOME_UNASKED = "rt", "outside", "unknown", "unasked"


class UnknownRt(Exception):
    """An RT that the configuration does not know."""


def consent(db: Connection, actor: Actor, name: str, now: datetime) -> Resident:
    """Remember a person who agreed; one who did before stays as he is."""
    actor.require(Permission.USE)
    if actor.resident is not None:
        return actor.resident
    return residents.add(
        db,
        telegram_id=actor.telegram_id,
        name=name.strip()[:MAX_NAME] or "Warga",
        pseudonym=secrets.token_hex(8),
        consent_version=CONSENT_VERSION,
        now=now,
    )


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
