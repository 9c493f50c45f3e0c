"""Forms as data: named steps that one person answers one at a time, in any worker.

docs/forms.md explains how to add one. Nothing here talks to anybody: every function takes the
progress of a form and gives the next progress; handlers/forms.py shows it to the person.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from storage.drafts import Draft

SUMMARY = "summary"  # the step in which all answers are shown and Kirim waits
SEND = "send"  # Kirim was pressed, something is still to be agreed
KEEP = timedelta(days=7)  # an unsent draft of a person who consented
KEEP_WITHOUT_CONSENT = timedelta(hours=24)
STORY_LENGTH = 12  # characters from which stray words are a story and no mistyped choice
MAX_TEXT = 2000  # characters of one answer: fits a message with all the others

Answers = Mapping[str, Mapping[str, Any]]


class Kind(StrEnum):
    """What a step takes."""

    CHOICE = "choice"
    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    LOCATION = "location"


@dataclass(frozen=True)
class Choice:
    """A button of a step: what is stored, and the phrase (with values) that is its label."""

    value: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One question. Prompt, label and errors are phrases named <form>.<step>.…"""

    name: str
    kinds: frozenset[Kind]
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    detail: bool = False  # only asked behind "Tambah rincian"
    when: Callable[[Answers], bool] = lambda answers: True
    most: int = 1  # photos
    shortest: int = 1  # characters of a text
    columns: int = 1  # buttons in a row


@dataclass(frozen=True)
class Form:
    """A form: its steps in order. Stray words, photos, voice and places find their step."""

    name: str
    steps: tuple[Step, ...]
    story: str  # the step that takes words sent where they do not fit, such as a caption

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


@dataclass(frozen=True)
class Input:
    """What a person sent: a message of any kind, or a pressed choice."""

    text: str = ""  # words, or the caption of a photo
    photo: str | None = None  # Telegram's file id
    voice: str | None = None
    location: tuple[float, float] | None = None  # latitude, longitude in degrees
    choice: str | None = None
    album: str | None = None  # photos of one album share it


@dataclass(frozen=True)
class Progress:
    """How far a person is in a form."""

    step: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    details: bool = False  # "Tambah rincian" was pressed
    albums: dict[str, str] = field(default_factory=dict)  # album → step that took its first photo
    subject: str | None = None  # what the form is about, such as a ticket number
    different: bool = False  # similar reports were seen and are not the same
    message_id: int | None = None  # message that shows the current question, where known


@dataclass(frozen=True)
class Outcome:
    """What became of an input: the new progress, and phrases to say before the next question."""

    progress: Progress
    notes: tuple[str, ...] = ()
    taken: bool = True


def applicable(form: Form, progress: Progress) -> list[Step]:
    """The steps that this person is asked, given what was answered so far."""
    return [
        step
        for step in form.steps
        if step.when(progress.answers)
        and (not step.detail or progress.details or step.name in progress.answers)
    ]


def position(form: Form, progress: Progress, name: str) -> tuple[int, int]:
    """Which step of how many: "Langkah 2 dari 5"."""
    steps = [step.name for step in applicable(form, progress)]
    return steps.index(name) + 1, len(steps)


def next_step(form: Form, progress: Progress) -> str:
    """The first step that is neither answered nor skipped; the summary when there is none."""
    for step in applicable(form, progress):
        if step.name not in progress.answers and step.name not in progress.skipped:
            return step.name
    return SUMMARY


def start(form: Form, first: Input | None = None, subject: str | None = None) -> Outcome:
    """Open a form, with what was sent out of the blue already in its place."""
    progress = Progress(step=form.steps[0].name, subject=subject)
    if first is None:
        return Outcome(progress)
    outcome = _keep_elsewhere(form, progress, first)
    return (
        replace(outcome, progress=_go_on(form, outcome.progress)) if outcome else Outcome(progress)
    )


