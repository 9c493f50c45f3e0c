"""Free words: the answer, the right form with the words filled in, or a kind question back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from telegram import Update

from content.phrases import Html, plain, shortened
from handlers import (
    aspirations,
    complaints,
    form_view,
    forms,
    messages,
    office,
    proposals,
    report_list,
    reports,
    schedule,
    topics,
)
from handlers.routes import tap
from handlers.unit import Button, Unit
from services import dates, mentions, questions
from services.forms import MAX_TEXT, SEND, SUMMARY, Input, Kind
from services.roles import Permission
from services.understanding import (
    ACTIONS,
    GREETING,
    OTHER,
    PAPERS,
    TALK,
    Meaning,
    Verdict,
)

MEANT = "meant"  # route of the buttons that offer what could be meant
NONE = "none"  # "Bukan itu"
PROPOSE = "kirim-aspirasi"
PLACES = ("place", "landmark")
QUOTED = 1000  # UTF-16 units of the words that are asked about
QUOTE = re.compile(r"«(.*)»", re.DOTALL)
LOOKS = ("jadwal-gotong-royong", "cek-status", "lihat-usulan")  # wishes that open no form
Answers = dict[str, dict[str, Any]]


def answer(unit: Unit, update: Update, text: str, *, warned: bool = False) -> None:
    """Answer free words, do what they wish, or ask what is meant.

    `warned`: the emergency number was just given, so that declining has nothing to add.
    """
    meaning = _meaning(unit, text)
    if meaning.verdict is Verdict.CLEAR:
        _do(unit, update, meaning, text)
    elif meaning.verdict is Verdict.UNSURE:
        _offer(unit, meaning, text)
    elif not warned:
        _decline(unit, meaning.names[0], text)


def interrupts(unit: Unit, update: Update, given: Input) -> bool:
    """A question where a form wants a choice, a photo, a place or a tap: answered, the form waits.

    False if the words may be an answer. Where words are the answer they are always taken as one.
    """
    assert unit.draft is not None
    wants_words = unit.world.forms[unit.draft.form].takes_questions or _wants_words(unit)
    beside = given.photo or given.voice or given.location or given.instead
    if wants_words or beside or not unit.world.vocabulary.asks(given.text):
        return False
    meaning = _meaning(unit, given.text)
    if meaning.verdict is not Verdict.CLEAR or not meaning.is_sure:
        return False
    first = meaning.names[0]
    if first in LOOKS:
        WISHES[first](unit, update, given.text)
    elif first in ACTIONS or not topics.open_page(unit, first):
        return False
    forms.offer_resume(unit)
    return True


def _wants_words(unit: Unit) -> bool:
    """Whether the open question is answered in one's own words; a place is not a question."""
    assert unit.draft is not None
    form, name = form_view.form_of(unit), unit.draft.step
    kinds = frozenset() if name in (SUMMARY, SEND) else form.step(name).kinds
    return bool(kinds & {Kind.TEXT, Kind.MOMENT}) and name not in PLACES


def _meaning(unit: Unit, text: str) -> Meaning:
    """What a text means, of what there is: a page may have gone since it was learned."""
    meaning = unit.world.understanding.meaning(text)
    known = (*ACTIONS, *OTHER, *unit.world.pages.current.by_slug)
    names = tuple(name for name in meaning.names if name in known)
    return replace(meaning, names=names) if names else Meaning(Verdict.OTHER, (TALK,))


def _do(unit: Unit, update: Update, meaning: Meaning, text: str) -> None:
    """Answer the likeliest; what else could be meant stays within reach."""
    first, *others = meaning.names
    if meaning.is_sure:
        others = []
    if first in WISHES:
        WISHES[first](unit, update, text)
        if others:
            unit.reply("understanding.or_else", [[_choice(unit, other)] for other in others])
    else:
        topics.open_page(unit, first, [_choice(unit, other) for other in others])


def _offer(unit: Unit, meaning: Meaning, text: str) -> None:
    """Ask which of the likeliest is meant, under the words themselves: a tap takes them along."""
    questions.unanswered(unit.db, unit.actor, text, unit.now)
    rows = [[_choice(unit, name)] for name in meaning.names]
    rows.append([Button("understanding.button.none", f"{MEANT}:{NONE}")])
    unit.reply("understanding.which", rows, words=shortened(text.strip(), QUOTED))


def _choice(unit: Unit, name: str) -> Button:
    page = unit.world.pages.current.get(name)
    if page is not None:
        return Button("topic.button.page", f"{MEANT}:{name}", {"topic": page.label})
    return Button(f"understanding.button.{name}", f"{MEANT}:{name}")


