"""Quiet hours: when notices and broadcasts wait. Replies never do (design, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config import Settings

FRIDAY = 4
DAY = timedelta(days=1)
Span = tuple[time, time]


@dataclass(frozen=True)
class QuietHours:
    """The spans of a night and of Friday prayer, in the kelurahan's zone; None = none."""

    night: Span | None
    friday: Span | None
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> QuietHours:
        """As the settings say."""
        return cls(settings.quiet.night_span, settings.quiet.friday_span, settings.kelurahan.zone)

    def until(self, now: datetime) -> datetime | None:
        """When the quiet that holds at `now` ends, in UTC; None if it is not quiet."""
        here = now.astimezone(self.zone)
        days = (here.date() - DAY, here.date())  # a night begins the day before
        spans = [(day, self.night) for day in days]
        spans += [(day, self.friday) for day in days[1:] if day.weekday() == FRIDAY]
        for day, span in spans:
            if span is None:
                continue
            start = datetime.combine(day, span[0], self.zone)
            end = datetime.combine(day, span[1], self.zone)
            if span[1] <= span[0]:
                end += DAY
            if start <= here < end:
                return end.astimezone(UTC)
        return None

    def next_allowed(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet in which it falls."""
        return self.until(moment) or moment
