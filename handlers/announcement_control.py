"""One announcement: how far it is and whom it reached; pausing, resuming and stopping it."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.phrases import Html
from handlers import announcement_view as view
from handlers.announcement_list import LINE_WORDS, named, words_of
from handlers.announcements import scheduled
from handlers.buttons import in_rows
from handlers.routes import tap
from handlers.unit import Button, Unit
from services import announcements, audiences
from services.announcements import NotOpen
from services.participation import Activity
from services.roles import Permission
from storage import Row, readings
from storage import announcement_changes as changes
from storage import announcements as stored
from storage.announcements import DONE, PAUSED, RECALLED, SCHEDULED, SENDING
from storage.readings import Reached

ONE_WORDS = 1500
NOBODY = Reached(0, 0)


def open_one(unit: Unit, update: Update) -> None:
    """One announcement: its words, and how far it is or what became of it."""
    row = named(unit)
    if row is None:
        return unit.notice("form.old_button")
    counted = stored.tally(unit.db, row.id)
    if row.state == SCHEDULED:
        how = scheduled(unit, row.send_at, row.recipients)
    elif view.is_over(row.state):
        how = view.result(unit.phrases, row.state, counted)
    else:
        how = view.on_its_way(unit.phrases, row, counted.settled)
    how = Html("\n".join([how, *_what_came_of_it(unit, row)]))
    words, to = words_of(row, ONE_WORDS), view.audience(unit, row.rts, row.audience)
    unit.reply("announcement.one", _buttons(row, counted.sent), how=how, words=words, to=to)


def _what_came_of_it(unit: Unit, row: Row[Any]) -> list[Html]:
    """That it was corrected or recalled, who read it, and who came by a link."""
    lines = []
    change = changes.latest(unit.db, row.id)
    if change is not None:
        key = f"announcement.was.{change.kind}"
        lines.append(unit.phrases.html(key, when=unit.moment(change.created_at)))
    activity, reference = Activity.ANNOUNCEMENT_READ.value[0], audiences.reference_of(row.id)
    count = readings.readers(unit.db, activity, reference)
    if row.button is not None or count:
        lines.append(unit.phrases.html("announcement.readers", number=view.number(count)))
    opened = [
        unit.phrases.plain("announcement.opened_in", rt=rt, number=view.number(number))
        for rt, number in readings.openings(unit.db, row.id).items()
    ]
    if opened:
        lines.append(unit.phrases.html("announcement.opened", counts=", ".join(opened)))
    return lines


def _buttons(row: Row[Any], sent: int) -> list[list[Button]]:
    """What can be done with an announcement as it is now."""
    found = []
    if not view.is_over(row.state):
        found += view.controls(row.id, paused=row.state == PAUSED)
    if row.state != RECALLED and (sent or not view.is_over(row.state)):
        found.append(Button("announcement.button.fix", f"announcement:fix:{row.id}"))
        found.append(Button("announcement.button.withdraw", f"announcement:withdraw:{row.id}"))
    if sent:
        found.append(view.reach_button(row.id))
    if row.state in (SENDING, DONE):
        if row.audience is None:  # what is for some people only is no copy for all
            found.append(Button("whatsapp.button.text", f"announcement:whatsapp:{row.id}"))
        if row.button is not None:
            found.append(Button("announcement.button.remind", f"announcement:remind:{row.id}"))
    return in_rows(found, 2)


def reach(unit: Unit, update: Update) -> None:
    """Per RT how many got it, and in which RTs nobody did; of persons only their number."""
    row = named(unit)
    if row is None:
        return unit.notice("form.old_button")
    found, missed, lines = readings.by_rt(unit.db, row.id), [], []
    for rt in unit.settings.rt:
        if row.rts is not None and rt.number not in row.rts:
            continue
        reached = found.get(rt.number, NOBODY)
        lines.append(_line(unit, rt.number, reached, rt.households))
        if reached.got == 0:
            missed.append(rt.number)
    elsewhere = found.get(None, NOBODY)
    if row.rts is None and elsewhere.got:
        lines.append(unit.phrases.html("reach.elsewhere", got=view.number(elsewhere.got)))
    if missed:
        lines.append(unit.phrases.html("reach.missed", rts=", ".join(missed)))
    words = words_of(row, LINE_WORDS)
    unit.reply("reach.title", lines=Html("\n".join(lines)), words=words)


def _line(unit: Unit, rt: str, reached: Reached, households: int) -> Html:
    """One RT; its households where their number is known."""
    values = {"rt": rt, "got": view.number(reached.got), "of": view.number(reached.residents)}
    if households:
        return unit.phrases.html("reach.line_of", households=view.number(households), **values)
    return unit.phrases.html("reach.line", **values)


def pause(unit: Unit, update: Update) -> None:
    """Nothing more of it leaves until it is resumed."""
    _turn(unit, paused=True)


def resume(unit: Unit, update: Update) -> None:
    """It goes on where it stopped."""
    _turn(unit, paused=False)


def _turn(unit: Unit, *, paused: bool) -> None:
    row = named(unit)
    act = announcements.pause if paused else announcements.resume
    try:
        act(unit.db, unit.actor, row.id if row else 0, unit.now)
    except NotOpen:
        return unit.notice("announcement.over", alert=True)
    assert row is not None
    unit.notice("announcement.is_paused" if paused else "announcement.goes_on")
    _show_turned(unit, row.id)


def _show_turned(unit: Unit, announcement_id: int) -> None:
    """How it is now, in place of what was tapped; the job changes the message that shows it."""
    row = stored.get(unit.db, announcement_id)
    assert row is not None
    tapped = unit.tap.message_id if unit.tap is not None else None
    shows_it = tapped is not None and tapped == stored.progress_message(unit.db, row.id)
    if shows_it and row.state != SCHEDULED:
        return
    html = view.on_its_way(unit.phrases, row, stored.tally(unit.db, row.id).settled)
    if row.state == SCHEDULED:
        html = scheduled(unit, row.send_at, row.recipients)
    buttons = view.controls(row.id, paused=row.state == PAUSED)
    unit.say(html, [[one] for one in buttons], in_place=True)


def ask_stop(unit: Unit, update: Update) -> None:
    """ "Hentikan" asks once, in a message of its own: the bar goes on meanwhile."""
    row = named(unit)
    if row is None or view.is_over(row.state):
        return unit.notice("announcement.over", alert=True)
    unit.reply(
        "announcement.stop_question",
        [
            [Button("announcement.button.stop_yes", f"announcement:stop:{row.id}")],
            [Button("announcement.button.go_on", f"announcement:goon:{row.id}")],
        ],
        words=words_of(row, LINE_WORDS),
    )


def stop(unit: Unit, update: Update) -> None:
    """Yes: what was not sent is not sent any more."""
    row = named(unit)
    try:
        announcements.cancel(unit.db, unit.actor, row.id if row else 0, unit.now)
    except NotOpen:
        return unit.notice("announcement.over", alert=True)
    unit.show("announcement.stopping")


def go_on(unit: Unit, update: Update) -> None:
    """No: everything stays as it is."""
    row = named(unit)
    unit.show("announcement.done_already" if row and row.state == DONE else "announcement.kept")


ROUTES = (
    tap("announcement:open", open_one, needs=Permission.ANNOUNCE),
    tap("announcement:reach", reach, needs=Permission.ANNOUNCE),
    tap("announcement:pause", pause, needs=Permission.ANNOUNCE),
    tap("announcement:resume", resume, needs=Permission.ANNOUNCE),
    tap("announcement:cancel", ask_stop, needs=Permission.ANNOUNCE),
    tap("announcement:stop", stop, needs=Permission.ANNOUNCE),
    tap("announcement:goon", go_on, needs=Permission.ANNOUNCE),
)
