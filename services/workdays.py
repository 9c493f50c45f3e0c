"""Working days of the kelurahan: Monday to Friday without public holidays and local days off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from config import Settings

DAY = timedelta(days=1)
SATURDAY = 5
LAST_MOMENT = time(23, 59, 59)  # who was told "by Wednesday" has all of Wednesday


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Public holidays and joint leave of Indonesia, as far as the library knows them.

    Imported when the first deadline is counted: it costs about 70 ms and 10 MB.
    """
    from holidays import country_holidays

    categories = ("public", "government")
    return frozenset(country_holidays("ID", years=year, categories=categories))


@dataclass(frozen=True)
class Workdays:
    """Which days are worked on, in the kelurahan's zone; `off` are days off of its own."""

    zone: ZoneInfo
    off: frozenset[date] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> Workdays:
        """As the settings say."""
        return cls(settings.kelurahan.zone, frozenset(settings.deadlines.holidays))

    def day_of(self, moment: datetime) -> date:
        """The day of a moment by the calendar of the kelurahan."""
        return moment.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """A time of a day, in UTC."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def is_workday(self, day: date) -> bool:
        """Whether the office works on that day."""
        if day.weekday() >= SATURDAY or day in self.off:
            return False
        return day not in public_holidays(day.year)

    def end_of(self, start: datetime, days: int) -> datetime:
        """The end of the working day that comes so many after the day of `start`, in UTC."""
        day = self.day_of(start)
        while days > 0:
            day += DAY
            days -= self.is_workday(day)
        return self.at(day, LAST_MOMENT)

    def between(self, start: datetime, end: datetime) -> int:
        """How many working days lie after the day of `start`, that of `end` among them."""
        first, last = self.day_of(start), self.day_of(end)
        later = (first + DAY * number for number in range(1, (last - first).days + 1))
        return sum(map(self.is_workday, later))

    def monday_of(self, day: date) -> date:
        """The Monday of a day's week."""
        return day - DAY * day.weekday()

    def opens_week(self, day: date) -> bool:
        """Whether it is the first working day of its week."""
        days = (self.monday_of(day) + DAY * number for number in range(SATURDAY))
        return day == next(filter(self.is_workday, days), None)
