"""What has had its time: done updates, sent words, old drafts, files, both logs."""

from __future__ import annotations

from datetime import datetime, timedelta

from config import Retention
from services import outcome
from services.deletion import KIND
from services.tickets import OPEN_STATES
from storage import Connection, deletion, drafts, inbox, outbox_upkeep, retention, tasks, tickets

PIECE = 500  # rows, or tickets with files, in one transaction: replies do not wait for more
YEAR = timedelta(days=365)


def tidy(db: Connection, keep: Retention, now: datetime) -> bool:
    """Remove what design, consent and settings allow to be kept only for a while.

    Gives whether more is left; doing it twice is harmless.
    """
    inbox.forget_done(db, now - timedelta(hours=keep.inbox_hours))
    drafts.remove_expired(db, now)
    tasks.forget_done(db, now)
    more = outbox_upkeep.forget_bodies(db, now - timedelta(hours=keep.sent_hours))
    more |= retention.forget_log(
        db,
        participation_before=_years_ago(keep.participation_years, now),
        audit_before=_years_ago(keep.audit_years, now),
        most=PIECE,
    )
    if keep.media_days:
        photos_before = now - timedelta(days=keep.media_days)
        more |= outcome.expire_photos(db, photos_before, PIECE, now)
    return _expire_media(db, keep.media_days, now) or more


def _years_ago(years: int, now: datetime) -> datetime | None:
    return now - years * YEAR if years else None


def _expire_media(db: Connection, days: int, now: datetime) -> bool:
    """Remove photos and voice notes of tickets closed long ago; each ticket says so."""
    if not days:
        return False
    before = now - timedelta(days=days)
    found = retention.expired_media(db, before, OPEN_STATES, PIECE)
    ids = [medium for media in found.values() for medium in media]
    if not ids:
        return False
    deletion.remove_media(db, ids)
    for ticket_id in found:
        tickets.add_event(db, ticket_id, "expired", resident_id=None, now=now)
    tasks.add(db, KIND, {"media": ids}, now)
    return len(found) == PIECE
