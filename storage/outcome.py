"""What gotong royong achieved: its photos, its result, and who is told of it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from storage.gotong_royong import COMING, PLANNED
from storage.residents import Notice, wants
from storage.tables import attendance, occurrence, occurrence_media, reminder, resident, rsvp
from storage.ticket_files import Medium

AFTER = "after"


# --- photos and result -----------------------------------------------------------------------


def add_photos(
    db: Connection,
    occurrence_id: int,
    moment: str,
    media: Collection[Medium],
    *,
    by: int,
    now: datetime,
) -> Sequence[int]:
    """Keep photos from before or after (`moment`); ids in the same order."""
    of = {"occurrence_id": occurrence_id, "moment": moment, "added_by": by, "at": now}
    rows = [{**of, **medium._asdict()} for medium in media]
    if not rows:
        return []
    query = insert(occurrence_media)
    return db.scalars(
        query.returning(occurrence_media.c.id, sort_by_parameter_order=True), rows
    ).all()


def photos(db: Connection, occurrence_id: int, moment: str | None = None) -> list[Row[Any]]:
    """Photos of an occurrence, oldest first: all, or those from before or after."""
    query = select(occurrence_media).where(occurrence_media.c.occurrence_id == occurrence_id)
    if moment is not None:
        query = query.where(occurrence_media.c.moment == moment)
    return list(db.execute(query.order_by(occurrence_media.c.id)))


def photo(db: Connection, photo_id: int) -> Row[Any] | None:
    """One photo."""
    return db.execute(select(occurrence_media).where(occurrence_media.c.id == photo_id)).first()


def keep_photo(db: Connection, photo_id: int, *, path: str, sha256: str, size: int) -> bool:
    """Record where a downloaded photo is kept and its checksum; False if it was removed."""
    query = update(occurrence_media).where(occurrence_media.c.id == photo_id)
    return db.execute(query.values(path=path, sha256=sha256, size=size)).rowcount == 1


def remove_photos(db: Connection, ids: Collection[int]) -> None:
    """Forget photos; their files are somebody else's task."""
    db.execute(delete(occurrence_media).where(occurrence_media.c.id.in_(ids)))


def old_photos(db: Connection, before: datetime, most: int) -> Sequence[int]:
    """Photos of what took place before a moment, some at a time."""
    query = (
        select(occurrence_media.c.id)
        .join(occurrence, occurrence.c.id == occurrence_media.c.occurrence_id)
        .where(occurrence.c.starts_at < before)
    )
    return db.scalars(query.order_by(occurrence_media.c.id).limit(most)).all()


def put_result(db: Connection, occurrence_id: int, words: str, now: datetime) -> None:
    """Keep what was achieved, in place of what was said before."""
    query = update(occurrence).where(occurrence.c.id == occurrence_id)
    db.execute(query.values(result=words, result_at=now))


def was_ticked(db: Connection, occurrence_id: int) -> bool:
    """Whether somebody noted that somebody else was there."""
    query = (
        select(attendance.c.at)
        .join(resident, resident.c.id == attendance.c.resident_id)
        .where(
            attendance.c.occurrence_id == occurrence_id,
            attendance.c.marked_by != resident.c.telegram_id,
        )
    )
    return db.execute(query.limit(1)).first() is not None


def next_of(db: Connection, series_id: int, now: datetime) -> int | None:
    """The id of what comes next of a series."""
    query = select(occurrence.c.id).where(
        occurrence.c.gotong_royong_id == series_id,
        occurrence.c.state == PLANNED,
        occurrence.c.starts_at > now,
    )
    return db.scalar(query.order_by(occurrence.c.starts_at).limit(1))


# --- what is told afterwards -----------------------------------------------------------------


def unscheduled(db: Connection, kind: str, *, since: datetime, now: datetime) -> list[Row[Any]]:
    """What began between both moments and has no row of that kind: id, version, starts_at."""
    noted = exists().where(reminder.c.occurrence_id == occurrence.c.id, reminder.c.kind == kind)
    query = select(occurrence.c.id, occurrence.c.version, occurrence.c.starts_at).where(
        occurrence.c.state == PLANNED, occurrence.c.starts_at.between(since, now), ~noted
    )
    return list(db.execute(query.order_by(occurrence.c.id)))


def drop_late(db: Connection, kind: str, before: datetime, now: datetime) -> None:
    """Give up what was due before that moment."""
    late = (reminder.c.done_at.is_(None), reminder.c.kind == kind, reminder.c.due_at < before)
    db.execute(update(reminder).where(*late).values(done_at=now))


def ready(db: Connection, kind: str, *, now: datetime, settled: datetime) -> Row[Any] | None:
    """The oldest row of that kind that is due, of which there is something to tell.

    What was entered after `settled` may still grow: only what was begun already goes on then.
    """
    query = (
        select(reminder)
        .join(occurrence, occurrence.c.id == reminder.c.occurrence_id)
        .where(
            reminder.c.done_at.is_(None),
            reminder.c.kind == kind,
            reminder.c.due_at <= now,
            _entered(None),
            or_(reminder.c.cursor > 0, ~_entered(settled)),
        )
        .order_by(reminder.c.due_at, reminder.c.id)
    )
    return db.execute(query.limit(1)).first()


def _entered(since: datetime | None) -> ColumnElement[bool]:
    """Whether anything of an outcome was entered, at all or since a moment."""
    came = exists().where(attendance.c.occurrence_id == occurrence.c.id, *_at(attendance, since))
    shown = exists().where(
        occurrence_media.c.occurrence_id == occurrence.c.id,
        occurrence_media.c.moment == AFTER,
        *_at(occurrence_media, since),
    )
    later = () if since is None else (occurrence.c.result_at > since,)
    said = and_(occurrence.c.result.is_not(None), *later)  # never NULL: it is negated
    return or_(came, shown, said)


def _at(table: Any, since: datetime | None) -> tuple[ColumnElement[bool], ...]:
    return () if since is None else (table.c.at > since,)


def recipients(
    db: Connection, occurrence_id: int, rts: Collection[str] | None, *, after: int, limit: int
) -> list[Row[Any]]:
    """Reachable residents who came, and those who were invited and did not say no, by id.

    Gives id, telegram_id and whether he came.
    """
    here = rsvp.c.occurrence_id == occurrence_id
    there = attendance.c.occurrence_id == occurrence_id
    came = attendance.c.at.is_not(None)
    not_declined = or_(rsvp.c.answer.is_(None), rsvp.c.answer.in_(COMING))
    invited = not_declined
    if rts is not None:
        invited = and_(not_declined, or_(resident.c.rt.in_(rts), rsvp.c.answer.in_(COMING)))
    query = (
        select(resident.c.id, resident.c.telegram_id, came.label("came"))
        .outerjoin(rsvp, and_(rsvp.c.resident_id == resident.c.id, here))
        .outerjoin(attendance, and_(attendance.c.resident_id == resident.c.id, there))
        .where(resident.c.id > after, wants(Notice.GOTONG_ROYONG), or_(came, invited))
    )
    return list(db.execute(query.order_by(resident.c.id).limit(limit)))