def answer(form: Form, progress: Progress, given: Input) -> Outcome:
    """Take what a person sent: by the current step, or by the step where it makes sense."""
    if given.album is not None and given.album in progress.albums:
        step = form.step(progress.albums[given.album])
        return _add_photo(form, progress, step, given)
    if progress.step in (SUMMARY, SEND):
        return _keep_elsewhere(form, progress, given) or _not_taken(progress, "form.use_buttons")
    step = form.step(progress.step)
    taken = _take(form, progress, step, given)
    if taken is not None:
        if not taken.taken or _collects(step, taken.progress):
            return taken
        return replace(taken, progress=_go_on(form, taken.progress))
    kept = _keep_elsewhere(form, progress, given)
    if kept is not None:
        answered = step.name in kept.progress.answers and step.name not in progress.answers
        return replace(kept, progress=_go_on(form, kept.progress)) if answered else kept
    return _not_taken(progress, f"form.expects.{_main_kind(step)}")


def skip(form: Form, progress: Progress) -> Progress:
    """Leave the current step as it is and go on; only steps that may be left."""
    if progress.step not in progress.answers:
        if not form.step(progress.step).optional:
            return progress
        progress = replace(progress, skipped=(*progress.skipped, progress.step))
    return _go_on(form, progress)


def back(form: Form, progress: Progress) -> Progress:
    """Ask the step before again."""
    names = [step.name for step in applicable(form, progress)]
    here = names.index(progress.step) if progress.step in names else len(names)
    return replace(progress, step=names[max(here - 1, 0)])


def edit(form: Form, progress: Progress, name: str) -> Progress:
    """Ask one step again."""
    return replace(progress, step=form.step(name).name)


def add_details(form: Form, progress: Progress) -> Progress:
    """Ask the steps behind "Tambah rincian" as well."""
    return _go_on(form, replace(progress, details=True))


def has_details(form: Form, progress: Progress) -> bool:
    """Whether "Tambah rincian" would still bring a question."""
    return not progress.details and any(
        step.detail and step.when(progress.answers) and step.name not in progress.answers
        for step in form.steps
    )


def choice_in(step: Step, text: str, labels: Mapping[str, str]) -> str | None:
    """The choice that typed words mean: its number, its label or its first word.

    `labels` are the words on the buttons by value.
    """
    said = _plain(text)
    for number, choice in enumerate(step.choices, start=1):
        label = _plain(labels[choice.value])
        if said in {str(number), label, _plain(choice.value)}:
            return choice.value
    starts = [v for v, label in labels.items() if said and _plain(label).startswith(said)]
    return starts[0] if len(starts) == 1 and len(said) >= 3 else None


def _plain(text: str) -> str:
    words = re.sub(r"[^\w\s]", " ", text.lower()).split()
    return " ".join(words)


def _take(form: Form, progress: Progress, step: Step, given: Input) -> Outcome | None:
    """The current step's own answer; None if the input is none for it."""
    if given.choice is not None:
        known = given.choice in {choice.value for choice in step.choices}
        return _put(progress, step, {"choice": given.choice}) if known else None
    if given.photo is not None:
        return _add_photo(form, progress, step, given) if Kind.PHOTO in step.kinds else None
    if given.voice is not None and Kind.VOICE in step.kinds:
        return _put(progress, step, {"voice": given.voice}, add=True)
    if given.location is not None and Kind.LOCATION in step.kinds:
        return _put(progress, step, {"location": list(given.location)})
    if given.text and Kind.TEXT in step.kinds:
        problem = _text_problem(step, given.text)
        return _not_taken(progress, problem) if problem else _put_text(progress, step, given.text)
    return None


def _text_problem(step: Step, text: str) -> str | None:
    if len(text) > MAX_TEXT:
        return "form.text_too_long"
    if len(text.strip()) < step.shortest:
        return "form.text_too_short"
    return None


def _keep_elsewhere(form: Form, progress: Progress, given: Input) -> Outcome | None:
    """Put photo, voice, place or words where the form wants them; None if nowhere."""
    for value, kind in (
        (given.photo, Kind.PHOTO),
        (given.voice, Kind.VOICE),
        (given.location, Kind.LOCATION),
    ):
        step = _step_for(form, progress, kind)
        if value is not None and step is not None:
            taken = _take(form, progress, step, given)
            return replace(taken, notes=(*taken.notes, f"form.kept.{kind}")) if taken else None
    story = form.step(form.story)
    asked = progress.step not in (SUMMARY, SEND) and form.story not in progress.answers
    if asked and len(given.text) >= STORY_LENGTH and not _text_problem(story, given.text):
        return replace(_put_text(progress, story, given.text), notes=("form.kept.text",))
    return None


