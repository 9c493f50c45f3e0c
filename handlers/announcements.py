"""Announcements of the kelurahan: writing one, seeing it as residents will, sending, stopping."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import announcement_view as view
from handlers import forms
from handlers.form_view import button
from handlers.routes import command, tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from services import announcements
from services.announcements import NotOpen, Plan
from services.forms import SEND, Progress, progress_of
from services.markup import visible
from services.quiet import QuietHours
from services.roles import Permission
from storage import Row, outbox
from storage import announcements as stored
from storage.announcements import DONE, SCHEDULED, progress_key
from storage.outbox import Message

FORM = "announcement"
LISTED = 5
LINE_WORDS = 60  # UTF-16 units of an announcement in the list
ONE_WORDS = 1500


def overview(unit: Unit, update: Update) -> None:
    """/pengumuman: the last announcements with what became of them, and a new one."""
    rows = stored.latest(unit.db, LISTED)
    lines = [_line(unit, row) for row in rows]
    key = "announcement.list" if rows else "announcement.none"
    buttons = [[Button("announcement.button.new", "announcement:new")]]
    buttons += [[_open_button(unit, row)] for row in rows]
    buttons.append([Button("lesson.button.plan", "lesson:plan")])
    unit.say("\n".join([unit.phrases.html(key), *lines]), buttons)
    forms.offer_resume(unit)


def _line(unit: Unit, row: Row[Any]) -> Html:
    return unit.phrases.html(
        "announcement.line",
        when=unit.moment(row.send_at),
        words=_words(row, LINE_WORDS),
        state=unit.phrases.plain(f"announcement.state.{row.state}"),
        number=view.number(stored.tally(unit.db, row.id).sent),
        of=view.number(row.recipients),
    )


def _words(row: Row[Any], most: int) -> str:
    return shortened(" ".join(visible(row.html).split()), most)


def _open_button(unit: Unit, row: Row[Any]) -> Button:
    state = unit.phrases.plain(f"announcement.short.{row.state}")
    values = {
        "label": view.day_and_time(row.send_at, unit.settings.kelurahan.zone),
        "state": state,
    }
    return Button("announcement.button.line", f"announcement:open:{row.id}", values)


def begin(unit: Unit, update: Update) -> None:
    """ "Buat pengumuman" opens the form."""
    unit.detach()
    forms.open_form(unit, FORM)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim of the form: the message as residents will see it, and the last question."""
    assert unit.draft is not None
    wanted = _plan(unit, progress)
    call = _call(unit, wanted)
    most, excess = view.excess(call)
    if excess > 0:
        return _too_long(unit, wanted, most, excess)
    if wanted.recipients == 0:
        change = [[button(unit, "announcement.to.button.edit", "edit:to")]]
        return unit.show("announcement.nobody", change)
    forms.keep(unit, replace(progress, step=SEND))
    unit.show("announcement.preview")
    unit.detach()
    _put(unit, *call)
    _ask(unit, wanted)


def _plan(unit: Unit, progress: Progress) -> Plan:
    quiet = QuietHours.of(unit.settings)
    return announcements.plan(unit.db, unit.actor, progress.answers, quiet, unit.now)


def _call(unit: Unit, wanted: Plan) -> view.Call:
    name = unit.settings.kelurahan.name
    return view.call_of(unit.phrases, name, wanted.html, wanted.photo)


def _too_long(unit: Unit, wanted: Plan, most: int, excess: int) -> None:
    """Say what to shorten; nothing is lost and nothing is sent."""
    buttons = [[button(unit, "announcement.text.button.edit", "edit:text")]]
    key = "announcement.too_long"
    if wanted.photo is not None:
        key = "announcement.too_long_with_photo"
        buttons.append([button(unit, "announcement.photo.button.edit", "edit:photo")])
    unit.show(key, buttons, most=view.number(most), excess=view.number(excess))


def _ask(unit: Unit, wanted: Plan) -> None:
    """How many get it and when, with the button that really sends."""
    assert unit.draft is not None
    count = view.number(wanted.recipients)
    send = f"announcement:send:{unit.draft.id}:{unit.draft.version}"
    rows = [
        [Button("announcement.button.send", send, {"n": count})],
        [
            button(unit, "announcement.button.change", "resume"),
            button(unit, "form.button.cancel", "cancel"),
        ],
    ]
    unit.reply(
        "announcement.confirm",
        rows,
        number=count,
        to=unit.audience(wanted.rts),
        when=_when(unit, wanted),
    )


def _when(unit: Unit, wanted: Plan) -> Html:
    if not wanted.is_later:
        return unit.phrases.html("announcement.when_now")
    key = "announcement.when_held" if wanted.is_held else "announcement.when_at"
    return unit.phrases.html(key, moment=unit.full_moment(wanted.send_at))


