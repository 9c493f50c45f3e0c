"""Complaints that come again and again at one place, and the aspiration that is made of them.

What was merged is counted with the one into which it went, and what was withdrawn or could not be
followed up is not counted: so the number says how often it really was so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services import audit
from services.audit import Act
from services.roles import Actor, Permission
from services.similar import NEAR_METRES, box_around, metres, point_of, reads_alike
from services.tickets import ASPIRATION, COMPLAINT, State, again, audience
from storage import Connection, Row, conversions, tickets
from storage.residents import Resident

LEAST = 3  # complaints of one kind
SPAN = timedelta(days=183)  # half a year
MOST = 2000  # complaints near by that are looked at
SAME_PLACE = 85.0  # 0–100, as SIMILAR_TEXT: "gang 2" and "gang 3" are two places
UNCOUNTED = (State.MERGED, State.WITHDRAWN, State.ARCHIVED)
COUNTED = tuple(state for state in State if state not in UNCOUNTED)
GONE = (State.WITHDRAWN, State.ARCHIVED)  # an aspiration that leads nowhere: another may be made
PROPOSED = "proposed"  # the line of a complaint's history

Telling = Callable[[str], str]  # leaves the words of a place that tell it from others


@dataclass(frozen=True)
class Recurring:
    """Complaints of one kind at one place, oldest first."""

    rows: tuple[Row[Any], ...]
    aspiration: str | None  # its number, where one was made of them

    @property
    def numbers(self) -> tuple[str, ...]:
        """Their ticket numbers."""
        return tuple(row.number for row in self.rows)

    @property
    def since(self) -> datetime:
        """When the first of them was filed."""
        first: datetime = self.rows[0].created_at
        return first


def recurring(
    db: Connection, ticket: Row[Any], now: datetime, telling: Telling
) -> Recurring | None:
    """The like of a complaint within half a year, itself among them; None if they are few."""
    if ticket.type != COMPLAINT or ticket.hidden or ticket.state not in COUNTED:
        return None
    near = conversions.alike(
        db,
        ticket.kind,
        states=COUNTED,
        since=now - SPAN,
        box=box_around(point_of(ticket)),
        rt=ticket.rt,
        limit=MOST,
    )
    found = [row for row in near if row.id == ticket.id or is_there(ticket, row, telling)]
    if len(found) < LEAST:
        return None
    rows = tuple(sorted(found, key=lambda row: int(row.id)))
    return Recurring(rows, conversions.made_of(db, [row.id for row in rows], GONE))


def is_there(one: Row[Any], other: Row[Any], telling: Telling) -> bool:
    """Whether both are at the same place: by their points, or by RT and words."""
    here, there = point_of(one), point_of(other)
    if here is not None and there is not None:
        return metres(here, there) <= NEAR_METRES
    same_rt = one.rt is not None and one.rt == other.rt
    mine, theirs = telling(one.landmark or ""), telling(other.landmark or "")
    return same_rt and reads_alike(mine, theirs, SAME_PLACE)


def link(
    db: Connection, actor: Actor, aspiration_id: int, ids: Collection[int], now: datetime
) -> list[Resident]:
    """Note of which complaints an aspiration was made; gives the people who are to hear of it.

    Raises:
        NotAllowed: the actor handles no tickets.
    """
    actor.require(Permission.HANDLE_TICKETS)
    aspiration = again(db, aspiration_id)
    assert aspiration.type == ASPIRATION, "it was filed just now, or offered as a like one"
    known = conversions.sources(db, aspiration_id)
    people: dict[int, Resident] = {}
    for ticket_id in sorted(set(ids) - set(known)):
        ticket = again(db, ticket_id)
        tickets.add_event(
            db, ticket_id, PROPOSED, resident_id=None, now=now, text=aspiration.number,
            staff_id=actor.telegram_id,
        )  # fmt: skip
        people |= {person.id: person for person in audience(db, ticket)}
    conversions.add_sources(db, aspiration_id, ids)
    audit.note(db, actor, Act.ASPIRATION_MADE, aspiration.number, now, f"{len(ids)} complaints")
    return [p for p in people.values() if p.id != aspiration.reporter_id]
