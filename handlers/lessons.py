"""Lessons as residents get them: a page's first part, a question, and what the answer was."""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.lessons import Lesson, name_of
from content.phrases import utf16_length
from handlers import consent, notices, topics
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Button, Buttons, Unit
from services import lessons
from services.roles import Permission
from storage import Row
from storage.residents import Notice

Text = tuple[str, list[dict[str, Any]]]  # and its entities


def framed(unit: Unit, lesson: Lesson, *, right: bool | None = None) -> Text:
    """A lesson as it is shown; `right`: how it was answered, with the explanation."""
    page = unit.world.pages.current.get(lesson.topic)
    head = unit.phrases.plain("lesson.head", title=lesson.title)
    text, entities = head, [_bold("", head)]
    if page is not None:
        shift = utf16_length(f"{text}\n\n")
        entities += [{**one, "offset": one["offset"] + shift} for one in page.first.entities]
        text = f"{text}\n\n{page.first.text}"
    question = unit.phrases.plain("lesson.question", question=lesson.question)
    entities.append(_bold(f"{text}\n\n", question))
    text = f"{text}\n\n{question}"
    if right is None:
        return text, entities
    key = "lesson.right" if right else "lesson.wrong"
    verdict = unit.phrases.plain(key, right=lesson.right)
    entities.append(_bold(f"{text}\n\n", verdict))
    return f"{text}\n\n{verdict}\n{lesson.explanation}", entities


def _bold(before: str, words: str) -> dict[str, Any]:
    return {"type": "bold", "offset": utf16_length(before), "length": utf16_length(words)}


def question_buttons(plan_id: int, lesson: Lesson) -> list[list[Button]]:
    """The choices, and what else can be done with a lesson."""
    choices = [
        [
            Button(
                "lesson.button.choice",
                f"lesson:answer:{plan_id}:{name_of(choice)}",
                {"topic": choice},
            )
        ]
        for choice in lesson.choices
    ]
    return [*choices, *_other_buttons(lesson)]


def page_button(lesson: Lesson) -> Button:
    """Leads to the page that a lesson is about."""
    return Button("lesson.button.page", f"lesson:page:{lesson.topic}")


def _other_buttons(lesson: Lesson) -> list[list[Button]]:
    return [[page_button(lesson)], [Button("lesson.button.stop", "lesson:stop")]]


def message(unit: Unit, text: Text, buttons: Buttons) -> dict[str, Any]:
    """A lesson as the Bot API takes it, for whoever queues many: without the chat."""
    words, entities = text
    return {
        "text": words,
        "entities": entities,
        "link_preview_options": {"is_disabled": True},
        "reply_markup": unit.inline(buttons),
    }


# --- answers ---------------------------------------------------------------------------------


def on_answer(unit: Unit, update: Update) -> None:
    """One of the choices; without consent that is asked first."""
    row, lesson, choice = _named(unit)
    if row is None or lesson is None or choice is None:
        return unit.notice("form.old_button")
    if not unit.actor.agreed:
        return consent.ask(unit, then=f"lesson:agree:{row.id}:{name_of(choice)}")
    _answer(unit, row, lesson, choice)


def on_agree(unit: Unit, update: Update) -> None:
    """Consent, and then what the person wanted to answer."""
    if consent.agree(unit) is None:
        return
    row, lesson, choice = _named(unit)
    if row is None or lesson is None or choice is None:
        return unit.notice("form.old_button")
    _answer(unit, row, lesson, choice)
    consent.ask_home_once(unit)


def _named(unit: Unit) -> tuple[Row[Any] | None, Lesson | None, str | None]:
    """What the button names: a lesson that was given, its words, one of its choices."""
    number, name = [*unit.values, "", ""][:2]
    row = lessons.given(unit.db, number_in(number) or 0)
    lesson = unit.world.pages.current.lessons.get(row.slug) if row is not None else None
    return row, lesson, lesson.choice(name) if lesson is not None else None


def _answer(unit: Unit, row: Row[Any], lesson: Lesson, choice: str) -> None:
    """The first answer counts; whoever answers again sees what is right."""
    is_right = choice == lesson.right
    was_right, is_new = lessons.answer(unit.db, unit.actor, row, is_right=is_right, now=unit.now)
    if unit.tap is not None and unit.tap.query_id is None:
        unit.detach()  # it was typed: the answer comes below
    elif is_new:
        unit.notice("lesson.noticed.right" if is_right else "lesson.noticed.wrong")
    unit.page(*framed(unit, lesson, right=was_right), _other_buttons(lesson))


def on_page(unit: Unit, update: Update) -> None:
    """The page, in a message of its own: the question stays."""
    unit.detach()
    if not topics.open_page(unit, unit.values[0]):
        unit.notice("form.old_button")


def on_stop(unit: Unit, update: Update) -> None:
    """No more lessons; all else goes on."""
    unit.detach()
    if notices.choose(unit, (Notice.LESSONS,), False):
        unit.reply("lesson.stopped", [[notices.open_button()]])
    else:
        unit.reply("mute.nothing")


ROUTES = (
    tap("lesson:answer", on_answer, needs=Permission.USE),
    tap("lesson:agree", on_agree, needs=Permission.USE),
    tap("lesson:page", on_page, needs=Permission.READ),
    tap("lesson:stop", on_stop, needs=Permission.READ),
)
