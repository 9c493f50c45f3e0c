"""What residents say about a complaint that staff closed: at once, and again four weeks later.

"Done, say staff" and "done, say residents" are kept apart. Of each person the newest answer about
the last closing counts; one "not yet" opens the complaint again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.participation import Activity, log_on
from services.roles import Actor
from services.tickets import (
    ASPIRATION,
    COMPLAINT,
    MESSAGE,
    NotOpen,
    NotYours,
    State,
    again,
    mine_locked,
    resident_of,
)
from storage import Connection, Row, tickets, verdicts
from storage.verdicts import Closed, Counts

CLOSING, LATER = "closing", "later"  # "Is it right?", and "Is it still good?" weeks after
ASKED_AGAIN = timedelta(days=28)  # after the last closing
LATEST = timedelta(days=14)  # how much later it may be asked after downtime
CHUNK = 100  # residents in one transaction
GOOD, BAD, NOTHING = "good", "bad", "nothing"  # what residents say, all together
KINDS = {  # line of the timeline
    (CLOSING, True): "confirmed",
    (CLOSING, False): "reopened",
    (LATER, True): "lasting",
    (LATER, False): "broken",
}
ACTIVITIES = {CLOSING: Activity.VERDICT_GIVEN, LATER: Activity.VERDICT_LATER}


class Given(NamedTuple):
    """What became of an answer."""

    ticket: Row[Any]
    is_new: bool  # False: the person said the same before
    reopened: bool  # by this answer


def give(
    db: Connection,
    actor: Actor,
    number: str,
    *,
    good: bool,
    now: datetime,
    closing_id: int | None = None,
) -> Given:
    """Keep what a person says about a closed ticket; "not yet" opens it again.

    `closing_id` is the closing that was asked about again weeks later; None: asked at closing.
    While it is open again for an answer, others still say what they found.

    Raises:
        NotYours: neither filed nor joined. NotOpen: there is nothing done that could be judged.
    """
    resident, ticket = resident_of(actor), mine_locked(db, actor, number)
    if ticket.type == ASPIRATION and ticket.reporter_id != resident.id:
        raise NotYours(number)  # supporters only look
    closing = verdicts.last(db, ticket.id) if ticket.type == COMPLAINT else None
    _require_judgeable(ticket, closing, closing_id)
    stage = CLOSING if closing_id is None else LATER
    kind = KINDS[stage, good]
    before = None
    if closing is not None:
        before = verdicts.said(db, closing.event_id, stage, resident.id)
    elif good and tickets.has_event(db, ticket.id, kind, resident.id):
        before = True
    if before is good:
        return Given(ticket, is_new=False, reopened=False)
    if closing is not None:
        verdicts.put(db, closing.event_id, stage, resident.id, good=good, now=now)
    reopened = not good and ticket.state == State.DONE
    if reopened:
        tickets.move(db, ticket.id, version=ticket.version, state=State.REOPENED, now=now)
    tickets.add_event(db, ticket.id, kind, resident_id=resident.id, now=now)
    if before is None:  # another opinion about the same work is no other act
        log_on(db, resident, ticket, ACTIVITIES[stage], now)
    return Given(again(db, ticket.id), is_new=True, reopened=reopened)


def _require_judgeable(ticket: Row[Any], closing: Row[Any] | None, asked: int | None) -> None:
    """Closed, or opened again by an answer to this closing; and the closing that was asked about.

    Raises:
        NotOpen: as the name says.
    """
    answered = closing is not None and ticket.version == closing.version + 1
    open_ = ticket.state == State.DONE or (ticket.state == State.REOPENED and answered)
    was_asked = asked is None or (
        closing is not None
        and closing.event_id == asked
        and (closing.cursor > 0 or closing.asked_at is not None)
    )
    if ticket.type == MESSAGE or not open_ or not was_asked:
        raise NotOpen(ticket.number)


def of(db: Connection, ticket: Row[Any]) -> Closed | None:
    """The last closing of a ticket and what is said of it; None if it has none."""
    if ticket.type != COMPLAINT:
        return None
    return verdicts.of_tickets(db, [ticket.id]).get(ticket.id)


def together(counts: Counts) -> str:
    """What residents say, all together: one who finds it bad is enough."""
    if counts.bad:
        return BAD
    return GOOD if counts.good else NOTHING


# --- asked again -----------------------------------------------------------------------------


class Batch(NamedTuple):
    """People who are to be asked again about one closed complaint."""

    ticket: Row[Any]
    closing_id: int
    closed_at: datetime
    chats: dict[int, int]  # Telegram id → resident id
    key: str  # with the chat: once per closing and person


def next_batch(db: Connection, now: datetime) -> Batch | None:
    """The next people to be asked whether it is still good; None if nobody is.

    What could not be asked in time is let go.
    """
    verdicts.let_go(db, now - ASKED_AGAIN - LATEST, now)
    closing = verdicts.due(db, now - ASKED_AGAIN)
    ticket = tickets.get(db, closing.ticket_id, lock=True) if closing is not None else None
    if closing is None or ticket is None:
        return None
    people = []
    if ticket.version == closing.version:  # nobody was faster
        people = verdicts.concerned(db, ticket, after=closing.cursor, limit=CHUNK)
    verdicts.advance(
        db,
        closing.event_id,
        cursor=people[-1].id if people else closing.cursor,
        asked_at=None if len(people) == CHUNK else now,
    )
    return Batch(
        ticket=ticket,
        closing_id=closing.event_id,
        closed_at=closing.at,
        chats={person.telegram_id: person.id for person in people},
        key=f"later:{ticket.id}:{closing.version}",
    )
