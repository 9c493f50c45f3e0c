"""One gotong royong as a file that calendars read (iCalendar, RFC 5545).

An occurrence keeps its UID for good, and its version is the SEQUENCE: whoever saves it again
after it moved has the new time in place of the old one, not a second entry.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Alarm, Calendar, Event

from services.attendance import ahead
from services.quiet import QuietHours
from services.reminders import Kind, moments
from services.roles import Actor, Permission
from storage import Connection, Row, tasks

KIND = "calendar"  # of the slow work
# Nobody says how long gotong royong lasts. Calendars need an end, or they show a point in time;
# two hours keep a morning free without promising that it takes all of it.
LASTS = timedelta(hours=2)


class NotOpen(Exception):
    """An occurrence that is not for the person, was called off, or has begun."""


class Words(NamedTuple):
    """What a calendar says of an occurrence, in the language of its owner."""

    title: str
    place: str
    description: str
    alarm: str


def ask(db: Connection, actor: Actor, occurrence_id: int, now: datetime) -> None:
    """Queue the file of an occurrence, if the actor does not wait for it already.

    Raises:
        NotOpen: see there.
    """
    actor.require(Permission.READ)
    require_open(db, actor, occurrence_id, now)
    payload = {"telegram_id": actor.telegram_id, "occurrence_id": occurrence_id}
    if ("queued", payload) not in tasks.of_kind(db, KIND):
        tasks.add(db, KIND, payload, now)


def require_open(db: Connection, actor: Actor, occurrence_id: int, now: datetime) -> Row[Any]:
    """An occurrence to come that is for the actor.

    Raises:
        NotOpen: see there.
    """
    row = ahead(db, actor.resident, occurrence_id, now)
    if row is None:
        raise NotOpen(occurrence_id)
    return row


def file_of(row: Row[Any], words: Words, *, host: str, quiet: QuietHours, now: datetime) -> bytes:
    """The file of an occurrence; `host` tells the installations of the bot apart.

    The alarm rings when the bot reminds: the evening before. It counts back from the start,
    which every calendar understands.
    """
    event = Event()
    event.add("uid", f"gotong-royong-{row.id}@{host}")
    event.add("sequence", int(row.version))
    event.add("dtstamp", now)
    starts_at = row.starts_at.astimezone(quiet.zone)
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + LASTS)
    event.add("summary", words.title)
    event.add("location", words.place)
    event.add("description", words.description)
    if row.latitude is not None:
        event.add("geo", (row.latitude, row.longitude))
    event.add_component(_alarm(row, words, quiet))
    calendar = Calendar()
    calendar.add("prodid", f"-//{host}//gotong royong//ID")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()  # for calendars that do not know its name
    return bytes(calendar.to_ical())


def _alarm(row: Row[Any], words: Words, quiet: QuietHours) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words.alarm)
    alarm.add("trigger", moments(row.starts_at, quiet)[Kind.EVENING] - row.starts_at)
    return alarm
