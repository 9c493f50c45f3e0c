"""For whom an announcement is, beside the RTs: a role, what somebody did, or has not read yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from services.participation import Activity
from storage.audiences import ATTENDED, FILED, PROPOSED, RT_HEAD, STAFF, UNREAD, Audience

EVERYBODY = "all"
WHO = (EVERYBODY, RT_HEAD, STAFF, ATTENDED, FILED, PROPOSED, UNREAD)
LATELY = timedelta(days=92)  # three months: who came to a gotong royong since then
EARLIER = "earlier"  # not a page was not read, but an announcement


def audience_of(
    who: str, *, unread: str | None, admins: Collection[int], now: datetime
) -> Audience | None:
    """What an answer of the form means from now on; None for everybody.

    `unread` is the reference that is looked for in the participation log: the slug of a page, or
    `reference_of` an announcement. `admins` are those of the settings.
    """
    if who == STAFF:
        return {"who": who, "admins": sorted(admins)}
    if who == ATTENDED:
        return {"who": who, "since": (now - LATELY).isoformat()}
    if who == UNREAD and unread is not None:
        activity = Activity.TOPIC_READ
        if number_of(unread) is not None:
            activity = Activity.ANNOUNCEMENT_READ
        return {"who": who, "activity": activity.value[0], "reference": unread}
    return {"who": who} if who in (RT_HEAD, FILED, PROPOSED) else None


def reference_of(announcement_id: int) -> str:
    """How the participation log names an announcement."""
    return f"announcement:{announcement_id}"


def number_of(reference: str) -> int | None:
    """The announcement that a reference names; None if it names something else."""
    kind, _, number = reference.partition(":")
    return int(number) if kind == "announcement" and number.isdecimal() else None
