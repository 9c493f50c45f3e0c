"""Who was noted as present before the start of something that is then moved or called off."""

from __future__ import annotations

from datetime import datetime

from services.participation import Activity
from storage import Connection, participation, presence


def take_back(db: Connection, occurrence_id: int, reference: str, now: datetime) -> None:
    """Nobody has been there yet, and the code that was shown for the old time ends."""
    presence.end_codes(db, occurrence_id, now)
    presence.remove_all(db, occurrence_id)
    word, _ = Activity.GOTONG_ROYONG_ATTENDED.value
    participation.remove_all(db, activity=word, reference=reference)
