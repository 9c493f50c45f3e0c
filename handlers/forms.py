"""Forms in the chat: one question a message, buttons to go back, skip and cancel, a summary.

services/forms.py knows how a form goes on, handlers/form_view.py shows it; this does what people
send and tap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from handlers.form_view import ask, button, form_of, named_ready, ready
from handlers.form_words import declines, meant, understood
from handlers.routes import command, tap
from handlers.unit import Unit
from services import form_answers, forms
from services.forms import SEND, SUMMARY, Form, Input, Outcome, Progress
from services.roles import Permission
from storage import tickets


def open_form(
    unit: Unit,
    name: str,
    *,
    first: Input | None = None,
    subject: str | None = None,
    answers: dict[str, dict[str, Any]] | None = None,
    told: dict[str, dict[str, Any]] | None = None,
    notes: tuple[str, ...] = (),
) -> None:
    """Open a form; if one is open already, ask which of the two.

    `first` was sent out of the blue and goes where it fits; `answers` stand there already; what
    free words `told` is not asked again. `notes` are phrases to say first.

    Raises:
        NotAllowed: the form is not for this person.
    """
    unit.actor.require(unit.world.forms[name].needs)
    if unit.draft is not None and has_answers(unit):
        value = f"{name}:{subject}" if subject else name
        unit.reply(
            "form.open_already",
            [[button(unit, "form.button.resume", "resume")],
             [button(unit, "form.button.restart", f"restart:{value}")]],
        )  # fmt: skip
        return
    page = unit.world.forms[name]
    form = page.fitted(page.form, unit.actor)
    outcome = form_answers.start(form, first, subject)
    draft = forms.new_draft(unit.actor.telegram_id, name, unit.now)
    unit.draft = draft
    brought = page.given(unit, subject) if subject is not None else {}
    given = {**outcome.progress.answers, **brought, **(answers or {}), **(told or {})}
    progress = replace(outcome.progress, answers=given)
    if told:
        progress = forms.go_on(form, progress)
    filled = page.filled(unit, subject) if subject is not None else {}
    if filled:
        progress = forms.review(form, replace(outcome.progress, answers=filled))
    keep(unit, progress)
    heard = ("form.kept.text",) if form.story in (told or {}) else ()
    ask(unit, notes=(*heard, *outcome.notes, *notes))


def open_with(unit: Unit, name: str, given: Input, *, subject: str) -> None:
    """Open a form whose first question was answered before it was asked."""
    form = unit.world.forms[name].form
    unit.draft = forms.new_draft(unit.actor.telegram_id, name, unit.now)
    take(unit, form_answers.answer(form, form_answers.start(form, None, subject).progress, given))


def has_answers(unit: Unit) -> bool:
    """Whether the open form holds anything that would be a pity to lose."""
    return unit.draft is not None and bool(unit.draft.answers)


def keep(unit: Unit, progress: Progress) -> None:
    """Store how far the person is; without consent for a day, else as the settings say."""
    assert unit.draft is not None
    span = unit.settings.retention.drafts if unit.actor.agreed else forms.KEEP_WITHOUT_CONSENT
    message_id = unit.tap.message_id if unit.tap and unit.can_edit else None
    progress = replace(progress, message_id=message_id)
    unit.keep_draft(forms.stored(unit.draft, progress, unit.now + span))


def on_message(unit: Unit, given: Input) -> None:
    """An answer in words, photo, voice or place to the open form."""
    assert unit.draft is not None
    form, progress = form_of(unit), forms.progress_of(unit.draft)
    if given.file is not None and any(step.files for step in form.steps):
        given = replace(given, photo=given.file, instead=None)
    if given.text and given.photo is None:
        word = meant(form, progress, unit.world.vocabulary, given.text)
        if word is not None:
            return act(unit, word)
        if progress.step not in (SUMMARY, SEND):
            step = form.step(progress.step)
            page = unit.world.forms[unit.draft.form]
            named = named_ready(unit, form, progress, given)
            given = understood(unit, step, named, page.since(unit, progress))
    outcome = form_answers.answer(form, progress, given)
    takes_more = not outcome.taken and unit.world.forms[unit.draft.form].takes_questions
    if takes_more and not declines(unit.world.vocabulary, given.text):
        outcome = form_answers.add_to_story(form, progress, given) or outcome
    if outcome.taken and given.choice is not None:  # a sentence that names it is told as well
        outcome = form_answers.with_story(form, outcome, given.text)
    if given.instead is not None:  # at most its caption was taken
        told = outcome.notes if outcome.taken else ()
        outcome = replace(outcome, notes=(*told, given.instead))
    take(unit, outcome)


def confirms(unit: Unit, given: Input) -> bool:
    """Whether what was typed while a form waits to be sent is for its feature, and was taken."""
    if unit.draft is None or unit.draft.step != SEND:
        return False
    page = unit.world.forms[unit.draft.form]
    return page.sure(unit, forms.progress_of(unit.draft), given)


def take(unit: Unit, outcome: Outcome) -> None:
    """Store what became of an answer and ask on; or send what needs no second look."""
    assert unit.draft is not None
    page = unit.world.forms[unit.draft.form]
    if page.at_once and outcome.taken and outcome.progress.step == SUMMARY:
        return page.submit(unit, outcome.progress)
    keep(unit, outcome.progress)
    ask(unit, notes=outcome.notes)


def on_tap(unit: Unit, update: Update) -> None:
    """A tap on a button of a form."""
    assert unit.tap is not None
    _, draft_id, version, action, *rest = [*unit.tap.data.split(":"), "", "", "", ""][:7]
    value = ":".join(part for part in rest if part)
    if unit.draft is None or unit.draft.id != draft_id or str(unit.draft.version) != version:
        return stale(unit, draft_id)
    act(unit, action, value)


def act(unit: Unit, action: str, value: str = "") -> None:
    """Do what a form button says; data that fits no button is treated as an old one."""
    assert unit.draft is not None
    form, progress = form_of(unit), forms.progress_of(unit.draft)
    asked = progress.step not in (SUMMARY, SEND)
    choices = {c.value for c in form.step(progress.step).choices} if asked else set()
    if action == "choose" and value in choices:
        take(unit, form_answers.answer(form, progress, Input(choice=value)))
    elif action == "ready" and value in ready(unit, form, progress):
        _, words = ready(unit, form, progress)[value]
        take(unit, form_answers.answer(form, progress, Input(text=words)))
    elif action == "skip" and asked:
        _skip(unit, form, progress)
    elif action == "clear" and asked:
        take(unit, Outcome(forms.clear(progress)))
    elif action == "back":
        take(unit, Outcome(forms.back(form, progress)))
    elif action == "edit" and value in {step.name for step in forms.applicable(form, progress)}:
        take(unit, Outcome(forms.edit(form, progress, value)))
    elif action == "details":
        take(unit, Outcome(forms.add_details(form, progress)))
    elif action == "resume":
        ask(unit)
    elif action == "send" and progress.step in (SUMMARY, SEND):
        unit.world.forms[unit.draft.form].submit(unit, progress)
    elif action == "cancel":
        ask_cancel(unit)
    elif action == "discard":
        unit.drop_draft()
        unit.show("form.cancelled")
    elif action == "restart":
        _restart(unit, value)
    else:
        stale(unit, unit.draft.id)


def _skip(unit: Unit, form: Form, progress: Progress) -> None:
    page, after = unit.world.forms[form.name], forms.skip(form, progress)
    if page.ends_empty and after.step == SUMMARY and not after.answers:
        return page.submit(unit, after)
    take(unit, Outcome(after))


def _restart(unit: Unit, value: str) -> None:
    name, _, subject = value.partition(":")
    if name not in unit.world.forms:
        return stale(unit, "")
    unit.drop_draft()
    open_form(unit, name, subject=subject or None)


def stale(unit: Unit, draft_id: str) -> None:
    """An old button: say so, and show where the person is."""
    sent = tickets.by_draft(unit.db, draft_id)
    me = unit.actor.resident
    if sent is not None and me is not None and sent.reporter_id == me.id:
        return unit.notice("form.sent_already", alert=True, number=sent.number)
    if unit.draft is None:
        return unit.notice("form.old_button")
    shown_in = forms.progress_of(unit.draft).message_id
    if unit.tap and shown_in is not None and unit.tap.message_id == shown_in:
        return unit.notice("form.noted")  # a double tap: the message shows the next step already
    unit.notice("form.old_button_continue")
    unit.detach()  # leave the old message as it is
    ask(unit)


def cancel(unit: Unit, update: Update) -> None:
    """/batal: leave the open form, after asking once."""
    if unit.draft is None:
        unit.reply("form.nothing_open")
    else:
        ask_cancel(unit)


def ask_cancel(unit: Unit) -> None:
    """Ask whether the answers may go."""
    if not has_answers(unit):
        unit.drop_draft()
        return unit.show("form.cancelled")
    unit.show(
        "form.cancel_question",
        [[button(unit, "form.button.resume", "resume")],
         [button(unit, "form.button.discard", "discard")]],
    )  # fmt: skip


def offer_resume(unit: Unit) -> None:
    """After a command in the middle of a form: the answers are still there."""
    if has_answers(unit):
        unit.reply("form.resume_question", [[button(unit, "form.button.resume", "resume")]])


ROUTES = (
    command("batal", cancel, needs=Permission.READ),
    tap("form", on_tap, needs=Permission.USE),
)
