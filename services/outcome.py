"""What gotong royong achieved: photos and result by its organiser, and who hears of it.

On the evening of the day its organiser is asked, unless he said something already. The day after
at nine those who came are thanked, those who were invited get a short recap, and so does the
group of each RT. Until somebody entered who came or what was done residents hear nothing, and the
organiser is reminded once. Rows of `reminder` say what is due; they are made once it has begun,
so that whatever was moved or called off before has none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from services import audit
from services.attendance import TICKING
from services.audit import Act
from services.forms import medium_of
from services.gotong_royong import Unknown, organise, reference
from services.quiet import QuietHours
from services.reminders import CHUNK, EVENING
from services.roles import Actor, Permission, actor_of, holders
from storage import (
    Connection,
    Row,
    gotong_royong,
    outcome,
    reminders,
    roles,
    tasks,
    ticket_files,
)
from storage.ticket_files import Medium

MOST_PHOTOS = 5  # in one message to the bot
DOWNLOAD, DISCARD = "outcome_photo", "outcome_discard"  # slow work with the files of photos
MORNING = time(9)  # local time, the day after
LONG_ENOUGH = timedelta(hours=2)  # from the start on: before that it may still go on
SETTLED = timedelta(minutes=30)  # nothing is told while an organiser may still be at it
LATEST = timedelta(days=2)  # after that nobody wants to hear it any more
LOOKED_BACK = timedelta(days=4)  # what began before that is too late for everything


class Moment(StrEnum):
    """When a photo was taken."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """What is told afterwards; the value is stored."""

    ASK = "ask"  # the organiser, in the evening
    NUDGE = "nudge"  # the organiser, the day after
    THANKS = "thanks"  # residents and groups, the day after


# --- what organisers enter -------------------------------------------------------------------


def takes(row: Row[Any], moment: Moment, now: datetime) -> bool:
    """Whether photos of that moment can be added: those from before also before it begins."""
    begun = moment is Moment.BEFORE or row.starts_at <= now
    return bool(begun and now <= row.starts_at + TICKING)


def add_photos(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    moment: Moment,
    photos: Collection[str],
    now: datetime,
) -> Row[Any]:
    """Keep photos of an organiser; they are downloaded like those of tickets.

    Raises:
        Unknown: there is no such occurrence, or it is not the time. NotAllowed: not the actor's.
    """
    actor.require(Permission.ORGANISE)
    row = organise(db, actor, occurrence_id, lock=True)
    if not takes(row, moment, now):
        raise Unknown(occurrence_id)
    media = [Medium(*medium_of(photo)) for photo in photos]
    by = actor.telegram_id
    for photo_id in outcome.add_photos(db, row.id, moment, media, by=by, now=now):
        tasks.add(db, DOWNLOAD, {"photo_id": photo_id}, now)
    audit.note(db, actor, Act.GOTONG_ROYONG_PHOTOS, reference(row.id), now, moment)
    return row


def _take_from_ticket(
    db: Connection, ticket_id: int | None, file_ids: set[str], now: datetime
) -> None:
    """What showed that a complaint is done is taken back there as well."""
    kept = ticket_files.media(db, ticket_id) if ticket_id is not None else []
    gone = [medium.id for medium in kept if medium.file_id in file_ids]
    if gone:
        ticket_files.remove_media(db, gone)
        tasks.add(db, "discard", {"media": gone}, now)


def remove_photos(
    db: Connection, actor: Actor, occurrence_id: int, moment: Moment, now: datetime
) -> None:
    """Take photos back, such as one that shows what it should not.

    Raises:
        Unknown: there is no such occurrence. NotAllowed: not the actor's.
    """
    actor.require(Permission.ORGANISE)
    row = organise(db, actor, occurrence_id, lock=True)
    photos = outcome.photos(db, row.id, moment)
    ids = [photo.id for photo in photos]
    if ids:
        _forget(db, ids, now)
        _take_from_ticket(db, row.ticket_id, {photo.file_id for photo in photos}, now)
        audit.note(db, actor, Act.GOTONG_ROYONG_PHOTOS_REMOVED, reference(row.id), now, moment)


def _forget(db: Connection, ids: Collection[int], now: datetime) -> None:
    outcome.remove_photos(db, ids)
    tasks.add(db, DISCARD, {"photos": list(ids)}, now)


def expire_photos(db: Connection, before: datetime, most: int, now: datetime) -> bool:
    """Remove some photos of what took place before a moment; whether more may be left."""
    ids = list(outcome.old_photos(db, before, most))
    if ids:
        _forget(db, ids, now)
    return len(ids) == most


def put_result(
    db: Connection, actor: Actor, occurrence_id: int, words: str, now: datetime
) -> Row[Any]:
    """Keep what was achieved; said again, it takes the place of the first.

    Raises:
        Unknown: there is no such occurrence, or it is not the time. NotAllowed: not the actor's.
    """
    actor.require(Permission.ORGANISE)
    row = organise(db, actor, occurrence_id, lock=True)
    if not takes(row, Moment.AFTER, now):
        raise Unknown(occurrence_id)
    outcome.put_result(db, row.id, words, now)
    audit.note(db, actor, Act.GOTONG_ROYONG_RESULT, reference(row.id), now)
    return row


# --- what came of it -------------------------------------------------------------------------


@dataclass(frozen=True)
class Achieved:
    """What there is to tell of an occurrence."""

    row: Row[Any]  # with its result
    present: int
    photo: Row[Any] | None  # the newest from after it
    next: Row[Any] | None  # of the same series, still to come

    @property
    def is_empty(self) -> bool:
        """Whether nobody entered anything."""
        return not self.present and self.photo is None and self.row.result is None


def achieved(db: Connection, row: Row[Any], now: datetime) -> Achieved:
    """What there is to tell of an occurrence."""
    photos = outcome.photos(db, row.id, Moment.AFTER)
    coming = outcome.next_of(db, row.gotong_royong_id, now)
    return Achieved(
        row=row,
        present=gotong_royong.attended(db, row.id, None),
        photo=photos[-1] if photos else None,
        next=gotong_royong.get(db, coming) if coming is not None else None,
    )


# --- the clock -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """An organiser who is to be asked, in the evening or the day after."""

    kind: Kind
    row: Row[Any]
    chats: tuple[int, ...]  # Telegram ids
    not_after: datetime


@dataclass(frozen=True)
class Batch:
    """Some residents to be told; with the first of them, the groups are told as well."""

    achieved: Achieved
    came: tuple[int, ...]  # Telegram ids of those who were there
    others: tuple[int, ...]
    is_first: bool
    not_after: datetime


def moments(starts_at: datetime, quiet: QuietHours) -> dict[Kind, datetime]:
    """When each kind is due for what began at that moment, in UTC and never in quiet hours."""
    day = starts_at.astimezone(quiet.zone).date()
    evening = datetime.combine(day, EVENING, quiet.zone).astimezone(UTC)
    morning = datetime.combine(day + timedelta(days=1), MORNING, quiet.zone).astimezone(UTC)
    asked = quiet.next_allowed(max(evening, starts_at + LONG_ENOUGH))
    told = quiet.next_allowed(morning)
    return {Kind.ASK: asked, Kind.NUDGE: told, Kind.THANKS: told}


def schedule(db: Connection, now: datetime, quiet: QuietHours) -> None:
    """Note what will be due of all that began lately, once."""
    since = now - LOOKED_BACK
    for row in outcome.unscheduled(db, Kind.THANKS, since=since, now=now):
        for kind, due_at in moments(row.starts_at, quiet).items():
            reminders.add(db, row.id, kind, row.version, due_at)


def next_question(
    db: Connection, now: datetime, quiet: QuietHours, admins: tuple[int, ...]
) -> Question | None:
    """The next organiser to be asked; None if nobody is. Who entered something is not asked."""
    if quiet.until(now) is not None:
        return None
    while (due := reminders.due(db, now, (Kind.ASK, Kind.NUDGE))) is not None:
        row = gotong_royong.get(db, due.occurrence_id, lock=True)
        assert row is not None, "an occurrence is never deleted"
        reminders.advance(db, due.id, cursor=0, done_at=now)
        kind = Kind(due.kind)
        times = moments(row.starts_at, quiet)
        not_after = times[Kind.NUDGE] if kind is Kind.ASK else times[Kind.NUDGE] + LATEST
        if now < not_after and not _is_answered(db, row, kind, now):
            return Question(kind, row, organisers(db, admins, row), not_after)
    return None


def _is_answered(db: Connection, row: Row[Any], kind: Kind, now: datetime) -> bool:
    """Whether the question is needless: those who noted themselves do not answer the evening's."""
    found = achieved(db, row, now)
    if kind is Kind.NUDGE:
        return not found.is_empty
    told = found.photo is not None or row.result is not None
    return told or outcome.was_ticked(db, row.id)


