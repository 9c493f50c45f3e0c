"""Until when something is owed to residents, by the type and state of a ticket.

A ticket keeps the moment in `due_at`, so that what was promised stays promised whatever the
settings say later. A move empties it (storage/tickets.py); `settle` gives the one of the new
state, and the clock does so for whatever was left without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from config import Settings
from services.tickets import ASPIRATION, COMPLAINT, MESSAGE, OPEN_STATES, State, again
from services.workdays import Workdays
from storage import Connection, Row
from storage import deadlines as stored


class Owed(StrEnum):
    """What residents wait for; the value is the last part of its phrase."""

    CHECK = "check"  # staff look whether the report is right
    ACT = "act"  # they take it up or pass it on
    NEWS = "news"  # they say how it stands
    ANSWER = "answer"  # they answer a message
    READ = "read"  # they read a proposal and say what becomes of it


S = State
# While a ticket waits for the resident (needs data) nothing is owed. Nor is it for a proposal that
# was read and noted or passed on: Musrenbang comes once a year.
OWED: dict[str, dict[str, Owed]] = {
    COMPLAINT: {
        S.RECEIVED: Owed.CHECK,
        S.REOPENED: Owed.CHECK,
        S.VERIFIED: Owed.ACT,
        S.FORWARDED: Owed.NEWS,
        S.IN_PROGRESS: Owed.NEWS,
    },
    MESSAGE: {S.RECEIVED: Owed.ANSWER, S.REOPENED: Owed.ANSWER, S.FORWARDED: Owed.NEWS},
    ASPIRATION: {S.RECEIVED: Owed.READ, S.REOPENED: Owed.READ, S.IN_PROGRESS: Owed.NEWS},
}


@dataclass(frozen=True)
class Deadlines:
    """How many working days there are for what; 0 = no deadline."""

    workdays: Workdays
    verify: int
    answer: int
    news: int

    @classmethod
    def of(cls, settings: Settings) -> Deadlines:
        """As the settings say."""
        days = settings.deadlines
        return cls(Workdays.of(settings), days.verify_days, days.answer_days, days.news_days)

    def due_at(self, type_: str, state: str, now: datetime) -> datetime | None:
        """The deadline of a ticket that is in that state since now; None for none."""
        what = owed(type_, state)
        if what is None:
            return None
        days = {Owed.CHECK: self.verify, Owed.NEWS: self.news}.get(what, self.answer)
        return self.workdays.end_of(now, days) if days else None

    def days_late(self, due_at: datetime, now: datetime) -> int:
        """How many working days ago that was."""
        return self.workdays.between(due_at, now)


def owed(type_: str, state: str) -> Owed | None:
    """What is owed on a ticket of that type in that state."""
    return OWED.get(type_, {}).get(state)


def is_late(ticket: Row[Any], now: datetime) -> bool:
    """Whether something was owed by now."""
    return ticket.due_at is not None and ticket.due_at < now and ticket.state in OPEN_STATES


def settle(db: Connection, ticket: Row[Any], rules: Deadlines, now: datetime) -> Row[Any]:
    """Give a ticket the deadline of its state, if it has none; gives the ticket as it is then.

    To be called after a ticket was filed, moved, or woken by a resident.
    """
    return ticket if ticket.due_at is not None else _set(db, ticket, rules, now)


def renew(db: Connection, ticket: Row[Any], rules: Deadlines, now: datetime) -> Row[Any]:
    """Staff wrote to the residents: the next news are counted anew; gives the ticket after that.

    What else is owed stays owed: words are no check and no answer by themselves.
    """
    if owed(ticket.type, ticket.state) is not Owed.NEWS:
        return settle(db, ticket, rules, now)
    return _set(db, ticket, rules, now)


def wait_for(db: Connection, ticket: Row[Any], rules: Deadlines, moment: datetime) -> Row[Any]:
    """Nothing is owed before what residents were told will happen at that moment, and a day."""
    due_at = rules.workdays.end_of(moment, 1)
    if ticket.due_at is None or ticket.due_at >= due_at:
        return ticket
    stored.put(db, ticket.id, due_at)
    return again(db, ticket.id)


def _set(db: Connection, ticket: Row[Any], rules: Deadlines, now: datetime) -> Row[Any]:
    due_at = rules.due_at(ticket.type, ticket.state, now)
    if due_at == ticket.due_at:
        return ticket
    stored.put(db, ticket.id, due_at)
    return again(db, ticket.id)


def unsettled(db: Connection, rules: Deadlines, now: datetime) -> list[tuple[str, str, bool]]:
    """Types and states of open tickets that lack their deadline, or have one that is owed no more.

    True with those that lack it. The settings changed, or the ticket moved as a consequence of
    something else.
    """
    found = []
    for type_, state, has_none in stored.kinds(db, OPEN_STATES):
        if has_none == (rules.due_at(type_, state, now) is not None):
            found.append((type_, state, has_none))
    return found


def settle_all(db: Connection, rules: Deadlines, now: datetime) -> None:
    """Give open tickets the deadline that they lack, counted from now; take needless ones away."""
    for type_, state, has_none in unsettled(db, rules, now):
        if has_none:
            stored.fill(db, type_, state, rules.due_at(type_, state, now))
        else:
            stored.clear(db, type_, state)
