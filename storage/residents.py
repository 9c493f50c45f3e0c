"""Residents who agreed that the bot keeps something about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, select, update

from storage.tables import resident


class Notice(StrEnum):
    """What a resident is sent without having asked for it; each he can turn off by itself."""

    ANNOUNCEMENTS = "announcements"  # of the kelurahan
    GOTONG_ROYONG = "gotong_royong"  # invitations, reminders, changes
    FOLLOW_UPS = "follow_ups"  # what becomes of what he sent, joined or supports
    LESSONS = "lessons"  # one about BANTAR a week

    @property
    def column(self) -> str:
        """The column that says whether he wants it."""
        return f"wants_{self.value}"


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
    wants_announcements: bool
    wants_gotong_royong: bool
    wants_follow_ups: bool
    wants_lessons: bool

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All that he wants to be sent."""
        return tuple(notice for notice in Notice if self.wants(notice))

    def wants(self, notice: Notice) -> bool:
        """Whether he wants to be sent this."""
        return bool(getattr(self, notice.column))

    def hears(self, notice: Notice) -> bool:
        """Whether he wants to be sent this and can be reached.

        Also who is blocked hears what becomes of his tickets: he may read.
        """
        return self.inactive is None and self.wants(notice)


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


def set_wants(db: Connection, resident_id: int, notices: Collection[Notice], wanted: bool) -> None:
    """Note that a person wants these to be sent, or does not."""
    values = {notice.column: wanted for notice in notices}
    if values:
        db.execute(update(resident).where(resident.c.id == resident_id).values(values))


def set_name(db: Connection, resident_id: int, name: str) -> None:
    """Correct a name."""
    db.execute(update(resident).where(resident.c.id == resident_id).values(name=name))


def set_consent(db: Connection, resident_id: int, version: int, now: datetime) -> None:
    """Note to which version of the consent text a person agreed, and when."""
    query = update(resident).where(resident.c.id == resident_id)
    db.execute(query.values(consent_version=version, consent_at=now))


def wants(notice: Notice) -> ColumnElement[bool]:
    """Residents who may be sent this unasked: reachable, not blocked, and they did not say no."""
    return and_(
        resident.c.inactive.is_(None),
        resident.c.blocked.is_(False),
        resident.c[notice.column].is_(True),
    )


def count_wanting(db: Connection, notice: Notice, rts: Collection[str] | None) -> int:
    """How many residents of these RTs (None: all) something of this kind would reach now."""
    query = select(func.count()).select_from(resident).where(wants(notice))
    return db.scalar(query if rts is None else query.where(resident.c.rt.in_(rts))) or 0
