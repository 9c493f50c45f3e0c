"""One activity as its organisers see it: for whom, who answered what, what can be done."""

from __future__ import annotations

from telegram import Update

from content.phrases import Html
from handlers import contributions_desk, conversion_view, outcome_view, presence_desk
from handlers.activities import number_at, route
from handlers.gotong_royong import card
from handlers.unit import Button, Unit
from services import attendance, conversions
from storage import gotong_royong


def on_open(unit: Unit, update: Update) -> None:
    """One activity: for whom, who answered what, what can be done."""
    row = attendance.overlook(unit.db, unit.actor, number_at(unit, 0), unit.now)
    given = gotong_royong.answers(unit.db, row.id)
    counts = unit.phrases.html(
        "activity.answers",
        whom=unit.audience(row.rts),
        come=given.get("come", 0),
        help=given.get("help", 0),
        cannot=given.get("cannot", 0),
    )
    waiting = presence_desk.waiting(unit, row)
    lines = [counts, *presence_desk.lines_of(unit, waiting), *outcome_view.lines(unit, row)]
    rows = []
    if row.starts_at > unit.now:
        rows.append([Button("activity.button.change", f"activity:change:{row.id}")])
        rows.append([Button("activity.button.cancel", f"activity:cancel:{row.id}")])
    if attendance.may_tick(row, unit.now):
        rows.append([Button("activity.button.attend", f"activity:attend:{row.id}:0")])
    rows += presence_desk.rows_of(unit, row, waiting)
    rows += contributions_desk.rows_of(unit, row)
    if conversions.covers(unit.actor, row):
        rows += outcome_view.buttons(unit, row)
        rows += conversion_view.buttons_of_activity(unit, row)
    rows.append([Button("activity.button.list", "activity:list:0")])
    html = Html(f"{card(unit, row, personal=False)}\n\n" + "\n".join(lines))
    unit.say(html, rows, in_place=True)


ROUTES = (route("open", on_open),)
