"""Lessons as staff see them: the plan, and what came of those that were given."""

from __future__ import annotations

from typing import Any

from babel.dates import format_datetime
from telegram import Update

from content.lessons import Lesson
from content.phrases import Html, shortened
from handlers import forms, lessons
from handlers.activities import room
from handlers.lesson_results import detailed, explain, in_short
from handlers.routes import Handler, Route, careful, command, tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Unit
from services import lessons as rules
from services.lessons import Unknown
from services.roles import Permission
from storage import Row
from storage import lessons as stored
from storage.lessons import CANCELLED, DROPPED, PLANNED
from storage.residents import Notice, count_wanting

COMING, PAST = 8, 6  # plans in the overview


def overview(unit: Unit, update: Update) -> None:
    """/pelajaran: what is planned, what came of the last ones, and planning more."""
    show(unit)
    forms.offer_resume(unit)


def on_overview(unit: Unit, update: Update) -> None:
    """The same from a button."""
    show(unit)


def show(unit: Unit) -> None:
    """The plan and the last lessons, with a button for each."""
    coming, past = stored.coming(unit.db)[:COMING], stored.past(unit.db, PAST)
    parts = [unit.phrases.html("lesson.plan.title")]
    parts += [_coming_line(unit, row) for row in coming]
    parts += [] if coming else [unit.phrases.html("lesson.plan.nothing")]
    if past:
        parts += [Html(""), unit.phrases.html("lesson.plan.past")]
        parts += [_past_line(unit, row) for row in past]
        parts += explain(unit, past)
    newest = stored.newest(unit.db)
    rows = [[Button("lesson.button.new", "lesson:new:0")]]
    rows.append([Button("lesson.button.weeks", f"lesson:weeks:{newest}")])
    rows += [[_open_button(unit, row)] for row in (*coming, *past)]
    unit.say("\n".join(parts), rows, in_place=True)


def title_of(unit: Unit, row: Row[Any]) -> str:
    """The title of a planned lesson; one whose file is gone has only its name."""
    lesson = known(unit).get(row.slug)
    return lesson.title if lesson is not None else str(row.slug)


def known(unit: Unit) -> dict[str, Lesson]:
    """All lessons by slug."""
    return dict(unit.world.pages.current.lessons)


def _coming_line(unit: Unit, row: Row[Any]) -> Html:
    when, to = unit.moment(row.send_at), unit.audience(row.rts)
    title = title_of(unit, row)
    return unit.phrases.html("lesson.plan.line", when=when, title=title, to=to)


def _past_line(unit: Unit, row: Row[Any]) -> Html:
    when, title = unit.moment(row.send_at), title_of(unit, row)
    if row.state == DROPPED:
        return unit.phrases.html("lesson.plan.dropped", when=when, title=title)
    return unit.phrases.html(
        "lesson.plan.sent",
        when=when,
        title=title,
        to=unit.audience(row.rts),
        count=row.recipients,
        how=in_short(unit, row),
    )


def _open_button(unit: Unit, row: Row[Any]) -> Button:
    key = "lesson.button.coming" if row.state == PLANNED else "lesson.button.past"
    zone = unit.settings.kelurahan.zone
    day = f"{format_datetime(row.send_at, 'd MMM', tzinfo=zone, locale=LOCALE)} · "
    label = day + shortened(title_of(unit, row), room(unit, key, day))
    return Button(key, f"lesson:open:{row.id}", {"label": label})


# --- one lesson of the plan ------------------------------------------------------------------


def on_open(unit: Unit, update: Update) -> None:
    """What it asks, for whom and when; once it was given, the answers RT by RT."""
    row = named(unit)
    lesson = known(unit).get(row.slug)
    values = {
        "title": title_of(unit, row),
        "when": unit.full_moment(row.send_at),
        "to": unit.audience(row.rts),
    }
    parts = [unit.phrases.html("lesson.one.head", **values)]
    if lesson is not None:
        told = {"question": lesson.question, "right": lesson.right}
        parts.append(unit.phrases.html("lesson.one.question", **told))
    rows = []
    if row.state == PLANNED:
        count = count_wanting(unit.db, Notice.LESSONS, row.rts)
        parts.append(unit.phrases.html("lesson.one.planned", count=count))
        rows.append([Button("lesson.button.move", f"lesson:move:{row.id}")])
        rows.append([Button("lesson.button.remove", f"lesson:remove:{row.id}")])
    elif row.state == DROPPED:
        parts.append(unit.phrases.html("lesson.one.dropped"))
    else:
        parts += detailed(unit, row)
    if lesson is not None:
        rows.append([Button("lesson.button.preview", f"lesson:preview:{lesson.slug}")])
    rows.append([back_button()])
    unit.say("\n\n".join(parts), rows, in_place=True)


def named(unit: Unit) -> Row[Any]:
    """The plan whose number the button carries.

    Raises:
        Unknown: there is none, or it was removed.
    """
    row = stored.get(unit.db, number_in(unit.values[0]) or 0)
    if row is None or row.state == CANCELLED:
        raise Unknown
    return row


def back_button() -> Button:
    """Leads to the plan."""
    return Button("lesson.button.plan", "lesson:plan")


def chosen(unit: Unit) -> Lesson:
    """The lesson that the button names.

    Raises:
        Unknown: there is none.
    """
    lesson = known(unit).get(unit.values[0])
    if lesson is None:
        raise Unknown
    return lesson


def on_preview(unit: Unit, update: Update) -> None:
    """A lesson as residents see it once they answered; nothing is counted."""
    lesson = chosen(unit)
    unit.detach()
    text = lessons.framed(unit, lesson, right=True)
    unit.page(*text, [[lessons.page_button(lesson)], [back_button()]])


def on_remove(unit: Unit, update: Update) -> None:
    """Out of the plan; it can be planned again."""
    row = named(unit)
    rules.cancel(unit.db, unit.actor, row.id, unit.now)
    unit.notice("lesson.removed")
    show(unit)


def route(name: str, handler: Handler) -> Route:
    """A button of staff; what it does not know any more is an old button."""
    return tap(f"lesson:{name}", careful(handler, Unknown), needs=Permission.ANNOUNCE)


ROUTES = (
    command("pelajaran", overview, needs=Permission.ANNOUNCE),
    route("plan", on_overview),
    route("open", on_open),
    route("preview", on_preview),
    route("remove", on_remove),
)
