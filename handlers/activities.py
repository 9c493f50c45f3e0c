"""Gotong royong as organisers see it: planning it, changing it, calling it off."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from babel.dates import format_datetime
from telegram import Update

from content.phrases import MAX_LABEL, shortened, utf16_length
from handlers import forms
from handlers.buttons import turning
from handlers.gotong_royong import how_often
from handlers.routes import Handler, Route, careful, command, tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Buttons, Unit
from services import activity_forms, attendance
from services import forms as progress_rules
from services import gotong_royong as rules
from services.forms import Outcome, Progress
from services.gotong_royong import Past, TooSoon, Unknown
from services.quiet import QuietHours
from services.roles import Permission
from storage import Row, gotong_royong
from storage.gotong_royong import PLANNED
from storage.residents import Notice, count_wanting

FORM, CHANGE, CANCEL = "activity", "activity_change", "activity_cancel"
ONE, ALL = "one", "all"
PAGE = 6  # activities in one message


def list_(unit: Unit, update: Update) -> None:
    """/kegiatan: what is to come or was lately, and a button to plan more."""
    _list(unit, 0)
    forms.offer_resume(unit)


def on_list(unit: Unit, update: Update) -> None:
    """Another page of the list."""
    _list(unit, number_in(unit.values[0]) or 0)


def _list(unit: Unit, number: int) -> None:
    found = attendance.at_hand(unit.db, unit.actor, unit.now)
    shown = found[number * PAGE : (number + 1) * PAGE]
    rows = [[_line(unit, row)] for row in shown]
    turn = turning(
        number if shown else 0,
        len(found) > (number + 1) * PAGE,
        lambda page: f"activity:list:{page}",
        before="activity.button.earlier",
        after="activity.button.later",
    )
    new = [Button("activity.button.new", "activity:new")]
    unit.show("activity.list" if shown else "activity.none", [*rows, *turn, new])


def _line(unit: Unit, row: Row[Any]) -> Button:
    begun = row.starts_at <= unit.now
    key = "activity.button.begun" if begun else "activity.button.coming"
    day = f"{short_day(unit, row.starts_at)} · "
    label = day + shortened(row.title, room(unit, key, day))
    return Button(key, f"activity:open:{row.id}", {"label": label})


def room(unit: Unit, key: str, beside: str) -> int:
    """How many UTF-16 units a button with that phrase has left beside some text."""
    return MAX_LABEL - utf16_length(unit.phrases.plain(key, label=beside))


def short_day(unit: Unit, at: datetime) -> str:
    """A day as a button shows it: "29 Nov"."""
    return format_datetime(at, "d MMM", tzinfo=unit.settings.kelurahan.zone, locale=LOCALE)


def on_new(unit: Unit, update: Update) -> None:
    """Open the planning form."""
    unit.detach()
    forms.open_form(unit, FORM)


def plan(unit: Unit, progress: Progress) -> Row[Any] | None:
    """Kirim: plan it once, and invite; None where another moment is asked for."""
    assert unit.draft is not None
    new = activity_forms.plan_of(progress.answers, unit.actor)
    try:
        row = rules.plan(
            unit.db, unit.actor, new, draft_id=unit.draft.id, now=unit.now, quiet=_quiet(unit)
        )
    except (Past, TooSoon) as error:
        _ask_when(unit, FORM, progress, error)
        return None
    unit.drop_draft()
    _done(
        unit,
        "activity.planned",
        [button_back(row)],
        title=row.title,
        when=unit.full_moment(row.starts_at),
        how=how_often(unit, row),
        count=count_wanting(unit.db, Notice.GOTONG_ROYONG, row.rts),
    )
    return row


def _quiet(unit: Unit) -> QuietHours:
    return QuietHours.of(unit.settings)


def _done(unit: Unit, key: str, buttons: Buttons = (), **values: Any) -> None:
    """Say what was done, and in quiet hours when residents hear of it."""
    parts = [unit.phrases.html(key, **values)]
    end = _quiet(unit).until(unit.now)
    if end is not None:
        parts.append(unit.phrases.html("activity.told_later", until=_hour(unit, end)))
    unit.say("\n".join(parts), buttons, in_place=True)


def _hour(unit: Unit, at: datetime) -> str:
    return format_datetime(at, "HH.mm z", tzinfo=unit.settings.kelurahan.zone, locale=LOCALE)


def _ask_when(unit: Unit, name: str, progress: Progress, error: Past | TooSoon) -> None:
    """The moment went by before Kirim, or is too near: say so and ask for another one."""
    form = unit.world.forms[name].form
    again = progress_rules.edit(form, progress, "when")
    if isinstance(error, Past):
        return forms.take(unit, Outcome(again, ("form.moment_past",)))
    unit.detach()
    unit.reply("activity.too_soon", until=_hour(unit, error.end))
    forms.take(unit, Outcome(again))


# --- one activity ----------------------------------------------------------------------------


def number_at(unit: Unit, place: int) -> int:
    """A number of the callback data.

    Raises:
        Unknown: there is none.
    """
    found = number_in(unit.values[place]) if len(unit.values) > place else None
    if found is None:
        raise Unknown
    return found


def on_change(unit: Unit, update: Update) -> None:
    """Change time or place: of this one, or of it and all later ones."""
    _begin(unit, CHANGE, "change")


def on_cancel(unit: Unit, update: Update) -> None:
    """Call it off: this one, or it and all later ones."""
    _begin(unit, CANCEL, "cancel")


def _begin(unit: Unit, form: str, action: str) -> None:
    row = rules.organise(unit.db, unit.actor, number_at(unit, 0))
    if row.starts_at <= unit.now:
        raise Unknown
    span = unit.values[1] if len(unit.values) > 1 else ""
    if row.rule is not None and span not in (ONE, ALL):
        data = f"activity:{action}:{row.id}"
        return unit.show(
            f"activity.{action}_which",
            [[Button("activity.button.one", f"{data}:{ONE}")],
             [Button("activity.button.all", f"{data}:{ALL}")]],
            title=row.title,
        )  # fmt: skip
    unit.detach()
    forms.open_form(unit, form, subject=f"{row.id}:{span or ONE}")


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What the questions of the changing and the cancelling form name."""
    row, _ = _subject(unit, progress)
    if row is None:
        return {"title": "", "when": ""}
    return {"title": row.title, "when": unit.full_moment(row.starts_at)}


