"""Planning lessons: which one, for whom and when; another moment; four weeks at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from telegram import Update

from content.lessons import Lesson
from content.phrases import shortened
from handlers import forms
from handlers.activities import room
from handlers.buttons import turning
from handlers.lesson_desk import back_button, chosen, known, named, route, show, title_of
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import forms as progress_rules
from services import lessons as rules
from services.forms import Outcome, Progress
from services.lesson_forms import ALL, move_form, plan_form
from services.lessons import Past, Unknown
from services.quiet import QuietHours
from services.roles import Permission
from storage import lessons as stored
from storage.residents import Notice, count_wanting

FORM, MOVE = "lesson", "lesson_move"
PAGE = 8  # lessons in one message


def on_new(unit: Unit, update: Update) -> None:
    """Which lesson: those not given yet come first."""
    number = number_in(unit.values[0]) or 0
    found = rules.suggested(unit.db, known(unit))
    given = stored.last_given(unit.db)
    shown = found[number * PAGE : (number + 1) * PAGE]
    rows = [[_pick_button(unit, lesson, lesson.slug in given)] for lesson in shown]
    turn = turning(
        number if shown else 0,
        len(found) > (number + 1) * PAGE,
        lambda page: f"lesson:new:{page}",
    )
    unit.show("lesson.which" if shown else "lesson.none", [*rows, *turn, [back_button()]])


def _pick_button(unit: Unit, lesson: Lesson, is_given: bool) -> Button:
    key = "lesson.button.again" if is_given else "lesson.button.fresh"
    label = shortened(lesson.title, room(unit, key, ""))
    return Button(key, f"lesson:pick:{lesson.slug}", {"label": label})


def on_pick(unit: Unit, update: Update) -> None:
    """For whom and when."""
    lesson = chosen(unit)
    unit.detach()
    forms.open_form(unit, FORM, subject=lesson.slug)


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What the questions name: the lesson, and the Monday that is free."""
    lesson = known(unit).get(progress.subject or "")
    row = stored.get(unit.db, number_in(progress.subject or "") or 0) if lesson is None else None
    title = lesson.title if lesson is not None else title_of(unit, row) if row is not None else ""
    monday = rules.next_free(unit.db, unit.now, unit.settings.kelurahan.zone)
    return {"title": title, "monday": unit.full_moment(monday)}


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: it is planned."""
    lesson = known(unit).get(progress.subject or "")
    if lesson is None:
        unit.drop_draft()
        return unit.show("lesson.none", [[back_button()]])
    whom = progress.answers["to"]["choices"]
    rts = None if ALL in whom else whom
    send_at = _moment(unit, progress)
    try:
        plan_id = rules.plan(unit.db, unit.actor, lesson, rts, send_at, unit.now)
    except Past:
        return _ask_when(unit, FORM, progress)
    unit.drop_draft()
    unit.show(
        "lesson.planned",
        [[Button("lesson.button.open", f"lesson:open:{plan_id}")], [back_button()]],
        title=lesson.title,
        when=unit.full_moment(send_at),
        to=unit.audience(rts),
        count=count_wanting(unit.db, Notice.LESSONS, rts),
    )


def on_weeks(unit: Unit, update: Update) -> None:
    """The next four that were not given yet, one each Monday; an old button plans nothing."""
    if number_in(unit.values[0]) != stored.newest(unit.db):
        unit.notice("form.old_button")
        return show(unit)
    zone = unit.settings.kelurahan.zone
    count = rules.plan_weeks(unit.db, unit.actor, known(unit), unit.now, zone)
    if count:
        unit.notice("lesson.weeks_planned", count=count)
    else:
        unit.notice("lesson.all_given", alert=True)
    show(unit)


# --- another moment --------------------------------------------------------------------------


def on_move(unit: Unit, update: Update) -> None:
    """Ask for another moment."""
    row = rules.planned(unit.db, unit.actor, named(unit).id)
    unit.detach()
    forms.open_form(unit, MOVE, subject=str(row.id))


def submit_move(unit: Unit, progress: Progress) -> None:
    """Kirim: it goes out then."""
    number = number_in(progress.subject or "") or 0
    send_at = _moment(unit, progress)
    try:
        rules.move(unit.db, unit.actor, number, send_at, unit.now)
    except Unknown:
        unit.drop_draft()
        return unit.show("lesson.too_late", [[back_button()]])
    except Past:
        return _ask_when(unit, MOVE, progress)
    row = stored.get(unit.db, number)
    assert row is not None, "it was changed just now"
    unit.drop_draft()
    when = unit.full_moment(send_at)
    unit.show("lesson.moved", [[back_button()]], title=title_of(unit, row), when=when)


def _moment(unit: Unit, progress: Progress) -> datetime:
    """When it is to go out: as named or on the next free Monday, never in quiet hours."""
    given, zone = progress.answers["when"], unit.settings.kelurahan.zone
    if "moment" not in given:
        return rules.next_free(unit.db, unit.now, zone)
    return QuietHours.of(unit.settings).next_allowed(datetime.fromisoformat(given["moment"]))


def _ask_when(unit: Unit, name: str, progress: Progress) -> None:
    """The moment went by before Kirim: ask for another one."""
    again = progress_rules.edit(unit.world.forms[name].form, progress, "when")
    forms.take(unit, Outcome(again, ("form.moment_past",)))


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """The forms by name, in a kelurahan with these RTs."""
    needs, send = Permission.ANNOUNCE, "lesson.button.save"
    return {
        FORM: FormPage(plan_form(rts), submit, needs, send=send, values=values),
        MOVE: FormPage(move_form(), submit_move, needs, send=send, values=values),
    }


ROUTES = (
    route("new", on_new),
    route("pick", on_pick),
    route("weeks", on_weeks),
    route("move", on_move),
)
