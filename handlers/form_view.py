"""How a form looks: the question with its buttons, and the summary.

Callback data is `form:<draft>:<version>:<action>[:<value>]`, so that an old button is recognised
as old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from content.kosakata import normal
from content.phrases import Html
from handlers.buttons import in_rows
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import forms
from services.forms import SEND, SUMMARY, Choice, Form, Input, Progress, Step, medium_of
from storage import screen
from storage.drafts import Draft

SHOWN = 300  # characters of an answer in the summary; all of it is sent


def form_of(unit: Unit) -> Form:
    """The form that is open, as this person may fill it in."""
    page = _page(unit)
    return page.fitted(page.form, unit.actor)


def _page(unit: Unit) -> FormPage:
    assert unit.draft is not None
    return unit.world.forms[unit.draft.form]


def ask(unit: Unit, notes: Sequence[str] = ()) -> None:
    """Show the current question, or the summary."""
    assert unit.draft is not None
    form, progress = form_of(unit), forms.progress_of(unit.draft)
    if progress.step in (SUMMARY, SEND):
        return _show_summary(unit, form, progress, notes)
    step = form.step(progress.step)
    number, count = forms.position(form, progress, step.name)
    parts = [unit.phrases.html(note, most=step.most, longest=step.longest) for note in notes]
    photos = progress.answers.get(step.name, {}).get("photos", ())
    if photos:
        parts.append(unit.phrases.html("form.photos_so_far", count=len(photos), most=step.most))
    else:
        key = f"{form.name}.{step.name}.question"
        parts.append(unit.phrases.html(key, **_values(unit, form, progress)))
    if step.name in progress.answers and not photos:
        answer = shown(unit, form, step, progress.answers[step.name])
        parts.append(unit.phrases.html("form.current_answer", answer=answer))
    parts.append(unit.phrases.html("form.position", number=number, count=count))
    unit.say("\n\n".join(parts), _question_buttons(unit, form, progress, step), in_place=True)


def _values(unit: Unit, form: Form, progress: Progress) -> dict[str, Any]:
    return _page(unit).values(unit, progress)


def _question_buttons(
    unit: Unit, form: Form, progress: Progress, step: Step
) -> list[list[Button]]:
    chosen = progress.answers.get(step.name, {}).get("choices", ())
    choices = [_choice_button(unit, choice, choice.value in chosen) for choice in step.choices]
    rows = in_rows(choices, step.columns) + _ready_buttons(unit, form, progress)
    below = []
    if forms.position(form, progress, step.name)[0] > 1:
        below.append(button(unit, "form.button.back", "back"))
    if step.name in progress.answers:
        below.append(button(unit, "form.button.continue", "skip"))
    elif step.optional:
        below.append(button(unit, "form.button.skip", "skip"))
    below.append(button(unit, "form.button.cancel", "cancel"))
    if "photos" in progress.answers.get(step.name, {}):
        rows.append([button(unit, "form.button.clear_photos", "clear")])
    return [*rows, below]


def ready(unit: Unit, form: Form, progress: Progress) -> dict[str, tuple[str, str]]:
    """Label and words of the answers that one tap fills in at this step, by their key."""
    if progress.step != form.story:
        return {}
    return unit.world.forms[form.name].ready(unit, progress)


def named_ready(unit: Unit, form: Form, progress: Progress, given: Input) -> Input:
    """The words of a ready answer for its number among the buttons."""
    said, offered = normal(given.text), list(ready(unit, form, progress).values())
    if said.isdecimal() and 0 < int(said) <= len(offered):
        return replace(given, text=offered[int(said) - 1][1], html="")
    return given


def _ready_buttons(unit: Unit, form: Form, progress: Progress) -> list[list[Button]]:
    found = ready(unit, form, progress).items()
    return [
        [replace(button(unit, "form.choice.ready", f"ready:{key}"), values={"label": label})]
        for key, (label, _) in found
    ]


def _show_summary(unit: Unit, form: Form, progress: Progress, notes: Sequence[str]) -> None:
    most = max(step.most for step in form.steps)
    longest = max(step.longest for step in form.steps)
    parts = [unit.phrases.html(note, most=most, longest=longest) for note in notes]
    values = {"subject": progress.subject or "", **_values(unit, form, progress)}
    title = unit.phrases.html(f"{form.name}.summary", **values)
    lines = _answer_lines(unit, form, progress)
    send = _page(unit).send
    hint = unit.phrases.html("form.summary_hint", send=unit.phrases.plain(send))
    advice = _page(unit).advice(unit, progress)
    parts += [Html("\n".join([title, "", *lines])), *advice, hint]
    edits = [
        button(unit, f"{form.name}.{s.name}.button.edit", f"edit:{s.name}")
        for s in forms.applicable(form, progress)
    ]
    rows = [[button(unit, send, "send")]]
    rows += in_rows(edits, 2)
    if forms.has_details(form, progress):
        rows.append([button(unit, "form.button.details", "details")])
    rows.append([button(unit, "form.button.cancel", "cancel")])
    unit.say("\n\n".join(parts), rows, in_place=True)


def _answer_lines(unit: Unit, form: Form, progress: Progress) -> list[Html]:
    return [
        unit.phrases.html(
            "form.summary_line",
            label=unit.phrases.plain(f"{form.name}.{step.name}.short"),
            answer=shown(unit, form, step, progress.answers[step.name]),
        )
        for step in forms.applicable(form, progress)
        if step.name in progress.answers
    ]


def close_summaries(unit: Unit, draft: Draft) -> None:
    """A form is sent or gone: its summaries that still stand above no longer offer to send it.

    The message that was tapped shows already what became of it.
    """
    page, tapped = unit.world.forms[draft.form], unit.tap.message_id if unit.tap else None
    progress = forms.progress_of(draft)
    unit.shown.clear()
    if unit.actor.may(page.needs):
        page.values(unit, progress)  # notes whom the answers may show
    lines = _answer_lines(unit, page.fitted(page.form, unit.actor), progress)
    html = "\n".join([unit.phrases.html("form.summary_closed"), *lines])
    for row_id, message_id in screen.open_summaries(unit.db, unit.chat_id, draft.id):
        if message_id is None or message_id != tapped:
            unit.change_message(row_id, html)
        html = unit.phrases.html("form.summary_replaced")  # the older ones


def shown(unit: Unit, form: Form, step: Step, answer: dict[str, Any], most: int = SHOWN) -> str:
    """An answer in words: the label of a choice, the text, or what was sent."""
    parts: list[str] = []
    if "choice" in answer:
        parts += [labels(unit, step).get(answer["choice"], answer["choice"])]
    if "choices" in answer:
        names = labels(unit, step)
        parts += [names.get(value, value) for value in answer["choices"]]
    if "moment" in answer:
        parts.append(unit.full_moment(datetime.fromisoformat(answer["moment"])))
    if "text" in answer:
        text = answer["text"]
        parts.append(text if len(text) <= most else text[:most] + "…")
    if "voices" in answer:
        parts += [unit.phrases.plain("form.answer.voice")] * len(answer["voices"])
    if "location" in answer:
        parts.append(unit.phrases.plain("form.answer.location"))
    if "photos" in answer:
        is_file = step.files and medium_of(answer["photos"][0])[0] == "document"
        key = "form.answer.file" if is_file else "form.answer.photos"
        parts.append(unit.phrases.plain(key, count=len(answer["photos"])))
    return ", ".join(parts)


def _choice_button(unit: Unit, choice: Choice, is_chosen: bool) -> Button:
    action = f"choose:{choice.value}"
    if not is_chosen:
        return button(unit, choice.label, action, **choice.values)
    label = unit.phrases.plain(choice.label, **choice.values)
    return replace(button(unit, "form.choice.chosen", action), values={"label": label})


def labels(unit: Unit, step: Step) -> dict[str, str]:
    """The words on the buttons of a step, by value."""
    return {c.value: unit.phrases.plain(c.label, **c.values) for c in step.choices}


def button(unit: Unit, label: str, action: str, **values: Any) -> Button:
    """A button of the open form: it carries the draft and its version."""
    assert unit.draft is not None
    return Button(label, f"form:{unit.draft.id}:{unit.draft.version}:{action}", dict(values))
