"""What people send into a form, put where it makes sense: at the current step or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any

from services.forms import SEND, SUMMARY, Form, Input, Kind, Outcome, Progress, Step, clear, go_on

SHORTEST_BEGINNING = 3  # characters that may stand for a longer label
STORY_LENGTH = 12  # characters from which stray words are a story and no mistyped choice


def start(form: Form, first: Input | None = None, subject: str | None = None) -> Outcome:
    """Open a form, with what was sent out of the blue already in its place."""
    progress = Progress(step=form.steps[0].name, subject=subject)
    if first is None:
        return Outcome(progress)
    outcome = _keep_elsewhere(form, progress, first)
    return (
        replace(outcome, progress=go_on(form, outcome.progress)) if outcome else Outcome(progress)
    )


def answer(form: Form, progress: Progress, given: Input) -> Outcome:
    """Take what a person sent: by the current step, or by the step where it makes sense."""
    if given.album is not None and given.album in progress.albums:
        step = form.step(progress.albums[given.album])
        outcome = _add_photo(form, progress, step, given)
        if progress.step in (step.name, SUMMARY, SEND) or outcome.notes:
            return outcome
        return replace(outcome, notes=(f"form.kept.{Kind.PHOTO}",))
    if progress.step in (SUMMARY, SEND):
        return _keep_elsewhere(form, progress, given) or _not_taken(progress, "form.use_buttons")
    step = form.step(progress.step)
    taken = _take(form, progress, step, given)
    if taken is not None:
        if not taken.taken or _collects(step, taken.progress):
            return taken
        return replace(taken, progress=go_on(form, taken.progress))
    kept = _keep_elsewhere(form, progress, given)
    if kept is not None and given.unclear:  # an RT that is not known, in a story or alone
        short = len(given.text) < 2 * STORY_LENGTH
        return _not_taken(progress, given.unclear) if short else _noted(kept, given.unclear)
    if kept is not None:
        answered = step.name in kept.progress.answers and step.name not in progress.answers
        if answered or not step.when(kept.progress.answers):
            return replace(kept, progress=go_on(form, kept.progress))
        return kept
    return _not_taken(progress, given.unclear or f"form.expects.{_main_kind(step)}")


def add_to_story(form: Form, progress: Progress, given: Input) -> Outcome | None:
    """Words where a photo is wanted are added to what was told; None if they are too few."""
    photo = progress.step not in (SUMMARY, SEND) and Kind.PHOTO in form.step(progress.step).kinds
    told = progress.answers.get(form.story, {}).get("text")
    if not photo or not told or len(given.text) < STORY_LENGTH:
        return None
    added = _add_caption(form, progress, given)
    if _text_problem(form.step(form.story), added.answers[form.story]["text"]):
        return None
    return Outcome(added, ("form.kept.more",))


def choice_in(step: Step, text: str, labels: Mapping[str, str]) -> str | None:
    """The choice that typed words mean: its number, its label or the label's beginning.

    `labels` are the words on the buttons by value. A choice that is a number, such as an RT, is
    meant by that number only, never by its place among the buttons.
    """
    said = _plain(text)
    numbered = not any(choice.value.isdecimal() for choice in step.choices)
    for number, choice in enumerate(step.choices, start=1):
        names = {_plain(labels[choice.value]), _plain(choice.value)}
        if said in names or (numbered and said == str(number)):
            return choice.value
    begun = [value for value, label in labels.items() if _begins(_plain(label), said)]
    return begun[0] if len(begun) == 1 and not begun[0].isdecimal() else None


def _begins(label: str, said: str) -> bool:
    """Whether words stand in a label, or are the beginning of its first."""
    long_enough = len(said) >= SHORTEST_BEGINNING
    whole = f"{label} ".startswith(f"{said} ") or (long_enough and f" {said} " in f" {label} ")
    return bool(said) and (whole or (long_enough and label.startswith(said)))


def choices_in(step: Step, text: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The choices that typed words name, such as "rt 3, 5 dan 12"; none if one is unknown."""
    known = {_plain(labels[choice.value]): choice.value for choice in step.choices}
    known |= {_plain(choice.value): choice.value for choice in step.choices}
    whole = choice_in(step, text, labels)
    if whole is not None:
        return (whole,)
    words = [word for word in _plain(text).split() if word not in ("rt", "dan")]
    if not words or any(word not in known for word in words):
        return ()
    return tuple(dict.fromkeys(known[word] for word in words))


