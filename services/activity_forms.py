"""The forms of organisers: planning gotong royong, changing it, calling it off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.forms import Answers, Choice, Form, Kind, Step, rt_choices
from services.gotong_royong import Change, Plan
from services.recurrence import ONCE, REPEATS
from services.roles import Actor
from storage.gotong_royong import Place

ALL = "all"
TITLE, WORDS = 100, 300  # characters at most


def plan_form(rts: tuple[str, ...]) -> Form:
    """The form that plans; `rts` are the RT numbers that can be chosen."""
    everybody = Choice(ALL, "form.choice.all_rt", alone=True)
    repeats = tuple(Choice(value, f"activity.repeat.choice.{value}") for value in REPEATS)
    return Form(
        name="activity",
        story="title",
        steps=(
            Step("title", frozenset({Kind.TEXT}), shortest=3, longest=TITLE),
            Step("when", frozenset({Kind.MOMENT})),
            _place_step(),
            Step("whom", frozenset({Kind.CHOICES}), (everybody, *rt_choices(rts)), columns=4),
            Step("bring", frozenset({Kind.TEXT}), optional=True, shortest=3, longest=WORDS),
            Step("repeat", frozenset({Kind.CHOICE}), repeats, columns=2),
        ),
    )


def _place_step(*, optional: bool = False) -> Step:
    kinds = frozenset({Kind.TEXT, Kind.LOCATION})
    return Step("place", kinds, optional=optional, shortest=3, longest=WORDS)


def fitted(form: Form, actor: Actor) -> Form:
    """The planning form of one organiser: an RT head chooses among his RTs, if he has several."""
    scope = actor.scope
    if scope is None:
        return form
    steps = [
        replace(
            step,
            choices=tuple(choice for choice in step.choices if choice.value in scope),
            when=lambda answers: len(scope) > 1,
        )
        if step.name == "whom"
        else step
        for step in form.steps
    ]
    return replace(form, steps=tuple(steps))


def plan_of(answers: Answers, actor: Actor) -> Plan:
    """What the answers of the planning form say."""
    chosen = answers.get("whom", {}).get("choices")
    if actor.scope is not None and (chosen is None or len(actor.scope) == 1):
        chosen = actor.scope
    return Plan(
        title=answers["title"]["text"],
        starts_at=datetime.fromisoformat(answers["when"]["moment"]),
        where=_place(answers["place"]),
        bring=answers.get("bring", {}).get("text"),
        rts=None if chosen is None or ALL in chosen else tuple(chosen),
        repeat=answers.get("repeat", {}).get("choice", ONCE),
    )


def change_form() -> Form:
    """The form that changes time or place; what is skipped stays."""
    return Form(
        name="activity_change",
        story="place",
        steps=(
            Step("when", frozenset({Kind.MOMENT}), optional=True),
            _place_step(optional=True),
        ),
    )


def change_of(answers: Answers) -> Change:
    """What the answers of the changing form say."""
    moment = answers.get("when", {}).get("moment")
    return Change(
        starts_at=datetime.fromisoformat(moment) if moment else None,
        where=_place(answers["place"]) if "place" in answers else None,
    )


def cancel_form() -> Form:
    """The form that asks why."""
    reason = Step("reason", frozenset({Kind.TEXT}), shortest=3, longest=WORDS)
    return Form(name="activity_cancel", story="reason", steps=(reason,))


def _place(answer: Any) -> Place:
    latitude, longitude = answer.get("location") or (None, None)
    return Place(answer.get("text"), latitude, longitude)
