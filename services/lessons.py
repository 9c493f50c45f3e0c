"""Lessons about BANTAR: planning one a week, who is to get it, first answers, results per RT."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from content.lessons import Lesson, in_order
from services import audit, participation
from services.audit import Act
from services.participation import Activity
from services.roles import Actor, Permission
from storage import Connection, Row, lessons
from storage.lessons import CANCELLED, DONE, DROPPED, PLANNED, SENDING

MONDAY, HOUR = 0, time(9)  # local time: when a lesson is given unless staff say otherwise
WEEK = timedelta(days=7)
WEEKS = 4  # that are planned at once
LATE = timedelta(days=3)  # a lesson that could not be sent until then is not sent any more
CHUNK = 100  # residents in one transaction
FEW = 5  # persons; results of fewer say too much about each of them
RIGHT, WRONG = Activity.LESSON_RIGHT, Activity.LESSON_WRONG
WORDS = (RIGHT.value[0], WRONG.value[0])


class Unknown(Exception):
    """No such plan, or it is no longer planned."""


class Past(Exception):
    """The moment is not to come any more."""


# --- planning --------------------------------------------------------------------------------


def next_free(db: Connection, now: datetime, zone: ZoneInfo) -> datetime:
    """The next Monday at nine without a lesson, in UTC."""
    taken = {row.send_at.astimezone(zone).date() for row in lessons.coming(db)}
    here = now.astimezone(zone)
    day = here.date() + timedelta(days=(MONDAY - here.weekday()) % 7)
    while day in taken or datetime.combine(day, HOUR, zone) <= here:
        day += WEEK
    return datetime.combine(day, HOUR, zone).astimezone(UTC)


def suggested(db: Connection, known: Mapping[str, Lesson]) -> list[Lesson]:
    """All lessons: those not given yet in their order, then the others, longest ago first."""
    given = lessons.last_given(db)
    fresh = [one for one in in_order(known) if one.slug not in given]
    again = [one for one in in_order(known) if one.slug in given]
    return [*fresh, *sorted(again, key=lambda one: given[one.slug])]


def plan(
    db: Connection,
    actor: Actor,
    lesson: Lesson,
    rts: Sequence[str] | None,
    send_at: datetime,
    now: datetime,
) -> int:
    """Plan a lesson for these RTs (None: everybody); gives the plan's id.

    Raises:
        Past: the moment is not to come.
    """
    actor.require(Permission.ANNOUNCE)
    if send_at <= now:
        raise Past
    plan_id = lessons.add(
        db,
        slug=lesson.slug,
        rts=list(rts) if rts is not None else None,
        created_by=actor.telegram_id,
        send_at=send_at,
        now=now,
    )
    whom = "all" if rts is None else ",".join(rts)
    detail = f"{lesson.slug} rts={whom} at={send_at:%Y-%m-%dT%H:%MZ}"
    audit.note(db, actor, Act.LESSON_PLAN, str(plan_id), now, detail)
    return plan_id


def plan_weeks(
    db: Connection, actor: Actor, known: Mapping[str, Lesson], now: datetime, zone: ZoneInfo
) -> int:
    """Plan the next lessons that were not given yet, one a week, for everybody; how many."""
    actor.require(Permission.ANNOUNCE)
    given = lessons.last_given(db)
    fresh = [one for one in in_order(known) if one.slug not in given][:WEEKS]
    for lesson in fresh:
        plan(db, actor, lesson, None, next_free(db, now, zone), now)
    return len(fresh)


def planned(db: Connection, actor: Actor, plan_id: int) -> Row[Any]:
    """A plan that can still be changed, locked.

    Raises:
        Unknown: there is none, or it was sent or removed.
    """
    actor.require(Permission.ANNOUNCE)
    row = lessons.get(db, plan_id, lock=True)
    if row is None or row.state != PLANNED:
        raise Unknown(plan_id)
    return row


def move(db: Connection, actor: Actor, plan_id: int, send_at: datetime, now: datetime) -> None:
    """Send it at another moment.

    Raises:
        Unknown: it is no longer planned. Past: the moment is not to come.
    """
    actor.require(Permission.ANNOUNCE)
    row = planned(db, actor, plan_id)
    if send_at <= now:
        raise Past
    lessons.change(db, plan_id, send_at=send_at)
    detail = f"{row.slug} at={send_at:%Y-%m-%dT%H:%MZ}"
    audit.note(db, actor, Act.LESSON_MOVE, str(plan_id), now, detail)


def cancel(db: Connection, actor: Actor, plan_id: int, now: datetime) -> None:
    """Take it out of the plan.

    Raises:
        Unknown: it is no longer planned.
    """
    actor.require(Permission.ANNOUNCE)
    row = planned(db, actor, plan_id)
    lessons.change(db, plan_id, state=CANCELLED)
    audit.note(db, actor, Act.LESSON_CANCEL, str(plan_id), now, row.slug)


# --- sending ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Some residents who are to get a lesson now; `not_after`: from then on it is not sent."""

    plan_id: int
    lesson: Lesson
    chats: tuple[int, ...]
    key: str  # of the outbox; each chat makes its own of it
    not_after: datetime


