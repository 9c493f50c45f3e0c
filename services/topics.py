"""Topics about the programme: that somebody read one counts as an act of understanding."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.participation import Activity, log
from services.roles import Actor, Permission
from storage import Connection, participation
from storage.participation import Span


def read(db: Connection, actor: Actor, slug: str, zone: ZoneInfo, now: datetime) -> None:
    """Log that a resident read a topic, once a day in his zone; of others nothing is kept.

    Nor of one who has not agreed to the present consent text.
    """
    actor.require(Permission.READ)
    resident = actor.resident
    if resident is None or not actor.agreed or not actor.may(Permission.USE):
        return
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Span(start, start + timedelta(days=1))
    word, _ = Activity.TOPIC_READ.value
    if not participation.is_logged(
        db, person=resident.pseudonym, activity=word, reference=slug, span=today
    ):
        log(db, resident, Activity.TOPIC_READ, slug, now)
