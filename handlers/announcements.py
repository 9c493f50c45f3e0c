"""Announcements of the kelurahan: writing one, seeing it as residents will, sending it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from telegram import Update

from content.pages import Shelf
from content.phrases import Html
from handlers import announcement_view as view
from handlers import forms
from handlers.announcement_list import named
from handlers.form_view import button
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import LOCALE, Button, Unit
from handlers.world import FormPage
from services import announcements
from services.announcements import Plan
from services.audiences import EARLIER
from services.forms import SEND, Form, Input, Progress, progress_of
from services.quiet import QuietHours
from services.roles import Permission
from storage import announcements as stored
from storage import outbox
from storage.announcements import progress_key
from storage.audiences import UNREAD
from storage.drafts import Draft
from storage.outbox import Message

FORM = "announcement"


def begin(unit: Unit, update: Update) -> None:
    """ "Buat pengumuman" opens the form."""
    unit.detach()
    forms.open_form(unit, FORM)


def remind(unit: Unit, update: Update) -> None:
    """A new one for those who have not read this one."""
    row = named(unit)
    if row is None or row.button is None:
        return unit.notice("form.old_button")
    unit.detach()
    forms.open_form(unit, FORM, subject=str(row.id))


def given(_unit: Unit, _subject: str) -> dict[str, dict[str, Any]]:
    """A reminder of an earlier one is for those who have not read it."""
    return {"who": {"choice": UNREAD}, "unread": {"choice": EARLIER}}


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim of the form: the message as residents will see it, and the last question."""
    assert unit.draft is not None
    wanted = _plan(unit, progress)
    call = _call(unit, wanted)
    most, excess = view.excess(call)
    if excess > 0:
        return _too_long(unit, wanted, most, excess)
    if wanted.recipients == 0:
        return _nobody(unit, wanted)
    forms.keep(unit, replace(progress, step=SEND))
    unit.show("announcement.preview")
    unit.detach()
    put(unit, *call)
    _ask(unit, wanted)


def _nobody(unit: Unit, wanted: Plan) -> None:
    change = [[button(unit, "announcement.to.button.edit", "edit:to")]]
    if wanted.audience is not None:
        change.append([button(unit, "announcement.who.button.edit", "edit:who")])
        return unit.show("announcement.nobody_of_them", change)
    unit.show("announcement.nobody", change)


def _plan(unit: Unit, progress: Progress) -> Plan:
    return announcements.plan(
        unit.db,
        unit.actor,
        progress.answers,
        QuietHours.of(unit.settings),
        unit.now,
        subject=progress.subject,
        admins=unit.settings.staff.admins,
    )


def _call(unit: Unit, wanted: Plan, announcement_id: int = 0) -> view.Call:
    """The message that residents get; an example of it as long as it has no number."""
    return view.call_of(
        unit.phrases,
        unit.settings.kelurahan.name,
        wanted.html,
        wanted.photo,
        button=view.reader_button(unit, wanted.button, announcement_id),
        urgent=wanted.urgent,
    )


def _too_long(unit: Unit, wanted: Plan, most: int, excess: int) -> None:
    """Say what to shorten; nothing is lost and nothing is sent."""
    buttons = [[button(unit, "announcement.text.button.edit", "edit:text")]]
    key = "announcement.too_long"
    if wanted.photo is not None:
        key = "announcement.too_long_with_photo"
        buttons.append([button(unit, "announcement.photo.button.edit", "edit:photo")])
    unit.show(key, buttons, most=view.number(most), excess=view.number(excess))


def _ask(unit: Unit, wanted: Plan) -> None:
    """How many get it and when, with the button that really sends; of many, type how many."""
    count, rows = view.number(wanted.recipients), [_other_ways(unit)]
    to = view.audience(unit, wanted.rts, wanted.audience)
    values = {"number": count, "to": to, "when": _when(unit, wanted)}
    if wanted.needs_number:
        typed = str(wanted.recipients)
        return unit.reply("announcement.confirm_number", rows, typed=typed, **values)
    send = Button("announcement.button.send", _data(unit, "send"), {"n": count})
    unit.reply("announcement.confirm", [[send], *rows], **values)


def _data(unit: Unit, act: str) -> str:
    """Where a button of the last question leads: it carries the draft and its version."""
    assert unit.draft is not None
    return f"announcement:{act}:{unit.draft.id}:{unit.draft.version}"


def _other_ways(unit: Unit) -> list[Button]:
    return [
        button(unit, "announcement.button.change", "resume"),
        button(unit, "form.button.cancel", "cancel"),
    ]


def _when(unit: Unit, wanted: Plan) -> Html:
    if wanted.urgent:
        return unit.phrases.html("announcement.when_urgent")
    if not wanted.is_later:
        return unit.phrases.html("announcement.when_now")
    key = "announcement.when_held" if wanted.is_held else "announcement.when_at"
    return unit.phrases.html(key, moment=unit.full_moment(wanted.send_at))


def confirm(unit: Unit, update: Update) -> None:
    """ "Kirim ke … warga": only this makes the announcement, once."""
    draft = _confirmed(unit)
    if draft is not None:
        wanted = _plan(unit, progress_of(draft))
        if wanted.needs_number:
            unit.detach()
            return _ask(unit, wanted)
        _send(unit, wanted)