def confirm(unit: Unit, update: Update) -> None:
    """ "Kirim ke … warga": only this makes the announcement, once."""
    draft_id, version = [*unit.values, "", ""][:2]
    made, draft = stored.by_draft(unit.db, draft_id), unit.draft
    if made is not None:
        return unit.notice("announcement.sent_already")
    fits = draft is not None and draft.form == FORM and draft.step == SEND
    if draft is None or not fits or (draft.id, str(draft.version)) != (draft_id, version):
        return forms.stale(unit, draft_id)
    wanted = _plan(unit, progress_of(draft))
    method, params = _call(unit, wanted)
    made_id = announcements.create(
        unit.db,
        unit.actor,
        wanted,
        draft_id=draft_id,
        method=method,
        params=outbox.as_json(params),
        now=unit.now,
    )
    unit.drop_draft()
    if wanted.is_later:
        html = _scheduled(unit, wanted.send_at, wanted.recipients)
    else:
        html = view.progress(unit.phrases, 0, wanted.recipients)
    params = view.edit(unit.phrases, unit.chat_id, html, [view.stop_button(made_id)])
    if unit.can_edit:
        assert unit.tap is not None
        method, params = "editMessageText", {**params, "message_id": unit.tap.message_id}
    else:
        method = "sendMessage"
    _put(unit, method, params, progress_key(made_id))


def _put(unit: Unit, method: str, params: dict[str, Any], key: str | None = None) -> None:
    """Queue a finished call; by its key the job finds the message and changes it."""
    params = {"chat_id": unit.chat_id, **params}
    outbox.add(unit.db, Message(unit.chat_id, method, params, key=key), unit.now)


def _scheduled(unit: Unit, send_at: datetime, recipients: int) -> Html:
    return unit.phrases.html(
        "announcement.scheduled",
        moment=unit.full_moment(send_at),
        number=view.number(recipients),
    )


def open_one(unit: Unit, update: Update) -> None:
    """One announcement: its words, and how far it is or what became of it."""
    row = _named(unit)
    if row is None:
        return unit.notice("form.old_button")
    counted = stored.tally(unit.db, row.id)
    buttons = [[view.stop_button(row.id)]] if not view.is_over(row.state) else []
    if row.state == SCHEDULED:
        how = _scheduled(unit, row.send_at, row.recipients)
    elif view.is_over(row.state):
        how = view.result(unit.phrases, row.state, counted)
    else:
        how = view.progress(unit.phrases, counted.settled, max(row.recipients, counted.settled))
    words, to = _words(row, ONE_WORDS), unit.audience(row.rts)
    unit.reply("announcement.one", buttons, how=how, words=words, to=to)


def _named(unit: Unit) -> Row[Any] | None:
    """The announcement whose number the button carries."""
    name = unit.values[0] if unit.values else ""
    number = number_in(name)
    return stored.get(unit.db, number) if number is not None else None


def ask_stop(unit: Unit, update: Update) -> None:
    """ "Hentikan" asks once, in a message of its own: the bar goes on meanwhile."""
    row = _named(unit)
    if row is None or view.is_over(row.state):
        return unit.notice("announcement.over", alert=True)
    unit.reply(
        "announcement.stop_question",
        [
            [Button("announcement.button.stop_yes", f"announcement:stop:{row.id}")],
            [Button("announcement.button.go_on", f"announcement:goon:{row.id}")],
        ],
        words=_words(row, LINE_WORDS),
    )


def stop(unit: Unit, update: Update) -> None:
    """Yes: what was not sent is not sent any more."""
    row = _named(unit)
    try:
        announcements.cancel(unit.db, unit.actor, row.id if row else 0, unit.now)
    except NotOpen:
        return unit.notice("announcement.over", alert=True)
    unit.show("announcement.stopping")


def go_on(unit: Unit, update: Update) -> None:
    """No: everything stays as it is."""
    row = _named(unit)
    unit.show("announcement.done_already" if row and row.state == DONE else "announcement.kept")


ROUTES = (
    command("pengumuman", overview, needs=Permission.ANNOUNCE, menu="menu.announcements"),
    tap("announcement:new", begin, needs=Permission.ANNOUNCE),
    tap("announcement:send", confirm, needs=Permission.ANNOUNCE),
    tap("announcement:open", open_one, needs=Permission.ANNOUNCE),
    tap("announcement:cancel", ask_stop, needs=Permission.ANNOUNCE),
    tap("announcement:stop", stop, needs=Permission.ANNOUNCE),
    tap("announcement:goon", go_on, needs=Permission.ANNOUNCE),
)
