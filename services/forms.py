"""Forms as data: named steps that one person answers one at a time, in any worker.

docs/forms.md explains how to add one. Nothing here talks to anybody: every function takes the
progress of a form and gives the next progress; services/form_answers.py takes what a person
sends, handlers/forms.py shows the questions.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from storage.drafts import Draft

SUMMARY = "summary"  # the step in which all answers are shown and Kirim waits
SEND = "send"  # Kirim was pressed, something is still to be agreed
KEEP_WITHOUT_CONSENT = timedelta(hours=24)
AS_FILE = "document:"  # before Telegram's file id of a photo that was sent as a file
MAX_TEXT = 2000  # characters of one answer: fits a message with all the others

Answers = Mapping[str, Mapping[str, Any]]


class Kind(StrEnum):
    """What a step takes."""

    CHOICE = "choice"
    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    LOCATION = "location"
    CHOICES = "choices"  # any number of the buttons
    MOMENT = "moment"  # a day and a time to come, in words


@dataclass(frozen=True)
class Choice:
    """A button of a step: what is stored, and the phrase (with values) that is its label."""

    value: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False  # among CHOICES: goes with no other, such as "all"


def medium_of(photo: str) -> tuple[str, str]:
    """How Telegram names a photo of an answer: ("photo", its file id), or ("document", …)."""
    as_file = photo.startswith(AS_FILE)
    return ("document", photo.removeprefix(AS_FILE)) if as_file else ("photo", photo)


def photo_of(kind: str, file_id: str) -> str:
    """The answer that a stored photo was: what `medium_of` takes apart."""
    return AS_FILE + file_id if kind == "document" else file_id


def rt_choices(rts: tuple[str, ...]) -> tuple[Choice, ...]:
    """One choice for each RT number."""
    return tuple(Choice(rt, "form.choice.rt", {"number": rt}) for rt in rts)


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
    files: bool = False  # a file of any kind is taken like a photo
    shortest: int = 1  # characters of a text
    longest: int = MAX_TEXT
    check: Callable[[str], str | None] = lambda text: None  # phrase of what a text lacks
    formatted: bool = False  # bold and the like are kept, beside the words, as Telegram HTML
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
    html: str = ""  # the same with its formatting, as Telegram HTML; empty if it has none
    photo: str | None = None  # Telegram's file id
    file: str | None = None  # of a file that is no picture, for steps that take any
    voice: str | None = None
    location: tuple[float, float] | None = None  # latitude, longitude in degrees
    choice: str | None = None
    choices: tuple[str, ...] = ()  # several, named in words
    moment: str | None = None  # day and time in UTC that the words name, ISO 8601
    unclear: str | None = None  # why they name none: phrase to say
    album: str | None = None  # photos of one album share it
    instead: str | None = None  # it holds a video or the like: phrase that says what to send


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


def phrase_keys(form: Form) -> Iterator[str]:
    """The phrases that a form needs."""
    yield f"{form.name}.summary"
    for step in form.steps:
        name = f"{form.name}.{step.name}"
        yield from (f"{name}.question", f"{name}.short", f"{name}.button.edit")
        yield from (choice.label for choice in step.choices)


def applicable(form: Form, progress: Progress) -> list[Step]:
    """The steps that this person is asked, given what was answered so far."""
    touched = {progress.step, *progress.answers}  # a detail may be edited, and then be emptied
    return [
        step
        for step in form.steps
        if step.when(progress.answers)
        and (not step.detail or progress.details or step.name in touched)
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


def go_on(form: Form, progress: Progress) -> Progress:
    """Ask the next step that is open."""
    return replace(progress, step=next_step(form, progress))


def review(form: Form, progress: Progress) -> Progress:
    """Show answers that were given before; only what is missing and must be answered is asked."""
    free = (step.name for step in form.steps if step.optional and not step.detail)
    unanswered = tuple(name for name in free if name not in progress.answers)
    return go_on(form, replace(progress, skipped=unanswered))


def skip(form: Form, progress: Progress) -> Progress:
    """Leave the current step as it is and go on; only steps that may be left."""
    if progress.step not in progress.answers:
        if not form.step(progress.step).optional:
            return progress
        progress = replace(progress, skipped=(*progress.skipped, progress.step))
    return go_on(form, progress)


def back(form: Form, progress: Progress) -> Progress:
    """Ask the step before again."""
    names = [step.name for step in applicable(form, progress)]
    here = names.index(progress.step) if progress.step in names else len(names)
    return replace(progress, step=names[max(here - 1, 0)])


def edit(form: Form, progress: Progress, name: str) -> Progress:
    """Ask one step again."""
    return replace(progress, step=form.step(name).name)


def clear(progress: Progress) -> Progress:
    """Take the answer to the current step back; it is asked anew."""
    answers = {name: value for name, value in progress.answers.items() if name != progress.step}
    return replace(progress, answers=answers)


def add_details(form: Form, progress: Progress) -> Progress:
    """Ask the steps behind "Tambah rincian" as well."""
    return go_on(form, replace(progress, details=True))


def has_details(form: Form, progress: Progress) -> bool:
    """Whether "Tambah rincian" would still bring a question."""
    return not progress.details and any(
        step.detail and step.when(progress.answers) and step.name not in progress.answers
        for step in form.steps
    )


def new_draft(telegram_id: int, name: str, expires_at: datetime) -> Draft:
    """A form that was just opened, before its first version is stored.

    `name` is the one under which forms are listed: two of them may ask with the same words.
    """
    return Draft(telegram_id, secrets.token_hex(4), name, "", {}, {}, 0, expires_at)


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
