"""What the clock tells staff in the morning and RT heads on Monday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from content.phrases import Html
from handlers import deadlines, staff_group, ticket_view
from handlers.buttons import Buttons, Link, in_rows
from handlers.desk_view import LATE, View
from handlers.unit import Button, Unit
from services.digests import Gathering, WeekOf
from storage import Row

RT_COLUMNS = 2
MOMENT = timedelta(seconds=1)
Said = tuple[str, Buttons]


def overdue(unit: Unit, oldest: Sequence[Row[Any]], count: int, chat_id: int) -> Said:
    """How many tickets are late, and the oldest: number, kind, RT and days, nobody's words.

    In a group a button leads to the private chat.
    """
    lines = [unit.phrases.html("digest.late", count=count), Html("")]
    late, rows = View(LATE), list[list[Button | Link]]()
    for row in oldest:
        days = deadlines.days_late(unit, row)
        place = unit.phrases.plain("form.choice.rt", number=row.rt) if row.rt else None
        lines.append(
            unit.phrases.html(
                "digest.late_one",
                number=row.number,
                kind=ticket_view.kind_of(unit, row),
                place=place or unit.phrases.plain("message.no_rt"),
                days=days,
            )
        )
        label, values = "digest.button.late_one", {"number": row.number, "n": days}
        if chat_id < 0:
            rows.append([staff_group.link(unit, label, row.id, **values)])
        else:
            rows.append([late.ticket_button(label, row.id, **values)])
    if chat_id > 0:
        rows.append([late.button("digest.button.all_late")])
    return "\n".join(lines), rows


def week(unit: Unit, told: WeekOf) -> Said:
    """The last week of an RT head's RTs, what waits, and what is ahead."""
    rts = unit.audience(told.rts)
    parts = [_head(unit, told, rts)]
    parts += [line for line in (_came(unit, told), _waits(unit, told)) if line]
    parts += [_gatherings(unit, "past", told.past), _gatherings(unit, "ahead", told.ahead)]
    parts.append(unit.phrases.html("digest.week.thanks"))
    return "\n\n".join(part for part in parts if part), _desk_buttons(told)


def calm(unit: Unit, told: WeekOf) -> Said:
    """Nothing came, waits or is ahead: said once, and then kept quiet about."""
    return unit.phrases.html("digest.calm", rts=unit.audience(told.rts)), []


def _head(unit: Unit, told: WeekOf, rts: str) -> Html:
    first = deadlines.short_day(unit, told.span.start)
    last = deadlines.short_day(unit, told.span.end - MOMENT)
    return unit.phrases.html("digest.week", rts=rts, first=first, last=last)


def _came(unit: Unit, told: WeekOf) -> Html:
    """What came, was closed and judged; a line is left out where there was nothing."""
    phrases, lines = unit.phrases, []
    if told.reports or told.wishes:
        lines.append(phrases.html("digest.week.new", reports=told.reports, wishes=told.wishes))
    else:
        lines.append(phrases.html("digest.week.nothing_new"))
    if told.closed:
        lines.append(phrases.html("digest.week.closed", count=told.closed))
    if told.fixed or told.not_fixed:
        lines.append(
            phrases.html("digest.week.judged", fixed=told.fixed, not_fixed=told.not_fixed)
        )
    return Html("\n".join(lines))


def _waits(unit: Unit, told: WeekOf) -> Html:
    if not told.open:
        return Html("")
    lines = [unit.phrases.html("digest.week.open", count=told.open)]
    if told.late:
        lines.append(unit.phrases.html("digest.week.late", count=told.late))
    return Html("\n".join(lines))


def _gatherings(unit: Unit, when: str, some: Sequence[Gathering]) -> Html:
    """Gotong royong of the last or the coming week, one line each; nothing for none."""
    if not some:
        return Html("")
    lines = [unit.phrases.html(f"digest.week.{when}")]
    for one in some:
        key = f"digest.week.{when}_one" if one.people else f"digest.week.{when}_nobody"
        values = {"count": one.people} if one.people else {}
        day = deadlines.short_day(unit, one.starts_at)
        lines.append(unit.phrases.html(key, title=one.title, day=day, **values))
    return Html("\n".join(lines))


def _desk_buttons(told: WeekOf) -> list[list[Button]]:
    """What is open in each of the RTs."""
    if not told.open:
        return []
    lists = [View("open", rt=rt).button("digest.button.rt", number=rt) for rt in told.rts]
    rows = in_rows(lists, RT_COLUMNS)
    return [*rows, [View("late").button("digest.button.all_late")]] if told.late else rows
