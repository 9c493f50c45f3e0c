"""Correcting an announcement everywhere, or taking it back: each asked once more before."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from typing import Any

from telegram import Update

from content.phrases import Html
from handlers import announcement_view as view
from handlers import forms
from handlers.announcement_list import LINE_WORDS, named, words_of
from handlers.announcements import put, show_progress
from handlers.form_view import button
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import announcement_changes as changes
from services.announcement_changes import FORM
from services.announcements import NotOpen
from services.forms import SEND, Input, Progress, progress_of
from services.markup import clean
from services.quiet import QuietHours
from services.roles import Permission
from storage import Row, outbox
from storage import announcement_changes as stored
from storage import announcements as stored_announcements
from storage.announcement_changes import Reach
from storage.drafts import Draft

OLD_WORDS = 1500  # UTF-16 units of what is to be corrected, under the question
EDITED = ("text", "caption", "parse_mode", "link_preview_options", "reply_markup")


def begin(unit: Unit, update: Update) -> None:
    """ "Perbaiki" opens the form for the new words."""
    row = _changeable(unit)
    if row is not None:
        unit.detach()
        forms.open_form(unit, FORM, subject=str(row.id))


def _changeable(unit: Unit) -> Row[Any] | None:
    """The announcement of the button; None if it cannot be changed, and that was said."""
    row = named(unit)
    try:
        return changes.changeable(unit.db, unit.actor, row.id if row else 0, unit.now)
    except NotOpen:
        unit.notice("change.over", alert=True)
        return None


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What fills the gaps of the question: the words as they are."""
    row = _subject(unit, progress)
    return {"words": words_of(row, OLD_WORDS) if row else ""}