def organisers(db: Connection, admins: tuple[int, ...], row: Row[Any]) -> tuple[int, ...]:
    """Who answers for an occurrence: who planned it, or else all who may organise it."""
    grants = {grant.telegram_id: grant for grant in roles.all_grants(db)}
    able = [
        one
        for one in holders(db, admins, Permission.ORGANISE)
        if actor_of(one, admins, grants.get(one), None).covers(row.rts)
    ]
    return (row.created_by,) if row.created_by in able else tuple(able)


def next_batch(db: Connection, now: datetime, quiet: QuietHours) -> Batch | None:
    """The next residents to be told what was achieved; None if there is nothing to tell."""
    outcome.drop_late(db, Kind.THANKS, now - LATEST, now)
    if quiet.until(now) is not None:
        return None
    due = outcome.ready(db, Kind.THANKS, now=now, settled=now - SETTLED)
    if due is None:
        return None
    row = gotong_royong.get(db, due.occurrence_id, lock=True)
    assert row is not None, "an occurrence is never deleted"
    people = outcome.recipients(db, row.id, row.rts, after=due.cursor, limit=CHUNK)
    last = people[-1].id if people else due.cursor
    reminders.advance(db, due.id, cursor=last, done_at=None if len(people) == CHUNK else now)
    return Batch(
        achieved=achieved(db, row, now),
        came=tuple(one.telegram_id for one in people if one.came),
        others=tuple(one.telegram_id for one in people if not one.came),
        is_first=due.cursor == 0,
        not_after=due.due_at + LATEST,
    )
