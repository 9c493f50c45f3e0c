"""Open forms: one row per person, so that any worker can go on where the last one stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from storage.tables import UtcDateTime, draft


class Draft(NamedTuple):
    """A form that is being filled in. `version` counts up with every answer."""

    telegram_id: int
    id: str
    form: str
    step: str
    answers: dict[str, Any]
    marks: dict[str, Any]
    version: int
    expires_at: datetime


_COLUMNS = [draft.c[name] for name in Draft._fields]
_LOAD = select(*_COLUMNS).where(
    draft.c.telegram_id == bindparam("of"),
    draft.c.expires_at > bindparam("now", type_=UtcDateTime),
)


def load(db: Connection, telegram_id: int, now: datetime) -> Draft | None:
    """The open form of a person, unless it expired."""
    row = db.execute(_LOAD, {"of": telegram_id, "now": now}).first()
    return Draft(*row) if row else None


def save(db: Connection, new: Draft) -> None:
    """Keep the form as it is now, in place of any other of that person."""
    values = new._asdict()
    changed = db.execute(
        update(draft).where(draft.c.telegram_id == new.telegram_id).values(values)
    ).rowcount
    if not changed:
        db.execute(insert(draft).values(values))


def remove(db: Connection, telegram_id: int) -> None:
    """Forget the open form of a person."""
    db.execute(delete(draft).where(draft.c.telegram_id == telegram_id))


def remove_expired(db: Connection, now: datetime) -> None:
    """Forget forms that nobody finished in time."""
    db.execute(delete(draft).where(draft.c.expires_at <= now))
