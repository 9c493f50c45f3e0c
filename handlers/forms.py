"""Forms in the chat: one question a message, buttons to go back, skip and cancel, a summary.

services/forms.py knows how a form goes on; this shows it. Callback data is
`form:<draft>:<version>:<action>[:<value>]`, so that an old button is recognised as old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telegram import Update

from content.phrases import Html
from handlers.routes import command, tap
from handlers.unit import Button, Unit
from services import form_answers, forms
from services.forms import SEND, SUMMARY, Form, Input, Outcome, Progress, Step
from services.roles import Permission
from storage import tickets

SHOWN = 300  # characters of an answer in the summary; all of it is sent


def open_form(
    unit: Unit, name: str, *, first: Input | None = None, subject: str | None = None
) -> None:
    """Open a form; if one is open already, ask which of the two."""
    if unit.draft is not None and has_answers(unit):
        value = f"{name}:{subject}" if subject else name
        unit.reply(
            "form.open_already",
            [[_button(unit, "form.button.resume", "resume")],
             [_button(unit, "form.button.restart", f"restart:{value}")]],
        )  # fmt: skip
        return
    form = unit.world.forms[name].form
    outcome = form_answers.start(form, first, subject)
    draft = forms.new_draft(unit.actor.telegram_id, form, unit.now)
    unit.draft = draft
    keep(unit, outcome.progress)
    ask(unit, notes=outcome.notes)


def has_answers(unit: Unit) -> bool:
    """Whether the open form holds anything that would be a pity to lose."""
    return unit.draft is not None and bool(unit.draft.answers)


def form_of(unit: Unit) -> Form:
    """The form that is open."""
    assert unit.draft is not None
    return unit.world.forms[unit.draft.form].form


def keep(unit: Unit, progress: Progress) -> None:
    """Store how far the person is; without consent for a day, else for a week."""
    assert unit.draft is not None
    consented = unit.actor.resident is not None
    span = forms.KEEP if consented else forms.KEEP_WITHOUT_CONSENT
    message_id = unit.tap.message_id if unit.tap and unit.can_edit else None
    progress = replace(progress, message_id=message_id)
    unit.keep_draft(forms.stored(unit.draft, progress, unit.now + span))


def on_message(unit: Unit, given: Input) -> None:
    """An answer in words, photo, voice or place to the open form."""
    assert unit.draft is not None
    form, progress = form_of(unit), forms.progress_of(unit.draft)
    if given.text and given.photo is None:
        word = _meant(form, progress, unit.world.vocabulary.action(given.text))
        if word is not None:
            return act(unit, word)
        if progress.step not in (SUMMARY, SEND):
            step = form.step(progress.step)
            choice = form_answers.choice_in(step, given.text, _labels(unit, step))
            given = replace(given, choice=choice) if choice else given
    outcome = form_answers.answer(form, progress, given)
    if given.unreadable and outcome.taken:  # its caption was
        outcome = replace(outcome, notes=(*outcome.notes, "form.not_kept"))
    take(unit, outcome)


def _meant(form: Form, progress: Progress, word: str | None) -> str | None:
    """The button that a word means here; None if it is an answer."""
    if word in ("send", "skip") and progress.step not in (SUMMARY, SEND):
        free = form.step(progress.step).optional or progress.step in progress.answers
        return "skip" if free else None
    return None if word == "skip" else word


def take(unit: Unit, outcome: Outcome) -> None:
    """Store what became of an answer and ask on."""
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
    elif action == "skip" and asked:
        take(unit, Outcome(forms.skip(form, progress)))
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
        unit.world.forms[form.name].submit(unit, progress)
    elif action == "cancel":
        ask_cancel(unit)
    elif action == "discard":
        unit.drop_draft()
        unit.show("form.cancelled")
    elif action == "restart":
        _restart(unit, value)
    else:
        stale(unit, unit.draft.id)


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
        [[_button(unit, "form.button.resume", "resume")],
         [_button(unit, "form.button.discard", "discard")]],
    )  # fmt: skip


def offer_resume(unit: Unit) -> None:
    """After a command in the middle of a form: the answers are still there."""
    if has_answers(unit):
        unit.reply("form.resume_question", [[_button(unit, "form.button.resume", "resume")]])


def ask(unit: Unit, notes: Sequence[str] = ()) -> None:
    """Show the current question, or the summary."""
    assert unit.draft is not None
    form, progress = form_of(unit), forms.progress_of(unit.draft)
    if progress.step in (SUMMARY, SEND):
        return _show_summary(unit, form, progress, notes)
    step = form.step(progress.step)
    number, count = forms.position(form, progress, step.name)
    parts = [unit.phrases.html(note, most=step.most) for note in notes]
    photos = progress.answers.get(step.name, {}).get("photos", ())
    if photos:
        parts.append(unit.phrases.html("form.photos_so_far", count=len(photos), most=step.most))
    else:
        parts.append(unit.phrases.html(f"{form.name}.{step.name}.question"))
    if step.name in progress.answers and not photos:
        answer = shown(unit, form, step, progress.answers[step.name])
        parts.append(unit.phrases.html("form.current_answer", answer=answer))
    parts.append(unit.phrases.html("form.position", number=number, count=count))
    unit.say("\n\n".join(parts), _question_buttons(unit, form, progress, step), in_place=True)


def _question_buttons(
    unit: Unit, form: Form, progress: Progress, step: Step
) -> list[list[Button]]:
    choices = [
        _button(unit, choice.label, f"choose:{choice.value}", **choice.values)
        for choice in step.choices
    ]
    rows = [choices[i : i + step.columns] for i in range(0, len(choices), step.columns)]
    below = []
    if forms.position(form, progress, step.name)[0] > 1:
        below.append(_button(unit, "form.button.back", "back"))
    if step.name in progress.answers:
        below.append(_button(unit, "form.button.continue", "skip"))
    elif step.optional:
        below.append(_button(unit, "form.button.skip", "skip"))
    below.append(_button(unit, "form.button.cancel", "cancel"))
    if "photos" in progress.answers.get(step.name, {}):
        rows.append([_button(unit, "form.button.clear_photos", "clear")])
    return [*rows, below]


def _show_summary(unit: Unit, form: Form, progress: Progress, notes: Sequence[str]) -> None:
    answered = [s for s in forms.applicable(form, progress) if s.name in progress.answers]
    most = max(step.most for step in form.steps)
    parts = [unit.phrases.html(note, most=most) for note in notes]
    title = unit.phrases.html(f"{form.name}.summary", subject=progress.subject or "")
    lines = [
        unit.phrases.html(
            "form.summary_line",
            label=unit.phrases.plain(f"{form.name}.{step.name}.short"),
            answer=shown(unit, form, step, progress.answers[step.name]),
        )
        for step in answered
    ]
    parts += [Html("\n".join([title, "", *lines])), unit.phrases.html("form.summary_hint")]
    edits = [
        _button(unit, f"{form.name}.{s.name}.button.edit", f"edit:{s.name}")
        for s in forms.applicable(form, progress)
    ]
    rows = [[_button(unit, "form.button.send", "send")]]
    rows += [edits[i : i + 2] for i in range(0, len(edits), 2)]
    if forms.has_details(form, progress):
        rows.append([_button(unit, "form.button.details", "details")])
    rows.append([_button(unit, "form.button.cancel", "cancel")])
    unit.say("\n\n".join(parts), rows, in_place=True)


def shown(unit: Unit, form: Form, step: Step, answer: dict[str, Any]) -> str:
    """An answer in words: the label of a choice, the text, or what was sent."""
    parts: list[str] = []
    if "choice" in answer:
        parts += [_labels(unit, step).get(answer["choice"], answer["choice"])]
    if "text" in answer:
        text = answer["text"]
        parts.append(text if len(text) <= SHOWN else text[:SHOWN] + "…")
    if "voices" in answer:
        parts += [unit.phrases.plain("form.answer.voice")] * len(answer["voices"])
    if "location" in answer:
        parts.append(unit.phrases.plain("form.answer.location"))
    if "photos" in answer:
        parts.append(unit.phrases.plain("form.answer.photos", count=len(answer["photos"])))
    return ", ".join(parts)


def _labels(unit: Unit, step: Step) -> dict[str, str]:
    return {c.value: unit.phrases.plain(c.label, **c.values) for c in step.choices}


def _button(unit: Unit, label: str, action: str, **values: Any) -> Button:
    assert unit.draft is not None
    return Button(label, f"form:{unit.draft.id}:{unit.draft.version}:{action}", dict(values))


ROUTES = (
    command("batal", cancel, needs=Permission.USE),
    tap("form", on_tap, needs=Permission.USE),
)
