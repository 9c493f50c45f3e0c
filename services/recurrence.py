"""Again and again: RRULE text of RFC 5545, counted in the local time of the kelurahan."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

ONCE, WEEKLY, FORTNIGHTLY, MONTHLY = "once", "weekly", "fortnightly", "monthly"
REPEATS = (ONCE, WEEKLY, FORTNIGHTLY, MONTHLY)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK = 7  # days
LAST = -1


def rule_of(repeat: str, first: datetime, zone: ZoneInfo) -> str | None:
    """The rule that repeats a first moment; None for once.

    A month has its weekday four times or five: from the last one of a month on it is the last
    one of every month.
    """
    if repeat == WEEKLY:
        return "FREQ=WEEKLY"
    if repeat == FORTNIGHTLY:
        return "FREQ=WEEKLY;INTERVAL=2"
    if repeat == MONTHLY:
        here = first.astimezone(zone)
        is_last = here.day + WEEK > monthrange(here.year, here.month)[1]
        number = LAST if is_last else (here.day - 1) // WEEK + 1
        return f"FREQ=MONTHLY;BYDAY={number}{DAYS[here.weekday()]}"
    return None


def repeat_of(rule: str | None) -> str:
    """How a rule repeats, as `rule_of` was asked for it."""
    if rule is None:
        return ONCE
    if rule.startswith("FREQ=MONTHLY"):
        return MONTHLY
    return FORTNIGHTLY if "INTERVAL=2" in rule else WEEKLY


def number_of(rule: str) -> int:
    """Which weekday of a month a monthly rule means: 1 to 4, or LAST."""
    return int(rule.partition("BYDAY=")[2][:-2])


def moments(rule: str | None, first: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments of a series in UTC, the first one included, for ever where it repeats."""
    if rule is None:
        yield first
        return
    begin = first.astimezone(zone).replace(tzinfo=None)  # a rule counts in local time
    for local in rrulestr(rule, dtstart=begin):
        yield local.replace(tzinfo=zone).astimezone(UTC)
