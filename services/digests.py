"""What is told by the clock: the overdue list of a morning, the week of an RT head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from services.tickets import ASPIRATION, COMPLAINT, OPEN_STATES, TYPES, State
from services.verdicts import CLOSING
from services.workdays import Workdays
from storage import Connection, Row, desk, digests, gotong_royong, settings, verdicts
from storage.desk import Pile
from storage.participation import Span

MORNING = time(8)  # local time
LATE_UNTIL, WEEK_UNTIL = time(12), time(18)  # later than that it is dropped
OLDEST = 5  # late tickets named in a morning
WEEK = timedelta(days=7)
LATE_TOLD, WEEK_TOLD = "digest:late", "digest:week"  # settings: the day for which it was told
SHOWN = (COMPLAINT, ASPIRATION)  # what RT heads see
ENDS = (State.DONE, State.NOT_OURS, State.MERGED, State.ARCHIVED)


@dataclass(frozen=True)
class Gathering:
    """A gotong royong, and how many of these RTs came or said that they will."""

    title: str
    starts_at: datetime
    people: int


@dataclass(frozen=True)
class WeekOf:
    """The last week of some RTs, and what this one brings; counts only."""

    rts: tuple[str, ...]
    span: Span  # the last week
    reports: int
    wishes: int
    closed: int
    fixed: int
    not_fixed: int
    open: int
    late: int
    past: tuple[Gathering, ...]
    ahead: tuple[Gathering, ...]

    @property
    def happened(self) -> bool:
        """Whether there was anything in that week."""
        counts = (self.reports, self.wishes, self.closed, self.fixed, self.not_fixed)
        return any(counts) or bool(self.past)

    @property
    def matters(self) -> bool:
        """Whether there is anything to tell: it happened, waits, or comes."""
        return self.happened or self.open > 0 or bool(self.ahead)


def told_until(db: Connection, name: str, workdays: Workdays, now: datetime) -> datetime | None:
    """Until when a digest may be told today; None if it may not, or was told.

    The overdue list is for every working day, the week for the first one of a week.
    """
    late = name == LATE_TOLD
    day = workdays.day_of(now)
    is_its_day = workdays.is_workday(day) if late else workdays.opens_week(day)
    until = workdays.at(day, LATE_UNTIL if late else WEEK_UNTIL)
    if not is_its_day or not workdays.at(day, MORNING) <= now < until:
        return None
    return None if settings.get(db, name) == day.isoformat() else until


def told(db: Connection, name: str, workdays: Workdays, now: datetime) -> None:
    """Note that everybody was told for today."""
    settings.put(db, name, workdays.day_of(now).isoformat())


def overdue(db: Connection, now: datetime) -> tuple[list[Row[Any]], int]:
    """The tickets that are late, the longest overdue first, and how many there are."""
    pile = Pile(OPEN_STATES, late_at=now)
    count = desk.count_at_desk(db, pile, types=TYPES, rts=None)
    oldest = desk.at_desk(db, pile, types=TYPES, rts=None, limit=OLDEST) if count else []
    return oldest, count


def week_of(
    db: Connection, rts: Sequence[str], workdays: Workdays, now: datetime, *, ago: int = 1
) -> WeekOf:
    """The week so many before this one, and what is ahead now."""
    monday = workdays.at(workdays.monday_of(workdays.day_of(now)), time(0))
    span = Span(monday - WEEK * ago, monday - WEEK * (ago - 1))
    new = digests.filed(db, rts, span)
    fixed, not_fixed = verdicts.given(db, rts, span, CLOSING)
    waiting = [
        desk.count_at_desk(db, pile, types=SHOWN, rts=rts)
        for pile in (Pile(OPEN_STATES), Pile(OPEN_STATES, late_at=now))
    ]
    return WeekOf(
        rts=tuple(rts),
        span=span,
        reports=new.get(COMPLAINT, 0),
        wishes=new.get(ASPIRATION, 0),
        closed=digests.moved_to(db, rts, span, types=SHOWN, states=ENDS),
        fixed=fixed,
        not_fixed=not_fixed,
        open=waiting[0],
        late=waiting[1],
        past=tuple(
            Gathering(row.title, row.starts_at, gotong_royong.attended(db, row.id, rts))
            for row in _of_rts(db, rts, span)
        ),
        ahead=tuple(
            Gathering(row.title, row.starts_at, digests.coming(db, row.id, rts))
            for row in _of_rts(db, rts, Span(now, monday + WEEK))
        ),
    )


def _of_rts(db: Connection, rts: Sequence[str], span: Span) -> list[Row[Any]]:
    """Gotong royong of these RTs, or of the whole kelurahan."""
    found = digests.gatherings(db, span)
    return [row for row in found if row.rts is None or set(row.rts) & set(rts)]
