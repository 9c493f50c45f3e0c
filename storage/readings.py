"""Who an announcement reached: per RT, how many got it, and how many opened it by a link."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, distinct, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.announcements import originals
from storage.tables import announcement_opening, outbox, participation, resident


class Reached(NamedTuple):
    """How many residents of an RT there are, and how many of them got an announcement."""

    residents: int
    got: int


def by_rt(db: Connection, announcement_id: int) -> dict[str | None, Reached]:
    """Residents and recipients by RT; None stands for those without one."""
    there = select(resident.c.rt, func.count()).group_by(resident.c.rt)
    people = {row[0]: int(row[1]) for row in db.execute(there)}
    sent = (
        select(resident.c.rt, func.count())
        .join(outbox, outbox.c.chat_id == resident.c.telegram_id)
        .where(*originals(announcement_id), outbox.c.state == "sent")
        .group_by(resident.c.rt)
    )
    got = {row[0]: int(row[1]) for row in db.execute(sent)}
    return {rt: Reached(number, got.get(rt, 0)) for rt, number in people.items()}


def count_opening(db: Connection, announcement_id: int, rt: str) -> None:
    """Count that somebody opened an announcement by the link of an RT."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"announcement_id": announcement_id, "rt": rt, "opened": 1}
    more = {"opened": announcement_opening.c.opened + 1}
    query = dialect.insert(announcement_opening).values(values)
    db.execute(query.on_conflict_do_update(index_elements=["announcement_id", "rt"], set_=more))


def openings(db: Connection, announcement_id: int) -> dict[str, int]:
    """How often an announcement was opened by a link, by the RT of the link."""
    query = select(announcement_opening.c.rt, announcement_opening.c.opened)
    mine = announcement_opening.c.announcement_id == announcement_id
    rows = db.execute(query.where(mine).order_by(announcement_opening.c.rt))
    return {row.rt: row.opened for row in rows}


def readers(db: Connection, activity: str, reference: str) -> int:
    """How many persons the participation log knows as readers of something."""
    query = select(func.count(distinct(participation.c.person))).where(
        participation.c.activity == activity, participation.c.reference == reference
    )
    return db.scalar(query) or 0
