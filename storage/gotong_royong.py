"""Gotong royong: series, their occurrences, who answers what, who came."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from storage.tables import attendance, gotong_royong, occurrence, resident, rsvp

PLANNED, CANCELLED = "planned", "cancelled"
COMING = ("come", "help")  # answers of those who take part


class Series(NamedTuple):
    """What is planned, once or again and again; the point is latitude, longitude in degrees."""

    draft_id: str
    title: str
    place: str | None
    latitude: float | None
    longitude: float | None
    bring: str | None
    rts: list[str] | None
    rule: str | None
    starts_at: datetime
    made_until: datetime
    ticket_id: int | None = None  # the complaint that it mends


class Place(NamedTuple):
    """Where an occurrence is: words, or a point in degrees, or both."""

    place: str | None
    latitude: float | None
    longitude: float | None


_series = gotong_royong.c
_OCCURRENCE = select(
    occurrence,
    *(_series[name] for name in ("title", "bring", "rts", "rule", "created_by", "ticket_id")),
).join(gotong_royong, occurrence.c.gotong_royong_id == _series.id)


def add(db: Connection, new: Series, *, by: int, now: datetime) -> int:
    """Keep a series and give its id; `by` is a Telegram id."""
    values = {**new._asdict(), "created_by": by, "created_at": now}
    query = insert(gotong_royong).values(values).returning(gotong_royong.c.id)
    return int(db.execute(query).scalar_one())


def by_id(db: Connection, series_id: int) -> Row[Any]:
    """The series with that id."""
    return db.execute(select(gotong_royong).where(_series.id == series_id)).one()


def by_draft(db: Connection, draft_id: str) -> Row[Any] | None:
    """The series that came from that draft."""
    return db.execute(select(gotong_royong).where(_series.draft_id == draft_id)).first()


def to_be_made(db: Connection, until: datetime, *, only: int | None = None) -> list[Row[Any]]:
    """Series that go on, and whose occurrences are not rows up to `until`, locked."""
    query = select(gotong_royong).where(
        _series.rule.is_not(None), _series.ended_at.is_(None), _series.made_until < until
    )
    if only is not None:
        query = query.where(_series.id == only)
    return list(db.execute(query.order_by(_series.id).with_for_update()))


def lock_series(db: Connection, occurrence_id: int) -> None:
    """Nobody else makes, moves or ends occurrences of the series of this one meanwhile.

    To be called before an occurrence is locked: everybody takes these locks in that order.
    """
    its = select(occurrence.c.gotong_royong_id).where(occurrence.c.id == occurrence_id)
    known, found = None, db.scalar(its)
    while found != known:  # while waiting, it may have moved into another series
        db.execute(select(_series.id).where(_series.id == found).with_for_update())
        known, found = found, db.scalar(its)


def set_made(db: Connection, series_id: int, until: datetime) -> None:
    """Note up to when the occurrences of a series are rows."""
    query = update(gotong_royong).where(_series.id == series_id)
    db.execute(query.values(made_until=until))


def end(db: Connection, series_id: int, now: datetime) -> None:
    """Make no more occurrences of a series."""
    db.execute(update(gotong_royong).where(_series.id == series_id).values(ended_at=now))


def add_occurrence(db: Connection, series: Row[Any], planned_at: datetime) -> int | None:
    """Make the occurrence of a moment; None if it was made before."""
    of = (occurrence.c.gotong_royong_id == series.id, occurrence.c.planned_at == planned_at)
    if db.scalar(select(occurrence.c.id).where(*of)) is not None:
        return None
    values = {
        "gotong_royong_id": series.id,
        "planned_at": planned_at,
        "starts_at": planned_at,
        "place": series.place,
        "latitude": series.latitude,
        "longitude": series.longitude,
        "state": PLANNED,
    }
    query = insert(occurrence).values(values).returning(occurrence.c.id)
    return int(db.execute(query).scalar_one())


def get(db: Connection, occurrence_id: int, *, lock: bool = False) -> Row[Any] | None:
    """An occurrence with what its series says; locked, nobody else changes it meanwhile."""
    if lock:  # by itself: whoever is waited for may move it into another series
        db.execute(
            select(occurrence.c.id).where(occurrence.c.id == occurrence_id).with_for_update()
        )
    return db.execute(_OCCURRENCE.where(occurrence.c.id == occurrence_id)).first()


def first_of(db: Connection, series_id: int) -> Row[Any]:
    """The first occurrence of a series."""
    query = _OCCURRENCE.where(occurrence.c.gotong_royong_id == series_id)
    return db.execute(query.order_by(occurrence.c.planned_at).limit(1)).one()


def starting(db: Connection, since: datetime) -> list[Row[Any]]:
    """Occurrences that take place and start at `since` or later, the next one first."""
    query = _OCCURRENCE.where(occurrence.c.state == PLANNED, occurrence.c.starts_at >= since)
    return list(db.execute(query.order_by(occurrence.c.starts_at, occurrence.c.id)))


def following(db: Connection, one: Row[Any], now: datetime) -> list[Row[Any]]:
    """An occurrence and the later ones of its series that are still to come, locked."""
    query = _OCCURRENCE.where(
        occurrence.c.gotong_royong_id == one.gotong_royong_id,
        occurrence.c.planned_at >= one.planned_at,
        occurrence.c.state == PLANNED,
        occurrence.c.starts_at > now,
    )
    return list(db.execute(query.order_by(occurrence.c.planned_at).with_for_update(of=occurrence)))


def change(
    db: Connection,
    one: Row[Any],
    *,
    series_id: int,
    planned_at: datetime,
    starts_at: datetime,
    where: Place,
) -> int:
    """Move an occurrence, also into another series; gives its new version."""
    values = {
        "gotong_royong_id": series_id,
        "planned_at": planned_at,
        "starts_at": starts_at,
        **where._asdict(),
    }
    return _next_version(db, one, values)


def cancel(db: Connection, one: Row[Any], reason: str) -> int:
    """Call an occurrence off; gives its new version."""
    return _next_version(db, one, {"state": CANCELLED, "reason": reason})


def _next_version(db: Connection, one: Row[Any], values: dict[str, Any]) -> int:
    version = int(one.version) + 1
    query = update(occurrence).where(occurrence.c.id == one.id)
    db.execute(query.values(version=version, **values))
    return version


# --- answers ---------------------------------------------------------------------------------


def answer_of(db: Connection, occurrence_id: int, resident_id: int) -> str | None:
    """What a resident answered: come, cannot, help."""
    query = select(rsvp.c.answer).where(*_own(rsvp, occurrence_id, resident_id))
    return db.scalar(query)


def put_answer(
    db: Connection, occurrence_id: int, resident_id: int, answer: str, now: datetime
) -> None:
    """Keep an answer, in place of an earlier one."""
    own = _own(rsvp, occurrence_id, resident_id)
    if not db.execute(update(rsvp).where(*own).values(answer=answer, at=now)).rowcount:
        ids = {"occurrence_id": occurrence_id, "resident_id": resident_id}
        db.execute(insert(rsvp).values(**ids, answer=answer, at=now))


def answers(db: Connection, occurrence_id: int) -> dict[str, int]:
    """How many residents gave each answer."""
    query = select(rsvp.c.answer, func.count()).where(rsvp.c.occurrence_id == occurrence_id)
    return {answer: int(count) for answer, count in db.execute(query.group_by(rsvp.c.answer))}


# --- attendance ------------------------------------------------------------------------------


def checklist(
    db: Connection,
    occurrence_id: int,
    rts: Collection[str] | None,
    only: Collection[str] | None,
    *,
    limit: int,
    offset: int,
) -> list[Row[Any]]:
    """Who may have come, those who said so first: id, name, answer, came."""
    rank = case((rsvp.c.answer == "come", 0), (rsvp.c.answer == "help", 1), else_=2)
    query = _neighbours(occurrence_id, rts, only).order_by(rank, resident.c.name, resident.c.id)
    return list(db.execute(query.limit(limit).offset(offset)))


def on_checklist(
    db: Connection,
    occurrence_id: int,
    rts: Collection[str] | None,
    only: Collection[str] | None,
    resident_id: int,
) -> Row[Any] | None:
    """The line of one resident; None if he is not on the list."""
    query = _neighbours(occurrence_id, rts, only).where(resident.c.id == resident_id)
    return db.execute(query).first()


def _neighbours(
    occurrence_id: int, rts: Collection[str] | None, only: Collection[str] | None
) -> Any:
    """Residents of the RTs of an occurrence, and those who said that they take part, or did.

    With `only`, no residents of other RTs than these.
    """
    query = select(
        resident.c.id,
        resident.c.name,
        rsvp.c.answer,
        attendance.c.at.is_not(None).label("came"),
    )
    query = query.outerjoin_from(resident, rsvp, _of(rsvp, occurrence_id))
    query = query.outerjoin(attendance, _of(attendance, occurrence_id))
    if rts is not None:
        there = or_(rsvp.c.answer.in_(COMING), attendance.c.at.is_not(None))
        query = query.where(or_(resident.c.rt.in_(rts), there))
    return query if only is None else query.where(resident.c.rt.in_(only))


def attended(db: Connection, occurrence_id: int, only: Collection[str] | None) -> int:
    """How many were there; with `only`, of these RTs."""
    query = select(func.count()).where(attendance.c.occurrence_id == occurrence_id)
    if only is not None:
        query = query.join_from(attendance, resident).where(resident.c.rt.in_(only))
    return db.scalar(query) or 0


def tick(
    db: Connection, occurrence_id: int, resident_id: int, *, way: str, by: int, now: datetime
) -> None:
    """Note that a resident was there; `way` says how that is known, `by` is a Telegram id."""
    ids = {"occurrence_id": occurrence_id, "resident_id": resident_id}
    db.execute(insert(attendance).values(**ids, way=way, marked_by=by, at=now))


def untick(db: Connection, occurrence_id: int, resident_id: int) -> None:
    """Take that back."""
    db.execute(delete(attendance).where(*_own(attendance, occurrence_id, resident_id)))


def _own(table: Any, occurrence_id: int, resident_id: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.occurrence_id == occurrence_id, table.c.resident_id == resident_id


def _of(table: Any, occurrence_id: int) -> ColumnElement[bool]:
    """The row of each resident for that occurrence."""
    return and_(table.c.resident_id == resident.c.id, table.c.occurrence_id == occurrence_id)
