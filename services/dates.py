"""Days and times as people in Jambi type them: "besok jam 7 pagi", "Minggu 07.00", "29/11 16:00".

Every result is a moment in UTC that is still to come. "minggu depan" means next week and names no
day; "abis Magrib" is not converted: both are asked again (facts of usage, register).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = {
    "senin": 0, "selasa": 1, "rabu": 2, "kamis": 3, "jumat": 4, "jum'at": 4, "sabtu": 5,
    "minggu": 6, "ahad": 6,
}  # fmt: skip
MONTHS = (
    "jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des",
)  # fmt: skip
SHIFTS = {"hari ini": 0, "nanti": 0, "kagek": 0, "besok": 1, "bsk": 1, "lusa": 2}
AFTERNOON = {"siang": range(1, 5), "sore": range(1, 8), "malam": range(5, 12)}  # 12-hour hours
FURTHEST = timedelta(days=366)
PARTS = "pagi|siang|sore|malam"
CLOCK_WORD = r"\b(?:jam|pukul|pkl)\.?\s*"
# neither the end of "07.00-09.00" nor "jam 7-9" nor "7-9 pagi" is a day
NUMERIC = re.compile(
    r"(?<![.:\d])(?<!jam )(?<!pukul )(?<!pkl )"
    rf"\b(\d{{1,2}})[/-](\d{{1,2}})(?:[/-](\d{{4}}|\d{{2}}))?\b(?![.:]\d|\s*(?:{PARTS})\b)"
)
WRITTEN = re.compile(rf"\b(\d{{1,2}})\s+({'|'.join(MONTHS)})[a-z]*\.?(?:\s+(\d{{4}}))?\b")
# "minggu besok" is the coming Sunday, "besok minggu" is tomorrow
COMING = re.compile(rf"\b({'|'.join(WEEKDAYS)}) besok\b")
EVE = re.compile(rf"\bmalam ({'|'.join(WEEKDAYS)})\b")
UNTIL = re.compile(r"(?<=\d)\s*(?:-|–|s/d|sd|sampai)\s*(?:jam\s*)?\d{1,2}(?:[.:]\d{2})?\b")
HALF = re.compile(rf"\bsetengah\s+(\d{{1,2}})\b(?:\s*({PARTS})\b)?")
CLOCK = re.compile(
    rf"(?:{CLOCK_WORD})?\b(\d{{1,2}})[.:](\d{{2}})\b(?:\s*({PARTS})\b)?"
    rf"|{CLOCK_WORD}(\d{{1,2}})\b(?:\s*({PARTS})\b)?"
    rf"|\b(\d{{1,2}})\s*({PARTS})\b"
)
PART = re.compile(rf"\b({PARTS})\b")


class Unclear(ValueError):
    """Words that name no moment to come; `phrase` is the key of what to say."""

    def __init__(self, phrase: str) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def moment_in(
    words: str, now: datetime, zone: ZoneInfo, *, since: datetime | None = None
) -> datetime:
    """The day and time that words name, in UTC.

    A day that is only named ("sabtu") is the first one to come; from `since` on, if that is later.

    Raises:
        Unclear: with the phrase that asks again (no day, no time, past, too far).
    """
    text = " ".join(words.lower().split())
    here = now.astimezone(zone)
    named = _names_weekday_only(text)
    start = max(here, since.astimezone(zone)) if named and since is not None else here
    day, rest = _day(text, start.date())
    clock = _clock(rest)
    if day is None:
        raise Unclear("form.expects.moment")
    if clock is None:
        raise Unclear("form.moment_no_time")
    found = datetime.combine(day, clock, zone)
    if found <= here and named:
        found += timedelta(days=7)
    if found <= here:
        raise Unclear("form.moment_past")
    if found - here > FURTHEST:
        raise Unclear("form.moment_far")
    return found.astimezone(UTC)


def day_in(words: str, now: datetime, zone: ZoneInfo) -> date | None:
    """The day that words name, in the kelurahan's zone; None if they name none, or two."""
    try:
        return _day(" ".join(words.lower().split()), now.astimezone(zone).date())[0]
    except Unclear:
        return None


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The day, and the text without it, so that "29/11" is not read as a time."""
    for pattern in (WRITTEN, NUMERIC):
        match = pattern.search(text)
        if match:
            rest = text[: match.start()] + " " + text[match.end() :]
            return _agreeing(_calendar(match, today), rest), rest
    if COMING.search(text):
        return _weekday(text, today), text
    for word, days in SHIFTS.items():
        if re.search(rf"\b{word}\b", text):
            return today + timedelta(days=days), text
    return _weekday(text, today), text


def _agreeing(day: date | None, rest: str) -> date | None:
    """A date that falls on the weekday that was named beside it, if one was.

    Raises:
        Unclear: it does not, and nobody knows which of the two was meant.
    """
    named = [d for name, d in WEEKDAYS.items() if re.search(rf"\b{re.escape(name)}\b", rest)]
    if day is not None and named and day.weekday() not in named and not EVE.search(rest):
        raise Unclear("form.moment_conflict")
    return day


def _calendar(match: re.Match[str], today: date) -> date | None:
    """A day of the calendar; without a year the next one to come."""
    month = MONTHS.index(match[2]) + 1 if match[2].isalpha() else int(match[2])
    year = int(match[3]) if match[3] else today.year
    try:
        found = date(year + 2000 if year < 100 else year, month, int(match[1]))
        return found if match[3] or found >= today else found.replace(year=today.year + 1)
    except ValueError:
        return None


def _weekday(text: str, today: date) -> date | None:
    """The next day of that name; "sabtu depan" is the one in next week."""
    if re.search(r"\bminggu (depan|ini)\b", text) and not re.search(r"\bhari minggu\b", text):
        others = [name for name in WEEKDAYS if name != "minggu"]
        if not any(re.search(rf"\b{re.escape(name)}\b", text) for name in others):
            return None  # "next week" or "this Sunday": nobody knows
    named = [d for name, d in WEEKDAYS.items() if re.search(rf"\b{re.escape(name)}\b", text)]
    if not named:
        return None
    day = today + timedelta(days=(named[0] - today.weekday()) % 7)
    if re.search(r"\bdepan\b", text):
        day = today + timedelta(days=7 - today.weekday() + named[0])
    # "malam Minggu" is the evening of Saturday
    return day - timedelta(days=1) if EVE.search(text) else day


def _names_weekday_only(text: str) -> bool:
    """Whether the day came from its name: today's then means the one in a week."""
    return not (NUMERIC.search(text) or WRITTEN.search(text) or any(w in text for w in SHIFTS))


def _clock(text: str) -> time | None:
    """The time, of a span its beginning; its part of the day may stand anywhere."""
    text = UNTIL.sub("", text)
    anywhere = PART.search(text)
    part = anywhere[1] if anywhere else None
    half = HALF.search(text)
    if half:  # "setengah 8" is half past seven
        return _time(int(half[1]) - 1 or 12, 30, half[2] or part)
    match = CLOCK.search(text)
    if match is None:
        return None
    if match[1]:
        return _time(int(match[1]), int(match[2]), match[3] or part)
    return _time(int(match[4] or match[6]), 0, match[5] or match[7] or part)


def _time(hour: int, minute: int, part: str | None) -> time | None:
    if part in AFTERNOON and hour in AFTERNOON[part]:
        hour += 12
    if part == "malam" and hour == 12:
        hour = 0
    return time(hour, minute) if 0 <= hour < 24 and minute < 60 else None
