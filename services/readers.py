"""Who read an announcement: by the button under it, or by a link that was copied to WhatsApp."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.audiences import reference_of
from services.participation import DIRECT, WHATSAPP, Activity, log
from services.roles import Actor, Permission
from storage import Connection, Row, announcements, participation, readings
from storage.announcements import DONE, SENDING
from storage.participation import Span

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # before any announcement


def read(
    db: Connection,
    actor: Actor,
    announcement_id: int,
    now: datetime,
    *,
    rt: str | None = None,
) -> None:
    """Log that a resident read an announcement, once; of others nothing is kept.

    `rt` is that of the link by which it was opened: there a plain counter counts him, and also
    everybody of whom nothing is kept.
    """
    actor.require(Permission.READ)
    resident = actor.resident
    known = resident is not None and actor.agreed and actor.may(Permission.USE)
    is_new = False
    if resident is not None and known:
        is_new = not participation.is_logged(
            db,
            person=resident.pseudonym,
            activity=Activity.ANNOUNCEMENT_READ.value[0],
            reference=reference_of(announcement_id),
            span=Span(BEGINNING, now + timedelta(days=1)),
        )
        if is_new:
            channel = WHATSAPP if rt is not None else DIRECT
            reference = reference_of(announcement_id)
            log(db, resident, Activity.ANNOUNCEMENT_READ, reference, now, channel)
    if rt is not None and (is_new or not known):
        readings.count_opening(db, announcement_id, rt)


def by_link(db: Connection, actor: Actor, announcement_id: int, rt: str) -> Row[Any] | None:
    """An announcement that the link of an RT may show; None if it is not (or no longer) for it."""
    actor.require(Permission.READ)
    row = announcements.get(db, announcement_id)
    if row is None or row.state not in (SENDING, DONE) or row.audience is not None:
        return None
    return row if row.rts is None or rt in row.rts else None