def sure(unit: Unit, progress: Progress, given: Input) -> bool:
    """ "kirim"; to many the number of recipients, and another number sends nothing."""
    wanted, digits = _plan(unit, progress), re.sub(r"[.\s]", "", given.text)
    number = number_in(digits)
    if not wanted.needs_number and unit.world.vocabulary.action(given.text) == "send":
        _send(unit, wanted)
        return True
    if not wanted.needs_number or number is None:
        return False
    if number != wanted.recipients:
        unit.reply("announcement.number_wrong")
        _ask(unit, wanted)
    else:
        _send(unit, wanted)
    return True


def _confirmed(unit: Unit) -> Draft | None:
    """The form whose last question a button answers; None if it is old, and that was said."""
    draft_id, version = [*unit.values, "", ""][:2]
    made, draft = stored.by_draft(unit.db, draft_id), unit.draft
    if made is not None:
        unit.notice("announcement.sent_already")
        return None
    fits = draft is not None and draft.form == FORM and draft.step == SEND
    if draft is None or not fits or (draft.id, str(draft.version)) != (draft_id, version):
        forms.stale(unit, draft_id)
        return None
    return draft


def _send(unit: Unit, wanted: Plan) -> None:
    """Make it, or ask once more where it would wake people."""
    assert unit.draft is not None
    if not wanted.urgent or QuietHours.of(unit.settings).until(unit.now) is None:
        return _make(unit, wanted)
    forms.keep(unit, progress_of(unit.draft))  # another version: the first question is over
    wake = Button("announcement.button.wake", _data(unit, "wake"))
    unit.show("announcement.wake", [[wake], _other_ways(unit)], hour=_hour(unit))


def _hour(unit: Unit) -> str:
    """What the clock says: "23.10"."""
    zone = unit.settings.kelurahan.zone
    return str(format_datetime(unit.now, "HH.mm", tzinfo=zone, locale=LOCALE))


def wake(unit: Unit, update: Update) -> None:
    """ "Tetap kirim": an urgent one goes now, quiet or not."""
    draft = _confirmed(unit)
    if draft is None:
        return
    wanted = _plan(unit, progress_of(draft))
    if not wanted.urgent:
        return unit.notice("form.old_button")
    quiet = QuietHours.of(unit.settings).until(unit.now) is not None
    _make(unit, wanted, woken=_hour(unit) if quiet else None)


def _make(unit: Unit, wanted: Plan, woken: str | None = None) -> None:
    """The announcement, and the message that shows how far it is."""
    assert unit.draft is not None
    method, _ = _call(unit, wanted)
    made_id = announcements.create(
        unit.db,
        unit.actor,
        wanted,
        draft_id=unit.draft.id,
        method=method,
        params=lambda number: outbox.as_json(_call(unit, wanted, number)[1]),
        woken=woken,
        now=unit.now,
    )
    unit.drop_draft()
    if wanted.is_later:
        html = scheduled(unit, wanted.send_at, wanted.recipients)
    else:
        html = view.progress(unit.phrases, 0, wanted.recipients)
    show_progress(unit, html, view.controls(made_id), progress_key(made_id))


def show_progress(unit: Unit, html: Html, buttons: list[Button], key: str) -> None:
    """Say how far something is, in place of the question; by the key the job changes it."""
    params = view.edit(unit.phrases, unit.chat_id, html, buttons)
    if unit.can_edit:
        assert unit.tap is not None
        return put(unit, "editMessageText", {**params, "message_id": unit.tap.message_id}, key)
    put(unit, "sendMessage", params, key)


def put(unit: Unit, method: str, params: dict[str, Any], key: str | None = None) -> None:
    """Queue a finished call; by its key a job finds the message and changes it."""
    params = {"chat_id": unit.chat_id, **params}
    outbox.add(unit.db, Message(unit.chat_id, method, params, key=key), unit.now)


def scheduled(unit: Unit, send_at: datetime, recipients: int) -> Html:
    """That it goes at its time, and to how many."""
    return unit.phrases.html(
        "announcement.scheduled",
        moment=unit.full_moment(send_at),
        number=view.number(recipients),
    )


def page_of(rts: tuple[str, ...], pages: Shelf | None) -> FormPage:
    """The form, whose choices are the RTs and the pages of the moment."""

    def fitted() -> Form:
        known = pages.current.by_slug.values() if pages is not None else ()
        return announcements.form(rts, [(page.slug, page.label) for page in known])

    return FormPage(
        announcements.form(rts),
        submit,
        needs=Permission.ANNOUNCE,
        send="announcement.button.preview",
        fitted=lambda _form, _actor: fitted(),
        sure=sure,
        given=given,
    )


ROUTES = (
    tap("announcement:new", begin, needs=Permission.ANNOUNCE),
    tap("announcement:remind", remind, needs=Permission.ANNOUNCE),
    tap("announcement:send", confirm, needs=Permission.ANNOUNCE),
    tap("announcement:wake", wake, needs=Permission.ANNOUNCE),
)
