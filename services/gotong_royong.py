"""Gotong royong: planning it, once or again and again, changing it, calling it off.

A series is what was planned; its occurrences are rows that are made about sixty days ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from services import audit, early, recurrence, reminders
from services.audit import Act
from services.quiet import QuietHours
from services.reminders import Kind
from services.roles import Actor, Permission
from storage import Connection, Row, gotong_royong
from storage import reminders as stored
from storage.gotong_royong import PLANNED, Place, Series

AHEAD = timedelta(days=60)
MADE_EACH = timedelta(days=1)  # how far the rows may lag behind that


class Unknown(Exception):
    """No such occurrence, or not one that can still be changed or answered."""


class Past(Exception):
    """A moment that is no longer to come."""


class TooSoon(Exception):
    """A moment so near to the end of quiet hours that nobody could be told; `end` is that end."""

    def __init__(self, end: datetime) -> None:
        super().__init__(end)
        self.end = end


@dataclass(frozen=True)
class Plan:
    """What an organiser wants; `rts` None is the whole kelurahan."""

    title: str
    starts_at: datetime
    where: Place
    bring: str | None
    rts: tuple[str, ...] | None
    repeat: str  # services.recurrence.REPEATS


@dataclass(frozen=True)
class Change:
    """What becomes different; None leaves it as it is."""

    starts_at: datetime | None = None
    where: Place | None = None


def reference(occurrence_id: int) -> str:
    """What the participation log and the audit trail call an occurrence."""
    return f"GR-{occurrence_id}"


def plan(
    db: Connection, actor: Actor, new: Plan, *, draft_id: str, now: datetime, quiet: QuietHours
) -> Row[Any]:
    """Plan gotong royong and invite; gives its first occurrence. A draft does so once.

    Raises:
        NotAllowed: outside of the actor's RTs. Past: the moment has gone by. TooSoon: nobody
            could be told in time.
    """
    actor.require(Permission.ORGANISE)
    actor.require_scope(new.rts)
    known = gotong_royong.by_draft(db, draft_id)
    if known is not None:
        return gotong_royong.first_of(db, known.id)
    _require_notice(new.starts_at, now, quiet)
    rule = recurrence.rule_of(new.repeat, new.starts_at, quiet.zone)
    rts = None if new.rts is None else list(new.rts)
    series = Series(
        draft_id, new.title, *new.where, new.bring, rts, rule, new.starts_at, new.starts_at
    )
    series_id = gotong_royong.add(db, series, by=actor.telegram_id, now=now)
    row = gotong_royong.by_id(db, series_id)
    _make(db, row, new.starts_at, now=now, quiet=quiet)
    make_ahead(db, now, quiet, only=series_id)
    first = gotong_royong.first_of(db, series_id)
    reminders.tell(db, first.id, first.version, Kind.INVITE, now)
    audit.note(db, actor, Act.GOTONG_ROYONG_PLANNED, reference(first.id), now, new.repeat)
    return first


def _require_notice(starts_at: datetime, now: datetime, quiet: QuietHours) -> None:
    """Refuse a moment of which nobody can hear in time.

    Raises:
        Past: it has gone by. TooSoon: quiet hours end less than 30 minutes before it.
    """
    if starts_at <= now:
        raise Past
    end = quiet.until(now)
    if end is not None and starts_at - end < reminders.SHORTEST_NOTICE:
        raise TooSoon(end)


def _make(
    db: Connection, series: Row[Any], moment: datetime, *, now: datetime, quiet: QuietHours
) -> None:
    """One occurrence with its reminders, unless it is there."""
    made = gotong_royong.add_occurrence(db, series, moment)
    if made is not None:
        reminders.schedule(db, made, 0, moment, now=now, quiet=quiet)


def make_ahead(
    db: Connection, now: datetime, quiet: QuietHours, *, only: int | None = None
) -> None:
    """Make the occurrences of the next sixty days; what went by meanwhile is not made.

    `only` is the one series to do so for: who holds locks already does not wait for others.
    """
    until = now + AHEAD
    for series in gotong_royong.to_be_made(db, until - MADE_EACH, only=only):
        for moment in recurrence.moments(series.rule, series.starts_at, quiet.zone):
            if moment > until:
                break
            if moment > max(now, series.made_until):
                _make(db, series, moment, now=now, quiet=quiet)
        gotong_royong.set_made(db, series.id, until)


def organise(
    db: Connection, actor: Actor, occurrence_id: int, *, lock: bool = False, whole: bool = False
) -> Row[Any]:
    """An occurrence that the actor may organise; `lock` it, or with `whole` its series as well.

    Raises:
        Unknown: there is none, or it was called off. NotAllowed: it is not the actor's.
    """
    actor.require(Permission.ORGANISE)
    if whole:
        gotong_royong.lock_series(db, occurrence_id)
    row = gotong_royong.get(db, occurrence_id, lock=lock)
    if row is None or row.state != PLANNED:
        raise Unknown(occurrence_id)
    actor.require_scope(row.rts)
    return row


def change(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    wanted: Change,
    *,
    whole: bool,
    draft_id: str,
    now: datetime,
    quiet: QuietHours,
) -> Row[Any]:
    """Move an occurrence, or with `whole` it and all later ones; tells everybody concerned.

    The later ones become a series of their own, so that what was keeps its time and place.
    Answers stay with their occurrence.

    Raises:
        Unknown: it is over or called off. NotAllowed: it is not the actor's.
        Past: the new moment has gone by. TooSoon: nobody could be told in time.
    """
    row = organise(db, actor, occurrence_id, lock=True, whole=whole)
    if row.starts_at <= now:
        raise Unknown(occurrence_id)
    if wanted.starts_at is not None:
        _require_notice(wanted.starts_at, now, quiet)
    whole = whole and row.rule is not None
    if whole:
        _change_following(db, actor, row, wanted, draft_id, now=now, quiet=quiet)
    else:
        starts_at = wanted.starts_at or row.starts_at
        where = wanted.where or _place(row)
        _put(db, row, row.gotong_royong_id, row.planned_at, starts_at, where, now, quiet)
    changed = gotong_royong.get(db, occurrence_id)
    assert changed is not None
    reminders.tell(db, changed.id, changed.version, Kind.REPLANNED if whole else Kind.MOVED, now)
    act = Act.GOTONG_ROYONG_REPLANNED if whole else Act.GOTONG_ROYONG_MOVED
    audit.note(db, actor, act, reference(changed.id), now)
    return changed


def _put(
    db: Connection,
    row: Row[Any],
    series_id: int,
    planned_at: datetime,
    starts_at: datetime,
    where: Place,
    now: datetime,
    quiet: QuietHours,
) -> None:
    """Give an occurrence its new time and place, and new reminders in place of the old."""
    version = gotong_royong.change(
        db, row, series_id=series_id, planned_at=planned_at, starts_at=starts_at, where=where
    )
    if starts_at != row.starts_at:
        early.take_back(db, row.id, reference(row.id), now)
    stored.withdraw(db, row.id, now)
    reminders.schedule(db, row.id, version, starts_at, now=now, quiet=quiet)


def _change_following(
    db: Connection,
    actor: Actor,
    row: Row[Any],
    wanted: Change,
    draft_id: str,
    *,
    now: datetime,
    quiet: QuietHours,
) -> None:
    """Go on with a new series from this occurrence on; the n-th stays the n-th."""
    old = gotong_royong.by_id(db, row.gotong_royong_id)
    rows = gotong_royong.following(db, row, now)
    times, rule = _new_times(old, row, wanted, quiet)
    where = wanted.where or Place(old.place, old.latitude, old.longitude)
    first, made_until = times[row.planned_at], max(*times.values(), now)
    series = Series(
        draft_id, old.title, *where, old.bring, old.rts, rule, first, made_until, old.ticket_id
    )
    gotong_royong.end(db, old.id, now)
    series_id = gotong_royong.add(db, series, by=actor.telegram_id, now=now)
    for one in rows:
        moment = times[one.planned_at]
        starts_at = one.starts_at if wanted.starts_at is None else moment
        there = wanted.where or _place(one)
        _put(db, one, series_id, moment, starts_at, there, now, quiet)
    make_ahead(db, now, quiet, only=series_id)


def _new_times(
    old: Row[Any], row: Row[Any], wanted: Change, quiet: QuietHours
) -> tuple[dict[datetime, datetime], str | None]:
    """What becomes of each moment of the old series that was made, from this row on; the rule.

    Counted by the rule and not by rows, as some of these were called off or have begun.
    """
    made = recurrence.moments(old.rule, row.planned_at, quiet.zone)
    before = list(takewhile(lambda moment: moment <= max(old.made_until, row.planned_at), made))
    if wanted.starts_at is None:
        return dict(zip(before, before, strict=True)), old.rule
    rule = recurrence.rule_of(recurrence.repeat_of(old.rule), wanted.starts_at, quiet.zone)
    after = recurrence.moments(rule, wanted.starts_at, quiet.zone)
    return dict(zip(before, after, strict=False)), rule


def _place(row: Row[Any]) -> Place:
    return Place(row.place, row.latitude, row.longitude)


def cancel(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    *,
    reason: str,
    whole: bool,
    now: datetime,
) -> Row[Any]:
    """Call an occurrence off, or with `whole` it and all later ones; tells everybody concerned.

    Raises:
        Unknown: it is over or called off. NotAllowed: it is not the actor's.
    """
    row = organise(db, actor, occurrence_id, lock=True, whole=whole)
    if row.starts_at <= now:
        raise Unknown(occurrence_id)
    whole = whole and row.rule is not None
    kind = Kind.ENDED if whole else Kind.CANCELLED
    for one in gotong_royong.following(db, row, now) if whole else [row]:
        version = gotong_royong.cancel(db, one, reason)
        early.take_back(db, one.id, reference(one.id), now)
        stored.withdraw(db, one.id, now)
        if one.id == row.id:
            reminders.tell(db, one.id, version, kind, now)
    if whole:
        gotong_royong.end(db, row.gotong_royong_id, now)
    act = Act.GOTONG_ROYONG_ENDED if whole else Act.GOTONG_ROYONG_CANCELLED
    audit.note(db, actor, act, reference(row.id), now)
    return row