def _subject(unit: Unit, progress: Progress) -> Row[Any] | None:
    number = number_in(progress.subject or "")
    return stored_announcements.get(unit.db, number) if number is not None else None


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim of the form: the message as it will be, how many it reaches, and the last question."""
    assert unit.draft is not None
    row = _subject(unit, progress)
    if row is None:
        unit.drop_draft()
        return unit.show("form.cancelled")
    call = row.method, _corrected(unit, row, _html(progress))
    most, excess = view.excess(call)
    if excess > 0:
        again = [[button(unit, "announcement.text.button.edit", "edit:text")]]
        return unit.show(
            "announcement.too_long", again, most=view.number(most), excess=view.number(excess)
        )
    forms.keep(unit, replace(progress, step=SEND))
    unit.show("change.preview")
    unit.detach()
    put(unit, *call)
    data = f"announcement:correct:{unit.draft.id}:{unit.draft.version}"
    ways = [
        [Button("change.button.correct", data)],
        [
            button(unit, "announcement.button.change", "resume"),
            button(unit, "form.button.cancel", "cancel"),
        ],
    ]
    found = changes.reach(unit.db, unit.actor, row.id, unit.now)
    lines = _lines(unit, found, {"correct": found.reachable})
    unit.reply("change.confirm_correct", ways, lines=lines)


def _html(progress: Progress) -> str:
    text = progress.answers["text"]
    return clean(text.get("html") or escape(text["text"], quote=False))


def _corrected(unit: Unit, row: Row[Any], html: str) -> dict[str, Any]:
    """The call of an announcement with other words; it says that they are, if any have left."""
    name = unit.settings.kelurahan.name
    text = view.message_of(unit.phrases, name, html, urgent=row.urgent)
    if stored_announcements.tally(unit.db, row.id).sent:
        text += "\n\n" + unit.phrases.html("change.corrected_at", when=unit.moment(unit.now))
    params: dict[str, Any] = json.loads(row.params)
    return {**params, "caption" if "caption" in params else "text": text}


def _edit(params: dict[str, Any]) -> tuple[str, str]:
    """The call that makes a message that was sent look like this."""
    method = "editMessageCaption" if "caption" in params else "editMessageText"
    kept = {name: value for name, value in params.items() if name in EDITED}
    return method, outbox.as_json(kept)


def _lines(unit: Unit, found: Reach, does: dict[str, int]) -> Html:
    """What can be done with how many messages, honestly: a line for each that is not nothing."""
    counts = {"sent": found.sent, **does}
    counts |= {"lost": found.sent - found.reachable, "waiting": found.waiting}
    lines = [
        unit.phrases.html(f"change.{what}", number=view.number(number))
        for what, number in counts.items()
        if number or what == "sent"
    ]
    if QuietHours.of(unit.settings).until(unit.now) is not None:
        lines.append(unit.phrases.html("change.quiet"))
    return Html("\n".join(lines))


def correct(unit: Unit, update: Update) -> None:
    """ "Ya, perbaiki": only this changes anything, once."""
    draft_id, version = [*unit.values, "", ""][:2]
    draft = unit.draft
    fits = draft is not None and draft.form == FORM and draft.step == SEND
    if draft is None or not fits or (draft.id, str(draft.version)) != (draft_id, version):
        return forms.stale(unit, draft_id)
    return _correct(unit, draft)


def sure(unit: Unit, progress: Progress, given: Input) -> bool:
    """ "kirim" at the last question does what its button does."""
    if unit.draft is None or unit.world.vocabulary.action(given.text) != "send":
        return False
    _correct(unit, unit.draft)
    return True


def _correct(unit: Unit, draft: Draft) -> None:
    progress = progress_of(draft)
    row, html = _subject(unit, progress), _html(progress)
    unit.drop_draft()
    try:
        params = _corrected(unit, row, html) if row else {}
        change_id = changes.correct(
            unit.db,
            unit.actor,
            row.id if row else 0,
            draft_id=draft.id,
            html=html,
            params=outbox.as_json(params),
            edit=_edit(params),
            now=unit.now,
        )
    except NotOpen:
        return unit.show("change.over")
    _show(unit, change_id)


def ask_recall(unit: Unit, update: Update) -> None:
    """ "Tarik kembali" says what can still be done, and asks once more."""
    row = _changeable(unit)
    if row is None:
        return
    found = changes.reach(unit.db, unit.actor, row.id, unit.now)
    does = {"delete": found.fresh, "replace": found.reachable - found.fresh}
    unit.reply(
        "change.confirm_recall",
        [
            [Button("change.button.recall", f"announcement:recall:{row.id}")],
            [Button("change.button.keep", f"announcement:keep:{row.id}")],
        ],
        words=words_of(row, LINE_WORDS),
        lines=_lines(unit, found, does),
    )


def recall(unit: Unit, update: Update) -> None:
    """ "Ya, tarik kembali": only this takes it back, once."""
    row = _changeable(unit)
    if row is None:
        return
    params: dict[str, Any] = json.loads(row.params)
    name = "caption" if "caption" in params else "text"
    text = unit.phrases.text("change.withdrawn", kelurahan=unit.settings.kelurahan.name)
    withdrawn = {name: text, "parse_mode": "HTML"}
    change_id = changes.recall(
        unit.db, unit.actor, row.id, edit=_edit(withdrawn), now=unit.now
    )  # fmt: skip
    _show(unit, change_id)


def keep(unit: Unit, update: Update) -> None:
    """No: everything stays as it is."""
    unit.show("change.kept")


def _show(unit: Unit, change_id: int) -> None:
    """How far the change is; the job goes on with that message."""
    row = stored.get(unit.db, change_id)
    assert row is not None
    html = view.progress(unit.phrases, 0, row.reachable, f"change.progress.{row.kind}")
    show_progress(unit, html, [], stored.progress_key(change_id))


def page() -> FormPage:
    """The form for the new words."""
    return FormPage(
        changes.form(),
        submit,
        needs=Permission.ANNOUNCE,
        send="announcement.button.preview",
        values=values,
        takes_questions=True,
        sure=sure,
    )


ROUTES = (
    tap("announcement:fix", begin, needs=Permission.ANNOUNCE),
    tap("announcement:correct", correct, needs=Permission.ANNOUNCE),
    tap("announcement:withdraw", ask_recall, needs=Permission.ANNOUNCE),
    tap("announcement:recall", recall, needs=Permission.ANNOUNCE),
    tap("announcement:keep", keep, needs=Permission.ANNOUNCE),
)