def on_meant(unit: Unit, update: Update) -> None:
    """One of the offered meanings was tapped; the words stand in the message it answers."""
    name = unit.values[0]
    text = _words(unit)
    if text and name not in (NONE, "hubungi-staf"):  # it is answered now
        questions.forget(unit.db, unit.actor, text)
    if name in WISHES:
        unit.detach()
        WISHES[name](unit, update, text)
    elif name == NONE:
        unit.show("understanding.none", [[Button("understanding.button.hubungi-staf",
                                                 f"{MEANT}:hubungi-staf")]])  # fmt: skip
    elif not topics.open_page(unit, name):
        unit.notice("form.old_button")


def _words(unit: Unit) -> str:
    """The words that the chosen message quotes; none in other messages."""
    assert unit.tap is not None
    asked = plain(unit.phrases.text("understanding.which", words="")).splitlines()[0]
    first, _, rest = unit.tap.text.partition("\n")
    found = QUOTE.search(rest)
    return found[1] if first == asked and found else ""


def _decline(unit: Unit, kind: str, text: str) -> None:
    """Say kindly that this is not the bot's business, and what is."""
    if kind == PAPERS:
        papers = unit.phrases.html("understanding.papers")
        return unit.say(Html("\n".join((papers, *office.lines(unit)))))
    if kind == GREETING:
        how = unit.world.vocabulary.named("sapaan", text) or "lain"
        return unit.reply_with_menu(f"understanding.greeting.{how}")
    questions.unanswered(unit.db, unit.actor, text, unit.now)
    unit.reply_with_menu("fallback.text")


# --- wishes ---------------------------------------------------------------------------------


def begin_with(unit: Unit, given: Input) -> None:
    """A photo, a voice note or a place out of the blue: its words say what it belongs to."""
    if given.text and _wishes(unit, given.text) == PROPOSE:
        return aspirations.begin_told(unit, _where(_mentions(unit, given.text)), given)
    complaints.begin_told(unit, _named(unit, given.text), given)


def _wishes(unit: Unit, text: str) -> str:
    meaning = _meaning(unit, text)
    return meaning.names[0] if meaning.verdict is Verdict.CLEAR else ""


def _complain(unit: Unit, update: Update, text: str) -> None:
    """A fault of a drain: the form, with the kind, RT, day and words that were named."""
    complaints.begin_told(unit, {**_named(unit, text), **_story(unit, text)})


def _propose(unit: Unit, update: Update, text: str) -> None:
    """A wish for the neighbourhood: the form, with the words and the place that were named."""
    aspirations.begin_told(unit, {**_where(_mentions(unit, text)), **_story(unit, text)})


def _mentions(unit: Unit, text: str) -> mentions.Mentions:
    return mentions.of(text, unit.world.vocabulary, unit.settings.rt_numbers)


def _named(unit: Unit, text: str) -> Answers:
    """Kind, place and since when, as far as words name them: answers of a complaint."""
    found = _mentions(unit, text)
    given = {"kind": found.kind, "since": found.since}
    chosen = {step: {"choice": value} for step, value in given.items() if value}
    return {**_where(found), **chosen}


def _where(found: mentions.Mentions) -> Answers:
    """The RT and the place that words name."""
    if found.rt is None:
        return {"place": {"text": found.place}} if found.place else {}
    landmark = {"landmark": {"text": found.place}} if found.place else {}
    return {"place": {"choice": found.rt}, **landmark}


def _story(unit: Unit, text: str) -> Answers:
    """The words themselves, if they say more than that somebody wants to write."""
    fits = unit.world.vocabulary.says_something(text) and len(text) <= MAX_TEXT
    return {"description": {"text": text.strip()}} if fits else {}


def _ask_staff(unit: Unit, update: Update, text: str) -> None:
    """Something for staff: the form, with the words that say more than that."""
    says = unit.world.vocabulary.says_something(text)
    messages.begin_told(unit, {"words": {"text": text.strip()}} if says else {})


def _see_proposals(unit: Unit, update: Update, text: str) -> None:
    """What others proposed, in the RT that was named."""
    proposals.show_list(unit, proposals.View(rt=_mentions(unit, text).rt or proposals.ALL))


def _see_reports(unit: Unit, update: Update, text: str) -> None:
    """One's reports, or the one whose number was named."""
    year = unit.now.astimezone(unit.settings.kelurahan.zone).year
    number = mentions.number_in(text, year)
    if number is not None:
        return reports.open_(unit, number)
    report_list.page(unit, 0)


def _see_schedule(unit: Unit, update: Update, text: str) -> None:
    """What is to come, in the RT and on the day that were named."""
    day = dates.day_in(text, unit.now, unit.settings.kelurahan.zone)
    schedule.schedule_named(unit, _mentions(unit, text).rt, day)


WISHES: dict[str, Callable[[Unit, Update, str], None]] = {
    "lapor-drainase": _complain,
    PROPOSE: _propose,
    "lihat-usulan": _see_proposals,
    "jadwal-gotong-royong": _see_schedule,
    "cek-status": _see_reports,
    "hubungi-staf": _ask_staff,
}

ROUTES = (tap(MEANT, on_meant, needs=Permission.USE),)