def _plain(text: str) -> str:
    """Lower case, words and numbers apart, no leading zeros: "RT05" → "rt 5"."""
    words = re.sub(r"[^\w\s]", " ", text.lower())
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", words)
    return " ".join(re.sub(r"\b0+(?=\d)", "", words).split())


def _take(
    form: Form, progress: Progress, step: Step, given: Input, *, beside: bool = False
) -> Outcome | None:
    """A step's own answer; None if the input is none for it.

    `beside`: it was sent at another step, and keeps what was answered already (an RT).
    """
    if Kind.CHOICES in step.kinds:
        return _choose(progress, step, given)
    if given.choice is not None:
        known = given.choice in {choice.value for choice in step.choices}
        return _put_place(progress, step, {"choice": given.choice}) if known else None
    if given.photo is not None:
        return _add_photo(form, progress, step, given) if Kind.PHOTO in step.kinds else None
    if given.voice is not None and Kind.VOICE in step.kinds:
        return _add_voice(form, progress, step, given)
    if given.location is not None and Kind.LOCATION in step.kinds:
        return _put(progress, step, {"location": list(given.location)}, add=beside)
    if given.text and Kind.MOMENT in step.kinds:
        if given.moment is None:
            return _not_taken(progress, given.unclear or "form.expects.moment")
        return _put(progress, step, {"moment": given.moment})
    if given.text and Kind.TEXT in step.kinds:
        problem = _text_problem(step, given.text)
        if problem:
            return _not_taken(progress, problem)
        return _put_text(progress, step, given.text, given.html)
    return None


def _choose(progress: Progress, step: Step, given: Input) -> Outcome | None:
    """Turn one choice on or off, or take those that words name."""
    allowed = {choice.value: choice for choice in step.choices}
    chosen = list(progress.answers.get(step.name, {}).get("choices", ()))
    if given.choice in allowed:
        if given.choice in chosen:
            chosen.remove(given.choice)
        else:
            alone = allowed[given.choice].alone
            chosen = [c for c in chosen if not alone and not allowed[c].alone] + [given.choice]
    elif given.choices:
        chosen = list(given.choices)
    else:
        return None
    if not chosen:
        return Outcome(clear(progress))
    ordered = [value for value in allowed if value in chosen]
    return _put(progress, step, {"choices": ordered})


def _text_problem(step: Step, text: str) -> str | None:
    if len(text) > step.longest:
        return "form.text_too_long"
    if len(text.strip()) < step.shortest:
        return "form.text_too_short"
    return step.check(text)


def _keep_elsewhere(form: Form, progress: Progress, given: Input) -> Outcome | None:
    """Put photo, voice, place or words where the form wants them; None if nowhere."""
    for value, kind in (
        (given.photo, Kind.PHOTO),
        (given.voice, Kind.VOICE),
        (given.location, Kind.LOCATION),
    ):
        step = _step_for(form, progress, kind)
        if value is not None and step is not None:
            taken = _take(form, progress, step, given, beside=True)
            return replace(taken, notes=(*taken.notes, f"form.kept.{kind}")) if taken else None
    story = form.step(form.story)
    if Kind.TEXT not in story.kinds:
        return None
    untold = "text" not in progress.answers.get(form.story, {})
    asked = progress.step not in (SUMMARY, SEND) and untold
    if asked and len(given.text) >= STORY_LENGTH and not _text_problem(story, given.text):
        put = _put_text(progress, story, given.text, given.html)
        return replace(put, notes=("form.kept.text",))
    return None


def with_story(form: Form, outcome: Outcome, text: str) -> Outcome:
    """A whole sentence that answered with one of its words is the story, if none was told."""
    story, progress = form.step(form.story), outcome.progress
    untold = Kind.TEXT in story.kinds and "text" not in progress.answers.get(form.story, {})
    if not untold or len(text) < STORY_LENGTH or _text_problem(story, text):
        return outcome
    put = _put_text(progress, story, text).progress
    return replace(outcome, progress=go_on(form, put), notes=(*outcome.notes, "form.kept.text"))


