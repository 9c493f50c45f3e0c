"""Filing for somebody without Telegram: the questions that are asked before the others."""

from __future__ import annotations

from services.forms import Answers, Choice, Kind, Step
from services.tickets import Helped

LONGEST_NAME = 60  # characters


def steps() -> tuple[Step, ...]:
    """Whether the person agreed aloud, without which nothing is filed; and what he is called."""
    agreed = (Choice("yes", "assisted.choice.yes"),)
    return (
        Step("spoken", frozenset({Kind.CHOICE}), agreed),
        Step("on_behalf", frozenset({Kind.TEXT}), optional=True, longest=LONGEST_NAME),
    )


def helped_of(answers: Answers) -> Helped:
    """The person for whom it is filed."""
    assert answers["spoken"]["choice"] == "yes", "the form has no other answer"
    return Helped(answers.get("on_behalf", {}).get("text"))
