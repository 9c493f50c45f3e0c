"""Residents who agreed that the bot keeps something about them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select, update

from storage.tables import resident


class Resident(NamedTuple):
    """A person who consented. `home` says why `rt` may be empty: outside, unknown, unasked."""

    id: int
    telegram_id: int
    name: str
    rt: str | None
    home: str
    pseudonym: str
    consent_version: int
    inactive: str | None
    blocked: bool
    muted: bool


_COLUMNS = [resident.c[name] for name in Resident._fields]
_BY_TELEGRAM_ID = select(*_COLUMNS).where(resident.c.telegram_id == bindparam("of"))


def by_telegram_id(db: Connection, telegram_id: int) -> Resident | None:
    """The resident behind a Telegram account, if he consented."""
    row = db.execute(_BY_TELEGRAM_ID, {"of": telegram_id}).first()
    return Resident(*row) if row else None


def get(db: Connection, resident_id: int) -> Resident:
    """The resident with that id."""
    return Resident(*db.execute(select(*_COLUMNS).where(resident.c.id == resident_id)).one())


def add(
    db: Connection,
    *,
    telegram_id: int,
    name: str,
    pseudonym: str,
    consent_version: int,
    now: datetime,
) -> Resident:
    """Remember a person who consented just now."""
    values = {
        "telegram_id": telegram_id,
        "name": name,
        "home": "unasked",
        "pseudonym": pseudonym,
        "consent_version": consent_version,
        "consent_at": now,
    }
    row = db.execute(insert(resident).values(values).returning(*_COLUMNS)).one()
    return Resident(*row)


def set_home(db: Connection, resident_id: int, rt: str | None, home: str) -> None:
    """Set the RT, or why there is none."""
    db.execute(update(resident).where(resident.c.id == resident_id).values(rt=rt, home=home))


def set_blocked(db: Connection, resident_id: int, blocked: bool) -> None:
    """Note that staff blocked a person, or let him in again."""
    db.execute(update(resident).where(resident.c.id == resident_id).values(blocked=blocked))


def set_inactive(db: Connection, telegram_id: int, reason: str | None) -> None:
    """Note why a person cannot be reached, or that he can again (None)."""
    db.execute(
        update(resident).where(resident.c.telegram_id == telegram_id).values(inactive=reason)
    )


def set_muted(db: Connection, resident_id: int, muted: bool) -> None:
    """Note that a person wants nothing unasked, or wants it again."""
    db.execute(update(resident).where(resident.c.id == resident_id).values(muted=muted))


def set_name(db: Connection, resident_id: int, name: str) -> None:
    """Correct a name."""
    db.execute(update(resident).where(resident.c.id == resident_id).values(name=name))


def set_consent(db: Connection, resident_id: int, version: int, now: datetime) -> None:
    """Note to which version of the consent text a person agreed, and when."""
    query = update(resident).where(resident.c.id == resident_id)
    db.execute(query.values(consent_version=version, consent_at=now))


def wants_news() -> ColumnElement[bool]:
    """Residents who may be written to unasked: reachable, not blocked, and they did not say no."""
    return and_(
        resident.c.inactive.is_(None), resident.c.blocked.is_(False), resident.c.muted.is_(False)
    )