def _step_for(form: Form, progress: Progress, kind: Kind) -> Step | None:
    """The step for a stray input: the one made for that kind, else the first that takes it."""
    fitting = [step for step in form.steps if kind in step.kinds and step.when(progress.answers)]
    return min(fitting, key=lambda step: len(step.kinds), default=None)


def _put(progress: Progress, step: Step, value: dict[str, Any], *, add: bool = False) -> Outcome:
    old = progress.answers.get(step.name, {}) if add else {}
    answers = {**progress.answers, step.name: {**old, **value}}
    skipped = tuple(name for name in progress.skipped if name != step.name)
    return Outcome(replace(progress, answers=answers, skipped=skipped))


def _put_text(progress: Progress, step: Step, text: str, html: str = "") -> Outcome:
    """Words replace words; a voice note beside them stays."""
    if step.formatted:
        html = html or escape(text, quote=False)
        return _put(progress, step, {"text": text.strip(), "html": html.strip()})
    if Kind.VOICE in step.kinds:
        return _put(progress, step, {"text": text.strip()}, add=True)
    return _put_place(progress, step, {"text": text.strip()})


def _put_place(
    progress: Progress, step: Step, value: dict[str, Any], *, beside: bool = False
) -> Outcome:
    """A choice and words replace each other; a point stays beside an RT, and new words end it."""
    keeps = beside or "choice" in value
    point = progress.answers.get(step.name, {}).get("location") if keeps else None
    return _put(progress, step, {"location": point, **value} if point else value)


def _add_photo(form: Form, progress: Progress, step: Step, given: Input) -> Outcome:
    """Keep one more photo, its album's name, and its caption as the story."""
    photos = list(progress.answers.get(step.name, {}).get("photos", ()))
    notes: tuple[str, ...] = ()
    if len(photos) >= step.most:
        notes = ("form.too_many_photos",)
    elif given.photo not in photos:
        photos.append(given.photo)
    progress = _put(progress, step, {"photos": photos}, add=True).progress
    if given.album is not None:
        progress = replace(progress, albums={**progress.albums, given.album: step.name})
    if given.text and Kind.TEXT in form.step(form.story).kinds:
        progress = _add_caption(form, progress, given)
    return Outcome(progress, notes)


def _add_caption(form: Form, progress: Progress, given: Input) -> Progress:
    """A caption is the story; after a story it is added to it, so that no word is lost."""
    story = form.step(form.story)
    told = progress.answers.get(story.name, {})
    if given.text in told.get("text", ""):
        return progress
    caption = given.html or escape(given.text, quote=False)
    whole, html = (
        "\n".join(part for part in parts if part)
        for parts in ((told.get("text"), given.text), (told.get("html"), caption))
    )
    return _put_text(progress, story, whole, html).progress


def _add_voice(form: Form, progress: Progress, step: Step, given: Input) -> Outcome:
    """Keep one more voice note, and words sent with it."""
    voices = list(progress.answers.get(step.name, {}).get("voices", ()))
    if given.voice not in voices:
        voices.append(given.voice)
    progress = _put(progress, step, {"voices": voices}, add=True).progress
    return Outcome(_add_caption(form, progress, given) if given.text else progress)


def _collects(step: Step, progress: Progress) -> bool:
    """Whether a step waits for more of the same until the person says that it is enough."""
    if Kind.CHOICES in step.kinds:
        chosen = progress.answers.get(step.name, {}).get("choices", ())
        return not any(choice.alone for choice in step.choices if choice.value in chosen)
    photos = progress.answers.get(step.name, {}).get("photos", ())
    return step.most > 1 and 0 < len(photos) < step.most


def _noted(outcome: Outcome, note: str) -> Outcome:
    return replace(outcome, notes=(*outcome.notes, note))


def _not_taken(progress: Progress, note: str) -> Outcome:
    return Outcome(progress, (note,), taken=False)


def _main_kind(step: Step) -> str:
    """The kind that the helpful sentence speaks of."""
    if Kind.CHOICES in step.kinds:
        return Kind.CHOICE
    for kind in (Kind.MOMENT, Kind.LOCATION, Kind.CHOICE, Kind.PHOTO, Kind.TEXT, Kind.VOICE):
        if kind in step.kinds:
            return kind
    raise ValueError(f"step {step.name} takes nothing")
