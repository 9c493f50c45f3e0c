"""What gotong royong achieved, in words: for organisers, for those who came, for the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from babel.dates import format_date

from content.phrases import Html
from handlers import gotong_royong as activities
from handlers.buttons import Link
from handlers.calls import media_call
from handlers.unit import LOCALE, Button, Unit
from services import outcome as rules
from services.gotong_royong import reference
from services.outcome import Achieved, Moment
from storage import Row, outcome

Call = tuple[str, dict[str, Any]]  # Bot API method and parameters, with the chat


def lines(unit: Unit, row: Row[Any]) -> list[Html]:
    """What an organiser entered so far, below the card of an activity."""
    found = []
    if row.result is not None:
        found.append(unit.phrases.html("outcome.result", result=row.result))
    counts = {moment: len(outcome.photos(unit.db, row.id, moment)) for moment in Moment}
    if any(counts.values()):
        before, after = counts[Moment.BEFORE], counts[Moment.AFTER]
        found.append(unit.phrases.html("outcome.photos", before=before, after=after))
    return found


def buttons(unit: Unit, row: Row[Any]) -> list[list[Button]]:
    """What an organiser may enter now."""
    photos = [
        Button(f"outcome.button.{moment}", f"activity:photo:{row.id}:{moment}")
        for moment in Moment
        if rules.takes(row, moment, unit.now)
    ]
    rows = [photos] if photos else []
    if rules.takes(row, Moment.AFTER, unit.now):
        rows.append([Button("outcome.button.result", f"activity:result:{row.id}")])
    if outcome.photos(unit.db, row.id):
        rows.append([Button("outcome.button.photos", f"activity:photos:{row.id}")])
    return rows


def question(unit: Unit, asked: rules.Question) -> tuple[str, list[list[Button]]]:
    """What an organiser is asked in the evening, or the day after."""
    row = asked.row
    key = f"outcome.{asked.kind}"
    html = unit.phrases.html(key, title=row.title, when=unit.full_moment(row.starts_at))
    rows = [
        [Button("activity.button.attend", f"activity:attend:{row.id}:0")],
        [Button("outcome.button.after", f"activity:photo:{row.id}:{Moment.AFTER}")],
        [Button("outcome.button.result", f"activity:result:{row.id}")],
    ]
    return html, rows


def thanks(unit: Unit, chat_id: int, found: Achieved) -> Call:
    """For somebody who was there."""
    title, when = found.row.title, _day(unit, found)
    head = unit.phrases.html("outcome.thanks", title=title, when=when)
    present = [unit.phrases.html("outcome.present", count=found.present)]
    html = "\n".join([head, *_result(unit, found), *present, *_next(unit, found)])
    return _call(unit, chat_id, html, found, _answers(unit, found))


def recap(unit: Unit, chat_id: int, found: Achieved) -> Call:
    """For somebody who was invited: shortly, and without asking where he was."""
    html = _recap(unit, found)
    return "sendMessage", unit.message_to(chat_id, html, _answers(unit, found))


def for_group(unit: Unit, chat_id: int, found: Achieved) -> Call:
    """For the group of an RT: counts and the photo, no names."""
    link = f"https://t.me/{unit.world.username}?start=jadwal"
    rows = [[Link("group.button.answer", link)]] if found.next is not None else []
    return _call(unit, chat_id, _recap(unit, found), found, rows)


def _recap(unit: Unit, found: Achieved) -> str:
    key = "outcome.recap" if found.present else "outcome.recap_uncounted"
    values = {"title": found.row.title, "when": _day(unit, found)}
    if found.present:
        values["count"] = str(found.present)
    head = unit.phrases.html(key, **values)
    return "\n".join([head, *_result(unit, found), *_next(unit, found)])


def _day(unit: Unit, found: Achieved) -> str:
    """ "kemarin", or the day."""
    zone = unit.settings.kelurahan.zone
    day = found.row.starts_at.astimezone(zone).date()
    if unit.now.astimezone(zone).date() - day == timedelta(days=1):
        return unit.phrases.plain("outcome.yesterday")
    return format_date(day, "EEEE, d MMMM y", locale=LOCALE)


def _result(unit: Unit, found: Achieved) -> list[Html]:
    result = found.row.result
    return [unit.phrases.html("outcome.result", result=result)] if result is not None else []


def _next(unit: Unit, found: Achieved) -> list[Html]:
    if found.next is None:
        return []
    return [unit.phrases.html("outcome.next", when=unit.full_moment(found.next.starts_at))]


def _answers(unit: Unit, found: Achieved) -> list[list[Button]]:
    """The answers for the next time, which nobody is reminded of yet."""
    return activities.buttons(unit, found.next, None) if found.next is not None else []


def _call(unit: Unit, chat_id: int, html: str, found: Achieved, rows: Any) -> Call:
    """With the photo, if there is one."""
    if found.photo is None:
        return "sendMessage", unit.message_to(chat_id, html, rows)
    markup = unit.inline(rows) if rows else None
    return media_call(chat_id, found.photo.kind, found.photo.file_id, html, markup)


def key_of(row: Row[Any], kind: str) -> str:
    """How the outbox knows a message about an occurrence, before the chat."""
    return f"outcome:{reference(row.id)}:{kind}"
