"""What had to be reminded of, worked out from times alone: an own model, not the bot's code.

Times are seconds of a local clock without daylight saving, since a Monday at midnight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NIGHT = (21 * HOUR, 6 * HOUR)
FRIDAY = (4 * DAY + 11.5 * HOUR, 4 * DAY + 13.25 * HOUR)  # of the week
NEAR = 30 * MINUTE
LATE = 5 * MINUTE
EDGE = 10.0  # seconds from the start of the bot to its first tick at most
ROOM = 180.0  # seconds before a border in which nobody can say which side a message falls on


def quiet_until(at: float) -> float | None:
    """The end of the quiet at that moment; None if it is not quiet."""
    day, hour = at - at % DAY, at % DAY
    if hour >= NIGHT[0]:
        return day + DAY + NIGHT[1]
    if hour < NIGHT[1]:
        return day + NIGHT[1]
    in_week, week = at % (7 * DAY), at - at % (7 * DAY)
    if FRIDAY[0] <= in_week < FRIDAY[1]:
        return week + FRIDAY[1]
    return None


def quiet_from(at: float) -> float:
    """When it gets quiet next after a moment that is not quiet."""
    tonight = at - at % DAY + NIGHT[0]
    in_week, week = at % (7 * DAY), at - at % (7 * DAY)
    prayer = week + FRIDAY[0] if in_week < FRIDAY[0] else week + 7 * DAY + FRIDAY[0]
    return min(tonight, prayer)


@dataclass
class Due:
    """One reminder of one event: when it is due, and what became of it by the rules."""

    event: int
    kind: str
    start: float
    due: float
    later: tuple[float, ...] = ()  # when the later reminders of the event are due
    open: bool = True
    cut: bool = False  # was under way at a kill or a jump: some may have it already
    verdict: str = ""  # all, some, none
    said_late: bool | None = None  # whether it had to say so; None where nobody can say
    seen: dict[int, list[tuple[float, bool]]] = field(default_factory=dict)  # arrivals, late
    window: tuple[float, float] = (0.0, 0.0)  # the run of the bot in which it was decided

    def allowed_at(self, since: float) -> float | None:
        """When it may go out at the earliest to a bot that runs from `since` on.

        None if it is too late by then, or if a later reminder takes its place.
        """
        at = max(self.due, since)
        end = quiet_until(at)
        if end is not None:
            if self.start - end < NEAR:
                return None
            at = end
        return at if at < min((self.start, *self.later)) else None

    def at_the_edge(self, since: float) -> bool:
        """Whether the bot may see it first when the quiet is over, and then sends it late."""
        end = quiet_until(max(self.due, since))
        return end is not None and end - since < EDGE

    def certain(self, at: float) -> bool:
        """Whether a message that goes out at `at` is far from every border."""
        return min(self.start, quiet_from(at), *self.later) - at > ROOM

    def told(self) -> str:
        """All its times, for who looks for the reason of a broken promise."""
        came = sorted(at for times in self.seen.values() for at, _late in times)
        times = (self.start, self.due, *self.later, *self.window, came[0], came[-1])
        names = ["start", "due", *("later" for _ in self.later), "began", "ended", "first", "last"]
        shown = " ".join(f"{n}={t / DAY:.6f}" for n, t in zip(names, times, strict=True))
        return f"{self.kind} of {self.event}: {shown} (days)"

    def close(self, verdict: str) -> None:
        """It is decided: everybody has it, or nobody gets it (any more)."""
        self.open = False
        self.verdict = "some" if self.cut and verdict == "none" else verdict


def reminders(event: int, start: float, now: float) -> list[Due]:
    """The reminders of an event that is planned now."""
    moments = {
        "days3": start - 3 * DAY,
        "evening": start - start % DAY - DAY + 18.5 * HOUR,
        "hours2": start - 2 * HOUR,
    }
    found: list[Due] = []
    for kind, moment in reversed(moments.items()):  # all the people of the bench take part
        end = quiet_until(moment)
        if moment > now and not (end is not None and start - end < NEAR):
            later = tuple(one.due for one in found)
            found.append(Due(event, kind, start, end or moment, later))
    return found