def week_of(unit: Unit, progress: Progress) -> datetime | None:
    """A day that is only named is one of the week in which the occurrence was to be."""
    row, _ = _subject(unit, progress)
    if row is None:
        return None
    here = row.starts_at.astimezone(unit.settings.kelurahan.zone)
    return datetime.combine(here.date() - timedelta(days=here.weekday()), time(), here.tzinfo)


def _subject(unit: Unit, progress: Progress) -> tuple[Row[Any] | None, bool]:
    """The occurrence that a form is about, and whether it is about the later ones as well."""
    number, _, span = (progress.subject or "").partition(":")
    return gotong_royong.get(unit.db, number_in(number) or 0), span == ALL


def alter(unit: Unit, progress: Progress) -> Row[Any] | None:
    """Kirim: change it, and tell everybody; gives it as it is now, None if nothing was done."""
    assert unit.draft is not None
    row, whole = _subject(unit, progress)
    wanted = activity_forms.change_of(progress.answers)
    if row is None or row.state != PLANNED or row.starts_at <= unit.now:
        _too_late(unit)
        return None
    if wanted.starts_at is None and wanted.where is None:
        unit.drop_draft()
        unit.show("activity.nothing_changed")
        return None
    draft_id, quiet = unit.draft.id, _quiet(unit)
    try:
        changed = rules.change(
            unit.db, unit.actor, row.id, wanted,
            whole=whole, draft_id=draft_id, now=unit.now, quiet=quiet,
        )  # fmt: skip
    except (Past, TooSoon) as error:
        _ask_when(unit, CHANGE, progress, error)
        return None
    unit.drop_draft()
    when = unit.full_moment(changed.starts_at)
    _done(unit, "activity.changed", [button_back(changed)], title=changed.title, when=when)
    return changed


def call_off(unit: Unit, progress: Progress) -> Row[Any] | None:
    """Kirim: call it off, and tell everybody why; gives what it was, None if it is too late."""
    row, whole = _subject(unit, progress)
    if row is None or row.state != PLANNED or row.starts_at <= unit.now:
        _too_late(unit)
        return None
    reason = progress.answers["reason"]["text"]
    rules.cancel(unit.db, unit.actor, row.id, reason=reason, whole=whole, now=unit.now)
    unit.drop_draft()
    _done(unit, "activity.cancelled", title=row.title)
    return row


def _too_late(unit: Unit) -> None:
    unit.drop_draft()
    unit.show("activity.too_late")


def button_back(row: Row[Any]) -> list[Button]:
    """The row of buttons that leads back to one activity."""
    return [Button("activity.button.open", f"activity:open:{row.id}")]


def route(name: str, handler: Handler) -> Route:
    """A button of organisers; what it does not know any more is an old button."""
    return tap(f"activity:{name}", careful(handler, Unknown), needs=Permission.ORGANISE)


ROUTES = (
    command("kegiatan", list_, needs=Permission.ORGANISE, menu="menu.activities"),
    route("list", on_list),
    route("new", on_new),
    route("change", on_change),
    route("cancel", on_cancel),
)