def next_batch(db: Connection, known: Mapping[str, Lesson], now: datetime) -> Batch | None:
    """The next residents of a lesson that is due; None if none is.

    One that is three days late, or whose file is gone, is dropped.
    """
    while (row := lessons.due(db, now)) is not None:
        lesson = known.get(row.slug)
        if lesson is None or now - row.send_at >= LATE:
            lessons.change(db, row.id, state=DROPPED if row.state == PLANNED else DONE)
            continue
        people = lessons.recipients(db, row.rts, after=row.cursor, limit=CHUNK)
        lessons.change(
            db,
            row.id,
            state=SENDING if len(people) == CHUNK else DONE,
            cursor=people[-1].id if people else row.cursor,
            recipients=row.recipients + len(people),
        )
        chats = tuple(person.telegram_id for person in people)
        return Batch(row.id, lesson, chats, lessons.key_of(row.id), row.send_at + LATE)
    return None


# --- answers ---------------------------------------------------------------------------------


def reference(row: Row[Any]) -> str:
    """How the participation log names a lesson that was given."""
    return f"{row.slug}:{row.id}"


def given(db: Connection, plan_id: int) -> Row[Any] | None:
    """A lesson that was sent; None if it was not."""
    row = lessons.get(db, plan_id)
    return row if row is not None and row.state in lessons.GIVEN else None


def answer(
    db: Connection, actor: Actor, row: Row[Any], *, is_right: bool, now: datetime
) -> tuple[bool, bool]:
    """Log a first answer; gives whether the person's first answer was right, and was this one."""
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent comes before an answer"
    before = lessons.first_answer(
        db, person=actor.resident.pseudonym, activities=WORDS, reference=reference(row)
    )
    if before is not None:
        return before == WORDS[0], False
    participation.log(db, actor.resident, RIGHT if is_right else WRONG, reference(row), now)
    return is_right, True


# --- results ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """How many answered, and how many of them rightly at once; `rt` None: no RT known."""

    rt: str | None
    answered: int
    right: int

    @property
    def share(self) -> float:
        """The part that was right."""
        return self.right / self.answered if self.answered else 0.0


@dataclass(frozen=True)
class Results:
    """RTs with enough answers to be shown, and those with few, which are shown only as one."""

    cells: tuple[Cell, ...]
    small: tuple[Cell, ...]  # fewer than five persons each: only that they are few is said

    @property
    def rest(self) -> Cell | None:
        """Those with few answers as one; None if even these are too few."""
        answered = sum(one.answered for one in self.small)
        right = sum(one.right for one in self.small)
        return Cell(None, answered, right) if answered >= FEW else None

    @property
    def total(self) -> Cell | None:
        """All that is shown, as one; None if nothing is."""
        shown = [*self.cells, *([self.rest] if self.rest else [])]
        if not shown:
            return None
        return Cell(None, sum(one.answered for one in shown), sum(one.right for one in shown))


def results(db: Connection, actor: Actor, row: Row[Any]) -> Results:
    """How a lesson was answered, RT by RT; nothing that fewer than five persons make up.

    What is not shown cannot be reckoned from the total either: it is not in it.
    """
    actor.require(Permission.ANNOUNCE)
    counts: dict[str | None, dict[str, int]] = {}
    for rt, activity, count in lessons.answers(
        db, reference=reference(row), activities=WORDS, since=row.send_at
    ):
        counts.setdefault(rt, {})[activity] = count
    cells = [Cell(rt, sum(of.values()), of.get(WORDS[0], 0)) for rt, of in counts.items()]
    cells.sort(key=lambda cell: (cell.rt is None, cell.rt or ""))
    enough = tuple(cell for cell in cells if cell.answered >= FEW)
    return Results(enough, tuple(cell for cell in cells if cell.answered < FEW))


def to_explain(found: Collection[tuple[Row[Any], Results]]) -> tuple[Row[Any], Cell] | None:
    """Of several lessons the one that the smallest part knew; None if all knew, or few."""
    totals = [(row, total) for row, one in found if (total := one.total) is not None]
    wrong = [(row, total) for row, total in totals if total.right < total.answered]
    return min(wrong, key=lambda one: one[1].share, default=None)
