"""Codes that are shown on site, claims of presence, and taking back what came too early."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from storage.tables import attendance, presence_claim, presence_code, resident

_code, _claim = presence_code.c, presence_claim.c


# --- codes ------------------------------------------------------------------------------------


def add_code(
    db: Connection, occurrence_id: int, *, secret_hash: str, code: str, by: int, now: datetime
) -> None:
    """Keep a new code of an occurrence; the ones before it stop."""
    end_codes(db, occurrence_id, now)
    values = {
        "occurrence_id": occurrence_id,
        "secret_hash": secret_hash,
        "code": code,
        "created_by": by,
        "created_at": now,
    }
    db.execute(insert(presence_code).values(values))


def end_codes(db: Connection, occurrence_id: int, now: datetime) -> None:
    """No code of an occurrence works any more."""
    its = (_code.occurrence_id == occurrence_id, _code.ended_at.is_(None))
    db.execute(update(presence_code).where(*its).values(ended_at=now))


def code_of(db: Connection, occurrence_id: int) -> str | None:
    """The short code of an occurrence that has not been ended."""
    query = select(_code.code).where(
        _code.occurrence_id == occurrence_id, _code.ended_at.is_(None)
    )
    return db.scalar(query.order_by(_code.id.desc()).limit(1))


def with_secret(db: Connection, secret_hash: str) -> int | None:
    """The occurrence to which the secret of a link belongs; None for one that was ended."""
    query = select(_code.occurrence_id)
    return db.scalar(query.where(_code.secret_hash == secret_hash, _code.ended_at.is_(None)))


def with_code(db: Connection, code: str) -> list[int]:
    """The occurrences with a short code that has not been ended, the newest code first."""
    query = select(_code.occurrence_id).where(_code.code == code, _code.ended_at.is_(None))
    return list(db.scalars(query.order_by(_code.id.desc())))


def with_codes(db: Connection, since: datetime) -> list[int]:
    """The occurrences with a code that was made after a moment and has not been ended."""
    query = select(_code.occurrence_id)
    return list(db.scalars(query.where(_code.created_at >= since, _code.ended_at.is_(None))))


# --- claims -----------------------------------------------------------------------------------


def add_claim(db: Connection, occurrence_id: int, resident_id: int, now: datetime) -> None:
    """Note that somebody says he is there, if he did not before."""
    if not claimed(db, occurrence_id, resident_id):
        ids = {"occurrence_id": occurrence_id, "resident_id": resident_id}
        db.execute(insert(presence_claim).values(**ids, at=now))


def claimed(db: Connection, occurrence_id: int, resident_id: int) -> bool:
    """Whether somebody has said that he is there."""
    return db.scalar(select(_claim.id).where(*_own(occurrence_id, resident_id))) is not None


def settle(db: Connection, occurrence_id: int, resident_id: int, now: datetime) -> None:
    """A claim, if there is one, waits no longer."""
    mine = (*_own(occurrence_id, resident_id), _claim.settled_at.is_(None))
    db.execute(update(presence_claim).where(*mine).values(settled_at=now))


def waiting(db: Connection, occurrence_id: int, only: Collection[str] | None) -> list[Row[Any]]:
    """Claims that wait, the first first: id, resident_id, name; `only` of residents of RTs."""
    query = select(_claim.id, _claim.resident_id, resident.c.name)
    return list(db.execute(_waiting(query, occurrence_id, only).order_by(_claim.id)))


def count_waiting(db: Connection, occurrence_id: int, only: Collection[str] | None) -> int:
    """How many claims wait."""
    return db.scalar(_waiting(select(func.count()), occurrence_id, only)) or 0


def _waiting(query: Any, occurrence_id: int, only: Collection[str] | None) -> Any:
    query = query.select_from(presence_claim).join(resident, resident.c.id == _claim.resident_id)
    query = query.where(_claim.occurrence_id == occurrence_id, _claim.settled_at.is_(None))
    return query if only is None else query.where(resident.c.rt.in_(only))


def _own(occurrence_id: int, resident_id: int) -> tuple[ColumnElement[bool], ...]:
    return _claim.occurrence_id == occurrence_id, _claim.resident_id == resident_id


# --- attendance -------------------------------------------------------------------------------


def came(db: Connection, occurrence_id: int, resident_id: int) -> bool:
    """Whether a resident was noted as present."""
    c = attendance.c
    query = select(c.way).where(c.occurrence_id == occurrence_id, c.resident_id == resident_id)
    return db.scalar(query) is not None


def remove_all(db: Connection, occurrence_id: int) -> None:
    """Nobody was there after all: what was noted before the start is taken back."""
    db.execute(delete(attendance).where(attendance.c.occurrence_id == occurrence_id))