def _step_for(form: Form, progress: Progress, kind: Kind) -> Step | None:
    """The step for a stray input: the one made for that kind, else the first that takes it."""
    fitting = [step for step in form.steps if kind in step.kinds and step.when(progress.answers)]
    return min(fitting, key=lambda step: len(step.kinds), default=None)


def _put(progress: Progress, step: Step, value: dict[str, Any], *, add: bool = False) -> Outcome:
    old = progress.answers.get(step.name, {}) if add else {}
    answers = {**progress.answers, step.name: {**old, **value}}
    skipped = tuple(name for name in progress.skipped if name != step.name)
    return Outcome(replace(progress, answers=answers, skipped=skipped))


def _put_text(progress: Progress, step: Step, text: str) -> Outcome:
    """Words replace words; a voice note beside them stays."""
    return _put(progress, step, {"text": text.strip()}, add=Kind.VOICE in step.kinds)


def _add_photo(form: Form, progress: Progress, step: Step, given: Input) -> Outcome:
    """Keep one more photo, its album's name, and its caption as the story."""
    target = _step_for(form, progress, Kind.PHOTO) or step
    photos = list(progress.answers.get(target.name, {}).get("photos", ()))
    notes: tuple[str, ...] = ()
    if len(photos) >= target.most:
        notes = ("form.too_many_photos",)
    elif given.photo not in photos:
        photos.append(given.photo)
    progress = _put(progress, target, {"photos": photos}, add=True).progress
    if given.album is not None:
        progress = replace(progress, albums={**progress.albums, given.album: target.name})
    if given.text:
        progress = _add_caption(form, progress, given.text)
    return Outcome(progress, notes)


def _add_caption(form: Form, progress: Progress, caption: str) -> Progress:
    """A caption is the story; after a story it is added to it, so that no word is lost."""
    story = form.step(form.story)
    known = str(progress.answers.get(story.name, {}).get("text", ""))
    whole = caption if not known else f"{known}\n{caption}"
    if caption in known:
        return progress
    return _put_text(progress, story, whole[:MAX_TEXT]).progress


def _collects(step: Step, progress: Progress) -> bool:
    """Whether a step waits for more of the same until the person says that it is enough."""
    photos = progress.answers.get(step.name, {}).get("photos", ())
    return step.most > 1 and 0 < len(photos) < step.most


def _go_on(form: Form, progress: Progress) -> Progress:
    return replace(progress, step=next_step(form, progress))


def _not_taken(progress: Progress, note: str) -> Outcome:
    return Outcome(progress, (note,), taken=False)


def _main_kind(step: Step) -> str:
    """The kind that the helpful sentence speaks of."""
    for kind in (Kind.CHOICE, Kind.LOCATION, Kind.PHOTO, Kind.TEXT, Kind.VOICE):
        if kind in step.kinds:
            return kind
    raise ValueError(f"step {step.name} takes nothing")


def new_draft(telegram_id: int, form: Form, expires_at: datetime) -> Draft:
    """A form that was just opened, before its first version is stored."""
    return Draft(telegram_id, secrets.token_hex(4), form.name, "", {}, {}, 0, expires_at)


def stored(draft: Draft, progress: Progress, expires_at: datetime) -> Draft:
    """The next version of a stored form."""
    marks = {
        "skipped": list(progress.skipped),
        "details": progress.details,
        "albums": progress.albums,
        "subject": progress.subject,
        "different": progress.different,
        "message_id": progress.message_id,
    }
    return draft._replace(
        step=progress.step,
        answers=progress.answers,
        marks=marks,
        version=draft.version + 1,
        expires_at=expires_at,
    )


def progress_of(draft: Draft) -> Progress:
    """A stored form's progress."""
    marks = {**draft.marks, "skipped": tuple(draft.marks["skipped"])}
    return Progress(step=draft.step, answers=dict(draft.answers), **marks)
