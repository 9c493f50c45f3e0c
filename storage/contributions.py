"""What residents bring to gotong royong, by kind: offered by themselves, ticked by organisers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from storage.tables import contribution, resident

_its = contribution.c


class Kept(NamedTuple):
    """One kind of one resident."""

    kind: str
    words: str | None
    offered_at: datetime | None
    given_at: datetime | None


def of(db: Connection, occurrence_id: int, resident_id: int) -> dict[str, Kept]:
    """What one resident brings, by kind."""
    query = select(*(_its[name] for name in Kept._fields))
    rows = db.execute(query.where(*_own(occurrence_id, resident_id)).order_by(_its.kind))
    return {row.kind: Kept(*row) for row in rows}


def add(db: Connection, occurrence_id: int, resident_id: int, kind: str, **values: Any) -> None:
    """Keep one kind of a resident that was not known before."""
    ids = {"occurrence_id": occurrence_id, "resident_id": resident_id, "kind": kind}
    db.execute(insert(contribution).values(**ids, **values))


def change(
    db: Connection, occurrence_id: int, resident_id: int, kind: str, values: Mapping[str, Any]
) -> None:
    """Change what is kept of one kind of a resident."""
    one = (*_own(occurrence_id, resident_id), _its.kind == kind)
    db.execute(update(contribution).where(*one).values(dict(values)))


def say(db: Connection, occurrence_id: int, resident_id: int, words: str | None) -> None:
    """Keep a resident's words beside everything that he brings."""
    query = update(contribution).where(*_own(occurrence_id, resident_id))
    db.execute(query.values(words=words))


def remove(db: Connection, occurrence_id: int, resident_id: int, kind: str) -> None:
    """Forget one kind of a resident."""
    one = (*_own(occurrence_id, resident_id), _its.kind == kind)
    db.execute(delete(contribution).where(*one))


def counts(db: Connection, occurrence_id: int) -> dict[str, int]:
    """How many residents bring something of each kind."""
    query = select(_its.kind, func.count()).where(_its.occurrence_id == occurrence_id)
    return {kind: int(count) for kind, count in db.execute(query.group_by(_its.kind))}


def people(db: Connection, occurrence_id: int, only: Collection[str] | None) -> list[Row[Any]]:
    """Who brings something, by name: id, name, rt; `only` residents of these RTs."""
    brings = select(_its.resident_id).where(_its.occurrence_id == occurrence_id)
    query = select(resident.c.id, resident.c.name, resident.c.rt)
    query = query.where(resident.c.id.in_(brings))
    if only is not None:
        query = query.where(resident.c.rt.in_(only))
    return list(db.execute(query.order_by(resident.c.name, resident.c.id)))


def _own(occurrence_id: int, resident_id: int) -> tuple[ColumnElement[bool], ...]:
    return _its.occurrence_id == occurrence_id, _its.resident_id == resident_id
