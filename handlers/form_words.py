"""What typed words mean in a form: a choice, several, a moment, or one of its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from content.kosakata import Vocabulary, normal
from handlers.form_view import labels
from handlers.typed import spelled
from handlers.unit import Unit
from services import dates, form_answers
from services.forms import SEND, SUMMARY, Form, Input, Kind, Progress, Step
from services.places import RT_IN_WORDS, rt_in


def understood(unit: Unit, step: Step, given: Input, since: datetime | None = None) -> Input:
    """What typed words mean at a step: a choice, several, or a moment.

    A day that is only named, such as "sabtu", is the first one from `since` on.
    """
    if Kind.CHOICES in step.kinds:
        said = spelled(unit, normal(given.text))
        found = form_answers.choices_in(step, said, labels(unit, step))
        return replace(given, choices=found)
    if Kind.MOMENT in step.kinds and step.choices == ():
        return _with_moment(unit, given, since)
    names = labels(unit, step)
    said = spelled(unit, normal(given.text))
    vocabulary = unit.world.vocabulary
    ways = (given.text, said, " ".join(vocabulary.standard(given.text)))
    read = (form_answers.choice_in(step, words, names) for words in ways)
    choice = next((one for one in read if one is not None), None)
    if choice is None:
        meant = (vocabulary.named(table, given.text) for table in ("jenis", "pilihan"))
        choice = next((one for one in meant if one in names), None)  # "mampet dan banjir jugo"
    if choice is None and Kind.MOMENT in step.kinds:
        return _with_moment(unit, given, since)
    if choice is None and step.kinds == {Kind.CHOICE}:
        return _in_a_sentence(given, ways, names)
    return replace(given, choice=choice)


def declines(vocabulary: Vocabulary, text: str) -> bool:
    """Whether words where a photo is wanted speak of the photo, or of sending and leaving."""
    words = vocabulary.standard(text)
    leaving = any(vocabulary.action(word) == "cancel" for word in words)
    sending = any(
        vocabulary.action(word) == "send" and vocabulary.answer(word) is None for word in words
    )
    return leaving or sending or any("foto" in word for word in words)


def _in_a_sentence(given: Input, ways: tuple[str, ...], names: Mapping[str, str]) -> Input:
    """A choice among other words: "RT 5 kayaknyo", "dak tau lah nak"; an RT that is not known."""
    rts = tuple(value for value in names if value.isdecimal())
    for words in ways:
        named = set(RT_IN_WORDS.findall(words))
        rt = rt_in(words, rts) if len(named) == 1 else None  # of two it is not clear which
        begun = [v for v, label in names.items() if f"{words} ".startswith(f"{normal(label)} ")]
        if rt is not None or (len(begun) == 1 and not named):
            return replace(given, choice=rt or begun[0])
    unknown = rts and any(RT_IN_WORDS.search(w) and rt_in(w, rts) is None for w in ways)
    return replace(given, unclear="form.no_such_rt" if unknown else None)


def _with_moment(unit: Unit, given: Input, since: datetime | None) -> Input:
    zone = unit.settings.kelurahan.zone
    try:
        moment = dates.moment_in(given.text, unit.now, zone, since=since)
    except dates.Unclear as error:
        return replace(given, unclear=error.phrase)
    return replace(given, moment=moment.isoformat())


def meant(form: Form, progress: Progress, vocabulary: Vocabulary, text: str) -> str | None:
    """The button that a word means here; None if it is an answer.

    "iyo" to "Ada fotonya?" leaves nothing out: the photo is still to come.
    """
    word = vocabulary.action(text)
    if word in ("send", "skip") and progress.step not in (SUMMARY, SEND):
        step = form.step(progress.step)
        given = progress.step in progress.answers
        wants = Kind.PHOTO in step.kinds and not given and vocabulary.answer(text) == "ya"
        if word == "send" and wants:
            return None
        return "skip" if step.optional or given else None
    return None if word == "skip" else word
