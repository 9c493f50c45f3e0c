"""Which residents an announcement is for: those of some RTs, and of these those who did something.

An audience is what the column `announcement.audience` holds: {"who": …} with what it needs, or
nothing for everybody. services/audiences.py makes it, this finds the people, when they are
counted and when they are queued alike.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select

from storage.residents import Notice, wants
from storage.tables import (
    attendance,
    occurrence,
    participation,
    resident,
    role_grant,
    ticket,
)

RT_HEAD, STAFF = "rt_head", "staff"
ATTENDED, FILED, PROPOSED, UNREAD = "attended", "filed", "proposed", "unread"
STAFF_ROLES = ("staff", "admin")
Audience = dict[str, Any]


def reachable(rts: Collection[str] | None, audience: Audience | None) -> ColumnElement[bool]:
    """Residents who get an announcement: those of the RTs and audience who want to hear news."""
    of_rts = resident.c.rt.in_(rts) if rts is not None else literal(True)
    return and_(wants(Notice.ANNOUNCEMENTS), of_rts, _belongs(audience or {}))


def count(db: Connection, rts: Collection[str] | None, audience: Audience | None) -> int:
    """How many residents would get an announcement now."""
    query = select(func.count()).select_from(resident).where(reachable(rts, audience))
    return db.scalar(query) or 0


def _belongs(audience: Audience) -> ColumnElement[bool]:
    """Whether a resident is one of those who are meant."""
    who = audience.get("who")
    if who == RT_HEAD:
        return _has_role((RT_HEAD,))
    if who == STAFF:
        return or_(_has_role(STAFF_ROLES), resident.c.telegram_id.in_(audience["admins"]))
    if who == ATTENDED:
        return _attended(datetime.fromisoformat(audience["since"]))
    if who in (FILED, PROPOSED):
        return exists().where(ticket.c.reporter_id == resident.c.id, ticket.c.type == _TYPES[who])
    if who == UNREAD:
        return ~exists().where(
            participation.c.person == resident.c.pseudonym,
            participation.c.activity == audience["activity"],
            participation.c.reference == audience["reference"],
        )
    return literal(True)


_TYPES = {FILED: "complaint", PROPOSED: "aspiration"}


def _has_role(names: Collection[str]) -> ColumnElement[bool]:
    return exists().where(
        role_grant.c.telegram_id == resident.c.telegram_id, role_grant.c.role.in_(names)
    )


def _attended(since: datetime) -> ColumnElement[bool]:
    return exists().where(
        attendance.c.resident_id == resident.c.id,
        attendance.c.occurrence_id == occurrence.c.id,
        occurrence.c.starts_at >= since,
    )
