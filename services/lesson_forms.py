"""What is asked when a lesson is planned or moved: for whom, and when."""

from __future__ import annotations

from services.forms import Choice, Form, Kind, Step, rt_choices

ALL, MONDAY = "all", "monday"  # everybody; the next Monday without a lesson


def plan_form(rts: tuple[str, ...]) -> Form:
    """For whom and when; `rts` are the RT numbers that can be chosen."""
    to = Step(
        "to",
        frozenset({Kind.CHOICES}),
        (Choice(ALL, "form.choice.all_rt", alone=True), *rt_choices(rts)),
        columns=3,
    )
    return Form("lesson", (to, _when("lesson")), story="when")


def move_form() -> Form:
    """Only when."""
    return Form("lesson_move", (_when("lesson_move"),), story="when")


def _when(name: str) -> Step:
    monday = Choice(MONDAY, f"{name}.when.choice.monday")
    return Step("when", frozenset({Kind.CHOICE, Kind.MOMENT}), (monday,))
