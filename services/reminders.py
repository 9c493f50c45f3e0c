"""What is told about gotong royong, to whom and when (design, section 7).

Everything is a row of `reminder` that the clock takes when it is due. Three kinds remind: three
days before, the evening before, two hours before. The others are told at once: the invitation, a
change, a cancellation. Each goes out in chunks of residents; the chunk, the messages and how far
it came are one transaction, so that a kill leaves nobody out and tells nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from services.quiet import QuietHours
from storage import Connection, Row, gotong_royong, reminders
from storage.gotong_royong import CANCELLED, PLANNED


class Kind(StrEnum):
    """What is told; the value is stored and is the last part of its phrase."""

    DAYS3 = "days3"
    EVENING = "evening"
    HOURS2 = "hours2"
    INVITE = "invite"
    MOVED = "moved"  # one occurrence
    REPLANNED = "replanned"  # an occurrence and all later ones of its series
    CANCELLED = "cancelled"
    ENDED = "ended"  # cancelled with all later ones


REMINDERS = (Kind.DAYS3, Kind.EVENING, Kind.HOURS2)
BEFORE = (*REMINDERS, Kind.INVITE)  # pointless once it has begun
NEWS = (Kind.MOVED, Kind.REPLANNED, Kind.CANCELLED, Kind.ENDED)
OFF = (Kind.CANCELLED, Kind.ENDED)
CHUNK = 100  # residents in one transaction
EVENING = time(18, 30)  # local time
DAYS = timedelta(days=3)
HOURS = timedelta(hours=2)
SHORTEST_NOTICE = timedelta(minutes=30)  # from the end of quiet hours to the event
LATE = timedelta(minutes=5)  # more is said to be late
COME, CANNOT, HELP = "come", "cannot", "help"
EVERYBODY: frozenset[str | None] = frozenset({None, COME, CANNOT, HELP})
TAKING_PART: frozenset[str | None] = frozenset({COME, HELP})


@dataclass(frozen=True)
class Batch:
    """Some residents to be told, and what of: the occurrence as a row."""

    kind: Kind
    occurrence: Row[Any]
    chats: dict[int, str | None]  # Telegram ids, and what each one answered so far
    late: bool  # because the bot was not running when it was due
    key: str  # of the outbox; each chat makes its own of it
    not_after: datetime | None  # from then on not even what waits in the outbox is sent


def moments(starts_at: datetime, quiet: QuietHours) -> dict[Kind, datetime]:
    """When it is reminded of an event by itself, quiet or not, in UTC."""
    here = starts_at.astimezone(quiet.zone)
    evening = datetime.combine(here.date() - timedelta(days=1), EVENING, quiet.zone)
    return {
        Kind.DAYS3: (here - DAYS).astimezone(UTC),  # the same hour of the local clock
        Kind.EVENING: evening.astimezone(UTC),
        Kind.HOURS2: starts_at - HOURS,
    }


def schedule(
    db: Connection,
    occurrence_id: int,
    version: int,
    starts_at: datetime,
    *,
    now: datetime,
    quiet: QuietHours,
) -> None:
    """Note the reminders of an occurrence whose moment is still to come.

    One that falls in quiet hours moves to their end, or is left out if the event is then less
    than 30 minutes away.
    """
    for kind, moment in moments(starts_at, quiet).items():
        due_at = quiet.next_allowed(moment)
        moved = due_at != moment
        if moment > now and not (moved and starts_at - due_at < SHORTEST_NOTICE):
            reminders.add(db, occurrence_id, kind, version, due_at)


def tell(db: Connection, occurrence_id: int, version: int, kind: Kind, now: datetime) -> None:
    """Note something that is told as soon as it may be."""
    reminders.add(db, occurrence_id, kind, version, now)


def next_batch(db: Connection, now: datetime, quiet: QuietHours) -> Batch | None:
    """The next residents to be told of something that is due; None if nothing is.

    In quiet hours only changes go on (the sender holds them until the end); the rest waits, or is
    dropped if the event is too near by then. Nothing of it goes on once the event has begun.
    """
    end = quiet.until(now)
    kinds: tuple[Kind, ...] = (*BEFORE, *NEWS)
    nearest = now
    if end is not None:  # one that is 30 minutes away by then stays
        kinds, nearest = NEWS, end + SHORTEST_NOTICE - timedelta(microseconds=1)
    reminders.drop(db, now, BEFORE, starting_before=nearest)
    row = reminders.due(db, now, kinds)
    return None if row is None else _take(db, row, now, quiet)


def _take(db: Connection, row: Row[Any], now: datetime, quiet: QuietHours) -> Batch:
    """The next chunk of one reminder; none of them if it speaks of an older version."""
    kind = Kind(row.kind)
    one = gotong_royong.get(db, row.occurrence_id, lock=True)
    assert one is not None, "an occurrence is never deleted"
    state = CANCELLED if kind in OFF else PLANNED
    people = []
    answers = _answers(kind) - _reached_by_later(db, row, now)
    if answers and row.version == one.version and one.state == state:
        people = reminders.recipients(
            db, one.id, one.rts, after=row.cursor, limit=CHUNK, answers=answers
        )
    last = people[-1].id if people else row.cursor
    done_at = None if len(people) == CHUNK else now
    reminders.advance(db, row.id, cursor=last, done_at=done_at)
    return Batch(
        kind=kind,
        occurrence=one,
        chats={person.telegram_id: person.answer for person in people},
        late=kind in REMINDERS and now - row.due_at > LATE,
        key=f"{reminders.key_of(one.id)}{kind}:{row.version}",
        not_after=_not_after(one.starts_at, now, quiet) if kind in BEFORE else None,
    )


def _not_after(starts_at: datetime, now: datetime, quiet: QuietHours) -> datetime:
    """From when on nothing reminds of an event: its start.

    If it is quiet half an hour before it, what quiet hours hold back comes too late afterwards.
    """
    nearest = starts_at - SHORTEST_NOTICE
    return nearest if now < nearest and quiet.until(nearest) is not None else starts_at


def _answers(kind: Kind) -> frozenset[str | None]:
    """Whom a kind concerns, by their answer: the last reminder only those who take part."""
    if kind is Kind.HOURS2:
        return TAKING_PART
    return EVERYBODY if kind in NEWS else EVERYBODY - {CANNOT}


def _reached_by_later(db: Connection, row: Row[Any], now: datetime) -> frozenset[str | None]:
    """Whom a later reminder that is due as well tells the same: after downtime one is enough."""
    if row.kind not in REMINDERS:
        return frozenset()
    later = reminders.later_due(db, row, now, REMINDERS)
    return frozenset().union(*(_answers(Kind(kind)) for kind in later))
